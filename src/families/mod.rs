//! The emulated services, a folder each.

pub mod asm;
pub mod huawei;
pub mod iam;
pub mod servicestage;
pub mod zadig;

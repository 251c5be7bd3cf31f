//! A grayscale release task and its parts.

pub mod images;
pub mod release;
pub mod spec;

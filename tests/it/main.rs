//! One test binary: a module per family, plus what they have in common.

#![expect(
    unreachable_pub,
    reason = "nothing reaches into a test binary, and pub(crate) says no more"
)]

mod common;
mod control;
mod laws;
mod pipelines;

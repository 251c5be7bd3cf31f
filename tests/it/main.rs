//! One test binary: a module per family, plus what they have in common.

mod common;
mod control;
mod zadig;

//! One test binary: a module per family, plus what they have in common.

mod asm;
mod common;
mod control;

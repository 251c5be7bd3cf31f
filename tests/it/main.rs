//! The tests of the emulator, in one binary with a module per subject.

mod laws;

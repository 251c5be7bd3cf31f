//! The process: its allocator, and the command that it was started with.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use release_emulator::internals::commands;

/// A request allocates many small pieces of memory, and the journal keeps some of them for a while.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    commands::run()
}

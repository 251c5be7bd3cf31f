//! The signals of the process, and the command that it runs: each operating system has a file with the same functions.

#[cfg(unix)]
mod guard;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{EndedChildren, RunningCommand, StopSignals, guard, is_guard};
#[cfg(windows)]
pub use windows::{EndedChildren, RunningCommand, StopSignals, guard, is_guard};

/// A signal that asks the process to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// The interrupt of a terminal, Ctrl-C.
    Interrupt,
    /// A demand of another process or of the system.
    Terminate,
}

/// The reason a command does not run.
#[derive(Debug)]
pub enum CommandError {
    /// It cannot be started.
    Start(std::io::Error),
    /// The operating system has failed.
    System(std::io::Error),
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::System(error)
    }
}

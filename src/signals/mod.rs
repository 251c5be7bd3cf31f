//! The signals of the process, and those that it passes on to a command: each operating system has a file with the same
//! functions.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{StopSignals, exit_code, pass_on};
#[cfg(windows)]
pub use windows::{StopSignals, exit_code, pass_on};

/// A signal that asks the process to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// The interrupt of a terminal, Ctrl-C.
    Interrupt,
    /// A demand of another process or of the system.
    Terminate,
}

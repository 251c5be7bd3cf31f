//! Console events and children on Windows.

use std::io;
use std::path::Path;
use std::process::Command;

use tokio::process::Child;
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

use super::{CommandError, StopSignal};

/// Ctrl-C, Ctrl-Break and the closing of the console, which no longer end the process once this exists.
#[derive(Debug)]
pub struct StopSignals {
    interrupts: CtrlC,
    breaks: CtrlBreak,
    closings: CtrlClose,
}

impl StopSignals {
    /// Starts to listen.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupts: ctrl_c()?,
            breaks: ctrl_break()?,
            closings: ctrl_close()?,
        })
    }

    /// Waits for the next event.
    pub async fn recv(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.interrupts.recv() => StopSignal::Interrupt,
            _ = self.breaks.recv() => StopSignal::Terminate,
            _ = self.closings.recv() => StopSignal::Terminate,
        }
    }
}

/// The children of the process that have ended.
#[derive(Debug)]
pub struct EndedChildren {
    // Windows has none that must be reaped.
}

impl EndedChildren {
    /// Starts to listen.
    pub fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for as long as it is polled.
    pub async fn reap(self) {
        std::future::pending().await
    }
}

/// A command that runs as a child of the process.
#[derive(Debug)]
pub struct RunningCommand {
    child: Child,
}

impl RunningCommand {
    /// Starts a command. There is no guard that would remove the directory.
    pub fn start(command: Command, folder: Option<&Path>) -> Result<Self, CommandError> {
        let _ = folder;
        let child = tokio::process::Command::from(command).spawn();
        let child = child.map_err(CommandError::Start)?;
        Ok(Self { child })
    }

    /// Waits for its end, and returns its exit code. A demand to stop ends it; Ctrl-C has reached it already, since a console
    /// sends it to all of its processes. `is_stopping` is set at the first event.
    pub async fn wait(mut self, signals: &mut StopSignals, is_stopping: &mut bool) -> u8 {
        loop {
            tokio::select! {
                status = self.child.wait() => {
                    let code = status.ok().and_then(|status| status.code());
                    return code.and_then(|code| code.try_into().ok()).unwrap_or(u8::MAX);
                }
                signal = signals.recv() => {
                    *is_stopping = true;
                    if signal == StopSignal::Terminate {
                        // A command that has just ended needs no end.
                        let _ = self.child.start_kill();
                    }
                }
            }
        }
    }
}

/// False: there are no guards on Windows, where a command outlives a process that was ended by force.
pub fn is_guard() -> bool {
    false
}

/// Acts as a guard.
pub fn guard() {
    // No process is one.
}

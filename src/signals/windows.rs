//! Console events on Windows.

use std::process::ExitStatus;

use tokio::process::Child;
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

use super::StopSignal;

/// Ctrl-C, Ctrl-Break and the closing of the console, which no longer end the process once this exists.
#[derive(Debug)]
pub struct StopSignals {
    interrupts: CtrlC,
    breaks: CtrlBreak,
    closings: CtrlClose,
}

impl StopSignals {
    /// Starts to listen.
    pub fn new() -> std::io::Result<Self> {
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

/// Ends a command that should stop. Ctrl-C has reached it already: a console sends it to all of its processes.
pub fn pass_on(signal: StopSignal, child: &mut Child) {
    if signal == StopSignal::Terminate {
        // A command that has just ended needs no end.
        let _ = child.start_kill();
    }
}

/// The exit code of a command.
pub fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code();
    code.and_then(|code| code.try_into().ok())
        .unwrap_or(u8::MAX)
}

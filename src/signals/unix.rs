//! Signals on Linux, macOS and other Unixes.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use tokio::process::Child;
use tokio::signal::unix::{self, SignalKind, signal};

use super::StopSignal;

/// SIGINT and SIGTERM, which no longer end the process once this exists.
#[derive(Debug)]
pub struct StopSignals {
    interrupts: unix::Signal,
    terminations: unix::Signal,
}

impl StopSignals {
    /// Starts to listen.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupts: signal(SignalKind::interrupt())?,
            terminations: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal.
    pub async fn recv(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.interrupts.recv() => StopSignal::Interrupt,
            _ = self.terminations.recv() => StopSignal::Terminate,
        }
    }
}

/// Passes a signal on to a command, unless it has reached the command already.
pub fn pass_on(signal: StopSignal, child: &mut Child) {
    let signal = match signal {
        StopSignal::Interrupt if in_foreground() => return,
        StopSignal::Interrupt => Signal::INT,
        StopSignal::Terminate => Signal::TERM,
    };
    let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    if let Some(pid) = pid {
        // A command that has just ended needs no signal.
        let _ = kill_process(pid, signal);
    }
}

/// Returns true if a terminal's interrupt reached the command too: a terminal sends it to its whole foreground group,
/// and many programs take a second interrupt as an order to quit at once.
fn in_foreground() -> bool {
    let terminal = File::open("/dev/tty");
    terminal.is_ok_and(|terminal| tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp()))
}

/// The exit code of a command: 128 plus the signal's number if a signal ended it.
pub fn exit_code(status: ExitStatus) -> u8 {
    let signalled = || status.signal().map(|signal| 128 + signal);
    let code = status.code().or_else(signalled);
    code.and_then(|code| code.try_into().ok())
        .unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_counts_as_128_and_its_number() {
        assert_eq!(exit_code(ExitStatus::from_raw(3 << 8)), 3);
        assert_eq!(exit_code(ExitStatus::from_raw(15)), 143);
    }
}

//! Signals and children on Linux, macOS and other Unixes.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpgrp, getpid, kill_process, kill_process_group, wait,
};
use rustix::termios::tcgetpgrp;
use tokio::signal::unix::{self, SignalKind, signal};

use super::guard::{self, CommandGuard, GuardedCommand};
use super::{CommandError, StopSignal};

/// SIGINT and SIGTERM, which no longer end the process once this exists.
#[derive(Debug)]
pub struct StopSignals {
    interrupts: unix::Signal,
    terminations: unix::Signal,
}

impl StopSignals {
    /// Starts to listen.
    pub fn new() -> io::Result<Self> {
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

/// The children of the process that have ended. As PID 1 of a container it also has those whose own parents have ended.
#[derive(Debug)]
pub struct EndedChildren {
    signals: unix::Signal,
}

impl EndedChildren {
    /// Starts to listen.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            signals: signal(SignalKind::child())?,
        })
    }

    /// Reaps children for as long as it is polled.
    pub async fn reap(self) {
        let Self { mut signals } = self;
        loop {
            while next_ended().is_some() {}
            signals.recv().await;
        }
    }

    /// Reaps children until one of them is `awaited`, and returns its exit code.
    async fn reap_until(&mut self, awaited: Pid) -> u8 {
        loop {
            while let Some((pid, status)) = next_ended() {
                if pid == awaited {
                    return exit_code(status);
                }
            }
            self.signals.recv().await;
        }
    }
}

/// Reaps a child that has ended, if there is one.
fn next_ended() -> Option<(Pid, WaitStatus)> {
    wait(WaitOptions::NOHANG).ok().flatten()
}

/// The exit code of a command: 128 plus the signal's number if a signal ended it.
fn exit_code(status: WaitStatus) -> u8 {
    let signalled = || status.terminating_signal().map(|signal| 128 + signal);
    let code = status.exit_status().or_else(signalled);
    code.and_then(|code| code.try_into().ok())
        .unwrap_or(u8::MAX)
}

/// A command that runs as a child of the process, and does not outlive it.
#[derive(Debug)]
pub struct RunningCommand {
    command: GuardedCommand,
    children: EndedChildren,
    /// Absent if the process ignores them, as `nohup` has it.
    hangups: Option<unix::Signal>,
    guard: Option<CommandGuard>,
}

impl RunningCommand {
    /// Starts a command, in a process group of its own unless there is a terminal, from whose foreground it could not read
    /// then. If the process dies without a word, `folder` is removed.
    pub fn start(command: Command, folder: Option<&Path>) -> Result<Self, CommandError> {
        let mut command = command;
        let children = EndedChildren::new()?;
        // A process that listened would not hand down that it ignores them.
        let (before, after) = match ignores_hangups() {
            Some(true) => (false, false),
            Some(false) => (true, false),
            None => (false, true),
        };
        let mut hangups = before.then(listen_to_hangups).transpose()?;
        let mut guard = CommandGuard::start(folder);
        let has_own_group = File::open("/dev/tty").is_err();
        if has_own_group {
            command.process_group(0);
        }
        let child = command.spawn().map_err(CommandError::Start)?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("its process has no id"))?;
        let command = if has_own_group {
            GuardedCommand::Group(pid)
        } else if getpgrp() == getpid() {
            // The group is that of this process alone, as a shell makes one for each of its jobs.
            GuardedCommand::SharedGroup {
                group: getpgrp(),
                pid,
            }
        } else {
            GuardedCommand::Process(pid)
        };
        if let Some(guard) = &mut guard {
            guard.watch(command);
        }
        if after {
            hangups = Some(listen_to_hangups()?);
        }
        Ok(Self {
            command,
            children,
            hangups,
            guard,
        })
    }

    /// Waits for its end while passing signals on to it, and returns its exit code. `is_stopping` is set at the first
    /// signal.
    pub async fn wait(mut self, signals: &mut StopSignals, is_stopping: &mut bool) -> u8 {
        let pid = self.command.pid();
        let code = loop {
            tokio::select! {
                code = self.children.reap_until(pid) => break code,
                signal = signals.recv() => {
                    *is_stopping = true;
                    match signal {
                        StopSignal::Interrupt if is_in_foreground() => {}
                        StopSignal::Interrupt => self.command.signal(Signal::INT),
                        StopSignal::Terminate => self.command.signal(Signal::TERM),
                    }
                }
                // A terminal that hangs up tells its whole group.
                () = next(self.hangups.as_mut()) => if let GuardedCommand::Group(_) = self.command {
                    self.command.signal(Signal::HUP);
                },
            }
        };
        if let Some(guard) = self.guard {
            guard.dismiss();
        }
        code
    }
}

impl GuardedCommand {
    fn pid(self) -> Pid {
        match self {
            Self::Group(pid) | Self::SharedGroup { pid, .. } | Self::Process(pid) => pid,
        }
    }

    /// Sends a signal to the command. One that has just ended needs none.
    fn signal(self, signal: Signal) {
        let _ = match self {
            Self::Group(group) => kill_process_group(group, signal),
            Self::SharedGroup { pid, .. } | Self::Process(pid) => kill_process(pid, signal),
        };
    }
}

fn listen_to_hangups() -> io::Result<unix::Signal> {
    signal(SignalKind::hangup())
}

/// Waits for the next of the signals; for ever if there are none.
async fn next(signals: Option<&mut unix::Signal>) {
    match signals {
        Some(signals) => drop(signals.recv().await),
        None => std::future::pending().await,
    }
}

/// True if SIGHUP does not end the process; unknown on systems without `/proc`.
fn ignores_hangups() -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    let ignored = u64::from_str_radix(ignored.trim(), 16).ok()?;
    Some(ignored & 1 << (Signal::HUP.as_raw() - 1) != 0)
}

/// True if the process was started as the guard of a command.
pub fn is_guard() -> bool {
    guard::is_guard()
}

/// Acts as a guard: kills the command when the process that runs it has died.
pub fn guard() {
    guard::guard();
}

/// Returns true if a terminal's interrupt reached the command too: a terminal sends it to its whole foreground group,
/// and many programs take a second interrupt as an order to quit at once.
fn is_in_foreground() -> bool {
    let terminal = File::open("/dev/tty");
    terminal.is_ok_and(|terminal| tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp()))
}

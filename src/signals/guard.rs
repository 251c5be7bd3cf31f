//! The guard of a command: a process that kills it when the process that runs it has died without a word, as by SIGKILL.
//!
//! It also removes the directory of the run, if there is one.
//!
//! The guard is this program again, with a pipe as its stdin. The end of the pipe is the end of the other process. No signal
//! that is meant for that process or its terminal reaches the guard, which has a process group of its own.

use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// The first argument of a guard; the directory to remove may follow.
const ARGUMENT: &str = "guard-of-exec";

/// The line that ends a guard and leaves the command alone.
const DISMISSED: &str = "dismissed";

/// The processes of a command that are killed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GuardedCommand {
    /// A process group that is the command's alone.
    Group(Pid),
    /// The command and the process that runs it are of one group, which is theirs alone.
    SharedGroup { group: Pid, pid: Pid },
    /// A process in a group that is somebody else's too.
    Process(Pid),
}

/// The end of a guard's pipe at the process that runs the command.
#[derive(Debug)]
pub(super) struct CommandGuard(ChildStdin);

impl CommandGuard {
    /// Starts a guard; `None` if it cannot be started, for example since `/proc` is missing.
    pub(super) fn start(folder: Option<&Path>) -> Option<Self> {
        let guard = Command::new(std::env::current_exe().ok()?)
            .arg(ARGUMENT)
            .args(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        guard.ok()?.stdin.map(Self)
    }

    /// Names the command.
    pub(super) fn watch(&mut self, command: GuardedCommand) {
        let (word, pid) = match command {
            GuardedCommand::Group(group) | GuardedCommand::SharedGroup { group, .. } => {
                ("group", group)
            }
            GuardedCommand::Process(pid) => ("process", pid),
        };
        // Without a guard the command runs on.
        let _ = writeln!(self.0, "{word} {}", pid.as_raw_nonzero());
    }

    /// Ends the guard, since the command has ended.
    pub(super) fn dismiss(mut self) {
        let _ = writeln!(self.0, "{DISMISSED}");
    }
}

/// True if the process was started as a guard.
pub(super) fn is_guard() -> bool {
    let mut arguments = std::env::args_os().skip(1);
    arguments.next().is_some_and(|first| first == ARGUMENT) && arguments.nth(1).is_none()
}

/// Acts as a guard: kills what was named when stdin ends, and removes the directory.
pub(super) fn guard() {
    let mut named = None;
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        if line == DISMISSED {
            return;
        }
        named = line.split_once(' ').and_then(|(word, pid)| {
            let pid = pid.parse().ok().and_then(Pid::from_raw)?;
            Some((word == "group", pid))
        });
    }
    // A command that has just ended need not be killed.
    let _ = match named {
        Some((true, group)) => kill_process_group(group, Signal::KILL),
        Some((false, pid)) => kill_process(pid, Signal::KILL),
        None => Ok(()),
    };
    if let Some(folder) = std::env::args_os().nth(2) {
        // Nobody is left to be told.
        let _ = std::fs::remove_dir_all(folder);
    }
}

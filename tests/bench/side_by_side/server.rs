//! A server under measurement: a process on the first core, with its CPU time and memory.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use release_emulator::internals::sim::clock::Stopwatch;

use super::client::{Connection, Request};
use super::give_up;

/// The core of every server.
const SERVERS: &str = "0";

/// The core of the clients.
pub(crate) const CLIENTS: &str = "1";

/// Ticks per second of the CPU times that Linux reports to programs, independent of the kernel's own.
const TICKS: f64 = 100.0;

/// A running server, which is killed when it is dropped.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// The emulator with these flags.
    pub(crate) fn emulator(flags: &[&str]) -> Self {
        let mut command = on_core(SERVERS, env!("CARGO_BIN_EXE_release-emulator"));
        command.args(["--listen", "127.0.0.1:0"]).args(flags);
        Self::start(command)
    }

    /// This program as one of the axum servers for comparison.
    pub(crate) fn baseline() -> Self {
        let own = std::env::current_exe().expect("it runs");
        let mut command = on_core(SERVERS, own.to_str().expect("a readable path"));
        command.arg("baseline");
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let process = command.stdout(Stdio::piped()).spawn();
        let mut process = process.unwrap_or_else(|error| give_up(&format!("taskset: {error}")));
        let mut ready = String::new();
        let stdout = process.stdout.as_mut().expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut ready)
            .expect("a line");
        let mut words = ready.split_whitespace();
        let address = words.find_map(|word| word.strip_prefix("url=http://"));
        let address = address
            .unwrap_or_else(|| give_up("a server did not start"))
            .to_owned();
        Self { process, address }
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The CPU time used so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        // The name of the program, in brackets, may have spaces of its own.
        let (_, rest) = stat.rsplit_once(')').expect("a name in brackets");
        let ticks = |n: usize| {
            rest.split_whitespace()
                .nth(n)
                .and_then(|text| text.parse().ok())
        };
        let (user, system): (Option<f64>, Option<f64>) = (ticks(11), ticks(12));
        let ticks = user.zip(system).map_or(0.0, |(user, system)| user + system);
        Duration::from_secs_f64(ticks / TICKS)
    }

    /// The resident memory, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.expect("a running process has memory") << 10
    }

    fn proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.process.id());
        std::fs::read_to_string(path).expect("Linux tells of running processes")
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::open(&self.address).expect("it listens")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A command pinned to one core.
pub(crate) fn on_core(core: &str, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core, program]);
    command
}

/// Time from the start of a process to its first 200.
pub(crate) fn start_up(start: impl FnOnce() -> Server, request: &Request) -> Duration {
    let begin = Stopwatch::start();
    let server = start();
    let answer = server.connect().ask(request);
    let took = begin.elapsed();
    assert_eq!(answer.status, 200, "{}", answer.text());
    took
}

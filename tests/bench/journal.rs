//! What the journal costs: requests per second with it and without it, of the same binary, in alternating rounds.
//!
//! The server has one core and `wrk` the other, so that neither hides the other's work. Run with
//! `cargo bench --bench journal`; it wants `wrk` and `taskset`, which Debian has as `wrk` and `util-linux`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio, exit};

const ROUNDS: usize = 5;
const SECONDS: &str = "3s";
const PATH: &str = "/v3/0605767aee00d2562f3cc0123456789a/pipeline/pipelines?limit=20";

/// A server on the first core.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(journal_bytes: &str) -> Self {
        let mut process = on_core("0")
            .args([
                env!("CARGO_BIN_EXE_release-emulator"),
                "--listen",
                "127.0.0.1:0",
                "--fixtures",
                "documented",
                "--journal-bytes",
                journal_bytes,
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| give_up(&format!("taskset does not run: {error}")));
        let mut ready = String::new();
        BufReader::new(process.stdout.as_mut().expect("piped"))
            .read_line(&mut ready)
            .expect("a line");
        let url = ready
            .split_whitespace()
            .find_map(|word| word.strip_prefix("url="));
        let url = url.expect("a ready line").to_owned();
        Self { process, url }
    }

    /// Requests per second over a round.
    fn measure(&self) -> f64 {
        let output = on_core("1")
            .args([
                "wrk",
                "-t1",
                "-c16",
                "-d",
                SECONDS,
                "-H",
                "X-Auth-Token: any",
            ])
            .arg(format!("{}{PATH}", self.url))
            .output()
            .unwrap_or_else(|error| give_up(&format!("taskset does not run: {error}")));
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() || text.contains("Non-2xx") {
            give_up(&format!(
                "wrk is needed (Debian: apt-get install wrk), and must be answered: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        let rate = text
            .lines()
            .find_map(|line| line.strip_prefix("Requests/sec:"));
        rate.and_then(|rate| rate.trim().parse().ok())
            .unwrap_or_else(|| give_up(&format!("wrk said {text}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn on_core(core: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]);
    command
}

fn give_up(why: &str) -> ! {
    let _ = writeln!(std::io::stderr(), "journal benchmark: {why}");
    exit(1)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let (with, without) = (Server::start("8388608"), Server::start("0"));
    let (mut on, mut off, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first round warms up.
    for round in 0..=ROUNDS {
        let (a, b) = (with.measure(), without.measure());
        if round > 0 {
            on.push(a);
            off.push(b);
            ratios.push(a / b);
        }
    }
    let table = format!(
        "| list of pipelines | requests per second of one core, median of {ROUNDS} rounds |\n|---|---|\n\
         | journal on, 8 MiB | {:.0} |\n| journal off | {:.0} |\n| ratio | {:.2} |\n",
        median(on),
        median(off),
        median(ratios),
    );
    let _ = std::io::stdout().write_all(table.as_bytes());
}

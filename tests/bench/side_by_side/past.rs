//! The past of a world: the cost of its history, of a data directory, and of forks.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use release_emulator::internals::sim::clock::Stopwatch;

use super::client::Request;
use super::load::{Load, drive};
use super::parts::{PLAN, PLANS, ROUND, ROUNDS, rates, ratio_row, rounds, with_plans};
use super::server::{Server, start_up};
use super::table::{median, row};

/// Commands between the instant of a fork and the present: more than a minute of a busy test.
const COMMANDS: u64 = 100;

/// Number of measured forks.
const FORKS: usize = 21;

/// Forks per second beside a load.
const FORK_RATE: u32 = 10;

/// Resources of a directory whose start is measured.
const STORED: u64 = 100_000;

/// Number of measured starts.
const STARTS: usize = 5;

const WORLDS: &str = "/_emulator/v1/worlds";

/// A data directory of its own, which is removed in the end.
struct DataDirectory(PathBuf);

impl DataDirectory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a readable path")
    }
}

impl Drop for DataDirectory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The costs of the past.
pub(crate) fn past() {
    history();
    data();
    forks();
    start();
}

/// Creations with the history, compared with those without.
fn history() {
    let (with, without) = (
        Server::emulator(&["--step", "0s"]),
        Server::emulator(&["--step", "0s", "--history-bytes", "0"]),
    );
    let load = Load::post(PLANS, PLAN);
    let rounds = rounds([(&with, load), (&without, load)]);
    let what = "create a release plan with the history, requests/s";
    ratio_row(what, rates(&rounds, 0, 1), "without", ["≥ 0.95", ""]);
}

/// Creations with a data directory, compared with those without.
fn data() {
    let directory = DataDirectory::new("side-by-side-creations");
    let (with, without) = (
        Server::emulator(&["--step", "0s", "--data", directory.path()]),
        Server::emulator(&["--step", "0s"]),
    );
    let load = Load::post(PLANS, PLAN);
    let rounds = rounds([(&with, load), (&without, load)]);
    let what = "create a release plan with `--data`, requests/s";
    ratio_row(what, rates(&rounds, 0, 1), "without", ["≥ 0.80", ""]);
}

/// A fork of a world at an instant of its past, and requests while such forks come and go.
fn forks() {
    let (forked, alone) = (with_plans(&[]), with_plans(&[]));
    let mut connection = forked.connect();
    let clock = connection.done("GET", "/_emulator/v1/clock", "").json();
    let at = clock["now"].as_str().expect("an instant").to_owned();
    for n in 0..COMMANDS {
        let body = PLAN.replace("__N__", &format!("later-{n}"));
        connection.done("POST", PLANS, &body);
    }
    let fork = || {
        let mut connection = forked.connect();
        let stopwatch = Stopwatch::start();
        let body = format!(r#"{{"from":"main","at":"{at}"}}"#);
        let opened = connection.done("POST", WORLDS, &body).json();
        let took = stopwatch.elapsed();
        let name = opened["name"].as_str().expect("a name");
        connection.done("DELETE", &format!("{WORLDS}/{name}"), "");
        took.as_secs_f64() * 1e3
    };
    let took = median((0..FORKS).map(|_| fork()));
    row(
        "fork of a world of 1,000 resources before its last 100 commands, ms",
        format!("{took:.1}"),
        "20",
        took / 20.0,
        ["≤ 1", ""],
    );

    let list = format!("{PLANS}?limit=20");
    let gap = Duration::from_secs(1) / FORK_RATE;
    let round = || {
        let beside = thread::scope(|scope| {
            scope.spawn(|| {
                let stopwatch = Stopwatch::start();
                let mut due = Duration::ZERO;
                while due < ROUND {
                    thread::sleep(due.saturating_sub(stopwatch.elapsed()));
                    fork();
                    due += gap;
                }
            });
            drive(&forked, Load::get(&list), ROUND)
        });
        [beside, drive(&alone, Load::get(&list), ROUND)]
    };
    round();
    let rounds: Vec<_> = (0..ROUNDS).map(|_| round()).collect();
    let what = format!("list of 20 while {FORK_RATE} forks/s come and go, requests/s");
    ratio_row(&what, rates(&rounds, 0, 1), "without", ["≥ 0.90", ""]);
}

/// The start with a directory of many resources.
fn start() {
    let directory = DataDirectory::new("side-by-side-start");
    let flags = ["--step", "0s", "--data", directory.path()];
    let server = Server::emulator(&flags);
    let mut connection = server.connect();
    for n in 0..STORED {
        let body = PLAN.replace("__N__", &format!("{n:08}"));
        connection.done("POST", PLANS, &body);
    }
    drop((connection, server));
    let list = Request::get(&format!("{PLANS}?limit=20"));
    let starts = (0..STARTS).map(|_| start_up(|| Server::emulator(&flags), &list).as_secs_f64());
    let took = median(starts);
    row(
        &format!("start with a directory of {STORED} resources, s"),
        format!("{took:.2}"),
        format!(
            "1.5; the directory has {} MB",
            size(&directory.0) / 1_000_000
        ),
        took / 1.5,
        ["≤ 1", ""],
    );
}

/// The bytes of all files in a folder.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let sizes = entries.map(|entry| {
        let entry = entry.expect("an entry");
        let metadata = entry.metadata().expect("it is there");
        if metadata.is_dir() {
            size(&entry.path())
        } else {
            metadata.len()
        }
    });
    sizes.sum()
}

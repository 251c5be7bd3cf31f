//! The kill harness: clients write over sockets, the process is killed at random times, and starts again on the same
//! directory. Whatever was acknowledged must be there, with the same ids, and nothing that was never sent; and the state is
//! that of the accepted requests, sent in their order to another emulator.
//!
//! `cargo test --release --test kill -- --kills 1000 --seed 1`. Without options there are few kills. With `--sync` every answer
//! waits for the disk, which takes longer.

#![expect(clippy::print_stdout, reason = "the report goes there")]

mod client;
mod options;
mod process;
mod random;
mod replay;
mod state;
mod torn;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use client::{Client, Outcome};
use options::Options;
use process::Emulator;
use random::Random;
use release_emulator::internals::sim::clock::Stopwatch;
use replay::{Replay, Sent};

/// The longest time from the start of the load to the kill.
const LONGEST_LIFE: u64 = 120;

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)) {
        Ok(Some(options)) => match run(&options) {
            Ok(report) => {
                println!("{report}");
                ExitCode::SUCCESS
            }
            Err(failure) => {
                println!("failed, with --seed {}: {failure}", options.seed);
                ExitCode::FAILURE
            }
        },
        Ok(None) => ExitCode::SUCCESS,
        Err(usage) => {
            println!("{usage}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<String, String> {
    let directory =
        std::env::temp_dir().join(format!("release-emulator-kill-{}", std::process::id()));
    let result = kill_often(options, &directory);
    if result.is_ok() {
        let _ = std::fs::remove_dir_all(&directory);
    }
    result.map_err(|failure| format!("{failure}; the directory is {}", directory.display()))
}

fn kill_often(options: &Options, directory: &std::path::Path) -> Result<String, String> {
    let mut random = Random::new(options.seed);
    let mut clients: Vec<Client> = (0..options.clients).map(Client::new).collect();
    let (mut n_acknowledged, mut n_under_way, mut n_torn) = (0, 0, 0);
    let mut slowest = Duration::ZERO;
    let mut replay = Replay::start(&options.binary)?;
    let mut sent = Sent::default();
    for kill in 1..=options.kills {
        let at = |failure: String| format!("kill {kill}: {failure}");
        let sync = options.sync || random.below(4) == 0;
        let stopwatch = Stopwatch::start();
        let mut emulator = Emulator::start(&options.binary, Some(directory), sync).map_err(at)?;
        slowest = slowest.max(stopwatch.elapsed());
        let plans = state::plans(&emulator).map_err(at)?;
        let known: usize = clients
            .iter_mut()
            .map(|client| client.settle(&plans))
            .sum::<Result<_, _>>()
            .map_err(at)?;
        if known != plans.len() {
            return Err(at(format!(
                "{} plans are there, and {known} were made",
                plans.len()
            )));
        }
        let compared = replay.compare(&options.binary, &emulator, directory, sent);
        compared.map_err(at)?;
        sent = Sent::default();
        let stop = Arc::new(AtomicBool::new(false));
        let threads: Vec<_> = clients
            .into_iter()
            .map(|client| {
                let (stop, port, seed) = (Arc::clone(&stop), emulator.port(), random.next());
                thread::spawn(move || client.write_until_cut(port, &stop, &mut Random::new(seed)))
            })
            .collect();
        thread::sleep(Duration::from_millis(5 + random.below(LONGEST_LIFE)));
        emulator.kill();
        stop.store(true, Ordering::Relaxed);
        clients = Vec::new();
        for thread in threads {
            let (client, outcome) = thread
                .join()
                .map_err(|_| at("a client has panicked".to_owned()))?;
            let Outcome {
                acknowledged,
                refused,
            } = outcome;
            if let Some(refused) = refused {
                return Err(at(refused));
            }
            sent.acknowledged += acknowledged;
            sent.under_way += usize::from(client.is_under_way());
            clients.push(client);
        }
        n_acknowledged += sent.acknowledged;
        n_under_way += sent.under_way;
        if kill % options.torn_every == 0 {
            n_torn += torn::cut_and_start(&options.binary, directory, &mut random).map_err(at)?;
        }
        if kill % 50 == 0 {
            println!("{kill} kills, {n_acknowledged} commands acknowledged");
        }
    }
    let emulator = Emulator::start(&options.binary, Some(directory), false)?;
    let plans = state::plans(&emulator)?;
    let known: usize = clients
        .iter_mut()
        .map(|client| client.settle(&plans))
        .sum::<Result<_, _>>()?;
    if known != plans.len() {
        return Err(format!(
            "{} plans are there, and {known} were made",
            plans.len()
        ));
    }
    replay.compare(&options.binary, &emulator, directory, sent)?;
    let before = state::text(&emulator)?;
    drop(emulator);
    // Without a load in between, a start changes nothing.
    if state::text(&Emulator::start(&options.binary, Some(directory), false)?)? != before {
        return Err("the state is another one after a start".to_owned());
    }
    Ok(format!(
        "{} kills, {n_acknowledged} commands acknowledged and there, {n_under_way} under way, {n_torn} torn records, \
         {} states as the replay's; slowest start {} ms",
        options.kills,
        replay.n_compared,
        slowest.as_millis()
    ))
}

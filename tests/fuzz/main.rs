//! A long fuzz that can be repeated: generated sequences of requests over all operations of the OpenAPI document, with
//! the invariants checked after each step.
//!
//! `cargo test --release --test fuzz -- --seconds 600 --seed 1`. A failure is shrunk to few requests and printed as curl
//! lines. The same seed gives the same sequences, whatever the number of threads.

#![expect(clippy::print_stdout, reason = "the report goes there")]

mod checks;
mod document;
mod emulator;
mod generate;
mod options;
mod random;
mod report;
mod sequence;
mod setup;
mod shrink;
mod step;
mod tests;
mod wire;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use release_emulator::internals::Settings;
use release_emulator::internals::control;
use release_emulator::internals::sim::clock::Stopwatch;
use tokio::runtime::{Builder, Runtime};

use checks::Tally;
use document::Document;
use options::{Command, Options, USAGE};
use sequence::{Source, Variants};

/// The sequences of a run without options.
const FEW: u64 = 8;

fn main() -> ExitCode {
    match Command::read(std::env::args().skip(1)) {
        Ok(Command::Run(options)) => {
            if (!options.is_plain || tests::run()) && fuzz(&options) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Ok(Command::Nothing) => ExitCode::SUCCESS,
        Ok(Command::Help) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

/// The document as a world with the usual settings serves it. Settings change schemas, so each sequence has its own.
pub(crate) fn document(settings: &Settings) -> Document {
    Document::parse(&control::openapi(settings, "http://127.0.0.1:4600"))
}

pub(crate) fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime")
}

/// The steps after which every operation should have succeeded, as a debug build takes them in some minutes. Of fewer, on a
/// slow machine, the ones that are rarely accepted may be missing by chance.
const TELLING: u64 = 40_000;

/// Runs sequences. True if none fails and, in a long run, every operation has succeeded once.
fn fuzz(options: &Options) -> bool {
    let begin = Stopwatch::start();
    let lasting = options.lasting.unwrap_or(Duration::MAX);
    let n_sequences = match (options.lasting, options.sequence) {
        (_, Some(_)) => 1,
        (Some(_), _) => u64::MAX,
        (None, _) => FEW,
    };
    let is_long = lasting >= Duration::from_mins(1) && options.lasting.is_some();
    let document = document(&Settings::default());
    let is_lacking = |total: &Tally| !report::missing(&document, total).is_empty();
    let (next, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let total = Mutex::new(Tally::default());
    let known_checks: Mutex<BTreeSet<&str>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..options.n_threads {
            scope.spawn(|| {
                let variants = Variants::new();
                let runtime = runtime();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    // Until all operations have succeeded, but not for ever.
                    let is_done = |elapsed: Duration| {
                        elapsed > lasting.saturating_mul(2)
                            || elapsed > lasting
                                && (!is_long || !is_lacking(&total.lock().expect("no panic")))
                    };
                    if n >= n_sequences
                        || is_done(begin.elapsed())
                        || is_over.load(Ordering::Relaxed)
                    {
                        break;
                    }
                    let sequence = options.sequence.unwrap_or(n);
                    let source = Source {
                        variants: &variants,
                        seed: options.seed,
                        longest: sequence::LONGEST,
                        prefix: "/",
                        tamper: None,
                    };
                    let generated =
                        AssertUnwindSafe(|| runtime.block_on(source.generate(sequence)));
                    let mut generated = catch_unwind(generated).unwrap_or_else(|panic| {
                        eprintln!("in --seed {} --sequence {sequence}", options.seed);
                        resume_unwind(panic)
                    });
                    let tally = std::mem::take(&mut generated.tally);
                    total.lock().expect("no panic").add(tally);
                    let Some(failure) = &generated.failure else {
                        continue;
                    };
                    let is_new = known_checks.lock().expect("no panic").insert(failure.check);
                    if !options.keeps_going {
                        is_over.store(true, Ordering::Relaxed);
                    }
                    if is_new {
                        let shrunk = runtime.block_on(shrink::shrink(&source, &generated));
                        report::failure(options.seed, sequence, &generated, shrunk.as_ref());
                    }
                }
            });
        }
    });
    let total = total.into_inner().expect("no panic");
    let has_failed = !known_checks.into_inner().expect("no panic").is_empty();
    report::summary(&total, begin.elapsed(), options.seed);
    let is_telling = is_long && total.n_steps >= TELLING;
    report::coverage(&document, &total, is_telling);
    let lacks_operations = is_telling && is_lacking(&total);
    !has_failed && !lacks_operations
}

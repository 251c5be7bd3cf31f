//! The emulator's cost compared with the fastest axum servers, in the same run: `cargo bench --bench side_by_side`.
//!
//! Servers take turns on one core, and the clients have another. The table has the medians over the rounds, and the
//! median of the ratios per round. The journal and the metrics are on, as they are by default, and every request carries
//! a token that is checked. It requires Linux, two cores, `wrk` and `taskset` (the Debian packages `wrk` and
//! `util-linux`). Arguments select parts: `cargo bench --bench side_by_side -- list start`. The part `soak` runs only if
//! it is selected.

mod baseline;
mod client;
mod hostile;
mod load;
mod parts;
mod past;
mod polls;
mod server;
mod soak;
mod table;

use std::io::Write;
use std::process::{Command, exit};

/// The parts of the table, in order.
const PARTS: [(&str, fn()); 10] = [
    ("list", parts::lists),
    ("poll", polls::polls),
    ("create", parts::creations),
    ("start", parts::starts),
    ("memory", parts::memory),
    ("size", parts::size),
    ("growth", parts::growth),
    ("latency", parts::latency),
    ("journal", parts::journal),
    ("past", past::past),
];

/// The parts that run only if selected.
const SOAK: (&str, fn()) = ("soak", parts::soak);

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    if wanted.first().is_some_and(|word| word == "baseline") {
        baseline::serve();
        return;
    }
    let all = || PARTS.iter().chain([&SOAK]);
    if let Some(odd) = wanted
        .iter()
        .find(|word| !all().any(|(part, _)| part == word))
    {
        let parts: Vec<_> = all().map(|(part, _)| *part).collect();
        give_up(&format!(
            "there is no part {odd}; there are {}",
            parts.join(", ")
        ));
    }
    for needed in ["taskset", "wrk"] {
        if Command::new(needed).arg("--version").output().is_err() {
            give_up(&format!(
                "{needed} is needed: apt-get install wrk util-linux"
            ));
        }
    }
    table::head();
    for (part, measure) in all() {
        let is_named = wanted.iter().any(|word| word == part);
        if is_named || wanted.is_empty() && *part != SOAK.0 {
            measure();
        }
    }
}

/// Exits with an error message.
#[expect(
    clippy::exit,
    reason = "a measurement that cannot be taken leaves nothing to save"
)]
fn give_up(why: &str) -> ! {
    let _ = writeln!(std::io::stderr(), "side_by_side: {why}");
    exit(1)
}

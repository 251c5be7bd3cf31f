//! The report: the failure as curl lines, and what was reached.

use std::time::Duration;

use super::checks::Tally;
use super::document::Document;
use super::sequence::{Generated, Recorded};
use super::setup::Setup;
use super::shrink::Shrunk;
use super::step::{MAIN, Step};

/// Operations that never succeed, since the service answers them in a form that the emulator does not have, or since the
/// server speaks no TLS.
const NEVER: [&str; 5] = [
    "AssumeAgency",
    "CreateTokenWithIdToken",
    "GetCallerIdentity",
    "ParseTemplatePackage",
    "ShowCa",
];

/// Prints a failure.
pub(crate) fn failure(seed: u64, sequence: u64, generated: &Generated, shrunk: Option<&Shrunk>) {
    let Some(found) = &generated.failure else {
        return;
    };
    let check = shrunk.map_or(found.check, |shrunk| shrunk.failure.check);
    println!("\nFAILED: {check}");
    println!("again: cargo test --release --test fuzz -- --seed {seed} --sequence {sequence}");
    if let Some(Shrunk {
        setup,
        steps,
        failure,
    }) = shrunk
    {
        println!("{}", failure.text);
        println!("{}", script(setup, steps));
        return;
    }
    println!("{}", found.text);
    println!("It did not fail again, so this is the whole sequence:");
    let steps: Vec<Step> = generated
        .recorded
        .iter()
        .map(|Recorded { step, .. }| step.clone())
        .collect();
    println!("{}", script(&generated.setup, &steps));
}

/// The commands that send the steps to a fresh emulator.
pub(crate) fn script(setup: &Setup, steps: &[Step]) -> String {
    let mut lines = vec![format!(
        "release-emulator --port 4600 --world-ports 4601-4605 {} &",
        setup.flags()
    )];
    let mut worlds: Vec<&str> = Vec::new();
    for step in steps {
        if step.world != MAIN && !worlds.contains(&&*step.world) {
            worlds.push(&step.world);
        }
        let place = worlds.iter().position(|world| *world == step.world);
        let port = 4600 + place.map_or(0, |place| place + 1);
        lines.push(step.curl(&format!("http://127.0.0.1:{port}")));
    }
    lines.join("\n")
}

/// Prints numbers.
pub(crate) fn summary(total: &Tally, elapsed: Duration, seed: u64) {
    let n_requests = total.n_requests;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = n_requests as f64 / elapsed.as_secs_f64();
    println!(
        "\nfuzz: {n_requests} requests ({} of them steps of sequences) in {:.0} s, {rate:.0} per second; seed {seed}",
        total.n_steps,
        elapsed.as_secs_f64()
    );
    let statuses: Vec<String> = total
        .statuses
        .iter()
        .map(|(status, n)| format!("{status}: {n}"))
        .collect();
    println!("  answers by status: {}", statuses.join(", "));
    for (check, n) in &total.checks {
        println!("  {n:>9} x {check}");
    }
}

/// The operations that have never succeeded, though they can.
pub(crate) fn missing<'a>(document: &'a Document, total: &Tally) -> Vec<&'a str> {
    let ids = document.operations.iter().map(|operation| &*operation.id);
    ids.filter(|id| !total.succeeded.contains(*id) && !NEVER.contains(id))
        .collect()
}

/// Prints how many operations have succeeded, and those that have not, which is a failure if the run is long enough to tell.
pub(crate) fn coverage(document: &Document, total: &Tally, is_telling: bool) {
    let missing = missing(document, total);
    let (n_succeeded, n_operations) = (total.succeeded.len(), document.operations.len());
    println!("  {n_succeeded} of {n_operations} operations have succeeded");
    if is_telling && !missing.is_empty() {
        println!("FAILED: never succeeded: {missing:?}");
    }
}

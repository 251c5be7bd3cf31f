//! Lets a world keep up with its clock while nobody asks it anything.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::api::World;

/// How often a world catches up at least, for the case that its clock was set.
const EVERY: Duration = Duration::from_millis(500);

/// Catches up at each instant at which something is due, until `stop`. Reads and commands catch up by themselves;
/// this is for whoever only listens.
pub async fn tick(world: World, stop: CancellationToken) {
    loop {
        let due = world.settle_and_foresee().unwrap_or(EVERY);
        tokio::select! {
            () = stop.cancelled() => break,
            () = world.something_sooner() => {}
            () = tokio::time::sleep(due.min(EVERY)) => {}
        }
    }
}

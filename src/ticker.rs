//! Lets a world keep up with its clock while nobody asks it anything.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::api::World;

/// How often a world catches up. Reads and commands catch up by themselves, so this only bounds how much
/// an idle world has to do at once when it is next asked.
const EVERY: Duration = Duration::from_millis(500);

/// Catches up until `stop`.
pub async fn tick(world: World, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(EVERY) => world.read(|_, _| ()),
        }
    }
}

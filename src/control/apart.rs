//! Work that takes long and needs no lock, apart from the threads that serve requests.

use std::panic::resume_unwind;

use tokio::task::spawn_blocking;

use crate::registry::World;

/// The length of a body from which reading it takes long, in bytes.
pub(super) const LARGE_BODY: usize = 128 << 10;

/// The number of entries of the journal from which looking at all of them takes long.
const MANY_ENTRIES: usize = 200;

/// True if looking at the whole journal of a world takes long.
pub(super) fn has_long_journal(world: &World) -> bool {
    world.recorder().journal.stats().entries >= MANY_ENTRIES
}

/// Does work on a thread of its own if it takes long, else at once, which is faster.
///
/// # Panics
/// If the work does.
pub(super) async fn apart<R: Send + 'static>(
    takes_long: bool,
    work: impl FnOnce() -> R + Send + 'static,
) -> R {
    if !takes_long {
        return work();
    }
    match spawn_blocking(work).await {
        Ok(done) => done,
        // Nothing cancels it.
        Err(error) => resume_unwind(error.into_panic()),
    }
}

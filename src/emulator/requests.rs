//! What an emulator was asked.

use crate::http::observe::exchange::Exchange;
use crate::registry::World;

/// The journal: requests to emulated services with their answers. Secrets are in it as they were sent; only what
/// is shown over HTTP has them masked.
pub struct Requests<'a>(pub(super) &'a World);

impl Requests<'_> {
    /// All that the journal holds, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Exchange> {
        self.0.recorder().journal.entries()
    }

    /// Those for an operation, by its id.
    #[must_use]
    pub fn of(&self, operation: &str) -> Vec<Exchange> {
        let mut all = self.all();
        all.retain(|exchange| {
            let own = exchange.summary.operation;
            own.is_some_and(|own| own.id == operation)
        });
        all
    }

    /// How many did not fit into the journal any more: what is proved with it holds only while this is 0.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.recorder().journal.stats().dropped
    }

    /// Empties the journal.
    pub fn clear(&self) {
        self.0.recorder().journal.clear();
    }
}

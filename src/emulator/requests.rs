//! The requests that an emulator has answered.

use crate::http::observe::record::RequestRecord;
use crate::registry::World;

/// The journal: requests to emulated services with their answers. It has secrets as they were sent; only JSON masks
/// them.
#[derive(Clone, Copy)]
pub struct RequestsHandle<'a>(pub(super) &'a World);

impl RequestsHandle<'_> {
    /// Returns false if the journal is off (`journal_bytes(0)`): then it has no requests.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.recorder().journal.is_on()
    }

    /// All requests in the journal, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<RequestRecord> {
        self.0.recorder().journal.entries()
    }

    /// The requests for an operation, by its id.
    #[must_use]
    pub fn of(&self, operation: &str) -> Vec<RequestRecord> {
        let mut all = self.all();
        all.retain(|record| record.summary.operation == Some(operation));
        all
    }

    /// The number of requests dropped from the journal: it is complete only while this is 0.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.recorder().journal.stats().dropped
    }

    /// Empties the journal.
    pub fn clear(&self) {
        self.0.recorder().journal.clear();
    }
}

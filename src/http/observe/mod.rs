//! The recorder of a world's requests: journal, events, numbers and faults. None of it shares a lock with the memory.

pub mod events;
pub mod exchange;
pub mod headers;
pub mod journal;
pub mod metrics;

use std::sync::Arc;

use crate::http::faults::rules::Faults;
use crate::sim::clock::Clock;
use crate::sim::ids::Ids;
use events::EventLog;
use journal::Journal;
use metrics::Metrics;

/// Everything that stands around the requests of one world.
#[derive(Debug)]
pub struct Recorder {
    pub ids: Arc<Ids>,
    /// The world's clock.
    pub clock: Arc<Clock>,
    pub journal: Journal,
    pub events: EventLog,
    pub faults: Faults,
    pub metrics: Metrics,
}

impl Recorder {
    /// A watch over requests that are numbered from `ids`, with a journal of so many bytes.
    #[must_use]
    pub fn new(ids: Arc<Ids>, clock: Arc<Clock>, journal_bytes: usize) -> Self {
        Self {
            ids,
            clock,
            journal: Journal::new(journal_bytes),
            events: EventLog::default(),
            faults: Faults::default(),
            metrics: Metrics::default(),
        }
    }

    /// Forgets what was written down, and takes all faults back. Numbers go on: counters never go back.
    pub fn reset(&self) {
        self.journal.clear();
        self.faults.clear();
    }
}

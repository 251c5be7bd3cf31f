//! The recorder of a world's requests: journal, event log and metrics, beside the faults in force.
//!
//! None of them shares a lock with the store.

pub mod events;
pub mod headers;
pub mod journal;
pub mod metrics;
pub mod record;

use std::sync::Arc;

use crate::http::faults::injection::Faults;
use crate::sim::clock::Clock;
use crate::sim::ids::Ids;
use events::{EventLog, WorldEvent};
use journal::Journal;
use metrics::Metrics;
use record::RequestRecord;

/// The parts of a world that the middleware works with.
#[derive(Debug)]
pub struct Recorder {
    /// The source of request ids.
    pub ids: Arc<Ids>,
    pub clock: Arc<Clock>,
    pub journal: Journal,
    pub events: EventLog,
    pub faults: Faults,
    pub metrics: Metrics,
}

impl Recorder {
    /// A recorder with a journal of about `journal_bytes` bytes.
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

    /// Records a request with its answer.
    pub fn record(&self, record: RequestRecord) {
        let event = WorldEvent::Request(Arc::clone(&record.summary));
        self.events.add(event);
        self.journal.add(record);
    }

    /// Empties the journal and removes all faults. Events and metrics stay, since their numbers must not go back.
    pub fn reset(&self) {
        self.journal.clear();
        self.faults.clear();
    }
}

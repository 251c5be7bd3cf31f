//! The recorder of a world's requests: journal, event log, metrics and webhooks, beside the faults in force.
//!
//! None of them shares a lock with the store.

pub mod events;
pub mod headers;
pub mod journal;
pub mod metrics;
pub mod record;
pub mod webhooks;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::http::auth::redact::KnownSecrets;
use crate::http::body::LONGEST_PAUSE;
use crate::http::faults::injection::Faults;
use crate::sim::clock::Clock;
use crate::sim::ids::Ids;
use events::{EventLog, WorldEvent};
use journal::Journal;
use metrics::Metrics;
use record::RequestRecord;
use webhooks::Webhooks;

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
    pub webhooks: Webhooks,
    /// The secrets that are masked wherever they turn up.
    pub secrets: Arc<KnownSecrets>,
    /// The longest pause of a client within the body of a request.
    pub longest_pause: Duration,
    /// The name of the world, once a server has opened it.
    world: OnceLock<String>,
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
            webhooks: Webhooks::default(),
            secrets: Arc::default(),
            longest_pause: LONGEST_PAUSE,
            world: OnceLock::new(),
        }
    }

    /// Sets the name of the world for log lines.
    pub fn name_world(&self, name: &str) {
        // A world is opened once.
        let _ = self.world.set(name.to_owned());
    }

    /// The name of the world; empty before a server opens it.
    pub fn world(&self) -> &str {
        self.world.get().map_or("", String::as_str)
    }

    /// Records a request with its answer.
    pub fn record(&self, record: RequestRecord) {
        let event = WorldEvent::Request(Arc::clone(&record.summary));
        self.events.add(event);
        self.journal.add(record);
    }

    /// Empties the journal and removes all faults and webhooks. Events and metrics stay, since their numbers must not go
    /// back.
    pub fn reset(&self) {
        self.journal.clear();
        self.faults.clear();
        self.webhooks.clear();
    }
}

//! The recorder of a world's requests: journal, event log, metrics and webhooks, beside the faults in force.
//!
//! None of them shares a lock with the store.

pub mod events;
pub mod headers;
pub mod journal;
pub mod metrics;
pub mod record;
pub mod webhooks;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::http::Method;

use crate::http::answers::KeptAnswers;
use crate::http::auth::redact::KnownSecrets;
use crate::http::body::LONGEST_PAUSE;
use crate::http::durability::Durability;
use crate::http::evidence::RecordedDates;
use crate::http::faults::injection::Faults;
use crate::sim::clock::Clock;
use crate::sim::ids::Ids;
use crate::sim::memory::{Memory, MemoryAccount, MemoryPart};
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
    /// The answers to recent reads.
    pub answers: KeptAnswers,
    pub events: EventLog,
    pub faults: Faults,
    pub metrics: Metrics,
    /// The budget of the process.
    pub memory: Memory,
    pub webhooks: Webhooks,
    /// The secrets that are masked wherever they turn up.
    pub secrets: Arc<KnownSecrets>,
    /// The longest pause of a client within the body of a request.
    pub longest_pause: Duration,
    /// The requests that are kept if they change the memory.
    pub kept_commands: KeptCommands,
    /// The dates of recordings that agree with the emulator, by operation.
    pub recorded: Arc<RecordedDates>,
    /// Present if the world is kept on disk.
    durability: OnceLock<Durability>,
    /// The name of the world, once a server has opened it.
    world: OnceLock<String>,
    /// The memory of the world itself and of its fixtures.
    account: Mutex<MemoryAccount>,
}

/// The requests that are kept if they change the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeptCommands {
    #[default]
    None,
    /// Those that are no reads.
    Writes,
    /// Reads too, since they may bring progress.
    All,
}

impl Recorder {
    /// True if a request with this method is kept if it changes the memory.
    pub fn keeps_command(&self, method: &Method) -> bool {
        match self.kept_commands {
            KeptCommands::None => false,
            KeptCommands::Writes => *method != Method::GET && *method != Method::HEAD,
            KeptCommands::All => *method != Method::HEAD,
        }
    }

    /// A recorder with a journal of about `journal_bytes` bytes, which keeps no answers yet.
    pub fn new(ids: Arc<Ids>, clock: Arc<Clock>, journal_bytes: usize, memory: &Memory) -> Self {
        Self {
            ids,
            clock,
            journal: Journal::new(journal_bytes, memory),
            answers: KeptAnswers::new(0, memory),
            events: EventLog::new(memory),
            faults: Faults::new(memory),
            metrics: Metrics::default(),
            memory: memory.clone(),
            webhooks: Webhooks::new(memory),
            secrets: Arc::default(),
            longest_pause: LONGEST_PAUSE,
            kept_commands: KeptCommands::default(),
            recorded: Arc::default(),
            durability: OnceLock::new(),
            world: OnceLock::new(),
            account: Mutex::new(MemoryAccount::new(memory, MemoryPart::Resources)),
        }
    }

    /// Counts the memory of the world itself and of its fixtures.
    pub fn count_world(&self, bytes: usize) {
        self.account().add(bytes);
    }

    /// That memory.
    pub fn world_bytes(&self) -> usize {
        self.account().own()
    }

    fn account(&self) -> MutexGuard<'_, MemoryAccount> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has requests wait for a log on disk.
    pub fn keep_on_disk(&self, durability: Durability) {
        // A world is opened once.
        let _ = self.durability.set(durability);
    }

    /// The log on disk; none if the world ends with the process.
    pub fn durability(&self) -> Option<&Durability> {
        self.durability.get()
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

    /// Empties the journal and the log of events, whose numbers go on.
    pub fn forget(&self) {
        self.journal.clear();
        self.events.clear(self.webhooks.first_event().is_some());
    }

    /// Empties the journal and the log of events, and removes all faults and webhooks. Metrics stay, since their numbers
    /// must not go back.
    pub fn reset(&self) {
        self.journal.clear();
        self.events.clear(false);
        self.faults.clear();
        self.webhooks.clear();
    }
}

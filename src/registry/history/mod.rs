//! The history of a world: an ordered log of the commands that have changed it, and its past replayed from that.

mod checkpoint;
pub mod command;
pub mod log;
pub mod past;
mod replay;
mod restore;
pub mod snapshots;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::Bytes;

use super::database::Database;
use crate::sim::Millis;
use crate::sim::clock::{Clock, ClockReading, system_now};
use crate::world::handle::Services;
use checkpoint::Checkpoint;
use command::{Command, Places};
use log::{CommandLog, LoggedCommand};
use past::{NamedPlace, Past, PastError, Place};

pub use replay::{ReplayRouter, Rewound};
pub use restore::{RestoreError, RestoredBase};

/// A store outside of the process, to which every command goes on.
pub trait CommandSink: Send + Sync {
    /// Stores a command. It is called under the lock of the world, in the order of the numbers.
    fn append(&self, number: u64, at: Millis, command: &[u8]);
}

/// The history of a world. It is written under the lock of the world's memory.
pub(super) struct History {
    services: Arc<Services>,
    clock: Arc<Clock>,
    log: Mutex<CommandLog>,
    sink: OnceLock<Arc<dyn CommandSink>>,
    /// False while a world is built: it is not changed then, but comes into being.
    has_started: AtomicBool,
}

impl History {
    pub(super) fn new(services: Arc<Services>, clock: Arc<Clock>) -> Arc<Self> {
        let settings = &services.settings;
        let log = CommandLog::new(settings.history_bytes, &settings.memory);
        let history = Arc::new(Self {
            log: Mutex::new(log),
            sink: OnceLock::new(),
            has_started: AtomicBool::new(false),
            services,
            clock,
        });
        if history.services.settings.keeps_commands() {
            let own = Arc::downgrade(&history);
            let on_use = move |uses| {
                if let Some(history) = own.upgrade() {
                    let now = history.clock.now();
                    history.push(now, &Command::FaultUses(uses).bytes());
                }
            };
            let faults = &history.services.recorder.faults;
            faults.tell_uses(Box::new(on_use));
        }
        history
    }

    /// True if commands are kept.
    pub(super) fn is_on(&self) -> bool {
        self.has_started.load(Ordering::Acquire) && self.services.settings.keeps_commands()
    }

    /// True if commands are kept outside of the process, so that each must be whole.
    pub(super) fn is_durable(&self) -> bool {
        self.sink.get().is_some()
    }

    /// Has commands stored from now on.
    pub(super) fn store_in(&self, sink: Arc<dyn CommandSink>) {
        // A world is opened once.
        let _ = self.sink.set(sink);
    }

    /// Starts with the memory as it is, behind that many commands.
    pub(super) fn start(&self, last: u64, database: &Database, now: Millis) {
        self.log().count_from(last);
        self.has_started.store(true, Ordering::Release);
        self.begin(database, now);
    }

    /// Begins a segment with the memory as it is.
    fn begin(&self, database: &Database, now: Millis) {
        let reading = self.clock.reading();
        self.begin_at(database, ClockReading { now, ..reading });
    }

    /// The same with a clock that goes as that reading says.
    fn begin_at(&self, database: &Database, reading: ClockReading) {
        if self.services.settings.history_bytes == 0 {
            return;
        }
        let number = self.log().last();
        // The faults have a lock of their own, under which they are told of; so not under that of the log.
        let checkpoint = Checkpoint::new(number, database, &self.services, reading);
        self.log().begin(checkpoint);
    }

    /// Keeps a command that has changed the memory.
    pub(super) fn append(&self, database: &Database, now: Millis, command: &Bytes) {
        if !self.is_on() {
            return;
        }
        self.push(now, command);
        if self.log().is_due(|| database.n_resources()) {
            self.begin(database, now);
        }
    }

    /// Keeps a command after which the world is kept as a whole.
    pub(super) fn append_whole(&self, database: &Database, now: Millis, command: &Command) {
        if self.is_on() {
            self.push(now, &command.bytes());
            self.begin(database, now);
        }
    }

    /// Keeps a command that has set the clock back from `end`.
    pub(super) fn append_anew(
        &self,
        database: &Database,
        now: Millis,
        end: Millis,
        command: &Command,
    ) {
        if !self.is_on() {
            return;
        }
        self.push(end, &command.bytes());
        self.log().begin_stretch(now, end);
        self.begin(database, now);
    }

    fn push(&self, now: Millis, command: &Bytes) {
        if !self.has_started.load(Ordering::Acquire) {
            return;
        }
        let mut log = self.log();
        let (number, at) = log.push(now, command.clone());
        if let Some(sink) = self.sink.get() {
            sink.append(number, at, command);
        }
    }

    /// The present places in the sequences of ids.
    pub(super) fn places(&self) -> Places {
        Places {
            ids: self.services.ids.drawn(),
            request_ids: self.services.request_ids.drawn(),
        }
    }

    /// The place in the past that is meant.
    pub(super) fn place(&self, past: Past) -> Result<Place, PastError> {
        let now = self.clock.now();
        self.log().place(past, now)
    }

    /// The earliest place that can be reached; none if no history is kept.
    pub(super) fn earliest(&self) -> Option<Place> {
        self.log().earliest()
    }

    /// The number of the last command; 0: there was none.
    pub(super) fn last(&self) -> u64 {
        self.log().last()
    }

    /// The approximate size in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.log().bytes()
    }

    /// The commands behind a number, at most so many.
    pub(super) fn since(&self, number: u64, most: usize) -> Vec<LoggedCommand> {
        self.log().since(number, most)
    }

    /// The places with names, oldest first.
    pub(super) fn named(&self) -> Vec<NamedPlace> {
        self.log().named().to_vec()
    }

    /// Drops the commands behind a place, and keeps the rewind itself. Returns the number of those that were dropped.
    pub(super) fn rewind(&self, database: &Database, place: Place) -> u64 {
        let dropped = self.log().truncate(place.command);
        let rewind = Command::Rewind {
            command: place.command,
            at: place.at,
            real: system_now(),
        };
        self.push(place.at, &rewind.bytes());
        self.log().begin_stretch(place.at, place.at);
        self.begin(database, place.at);
        dropped as u64
    }

    fn way_to(&self, place: Place) -> Option<(Checkpoint, Vec<LoggedCommand>)> {
        self.log().way_to(place)
    }

    fn log(&self) -> MutexGuard<'_, CommandLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

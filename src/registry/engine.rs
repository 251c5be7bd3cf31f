//! The engine of a world: the memory with its clock. Timers fire in the order of time, in slices of real time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::database::Database;
use super::history::History;
use super::history::command::Command;
use crate::http::auth::redact::Mask;
use crate::http::context::with_details;
use crate::http::observe::Recorder;
use crate::http::observe::events::WorldEvent;
use crate::sim::clock::{Clock, ClockReading, Mode, Stopwatch, system_now};
use crate::sim::{Millis, NEVER, Transition};
use crate::world::handle::Services;
use crate::world::store::Store;

/// The real time after which long work lets others in.
pub(super) const SLICE: Duration = Duration::from_millis(2);

/// The real time that a request spends on timers that are overdue. If that is not enough, it is answered as of the instant
/// that was reached.
const SLICE_OF_REQUEST: Duration = Duration::from_micros(500);

/// The rest of the work of the timer task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Timers are overdue.
    None,
    /// The next timer is due after that much real time.
    For(Duration),
    /// No timer will be due before the world changes.
    Forever,
}

/// The memory of a world, and the clock that moves it.
pub(super) struct Engine {
    store: Store<Database>,
    pub(super) clock: Arc<Clock>,
    pub(super) recorder: Arc<Recorder>,
    pub(super) history: Arc<History>,
    /// The number of times that it began anew.
    epoch: AtomicU64,
    /// The instant that the timer task waits for, and the signal that wakes it earlier.
    awaited: AtomicI64,
    pub(super) earlier: Notify,
}

impl Engine {
    pub(super) fn new(database: Database, clock: Arc<Clock>, services: &Arc<Services>) -> Self {
        Self {
            store: Store::new(database),
            recorder: Arc::clone(&services.recorder),
            history: History::new(Arc::clone(services), Arc::clone(&clock)),
            clock,
            epoch: AtomicU64::new(0),
            awaited: AtomicI64::new(NEVER),
            earlier: Notify::new(),
        }
    }

    /// Reads the memory at the present instant, which is taken under the lock. Timers that are due have fired: a read
    /// takes the write lock if there are any, and the read lock otherwise.
    pub(super) fn read<R>(&self, look: impl FnOnce(&Database, Millis) -> R) -> R {
        let result = self
            .store
            .read(|database| match self.clock.before(database.next_due()) {
                Ok(now) => {
                    let edition = self.recorder.answers.edition();
                    let until = database.next_due();
                    with_details(|details| details.read_stamp.note(edition, until));
                    Ok(look(database, now))
                }
                Err(_) => Err(look),
            });
        match result {
            Ok(result) => result,
            Err(look) => self.write(|database, now| look(database, now)),
        }
    }

    /// Changes the memory at the present instant, which is taken under the lock, so writes are in the order of
    /// time. A change that fails must have changed nothing: check first, then change.
    pub(super) fn write<R>(&self, change: impl FnOnce(&mut Database, Millis) -> R) -> R {
        self.exclusively(|database| {
            let now = self.reach_present(database);
            database.version += 1;
            let result = change(database, now);
            let used_ids = database.shared.scripts.take_used_ids();
            with_details(|details| details.scripts.extend(used_ids));
            for transition in database.shared.log.drain() {
                self.publish(transition);
            }
            if database.next_due() < self.awaited.load(Ordering::Acquire) {
                self.earlier.notify_one();
            }
            result
        })
    }

    /// Runs a change under the lock, without the care that [`Self::write`] takes of timers and transitions.
    pub(super) fn exclusively<R>(&self, change: impl FnOnce(&mut Database) -> R) -> R {
        self.store.write(|database| {
            self.recorder.answers.begin_edition();
            let result = change(database);
            self.clock.stop_before(database.next_due());
            result
        })
    }

    /// The number of times that it began anew. It changes under the lock only.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Fires the timers that are due, as many as there is time for, and returns the instant that was reached: the present
    /// one, if all have fired.
    pub(super) fn reach_present(&self, database: &mut Database) -> Millis {
        let clock = &self.clock;
        if let Err(present) = clock.before(database.next_due()) {
            self.fire(database, present, SLICE_OF_REQUEST, &mut |_| true);
            clock.stop_before(database.next_due());
        }
        clock
            .before(database.next_due())
            .unwrap_or_else(|_| clock.now())
    }

    /// Fires the timers up to an instant in order, and passes the transitions to `on_transition`. The timers of one instant
    /// fire together. Returns false if it stopped before, because the time was up or because `on_transition` returned false.
    pub(super) fn fire(
        &self,
        database: &mut Database,
        to: Millis,
        budget: Duration,
        on_transition: &mut dyn FnMut(Transition) -> bool,
    ) -> bool {
        let (watch, mut instant) = (Stopwatch::start(), Millis::MIN);
        let mut goes_on = true;
        let has_arrived = loop {
            for transition in database.shared.log.drain() {
                self.publish(transition.clone());
                goes_on &= on_transition(transition);
            }
            let due = database.next_due();
            if due > to {
                break true;
            }
            if due > instant {
                // The first instant in any case, so that there is progress.
                let is_late = instant > Millis::MIN && watch.elapsed() >= budget;
                if !goes_on || is_late {
                    break false;
                }
                instant = due;
                self.clock.show(due);
            }
            // One timer at a time, so that no more than its own transitions are buffered.
            database.fire_next(due);
        };
        // Scripts that scheduled starts have used belong to no request.
        drop(database.shared.scripts.take_used_ids());
        has_arrived
    }

    /// Fires the timers that are due, for a while, and returns the real time until the next one. A clock whose timers take
    /// longer than it has for them falls behind.
    pub(super) fn tick(&self) -> Wait {
        // Stored under the lock: the next writer compares with it, so an earlier timer cannot be missed.
        let due = self.read(|database, _| {
            let due = database.next_due();
            self.awaited.store(due, Ordering::Release);
            due
        });
        if self.clock.before(due).is_err() {
            if self.clock.fall_behind() {
                tracing::warn!(
                    world = self.recorder.world(),
                    "the clock falls behind: what is due in it takes longer than it has for it"
                );
            }
            return Wait::None;
        }
        let ClockReading { now, mode, pace } = self.clock.reading();
        if due == NEVER || mode == Mode::Frozen {
            return Wait::Forever;
        }
        let wait = Duration::from_millis(u64::try_from(due - now).unwrap_or(0));
        // At a very slow pace the wait is longer than a `Duration` can hold.
        let wait = Duration::try_from_secs_f64(wait.as_secs_f64() / pace).unwrap_or(Duration::MAX);
        // A millisecond more, so that the timer is due when the wait is over.
        Wait::For(wait.saturating_add(Duration::from_millis(1)))
    }

    /// Keeps the clock as it was set.
    pub(super) fn note_clock(&self, database: &Database, reading: ClockReading) {
        if self.history.is_on() {
            let command = Command::Clock {
                mode: reading.mode,
                pace: reading.pace,
                real: system_now(),
            };
            self.history.append(database, reading.now, &command.bytes());
        }
    }

    /// Sets the clock, perhaps back, under the lock. The course that is under way ends.
    pub(super) fn begin_anew(&self, clock: &Clock) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.clock.restart(clock);
        self.earlier.notify_one();
    }

    /// Lets the threads in that wait for the memory, and the tasks of this thread.
    pub(super) async fn let_others_in(&self) {
        let watch = Stopwatch::start();
        tokio::task::yield_now().await;
        while self.store.is_awaited() && watch.elapsed() < SLICE {
            tokio::task::yield_now().await;
        }
    }

    /// Publishes a transition. Every transition of the world passes here once, under the lock, in the order of time and
    /// number.
    fn publish(&self, transition: Transition) {
        let transition = Arc::new(transition);
        let event = WorldEvent::Transition(Arc::clone(&transition));
        self.recorder.events.add(event);
        if tracing::enabled!(tracing::Level::DEBUG) {
            self.log(&transition);
        }
    }

    fn log(&self, transition: &Transition) {
        let mask = Mask::new(Some(&self.recorder.secrets));
        let shown =
            |text: &Option<Arc<str>>| text.as_deref().map(|text| mask.text(text).into_owned());
        let Transition {
            number,
            at,
            family,
            scope,
            id,
            stage,
            service,
            step,
            from,
            to,
            cause,
            ..
        } = transition;
        tracing::debug!(
            number,
            at_ms = at,
            family,
            scope = &*mask.text(scope),
            stage = shown(stage),
            service = shown(service),
            step = shown(step),
            world = self.recorder.world(),
            "{family} {} went from {from:?} to {to:?} by {}",
            mask.text(id),
            mask.text(cause)
        );
    }
}

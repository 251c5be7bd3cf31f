//! A world: one memory, one clock, one sequence of ids. A process may hold many.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::Database;
use super::state::{State, ValidationError};
use crate::http::context::note_scripts;
use crate::http::observe::Recorder;
use crate::http::observe::events::Event;
use crate::sim::clock::{Clock, ClockReading, ClockUpdate, Mode, Refused};
use crate::sim::ids::Ids;
use crate::sim::{Millis, NEVER, Transition};
use crate::world::settings::Settings;
use crate::world::store::Store;

/// What a family is given: cheap to clone, all clones are the same world.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    settings: Settings,
    store: Store<Database>,
    clock: Arc<Clock>,
    ids: Ids,
    /// Request ids have a sequence of their own, so that the ids of resources depend on creations alone.
    request_ids: Arc<Ids>,
    /// What stands around the requests.
    recorder: Arc<Recorder>,
    /// So do tokens, and theirs does not start over at a reset: one that was issued before it must not be
    /// issued to somebody else.
    token_ids: Ids,
    /// What a reset goes back to.
    fixtures: State,
    ready: AtomicBool,
    /// What the ticker waits for, and how it learns that something is due sooner.
    awaited: AtomicI64,
    sooner: Notify,
}

/// What tells the sequence of tokens from the others of the same seed.
const TOKENS: u64 = 0x746f_6b65_6e73;

/// Hears of transitions with their numbers.
pub type OnTransition<'a> = &'a mut dyn FnMut(u64, Transition);

impl World {
    /// A world that holds the fixtures, not yet open to callers.
    pub fn new(settings: Settings, fixtures: State) -> Result<Self, ValidationError> {
        let clock = Arc::new(fresh_clock(&settings));
        let request_ids = Arc::new(Ids::seeded(!settings.seed));
        let recorder = Recorder::new(
            Arc::clone(&request_ids),
            Arc::clone(&clock),
            settings.journal_bytes,
        );
        let inner = Inner {
            store: Store::new(Database::new(&settings)),
            clock,
            recorder: Arc::new(recorder),
            ids: Ids::seeded(settings.seed),
            request_ids,
            token_ids: Ids::seeded(settings.seed.swap_bytes() ^ TOKENS),
            fixtures,
            ready: AtomicBool::new(false),
            awaited: AtomicI64::new(NEVER),
            sooner: Notify::new(),
            settings,
        };
        let world = Self(Arc::new(inner));
        world.replace(world.0.fixtures.clone())?;
        Ok(world)
    }

    /// Declares the world open to callers.
    pub fn open(&self) {
        self.0.ready.store(true, Ordering::Release);
    }

    /// Whether the world is open to callers.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Acquire)
    }

    /// What was chosen for this world.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// What a reset goes back to.
    #[must_use]
    pub fn fixtures(&self) -> &State {
        &self.0.fixtures
    }

    /// What resources draw their ids from.
    #[must_use]
    pub fn ids(&self) -> &Ids {
        &self.0.ids
    }

    /// What requests draw their ids from.
    #[must_use]
    pub fn request_ids(&self) -> Arc<Ids> {
        Arc::clone(&self.0.request_ids)
    }

    /// What is noticed of the requests.
    #[must_use]
    pub fn recorder(&self) -> &Arc<Recorder> {
        &self.0.recorder
    }

    /// What tokens are drawn from.
    #[must_use]
    pub fn token_ids(&self) -> &Ids {
        &self.0.token_ids
    }

    /// Looks at the memory at the present instant, which is taken under the lock. What is due by then has
    /// happened: only if something is does a read wait for the write lock, and then looks while it has it.
    pub fn read<R>(&self, look: impl FnOnce(&Database, Millis) -> R) -> R {
        let seen = self.0.store.read(|tables| {
            let now = self.0.clock.now();
            if tables.next_due() > now {
                Ok(look(tables, now))
            } else {
                Err(look)
            }
        });
        match seen {
            Ok(seen) => seen,
            Err(look) => self.write(|tables, now| look(tables, now)),
        }
    }

    /// Changes the memory at the present instant, which is taken under the lock: what is written is always
    /// in the order of time. A change that fails must have changed nothing: check first, then change.
    pub fn write<R>(&self, change: impl FnOnce(&mut Database, Millis) -> R) -> R {
        self.0.store.write(|tables| {
            let now = self.0.clock.now();
            self.catch_up(tables, now, &mut |_, _| {});
            // Those that decided for scheduled starts are nobody's.
            drop(tables.scripts.take_used_ids());
            let changed = change(tables, now);
            note_scripts(tables.scripts.take_used_ids());
            for (number, transition) in tables.log.drain() {
                self.note(number, transition);
            }
            if tables.next_due() < self.0.awaited.load(Ordering::Acquire) {
                self.0.sooner.notify_one();
            }
            changed
        })
    }

    /// Catches up, and answers in how much real time something is due next; nothing while the clock stands.
    #[must_use]
    pub fn catch_up_and_next_wait(&self) -> Option<Duration> {
        // Noted under the lock: whoever writes next compares with it, so nothing becomes due sooner unheard.
        let due = self.read(|tables, _| {
            let due = tables.next_due();
            self.0.awaited.store(due, Ordering::Release);
            due
        });
        let ClockReading { now, mode, pace } = self.0.clock.reading();
        if due == NEVER || mode == Mode::Frozen {
            return None;
        }
        let wait = Duration::from_millis(u64::try_from(due - now).unwrap_or(0));
        // At a very slow pace it is longer than can be told.
        let wait = Duration::try_from_secs_f64(wait.as_secs_f64() / pace);
        let wait = wait.unwrap_or(Duration::MAX);
        // A millisecond more, so that it is due when the wait is over.
        Some(wait.saturating_add(Duration::from_millis(1)))
    }

    /// Waits until something is due sooner than was foreseen, or may be, since something was done to the clock.
    pub async fn earlier_timer(&self) {
        self.0.sooner.notified().await;
    }

    /// What the clock shows and how it moves.
    #[must_use]
    pub fn clock(&self) -> ClockReading {
        self.0.clock.reading()
    }

    /// Sets the clock and catches up; `on_transition` is told what happened on the way, in order.
    pub fn set_clock(
        &self,
        setting: ClockUpdate,
        on_transition: OnTransition,
    ) -> Result<ClockReading, Refused> {
        self.0.store.write(|tables| {
            self.catch_up(tables, self.0.clock.now(), &mut |_, _| {});
            let reading = self.0.clock.set(setting)?;
            self.0.sooner.notify_one();
            self.catch_up(tables, reading.now, on_transition);
            Ok(reading)
        })
    }

    /// Moves the clock forward by `by` and catches up; `on_transition` is told what happened on the way, in order.
    pub fn advance(
        &self,
        by: Millis,
        on_transition: OnTransition,
    ) -> Result<ClockReading, Refused> {
        self.0.store.write(|tables| {
            self.catch_up(tables, self.0.clock.now(), &mut |_, _| {});
            let reading = self.0.clock.advance(by)?;
            self.0.sooner.notify_one();
            self.catch_up(tables, reading.now, on_transition);
            Ok(reading)
        })
    }

    /// The whole memory in the fixture format.
    #[must_use]
    pub fn export(&self) -> State {
        self.read(|tables, now| tables.save(&self.0.ids, now))
    }

    /// Replaces the whole memory, or changes nothing. Scripts stay.
    pub fn replace(&self, state: State) -> Result<(), ValidationError> {
        self.write(|tables, now| self.load(tables, state, now))
    }

    /// Adds to the memory, replacing what has the same id, or changes nothing.
    pub fn merge(&self, patch: State) -> Result<(), ValidationError> {
        self.write(|tables, now| {
            let mut state = tables.save(&self.0.ids, now);
            state.merge(patch.clone());
            self.load(tables, state, now).map_err(|validation_error| {
                // What does not fit by itself is told with its place in the patch, not in the whole.
                let mut alone = Database::new(&self.0.settings);
                let ids = self.0.ids.fork();
                alone
                    .load(patch, &self.0.settings, &ids, now)
                    .err()
                    .unwrap_or(validation_error)
            })
        })
    }

    /// Back to the fixtures, or to nothing: memory, clock, ids, scripts, faults, journal.
    ///
    /// # Panics
    /// Never: the fixtures were loaded when the world was made.
    pub fn reset(&self, to_empty: bool) {
        self.0.store.write(|tables| {
            self.0.clock.restart(&fresh_clock(&self.0.settings));
            self.0.sooner.notify_one();
            self.0.recorder.reset();
            self.0.ids.restart();
            let mut empty = Database::new(&self.0.settings);
            empty.log.count_on_from(&tables.log);
            *tables = empty;
            let state = if to_empty {
                State::default()
            } else {
                self.0.fixtures.clone()
            };
            self.load(tables, state, self.0.clock.now())
                .expect("the fixtures were loaded before");
        });
    }

    fn catch_up(&self, tables: &mut Database, to: Millis, on_transition: OnTransition) {
        tables.run_until(to, &mut |number, transition| {
            self.note(number, transition.clone());
            on_transition(number, transition);
        });
    }

    /// Every transition of the world comes by here once: in the order of time and of its number, whatever caused
    /// it, while nobody else can look or change anything.
    fn note(&self, number: u64, transition: Transition) {
        let transition = Arc::new(transition);
        let event = Event::Transition(number, Arc::clone(&transition));
        self.0.recorder.events.add(event);
        let Transition {
            at,
            family,
            scope,
            id,
            step,
            from,
            to,
            cause,
            ..
        } = &*transition;
        tracing::debug!(
            number,
            at_ms = at,
            family,
            scope = &**scope,
            step = step.as_deref(),
            "{family} {id} went from {from:?} to {to:?} by {cause}"
        );
    }

    fn load(
        &self,
        tables: &mut Database,
        state: State,
        now: Millis,
    ) -> Result<(), ValidationError> {
        let (mut fresh, ids) = (Database::new(&self.0.settings), self.0.ids.fork());
        fresh.load(state, &self.0.settings, &ids, now)?;
        self.0.ids.skip_to(ids.drawn());
        fresh.inherit_from(tables, now);
        *tables = fresh;
        Ok(())
    }
}

fn fresh_clock(settings: &Settings) -> Clock {
    match settings.freeze {
        Some(now) => Clock::frozen(now, settings.pace),
        None => Clock::running(settings.pace),
    }
}

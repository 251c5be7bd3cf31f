//! A world: one memory with one clock and one sequence of ids. A process may have many.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::HeaderMap;
use tokio::sync::Notify;

use super::database::Database;
use super::families::families;
use super::rules::check_rules;
use super::state::State;
use crate::http::auth::redact::Mask;
use crate::http::context::with_details;
use crate::http::faults::rules::Fault;
use crate::http::observe::Recorder;
use crate::http::observe::events::{ResetTo, WorldEvent};
use crate::sim::clock::{Clock, ClockReading, ClockUpdate, InvalidInstant, Mode};
use crate::sim::ids::Ids;
use crate::sim::memory::{EMPTY_WORLD, MemoryPart};
use crate::sim::scripts::Script;
use crate::sim::{Millis, NEVER, Transition};
use crate::world::fixture::ValidationError;
use crate::world::handle::{Access, Handle, Services, Shared};
use crate::world::public_url::PublicUrl;
use crate::world::settings::Settings;
use crate::world::store::Store;

/// A world. Cheap to clone; all clones are the same world.
#[derive(Clone)]
pub struct World(Arc<WorldInner>);

struct WorldInner {
    store: Store<Database>,
    clock: Arc<Clock>,
    services: Arc<Services>,
    /// The state that a reset restores.
    fixtures: State,
    ready: AtomicBool,
    /// The instant that the timer task waits for, and the signal that wakes it earlier.
    awaited: AtomicI64,
    earlier: Notify,
}

/// Distinguishes the sequence of tokens from the others of the same seed.
const TOKENS: u64 = 0x746f_6b65_6e73;

/// Receives transitions with their numbers.
pub(super) type OnTransition<'a> = &'a mut dyn FnMut(Transition);

impl World {
    /// A world that holds the fixtures. It is not open to callers yet.
    pub fn new(settings: Settings, fixtures: State) -> Result<Self, ValidationError> {
        let clock = Arc::new(fresh_clock(&settings));
        let request_ids = Arc::new(Ids::seeded(!settings.seed));
        let mut recorder = Recorder::new(
            Arc::clone(&request_ids),
            Arc::clone(&clock),
            settings.journal_bytes,
            &settings.memory,
        );
        recorder.longest_pause = settings.longest_pause;
        if let Some(token) = &settings.control_access.token {
            recorder.secrets.pin(token.expose());
        }
        let services = Services {
            recorder: Arc::new(recorder),
            ids: Ids::seeded(settings.seed),
            request_ids,
            token_ids: Ids::seeded(settings.seed.swap_bytes() ^ TOKENS),
            own_port: OnceLock::new(),
            settings,
        };
        let inner = WorldInner {
            store: Store::new(Database::new(&services.settings)),
            clock,
            services: Arc::new(services),
            fixtures,
            ready: AtomicBool::new(false),
            awaited: AtomicI64::new(NEVER),
            earlier: Notify::new(),
        };
        let world = Self(Arc::new(inner));
        world.replace(world.0.fixtures.clone())?;
        // The fixtures take about as much as the resources that are made from them.
        let size = world.read(|database, _| database.shared.log.account().own());
        world.recorder().count_world(EMPTY_WORLD + size);
        Ok(world)
    }

    /// The approximate number of bytes that the world uses of a part of the memory; `None` if no world has a part of its own.
    pub fn bytes(&self, part: MemoryPart) -> Option<usize> {
        let recorder = self.recorder();
        Some(match part {
            MemoryPart::Resources => {
                let resources = |database: &Database| database.shared.log.account().own();
                recorder.world_bytes() + self.read(|database, _| resources(database))
            }
            MemoryPart::InFlight => return None,
            MemoryPart::Journal => recorder.journal.stats().bytes,
            MemoryPart::Events => recorder.events.bytes(),
            MemoryPart::Rules => {
                let scripts = self.read(|database, _| database.shared.scripts.bytes());
                scripts + recorder.faults.bytes() + recorder.webhooks.bytes()
            }
            MemoryPart::Identities => self.read(|database, _| database.shared.identities.bytes()),
        })
    }

    /// True if the memory for resources is used up.
    pub fn is_beyond_memory(&self) -> bool {
        !self.settings().memory.has_room(MemoryPart::Resources, 0)
    }

    /// A family's handle on its table.
    pub fn handle<T>(&self) -> Handle<T>
    where
        Self: Access<T>,
    {
        Handle::new(Arc::clone(&self.0.services), Arc::new(self.clone()))
    }

    /// Opens the world to callers.
    pub fn open(&self) {
        self.0.ready.store(true, Ordering::Release);
    }

    /// True if the world is open to callers.
    pub fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Acquire)
    }

    /// The URL of the world in the answer to a request with these headers.
    pub fn base_url(&self, headers: &HeaderMap) -> PublicUrl {
        self.0.services.base_url(headers)
    }

    /// Sets the port of a further world of the process.
    pub fn set_port(&self, port: u16) {
        // A world is served once.
        let _ = self.0.services.own_port.set(port);
    }

    /// The options of the world.
    pub fn settings(&self) -> &Settings {
        &self.0.services.settings
    }

    /// The state that a reset restores.
    pub fn fixtures(&self) -> &State {
        &self.0.fixtures
    }

    /// The sequence of request ids.
    pub fn request_ids(&self) -> &Ids {
        &self.0.services.request_ids
    }

    /// Journal, events, metrics and faults.
    pub fn recorder(&self) -> &Arc<Recorder> {
        &self.0.services.recorder
    }

    /// Reads the memory at the present instant, which is taken under the lock. Timers that are due have fired: a read
    /// takes the write lock if there are any, and the read lock otherwise.
    pub fn read<R>(&self, look: impl FnOnce(&Database, Millis) -> R) -> R {
        let result = self.0.store.read(|database| {
            let now = self.0.clock.now();
            if database.next_due() > now {
                Ok(look(database, now))
            } else {
                Err(look)
            }
        });
        match result {
            Ok(result) => result,
            Err(look) => self.write(|database, now| look(database, now)),
        }
    }

    /// Changes the memory at the present instant, which is taken under the lock, so writes are in the order of
    /// time. A change that fails must have changed nothing: check first, then change.
    pub fn write<R>(&self, change: impl FnOnce(&mut Database, Millis) -> R) -> R {
        self.0.store.write(|database| {
            let now = self.0.clock.now();
            self.catch_up(database, now, &mut |_| {});
            // Scripts that scheduled starts have used belong to no request.
            drop(database.shared.scripts.take_used_ids());
            let result = change(database, now);
            let used_ids = database.shared.scripts.take_used_ids();
            with_details(|details| details.scripts.extend(used_ids));
            for transition in database.shared.log.drain() {
                self.publish(transition);
            }
            if database.next_due() < self.0.awaited.load(Ordering::Acquire) {
                self.0.earlier.notify_one();
            }
            result
        })
    }

    /// Catches up, and returns the real time until the next timer is due; none while the clock is frozen.
    pub fn catch_up_and_next_wait(&self) -> Option<Duration> {
        // Stored under the lock: the next writer compares with it, so an earlier timer cannot be missed.
        let due = self.read(|database, _| {
            let due = database.next_due();
            self.0.awaited.store(due, Ordering::Release);
            due
        });
        let ClockReading { now, mode, pace } = self.0.clock.reading();
        if due == NEVER || mode == Mode::Frozen {
            return None;
        }
        let wait = Duration::from_millis(u64::try_from(due - now).unwrap_or(0));
        // At a very slow pace the wait is longer than a `Duration` can hold.
        let wait = Duration::try_from_secs_f64(wait.as_secs_f64() / pace).unwrap_or(Duration::MAX);
        // A millisecond more, so that the timer is due when the wait is over.
        Some(wait.saturating_add(Duration::from_millis(1)))
    }

    /// Resolves when an earlier timer is scheduled or the clock is changed.
    pub async fn earlier_timer(&self) {
        self.0.earlier.notified().await;
    }

    pub fn clock(&self) -> ClockReading {
        self.0.clock.reading()
    }

    /// Sets the clock and catches up, passing the transitions on the way to `on_transition`, in order.
    pub fn set_clock(
        &self,
        update: ClockUpdate,
        on_transition: OnTransition,
    ) -> Result<ClockReading, InvalidInstant> {
        self.locked(|database| {
            self.catch_up(database, self.0.clock.now(), &mut |_| {});
            self.move_clock(database, update, on_transition)
        })
    }

    /// Runs a change under the lock, without the care that [`Self::write`] takes of timers and transitions.
    pub(super) fn locked<R>(&self, change: impl FnOnce(&mut Database) -> R) -> R {
        self.0.store.write(change)
    }

    /// Sets the clock under the lock, and catches up.
    pub(super) fn move_clock(
        &self,
        database: &mut Database,
        update: ClockUpdate,
        on_transition: OnTransition,
    ) -> Result<ClockReading, InvalidInstant> {
        let reading = self.0.clock.set(update)?;
        self.0.earlier.notify_one();
        self.catch_up(database, reading.now, on_transition);
        self.recorder().events.add(WorldEvent::Clock(reading));
        Ok(reading)
    }

    /// Moves the clock forward in the same way.
    pub fn advance(
        &self,
        by: Millis,
        on_transition: OnTransition,
    ) -> Result<ClockReading, InvalidInstant> {
        let update = ClockUpdate {
            by,
            ..ClockUpdate::default()
        };
        self.set_clock(update, on_transition)
    }

    /// The whole memory in the fixture format.
    pub fn export(&self) -> State {
        self.read(|database, now| database.save(&self.0.services.ids, now))
    }

    /// Replaces the whole memory, or fails and changes nothing. Scripts and faults are replaced if the state has any.
    pub fn replace(&self, mut state: State) -> Result<(), ValidationError> {
        check_rules(&state.scripts, &state.faults)?;
        let (scripts, faults) = take_rules(&mut state);
        self.write(|database, now| {
            self.load(database, state, now)?;
            if !scripts.is_empty() {
                database.shared.scripts.clear();
                self.load_scripts(database, scripts);
            }
            if !faults.is_empty() {
                self.recorder().faults.clear();
                self.load_faults(faults);
            }
            Ok(())
        })
    }

    /// Adds to the memory and replaces resources with the same id, or fails and changes nothing.
    pub fn merge(&self, mut patch: State) -> Result<(), ValidationError> {
        check_rules(&patch.scripts, &patch.faults)?;
        let (scripts, faults) = take_rules(&mut patch);
        self.write(|database, now| {
            self.check_room_for_rules(database, &scripts, &faults)?;
            let services = &self.0.services;
            let mut state = database.save(&services.ids, now);
            state.merge(patch.clone());
            self.load(database, state, now).map_err(|error| {
                // If the patch is invalid alone, the error has the path in the patch, not in the whole.
                let mut alone = Database::new(&services.settings);
                let ids = services.ids.fork();
                let loaded = alone.load(patch, &ids, now);
                loaded.err().unwrap_or(error)
            })?;
            self.load_scripts(database, scripts);
            self.load_faults(faults);
            Ok(())
        })
    }

    /// Restores the fixtures or empties the memory. Clock, ids, scripts, faults, webhooks and journal start
    /// over too.
    ///
    /// # Panics
    /// Never: the fixtures were loaded when the world was created.
    pub fn reset(&self, to: ResetTo) {
        self.0.store.write(|database| {
            let services = &self.0.services;
            self.0.clock.restart(&fresh_clock(&services.settings));
            self.0.earlier.notify_one();
            services.recorder.reset();
            services.ids.restart();
            let mut empty = Database::new(&services.settings);
            empty.shared.log.count_on_from(&database.shared.log);
            *database = empty;
            let state = match to {
                ResetTo::Empty => State::default(),
                ResetTo::Fixtures => self.0.fixtures.clone(),
            };
            let mut state = state;
            let (scripts, faults) = take_rules(&mut state);
            // Even if other worlds have used up the memory meanwhile.
            let now = self.0.clock.now();
            let prepared = self.prepare(state, now);
            let (fresh, ids) =
                prepared.expect("the fixtures were loaded when the world was created");
            self.install(database, fresh, &ids, now);
            self.load_scripts(database, scripts);
            self.load_faults(faults);
            self.recorder().events.add(WorldEvent::Reset { to });
        });
    }

    pub(super) fn catch_up(
        &self,
        database: &mut Database,
        to: Millis,
        on_transition: OnTransition,
    ) {
        database.run_until(to, &mut |transition| {
            self.publish(transition.clone());
            on_transition(transition);
        });
    }

    /// Publishes a transition. Every transition of the world passes here once, under the lock, in the order of time and
    /// number.
    fn publish(&self, transition: Transition) {
        let transition = Arc::new(transition);
        let event = WorldEvent::Transition(Arc::clone(&transition));
        self.0.services.recorder.events.add(event);
        if tracing::enabled!(tracing::Level::DEBUG) {
            self.log(&transition);
        }
    }

    fn log(&self, transition: &Transition) {
        let mask = Mask::new(Some(&self.recorder().secrets));
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
            world = self.recorder().world(),
            "{family} {} went from {from:?} to {to:?} by {}",
            mask.text(id),
            mask.text(cause)
        );
    }

    fn load(
        &self,
        database: &mut Database,
        state: State,
        now: Millis,
    ) -> Result<(), ValidationError> {
        let (fresh, ids) = self.prepare(state, now)?;
        fresh.check_room(database)?;
        self.install(database, fresh, &ids, now);
        Ok(())
    }

    /// A memory with a state, and the ids after those that it draws.
    fn prepare(&self, state: State, now: Millis) -> Result<(Database, Ids), ValidationError> {
        let services = &self.0.services;
        let (mut fresh, ids) = (Database::new(&services.settings), services.ids.fork());
        fresh.load(state, &ids, now)?;
        Ok((fresh, ids))
    }

    fn install(&self, database: &mut Database, mut fresh: Database, ids: &Ids, now: Millis) {
        self.0.services.ids.skip_to(ids.drawn());
        fresh.inherit_from(database, now);
        *database = fresh;
        let secrets = database.shared.identities.secrets();
        self.0.services.recorder.secrets.configure(secrets);
    }
}

/// Takes the rules out of a state, which is then loaded without them.
fn take_rules(state: &mut State) -> (Vec<Script>, Vec<Fault>) {
    let scripts = std::mem::take(&mut state.scripts);
    (scripts, std::mem::take(&mut state.faults))
}

/// Declares the access to each table.
macro_rules! access {
    (services: $($service:ty),+; tables: $($(#[$doc:meta])+ $field:ident: $table:ty),+;) => {
        $(impl Access<$table> for World {
            fn read(&self, look: &mut dyn FnMut(&$table, &Shared, Millis)) {
                Self::read(self, |database, now| look(&database.$field, &database.shared, now));
            }

            fn write(&self, change: &mut dyn FnMut(&mut $table, &mut Shared, Millis)) {
                Self::write(self, |database, now| change(&mut database.$field, &mut database.shared, now));
            }
        })+
    };
}
families!(access);

/// For services that have no table of their own.
impl Access<()> for World {
    fn read(&self, look: &mut dyn FnMut(&(), &Shared, Millis)) {
        Self::read(self, |database, now| look(&(), &database.shared, now));
    }

    fn write(&self, change: &mut dyn FnMut(&mut (), &mut Shared, Millis)) {
        Self::write(self, |database, now| {
            change(&mut (), &mut database.shared, now);
        });
    }
}

fn fresh_clock(settings: &Settings) -> Clock {
    match settings.freeze {
        Some(now) => Clock::frozen(now, settings.pace),
        None => Clock::running(settings.pace),
    }
}

//! A world: one memory with one clock and one sequence of ids. A process may have many.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::advance::{AdvanceError, AdvanceTarget};
use super::course::{Arrival, Course, Progress};
use super::database::Database;
use super::engine::{Engine, Wait};
use super::families::families;
use super::history::command::Command;
use super::state::State;
use super::turns::Courses;
use crate::http::answers::KeptAnswers;
use crate::http::observe::Recorder;
use crate::sim::clock::{Clock, ClockReading, ClockUpdate, InvalidInstant};
use crate::sim::ids::Ids;
use crate::sim::memory::{EMPTY_WORLD, MemoryPart};
use crate::sim::{Millis, Transition};
use crate::world::fixture::ValidationError;
use crate::world::handle::{Access, Handle, Services, Shared};
use crate::world::public_url::PublicUrl;
use crate::world::settings::Settings;
use axum::body::Bytes;
use axum::http::HeaderMap;

/// A world. Cheap to clone; all clones are the same world.
#[derive(Clone)]
pub struct World(pub(super) Arc<WorldInner>);

pub(super) struct WorldInner {
    pub(super) engine: Engine,
    pub(super) courses: Courses,
    pub(super) services: Arc<Services>,
    /// The state that a reset restores.
    pub(super) fixtures: State,
    /// The number of resources in it.
    pub(super) fixtures_size: OnceLock<usize>,
    ready: AtomicBool,
}

/// Distinguishes the sequence of tokens from the others of the same seed.
const TOKENS: u64 = 0x746f_6b65_6e73;

/// Receives transitions with their numbers.
pub(super) type OnTransition<'a> = &'a mut dyn FnMut(Transition);

impl World {
    /// A world that holds the fixtures. It is not open to callers yet.
    pub fn new(settings: Settings, fixtures: State) -> Result<Self, ValidationError> {
        let world = Self::empty(settings, fixtures);
        world.replace(world.0.fixtures.clone())?;
        // The fixtures take about as much as the resources that are made from them.
        let size = world.read(|database, _| database.shared.log.account().own());
        world.recorder().count_world(EMPTY_WORLD + size);
        let _ = world
            .0
            .fixtures_size
            .set(world.read(|database, _| database.n_resources()));
        world.read(|database, now| world.0.engine.history.start(0, database, now));
        Ok(world)
    }

    /// Counts the fixtures, which are those of another world.
    pub(super) fn count_fixtures(&self, other: &WorldInner) {
        let bytes = other.services.recorder.world_bytes();
        self.recorder().count_world(bytes);
        if let Some(size) = other.fixtures_size.get() {
            let _ = self.0.fixtures_size.set(*size);
        }
    }

    /// A world that holds nothing, and that a reset gives these fixtures.
    pub(super) fn empty(settings: Settings, fixtures: State) -> Self {
        let clock = Arc::new(fresh_clock(&settings));
        let request_ids = Arc::new(Ids::seeded(!settings.seed));
        let mut recorder = Recorder::new(
            Arc::clone(&request_ids),
            Arc::clone(&clock),
            settings.journal_bytes,
            &settings.memory,
        );
        recorder.answers = KeptAnswers::new(settings.answer_cache_bytes(), &settings.memory);
        recorder.longest_pause = settings.longest_pause;
        recorder.kept_commands = settings.kept_commands();
        recorder.recorded = Arc::clone(&settings.recorded);
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
        let services = Arc::new(services);
        let inner = WorldInner {
            engine: Engine::new(Database::new(&services.settings), clock, &services),
            courses: Courses::default(),
            services,
            fixtures,
            fixtures_size: OnceLock::new(),
            ready: AtomicBool::new(false),
        };
        Self(Arc::new(inner))
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
            MemoryPart::History => self.history_bytes(),
            MemoryPart::Answers => recorder.answers.bytes(),
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

    /// The options of the world, with those that its state decides.
    pub fn settled_settings(&self) -> Settings {
        self.read(|database, _| database.settled(self.settings()))
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

    /// Reads the memory at the present instant, which is taken under the lock. Timers that are due have fired.
    pub fn read<R>(&self, look: impl FnOnce(&Database, Millis) -> R) -> R {
        self.0.engine.read(look)
    }

    /// Changes the memory at the present instant, which is taken under the lock, so writes are in the order of
    /// time. A change that fails must have changed nothing: check first, then change.
    pub fn write<R>(&self, change: impl FnOnce(&mut Database, Millis) -> R) -> R {
        self.0.engine.write(change)
    }

    /// Fires the timers that are due, for a while, and returns the real time until the next one. A clock whose timers take
    /// longer than it has for them falls behind.
    pub fn tick(&self) -> Wait {
        self.0.engine.tick()
    }

    /// Lets the threads in that wait for the world, and the tasks of this thread.
    pub async fn let_others_in(&self) {
        self.0.engine.let_others_in().await;
    }

    /// Drives a course to its end. It waits for its turn, and lets others in between its slices.
    pub async fn run(&self, course: Course) -> Arrival {
        self.0.courses.run(&self.0.engine, course).await
    }

    /// Waits for a turn to move the clock, or to have it stand still. Those who have one come first.
    pub async fn place(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.courses.place().await
    }

    /// The progress of the course that is under way.
    pub fn course_under_way(&self) -> Option<Arc<Progress>> {
        self.0.courses.under_way()
    }

    /// Resolves when an earlier timer is scheduled or the clock is changed.
    pub async fn earlier_timer(&self) {
        self.0.engine.earlier.notified().await;
    }

    pub fn clock(&self) -> ClockReading {
        self.0.engine.clock.reading()
    }

    /// The virtual time that the clock has given up since it was set, because what was due took longer than it had for it.
    pub fn behind(&self) -> Millis {
        self.0.engine.clock.behind()
    }

    /// Sets the clock and catches up, passing the transitions on the way to `on_transition`, in order. It blocks the thread.
    pub fn set_clock(
        &self,
        update: ClockUpdate,
        on_transition: OnTransition,
    ) -> Result<ClockReading, InvalidInstant> {
        match self.drive(Course::setting(update), on_transition) {
            Ok(reading) => Ok(reading),
            Err(AdvanceError::Clock(invalid)) => Err(invalid),
            // A reset sets the clock too, and was the later of both.
            Err(_) => Ok(self.clock()),
        }
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

    /// Moves the clock forward until a target is reached, at most by `within`, in the same way.
    pub fn advance_until(
        &self,
        target: &AdvanceTarget,
        within: Millis,
        on_transition: OnTransition,
    ) -> Result<ClockReading, AdvanceError> {
        self.drive(Course::until(target.clone(), within), on_transition)
    }

    fn drive(
        &self,
        course: Course,
        on_transition: OnTransition,
    ) -> Result<ClockReading, AdvanceError> {
        let Arrival {
            reading,
            transitions,
            ..
        } = self.0.courses.run_blocking(&self.0.engine, course);
        transitions.into_iter().for_each(on_transition);
        reading
    }
}

/// Declares the access to each table.
macro_rules! access {
    (services: $($service:ty),+; tables: $($(#[$doc:meta])+ $field:ident: $table:ty),+;) => {
        $(impl Access<$table> for World {
            fn read(&self, look: &mut dyn FnMut(&$table, &Shared, Millis)) {
                Self::read(self, |database, now| look(&database.$field, &database.shared, now));
            }

            fn write(
                &self,
                command: &mut Option<Bytes>,
                change: &mut dyn FnMut(&mut $table, &mut Shared, Millis) -> bool,
            ) {
                self.write_command(command, |database, now| {
                    change(&mut database.$field, &mut database.shared, now)
                });
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

    fn write(
        &self,
        command: &mut Option<Bytes>,
        change: &mut dyn FnMut(&mut (), &mut Shared, Millis) -> bool,
    ) {
        self.write_command(command, |database, now| {
            change(&mut (), &mut database.shared, now)
        });
    }
}

impl World {
    /// Keeps a command that has changed the memory.
    pub(super) fn keep<'a>(
        &self,
        database: &Database,
        now: Millis,
        command: impl FnOnce() -> Command<'a>,
    ) {
        let history = &self.0.engine.history;
        if history.is_on() {
            history.append(database, now, &command().bytes());
        }
    }

    /// Keeps a command if the change was accepted. One that was refused and has still left something, as Zadig's failed
    /// versions, was accepted too.
    fn write_command(
        &self,
        command: &mut Option<Bytes>,
        change: impl FnOnce(&mut Database, Millis) -> bool,
    ) {
        self.write(|database, now| {
            let is_accepted = change(database, now) || database.shared.log.has_pending();
            if let Some(command) = command.take_if(|_| is_accepted) {
                self.0.engine.history.append(database, now, &command);
            }
        });
    }
}

pub(super) fn fresh_clock(settings: &Settings) -> Clock {
    match settings.freeze {
        Some(now) => Clock::frozen(now, settings.pace),
        None => Clock::running(settings.pace),
    }
}

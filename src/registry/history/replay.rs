//! The past of a world, replayed: as a world of its own, or in the place of the present.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use futures_util::FutureExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::CommandSink;
use super::checkpoint::Checkpoint;
use super::command::{Command, Import, Places};
use super::log::LoggedCommand;
use super::past::{Past, PastError, Place};
use crate::http::observe::events::WorldEvent;
use crate::registry::database::Database;
use crate::registry::world::World;
use crate::sim::Millis;
use crate::sim::clock::{Clock, ClockReading, Mode};
use crate::sim::ids::Ids;

/// The router by which the requests of a world are run again.
pub type ReplayRouter = fn(&World) -> Router;

/// The outcome of a rewind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewound {
    /// The place that the world is at again.
    pub place: Place,
    /// The number of commands that were dropped.
    pub dropped: u64,
}

impl World {
    /// The place in the past that is meant.
    pub fn past(&self, past: Past) -> Result<Place, PastError> {
        self.read(|_, _| self.0.engine.history.place(past))
    }

    /// The earliest place that can be reached; none if no history is kept.
    pub fn earliest(&self) -> Option<Place> {
        self.0.engine.history.earliest()
    }

    /// The present place.
    pub fn present(&self) -> Place {
        self.read(|_, now| Place {
            command: self.0.engine.history.last(),
            at: now,
        })
    }

    /// Has the commands of this world stored from now on.
    pub fn store_in(&self, sink: Arc<dyn CommandSink>) {
        self.0.engine.history.store_in(sink);
    }

    /// The approximate size of the history in bytes.
    pub fn history_bytes(&self) -> usize {
        self.0.engine.history.bytes()
    }

    /// The commands behind a number, at most so many.
    pub fn commands_since(&self, number: u64, most: usize) -> Vec<LoggedCommand> {
        self.0.engine.history.since(number, most)
    }

    /// A world like this one now, which goes on by itself. Its history begins here.
    pub fn fork(&self) -> Self {
        let engine = &self.0.engine;
        let checkpoint = engine.write(|database, now| {
            let number = engine.history.last();
            let reading = engine.clock.reading();
            let reading = ClockReading { now, ..reading };
            Checkpoint::new(number, database, &self.0.services, reading)
        });
        let (number, reading) = (checkpoint.number, checkpoint.reading);
        let fork = self.at_checkpoint(checkpoint);
        fork.go_on(number, reading);
        fork
    }

    /// A world as this one was at a place of its past, which goes on by itself. It blocks the thread while it replays the
    /// commands since the last checkpoint, without a lock of this world.
    pub fn fork_at(&self, past: Past, router: ReplayRouter) -> Result<Self, PastError> {
        let (twin, place, reading) = self.replica(past, router)?;
        twin.go_on(place.command, reading);
        Ok(twin)
    }

    /// A world as this one was at a place of its past, whose clock stands still, and the clock as it was.
    fn replica(
        &self,
        past: Past,
        router: ReplayRouter,
    ) -> Result<(Self, Place, ClockReading), PastError> {
        let history = &self.0.engine.history;
        let (place, way) = self.read(|_, _| {
            let place = history.place(past)?;
            Ok((place, history.way_to(place)))
        })?;
        let (checkpoint, commands) = way.ok_or(PastError::Off)?;
        let reading = ClockReading {
            now: place.at,
            ..checkpoint.reading
        };
        let twin = self.at_checkpoint(checkpoint);
        let reading = twin.replay(&commands, reading, router)?;
        Ok((twin, place, reading))
    }

    /// Sets this world back to a place of its past, and drops what came later.
    pub fn rewind(&self, past: Past, router: ReplayRouter) -> Result<Rewound, PastError> {
        let (twin, place, reading) = self.replica(past, router)?;
        let engine = &self.0.engine;
        let services = &twin.0.services;
        let mut fresh = Database::new(self.settings());
        twin.0
            .engine
            .exclusively(|database| std::mem::swap(database, &mut fresh));
        let (dropped, old) = engine.exclusively(|database| {
            engine.begin_anew(&Clock::new(reading));
            self.go_to(&services.ids, &services.token_ids);
            self.recorder()
                .faults
                .restore(twin.recorder().faults.copy());
            // Those of the world before are gone.
            std::mem::swap(&mut database.shared.scripts, &mut fresh.shared.scripts);
            let old = fresh.take_place_of(database);
            self.note_secrets(database);
            let dropped = engine.history.rewind(database, place);
            self.recorder().events.add(WorldEvent::Clock(reading));
            (dropped, old)
        });
        drop(old);
        Ok(Rewound { place, dropped })
    }

    /// A world from a checkpoint, with a clock that stands still.
    fn at_checkpoint(&self, checkpoint: Checkpoint) -> Self {
        let world = Self::empty(self.settings().clone(), self.fixtures().clone());
        let Checkpoint {
            reading,
            mut database,
            places,
            faults,
            ..
        } = checkpoint;
        database.shared.count_copied();
        let [ids, token_ids, request_ids] = &places;
        world.go_to(ids, token_ids);
        world.request_ids().go_to(request_ids);
        world.recorder().faults.restore(faults);
        world.count_fixtures(&self.0);
        world.0.engine.exclusively(|empty| {
            world
                .0
                .engine
                .begin_anew(&Clock::frozen(reading.now, reading.pace));
            std::mem::swap(empty, &mut database);
            world.note_secrets(empty);
        });
        world
    }

    /// Runs commands again, each at its instant, and then goes to that of the reading. Returns the clock as it was then.
    fn replay(
        &self,
        commands: &[LoggedCommand],
        mut reading: ClockReading,
        router: ReplayRouter,
    ) -> Result<ClockReading, PastError> {
        let service = TowerToHyperService::new(router(self));
        for command in commands {
            self.reach(command.at);
            let broken = || PastError::Broken(command.number);
            let (command, body) = command.read().ok_or_else(broken)?;
            self.run_again(&service, command, body, &mut reading)
                .ok_or_else(broken)?;
        }
        self.recorder().faults.replay_at(None);
        self.reach(reading.now);
        Ok(reading)
    }

    /// Lets time go by until an instant.
    pub(super) fn reach(&self, at: Millis) {
        let engine = &self.0.engine;
        engine.exclusively(|database| {
            engine.fire(database, at, std::time::Duration::MAX, &mut |_| true);
            engine.clock.show(at);
        });
    }

    /// Runs a command again; `body` is that of a request. `None` if it cannot be run.
    pub(super) fn run_again(
        &self,
        service: &TowerToHyperService<Router>,
        command: Command,
        body: Bytes,
        reading: &mut ClockReading,
    ) -> Option<()> {
        let faults = &self.recorder().faults;
        if let Some(real) = command.real() {
            faults.replay_at(Some(real));
        }
        match command {
            Command::Request(head) => {
                let request = head.request(body, None)?;
                let answer = service.call(request);
                // Nothing in it waits, since all of it is in memory.
                answer.now_or_never()?.ok()?;
            }
            Command::Clock { mode, pace, .. } => {
                reading.mode = mode;
                reading.pace = pace;
            }
            Command::AddScript(script) => {
                self.add_script(*script).ok()?;
            }
            Command::ReplaceScript { id, script } => {
                self.replace_script(&id, *script).ok()?;
            }
            Command::RemoveScript(id) => {
                self.remove_script(&id);
            }
            Command::ClearScripts => self.clear_scripts(),
            Command::AddFault(fault) | Command::AddTimedFault { fault, .. } => {
                self.add_fault(*fault).ok()?;
            }
            Command::ReplaceFault { id, fault, .. } => {
                self.replace_fault(&id, *fault).ok()?;
            }
            Command::RemoveFault(id) => {
                self.remove_fault(&id);
            }
            Command::ClearFaults => self.clear_faults(),
            // Only the history knows of names, and the commands that a rewind has dropped are left out.
            Command::Snapshot(_) | Command::RemoveSnapshot(_) | Command::Rewind { .. } => {}
            Command::FaultUses(uses) => faults.set_counts(&uses),
            Command::Replace(Import { state, places, .. }) => {
                self.draw_from(places);
                self.replace(*state?).ok()?;
            }
            Command::Merge(Import { state, places, .. }) => {
                self.draw_from(places);
                self.merge(*state?).ok()?;
            }
            Command::Reset {
                to, places, now, ..
            } => {
                self.draw_from(places);
                let settings = self.settings();
                reading.mode = settings.freeze.map_or(Mode::Running, |_| Mode::Frozen);
                reading.pace = settings.pace;
                self.reset_with(to, &Clock::frozen(now, settings.pace));
            }
        }
        Some(())
    }

    fn go_to(&self, ids: &Ids, token_ids: &Ids) {
        self.0.services.ids.go_to(ids);
        self.0.services.token_ids.go_to(token_ids);
    }

    fn draw_from(&self, places: Places) {
        self.0.services.ids.set_drawn(places.ids);
        self.request_ids().set_drawn(places.request_ids);
    }

    /// Begins the history and lets the clock go on.
    fn go_on(&self, number: u64, reading: ClockReading) {
        let engine = &self.0.engine;
        engine.exclusively(|database| {
            engine.begin_anew(&Clock::new(reading));
            // The events of a replay belong to nobody.
            self.recorder().forget();
            engine.history.start(number, database, reading.now);
        });
    }
}

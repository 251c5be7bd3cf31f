//! The whole memory of a world: exported, replaced, merged, reset. Reading and building take long, so that a large memory is
//! built beside the present one, which then gives it its place.

use super::course::Course;
use super::database::Database;
use super::history::command::{Command, Import, Places};
use super::rules::check_rules;
use super::state::State;
use super::turns::Turn;
use super::world::{World, fresh_clock};
use crate::http::faults::rules::Fault;
use crate::http::observe::events::{ResetTo, WorldEvent};
use crate::sim::Millis;
use crate::sim::clock::{Clock, system_now};
use crate::sim::ids::Ids;
use crate::sim::scripts::Script;
use crate::world::fixture::ValidationError;

/// The number of resources from which a memory is large: to build, to copy or to drop it takes longer than a request should.
const LARGE: usize = 500;

/// The number of times that a patch is built beside a memory that changes meanwhile.
const MOST_TRIES: usize = 3;

/// A copy of a memory, with what tells if the memory has changed since.
struct Snapshot {
    database: Database,
    now: Millis,
    ids: Ids,
    epoch: u64,
}

impl World {
    /// True if it takes long to copy the memory, or to drop it.
    pub fn is_large(&self) -> bool {
        self.read(|database, _| database.n_resources() >= LARGE)
    }

    /// True if it takes long to load the fixtures.
    pub fn has_large_fixtures(&self) -> bool {
        self.0
            .fixtures_size
            .get()
            .is_some_and(|size| *size >= LARGE)
    }

    /// The whole memory in the fixture format. It is copied under the lock, which is fast, and written afterwards.
    pub fn export(&self) -> State {
        let Snapshot {
            database, now, ids, ..
        } = self.read(|database, now| self.snapshot(database, now));
        database.save(&ids, now)
    }

    fn snapshot(&self, database: &Database, now: Millis) -> Snapshot {
        Snapshot {
            database: database.clone(),
            now,
            ids: self.0.services.ids.fork(),
            epoch: self.0.engine.epoch(),
        }
    }

    /// Replaces the whole memory, or fails and changes nothing. Scripts and faults are replaced if the state has any.
    pub fn replace(&self, mut state: State) -> Result<(), ValidationError> {
        check_rules(&state.scripts, &state.faults)?;
        let kept = self.kept(&state);
        let rules = take_rules(&mut state);
        let old = self.write(|database, now| {
            let places = self.0.engine.history.places();
            let ids = self.0.services.ids.fork();
            let mut fresh = self.built(state, &ids, now)?;
            fresh.check_room(database)?;
            fresh.inherit_histories(database, None, now);
            let old = self.put_in_place(fresh, &ids, database, rules);
            self.keep_whole(database, now, &Command::Replace(kept.at(places)));
            Ok::<_, ValidationError>(old)
        })?;
        // Outside the lock, since it may take long.
        drop(old);
        Ok(())
    }

    /// The same for a large state: it is built beside the memory, while the clock stands still. Whatever changes meanwhile
    /// came before it, and is replaced. It blocks the thread.
    pub fn replace_large(&self, mut state: State) -> Result<(), ValidationError> {
        check_rules(&state.scripts, &state.faults)?;
        let kept = self.kept(&state);
        let rules = take_rules(&mut state);
        let standstill = self.stand_still();
        let Snapshot {
            database: before,
            now,
            ids,
            epoch,
        } = self.write(|database, now| self.snapshot(database, now));
        let places = Places {
            ids: ids.drawn(),
            ..self.0.engine.history.places()
        };
        // The ids that others draw meanwhile are those of resources that are replaced.
        let mut fresh = self.built(state, &ids, now)?;
        fresh.inherit_histories(&before, None, now);
        let old = self.write(|database, _| {
            if self.0.engine.epoch() != epoch {
                // A reset came later.
                return Ok(fresh);
            }
            fresh.check_room(database)?;
            fresh.inherit_histories(database, Some(&before), now);
            let old = self.put_in_place(fresh, &ids, database, rules);
            self.keep_whole(database, now, &Command::Replace(kept.at(places)));
            Ok::<_, ValidationError>(old)
        })?;
        drop(standstill);
        drop((old, before));
        Ok(())
    }

    /// Adds to the memory and replaces resources with the same id, or fails and changes nothing.
    pub fn merge(&self, mut patch: State) -> Result<(), ValidationError> {
        check_rules(&patch.scripts, &patch.faults)?;
        let kept = self.kept(&patch);
        let rules = take_rules(&mut patch);
        let old = self.write(|database, now| {
            self.check_room_for_rules(database, &rules.0, &rules.1)?;
            let places = self.0.engine.history.places();
            let ids = self.0.services.ids.fork();
            let mut fresh = self.patched(database, patch, &ids, now)?;
            fresh.check_room(database)?;
            fresh.inherit_histories(database, None, now);
            let old = self.put_beside(fresh, &ids, database, rules);
            self.keep_whole(database, now, &Command::Merge(kept.at(places)));
            Ok::<_, ValidationError>(old)
        })?;
        drop(old);
        Ok(())
    }

    /// The same for a large memory: it is built anew beside the present one, while the clock stands still, and again if that
    /// changes meanwhile. It blocks the thread.
    pub fn merge_large(&self, patch: State) -> Result<(), ValidationError> {
        check_rules(&patch.scripts, &patch.faults)?;
        let kept = self.kept(&patch);
        let _standstill = self.stand_still();
        for _ in 0..MOST_TRIES {
            let mut patch = patch.clone();
            let rules = take_rules(&mut patch);
            let Snapshot {
                database: before,
                now,
                ids,
                epoch,
            } = self.write(|database, now| self.snapshot(database, now));
            let places = Places {
                ids: ids.drawn(),
                ..self.0.engine.history.places()
            };
            let mut fresh = self.patched(&before, patch, &ids, now)?;
            fresh.inherit_histories(&before, None, now);
            let old = self.write(|database, _| {
                // This is a change too.
                let is_same = database.version == before.version + 1;
                if self.0.engine.epoch() != epoch {
                    return Ok(Some(fresh));
                }
                if !is_same {
                    return Ok(None);
                }
                self.check_room_for_rules(database, &rules.0, &rules.1)?;
                fresh.check_room(database)?;
                let old = self.put_beside(fresh, &ids, database, rules);
                let command = Command::Merge(kept.clone().at(places));
                self.keep_whole(database, now, &command);
                Ok::<_, ValidationError>(Some(old))
            })?;
            if old.is_some() {
                drop((old, before));
                return Ok(());
            }
        }
        // Changes come faster than it can be built.
        self.merge(patch)
    }

    /// Restores the fixtures or empties the memory. Clock, ids, scripts, faults, webhooks and journal start
    /// over too.
    ///
    /// # Panics
    /// Never: the fixtures were loaded when the world was created.
    pub fn reset(&self, to: ResetTo) {
        self.reset_with(to, &fresh_clock(&self.0.services.settings));
    }

    /// The same with that clock.
    pub(super) fn reset_with(&self, to: ResetTo, clock: &Clock) {
        let services = &self.0.services;
        let mut state = match to {
            ResetTo::Empty => State::default(),
            ResetTo::Fixtures => self.0.fixtures.clone(),
        };
        let (scripts, faults) = take_rules(&mut state);
        let ids = services.ids.fork();
        ids.restart();
        let mut fresh = self
            .built(state, &ids, clock.now())
            .expect("the fixtures were loaded when the world was created");
        let old = self.0.engine.exclusively(|database| {
            let (end, places) = (self.0.engine.clock.now(), self.0.engine.history.places());
            self.0.engine.begin_anew(clock);
            services.recorder.reset();
            services.ids.restart();
            services.ids.skip_to(ids.drawn());
            // Those of the world before are gone.
            std::mem::swap(&mut database.shared.scripts, &mut fresh.shared.scripts);
            let old = fresh.take_place_of(database);
            self.note_secrets(database);
            self.load_scripts(database, scripts);
            self.load_faults(faults);
            self.recorder().events.add(WorldEvent::Reset { to });
            let now = clock.now();
            let command = Command::Reset {
                to,
                places,
                now,
                real: system_now(),
            };
            let history = &self.0.engine.history;
            history.append_anew(database, clock.now(), end, &command);
            old
        });
        drop(old);
    }

    /// A state as the history keeps it. Where the memory is kept as a whole, that is enough.
    fn kept(&self, state: &State) -> KeptState {
        let is_durable = self.0.engine.history.is_durable();
        KeptState(is_durable.then(|| Box::new(state.clone())))
    }

    fn keep_whole(&self, database: &Database, now: Millis, command: &Command) {
        let history = &self.0.engine.history;
        history.append_whole(database, now, command);
    }

    /// Has the secrets of a memory masked wherever they turn up.
    pub(super) fn note_secrets(&self, database: &Database) {
        let secrets = database.shared.identities.secrets();
        self.recorder().secrets.configure(secrets);
    }

    /// Lets the clock stand still until the turn is dropped.
    fn stand_still(&self) -> Turn<'_> {
        let (courses, engine) = (&self.0.courses, &self.0.engine);
        let turn = courses.take_turn(engine, Course::standstill());
        turn.go_on();
        turn
    }

    /// A memory with a state.
    fn built(&self, mut state: State, ids: &Ids, now: Millis) -> Result<Database, ValidationError> {
        state.complete(&self.0.fixtures);
        let mut fresh = Database::new(&self.0.services.settings);
        fresh.load(state, ids, now)?;
        Ok(fresh)
    }

    /// A memory with a patch.
    fn patched(
        &self,
        database: &Database,
        patch: State,
        ids: &Ids,
        now: Millis,
    ) -> Result<Database, ValidationError> {
        let mut state = database.save(ids, now);
        state.merge(patch.clone());
        let before = ids.fork();
        self.built(state, ids, now).map_err(|error| {
            // If the patch is invalid alone, the error has the path in the patch, not in the whole.
            let alone = self.built(patch, &before, now);
            alone.err().unwrap_or(error)
        })
    }

    /// Gives a memory the place of another, which it returns, and replaces scripts and faults if there are any.
    fn put_in_place(
        &self,
        fresh: Database,
        ids: &Ids,
        database: &mut Database,
        (scripts, faults): (Vec<Script>, Vec<Fault>),
    ) -> Database {
        if !scripts.is_empty() {
            database.shared.scripts.clear();
        }
        if !faults.is_empty() {
            self.recorder().faults.clear();
        }
        self.put_beside(fresh, ids, database, (scripts, faults))
    }

    /// Gives a memory the place of another, which it returns, and adds scripts and faults.
    fn put_beside(
        &self,
        fresh: Database,
        ids: &Ids,
        database: &mut Database,
        (scripts, faults): (Vec<Script>, Vec<Fault>),
    ) -> Database {
        self.0.services.ids.skip_to(ids.drawn());
        let old = fresh.take_place_of(database);
        self.note_secrets(database);
        self.load_scripts(database, scripts);
        self.load_faults(faults);
        old
    }
}

/// A state as the history keeps it.
#[derive(Clone)]
struct KeptState(Option<Box<State>>);

impl KeptState {
    fn at(self, places: Places) -> Import {
        Import {
            state: self.0,
            places,
            real: Some(system_now()),
        }
    }
}

/// Takes the rules out of a state, which is then loaded without them.
fn take_rules(state: &mut State) -> (Vec<Script>, Vec<Fault>) {
    let scripts = std::mem::take(&mut state.scripts);
    (scripts, std::mem::take(&mut state.faults))
}

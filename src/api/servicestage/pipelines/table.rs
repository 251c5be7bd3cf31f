//! All pipelines of a world: the one place that knows their uniqueness, order and numbering.

use super::model::action::{Action, ActionKind, ActionRefusal};
use super::model::pipeline::{Definition, ExecutionContext, Pipeline};
use super::model::status::Status;
use super::model::trigger_policy::TriggerPolicy;
use crate::sim::Ms;
use crate::sim::index::Index;
use crate::sim::scripts::Scripts;
use crate::sim::shelf::{Entry, Serial, Shelf, Things};
use crate::sim::timeline::Timeline;
use crate::sim::transition::{Log, Occasion};

/// The number of the first execution, as the documented example shows it.
const FIRST_EXECUTION: i64 = 286_541;

/// All pipelines, by project.
#[derive(Debug)]
pub struct Table {
    shelf: Shelf<Pipeline>,
    names: Index,
    next_execution: i64,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            shelf: Shelf::default(),
            names: Index::default(),
            next_execution: FIRST_EXECUTION,
        }
    }
}

/// What carries out an action.
pub struct WriteContext<'a> {
    /// How steps will go.
    pub scripts: &'a mut Scripts,
    /// Who hears of what changes.
    pub log: &'a mut Log,
    /// The present instant.
    pub now: Ms,
}

/// A name is taken by another pipeline of the project and enterprise project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTaken;

impl Table {
    /// A pipeline of a project.
    pub fn get(&self, project: &str, id: &str) -> Option<&Pipeline> {
        self.shelf.get(project, id)
    }

    /// The shelf they are on.
    pub(super) fn shelf(&self) -> &Shelf<Pipeline> {
        &self.shelf
    }

    /// Who has the name of a definition.
    pub(super) fn named(&self, project: &str, definition: &Definition) -> Option<&str> {
        let key_of = |serial| name_key(self.shelf.named(serial));
        let holder = self.names.first(&key_in(project, definition), key_of)?;
        Some(&self.shelf.named(holder).id)
    }

    /// Lets a pipeline be found by its name.
    fn note_name(&mut self, serial: Serial) {
        let key_of = |serial| name_key(self.shelf.named(serial));
        self.names.add(serial, key_of);
    }

    /// Whether the id is given, in whatever project.
    pub fn contains(&self, id: &str) -> bool {
        self.shelf.contains(id)
    }

    /// The pipelines of a project, oldest first.
    pub fn of(&self, project: &str) -> Things<'_, Pipeline> {
        self.shelf.of(project)
    }

    /// How many pipelines a project has.
    pub fn len(&self, project: &str) -> usize {
        self.shelf.len(project)
    }

    /// The projects that have pipelines.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        self.shelf.scopes()
    }

    /// Whether a definition's name is free, or belongs to the pipeline `own`.
    pub fn check_name(
        &self,
        project: &str,
        definition: &Definition,
        own: Option<&str>,
    ) -> Result<(), NameTaken> {
        match self.named(project, definition) {
            Some(id) if own != Some(id) => Err(NameTaken),
            _ => Ok(()),
        }
    }

    /// Adds a pipeline whose id and name were checked.
    pub fn insert(&mut self, pipeline: Pipeline, occasion: &mut Occasion) {
        let Pipeline {
            project,
            id,
            created,
            ..
        } = &pipeline;
        let newest = pipeline
            .executions
            .iter()
            .map(|execution| execution.id + 1)
            .max();
        self.next_execution = self.next_execution.max(newest.unwrap_or(0));
        let (project, id, created) = (project.clone(), id.clone(), *created);
        let serial = self
            .shelf
            .insert(&project, &id, created, pipeline, occasion);
        self.note_name(serial);
    }

    /// Replaces the definition of a pipeline whose new name was checked. Answers nothing if there is none.
    pub fn edit(
        &mut self,
        project: &str,
        id: &str,
        new: Definition,
        now: Ms,
        log: &mut Log,
    ) -> Option<Result<(), ActionRefusal>> {
        let serial = self.shelf.serial(id)?;
        let occasion = &mut log.at(now, ActionKind::Edit.as_str());
        let edit = |pipeline: &mut Pipeline| pipeline.edit(new, now);
        let edited = self.shelf.edit(project, id, occasion, edit)?;
        Some(edited.map(|old| {
            self.names.remove(key_in(project, &old), serial);
            self.note_name(serial);
        }))
    }

    /// Says an action to a pipeline. Answers nothing if there is none, else the execution's number and the
    /// status right after the command.
    pub fn act(
        &mut self,
        project: &str,
        id: &str,
        action: &Action,
        caller: &str,
        context: WriteContext,
    ) -> Option<Result<(i64, Status), ActionRefusal>> {
        let WriteContext { scripts, log, now } = context;
        let mut context = ExecutionContext {
            next_execution: &mut self.next_execution,
            scripts,
        };
        let occasion = &mut log.at(now, action.kind().as_str());
        self.shelf.edit(project, id, occasion, |pipeline| {
            pipeline.act(action, caller, now, &mut context)
        })
    }

    /// Sets the trigger policy of a pipeline. Answers whether there is one.
    pub fn set_policy(
        &mut self,
        project: &str,
        id: &str,
        policy: TriggerPolicy,
        occasion: &mut Occasion,
    ) -> bool {
        let set = |pipeline: &mut Pipeline| pipeline.policy = Some(policy);
        self.shelf.edit(project, id, occasion, set).is_some()
    }

    /// What there is to say of a pipeline of whatever project.
    pub fn timeline(&self, id: &str, now: Ms, scripts: &Scripts, log: &Log) -> Option<Timeline> {
        let entry = self.shelf.find(id)?;
        let pipeline = &entry.item;
        let (allowed, next) = (pipeline.allowed(now), pipeline.next(now, scripts));
        Some(Timeline::of(entry, allowed, next, now, log))
    }

    /// Takes over what another table remembers of what both hold.
    pub fn remember(&mut self, other: &mut Self, from: &Log, occasion: &mut Occasion) {
        self.shelf.remember(&mut other.shelf, from, occasion);
    }

    /// How many resources are at each status, in no order.
    pub fn tally<'a>(&'a self, log: &'a Log) -> impl Iterator<Item = (&'a str, usize)> {
        self.shelf.tally(log)
    }

    /// When the first pipeline changes by itself.
    pub fn next_due(&self) -> Ms {
        self.shelf.next_due()
    }

    /// Lets the first thing happen that is due, if anything is: steps end, policies start pipelines. Answers
    /// whether anything was.
    pub fn wake(&mut self, now: Ms, scripts: &mut Scripts, log: &mut Log) -> bool {
        let mut context = ExecutionContext {
            next_execution: &mut self.next_execution,
            scripts,
        };
        self.shelf.wake(now, log, |_, _, pipeline, at| {
            pipeline.fire(at, &mut context);
        })
    }

    /// The number of the next execution.
    pub fn next_execution(&self) -> i64 {
        self.next_execution
    }

    /// Numbers executions from there on, if that is further.
    pub fn skip_to_execution(&mut self, next: i64) {
        self.next_execution = self.next_execution.max(next);
    }
}

/// What a pipeline is found by: its project, its enterprise project and its name.
fn name_key(entry: &Entry<Pipeline>) -> [&str; 3] {
    key_in(&entry.scope, &entry.item.definition)
}

fn key_in<'a>(project: &'a str, definition: &'a Definition) -> [&'a str; 3] {
    [project, &definition.enterprise_project, &definition.name]
}

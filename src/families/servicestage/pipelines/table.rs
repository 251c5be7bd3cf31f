//! All pipelines of a world: the one place that knows their uniqueness, order and numbering.

use super::model::action::{Action, ActionKind, ActionRefusal};
use super::model::pipeline::{Definition, ExecutionContext, Pipeline};
use super::model::status::Status;
use super::model::trigger_policy::TriggerPolicy;
use crate::sim::Millis;
use crate::sim::collection::{ArrivalId, Collection, HashIndex, Iter, Stored};
use crate::sim::scripts::Scripts;
use crate::sim::timeline::Timeline;
use crate::sim::transition::{ChangeContext, TransitionLog};

/// The number of the first execution, as the documented example shows it.
const FIRST_EXECUTION: i64 = 286_541;

/// All pipelines, by project.
#[derive(Debug)]
pub struct Table {
    collection: Collection<Pipeline>,
    names: HashIndex,
    next_execution: i64,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            collection: Collection::default(),
            names: HashIndex::default(),
            next_execution: FIRST_EXECUTION,
        }
    }
}

pub struct WriteContext<'a> {
    pub scripts: &'a mut Scripts,
    pub log: &'a mut TransitionLog,
    /// The present instant.
    pub now: Millis,
}

/// A name is taken by another pipeline of the project and enterprise project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTaken;

impl Table {
    /// A pipeline of a project.
    pub fn get(&self, project: &str, id: &str) -> Option<&Pipeline> {
        self.collection.get(project, id)
    }

    /// The shelf they are on.
    pub(super) fn collection(&self) -> &Collection<Pipeline> {
        &self.collection
    }

    /// Who has the name of a definition.
    pub(super) fn named(&self, project: &str, definition: &Definition) -> Option<&str> {
        let key_of = |arrival_id| name_key(self.collection.named(arrival_id));
        let holder = self.names.get(&key_in(project, definition), key_of)?;
        Some(&self.collection.named(holder).id)
    }

    /// Lets a pipeline be found by its name.
    fn note_name(&mut self, arrival_id: ArrivalId) {
        let key_of = |arrival_id| name_key(self.collection.named(arrival_id));
        self.names.insert(arrival_id, key_of);
    }

    /// True if the id is given, in whatever project.
    pub fn contains(&self, id: &str) -> bool {
        self.collection.contains(id)
    }

    /// The pipelines of a project, oldest first.
    pub fn of(&self, project: &str) -> Iter<'_, Pipeline> {
        self.collection.of(project)
    }

    pub fn len(&self, project: &str) -> usize {
        self.collection.len(project)
    }

    /// The projects that have pipelines.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        self.collection.scopes()
    }

    /// True if a definition's name is free, or belongs to the pipeline `own`.
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
    pub fn insert(&mut self, pipeline: Pipeline, change_context: &mut ChangeContext) {
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
        let arrival_id = self
            .collection
            .insert(&project, &id, created, pipeline, change_context);
        self.note_name(arrival_id);
    }

    /// Replaces the definition of a pipeline whose new name was checked. Answers nothing if there is none.
    pub fn edit(
        &mut self,
        project: &str,
        id: &str,
        new: Definition,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Option<Result<(), ActionRefusal>> {
        let arrival_id = self.collection.arrival_id(id)?;
        let change_context = &mut log.context(now, ActionKind::Edit.as_str());
        let edit = |pipeline: &mut Pipeline| pipeline.edit(new, now);
        let edited = self.collection.edit(project, id, change_context, edit)?;
        Some(edited.map(|old| {
            self.names.remove(key_in(project, &old), arrival_id);
            self.note_name(arrival_id);
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
        let change_context = &mut log.context(now, action.kind().as_str());
        self.collection
            .edit(project, id, change_context, |pipeline| {
                pipeline.act(action, caller, now, &mut context)
            })
    }

    /// Sets the trigger policy of a pipeline. Answers whether there is one.
    pub fn set_policy(
        &mut self,
        project: &str,
        id: &str,
        policy: TriggerPolicy,
        change_context: &mut ChangeContext,
    ) -> bool {
        let set = |pipeline: &mut Pipeline| pipeline.policy = Some(policy);
        self.collection
            .edit(project, id, change_context, set)
            .is_some()
    }

    /// What there is to say of a pipeline of whatever project.
    pub fn timeline(
        &self,
        id: &str,
        now: Millis,
        scripts: &Scripts,
        log: &TransitionLog,
    ) -> Option<Timeline> {
        let stored = self.collection.find(id)?;
        let pipeline = &stored.item;
        let (allowed, next) = (pipeline.allowed(now), pipeline.next(now, scripts));
        Some(Timeline::new(stored, allowed, next, now, log))
    }

    /// Takes over what another table remembers of what both hold.
    pub fn inherit_history(
        &mut self,
        other: &mut Self,
        from: &TransitionLog,
        change_context: &mut ChangeContext,
    ) {
        self.collection
            .inherit_history(&mut other.collection, from, change_context);
    }

    /// How many resources are at each status, in no order.
    pub fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
    ) -> impl Iterator<Item = (&'a str, usize)> {
        self.collection.count_by_status(log)
    }

    /// When the first pipeline changes by itself.
    pub fn next_due(&self) -> Millis {
        self.collection.next_due()
    }

    /// Lets the first thing happen that is due, if anything is: steps end, policies start pipelines. Answers
    /// whether anything was.
    pub fn fire_next(
        &mut self,
        now: Millis,
        scripts: &mut Scripts,
        log: &mut TransitionLog,
    ) -> bool {
        let mut context = ExecutionContext {
            next_execution: &mut self.next_execution,
            scripts,
        };
        self.collection.fire_next(now, log, |_, _, pipeline, at| {
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
fn name_key(stored: &Stored<Pipeline>) -> [&str; 3] {
    key_in(&stored.scope, &stored.item.definition)
}

fn key_in<'a>(project: &'a str, definition: &'a Definition) -> [&'a str; 3] {
    [project, &definition.enterprise_project, &definition.name]
}

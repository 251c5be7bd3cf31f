//! All pipelines of a world: uniqueness, order and numbering.

use super::model::action::{Action, ActionKind, ActionRefusal};
use super::model::commands::ExecutionContext;
use super::model::definition::Definition;
use super::model::pipeline::Pipeline;
use super::model::trigger_policy::TriggerPolicy;
use crate::sim::Millis;
use crate::sim::collection::{ArrivalId, Collection, HashIndex, Stored};
use crate::sim::scripts::Scripts;
use crate::sim::timeline::Timeline;
use crate::sim::transition::{ChangeContext, TransitionLog};
use crate::world::handle::Shared;

/// The number of the first execution, as in the documented example.
const FIRST_EXECUTION: i64 = 286_541;

/// The pipelines of all projects.
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

/// A name is used by another pipeline of the project and enterprise project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTaken {
    pub name: String,
    /// The id of the other pipeline.
    pub holder: String,
}

impl Table {
    pub fn collection(&self) -> &Collection<Pipeline> {
        &self.collection
    }

    /// The number of the next execution.
    pub fn next_execution(&self) -> i64 {
        self.next_execution
    }

    /// Raises the number of the next execution. It never falls.
    pub fn skip_to_execution(&mut self, next: i64) {
        self.next_execution = self.next_execution.max(next);
    }

    /// Checks that the name of a definition is free, or belongs to the pipeline `own`.
    pub fn check_name(
        &self,
        project: &str,
        definition: &Definition,
        own: Option<&str>,
    ) -> Result<(), NameTaken> {
        let key_of = |arrival_id| name_key(self.collection.named(arrival_id));
        let Some(arrival_id) = self.names.get(&key_in(project, definition), key_of) else {
            return Ok(());
        };
        let holder = &*self.collection.named(arrival_id).id;
        if own == Some(holder) {
            return Ok(());
        }
        Err(NameTaken {
            name: definition.name.clone(),
            holder: holder.to_owned(),
        })
    }

    fn index_name(&mut self, arrival_id: ArrivalId) {
        let key_of = |arrival_id| name_key(self.collection.named(arrival_id));
        self.names.insert(arrival_id, key_of);
    }

    /// Adds a pipeline with a checked id and name.
    pub fn insert(&mut self, pipeline: Pipeline, change_context: &mut ChangeContext) {
        if let Some(newest) = pipeline
            .executions
            .iter()
            .map(|execution| execution.id)
            .max()
        {
            self.skip_to_execution(newest + 1);
        }
        let (project, id) = (pipeline.project.clone(), pipeline.id.clone());
        let created = pipeline.created;
        let arrival_id = self
            .collection
            .insert(&project, &id, created, pipeline, change_context);
        self.index_name(arrival_id);
    }

    /// Replaces the definition of a pipeline by one with a checked name. Returns none if there is no such pipeline.
    pub fn edit(
        &mut self,
        project: &str,
        id: &str,
        definition: Definition,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Option<Result<(), ActionRefusal>> {
        let arrival_id = self.collection.arrival_id(id)?;
        let change_context = &mut log.context(now, ActionKind::Edit.as_str());
        let edited = self
            .collection
            .edit(project, id, change_context, |pipeline| {
                pipeline.edit(definition, now)
            })?;
        Some(edited.map(|old| {
            self.names.remove(key_in(project, &old), arrival_id);
            self.index_name(arrival_id);
        }))
    }

    /// Applies a command to a pipeline and returns the number of the execution; none if there is no such pipeline.
    pub fn act(
        &mut self,
        project: &str,
        id: &str,
        action: &Action,
        caller: &str,
        now: Millis,
        shared: &mut Shared,
    ) -> Option<Result<i64, ActionRefusal>> {
        let change_context = &mut shared.log.context(now, action.kind().as_str());
        let mut context = ExecutionContext {
            caller: Some(caller),
            now,
            next_execution: &mut self.next_execution,
            scripts: &mut shared.scripts,
        };
        self.collection
            .edit(project, id, change_context, |pipeline| {
                pipeline.act(action, &mut context)
            })
    }

    /// Sets the trigger policy of a pipeline, if there is one.
    pub fn set_policy(
        &mut self,
        project: &str,
        id: &str,
        policy: TriggerPolicy,
        change_context: &mut ChangeContext,
    ) {
        self.collection
            .edit(project, id, change_context, |pipeline| {
                pipeline.policy = Some(policy);
            });
    }

    /// The timeline of a pipeline of any project.
    pub fn timeline(&self, id: &str, now: Millis, shared: &Shared) -> Option<Timeline> {
        let stored = self.collection.find(id)?;
        let pipeline = &stored.item;
        let (allowed, next) = (pipeline.allowed(now), pipeline.next(now, &shared.scripts));
        Some(Timeline::new(stored, allowed, next, now, &shared.log))
    }

    /// Takes over the history that another table has of the pipelines in both.
    pub fn inherit_history(
        &mut self,
        other: &mut Self,
        from: &TransitionLog,
        change_context: &mut ChangeContext,
    ) {
        self.collection
            .inherit_history(&mut other.collection, from, change_context);
    }

    /// Fires the first change that is due: a step begins or ends, or a trigger policy starts a pipeline. Returns
    /// false if none is due.
    pub fn fire_next(
        &mut self,
        now: Millis,
        scripts: &mut Scripts,
        log: &mut TransitionLog,
    ) -> bool {
        let next_execution = &mut self.next_execution;
        self.collection.fire_next(now, log, |_, _, pipeline, now| {
            pipeline.fire(&mut ExecutionContext {
                caller: None,
                now,
                next_execution,
                scripts,
            });
        })
    }
}

/// The key of a pipeline's name: its project, enterprise project and name.
fn name_key(stored: &Stored<Pipeline>) -> [&str; 3] {
    key_in(&stored.scope, &stored.item.definition)
}

fn key_in<'a>(project: &'a str, definition: &'a Definition) -> [&'a str; 3] {
    [project, &definition.enterprise_project, &definition.name]
}

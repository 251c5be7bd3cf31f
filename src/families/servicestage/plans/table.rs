//! The release plans of a world: creation, commands, and lookup by id and by name. A refused request changes nothing.

use super::model::batch_run::PlanWriteContext;
use super::model::plan::{InvalidState, NewPlan, Plan};
use super::model::progress::PlanProgress;
use super::model::spec::PlanSpec;
use super::model::vocabulary::{PlanCommand, PlanStatus};
use crate::families::servicestage::error::{Error, ServiceStageErrorKind};
use crate::sim::Millis;
use crate::sim::collection::{ArrivalId, Collection, HashIndex, Iter, Resource, Stored};
use crate::sim::ids::Ids;
use crate::sim::timeline::{self, Timeline};
use crate::sim::transition::{ChangeContext, TransitionLog};

/// The release plans of all projects.
#[derive(Debug, Default)]
pub struct Table {
    collection: Collection<Plan>,
    names: HashIndex,
}

impl Table {
    pub fn len(&self, project: &str) -> usize {
        self.collection.len(project)
    }

    /// The plans of a project, oldest first.
    pub fn of(&self, project: &str) -> Iter<'_, Plan> {
        self.collection.of(project)
    }

    pub fn get(&self, project: &str, id: &str) -> Option<&Plan> {
        self.collection.get(project, id)
    }

    pub(super) fn collection(&self) -> &Collection<Plan> {
        &self.collection
    }

    /// True if a plan of any project has the id.
    pub fn contains(&self, id: &str) -> bool {
        self.collection.contains(id)
    }

    /// The plan of a project by name.
    pub fn named(&self, project: &str, name: &str) -> Option<&Stored<Plan>> {
        let key_of = |arrival_id| name_key(self.collection.named(arrival_id));
        self.collection
            .at(self.names.get(&[project, name], key_of)?)
    }

    fn check_name_is_free(&self, project: &str, name: &str) -> Result<(), Error> {
        match self.named(project, name) {
            Some(plan) => Err(Error::at("name", name_taken(name))
                .with_hint(format!("the plan {} has that name", plan.id))),
            None => Ok(()),
        }
    }

    fn index_name(&mut self, arrival_id: ArrivalId) {
        let key_of = |arrival_id| name_key(self.collection.named(arrival_id));
        self.names.insert(arrival_id, key_of);
    }

    /// Creates a plan. Components without an id receive one.
    pub fn create(
        &mut self,
        project: &str,
        new_plan: NewPlan,
        creator: String,
        ids: &Ids,
        change_context: &mut ChangeContext,
    ) -> Result<&Stored<Plan>, Error> {
        let NewPlan {
            action,
            swimlane_id,
            mut spec,
        } = new_plan;
        spec.check(action)?;
        self.check_name_is_free(project, &spec.name)?;
        let id = ids.uuid(|id| self.contains(id));
        spec.give_ids(ids);
        let plan = Plan {
            action,
            swimlane_id,
            creator,
            create_time: change_context.now,
            modify_time: 0,
            execute_time: 0,
            spec,
            progress: PlanProgress::given(PlanStatus::Created),
        };
        let arrival_id = self.insert(project, &id, plan, change_context);
        Ok(self.collection.named(arrival_id))
    }

    /// Adds a plan whose id and name are free.
    pub fn insert(
        &mut self,
        project: &str,
        id: &str,
        plan: Plan,
        change_context: &mut ChangeContext,
    ) -> ArrivalId {
        let created = plan.create_time;
        let arrival_id = self
            .collection
            .insert(project, id, created, plan, change_context);
        self.index_name(arrival_id);
        arrival_id
    }

    /// Replaces the spec of a plan that is not under way. The plan is `CREATED` again. Errors: 404, 400.
    pub fn edit(
        &mut self,
        project: &str,
        id: &str,
        mut spec: PlanSpec,
        ids: &Ids,
        change_context: &mut ChangeContext,
    ) -> Result<(), Error> {
        let now = change_context.now;
        let (arrival_id, plan) = self.find(project, id)?;
        plan.check(PlanCommand::Edit, now)
            .map_err(|invalid_state| plan.refusal(invalid_state, now))?;
        spec.check(plan.action)?;
        let old_name = plan.spec.name.clone();
        if spec.name != old_name {
            self.check_name_is_free(project, &spec.name)?;
        }
        spec.give_ids(ids);
        self.names.remove([project, &old_name], arrival_id);
        self.collection
            .edit(project, id, change_context, |plan| plan.edit(spec, now));
        self.index_name(arrival_id);
        Ok(())
    }

    /// Deletes a plan that is not under way. Errors: 404, 400.
    pub fn delete(
        &mut self,
        project: &str,
        id: &str,
        change_context: &mut ChangeContext,
    ) -> Result<(), Error> {
        let (arrival_id, plan) = self.find(project, id)?;
        plan.check(PlanCommand::Delete, change_context.now)
            .map_err(|invalid_state| plan.refusal(invalid_state, change_context.now))?;
        if let Some(plan) = self.collection.remove(project, id, change_context) {
            self.names.remove([project, plan.name()], arrival_id);
        }
        Ok(())
    }

    /// Executes, rolls back or aborts a plan, as `apply` does. Errors: 404, 400.
    pub fn command(
        &mut self,
        context: &mut PlanWriteContext,
        change_context: &mut ChangeContext,
        apply: impl FnOnce(&mut Plan, &mut PlanWriteContext, Millis) -> Result<(), InvalidState>,
    ) -> Result<(), Error> {
        let (project, id, now) = (context.project, context.id, change_context.now);
        self.collection
            .edit(project, id, change_context, |plan| {
                apply(plan, context, now).map_err(|invalid_state| plan.refusal(invalid_state, now))
            })
            .ok_or(ServiceStageErrorKind::ReleaseNotFound)?
    }

    fn find(&self, project: &str, id: &str) -> Result<(ArrivalId, &Plan), Error> {
        let arrival_id = self.collection.arrival_id(id);
        let plan = self.collection.get(project, id);
        arrival_id
            .zip(plan)
            .ok_or(ServiceStageErrorKind::ReleaseNotFound.into())
    }

    /// The number of plans per status, in no order.
    pub fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
    ) -> impl Iterator<Item = (&'a str, usize)> {
        self.collection.count_by_status(log)
    }

    /// The timeline of a plan of any project.
    pub fn timeline(&self, id: &str, now: Millis, log: &TransitionLog) -> Option<Timeline> {
        let stored = self.collection.find(id)?;
        let plan = &stored.item;
        let next = timeline::next(plan, now, |now| plan.next_due(now));
        Some(Timeline::new(stored, plan.allowed(now), next, now, log))
    }

    /// Takes over the history of the plans that `other` has too.
    pub fn inherit_history(
        &mut self,
        other: &mut Self,
        from: &TransitionLog,
        change_context: &mut ChangeContext,
    ) {
        self.collection
            .inherit_history(&mut other.collection, from, change_context);
    }

    /// The next instant at which time alone changes a plan, or [`crate::sim::NEVER`].
    pub fn next_due(&self) -> Millis {
        self.collection.next_due()
    }

    /// Applies the first change that is due. Returns false if none is.
    pub fn fire_next(&mut self, now: Millis, log: &mut TransitionLog) -> bool {
        self.collection.fire_next(now, log, |_, _, _, _| ())
    }

    /// The projects that have plans, in alphabetical order.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        self.collection.scopes()
    }
}

/// The text of a refused name.
pub(super) fn name_taken(name: &str) -> String {
    format!("{name:?} is already used in the project")
}

/// The key of a plan by name: project and name.
fn name_key(stored: &Stored<Plan>) -> [&str; 2] {
    [&stored.scope, stored.item.name()]
}

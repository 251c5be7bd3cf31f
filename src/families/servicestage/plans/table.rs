//! The release plans of a world: creation, commands, and lookup by id and by name.

use super::model::batch_run::WriteContext;
use super::model::plan::{NewPlan, Plan};
use super::model::progress::{InvalidState, PlanProgress};
use super::model::spec::PlanSpec;
use super::model::vocabulary::{Command, Status};
use crate::http::json::ValidationError;
use crate::sim::Millis;
use crate::sim::collection::{ArrivalId, Collection, HashIndex, Iter, Resource, Stored};
use crate::sim::ids::Ids;
use crate::sim::timeline::{self, Timeline};
use crate::sim::transition::{ChangeContext, TransitionLog};

/// The reason why a plan or a command is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The project has no such plan.
    NoSuchPlan,
    /// The project has another plan of that name.
    NameTaken(String),
    /// The plan may not say this.
    ValidationError(ValidationError),
    /// The command does not fit what the plan is at.
    InvalidState(InvalidState),
}

impl From<ValidationError> for Refusal {
    fn from(validation_error: ValidationError) -> Self {
        Self::ValidationError(validation_error)
    }
}

impl From<InvalidState> for Refusal {
    fn from(invalid_state: InvalidState) -> Self {
        Self::InvalidState(invalid_state)
    }
}

/// The release plans of all projects. What is refused changes nothing, and draws no ids and no outcomes.
#[derive(Debug, Default)]
pub struct Table {
    collection: Collection<Plan>,
    names: HashIndex,
}

impl Table {
    #[must_use]
    pub fn len(&self, project: &str) -> usize {
        self.collection.len(project)
    }

    /// The plans of a project, oldest first.
    pub fn of(&self, project: &str) -> Iter<'_, Plan> {
        self.collection.of(project)
    }

    /// A plan of the project.
    pub fn get(&self, project: &str, id: &str) -> Result<&Plan, Refusal> {
        self.collection.get(project, id).ok_or(Refusal::NoSuchPlan)
    }

    /// The shelf they are on.
    pub(super) fn collection(&self) -> &Collection<Plan> {
        &self.collection
    }

    /// True if a plan of whatever project has that id.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.collection.contains(id)
    }

    /// The plan of the project that has that name.
    #[must_use]
    pub fn named(&self, project: &str, name: &str) -> Option<&Stored<Plan>> {
        self.collection.at(self.arrival_id_named(project, name)?)
    }

    /// True if a plan of the project has that name.
    #[must_use]
    pub fn has_name(&self, project: &str, name: &str) -> bool {
        self.arrival_id_named(project, name).is_some()
    }

    fn arrival_id_named(&self, project: &str, name: &str) -> Option<ArrivalId> {
        let key_of = |arrival_id| name_key(self.collection.named(arrival_id));
        self.names.get(&[project, name], key_of)
    }

    /// Lets a plan be found by its name.
    fn note_name(&mut self, arrival_id: ArrivalId) {
        let key_of = |arrival_id| name_key(self.collection.named(arrival_id));
        self.names.insert(arrival_id, key_of);
    }

    /// Creates a plan. Components that need an id are given one.
    pub fn create(
        &mut self,
        project: &str,
        new_plan: NewPlan,
        creator: String,
        ids: &Ids,
        change_context: &mut ChangeContext,
    ) -> Result<&Stored<Plan>, Refusal> {
        let NewPlan {
            action,
            swimlane_id,
            mut spec,
        } = new_plan;
        spec.check(action)?;
        if self.has_name(project, &spec.name) {
            return Err(Refusal::NameTaken(spec.name));
        }
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
            progress: PlanProgress::given(Status::Created),
        };
        let arrival_id = self.insert(project, &id, plan, change_context);
        Ok(self.collection.named(arrival_id))
    }

    /// Adds a plan whose id and name are free; answers its position.
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
        self.note_name(arrival_id);
        arrival_id
    }

    /// Changes what a plan says, unless it is under way. It is `CREATED` again.
    pub fn edit(
        &mut self,
        project: &str,
        id: &str,
        mut spec: PlanSpec,
        ids: &Ids,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<(), Refusal> {
        let arrival_id = self.collection.arrival_id(id).ok_or(Refusal::NoSuchPlan)?;
        let plan = self.get(project, id)?;
        plan.progress.check(Command::Edit, now)?;
        spec.check(plan.action)?;
        let old_name = plan.spec.name.clone();
        if spec.name != old_name && self.has_name(project, &spec.name) {
            return Err(Refusal::NameTaken(spec.name));
        }
        spec.give_ids(ids);
        self.names.remove([project, &old_name], arrival_id);
        let change_context = &mut log.context(now, Command::Edit.as_str());
        let edited = self
            .collection
            .edit(project, id, change_context, |plan| plan.edit(spec, now));
        self.note_name(arrival_id);
        edited.ok_or(Refusal::NoSuchPlan)
    }

    /// Takes a plan away, unless it is under way.
    pub fn delete(
        &mut self,
        project: &str,
        id: &str,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<(), Refusal> {
        self.get(project, id)?
            .progress
            .check(Command::Delete, now)?;
        let arrival_id = self.collection.arrival_id(id).ok_or(Refusal::NoSuchPlan)?;
        let change_context = &mut log.context(now, Command::Delete.as_str());
        let plan = self.collection.remove(project, id, change_context);
        let plan = plan.ok_or(Refusal::NoSuchPlan)?;
        self.names.remove([project, plan.name()], arrival_id);
        Ok(())
    }

    /// Releases the components of a plan that are not released yet.
    pub fn execute(
        &mut self,
        context: &mut WriteContext,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<(), Refusal> {
        let change_context = &mut log.context(now, Command::Execute.as_str());
        self.command(context, change_context, Plan::execute)
    }

    /// Takes back what the last execution of a plan released.
    pub fn roll_back(
        &mut self,
        context: &mut WriteContext,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<(), Refusal> {
        let change_context = &mut log.context(now, Command::Rollback.as_str());
        self.command(context, change_context, Plan::roll_back)
    }

    /// Ends the execution of a plan.
    pub fn abort(
        &mut self,
        context: &mut WriteContext,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<(), Refusal> {
        let change_context = &mut log.context(now, Command::Abort.as_str());
        self.command(context, change_context, Plan::abort)
    }

    fn command(
        &mut self,
        context: &mut WriteContext,
        change_context: &mut ChangeContext,
        apply: impl FnOnce(&mut Plan, &mut WriteContext, Millis) -> Result<(), InvalidState>,
    ) -> Result<(), Refusal> {
        let (project, id, now) = (context.project, context.id, change_context.now);
        let applied = self.collection.edit(project, id, change_context, |plan| {
            apply(plan, context, now)
        });
        Ok(applied.ok_or(Refusal::NoSuchPlan)??)
    }

    /// The number of resources per status, in no order.
    pub fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
    ) -> impl Iterator<Item = (&'a str, usize)> {
        self.collection.count_by_status(log)
    }

    /// The timeline of a plan of any project.
    #[must_use]
    pub fn timeline(&self, id: &str, now: Millis, log: &TransitionLog) -> Option<Timeline> {
        let stored = self.collection.find(id)?;
        let plan = &stored.item;
        let next = timeline::next(plan, now, |now| plan.next_due(now));
        Some(Timeline::new(stored, plan.allowed(now), next, now, log))
    }

    /// Inherits the history of the plans that both tables hold.
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
    #[must_use]
    pub fn next_due(&self) -> Millis {
        self.collection.next_due()
    }

    /// Fires the first timer that is due; returns false if there is none.
    pub fn fire_next(&mut self, now: Millis, log: &mut TransitionLog) -> bool {
        self.collection.fire_next(now, log, |_, _, _, _| ())
    }

    /// The projects that have plans, in alphabetical order.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        self.collection.scopes()
    }
}

/// The key of the index by name: project and name.
fn name_key(stored: &Stored<Plan>) -> [&str; 2] {
    [&stored.scope, stored.item.name()]
}

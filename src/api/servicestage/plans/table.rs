//! The release plans of a world: creation, commands, and lookup by id and by name.

use super::model::batch_run::WriteContext;
use super::model::plan::{NewPlan, Plan};
use super::model::progress::{InvalidState, PlanProgress};
use super::model::spec::PlanSpec;
use super::model::vocabulary::{Command, Status};
use crate::http::json::Misfit;
use crate::sim::Ms;
use crate::sim::ids::Ids;
use crate::sim::index::Index;
use crate::sim::shelf::{Entry, Serial, Shelf, Things, Timed};
use crate::sim::timeline::{self, Timeline};
use crate::sim::transition::{Log, Occasion};

/// Why a plan or a command is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The project has no such plan.
    NoSuchPlan,
    /// The project has another plan of that name.
    NameTaken(String),
    /// The plan may not say this.
    Misfit(Misfit),
    /// The command does not fit what the plan is at.
    InvalidState(InvalidState),
}

impl From<Misfit> for Refusal {
    fn from(misfit: Misfit) -> Self {
        Self::Misfit(misfit)
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
    shelf: Shelf<Plan>,
    names: Index,
}

impl Table {
    /// How many plans a project has.
    #[must_use]
    pub fn len(&self, project: &str) -> usize {
        self.shelf.len(project)
    }

    /// The plans of a project, oldest first.
    pub fn of(&self, project: &str) -> Things<'_, Plan> {
        self.shelf.of(project)
    }

    /// A plan of the project.
    pub fn get(&self, project: &str, id: &str) -> Result<&Plan, Refusal> {
        self.shelf.get(project, id).ok_or(Refusal::NoSuchPlan)
    }

    /// The shelf they are on.
    pub(super) fn shelf(&self) -> &Shelf<Plan> {
        &self.shelf
    }

    /// Whether a plan of whatever project has that id.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.shelf.contains(id)
    }

    /// The plan of the project that has that name.
    #[must_use]
    pub fn named(&self, project: &str, name: &str) -> Option<&Entry<Plan>> {
        self.shelf.at(self.serial_named(project, name)?)
    }

    /// Whether a plan of the project has that name.
    #[must_use]
    pub fn has_name(&self, project: &str, name: &str) -> bool {
        self.serial_named(project, name).is_some()
    }

    fn serial_named(&self, project: &str, name: &str) -> Option<Serial> {
        let key_of = |serial| name_key(self.shelf.named(serial));
        self.names.first(&[project, name], key_of)
    }

    /// Lets a plan be found by its name.
    fn note_name(&mut self, serial: Serial) {
        let key_of = |serial| name_key(self.shelf.named(serial));
        self.names.add(serial, key_of);
    }

    /// Creates a plan. Components that need an id are given one.
    pub fn create(
        &mut self,
        project: &str,
        new_plan: NewPlan,
        creator: String,
        ids: &Ids,
        occasion: &mut Occasion,
    ) -> Result<&Entry<Plan>, Refusal> {
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
            create_time: occasion.now,
            modify_time: 0,
            execute_time: 0,
            spec,
            progress: PlanProgress::given(Status::Created),
        };
        let serial = self.insert(project, &id, plan, occasion);
        Ok(self.shelf.named(serial))
    }

    /// Adds a plan whose id and name are free; answers its position.
    pub fn insert(
        &mut self,
        project: &str,
        id: &str,
        plan: Plan,
        occasion: &mut Occasion,
    ) -> Serial {
        let created = plan.create_time;
        let serial = self.shelf.insert(project, id, created, plan, occasion);
        self.note_name(serial);
        serial
    }

    /// Changes what a plan says, unless it is under way. It is `CREATED` again.
    pub fn edit(
        &mut self,
        project: &str,
        id: &str,
        mut spec: PlanSpec,
        ids: &Ids,
        now: Ms,
        log: &mut Log,
    ) -> Result<(), Refusal> {
        let serial = self.shelf.serial(id).ok_or(Refusal::NoSuchPlan)?;
        let plan = self.get(project, id)?;
        plan.progress.check(Command::Edit, now)?;
        spec.check(plan.action)?;
        let old_name = plan.spec.name.clone();
        if spec.name != old_name && self.has_name(project, &spec.name) {
            return Err(Refusal::NameTaken(spec.name));
        }
        spec.give_ids(ids);
        self.names.remove([project, &old_name], serial);
        let occasion = &mut log.at(now, Command::Edit.as_str());
        let edited = self
            .shelf
            .edit(project, id, occasion, |plan| plan.edit(spec, now));
        self.note_name(serial);
        edited.ok_or(Refusal::NoSuchPlan)
    }

    /// Takes a plan away, unless it is under way.
    pub fn delete(
        &mut self,
        project: &str,
        id: &str,
        now: Ms,
        log: &mut Log,
    ) -> Result<(), Refusal> {
        self.get(project, id)?
            .progress
            .check(Command::Delete, now)?;
        let serial = self.shelf.serial(id).ok_or(Refusal::NoSuchPlan)?;
        let occasion = &mut log.at(now, Command::Delete.as_str());
        let plan = self.shelf.remove(project, id, occasion);
        let plan = plan.ok_or(Refusal::NoSuchPlan)?;
        self.names.remove([project, plan.name()], serial);
        Ok(())
    }

    /// Releases the components of a plan that are not released yet.
    pub fn execute(
        &mut self,
        context: &mut WriteContext,
        now: Ms,
        log: &mut Log,
    ) -> Result<(), Refusal> {
        let occasion = &mut log.at(now, Command::Execute.as_str());
        self.command(context, occasion, Plan::execute)
    }

    /// Takes back what the last execution of a plan released.
    pub fn roll_back(
        &mut self,
        context: &mut WriteContext,
        now: Ms,
        log: &mut Log,
    ) -> Result<(), Refusal> {
        let occasion = &mut log.at(now, Command::Rollback.as_str());
        self.command(context, occasion, Plan::roll_back)
    }

    /// Ends the execution of a plan.
    pub fn abort(
        &mut self,
        context: &mut WriteContext,
        now: Ms,
        log: &mut Log,
    ) -> Result<(), Refusal> {
        let occasion = &mut log.at(now, Command::Abort.as_str());
        self.command(context, occasion, Plan::abort)
    }

    fn command(
        &mut self,
        context: &mut WriteContext,
        occasion: &mut Occasion,
        apply: impl FnOnce(&mut Plan, &mut WriteContext, Ms) -> Result<(), InvalidState>,
    ) -> Result<(), Refusal> {
        let (project, id, now) = (context.project, context.id, occasion.now);
        let applied = self
            .shelf
            .edit(project, id, occasion, |plan| apply(plan, context, now));
        Ok(applied.ok_or(Refusal::NoSuchPlan)??)
    }

    /// How many resources are at each status, in no order.
    pub fn tally<'a>(&'a self, log: &'a Log) -> impl Iterator<Item = (&'a str, usize)> {
        self.shelf.tally(log)
    }

    /// What there is to say of a plan of whatever project.
    #[must_use]
    pub fn timeline(&self, id: &str, now: Ms, log: &Log) -> Option<Timeline> {
        let entry = self.shelf.find(id)?;
        let plan = &entry.item;
        let next = timeline::next(plan, now, |now| plan.next_due(now));
        Some(Timeline::of(entry, plan.allowed(now), next, now, log))
    }

    /// Takes over what another table remembers of what both hold.
    pub fn remember(&mut self, other: &mut Self, from: &Log, occasion: &mut Occasion) {
        self.shelf.remember(&mut other.shelf, from, occasion);
    }

    /// When the first of the plans changes by itself, or [`crate::sim::NEVER`].
    #[must_use]
    pub fn next_due(&self) -> Ms {
        self.shelf.next_due()
    }

    /// Lets the first thing happen that is due, if anything is; answers whether it was.
    pub fn wake(&mut self, now: Ms, log: &mut Log) -> bool {
        self.shelf.wake(now, log, |_, _, _, _| ())
    }

    /// The projects that have plans, in alphabetical order.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        self.shelf.scopes()
    }
}

/// What a plan is found by: its project and its name.
fn name_key(entry: &Entry<Plan>) -> [&str; 2] {
    [&entry.scope, entry.item.name()]
}

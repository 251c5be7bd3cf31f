//! Release plans and where they are kept.

use super::component::Component;
use super::content::Content;
use super::course::{Course, Progress, Unfit};
use super::round::{FAMILY, Means};
use super::words::{Action, Command, Status};
use crate::http::json::Misfit;
use crate::sim::Ms;
use crate::sim::ids::Ids;
use crate::sim::index::Index;
use crate::sim::shelf::{Entry, Serial, Shelf, Things, Timed};
use crate::sim::timeline::{self, Timeline};
use crate::sim::transition::{Log, Occasion};

/// A release plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it does with its components; fixed when it is created.
    pub action: Action,
    /// The lane it is for, which may be empty; fixed when it is created.
    pub swimlane_id: String,
    /// Who created it.
    pub creator: String,
    /// When it was created.
    pub create_time: Ms,
    /// When it was last edited; 0: never.
    pub modify_time: Ms,
    /// When its last execution started; 0: never.
    pub execute_time: Ms,
    /// What it says.
    pub content: Content,
    /// How far it has come.
    pub course: Course,
}

/// A plan to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it does with its components.
    pub action: Action,
    /// The lane it is for, which may be empty.
    pub swimlane_id: String,
    /// What it says.
    pub content: Content,
}

impl Plan {
    /// What it is at.
    #[must_use]
    pub fn status(&self, now: Ms) -> Status {
        self.course.status(now)
    }

    /// What can be said to it now.
    #[must_use]
    pub fn allowed(&self, now: Ms) -> Vec<&'static str> {
        let allowed = Command::ALL.into_iter();
        let allowed = allowed.filter(|command| self.fits(*command, now));
        allowed.map(Command::word).collect()
    }

    /// Whether a command fits what it is at.
    pub(super) fn fits(&self, command: Command, now: Ms) -> bool {
        self.course.check(command, now).is_ok()
    }

    /// Its components, and what each is at.
    pub fn components(&self, now: Ms) -> impl Iterator<Item = (&Component, Progress<'_>)> {
        let components = self.content.components.iter().enumerate();
        components.map(move |(n, component)| (component, self.course.progress(n, now)))
    }

    /// When it was last edited, or else created.
    #[must_use]
    pub fn update_time(&self) -> Ms {
        self.create_time.max(self.modify_time)
    }

    /// It says something else from now on, and is as if it had never been executed.
    fn edit(&mut self, content: Content, now: Ms) {
        self.content = content;
        self.modify_time = now;
        self.course = Course::given(Status::Created);
    }

    fn execute(&mut self, means: &mut Means, now: Ms) -> Result<(), Unfit> {
        self.course.execute(&self.content, means, now)?;
        self.execute_time = now;
        Ok(())
    }

    fn roll_back(&mut self, means: &mut Means, now: Ms) -> Result<(), Unfit> {
        self.course.roll_back(&self.content, means, now)
    }

    fn abort(&mut self, means: &mut Means, now: Ms) -> Result<(), Unfit> {
        let since = match self.execute_time {
            0 => now,
            at => at.min(now),
        };
        self.course.abort(&self.content, since, means, now)
    }
}

impl Timed for Plan {
    const FAMILY: &'static str = FAMILY;

    fn name(&self) -> &str {
        &self.content.name
    }

    fn next_due(&self, now: Ms) -> Ms {
        self.course.next_due(now)
    }

    fn word(&self, now: Ms) -> &str {
        self.status(now).word()
    }

    fn n_steps(&self) -> usize {
        self.content.components.len()
    }

    fn step(&self, step: usize, now: Ms) -> Option<(&str, &str)> {
        let component = self.content.components.get(step)?;
        Some((
            &component.name,
            self.course.progress(step, now).status.word(),
        ))
    }

    fn stirred(&self, due: Ms) -> Vec<usize> {
        self.course.stirred(due)
    }
}

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
    Unfit(Unfit),
}

impl From<Misfit> for Refusal {
    fn from(misfit: Misfit) -> Self {
        Self::Misfit(misfit)
    }
}

impl From<Unfit> for Refusal {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
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
    pub fn count(&self, project: &str) -> usize {
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
    pub fn has_id(&self, id: &str) -> bool {
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
        draft: Draft,
        creator: String,
        ids: &Ids,
        occasion: &mut Occasion,
    ) -> Result<&Entry<Plan>, Refusal> {
        let Draft {
            action,
            swimlane_id,
            mut content,
        } = draft;
        content.check(action)?;
        if self.has_name(project, &content.name) {
            return Err(Refusal::NameTaken(content.name));
        }
        let id = ids.uuid(|id| self.has_id(id));
        content.give_ids(ids);
        let plan = Plan {
            action,
            swimlane_id,
            creator,
            create_time: occasion.now,
            modify_time: 0,
            execute_time: 0,
            content,
            course: Course::given(Status::Created),
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
        mut content: Content,
        ids: &Ids,
        now: Ms,
        log: &mut Log,
    ) -> Result<(), Refusal> {
        let serial = self.shelf.serial(id).ok_or(Refusal::NoSuchPlan)?;
        let plan = self.get(project, id)?;
        plan.course.check(Command::Edit, now)?;
        content.check(plan.action)?;
        let old_name = plan.content.name.clone();
        if content.name != old_name && self.has_name(project, &content.name) {
            return Err(Refusal::NameTaken(content.name));
        }
        content.give_ids(ids);
        self.names.remove([project, &old_name], serial);
        let occasion = &mut log.at(now, Command::Edit.word());
        let edited = self
            .shelf
            .edit(project, id, occasion, |plan| plan.edit(content, now));
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
        self.get(project, id)?.course.check(Command::Delete, now)?;
        let serial = self.shelf.serial(id).ok_or(Refusal::NoSuchPlan)?;
        let occasion = &mut log.at(now, Command::Delete.word());
        let plan = self.shelf.remove(project, id, occasion);
        let plan = plan.ok_or(Refusal::NoSuchPlan)?;
        self.names.remove([project, plan.name()], serial);
        Ok(())
    }

    /// Releases the components of a plan that are not released yet.
    pub fn execute(&mut self, means: &mut Means, now: Ms, log: &mut Log) -> Result<(), Refusal> {
        let occasion = &mut log.at(now, Command::Execute.word());
        self.command(means, occasion, Plan::execute)
    }

    /// Takes back what the last execution of a plan released.
    pub fn roll_back(&mut self, means: &mut Means, now: Ms, log: &mut Log) -> Result<(), Refusal> {
        let occasion = &mut log.at(now, Command::Rollback.word());
        self.command(means, occasion, Plan::roll_back)
    }

    /// Ends the execution of a plan.
    pub fn abort(&mut self, means: &mut Means, now: Ms, log: &mut Log) -> Result<(), Refusal> {
        let occasion = &mut log.at(now, Command::Abort.word());
        self.command(means, occasion, Plan::abort)
    }

    fn command(
        &mut self,
        means: &mut Means,
        occasion: &mut Occasion,
        say: impl FnOnce(&mut Plan, &mut Means, Ms) -> Result<(), Unfit>,
    ) -> Result<(), Refusal> {
        let (project, id, now) = (means.project, means.id, occasion.now);
        let said = self
            .shelf
            .edit(project, id, occasion, |plan| say(plan, means, now));
        Ok(said.ok_or(Refusal::NoSuchPlan)??)
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

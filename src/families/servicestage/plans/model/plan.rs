//! A release plan.

use super::batch_run::{FAMILY, WriteContext};
use super::component::Component;
use super::progress::{ComponentProgress, InvalidState, PlanProgress};
use super::spec::PlanSpec;
use super::vocabulary::{Action, Command, Status};
use crate::sim::Millis;
use crate::sim::collection::Resource;

/// A release plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The action on its components; fixed at creation.
    pub action: Action,
    /// The id of its swimlane, which may be empty; fixed at creation.
    pub swimlane_id: String,
    pub creator: String,
    pub create_time: Millis,
    /// The time of the last edit; 0 if never edited.
    pub modify_time: Millis,
    /// The start of the last execution; 0 if never executed.
    pub execute_time: Millis,
    pub spec: PlanSpec,
    pub progress: PlanProgress,
}

/// A plan to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlan {
    pub action: Action,
    /// The id of its swimlane, which may be empty.
    pub swimlane_id: String,
    pub spec: PlanSpec,
}

impl Plan {
    #[must_use]
    pub fn status(&self, now: Millis) -> Status {
        self.progress.status(now)
    }

    /// The commands that it accepts now.
    #[must_use]
    pub fn allowed(&self, now: Millis) -> Vec<&'static str> {
        let allowed = Command::ALL.into_iter();
        let allowed = allowed.filter(|command| self.fits(*command, now));
        allowed.map(Command::as_str).collect()
    }

    /// True if its status allows the command.
    pub(crate) fn fits(&self, command: Command, now: Millis) -> bool {
        self.progress.check(command, now).is_ok()
    }

    /// Its components with their progress.
    pub fn components(
        &self,
        now: Millis,
    ) -> impl Iterator<Item = (&Component, ComponentProgress<'_>)> {
        let components = self.spec.components.iter().enumerate();
        components.map(move |(n, component)| (component, self.progress.component(n, now)))
    }

    /// The time of the last edit, otherwise of the creation.
    #[must_use]
    pub fn update_time(&self) -> Millis {
        self.create_time.max(self.modify_time)
    }

    /// Replaces the spec and resets the progress.
    pub(crate) fn edit(&mut self, spec: PlanSpec, now: Millis) {
        self.spec = spec;
        self.modify_time = now;
        self.progress = PlanProgress::given(Status::Created);
    }

    pub(crate) fn execute(
        &mut self,
        context: &mut WriteContext,
        now: Millis,
    ) -> Result<(), InvalidState> {
        self.progress.execute(&self.spec, context, now)?;
        self.execute_time = now;
        Ok(())
    }

    pub(crate) fn roll_back(
        &mut self,
        context: &mut WriteContext,
        now: Millis,
    ) -> Result<(), InvalidState> {
        self.progress.roll_back(&self.spec, context, now)
    }

    pub(crate) fn abort(
        &mut self,
        context: &mut WriteContext,
        now: Millis,
    ) -> Result<(), InvalidState> {
        let since = match self.execute_time {
            0 => now,
            at => at.min(now),
        };
        self.progress.abort(&self.spec, since, context, now)
    }
}

impl Resource for Plan {
    const FAMILY: &'static str = FAMILY;

    fn name(&self) -> &str {
        &self.spec.name
    }

    fn next_due(&self, now: Millis) -> Millis {
        self.progress.next_due(now)
    }

    fn status_label(&self, now: Millis) -> &str {
        self.status(now).as_str()
    }

    fn n_steps(&self) -> usize {
        self.spec.components.len()
    }

    fn step(&self, step: usize, now: Millis) -> Option<(&str, &str)> {
        let component = self.spec.components.get(step)?;
        Some((
            &component.name,
            self.progress.component(step, now).status.as_str(),
        ))
    }

    fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        self.progress.steps_changing_at(due)
    }
}

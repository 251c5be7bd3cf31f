//! A release plan.

use super::batch_run::{BatchRun, FAMILY, PlanWriteContext};
use super::component::Component;
use super::progress::{ComponentProgress, LastExecution, PlanProgress};
use super::spec::PlanSpec;
use super::vocabulary::{PlanAction, PlanCommand, PlanStatus};
use crate::sim::Millis;
use crate::sim::collection::Resource;
use crate::sim::lifecycle::{Command, StepPlan};
use crate::sim::scripts::Work;

/// A release plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Fixed at creation.
    pub action: PlanAction,
    /// The lane, which may be empty. Fixed at creation.
    pub swimlane_id: String,
    pub creator: String,
    pub create_time: Millis,
    /// The time of the last edit, or 0.
    pub modify_time: Millis,
    /// The start of the last execution, or 0.
    pub execute_time: Millis,
    pub spec: PlanSpec,
    pub progress: PlanProgress,
}

/// A plan to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlan {
    pub action: PlanAction,
    /// The lane, which may be empty.
    pub swimlane_id: String,
    pub spec: PlanSpec,
}

/// The refusal of a command that the plan's status does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidState {
    pub command: PlanCommand,
    pub status: PlanStatus,
}

impl Plan {
    pub fn status(&self, now: Millis) -> PlanStatus {
        self.progress.status(now)
    }

    /// The names of the allowed commands.
    pub fn allowed(&self, now: Millis) -> Vec<&'static str> {
        PlanCommand::ALL
            .into_iter()
            .filter(|command| self.check(*command, now).is_ok())
            .map(PlanCommand::as_str)
            .collect()
    }

    /// Checks that the status allows a command.
    pub fn check(&self, command: PlanCommand, now: Millis) -> Result<(), InvalidState> {
        let status = self.status(now);
        if command.allowed_in().contains(&status)
            && (command != PlanCommand::Abort || self.progress.is_at_work(now))
        {
            Ok(())
        } else {
            Err(InvalidState { command, status })
        }
    }

    /// The components with their progress.
    pub fn components(
        &self,
        now: Millis,
    ) -> impl Iterator<Item = (&Component, ComponentProgress<'_>)> {
        let components = self.spec.components.iter().enumerate();
        components.map(move |(n, component)| (component, self.progress.component(n, now)))
    }

    /// The time of the last edit, or else of the creation.
    pub fn update_time(&self) -> Millis {
        self.create_time.max(self.modify_time)
    }

    /// Replaces the spec. The plan is `CREATED` again.
    pub fn edit(&mut self, spec: PlanSpec, now: Millis) {
        self.spec = spec;
        self.modify_time = now;
        self.progress = PlanProgress::given(PlanStatus::Created);
    }

    /// Releases the components that have not succeeded yet; all of them after a rollback, or if the last execution is
    /// not known.
    pub fn execute(
        &mut self,
        context: &mut PlanWriteContext,
        now: Millis,
    ) -> Result<(), InvalidState> {
        self.check(PlanCommand::Execute, now)?;
        let earlier = match &self.progress.release {
            LastExecution::Done(batch_run) if self.progress.rollback.is_none() => Some(batch_run),
            LastExecution::Done(_) | LastExecution::Given(_) => None,
        };
        let batch_run = BatchRun::start(&self.spec, context, Work::Run, now, |component| {
            earlier?.inherited(component, now)
        });
        self.progress = PlanProgress {
            release: LastExecution::Done(batch_run.into()),
            rollback: None,
        };
        self.execute_time = now;
        Ok(())
    }

    /// Rolls back the released components; all of them if the last execution is not known.
    pub fn roll_back(
        &mut self,
        context: &mut PlanWriteContext,
        now: Millis,
    ) -> Result<(), InvalidState> {
        self.check(PlanCommand::Rollback, now)?;
        let release = &self.progress.release;
        let batch_run =
            BatchRun::start(
                &self.spec,
                context,
                Work::Rollback,
                now,
                |component| match release {
                    LastExecution::Done(batch_run) if !batch_run.has_succeeded(component, now) => {
                        Some((StepPlan::Skip, String::new()))
                    }
                    LastExecution::Done(_) | LastExecution::Given(_) => None,
                },
            );
        self.progress.rollback = Some(batch_run);
        Ok(())
    }

    /// Interrupts the execution; winding down takes a step. If the execution is not known, all components count as under
    /// way.
    pub fn abort(
        &mut self,
        context: &mut PlanWriteContext,
        now: Millis,
    ) -> Result<(), InvalidState> {
        self.check(PlanCommand::Abort, now)?;
        let mut batch_run = match &self.progress.release {
            LastExecution::Given(_) => {
                let since = match self.execute_time {
                    0 => now,
                    at => at.min(now),
                };
                BatchRun::under_way(self.spec.components.len(), since).into()
            }
            LastExecution::Done(batch_run) => batch_run.clone(),
        };
        // A fixture may hold a history that is ahead of the clock.
        let newest = match batch_run.run.record().commands.last() {
            Some(newest) => newest.at,
            None => batch_run.run.started(),
        };
        let query = context.query(&self.spec, &self.spec.name, Work::Abort);
        let takes = context.scripts.decide_length(&query);
        batch_run
            .run
            .apply(newest.max(now), Command::Abort(takes))
            .map_err(|_| InvalidState {
                command: PlanCommand::Abort,
                status: PlanStatus::Running,
            })?;
        self.progress.release = LastExecution::Done(batch_run);
        Ok(())
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
        let status = self.progress.component(step, now).status;
        Some((&component.name, status.as_str()))
    }

    fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        self.progress.steps_changing_at(due)
    }
}

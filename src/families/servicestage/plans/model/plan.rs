//! A release plan.

use std::ops::ControlFlow;

use super::batch_run::{BatchRun, FAMILY, PlanWriteContext, query};
use super::progress::{LastExecution, PlanProgress};
use super::spec::PlanSpec;
use super::vocabulary::{PlanAction, PlanStatus};
use crate::families::servicestage::named_collection::{UniquelyNamed, WHOLE_PROJECT};
use crate::sim::Millis;
use crate::sim::collection::Resource;
use crate::sim::heap::heap_of;
use crate::sim::lifecycle::{Command, Run, StepPlan};
use crate::sim::pack::pack_structs;
use crate::sim::scripts::{StepQuery, Work};
use crate::sim::step_name::StepName;

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

impl Plan {
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
    pub fn execute(&mut self, context: &mut PlanWriteContext, now: Millis) {
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
    }

    /// Rolls back the released components; all of them if the last execution is not known.
    pub fn roll_back(&mut self, context: &mut PlanWriteContext, now: Millis) {
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
    }

    /// Interrupts the execution; winding down takes a step. If the execution is not known, all components count as under
    /// way.
    ///
    /// # Panics
    /// If there is no work to interrupt.
    pub fn abort(&mut self, context: &mut PlanWriteContext, now: Millis) {
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
        let query = context.query(&self.spec, self.spec.whole(), Work::Abort);
        let takes = context.scripts.decide_length(&query);
        let aborted = batch_run.run.apply(now, Command::Abort(takes));
        aborted.expect("there is work");
        self.progress.release = LastExecution::Done(batch_run);
    }
}

impl Plan {
    /// Visits the steps that scripts decide in an execution, a rollback and an abort.
    pub fn visit_steps(
        &self,
        project: &str,
        id: &str,
        visit: &mut dyn FnMut(&StepQuery) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let spec = &self.spec;
        let whole = spec.whole();
        for work in [Work::Run, Work::Rollback] {
            for component in &spec.components {
                visit(&query(project, id, spec, component.step_name(), work))?;
            }
            visit(&query(project, id, spec, whole, work))?;
        }
        visit(&query(project, id, spec, whole, Work::Abort))
    }
}

impl UniquelyNamed for Plan {
    const NOUN: &'static str = "plan";
    const REALM: &'static str = "project";

    fn realm(&self) -> &str {
        WHOLE_PROJECT
    }

    fn created(&self) -> Millis {
        self.create_time
    }
}

heap_of! {
    Plan { swimlane_id, creator, spec, progress }
}

impl Resource for Plan {
    const FAMILY: &'static str = FAMILY;
    const KIND: &'static str = "plan";

    fn name(&self) -> &str {
        &self.spec.name
    }

    fn next_due(&self, now: Millis) -> Millis {
        self.progress.next_due(now)
    }

    fn hasten(&mut self, now: Millis, by: Millis) {
        self.progress.hasten(now, by);
    }

    fn status_label(&self, now: Millis) -> &str {
        self.progress.status(now).as_str()
    }

    fn n_steps(&self) -> usize {
        self.spec.components.len()
    }

    fn step(&self, step: usize, now: Millis) -> Option<(StepName<&str>, &str)> {
        let component = self.spec.components.get(step)?;
        let status = self.progress.component(step, now).status;
        Some((component.step_name(), status.as_str()))
    }

    fn step_run(&self, step: usize) -> Option<&Run> {
        self.progress.run_of(step)
    }

    fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        self.progress.steps_changing_at(due)
    }
}

pack_structs! {
    Plan { action, swimlane_id, creator, create_time, modify_time, execute_time, spec, progress }
}

//! The progress of a plan: its last execution, and the rollback that followed.
//!
//! Batches follow each other in ascending `seq`; the components of a batch are released together. A rollback takes the
//! batches in reverse order, and only the released components. After a failure, the other components of the batch finish;
//! the plan's `fail_strategy` decides between skipping later batches (`stop`) and releasing them (`continue`). It applies
//! to rollbacks too.

use super::batch_run::{BatchRun, Job};
use super::vocabulary::{JobStatus, PlanStatus};
use crate::sim::heap::{Heap, heap_of};
use crate::sim::lifecycle::{Command, Phase, Run, StepPlan, Verdict};
use crate::sim::pack::{pack_enums, pack_structs};
use crate::sim::{Millis, NEVER};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanProgress {
    pub release: LastExecution,
    /// The rollback of the last execution.
    pub rollback: Option<BatchRun>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastExecution {
    /// Not known, or not yet started: a status in its place.
    Given(PlanStatus),
    Done(Box<BatchRun>),
}

/// The progress of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComponentProgress<'a> {
    pub status: PlanStatus,
    /// The job that releases it.
    pub job: Job<'a>,
    /// The job that rolls it back, if there is one.
    pub rollback: Option<Job<'a>>,
}

heap_of! {
    PlanProgress { release, rollback }
}

impl Heap for LastExecution {
    fn heap(&self) -> usize {
        match self {
            Self::Given(_) => 0,
            Self::Done(batch_run) => batch_run.heap(),
        }
    }
}

impl PlanProgress {
    /// The progress of a plan with a given status.
    pub fn given(status: PlanStatus) -> Self {
        Self {
            release: LastExecution::Given(status),
            rollback: None,
        }
    }

    pub fn status(&self, now: Millis) -> PlanStatus {
        if let Some(rollback) = &self.rollback {
            return match rollback.run.phase(now) {
                Phase::Succeeded => PlanStatus::RollbackSucceed,
                Phase::Failed | Phase::Aborted => PlanStatus::RollbackFailed,
                Phase::Starting
                | Phase::Running
                | Phase::Waiting
                | Phase::Stopping
                | Phase::Paused
                | Phase::Aborting => PlanStatus::RollingBack,
            };
        }
        let batch_run = match &self.release {
            LastExecution::Given(status) => return *status,
            LastExecution::Done(batch_run) => batch_run,
        };
        match batch_run.run.phase(now) {
            Phase::Starting | Phase::Running | Phase::Waiting | Phase::Stopping | Phase::Paused => {
                PlanStatus::Running
            }
            Phase::Aborting => PlanStatus::Aborting,
            Phase::Aborted => PlanStatus::Aborted,
            Phase::Succeeded => PlanStatus::Success,
            Phase::Failed if batch_run.is_partial(now) => PlanStatus::PartiallyFailed,
            Phase::Failed => PlanStatus::Failed,
        }
    }

    /// The progress of the component at a position.
    pub fn component(&self, component: usize, now: Millis) -> ComponentProgress<'_> {
        let released = match &self.release {
            LastExecution::Given(status) => ComponentProgress::given(*status),
            LastExecution::Done(batch_run) => {
                let (job, verdict) = batch_run.job(component, now);
                let status = match (job.status, verdict) {
                    (_, Some(Verdict::Interrupted)) => PlanStatus::Aborted,
                    (JobStatus::Created, _) => PlanStatus::Created,
                    (JobStatus::Running, _) => PlanStatus::Running,
                    (JobStatus::Succeeded, _) => PlanStatus::Success,
                    (JobStatus::Failed, _) => PlanStatus::Failed,
                };
                ComponentProgress {
                    status,
                    job,
                    rollback: None,
                }
            }
        };
        let Some(batch_run) = &self.rollback else {
            return released;
        };
        let (job, verdict) = batch_run.job(component, now);
        let status = match (job.status, verdict) {
            // A skipped component is unchanged.
            (_, Some(Verdict::Skipped)) => return released,
            (JobStatus::Created, _) => released.status,
            (JobStatus::Running, _) => PlanStatus::RollingBack,
            (JobStatus::Succeeded, _) => PlanStatus::RollbackSucceed,
            (JobStatus::Failed, _) => PlanStatus::RollbackFailed,
        };
        ComponentProgress {
            status,
            rollback: Some(job),
            ..released
        }
    }

    /// The next instant after `now` at which time alone changes the progress, or [`NEVER`].
    pub fn next_due(&self, now: Millis) -> Millis {
        self.latest()
            .map_or(NEVER, |batch_run| batch_run.run.next_due(now))
    }

    /// True if an abort can interrupt work. A fixture may contain a starting or paused run, which also counts as
    /// running.
    pub fn is_at_work(&self, now: Millis) -> bool {
        match &self.release {
            LastExecution::Given(_) => true,
            LastExecution::Done(batch_run) => {
                matches!(batch_run.run.phase(now), Phase::Running | Phase::Waiting)
            }
        }
    }

    /// The last run that a component takes part in.
    pub fn run_of(&self, component: usize) -> Option<&Run> {
        let takes_part = |batch_run: &&BatchRun| {
            let steps = &batch_run.run.record().steps;
            !matches!(steps.get(component), Some(StepPlan::Skip))
        };
        let released = match &self.release {
            LastExecution::Done(batch_run) => Some(&**batch_run),
            LastExecution::Given(_) => None,
        };
        let rollback = self.rollback.as_ref().filter(takes_part);
        Some(&rollback.or(released)?.run)
    }

    /// Lets the own time of the last run go forward.
    pub fn hasten(&mut self, now: Millis, by: Millis) {
        let batch_run = match (&mut self.rollback, &mut self.release) {
            (Some(batch_run), _) => batch_run,
            (None, LastExecution::Done(batch_run)) => &mut **batch_run,
            (None, LastExecution::Given(_)) => return,
        };
        let hastened = batch_run.run.apply(now, Command::Forward(by));
        debug_assert_eq!(hastened, Ok(()), "a run that is under way has not ended");
    }

    /// The steps that may change at `due`.
    pub fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        self.latest()
            .map_or(Vec::new(), |batch_run| batch_run.run.steps_changing_at(due))
    }

    /// The last run, if it is known.
    fn latest(&self) -> Option<&BatchRun> {
        match (&self.rollback, &self.release) {
            (Some(batch_run), _) => Some(batch_run),
            (None, LastExecution::Done(batch_run)) => Some(batch_run),
            (None, LastExecution::Given(_)) => None,
        }
    }
}

impl ComponentProgress<'_> {
    /// The progress of every component of a plan with a given status: that status, with jobs to match.
    fn given(status: PlanStatus) -> Self {
        let (job_status, rollback_status) = match status {
            PlanStatus::Created => (JobStatus::Created, None),
            PlanStatus::Running => (JobStatus::Running, None),
            PlanStatus::Success => (JobStatus::Succeeded, None),
            PlanStatus::Failed
            | PlanStatus::PartiallyFailed
            | PlanStatus::Aborting
            | PlanStatus::Aborted => (JobStatus::Failed, None),
            PlanStatus::RollingBack => (JobStatus::Succeeded, Some(JobStatus::Running)),
            PlanStatus::RollbackSucceed => (JobStatus::Succeeded, Some(JobStatus::Succeeded)),
            PlanStatus::RollbackFailed => (JobStatus::Succeeded, Some(JobStatus::Failed)),
        };
        Self {
            status,
            job: Job::unknown(job_status),
            rollback: rollback_status.map(Job::unknown),
        }
    }
}

pack_enums! {
    LastExecution { 0: Given(plan_status), 1: Done(batch_run) }
}

pack_structs! {
    PlanProgress { release, rollback }
}

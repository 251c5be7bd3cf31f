//! The progress of a plan: its last execution, and the rollback that followed.
//!
//! Components are released batch by batch, in ascending `seq`; those of one batch together. A rollback takes
//! the batches in reverse order, and only the components that were released. The plan's `fail_strategy` rules
//! both: after a failure the siblings in the batch finish, and later batches are skipped (`stop`) or
//! follow anyway (`continue`).

use super::batch_run::{BatchRun, BatchRunBuilder, Job, WriteContext};
use super::spec::PlanSpec;
use super::vocabulary::{Command, JobStatus, Status};
use crate::sim::lifecycle::{self, Phase, Verdict};
use crate::sim::scripts::Work;
use crate::sim::{Millis, NEVER};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanProgress {
    /// The last execution, or the given status.
    pub release: LastExecution,
    /// The rollback of that execution.
    pub rollback: Option<BatchRun>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastExecution {
    /// Unknown, with a given status: `CREATED` for a new or edited plan.
    Given(Status),
    /// Executed here.
    Done(Box<BatchRun>),
}

/// The visible progress of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComponentProgress<'a> {
    pub status: Status,
    /// The status of the job that releases it.
    pub job_status: JobStatus,
    /// That job.
    pub job: Job<'a>,
    /// The status of the job that rolls it back, if there is one.
    pub rollback_status: Option<JobStatus>,
    /// That job.
    pub rollback: Job<'a>,
}

/// A refusal: the plan's status does not allow the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidState {
    /// The command.
    pub command: Command,
    pub status: Status,
}

impl PlanProgress {
    /// The progress of a plan with a known status only.
    #[must_use]
    pub fn given(status: Status) -> Self {
        Self {
            release: LastExecution::Given(status),
            rollback: None,
        }
    }

    #[must_use]
    pub fn status(&self, now: Millis) -> Status {
        if let Some(rollback) = &self.rollback {
            return match rollback.run.phase(now) {
                Phase::Succeeded => Status::RollbackSucceed,
                Phase::Failed | Phase::Aborted => Status::RollbackFailed,
                Phase::Starting
                | Phase::Running
                | Phase::Waiting
                | Phase::Stopping
                | Phase::Paused
                | Phase::Aborting => Status::RollingBack,
            };
        }
        let batch_run = match &self.release {
            LastExecution::Given(status) => return *status,
            LastExecution::Done(batch_run) => batch_run,
        };
        match batch_run.run.phase(now) {
            Phase::Starting | Phase::Running | Phase::Waiting | Phase::Stopping | Phase::Paused => {
                Status::Running
            }
            Phase::Aborting => Status::Aborting,
            Phase::Aborted => Status::Aborted,
            Phase::Succeeded => Status::Success,
            Phase::Failed if batch_run.is_partial(now) => Status::PartiallyFailed,
            Phase::Failed => Status::Failed,
        }
    }

    /// The progress of a component, by its position.
    #[must_use]
    pub fn component(&self, component: usize, now: Millis) -> ComponentProgress<'_> {
        let released = match &self.release {
            LastExecution::Given(status) => ComponentProgress::given(*status),
            LastExecution::Done(batch_run) => {
                ComponentProgress::released(batch_run, component, now)
            }
        };
        match &self.rollback {
            Some(batch_run) => released.rolled_back(batch_run, component, now),
            None => released,
        }
    }

    /// The next instant after `now` at which time alone changes something, or [`NEVER`].
    #[must_use]
    pub fn next_due(&self, now: Millis) -> Millis {
        self.latest()
            .map_or(NEVER, |batch_run| batch_run.run.next_due(now))
    }

    /// Checks that the plan's status allows the command.
    pub fn check(&self, command: Command, now: Millis) -> Result<(), InvalidState> {
        let status = self.status(now);
        if command.fits().contains(&status) && (command != Command::Abort || self.is_at_work(now)) {
            Ok(())
        } else {
            Err(InvalidState { command, status })
        }
    }

    /// True if an abort has something to cut off: a fixture may hold a run that is starting or paused, which plans show
    /// as running.
    fn is_at_work(&self, now: Millis) -> bool {
        match &self.release {
            LastExecution::Given(_) => true,
            LastExecution::Done(batch_run) => {
                matches!(batch_run.run.phase(now), Phase::Running | Phase::Waiting)
            }
        }
    }

    /// The steps that may change at `due`: components by their position, and possibly the plan's own step after them.
    #[must_use]
    pub fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        self.latest()
            .map_or(Vec::new(), |batch_run| batch_run.run.steps_changing_at(due))
    }

    /// The latest pass, if it is known.
    fn latest(&self) -> Option<&BatchRun> {
        match (&self.rollback, &self.release) {
            (Some(batch_run), _) => Some(batch_run),
            (None, LastExecution::Done(batch_run)) => Some(batch_run),
            (None, LastExecution::Given(_)) => None,
        }
    }

    /// Releases the components that have not succeeded yet; all of them after a rollback, or if the previous execution
    /// is unknown.
    pub fn execute(
        &mut self,
        spec: &PlanSpec,
        context: &mut WriteContext,
        now: Millis,
    ) -> Result<(), InvalidState> {
        self.check(Command::Execute, now)?;
        let earlier = match &self.release {
            LastExecution::Done(batch_run) if self.rollback.is_none() => Some(batch_run),
            LastExecution::Done(_) | LastExecution::Given(_) => None,
        };
        let batches = spec.batches();
        let mut batch_run = BatchRunBuilder::new(spec, context);
        for &component in batches.iter().flatten() {
            match earlier.and_then(|batch_run| batch_run.succeeded(component, now)) {
                Some((span, job)) => batch_run.carry(component, span, job.to_owned()),
                None => batch_run.ask(component, Work::Run),
            }
        }
        let batch_run = batch_run.start(&batches, Work::Run, now);
        (self.release, self.rollback) = (LastExecution::Done(batch_run.into()), None);
        Ok(())
    }

    /// Rolls back the released components, the last batch first; all of them if only the status is known.
    pub fn roll_back(
        &mut self,
        spec: &PlanSpec,
        context: &mut WriteContext,
        now: Millis,
    ) -> Result<(), InvalidState> {
        self.check(Command::Rollback, now)?;
        let mut batches = spec.batches();
        batches.reverse();
        let mut batch_run = BatchRunBuilder::new(spec, context);
        for &component in batches.iter().flatten() {
            let released = match &self.release {
                LastExecution::Given(_) => true,
                LastExecution::Done(batch_run) => batch_run.succeeded(component, now).is_some(),
            };
            if released {
                batch_run.ask(component, Work::Rollback);
            }
        }
        self.rollback = Some(batch_run.start(&batches, Work::Rollback, now));
        Ok(())
    }

    /// Ends the running execution: work is cut off at once, and winding down takes a step. If only the status is known,
    /// all components count as running since `since`.
    pub fn abort(
        &mut self,
        spec: &PlanSpec,
        since: Millis,
        context: &mut WriteContext,
        now: Millis,
    ) -> Result<(), InvalidState> {
        self.check(Command::Abort, now)?;
        let mut batch_run = match &self.release {
            LastExecution::Given(_) => BatchRun::under_way(spec.components.len(), since).into(),
            LastExecution::Done(batch_run) => batch_run.clone(),
        };
        // A fixture may hold a history that is ahead of the clock; its times must increase all the same.
        let last = batch_run.run.commands().last();
        let at = last
            .map_or(batch_run.run.started(), |last| last.at)
            .max(now);
        let ask = context.ask(spec, &spec.name, Work::Abort);
        let takes = context.scripts.decide_length(&ask);
        let abort = lifecycle::Command::Abort(takes);
        batch_run.run.apply(at, abort).map_err(|_| InvalidState {
            command: Command::Abort,
            status: Status::Running,
        })?;
        self.release = LastExecution::Done(batch_run);
        Ok(())
    }
}

impl<'a> ComponentProgress<'a> {
    /// The progress of every component of a plan with a known status only: the plan's status, and jobs that match it.
    fn given(status: Status) -> Self {
        let (job_status, rollback_status) = match status {
            Status::Created => (JobStatus::Created, None),
            Status::Running => (JobStatus::Running, None),
            Status::Success => (JobStatus::Succeeded, None),
            Status::Failed | Status::PartiallyFailed | Status::Aborting | Status::Aborted => {
                (JobStatus::Failed, None)
            }
            Status::RollingBack => (JobStatus::Succeeded, Some(JobStatus::Running)),
            Status::RollbackSucceed => (JobStatus::Succeeded, Some(JobStatus::Succeeded)),
            Status::RollbackFailed => (JobStatus::Succeeded, Some(JobStatus::Failed)),
        };
        Self {
            status,
            job_status,
            job: Job::default(),
            rollback_status,
            rollback: Job::default(),
        }
    }

    /// The progress of a component in an execution.
    fn released(batch_run: &'a BatchRun, component: usize, now: Millis) -> Self {
        let (job_status, verdict, job) = batch_run.job(component, now);
        let status = match (job_status, verdict) {
            (_, Some(Verdict::Interrupted)) => Status::Aborted,
            (JobStatus::Created, _) => Status::Created,
            (JobStatus::Running, _) => Status::Running,
            (JobStatus::Succeeded, _) => Status::Success,
            (JobStatus::Failed, _) => Status::Failed,
        };
        Self {
            status,
            job_status,
            job,
            rollback_status: None,
            rollback: Job::default(),
        }
    }

    /// The progress after a rollback. A component that is not rolled back yet is unchanged.
    fn rolled_back(self, batch_run: &'a BatchRun, component: usize, now: Millis) -> Self {
        let (job_status, verdict, job) = batch_run.job(component, now);
        if verdict == Some(Verdict::Skipped) {
            return self;
        }
        let status = match job_status {
            JobStatus::Created => self.status,
            JobStatus::Running => Status::RollingBack,
            JobStatus::Succeeded => Status::RollbackSucceed,
            JobStatus::Failed => Status::RollbackFailed,
        };
        Self {
            status,
            rollback_status: Some(job_status),
            rollback: job,
            ..self
        }
    }
}

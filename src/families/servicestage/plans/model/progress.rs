//! The progress of a plan: its last execution, and the rollback that followed.
//!
//! Components are released batch by batch, in ascending `seq`; those of one batch together. A rollback takes
//! the batches in reverse order, and only the components that were released. The plan's `fail_strategy` rules
//! both: after a failure the siblings of the batch go on to their end, and later batches are left alone
//! (`stop`) or follow all the same (`continue`).

use super::batch_run::{BatchRun, BatchRunBuilder, Job, WriteContext};
use super::spec::PlanSpec;
use super::vocabulary::{Command, JobStatus, Status};
use crate::sim::lifecycle::{self, Phase, Verdict};
use crate::sim::scripts::Work;
use crate::sim::{Millis, NEVER};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanProgress {
    /// The last execution, or what is said in its place.
    pub release: LastExecution,
    /// The rollback of that.
    pub rollback: Option<BatchRun>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastExecution {
    /// It is not known; a status was given. That of a fresh or edited plan is `CREATED`.
    Given(Status),
    /// It was done here.
    Done(Box<BatchRun>),
}

/// What can be seen of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComponentProgress<'a> {
    pub status: Status,
    /// What the job is at that releases it.
    pub job_status: JobStatus,
    /// That job.
    pub job: Job<'a>,
    /// What the job is at that rolls it back, if there is one.
    pub rollback_status: Option<JobStatus>,
    /// That job.
    pub rollback: Job<'a>,
}

/// Refused: the command does not fit what the plan is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidState {
    /// The command.
    pub command: Command,
    pub status: Status,
}

impl PlanProgress {
    /// That of a plan of which only the status is known.
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

    /// What a component is at, by its position.
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

    /// The next instant after `now` at which something changes by itself, or [`NEVER`].
    #[must_use]
    pub fn next_due(&self, now: Millis) -> Millis {
        self.latest()
            .map_or(NEVER, |batch_run| batch_run.run.next_due(now))
    }

    /// True if a command fits what the plan is at.
    pub fn check(&self, command: Command, now: Millis) -> Result<(), InvalidState> {
        let status = self.status(now);
        if command.fits().contains(&status) && (command != Command::Abort || self.is_at_work(now)) {
            Ok(())
        } else {
            Err(InvalidState { command, status })
        }
    }

    /// True if there is something that an abort can cut: a fixture may tell of a run that leads in or is paused,
    /// which plans show as running.
    fn is_at_work(&self, now: Millis) -> bool {
        match &self.release {
            LastExecution::Given(_) => true,
            LastExecution::Done(batch_run) => {
                matches!(batch_run.run.phase(now), Phase::Running | Phase::Waiting)
            }
        }
    }

    /// The steps that may look otherwise at `due` than just before: components by their position, and perhaps
    /// the plan's own step behind them.
    #[must_use]
    pub fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        self.latest()
            .map_or(Vec::new(), |batch_run| batch_run.run.steps_changing_at(due))
    }

    /// The round that came last, if anything is known of it.
    fn latest(&self) -> Option<&BatchRun> {
        match (&self.rollback, &self.release) {
            (Some(batch_run), _) => Some(batch_run),
            (None, LastExecution::Done(batch_run)) => Some(batch_run),
            (None, LastExecution::Given(_)) => None,
        }
    }

    /// Releases what has not succeeded yet; after a rollback, or where nothing is known of the execution
    /// before, everything.
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

    /// Takes back what was released, the last batch first. Of a given status it is not known what was
    /// released; then it is everything.
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

    /// Ends the execution under way: work is cut at once, and winding down takes a step. Of a given status it
    /// is not known what was under way; then it is everything, since `since`.
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
        // A fixture may hold a history that is ahead of the clock; time goes forward in it all the same.
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
    /// That of every component of a plan of which only the status is known: they show the plan's, and jobs
    /// that fit it.
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

    /// That of a component in an execution.
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

    /// The same with what a rollback did to it. One whose turn has not come looks as before.
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

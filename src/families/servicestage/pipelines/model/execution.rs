//! An execution: one start of a pipeline with its retries and its rollback.

use serde::{Deserialize, Serialize};

use super::stages::{Stages, Step};
use super::status::PipelineStatus;
use crate::sim::Millis;
use crate::sim::lifecycle::{Phase, Run, StepState, Verdict};

/// The cause of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::FromRepr)]
#[repr(u8)]
pub enum Trigger {
    /// A caller.
    Manual = 0,
    /// The pipeline's trigger policy.
    Scheduled = 1,
}

/// One start of a pipeline, with its retries and its rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Executions are numbered over all pipelines of a world.
    pub id: i64,
    /// The pipeline's version at the start.
    pub version: i64,
    pub executor: String,
    pub trigger: Trigger,
    pub triggered: Millis,
    /// The stages at the start.
    pub stages: Stages,
    /// The first run, then those of retries and rollbacks. Never empty.
    pub attempts: Vec<Attempt>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub purpose: Purpose,
    pub run: Run,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// A release, from the start or from the failed tasks.
    Release,
    Rollback,
}

impl Execution {
    /// The latest run.
    ///
    /// # Panics
    /// Never: an execution begins with a run.
    pub fn latest(&self) -> &Attempt {
        self.attempts
            .last()
            .expect("an execution begins with a run")
    }

    /// The latest run, for commands.
    ///
    /// # Panics
    /// Never: an execution begins with a run.
    pub fn latest_mut(&mut self) -> &mut Attempt {
        self.attempts
            .last_mut()
            .expect("an execution begins with a run")
    }

    /// The latest release. The statuses of stages and tasks are those of its steps, during a rollback too.
    ///
    /// # Panics
    /// Never: an execution begins with a release.
    pub fn release(&self) -> &Run {
        let release = self
            .attempts
            .iter()
            .rev()
            .find(|attempt| attempt.purpose == Purpose::Release);
        &release.expect("an execution begins with a release").run
    }

    pub fn status(&self, now: Millis) -> PipelineStatus {
        let Attempt { purpose, run } = self.latest();
        match (purpose, run.phase(now)) {
            (Purpose::Release, Phase::Starting) => PipelineStatus::Restarting,
            (Purpose::Release, Phase::Running) => PipelineStatus::Releasing,
            (Purpose::Release, Phase::Waiting) => PipelineStatus::ToBeApproved,
            (Purpose::Release, Phase::Stopping) => PipelineStatus::Stopping,
            (Purpose::Release, Phase::Paused) => PipelineStatus::Paused,
            (Purpose::Release, Phase::Succeeded) => PipelineStatus::Succeeded,
            (Purpose::Release, Phase::Failed | Phase::Aborting | Phase::Aborted) => {
                PipelineStatus::Failed
            }
            (Purpose::Rollback, Phase::Succeeded) => PipelineStatus::RolledBack,
            (Purpose::Rollback, Phase::Failed | Phase::Aborting | Phase::Aborted) => {
                PipelineStatus::RollbackFailed
            }
            (
                Purpose::Rollback,
                Phase::Starting | Phase::Running | Phase::Waiting | Phase::Stopping | Phase::Paused,
            ) => PipelineStatus::RollingBack,
        }
    }

    pub fn ended(&self, now: Millis) -> Option<Millis> {
        self.latest().run.ended(now)
    }

    /// The steps of the latest release, each with its status.
    pub fn steps(&self, now: Millis) -> impl Iterator<Item = (Step<'_>, PipelineStatus)> {
        let open = self.open_status(now);
        let steps = self.stages.steps().enumerate();
        steps.map(move |(n, step)| (step, self.step_status(n, step, open, now)))
    }

    /// One of these steps.
    pub fn step(&self, n: usize, now: Millis) -> Option<(Step<'_>, PipelineStatus)> {
        let step = self.stages.step(n)?;
        let open = self.open_status(now);
        Some((step, self.step_status(n, step, open, now)))
    }

    /// The status of every open step during a stop or a pause; otherwise each has its own.
    fn open_status(&self, now: Millis) -> Option<PipelineStatus> {
        match self.release().phase(now) {
            Phase::Stopping => Some(PipelineStatus::Stopping),
            Phase::Paused => Some(PipelineStatus::Paused),
            _ => None,
        }
    }

    fn step_status(
        &self,
        n: usize,
        step: Step,
        open: Option<PipelineStatus>,
        now: Millis,
    ) -> PipelineStatus {
        match self.release().step_state(n, now) {
            StepState::Idle => PipelineStatus::Initialised,
            StepState::Open { .. } => open.unwrap_or(match step.gate_name() {
                Some(_) => PipelineStatus::ToBeApproved,
                None => PipelineStatus::Releasing,
            }),
            StepState::Ended { verdict, .. } => match verdict {
                Verdict::Succeeded => PipelineStatus::Succeeded,
                Verdict::Failed | Verdict::Interrupted => PipelineStatus::Failed,
                Verdict::Skipped => PipelineStatus::Skipped,
            },
        }
    }

    /// The gates that wait for an approval, with their names.
    fn waiting_gates(&self, now: Millis) -> impl Iterator<Item = (usize, &str)> {
        let steps = self.stages.steps().enumerate();
        steps.filter_map(move |(n, step)| {
            let name = step.gate_name()?;
            self.release().waits_at(n, now).then_some((n, name))
        })
    }

    /// The names of the gates that wait for an approval.
    pub fn waiting(&self, now: Millis) -> Vec<&str> {
        self.waiting_gates(now).map(|(_, name)| name).collect()
    }

    /// The first waiting gate of that name, as a step.
    pub fn waiting_gate(&self, name: &str, now: Millis) -> Option<usize> {
        self.waiting_gates(now)
            .find_map(|(n, gate)| (gate == name).then_some(n))
    }
}

//! An execution: one start of a pipeline with its retries and its rollback.

use serde::{Deserialize, Serialize};

use super::stages::{Stages, Step};
use super::status::PipelineStatus;
use crate::sim::Millis;
use crate::sim::heap::{Heap, heap_of};
use crate::sim::lifecycle::{Phase, Run, StepState, Verdict};
use crate::sim::pack::{pack_enums, pack_structs};

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

/// A run of an execution. In a fixture, `R` is the state of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt<R = Run> {
    pub purpose: Purpose,
    pub run: R,
}

/// Without the stages, which belong to its version of the pipeline.
impl Heap for Execution {
    fn heap(&self) -> usize {
        self.executor.heap() + self.attempts.heap()
    }
}

heap_of! {
    Attempt { run }
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
        let steps = self.stages.steps().enumerate();
        steps.map(move |(n, step)| (step, self.step_status(n, step, now)))
    }

    /// One of these steps.
    pub fn step(&self, n: usize, now: Millis) -> Option<(Step<'_>, PipelineStatus)> {
        let step = self.stages.step(n)?;
        Some((step, self.step_status(n, step, now)))
    }

    fn step_status(&self, n: usize, step: Step, now: Millis) -> PipelineStatus {
        let release = self.release();
        match release.step_state(n, now) {
            StepState::Idle => PipelineStatus::Initialised,
            // A stop or a pause concerns every open step.
            StepState::Open { .. } => match (release.phase(now), step.gate_name()) {
                (Phase::Stopping, _) => PipelineStatus::Stopping,
                (Phase::Paused, _) => PipelineStatus::Paused,
                (_, Some(_)) => PipelineStatus::ToBeApproved,
                (_, None) => PipelineStatus::Releasing,
            },
            StepState::Ended { verdict, .. } => match verdict {
                Verdict::Succeeded => PipelineStatus::Succeeded,
                Verdict::Failed | Verdict::TimedOut | Verdict::Interrupted => {
                    PipelineStatus::Failed
                }
                Verdict::Skipped => PipelineStatus::Skipped,
            },
        }
    }

    /// The gates that wait for an approval, with their names.
    pub fn waiting_gates(&self, now: Millis) -> impl Iterator<Item = (usize, &str)> {
        let steps = self.stages.steps().enumerate();
        steps.filter_map(move |(n, step)| {
            let name = step.gate_name()?;
            self.release().waits_at(n, now).then_some((n, name))
        })
    }
}

pack_enums! {
    Trigger { 0: Manual, 1: Scheduled }
    Purpose { 0: Release, 1: Rollback }
}

pack_structs! {
    Execution { id, version, executor, trigger, triggered, stages, attempts }
    Attempt { purpose, run }
}

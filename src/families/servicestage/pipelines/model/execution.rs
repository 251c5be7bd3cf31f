//! An execution: one start of a pipeline with its retries and its rollback.

use serde::{Deserialize, Serialize};

use super::stages::{SelectedStage, Stage, Stages, Step, is_selected, tree};
use super::status::Status;
use crate::sim::Millis;
use crate::sim::lifecycle::{
    FailurePolicy, Outcome, Phase, Run, RunPlan, StepPlan, StepState, Verdict,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A caller.
    Manual,
    /// The pipeline's trigger policy.
    Scheduled,
}

/// One start of a pipeline. Its number grows by one from start to start, over all pipelines of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Its number.
    pub id: i64,
    /// The pipeline's version at the start.
    pub version: i64,
    pub executor: String,
    pub trigger: Trigger,
    pub triggered: Millis,
    /// The stages as they were then.
    pub stages: Stages,
    /// The run it began with, and what retry and rollback put after it. Never empty.
    pub attempts: Vec<Attempt>,
}

/// A run of an execution and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub purpose: Purpose,
    /// The run.
    pub run: Run,
}

/// What a run of an execution is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The release, from the start or from where it failed.
    Release,
    /// Back to the state before.
    Rollback,
}

impl Execution {
    /// The latest run.
    ///
    /// # Panics
    /// Never: an execution has its first run from the start.
    pub fn latest(&self) -> &Attempt {
        self.attempts
            .last()
            .expect("an execution begins with a run")
    }

    /// The latest run, for commands.
    ///
    /// # Panics
    /// Never: an execution has its first run from the start.
    pub fn latest_mut(&mut self) -> &mut Attempt {
        self.attempts
            .last_mut()
            .expect("an execution begins with a run")
    }

    /// The latest run that released anything: its steps are what can be seen of the stages.
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

    pub fn status(&self, now: Millis) -> Status {
        let Attempt { purpose, run } = self.latest();
        match (purpose, run.phase(now)) {
            (Purpose::Release, Phase::Starting) => Status::Restarting,
            (Purpose::Release, Phase::Running) => Status::Releasing,
            (Purpose::Release, Phase::Waiting) => Status::ToBeApproved,
            (Purpose::Release, Phase::Stopping) => Status::Stopping,
            (Purpose::Release, Phase::Paused) => Status::Paused,
            (Purpose::Release, Phase::Succeeded) => Status::Succeeded,
            (Purpose::Release, Phase::Failed | Phase::Aborting | Phase::Aborted) => Status::Failed,
            (Purpose::Rollback, Phase::Succeeded) => Status::RolledBack,
            (Purpose::Rollback, Phase::Failed | Phase::Aborting | Phase::Aborted) => {
                Status::RollbackFailed
            }
            (
                Purpose::Rollback,
                Phase::Starting | Phase::Running | Phase::Waiting | Phase::Stopping | Phase::Paused,
            ) => Status::RollingBack,
        }
    }

    pub fn ended(&self, now: Millis) -> Option<Millis> {
        self.latest().run.ended(now)
    }

    /// The steps of the latest release with what each is at.
    pub fn steps(&self, now: Millis) -> impl Iterator<Item = (Step<'_>, Status)> {
        let open = self.open(now);
        let steps = self.stages.steps().enumerate();
        steps.map(move |(step, part)| (part, self.step_status(step, part, open, now)))
    }

    /// One of these steps.
    pub fn step(&self, step: usize, now: Millis) -> Option<(Step<'_>, Status)> {
        let part = self.stages.step(step)?;
        Some((part, self.step_status(step, part, self.open(now), now)))
    }

    /// What open steps show instead of their own status: during a stop and a pause all the same.
    fn open(&self, now: Millis) -> Option<Status> {
        match self.release().phase(now) {
            Phase::Stopping => Some(Status::Stopping),
            Phase::Paused => Some(Status::Paused),
            _ => None,
        }
    }

    fn step_status(&self, step: usize, part: Step, open: Option<Status>, now: Millis) -> Status {
        match self.release().step_state(step, now) {
            StepState::Idle => Status::Initialised,
            StepState::Open { .. } => open.unwrap_or(match part.gate_name() {
                Some(_) => Status::ToBeApproved,
                None => Status::Releasing,
            }),
            StepState::Ended { verdict, .. } => match verdict {
                Verdict::Succeeded => Status::Succeeded,
                Verdict::Failed | Verdict::Interrupted => Status::Failed,
                Verdict::Skipped => Status::Skipped,
            },
        }
    }

    /// The names under which approvals wait.
    pub fn waiting(&self, now: Millis) -> Vec<&str> {
        let run = self.release();
        let steps = self.stages.steps().enumerate();
        let waiting = steps.filter(|(step, _)| run.waits_at(*step, now));
        waiting.filter_map(|(_, part)| part.gate_name()).collect()
    }

    /// The gate of that name which waits, as a step.
    pub fn waiting_gate(&self, name: &str, now: Millis) -> Option<usize> {
        let run = self.release();
        let named = |(step, part): (usize, Step)| {
            (part.gate_name() == Some(name) && run.waits_at(step, now)).then_some(step)
        };
        self.stages.steps().enumerate().find_map(named)
    }
}

/// How a run goes about its steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunOptions {
    /// True if tasks after a failed one still run.
    pub(crate) fail: FailurePolicy,
    /// How long a stop takes to become a pause.
    pub(crate) brake: Millis,
    /// How long it restarts before the first step begins; 0 for a plain start.
    pub(crate) lead: Millis,
}

impl RunOptions {
    fn script(self, steps: &[Step], does: Vec<StepPlan>) -> RunPlan {
        RunPlan {
            fail: self.fail,
            start_delay: self.lead,
            stop_delay: self.brake,
            ..RunPlan::new(tree(steps), does)
        }
    }
}

/// A run of the selected tasks; the outcome of each is asked of `decide` by the step's name.
pub(crate) fn release(
    stages: &Stages,
    selected: Option<&[SelectedStage]>,
    options: RunOptions,
    now: Millis,
    mut decide: impl FnMut(&str) -> StepPlan,
) -> Run {
    let steps: Vec<_> = stages.steps().collect();
    let does = steps
        .iter()
        .map(|part| does(*part, selected, &mut decide))
        .collect();
    Run::start(now, options.script(&steps, does))
}

/// A run that repeats what has not succeeded, after a brief restart.
pub(crate) fn repetition(
    failed: &Run,
    stages: &Stages,
    lead: Millis,
    now: Millis,
    mut decide: impl FnMut(&str) -> StepPlan,
) -> Run {
    let steps: Vec<_> = stages.steps().collect();
    let does = failed.repeat(now, |step| does(steps[step], None, &mut decide));
    Run::start(
        now,
        RunPlan {
            steps: does,
            start_delay: lead,
            ..failed.plan().clone()
        },
    )
}

/// A run that waits at a gate, everything before which is done: what a fixture means that gives status 5.
pub(crate) fn release_at_gate(
    stages: &Stages,
    gate: &str,
    options: RunOptions,
    now: Millis,
    mut decide: impl FnMut(&str) -> StepPlan,
) -> Option<Run> {
    let steps: Vec<_> = stages.steps().collect();
    let at = steps
        .iter()
        .position(|part| part.gate_name() == Some(gate))?;
    let does = steps
        .iter()
        .enumerate()
        .map(|(step, part)| {
            if step < at {
                done_at(now)
            } else {
                does(*part, None, &mut decide)
            }
        })
        .collect();
    Some(Run::start(now, options.script(&steps, does)))
}

/// A run in which everything is done already: what a fixture means that gives an ended status.
pub(crate) fn done(stages: &Stages, now: Millis) -> Run {
    let steps: Vec<_> = stages.steps().collect();
    let does = vec![done_at(now); steps.len()];
    Run::start(now, RunPlan::new(tree(&steps), does))
}

/// A step that counts as done at that instant.
fn done_at(at: Millis) -> StepPlan {
    StepPlan::Inherited { begin: at, end: at }
}

/// True if anything of a stage runs; one without tasks does if the selection names it.
fn takes_part(selected: Option<&[SelectedStage]>, stage: &Stage) -> bool {
    if stage.tasks.is_empty() {
        selected.is_none_or(|selected| selected.iter().any(|entry| entry.stage == stage.name))
    } else {
        stage
            .tasks
            .iter()
            .any(|task| is_selected(selected, stage, task))
    }
}

fn does(
    part: Step,
    selected: Option<&[SelectedStage]>,
    decide: &mut impl FnMut(&str) -> StepPlan,
) -> StepPlan {
    match part {
        Step::Gate(stage) if takes_part(selected, stage) => StepPlan::Gate,
        Step::Gate(_) => StepPlan::Skip,
        Step::Task(stage, task) if !is_selected(selected, stage, task) => StepPlan::Skip,
        Step::Task(_, task) if task.approval => StepPlan::Gate,
        Step::Task(_, task) => decide(&task.name),
        Step::Pass(stage) if !takes_part(selected, stage) => StepPlan::Skip,
        Step::Pass(_) => StepPlan::Work {
            takes: 0,
            outcome: Outcome::Succeed,
        },
        Step::Opaque => decide(""),
    }
}

//! The pushes of the images of a version, one after the other, each a step of a [`Run`]; the first failure ends it. After 60
//! minutes the service gives up.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::delivered::{Delivered, push_error};
use super::rows::{VersionKind, VersionStatus};
use crate::families::zadig::versions::messages::joined;
use crate::sim::heap::heap_of;
use crate::sim::lifecycle::{Node, Phase, Run, RunRecord, StepPlan, StepState, Verdict};
use crate::sim::pack::pack_structs;
use crate::sim::step_name::{StepName, Unit};
use crate::sim::{Millis, NEVER};

/// The time after which the service gives up on pushes.
const TIME_LIMIT: Millis = 60 * 60 * 1_000;

/// The pushes of a version, with their run or, in a fixture, its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pushing<R = Run> {
    pub run: R,
    /// The images by step.
    pub pushes: Vec<Push>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retried: bool,
    /// True if a chart was requested twice, with which no version succeeds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubled: bool,
    /// The number of the task that pushes, among those of the project.
    #[serde(default = "first_task")]
    pub task: u64,
}

pub(super) fn first_task() -> u64 {
    1
}

/// The push of one image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// The image's name, which is also that of the step.
    pub image: String,
    pub service: String,
}

/// The pushes of a version of generation 2, each with its container in the place of its image.
pub fn pushes_of(delivered: &Delivered) -> Vec<Push> {
    let pushes = delivered.pushes().map(|(service, container)| Push {
        image: container.to_owned(),
        service: service.to_owned(),
    });
    pushes.collect()
}

impl Push {
    /// The service, and the image or the container.
    pub fn key(&self) -> (&str, &str) {
        (&self.service, &self.image)
    }

    /// The full name of the step.
    pub(super) fn name(&self) -> StepName<&str> {
        StepName {
            unit: Unit::Service(&self.service),
            step: &self.image,
        }
    }
}

impl Pushing {
    /// Starts pushes, each with its step.
    pub fn start(pushes: Vec<Push>, steps: Vec<StepPlan>, retried: bool, now: Millis) -> Self {
        let one_by_one = Node::Seq((0..steps.len()).map(Node::Step).collect());
        let plan = RunRecord {
            limit: Some(TIME_LIMIT),
            ..RunRecord::new(one_by_one, steps)
        };
        Self {
            run: Run::start(now, plan),
            pushes,
            retried,
            doubled: false,
            task: first_task(),
        }
    }

    pub(super) fn status(&self, now: Millis) -> VersionStatus {
        match self.run.phase(now) {
            Phase::Succeeded if !self.doubled => VersionStatus::Success,
            Phase::Succeeded | Phase::Failed | Phase::Aborted => VersionStatus::Failed,
            _ if self.retried => VersionStatus::Retrying,
            _ => VersionStatus::Creating,
        }
    }

    /// True once the service has given up on pushes that took too long.
    pub fn is_given_up(&self, now: Millis) -> bool {
        let has_failed = |step| self.run.failure(step, now).is_some();
        self.run.phase(now) == Phase::Failed && !(0..self.pushes.len()).any(has_failed)
    }

    /// The run of the task that pushes. It goes on when the service gives up on the version.
    pub(super) fn task_run(&self, now: Millis) -> Cow<'_, Run> {
        if self.is_given_up(now) {
            let record = RunRecord {
                limit: None,
                ..self.run.record().clone()
            };
            if let Ok(run) = Run::restore(record) {
                return Cow::Owned(run);
            }
        }
        Cow::Borrowed(&self.run)
    }

    /// True if the task has failed, so that it can be retried.
    pub fn has_failed(&self, now: Millis) -> bool {
        self.task_run(now).phase(now) == Phase::Failed
    }

    pub(super) fn n_succeeded(&self, now: Millis) -> usize {
        let succeeded = |step: &usize| {
            matches!(
                self.run.step_state(*step, now),
                StepState::Ended {
                    verdict: Verdict::Succeeded,
                    ..
                }
            )
        };
        (0..self.pushes.len()).filter(succeeded).count()
    }

    /// The text on a failure. The service records none for the pushes of a K8s version.
    pub(super) fn error(&self, kind: VersionKind, now: Millis) -> String {
        let failures = self.pushes.iter().enumerate().filter_map(|(step, push)| {
            let why = self.run.failure(step, now)?;
            Some(push_error(&push.service, why))
        });
        let failures: Vec<_> = failures.collect();
        match kind {
            _ if self.is_given_up(now) => "timeout".to_owned(),
            _ if failures.is_empty() => String::new(),
            VersionKind::K8sYaml => String::new(),
            VersionKind::HelmChart => joined(&failures),
        }
    }
}

/// The rest of a step of a task that no retry repeats: a failure is there at once, and work goes on.
pub(super) fn rest_of(run: &Run, step: usize, now: Millis) -> StepPlan {
    let StepPlan::Work { outcome, .. } = &run.record().steps[step] else {
        return run.record().steps[step].clone();
    };
    let (begin, end) = run.span(step);
    let takes = match end {
        NEVER => NEVER,
        end => (end - begin.max(now)).max(0),
    };
    StepPlan::Work {
        takes,
        outcome: outcome.clone(),
    }
}

/// The service's status of a push.
pub(super) fn push_status(step_state: StepState) -> &'static str {
    match step_state {
        StepState::Idle => "waiting",
        StepState::Open { .. } => "running",
        StepState::Ended { verdict, .. } => match verdict {
            Verdict::Succeeded => "passed",
            Verdict::Failed => "failed",
            Verdict::Interrupted | Verdict::TimedOut => "timeout",
            Verdict::Skipped => "skipped",
        },
    }
}

heap_of! {
    Pushing { run, pushes }
    Push { image, service }
}

pack_structs! {
    Pushing { run, pushes, retried, doubled, task }
    Push { image, service }
}

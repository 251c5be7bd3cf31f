//! A job task: a part of a job, as it runs.

use serde::{Deserialize, Serialize};

use super::parts::{ErrorPolicy, UserRef};
use super::status::WorkflowStatus;
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::heap::{Heap, heap_of};
use crate::sim::lifecycle::{Run, RunRecord, StepPlan, StepState, Verdict};
use crate::sim::pack::{pack_enums, pack_structs};

/// The wait between two tries of a job.
pub const RETRY_PAUSE: Millis = 10_000;

/// A part of a job that runs: most jobs have one, builds and deployments one for each service.
#[derive(Clone, Debug, PartialEq)]
pub struct JobTask {
    /// The name, which is unique in the task.
    pub name: String,
    pub key: String,
    pub display_name: String,
    /// The name of the job.
    pub origin_name: String,
    pub kind: String,
    pub spec: JobSpec,
    /// The parts of the name, by what they are.
    pub info: Vec<(String, String)>,
    pub error_policy: Option<ErrorPolicy>,
    /// The time after which it is given up.
    pub timeout: Millis,
    pub steps: JobSteps,
    /// The state that a fixture gave, until the task runs again.
    pub given: Option<GivenState>,
    /// The user who decided on its failure.
    pub handler: Option<UserRef>,
}

/// The settings of a job task.
#[derive(Clone, Debug, PartialEq)]
pub enum JobSpec {
    /// A build: the image is shown once it has passed.
    Build {
        spec: BuildSpec,
        image: String,
    },
    Approval(Box<Approval>),
    Other(RawJson),
}

/// The settings of a build, and of a shell script.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BuildSpec {
    pub repos: Option<RawJson>,
    pub image: String,
    pub package: String,
    pub service_name: String,
    pub service_module: String,
    pub envs: Option<RawJson>,
}

/// An approval. The service keeps it as a map, whose keys are in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approval {
    #[serde(alias = "approval_message", alias = "approval_title")]
    pub title: String,
    pub description: String,
    pub native_approval: Option<NativeApproval>,
    /// In minutes; 0: 60.
    pub timeout: i64,
    #[serde(rename = "type")]
    pub kind: String,
}

/// An approval by users of the service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NativeApproval {
    pub approve_users: Vec<UserRef>,
    pub instance_code: String,
    pub needed_approvers: i64,
    pub reject_or_approve: String,
    /// In minutes.
    pub timeout: i64,
}

/// The state of a job task in a fixture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenState {
    pub status: WorkflowStatus,
    /// In seconds since the epoch, or 0.
    pub start_time: i64,
    pub end_time: i64,
    pub error: String,
    pub retry_count: i64,
}

/// The steps of a job task in the run of its task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobSteps {
    /// Its work or its gate; absent: it is behind a stage that somebody must start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<usize>,
    /// The gate of a failure on which somebody decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handling: Option<usize>,
    /// The beginnings of its further tries, from the beginning of its work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<Millis>,
    /// True if its failure is ignored.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignores_failure: bool,
    /// The status and the error with which an earlier run ended it, if it stays so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<(WorkflowStatus, String)>,
}

heap_of! {
    BuildSpec { repos, image, package, service_name, service_module, envs }
    Approval { title, description, native_approval, kind }
    NativeApproval { approve_users, instance_code, reject_or_approve }
    GivenState { error }
}

impl Heap for JobTask {
    fn heap(&self) -> usize {
        let texts = [
            &self.name,
            &self.key,
            &self.display_name,
            &self.origin_name,
            &self.kind,
        ];
        let texts = texts.into_iter().map(Heap::heap).sum::<usize>();
        let info = self.info.iter();
        let info = info
            .map(|(key, value)| 48 + key.heap() + value.heap())
            .sum::<usize>();
        let spec = match &self.spec {
            JobSpec::Build { spec, image } => spec.heap() + image.heap(),
            JobSpec::Approval(approval) => approval.heap(),
            JobSpec::Other(spec) => spec.heap(),
        };
        let tries = size_of_val(&*self.steps.tries);
        let rest = self.error_policy.heap() + self.given.heap() + self.handler.heap();
        texts + info + spec + tries + rest
    }
}

/// The state of a job task at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobTaskState {
    pub status: WorkflowStatus,
    pub begun: Option<Millis>,
    pub ended: Option<Millis>,
    pub error: String,
    pub retry_count: i64,
}

impl JobTaskState {
    /// A job task that has not begun.
    pub const IDLE: Self = Self {
        status: WorkflowStatus::Idle,
        begun: None,
        ended: None,
        error: String::new(),
        retry_count: 0,
    };
}

impl JobTask {
    pub fn approval(&self) -> Option<&Approval> {
        match &self.spec {
            JobSpec::Approval(approval) => Some(approval),
            _ => None,
        }
    }

    pub fn approval_mut(&mut self) -> Option<&mut Approval> {
        match &mut self.spec {
            JobSpec::Approval(approval) => Some(approval),
            _ => None,
        }
    }

    /// The state that a fixture gave.
    pub fn given_state(&self) -> JobTaskState {
        let Some(given) = &self.given else {
            return JobTaskState::IDLE;
        };
        let instant = |seconds: i64| (seconds != 0).then(|| seconds.saturating_mul(1_000));
        JobTaskState {
            status: given.status,
            begun: instant(given.start_time),
            ended: instant(given.end_time),
            error: given.error.clone(),
            retry_count: given.retry_count,
        }
    }

    /// The state before a run with this plan: only what the plan inherits has ended.
    pub fn waiting_state(&self, plan: &RunRecord) -> JobTaskState {
        let step = self.steps.work.and_then(|step| plan.steps.get(step));
        let (status, error) = match (&self.steps.kept, step) {
            (Some(kept), _) => kept.clone(),
            (None, Some(StepPlan::Skip)) => (WorkflowStatus::Skipped, String::new()),
            (None, _) => (WorkflowStatus::Passed, String::new()),
        };
        match step {
            Some(StepPlan::Inherited { begin, end }) => JobTaskState {
                status,
                begun: Some(*begin),
                ended: Some(*end),
                error,
                retry_count: 0,
            },
            Some(StepPlan::Skip) => JobTaskState {
                status,
                ..JobTaskState::IDLE
            },
            _ => JobTaskState::IDLE,
        }
    }

    /// The status in a run.
    pub fn status(&self, run: &Run, now: Millis) -> WorkflowStatus {
        let Some(step) = self.steps.work else {
            return WorkflowStatus::Idle;
        };
        if let Some((status, _)) = &self.steps.kept {
            return *status;
        }
        let StepState::Ended { verdict, .. } = run.step_state(step, now) else {
            return match run.step_state(step, now) {
                StepState::Idle => WorkflowStatus::Idle,
                _ if matches!(run.record().steps[step], StepPlan::Gate) => {
                    WorkflowStatus::WaitForApproval
                }
                _ => WorkflowStatus::Running,
            };
        };
        let failed = match verdict {
            Verdict::Succeeded => return WorkflowStatus::Passed,
            Verdict::Interrupted => return WorkflowStatus::Cancelled,
            Verdict::Skipped => return WorkflowStatus::Skipped,
            Verdict::TimedOut => WorkflowStatus::Timeout,
            Verdict::Failed if matches!(run.record().steps[step], StepPlan::Gate) => {
                return WorkflowStatus::Reject;
            }
            Verdict::Failed => WorkflowStatus::Failed,
        };
        let handled = self.steps.handling.map(|gate| run.step_state(gate, now));
        match handled {
            None if self.steps.ignores_failure => WorkflowStatus::Unstable,
            None | Some(StepState::Idle) => failed,
            Some(StepState::Open { .. }) => WorkflowStatus::WaitForManualErrorHandling,
            Some(StepState::Ended { verdict, .. }) => match verdict {
                Verdict::Succeeded => WorkflowStatus::Unstable,
                Verdict::Interrupted => WorkflowStatus::Cancelled,
                _ => failed,
            },
        }
    }

    /// The state in a run.
    pub fn state(&self, run: &Run, now: Millis) -> JobTaskState {
        let Some(step) = self.steps.work else {
            return JobTaskState::IDLE;
        };
        let status = self.status(run, now);
        let (begun, mut ended) = match run.step_state(step, now) {
            StepState::Idle => return JobTaskState::IDLE,
            StepState::Open { since } => (since, None),
            StepState::Ended { since, at, .. } => (since, Some(at)),
        };
        if let (Some(gate), Some(_)) = (self.steps.handling, ended) {
            ended = match run.step_state(gate, now) {
                StepState::Ended { at, .. } => Some(at),
                StepState::Open { .. } => None,
                StepState::Idle => ended,
            };
        }
        let tries = self.steps.tries.iter();
        let begun_tries = tries.take_while(|offset| begun.saturating_add(**offset) <= now);
        let (n_tries, last_try) = begun_tries.fold((0, 0), |(n, _), offset| (n + 1, *offset));
        let error = match (&self.steps.kept, run.failure(step, now)) {
            (Some((_, error)), _) => error.clone(),
            (None, _) if status == WorkflowStatus::Cancelled && self.steps.handling.is_some() => {
                "controller shutdown, marking job as cancelled.".to_owned()
            }
            (None, Some(message)) => message.to_owned(),
            (None, None) => match (self.approval(), status) {
                (Some(_), WorkflowStatus::Timeout) => "workflow timeout".to_owned(),
                (Some(_), WorkflowStatus::Cancelled) => "workflow was canceled".to_owned(),
                _ => String::new(),
            },
        };
        JobTaskState {
            status,
            begun: Some(begun.saturating_add(last_try)),
            ended,
            error,
            retry_count: n_tries,
        }
    }
}

pack_enums! {
    JobSpec { 0: Build { spec, image }, 1: Approval(approval), 2: Other(raw_json) }
}

pack_structs! {
    JobTask {
        name, key, display_name, origin_name, kind, spec, info, error_policy, timeout, steps,
        given, handler,
    }
    BuildSpec { repos, image, package, service_name, service_module, envs }
    Approval { title, description, native_approval, timeout, kind }
    NativeApproval { approve_users, instance_code, needed_approvers, reject_or_approve, timeout }
    GivenState { status, start_time, end_time, error, retry_count }
    JobSteps { work, handling, tries, ignores_failure, kept }
}

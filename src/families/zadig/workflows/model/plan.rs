//! The plan of a task's run, which is frozen before the task is put into the queue.

use super::job_task::{JobSpec, JobSteps, JobTask, JobTaskState, RETRY_PAUSE};
use super::parts::ErrorAction;
use super::status::WorkflowStatus;
use super::task::{WorkflowTask, task_key};
use crate::sim::Millis;
use crate::sim::collection::Resource;
use crate::sim::lifecycle::{Node, Outcome, RunRecord, StepPlan, StepRule};
use crate::sim::scripts::{Scripts, StepQuery, Work};
use crate::sim::step_name::{StepName, Unit};

/// The length of work that only looks at something.
const LOOK: Millis = 1_000;

/// The most tries of a job.
const MOST_TRIES: i64 = 100;

/// The states of job tasks that a further run keeps, stage by stage; none for what it does again.
pub type KeptStates = Vec<Vec<Option<JobTaskState>>>;

/// The steps of a run, as they are planned.
#[derive(Default)]
struct Steps {
    plans: Vec<StepPlan>,
    rules: Vec<StepRule>,
}

impl Steps {
    fn add(&mut self, plan: StepPlan, rule: Option<StepRule>) -> usize {
        let step = self.plans.len();
        self.plans.push(plan);
        self.rules
            .extend(rule.map(|rule| StepRule { step, ..rule }));
        step
    }
}

impl WorkflowTask {
    /// Plans a run up to the next stage that somebody must start.
    pub fn plan(&mut self, kept: &KeptStates, scripts: &mut Scripts, now: Millis) -> RunRecord {
        let until = self.manual_stage().unwrap_or(self.stages.len());
        let id = task_key(&self.workflow_key, self.task_id);
        let (project, workflow_key) = (&self.project, &self.workflow_key);
        let mut steps = Steps::default();
        let mut stage_nodes = Vec::new();
        for (n, stage) in self.stages.iter_mut().enumerate() {
            if n >= until {
                for job in &mut stage.jobs {
                    job.steps = JobSteps::default();
                    job.handler = None;
                }
                continue;
            }
            let mut nodes = Vec::new();
            for (m, job) in stage.jobs.iter_mut().enumerate() {
                let state = kept.get(n).and_then(|stage| stage.get(m)?.as_ref());
                if let Some(state) = state {
                    nodes.push(keep(job, state, &mut steps, now));
                    continue;
                }
                let query = StepQuery {
                    family: Self::FAMILY,
                    scope: project,
                    id: &id,
                    name: workflow_key,
                    step: StepName {
                        unit: Unit::Stage(&*stage.name),
                        step: &*job.name.clone(),
                    },
                    alias: Some(&job.origin_name.clone()),
                    work: Work::Run,
                };
                job.handler = None;
                job.given = None;
                nodes.push(plan_job(job, &mut steps, || scripts.decide(&query)));
            }
            stage.given = None;
            stage_nodes.push(if stage.parallel && nodes.len() > 1 {
                let most = self.build_concurrency;
                Node::Pool { most, nodes }
            } else {
                Node::Seq(nodes)
            });
        }
        RunRecord {
            rules: steps.rules.into(),
            ..RunRecord::new(Node::Seq(stage_nodes), steps.plans)
        }
    }
}

/// The step of a job that an earlier run ended for good.
fn keep(job: &mut JobTask, state: &JobTaskState, steps: &mut Steps, now: Millis) -> Node {
    let end = state.ended.unwrap_or(now).min(now);
    let begin = state.begun.unwrap_or(end).min(end);
    let is_passed = state.status == WorkflowStatus::Passed;
    let step = steps.add(StepPlan::Inherited { begin, end }, None);
    job.steps = JobSteps {
        work: Some(step),
        kept: (!is_passed).then(|| (state.status, state.error.clone())),
        ..JobSteps::default()
    };
    Node::Step(step)
}

/// The steps of a job: its work or its gate, and the gate of a failure on which somebody decides.
fn plan_job(job: &mut JobTask, steps: &mut Steps, mut decide: impl FnMut() -> StepPlan) -> Node {
    let policy = job.error_policy.clone().unwrap_or_default();
    let ignores_failure = policy.policy == ErrorAction::IgnoreError;
    let rule = StepRule {
        ignores_failure,
        fails_alone: true,
        limit: Some(job.timeout),
        ..StepRule::none(0)
    };
    job.steps = JobSteps {
        ignores_failure,
        ..JobSteps::default()
    };
    if let JobSpec::Approval(approval) = &mut job.spec {
        let plan = match &mut approval.native_approval {
            None => StepPlan::Work {
                takes: LOOK,
                outcome: Outcome::Fail("waitForApprove: native approval data not found".into()),
            },
            Some(native) => {
                for user in &mut native.approve_users {
                    user.reject_or_approve.clear();
                    user.comment.clear();
                    user.operation_time = 0;
                }
                if native.needed_approvers <= 0 {
                    StepPlan::Work {
                        takes: LOOK,
                        outcome: Outcome::Succeed,
                    }
                } else {
                    StepPlan::Gate
                }
            }
        };
        let step = steps.add(plan, Some(rule));
        job.steps.work = Some(step);
        return Node::Step(step);
    }
    let n_tries = match policy.policy {
        ErrorAction::Retry => 1 + policy.maximum_retry.clamp(0, MOST_TRIES),
        _ => 1,
    };
    let mut begin: Millis = 0;
    let (takes, outcome) = loop {
        let StepPlan::Work { takes, outcome } = decide() else {
            unreachable!("scripts decide on work");
        };
        let fails = outcome != Outcome::Succeed || takes > job.timeout;
        let n_tried = 1 + i64::try_from(job.steps.tries.len()).unwrap_or(i64::MAX);
        if !fails || n_tried >= n_tries {
            break (takes, outcome);
        }
        begin = begin
            .saturating_add(takes.min(job.timeout))
            .saturating_add(RETRY_PAUSE);
        job.steps.tries.push(begin);
    };
    let is_handled = policy.policy == ErrorAction::ManualCheck
        && (outcome != Outcome::Succeed || takes > job.timeout);
    let rule = StepRule {
        ignores_failure: ignores_failure || is_handled,
        limit: Some(begin.saturating_add(job.timeout)),
        ..rule
    };
    let work = StepPlan::Work {
        takes: begin.saturating_add(takes),
        outcome,
    };
    let step = steps.add(work, Some(rule));
    job.steps.work = Some(step);
    if !is_handled {
        return Node::Step(step);
    }
    let alone = StepRule {
        fails_alone: true,
        ..StepRule::none(0)
    };
    let gate = steps.add(StepPlan::Gate, Some(alone));
    job.steps.handling = Some(gate);
    Node::Seq(vec![Node::Step(step), Node::Step(gate)])
}

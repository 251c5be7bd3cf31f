//! A run over the components of a plan: an execution or a rollback.

use serde::{Deserialize, Serialize};

use super::spec::PlanSpec;
use super::vocabulary::{FailStrategy, JobStatus};
use crate::sim::Millis;
use crate::sim::heap::heap_of;
use crate::sim::ids::Ids;
use crate::sim::lifecycle::{Node, Run, RunRecord, StepPlan, StepState, Verdict};
use crate::sim::pack::pack_structs;
use crate::sim::scripts::{Scripts, StepQuery, Work};
use crate::sim::step_name::StepName;

/// The family's name in scripts and transitions.
pub const FAMILY: &str = "plans";

/// A run over the components. The step of a component has the component's position. If no component works, the plan
/// itself has one more step at the end. In a fixture, `R` is the state of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRun<R = Run> {
    pub run: R,
    /// The job id of each component; empty without work.
    pub jobs: Vec<String>,
}

heap_of! {
    BatchRun { run, jobs }
}

/// The job behind a component. Empty texts and zeros stand for absent values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job<'a> {
    pub status: JobStatus,
    pub id: &'a str,
    pub start: Millis,
    pub end: Millis,
    pub message: &'a str,
}

impl Job<'_> {
    /// A job of which only the status is known.
    pub fn unknown(status: JobStatus) -> Self {
        Self {
            status,
            id: "",
            start: 0,
            end: 0,
            message: "",
        }
    }
}

/// The parts of a world that a command on a plan writes to.
#[derive(Debug)]
pub struct PlanWriteContext<'a> {
    pub scripts: &'a mut Scripts,
    pub ids: &'a Ids,
    /// The plan's project.
    pub project: &'a str,
    /// The plan's id.
    pub id: &'a str,
}

impl<'a> PlanWriteContext<'a> {
    /// The query for the outcome of a step: of a component, or of the plan as a whole.
    pub fn query<'b>(
        &self,
        spec: &'b PlanSpec,
        step: StepName<&'b str>,
        work: Work,
    ) -> StepQuery<'b>
    where
        'a: 'b,
    {
        query(self.project, self.id, spec, step, work)
    }
}

/// The query for the outcome of a step of a plan.
pub fn query<'a>(
    scope: &'a str,
    id: &'a str,
    spec: &'a PlanSpec,
    step: StepName<&'a str>,
    work: Work,
) -> StepQuery<'a> {
    StepQuery {
        family: FAMILY,
        scope,
        id,
        name: &spec.name,
        step,
        alias: None,
        work,
    }
}

impl BatchRun {
    /// Starts a run, batch by batch; a rollback starts with the last batch. `idle` returns the step and the job id of a
    /// component without work.
    pub fn start(
        spec: &PlanSpec,
        context: &mut PlanWriteContext,
        work: Work,
        now: Millis,
        idle: impl Fn(usize) -> Option<(StepPlan, String)>,
    ) -> Self {
        let mut batches = spec.batches();
        if work == Work::Rollback {
            batches.reverse();
        }
        let n_components = spec.components.len();
        let mut steps = vec![StepPlan::Skip; n_components];
        let mut jobs = vec![String::new(); n_components];
        for &component in batches.iter().flatten() {
            (steps[component], jobs[component]) = idle(component).unwrap_or_else(|| {
                let query = context.query(spec, spec.components[component].step_name(), work);
                let step = context.scripts.decide(&query);
                (step, format!("JOB{}", context.ids.uuid(|_| false)))
            });
        }
        let mut tree: Vec<_> = batches.into_iter().map(parallel).collect();
        if !steps
            .iter()
            .any(|step| matches!(step, StepPlan::Work { .. }))
        {
            // Even a plan without components takes a step.
            tree.push(Node::Step(n_components));
            let query = context.query(spec, spec.whole(), work);
            steps.push(context.scripts.decide(&query));
        }
        let plan = RunRecord {
            continue_on_failure: spec.fail_strategy == FailStrategy::Continue,
            ..RunRecord::new(Node::Seq(tree), steps)
        };
        Self {
            run: Run::start(now, plan),
            jobs,
        }
    }

    /// A run in which everything is under way, for a plan with a given status.
    pub fn under_way(n_components: usize, since: Millis) -> Self {
        let n_steps = n_components.max(1);
        let tree = parallel((0..n_steps).collect());
        Self {
            run: Run::start(since, RunRecord::new(tree, vec![StepPlan::HANG; n_steps])),
            jobs: vec![String::new(); n_components],
        }
    }

    pub fn has_succeeded(&self, component: usize, now: Millis) -> bool {
        self.inherited(component, now).is_some()
    }

    /// The step and the job id that a later execution inherits, if the component has succeeded.
    pub fn inherited(&self, component: usize, now: Millis) -> Option<(StepPlan, String)> {
        match self.run.step_state(component, now) {
            StepState::Ended {
                since: begin,
                at: end,
                verdict: Verdict::Succeeded,
            } => Some((
                StepPlan::Inherited { begin, end },
                self.jobs[component].clone(),
            )),
            StepState::Idle | StepState::Open { .. } | StepState::Ended { .. } => None,
        }
    }

    /// True if a failed run failed only in part, which is reported only of runs that continue after a failure.
    pub fn is_partial(&self, now: Millis) -> bool {
        self.run.record().continue_on_failure
            && (0..self.jobs.len()).any(|component| self.has_succeeded(component, now))
    }

    /// The job of a component, and the verdict once its work has ended.
    pub fn job(&self, component: usize, now: Millis) -> (Job<'_>, Option<Verdict>) {
        let job = |status, start, end| Job {
            status,
            id: &self.jobs[component],
            start,
            end,
            message: self.run.failure(component, now).unwrap_or_default(),
        };
        match self.run.step_state(component, now) {
            StepState::Idle => (Job::unknown(JobStatus::Created), None),
            StepState::Open { since } => (job(JobStatus::Running, since, 0), None),
            StepState::Ended { since, at, verdict } => {
                let job = match verdict {
                    Verdict::Succeeded => job(JobStatus::Succeeded, since, at),
                    Verdict::Failed | Verdict::TimedOut | Verdict::Interrupted => {
                        job(JobStatus::Failed, since, at)
                    }
                    Verdict::Skipped => Job::unknown(JobStatus::Created),
                };
                (job, Some(verdict))
            }
        }
    }
}

fn parallel(steps: Vec<usize>) -> Node {
    Node::Par(steps.into_iter().map(Node::Step).collect())
}

pack_structs! {
    BatchRun { run, jobs }
}

//! A run over the components of a plan: an execution or a rollback.

use super::spec::PlanSpec;
use super::vocabulary::JobStatus;
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::sim::lifecycle::{
    FailurePolicy, Node, Run, RunPlan, Span, StepPlan, StepState, Verdict,
};
use crate::sim::scripts::{Scripts, StepQuery, Work};

/// The family's name, as scripts and transitions know it.
pub const FAMILY: &str = "plans";

/// One pass over the components, an execution or a rollback. A component's step has the component's position; a
/// pass with nothing to do has one more step at the end, the plan's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRun {
    /// The work.
    pub run: Run,
    /// The job of each component that takes part, otherwise an empty text.
    pub jobs: Vec<String>,
}

/// The job behind a component. Empty texts and zeros stand for events that have not happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Job<'a> {
    /// Its id.
    pub id: &'a str,
    pub start: Millis,
    pub end: Millis,
    pub message: &'a str,
}

/// The context of starting work: the plan, the scripts and the ids.
#[derive(Debug)]
pub struct WriteContext<'a> {
    pub scripts: &'a mut Scripts,
    pub ids: &'a Ids,
    /// The plan's project.
    pub project: &'a str,
    /// The plan's id.
    pub id: &'a str,
}

impl<'a> WriteContext<'a> {
    /// The context for a plan.
    pub fn new(project: &'a str, id: &'a str, scripts: &'a mut Scripts, ids: &'a Ids) -> Self {
        Self {
            scripts,
            ids,
            project,
            id,
        }
    }

    /// The query for a step's outcome: components by their names, the plan's own step by the plan's name.
    pub fn ask<'b>(&self, spec: &'b PlanSpec, step: &'b str, work: Work) -> StepQuery<'b>
    where
        'a: 'b,
    {
        StepQuery {
            family: FAMILY,
            scope: self.project,
            id: self.id,
            name: &spec.name,
            step,
            work,
        }
    }
}

impl BatchRun {
    /// A pass in progress with unknown details: all components are at work.
    #[must_use]
    pub fn under_way(n_components: usize, since: Millis) -> Self {
        let n_steps = n_components.max(1);
        let tree = Node::Par((0..n_steps).map(Node::Step).collect());
        Self {
            run: Run::start(since, RunPlan::new(tree, vec![StepPlan::HANG; n_steps])),
            jobs: vec![String::new(); n_components],
        }
    }

    /// The span and the job of a component's release, if it was released.
    #[must_use]
    pub fn succeeded(&self, component: usize, now: Millis) -> Option<(Span, &str)> {
        match self.run.step_state(component, now) {
            StepState::Ended {
                since,
                at,
                verdict: verdict @ Verdict::Succeeded,
            } => {
                let span = Span {
                    begin: since,
                    end: at,
                    verdict,
                };
                Some((span, &self.jobs[component]))
            }
            StepState::Idle | StepState::Open { .. } | StepState::Ended { .. } => None,
        }
    }

    /// True if a failed pass failed only in part, which only a pass that continues after a failure can.
    #[must_use]
    pub fn is_partial(&self, now: Millis) -> bool {
        self.run.plan().fail == FailurePolicy::Continue
            && (0..self.jobs.len()).any(|component| self.succeeded(component, now).is_some())
    }

    /// The status of a component's job in this pass, with its verdict once it has one.
    #[must_use]
    pub fn job(&self, component: usize, now: Millis) -> (JobStatus, Option<Verdict>, Job<'_>) {
        let job = |start, end| Job {
            id: &self.jobs[component],
            start,
            end,
            message: self.run.failure(component, now).unwrap_or_default(),
        };
        match self.run.step_state(component, now) {
            StepState::Idle => (JobStatus::Created, None, Job::default()),
            StepState::Open { since } => (JobStatus::Running, None, job(since, 0)),
            StepState::Ended { since, at, verdict } => match verdict {
                Verdict::Succeeded => (JobStatus::Succeeded, Some(verdict), job(since, at)),
                Verdict::Failed | Verdict::Interrupted => {
                    (JobStatus::Failed, Some(verdict), job(since, at))
                }
                Verdict::Skipped => (JobStatus::Created, Some(verdict), Job::default()),
            },
        }
    }
}

/// A pass about to start, batch by batch. Components that are never mentioned do not take part.
pub struct BatchRunBuilder<'a, 'm> {
    spec: &'a PlanSpec,
    context: &'a mut WriteContext<'m>,
    does: Vec<StepPlan>,
    jobs: Vec<String>,
}

impl<'a, 'm> BatchRunBuilder<'a, 'm> {
    /// A pass without components.
    pub fn new(spec: &'a PlanSpec, context: &'a mut WriteContext<'m>) -> Self {
        let n_components = spec.components.len();
        Self {
            spec,
            context,
            does: vec![StepPlan::Skip; n_components],
            jobs: vec![String::new(); n_components],
        }
    }

    /// Adds a component that an earlier job has released.
    pub fn carry(&mut self, component: usize, span: Span, job: String) {
        self.does[component] = StepPlan::Inherited {
            begin: span.begin,
            end: span.end,
        };
        self.jobs[component] = job;
    }

    /// Adds a component whose outcome the scripts decide.
    pub fn ask(&mut self, component: usize, work: Work) {
        let name = &self.spec.components[component].name;
        let ask = self.context.ask(self.spec, name, work);
        self.does[component] = self.context.scripts.decide(&ask);
        self.jobs[component] = format!("JOB{}", self.context.ids.uuid(|_| false));
    }

    /// Starts the pass.
    #[must_use]
    pub fn start(mut self, batches: &[Vec<usize>], work: Work, now: Millis) -> BatchRun {
        let together =
            |batch: &Vec<usize>| Node::Par(batch.iter().copied().map(Node::Step).collect());
        let mut tree: Vec<_> = batches.iter().map(together).collect();
        let works = |does: &StepPlan| matches!(does, StepPlan::Work { .. });
        if !self.does.iter().any(works) {
            // Even a plan without components takes a step.
            tree.push(Node::Step(self.does.len()));
            let ask = self.context.ask(self.spec, &self.spec.name, work);
            self.does.push(self.context.scripts.decide(&ask));
        }
        let fail = self.spec.fail_mode();
        let run_plan = RunPlan {
            fail,
            ..RunPlan::new(Node::Seq(tree), self.does)
        };
        BatchRun {
            run: Run::start(now, run_plan),
            jobs: self.jobs,
        }
    }
}

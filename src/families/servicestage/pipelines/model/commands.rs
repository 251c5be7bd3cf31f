//! The effect of commands and scheduled starts on a pipeline.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::action::Action;
use super::definition::FailMode;
use super::execution::{Attempt, Execution, Purpose, Trigger};
use super::executions::KEPT_EXECUTIONS;
use super::pipeline::Pipeline;
use super::selection::TaskSelection;
use super::stages::Step;
use super::status::PipelineStatus;
use crate::families::servicestage::commands::Commanded;
use crate::families::servicestage::refusal::{Refusal, RefusalCause};
use crate::http::json::ValidationError;
use crate::sim::collection::Resource;
use crate::sim::lifecycle::{Command, Node, Outcome, Run, RunRecord, StepPlan};
use crate::sim::next::{self, Next};
use crate::sim::outlook::{Missed, Outlook, foresee};
use crate::sim::scripts::{Scripts, StepQuery, Work};
use crate::sim::step_name::StepName;
use crate::sim::{Millis, NEVER};
use crate::world::hints::listed;

/// The most scheduled starts that are foreseen.
const MOST_FORESEEN_STARTS: usize = 100;

/// The surroundings of a command: its caller and instant, the counter of executions and the scripted outcomes.
pub struct ExecutionContext<'a> {
    /// None for a scheduled start.
    pub caller: Option<&'a str>,
    pub now: Millis,
    /// The number of the next execution.
    pub next_execution: &'a mut i64,
    pub scripts: &'a mut Scripts,
    /// The number of executions that the pipeline keeps.
    pub most_kept: usize,
}

impl Pipeline {
    /// Applies a command and returns the number of the execution.
    pub fn act(&mut self, action: &Action, context: &mut ExecutionContext) -> Result<i64, Refusal> {
        self.check("action_id", action.kind(), context.now)?;
        match action {
            Action::Start(selection) => {
                selection.validate(self.definition.stages.as_slice())?;
                self.start(selection, context);
            }
            Action::Stop => self.apply(Command::Stop, context),
            Action::Continue => self.apply(Command::Continue, context),
            Action::Retry => self.retry(context),
            Action::Approval { gate, agree } => self.answer_gate(gate, *agree, context)?,
            Action::Rollback => self.roll_back(context),
        }
        self.imported = None;
        Ok(self.latest().id)
    }

    /// Starts the tasks that the trigger policy selects, unless a run is open.
    pub fn fire(&mut self, context: &mut ExecutionContext) {
        if let Some(policy) = &mut self.policy {
            policy.advance_past(context.now);
        }
        if let Some(execution) = self.scheduled(context) {
            self.open(execution, context.most_kept);
            self.imported = None;
        } else {
            tracing::info!(
                id = self.id,
                code = self.status(context.now).code(),
                "skipped a scheduled start of {}",
                self.id
            );
        }
    }

    /// The next change that time alone brings. Scheduled starts are skipped while a run is open; otherwise the next
    /// one follows the scripts of the present.
    pub fn next(&self, now: Millis, scripts: &Scripts) -> Option<Next> {
        if self.status(now).is_open() {
            return next::next(self, now, |now| self.run_due(now));
        }
        let at = self.next_start();
        if at == NEVER {
            return None;
        }
        let execution = self.scheduled(&mut ExecutionContext {
            caller: None,
            now: at,
            next_execution: &mut 0,
            scripts: &mut scripts.clone(),
            most_kept: KEPT_EXECUTIONS,
        })?;
        let to = execution.status(at);
        (to != self.status(now)).then(|| Next::new(at, None, to.as_str()))
    }

    /// Follows the pipeline from `now` until it has a wanted status, or until nothing changes before `limit`. Scheduled
    /// starts follow the scripts of the present.
    pub fn outlook(
        &self,
        now: Millis,
        limit: Millis,
        is_wanted: &dyn Fn(&str) -> bool,
        scripts: &Scripts,
    ) -> Outlook {
        let (mut at, mut next) = match foresee(self, now, limit, is_wanted) {
            Ok(at) => return Outlook::Reached(at),
            Err(end) => end,
        };
        let mut twin = Cow::Borrowed(self);
        let mut scripts = Cow::Borrowed(scripts);
        for _ in 0..MOST_FORESEEN_STARTS {
            let start = twin.next_start();
            if start > limit {
                next = next.min(start);
                break;
            }
            let execution = twin.scheduled(&mut ExecutionContext {
                caller: None,
                now: start,
                next_execution: &mut 0,
                scripts: scripts.to_mut(),
                most_kept: KEPT_EXECUTIONS,
            });
            let twin = twin.to_mut();
            if let Some(policy) = &mut twin.policy {
                policy.advance_past(start);
            }
            let Some(execution) = execution else {
                continue;
            };
            twin.open(execution, KEPT_EXECUTIONS);
            twin.imported = None;
            match foresee(twin, start, limit, is_wanted) {
                Ok(at) => return Outlook::Reached(at),
                Err(end) => (at, next) = end,
            }
        }
        let mut missed = Missed::new(&*twin, at, next, twin.allowed(at));
        if twin.status(at) == PipelineStatus::ToBeApproved {
            missed.gates = twin.gates(at).into_iter().map(str::to_owned).collect();
        }
        Outlook::Missed(missed)
    }

    /// The execution that the trigger policy starts now; none while a run is open, and none if an edit has removed
    /// every selected task.
    fn scheduled(&self, context: &mut ExecutionContext) -> Option<Execution> {
        let policy = self.policy.as_ref()?;
        let stages = self.definition.stages.as_slice();
        let selection = policy.selection().remaining(stages)?;
        if self.status(context.now).is_open() {
            return None;
        }
        let plan = self.plan(&selection, 0, context);
        Some(self.execution(plan, context))
    }

    fn start(&mut self, selection: &TaskSelection, context: &mut ExecutionContext) {
        let plan = self.plan(selection, 0, context);
        self.open(self.execution(plan, context), context.most_kept);
    }

    fn retry(&mut self, context: &mut ExecutionContext) {
        let start_delay = context.scripts.step();
        let Some(execution) = self.current_execution() else {
            // A fixture gave the status: no step is known to have succeeded, so all of them run.
            let plan = RunRecord {
                start_delay,
                ..self.plan(&TaskSelection::ALL, 0, context)
            };
            self.open(self.execution(plan, context), context.most_kept);
            return;
        };
        let steps: Vec<Step> = execution.stages.steps().collect();
        let failed = execution.release();
        let plan = RunRecord {
            steps: failed.repeat(context.now, |step| {
                self.plan_step(steps[step], &TaskSelection::ALL, context)
            }),
            start_delay,
            ..failed.record().clone()
        };
        self.push_attempt(Purpose::Release, plan, context.now);
    }

    fn roll_back(&mut self, context: &mut ExecutionContext) {
        if self.current_execution().is_none() {
            // A fixture gave the status: the release that it ended counts as done.
            let stages = &self.definition.stages;
            let steps = vec![done(context.now); stages.n_steps()];
            let plan = RunRecord::new(stages.tree(), steps);
            self.open(self.execution(plan, context), context.most_kept);
        }
        let step = self.decide(self.whole(), Work::Rollback, context);
        let plan = RunRecord::new(Node::Step(0), vec![step]);
        self.push_attempt(Purpose::Rollback, plan, context.now);
    }

    /// Answers the gate of that name.
    fn answer_gate(
        &mut self,
        gate: &str,
        agree: bool,
        context: &mut ExecutionContext,
    ) -> Result<(), Refusal> {
        if self.current_execution().is_none() {
            // The meaning of a fixture's status 5: everything before the gate is done.
            let stages = &self.definition.stages;
            let n_done = stages
                .steps()
                .position(|step| step.gate_name() == Some(gate))
                .ok_or_else(|| self.no_gate(gate, context.now))?;
            let plan = self.plan(&TaskSelection::ALL, n_done, context);
            self.open(self.execution(plan, context), context.most_kept);
        }
        let step = self
            .latest()
            .waiting_gates(context.now)
            .find_map(|(step, name)| (name == gate).then_some(step))
            .ok_or_else(|| self.no_gate(gate, context.now))?;
        let command = if agree {
            Command::Approve(step)
        } else {
            Command::Refuse(step)
        };
        let run = &mut self.latest_mut().latest_mut().run;
        run.apply(context.now, command).expect("the gate waits");
        Ok(())
    }

    fn no_gate(&self, gate: &str, now: Millis) -> Refusal {
        let gates = self.gates(now);
        Refusal {
            error: ValidationError::new(
                "task_name",
                format!("no approval named {gate} is pending"),
            ),
            hint: if gates.is_empty() {
                "no approval is pending".to_owned()
            } else {
                listed("pending approvals:", gate, &gates)
            },
            cause: RefusalCause::Request,
        }
    }

    /// Applies a command to the current run. A run that only a fixture's status tells of begins here.
    fn apply(&mut self, command: Command, context: &mut ExecutionContext) {
        if self.current_execution().is_none() {
            self.start(&TaskSelection::ALL, context);
            if command == Command::Continue {
                return;
            }
        }
        // With steps of no length, a run that a fixture gave as open ends where it begins.
        let run = &mut self.latest_mut().latest_mut().run;
        let _ = run.apply(context.now, command);
    }

    /// The plan of a run of the selected tasks, with the first `n_done` steps done.
    fn plan(
        &self,
        selection: &TaskSelection,
        n_done: usize,
        context: &mut ExecutionContext,
    ) -> RunRecord {
        let stages = &self.definition.stages;
        let mut steps = vec![done(context.now); n_done];
        for step in stages.steps().skip(n_done) {
            steps.push(self.plan_step(step, selection, context));
        }
        RunRecord {
            continue_on_failure: self.definition.fail_mode == FailMode::Continue,
            stop_delay: context.scripts.step(),
            ..RunRecord::new(stages.tree(), steps)
        }
    }

    fn plan_step(
        &self,
        step: Step,
        selection: &TaskSelection,
        context: &mut ExecutionContext,
    ) -> StepPlan {
        match step {
            Step::Gate(stage) | Step::Pass(stage) if !selection.touches(stage) => StepPlan::Skip,
            Step::Task(stage, task) if !selection.includes(stage, task) => StepPlan::Skip,
            Step::Gate(_) => StepPlan::Gate,
            Step::Task(_, task) if task.approval => StepPlan::Gate,
            Step::Task(..) => {
                let name = step.name().expect("a task has a name");
                self.decide(name, Work::Run, context)
            }
            Step::Pass(_) => StepPlan::Work {
                takes: 0,
                outcome: Outcome::Succeed,
            },
            Step::Opaque => self.decide(self.whole(), Work::Run, context),
        }
    }

    /// Asks the scripts for the outcome of a step.
    fn decide(&self, step: StepName<&str>, work: Work, context: &mut ExecutionContext) -> StepPlan {
        context.scripts.decide(&self.query(step, work))
    }

    fn query<'a>(&'a self, step: StepName<&'a str>, work: Work) -> StepQuery<'a> {
        StepQuery {
            family: Self::FAMILY,
            scope: &self.project,
            id: &self.id,
            name: &self.definition.name,
            step,
            alias: None,
            work,
        }
    }

    /// The name of work of the pipeline as a whole, which is the pipeline's.
    fn whole(&self) -> StepName<&str> {
        StepName::whole(&self.definition.name)
    }

    /// Visits the steps that scripts decide in a run of all tasks, and the rollback.
    pub fn visit_steps(
        &self,
        visit: &mut dyn FnMut(&StepQuery) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for step in self.definition.stages.steps() {
            let name = match step {
                Step::Task(_, task) if !task.approval => step.name(),
                Step::Opaque => Some(self.whole()),
                Step::Task(..) | Step::Gate(_) | Step::Pass(_) => None,
            };
            if let Some(name) = name {
                visit(&self.query(name, Work::Run))?;
            }
        }
        visit(&self.query(self.whole(), Work::Rollback))
    }

    /// An execution that begins now, under the next number.
    fn execution(&self, plan: RunRecord, context: &mut ExecutionContext) -> Execution {
        let id = *context.next_execution;
        *context.next_execution = id.saturating_add(1);
        Execution {
            id,
            version: self.version,
            executor: context.caller.unwrap_or(&self.creator).to_owned(),
            trigger: match context.caller {
                Some(_) => Trigger::Manual,
                None => Trigger::Scheduled,
            },
            triggered: context.now,
            stages: self.definition.stages.clone(),
            attempts: vec![Attempt {
                purpose: Purpose::Release,
                run: Run::start(context.now, plan),
            }],
        }
    }

    fn open(&mut self, execution: Execution, most_kept: usize) {
        self.executions.push(execution, most_kept);
        self.executed = self.executed.saturating_add(1);
    }

    fn push_attempt(&mut self, purpose: Purpose, plan: RunRecord, now: Millis) {
        let run = Run::start(now, plan);
        self.latest_mut().attempts.push(Attempt { purpose, run });
    }

    fn latest(&self) -> &Execution {
        self.executions.back().expect("a command has an execution")
    }

    fn latest_mut(&mut self) -> &mut Execution {
        let latest = self.executions.back_mut();
        latest.expect("a command has an execution")
    }
}

/// A step that was done by that instant.
fn done(at: Millis) -> StepPlan {
    StepPlan::Inherited { begin: at, end: at }
}

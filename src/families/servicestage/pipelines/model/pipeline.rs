//! A pipeline: what it is, what can be said to it, and what it is at.

use std::collections::VecDeque;

use super::action::{Action, ActionKind, ActionRefusal};
use super::execution::{
    Attempt, Execution, Purpose, RunOptions, Trigger, done, release, release_at_gate, repetition,
};
use super::stages::{SelectedStage, Stages, Step, check_selection, is_nothing};
use super::status::Status;
use super::trigger_policy::TriggerPolicy;
use crate::http::json::RawJson;
use crate::sim::collection::Resource;
use crate::sim::lifecycle::{Command, FailurePolicy, Node, Run, RunPlan, StepPlan};
use crate::sim::scripts::{Scripts, StepQuery, Work};
use crate::sim::timeline::{self, Next};
use crate::sim::{Millis, NEVER};

/// The family, as scripts and transitions name it.
pub const FAMILY: &str = "pipelines";

/// The newest executions that are kept of a pipeline; older ones only count.
pub(crate) const KEPT_EXECUTIONS: usize = 1_000;

/// A release task of the new kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// The project that owns it.
    pub project: String,
    /// Its id.
    pub id: String,
    /// Everything that an edit replaces.
    pub definition: Definition,
    /// How often it was defined: 1 after the creation, one more with each edit.
    pub version: i64,
    pub creator: String,
    pub created: Millis,
    pub updated: Millis,
    /// The name of the enterprise project, which only a fixture can tell.
    pub enterprise_project_name: Option<String>,
    /// What a fixture said, until a command acts.
    pub imported: Option<ImportedStatus>,
    /// Its executions, oldest first, at most [`KEPT_EXECUTIONS`].
    pub executions: VecDeque<Execution>,
    pub executed: u64,
    pub policy: Option<TriggerPolicy>,
}

/// What a caller defines of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// Its description, perhaps empty.
    pub description: String,
    pub config_mode: ConfigMode,
    /// The enterprise project, in which names are unique; `0` is the default one.
    pub enterprise_project: String,
    /// True if tasks after a failed one still run.
    pub fail: FailurePolicy,
    /// Template sources, as they were given.
    pub sources: RawJson,
    /// The stages, as they were given.
    pub declared_stages: RawJson,
    pub stages: Stages,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigMode {
    /// The body itself (`ui`).
    Ui,
    /// A package that the emulator cannot read (`template`): the stages stay unknown.
    Template,
}

/// What a fixture says of a pipeline's runs without telling their history.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedStatus {
    /// The status.
    pub status: Status,
    /// When it was last started, or 0.
    pub last_trigger_at: Millis,
    /// What the list shows of the latest run.
    pub extend_info: Option<RawJson>,
}

/// Where executions get their numbers and outcomes from.
pub struct ExecutionContext<'a> {
    /// The number of the next execution.
    pub next_execution: &'a mut i64,
    pub scripts: &'a mut Scripts,
}

impl Pipeline {
    /// A fresh pipeline.
    pub fn new(
        project: &str,
        id: &str,
        creator: &str,
        definition: Definition,
        now: Millis,
    ) -> Self {
        Self {
            project: project.to_owned(),
            id: id.to_owned(),
            definition,
            version: 1,
            creator: creator.to_owned(),
            created: now,
            updated: now,
            enterprise_project_name: None,
            imported: None,
            executions: VecDeque::new(),
            executed: 0,
            policy: None,
        }
    }

    pub fn status(&self, now: Millis) -> Status {
        match (&self.imported, self.executions.back()) {
            (Some(imported), _) => imported.status,
            (None, Some(execution)) => execution.status(now),
            (None, None) => Status::Initialised,
        }
    }

    /// What can be said to it now.
    pub fn allowed(&self, now: Millis) -> Vec<&'static str> {
        let status = self.status(now);
        let fits = |kind: &ActionKind| kind.allowed().contains(&status);
        ActionKind::ALL
            .into_iter()
            .filter(fits)
            .map(ActionKind::as_str)
            .collect()
    }

    /// When it was last started, or 0.
    pub fn last_trigger_at(&self) -> Millis {
        match (&self.imported, self.executions.back()) {
            (Some(imported), _) => imported.last_trigger_at,
            (None, latest) => latest.map_or(0, |execution| execution.triggered),
        }
    }

    /// Replaces the definition and answers the one before; refused while something is under way.
    pub fn edit(
        &mut self,
        definition: Definition,
        now: Millis,
    ) -> Result<Definition, ActionRefusal> {
        let (status, allowed) = (self.status(now), ActionKind::Edit.allowed());
        if !allowed.contains(&status) {
            return Err(ActionRefusal::Edit { status, allowed });
        }
        if definition.enterprise_project != self.definition.enterprise_project {
            self.enterprise_project_name = None;
        }
        let old = std::mem::replace(&mut self.definition, definition);
        self.version += 1;
        self.updated = now;
        Ok(old)
    }

    /// Does what is said. Answers the execution's number and the status right after the command.
    pub fn act(
        &mut self,
        action: &Action,
        caller: &str,
        now: Millis,
        context: &mut ExecutionContext,
    ) -> Result<(i64, Status), ActionRefusal> {
        let status = self.status(now);
        let kind = action.kind();
        let allowed = kind.allowed();
        if !allowed.contains(&status) {
            return Err(ActionRefusal::Status {
                action: kind.as_str(),
                status,
                allowed,
            });
        }
        match action {
            Action::Start(selected) => {
                self.check(selected.as_deref())?;
                self.start(selected.as_deref(), caller, Trigger::Manual, now, context);
            }
            Action::Stop => self.apply_command(Command::Stop, caller, now, context),
            Action::Continue => self.apply_command(Command::Continue, caller, now, context),
            Action::Retry => self.retry(caller, now, context),
            Action::Approval { task, agree } => self.answer(task, *agree, caller, now, context)?,
            Action::Rollback => self.roll_back(caller, now, context),
        }
        self.imported = None;
        let execution = self
            .executions
            .back()
            .expect("every action leaves an execution");
        Ok((execution.id, action.answer()))
    }

    /// Starts what the trigger policy selects, unless a run is open.
    pub fn fire(&mut self, now: Millis, context: &mut ExecutionContext) {
        if let Some(policy) = &mut self.policy {
            policy.advance_past(now);
        }
        if let Some(execution) = self.scheduled(now, context) {
            self.open(execution);
            self.imported = None;
        } else {
            tracing::info!(
                id = self.id,
                code = self.status(now).code(),
                "skipped a scheduled start of {}",
                self.id
            );
        }
    }

    /// The execution that the trigger policy would start at that instant; none while a run is open, and if
    /// nothing is left of what the policy selects.
    fn scheduled(&self, now: Millis, context: &mut ExecutionContext) -> Option<Execution> {
        let mut selected = self.policy.as_ref()?.selected.clone();
        if let Some(selected) = &mut selected {
            // The pipeline may have been edited since the policy was set.
            selected.retain(|entry| {
                check_selection(&self.definition.stages, std::slice::from_ref(entry)).is_ok()
            });
        }
        if self.status(now).is_open() || selected.as_deref().is_some_and(is_nothing) {
            return None;
        }
        let run = self.run(selected.as_deref(), self.options(context), now, context);
        Some(self.execution(run, &self.creator, Trigger::Scheduled, now, context))
    }

    /// What changes next by itself. While a run is open scheduled starts are skipped; after it the next one is
    /// what comes, as the scripts stand now.
    pub fn next(&self, now: Millis, scripts: &Scripts) -> Option<Next> {
        if self.status(now).is_open() {
            return timeline::next(self, now, |now| self.run_due(now));
        }
        let at = self.policy.as_ref().map_or(NEVER, TriggerPolicy::next);
        if at == NEVER {
            return None;
        }
        let mut context = ExecutionContext {
            next_execution: &mut 0,
            scripts: &mut scripts.clone(),
        };
        let execution = self.scheduled(at, &mut context)?;
        let to = execution.status(at);
        (to != self.status(now)).then(|| Next {
            at,
            step: None,
            to: to.as_str().into(),
        })
    }

    /// Checks a selection of tasks.
    pub fn check(&self, selected: Option<&[SelectedStage]>) -> Result<(), ActionRefusal> {
        let Some(selected) = selected else {
            return Ok(());
        };
        if is_nothing(selected) {
            return Err(ActionRefusal::NothingSelected);
        }
        check_selection(&self.definition.stages, selected).map_err(ActionRefusal::UnknownName)
    }

    fn start(
        &mut self,
        selected: Option<&[SelectedStage]>,
        executor: &str,
        trigger: Trigger,
        now: Millis,
        context: &mut ExecutionContext,
    ) {
        let run = self.run(selected, self.options(context), now, context);
        self.open(self.execution(run, executor, trigger, now, context));
    }

    fn retry(&mut self, executor: &str, now: Millis, context: &mut ExecutionContext) {
        let lead = context.scripts.step();
        let Some(execution) = self.current_execution() else {
            // A fixture gave the status: there is nothing to carry over, so everything runs.
            let options = RunOptions {
                lead,
                ..self.options(context)
            };
            let run = self.run(None, options, now, context);
            self.open(self.execution(run, executor, Trigger::Manual, now, context));
            return;
        };
        let decide = |step: &str| self.decide(step, Work::Run, context);
        let run = repetition(execution.release(), &execution.stages, lead, now, decide);
        self.push(Attempt {
            purpose: Purpose::Release,
            run,
        });
    }

    fn roll_back(&mut self, executor: &str, now: Millis, context: &mut ExecutionContext) {
        if self.current_execution().is_none() {
            // A fixture gave the status: what it released counts as done.
            let run = done(&self.definition.stages, now);
            self.open(self.execution(run, executor, Trigger::Manual, now, context));
        }
        let work = self.decide("", Work::Rollback, context);
        let run_plan = RunPlan::new(Node::Step(0), vec![work]);
        self.push(Attempt {
            purpose: Purpose::Rollback,
            run: Run::start(now, run_plan),
        });
    }

    fn answer(
        &mut self,
        gate: &str,
        agree: bool,
        executor: &str,
        now: Millis,
        context: &mut ExecutionContext,
    ) -> Result<(), ActionRefusal> {
        let no_gate = || ActionRefusal::NoGate(gate.to_owned());
        if self.current_execution().is_none() {
            let options = self.options(context);
            let decide = |step: &str| self.decide(step, Work::Run, context);
            let run = release_at_gate(&self.definition.stages, gate, options, now, decide);
            let run = run.ok_or_else(no_gate)?;
            self.open(self.execution(run, executor, Trigger::Manual, now, context));
        }
        let execution = self
            .executions
            .back_mut()
            .expect("under way, or just opened");
        let step = execution.waiting_gate(gate, now).ok_or_else(no_gate)?;
        let command = if agree {
            Command::Approve(step)
        } else {
            Command::Refuse(step)
        };
        execution
            .latest_mut()
            .run
            .apply(now, command)
            .expect("the gate waits");
        Ok(())
    }

    /// Says a command to the run under way; one that a fixture only gave a status of begins here.
    fn apply_command(
        &mut self,
        command: Command,
        executor: &str,
        now: Millis,
        context: &mut ExecutionContext,
    ) {
        if self.current_execution().is_none() {
            self.start(None, executor, Trigger::Manual, now, context);
            if command == Command::Continue {
                return;
            }
        }
        let execution = self
            .executions
            .back_mut()
            .expect("under way, or just started");
        // With steps of no length a run that a fixture gave as open ends where it begins.
        let _ = execution.latest_mut().run.apply(now, command);
    }

    /// The execution that commands go to; none while only a fixture's status is known.
    pub(crate) fn current_execution(&self) -> Option<&Execution> {
        if self.imported.is_some() {
            None
        } else {
            self.executions.back()
        }
    }

    /// A run of the selected tasks, or of all.
    fn run(
        &self,
        selected: Option<&[SelectedStage]>,
        options: RunOptions,
        now: Millis,
        context: &mut ExecutionContext,
    ) -> Run {
        let decide = |step: &str| self.decide(step, Work::Run, context);
        release(&self.definition.stages, selected, options, now, decide)
    }

    /// An execution that begins with a run, under the next number.
    fn execution(
        &self,
        run: Run,
        executor: &str,
        trigger: Trigger,
        now: Millis,
        context: &mut ExecutionContext,
    ) -> Execution {
        let id = *context.next_execution;
        *context.next_execution += 1;
        Execution {
            id,
            version: self.version,
            executor: executor.to_owned(),
            trigger,
            triggered: now,
            stages: self.definition.stages.clone(),
            attempts: vec![Attempt {
                purpose: Purpose::Release,
                run,
            }],
        }
    }

    fn open(&mut self, execution: Execution) {
        self.executions.push_back(execution);
        self.executed += 1;
        if self.executions.len() > KEPT_EXECUTIONS {
            self.executions.pop_front();
        }
    }

    fn push(&mut self, attempt: Attempt) {
        self.executions
            .back_mut()
            .expect("an execution is under way")
            .attempts
            .push(attempt);
    }

    /// The next instant after `now` at which something about the run under way changes, or [`NEVER`].
    pub(crate) fn run_due(&self, now: Millis) -> Millis {
        self.current_execution()
            .map_or(NEVER, |execution| execution.latest().run.next_due(now))
    }

    /// How a plain start goes about its steps.
    fn options(&self, context: &ExecutionContext) -> RunOptions {
        RunOptions {
            fail: self.definition.fail,
            brake: context.scripts.step(),
            lead: 0,
        }
    }

    /// Decides how a step will go; the work of a pipeline as a whole goes by the pipeline's name.
    fn decide(&self, step: &str, work: Work, context: &mut ExecutionContext) -> StepPlan {
        let name = &self.definition.name;
        let step = if step.is_empty() { name } else { step };
        context.scripts.decide(&StepQuery {
            family: FAMILY,
            scope: &self.project,
            id: &self.id,
            name,
            step,
            work,
        })
    }
}

impl Resource for Pipeline {
    const FAMILY: &'static str = FAMILY;

    fn name(&self) -> &str {
        &self.definition.name
    }

    fn next_due(&self, now: Millis) -> Millis {
        let policy = self.policy.as_ref().map_or(NEVER, TriggerPolicy::next);
        self.run_due(now).min(policy)
    }

    fn status_label(&self, now: Millis) -> &str {
        self.status(now).as_str()
    }

    fn n_steps(&self) -> usize {
        self.current_execution()
            .map_or(0, |execution| execution.stages.n_steps())
    }

    fn step(&self, step: usize, now: Millis) -> Option<(&str, &str)> {
        let (part, status) = self.current_execution()?.step(step, now)?;
        let name = match part {
            Step::Gate(stage) => &stage.name,
            Step::Task(_, task) => &task.name,
            Step::Pass(_) | Step::Opaque => return None,
        };
        Some((name, status.as_str()))
    }

    fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        // During a rollback the steps stay as the release left them.
        match self.current_execution().map(Execution::latest) {
            Some(Attempt {
                purpose: Purpose::Release,
                run,
            }) => run.steps_changing_at(due),
            _ => Vec::new(),
        }
    }

    fn has_timed_action(&self, now: Millis) -> bool {
        self.policy
            .as_ref()
            .is_some_and(|policy| policy.next() <= now)
    }
}

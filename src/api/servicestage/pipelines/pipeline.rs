//! A pipeline: what it is, what can be said to it, and what it is at.

use std::collections::VecDeque;

use super::action::{Action, Refused, Verb};
use super::declaration::{Part, Selected, Stages, check_selection, is_nothing};
use super::execution::{
    Attempt, Execution, Manner, Purpose, Trigger, done, release, release_at_gate, repetition,
};
use super::schedule::Policy;
use super::status::Status;
use crate::http::json::Verbatim;
use crate::sim::lifecycle::{Command, Does, FailMode, Node, Run, Script};
use crate::sim::scripts::{Ask, Scripts, Work};
use crate::sim::shelf::Timed;
use crate::sim::timeline::{self, Next};
use crate::sim::{Ms, NEVER};

/// The family, as scripts and transitions name it.
pub const FAMILY: &str = "pipelines";

/// The newest executions that are kept of a pipeline; older ones only count.
pub(super) const KEPT_EXECUTIONS: usize = 1_000;

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
    /// Who created it.
    pub creator: String,
    /// When.
    pub created: Ms,
    /// When it was last edited.
    pub updated: Ms,
    /// The name of the enterprise project, which only a fixture can tell.
    pub enterprise_project_name: Option<String>,
    /// What a fixture said, until a command acts.
    pub given: Option<Given>,
    /// Its executions, oldest first, at most [`KEPT_EXECUTIONS`].
    pub executions: VecDeque<Execution>,
    /// How many executions there were.
    pub executed: u64,
    /// When and how time starts it.
    pub policy: Option<Policy>,
}

/// What a caller defines of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// Its description, perhaps empty.
    pub description: String,
    /// Where its stages come from.
    pub config_mode: ConfigMode,
    /// The enterprise project, in which names are unique; `0` is the default one.
    pub enterprise_project: String,
    /// Whether tasks after a failed one still run.
    pub fail: FailMode,
    /// Template sources, as they were given.
    pub sources: Verbatim,
    /// The stages, as they were given.
    pub declared_stages: Verbatim,
    /// What is understood of the stages.
    pub stages: Stages,
}

/// Where the stages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigMode {
    /// The body itself (`ui`).
    Ui,
    /// A package that the emulator cannot read (`template`): the stages stay unknown.
    Template,
}

/// What a fixture says of a pipeline's runs without telling their history.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The status.
    pub status: Status,
    /// When it was last started, or 0.
    pub last_trigger_at: Ms,
    /// What the list shows of the latest run.
    pub extend_info: Option<Verbatim>,
}

/// Where executions get their numbers and outcomes from.
pub struct Office<'a> {
    /// The number of the next execution.
    pub next_execution: &'a mut i64,
    /// How steps will go.
    pub scripts: &'a mut Scripts,
}

impl Pipeline {
    /// A fresh pipeline.
    pub fn new(project: &str, id: &str, creator: &str, definition: Definition, now: Ms) -> Self {
        Self {
            project: project.to_owned(),
            id: id.to_owned(),
            definition,
            version: 1,
            creator: creator.to_owned(),
            created: now,
            updated: now,
            enterprise_project_name: None,
            given: None,
            executions: VecDeque::new(),
            executed: 0,
            policy: None,
        }
    }

    /// What the pipeline is at.
    pub fn status(&self, now: Ms) -> Status {
        match (&self.given, self.executions.back()) {
            (Some(given), _) => given.status,
            (None, Some(execution)) => execution.status(now),
            (None, None) => Status::Initialised,
        }
    }

    /// What can be said to it now.
    pub fn allowed(&self, now: Ms) -> Vec<&'static str> {
        let status = self.status(now);
        let fits = |verb: &Verb| verb.allowed().contains(&status);
        Verb::ALL.into_iter().filter(fits).map(Verb::word).collect()
    }

    /// When it was last started, or 0.
    pub fn last_trigger_at(&self) -> Ms {
        match (&self.given, self.executions.back()) {
            (Some(given), _) => given.last_trigger_at,
            (None, latest) => latest.map_or(0, |execution| execution.triggered),
        }
    }

    /// Replaces the definition and answers the one before; refused while something is under way.
    pub fn edit(&mut self, definition: Definition, now: Ms) -> Result<Definition, Refused> {
        let (status, allowed) = (self.status(now), Verb::Edit.allowed());
        if !allowed.contains(&status) {
            return Err(Refused::Edit { status, allowed });
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
        now: Ms,
        office: &mut Office,
    ) -> Result<(i64, Status), Refused> {
        let status = self.status(now);
        let verb = action.verb();
        let allowed = verb.allowed();
        if !allowed.contains(&status) {
            return Err(Refused::Status {
                action: verb.word(),
                status,
                allowed,
            });
        }
        match action {
            Action::Start(selected) => {
                self.check(selected.as_deref())?;
                self.start(selected.as_deref(), caller, Trigger::Manual, now, office);
            }
            Action::Stop => self.say(Command::Stop, caller, now, office),
            Action::Continue => self.say(Command::Continue, caller, now, office),
            Action::Retry => self.retry(caller, now, office),
            Action::Approval { task, agree } => self.answer(task, *agree, caller, now, office)?,
            Action::Rollback => self.roll_back(caller, now, office),
        }
        self.given = None;
        let execution = self
            .executions
            .back()
            .expect("every action leaves an execution");
        Ok((execution.id, action.answer()))
    }

    /// Starts what the trigger policy selects, unless a run is open.
    pub fn fire(&mut self, now: Ms, office: &mut Office) {
        if let Some(policy) = &mut self.policy {
            policy.pass(now);
        }
        if let Some(execution) = self.scheduled(now, office) {
            self.open(execution);
            self.given = None;
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
    fn scheduled(&self, now: Ms, office: &mut Office) -> Option<Execution> {
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
        let run = self.run(selected.as_deref(), self.manner(office), now, office);
        Some(self.execution(run, &self.creator, Trigger::Scheduled, now, office))
    }

    /// What changes next by itself. While a run is open scheduled starts are skipped; after it the next one is
    /// what comes, as the scripts stand now.
    pub fn next(&self, now: Ms, scripts: &Scripts) -> Option<Next> {
        if self.status(now).is_open() {
            return timeline::next(self, now, |now| self.run_due(now));
        }
        let at = self.policy.as_ref().map_or(NEVER, Policy::next);
        if at == NEVER {
            return None;
        }
        let mut office = Office {
            next_execution: &mut 0,
            scripts: &mut scripts.clone(),
        };
        let execution = self.scheduled(at, &mut office)?;
        let to = execution.status(at);
        (to != self.status(now)).then(|| Next {
            at,
            step: None,
            to: to.word().into(),
        })
    }

    /// Checks a selection of tasks.
    pub fn check(&self, selected: Option<&[Selected]>) -> Result<(), Refused> {
        let Some(selected) = selected else {
            return Ok(());
        };
        if is_nothing(selected) {
            return Err(Refused::NothingSelected);
        }
        check_selection(&self.definition.stages, selected).map_err(Refused::Unknown)
    }

    fn start(
        &mut self,
        selected: Option<&[Selected]>,
        executor: &str,
        trigger: Trigger,
        now: Ms,
        office: &mut Office,
    ) {
        let run = self.run(selected, self.manner(office), now, office);
        self.open(self.execution(run, executor, trigger, now, office));
    }

    fn retry(&mut self, executor: &str, now: Ms, office: &mut Office) {
        let lead = office.scripts.step();
        let Some(execution) = self.under_way() else {
            // A fixture gave the status: there is nothing to carry over, so everything runs.
            let manner = Manner {
                lead,
                ..self.manner(office)
            };
            let run = self.run(None, manner, now, office);
            self.open(self.execution(run, executor, Trigger::Manual, now, office));
            return;
        };
        let decide = |step: &str| self.decide(step, Work::Run, office);
        let run = repetition(execution.release(), &execution.stages, lead, now, decide);
        self.push(Attempt {
            purpose: Purpose::Release,
            run,
        });
    }

    fn roll_back(&mut self, executor: &str, now: Ms, office: &mut Office) {
        if self.under_way().is_none() {
            // A fixture gave the status: what it released counts as done.
            let run = done(&self.definition.stages, now);
            self.open(self.execution(run, executor, Trigger::Manual, now, office));
        }
        let work = self.decide("", Work::Rollback, office);
        let script = Script::of(Node::Step(0), vec![work]);
        self.push(Attempt {
            purpose: Purpose::Rollback,
            run: Run::start(now, script),
        });
    }

    fn answer(
        &mut self,
        gate: &str,
        agree: bool,
        executor: &str,
        now: Ms,
        office: &mut Office,
    ) -> Result<(), Refused> {
        let no_gate = || Refused::NoGate(gate.to_owned());
        if self.under_way().is_none() {
            let manner = self.manner(office);
            let decide = |step: &str| self.decide(step, Work::Run, office);
            let run = release_at_gate(&self.definition.stages, gate, manner, now, decide);
            let run = run.ok_or_else(no_gate)?;
            self.open(self.execution(run, executor, Trigger::Manual, now, office));
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
    fn say(&mut self, command: Command, executor: &str, now: Ms, office: &mut Office) {
        if self.under_way().is_none() {
            self.start(None, executor, Trigger::Manual, now, office);
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
    pub(super) fn under_way(&self) -> Option<&Execution> {
        if self.given.is_some() {
            None
        } else {
            self.executions.back()
        }
    }

    /// A run of the selected tasks, or of all.
    fn run(
        &self,
        selected: Option<&[Selected]>,
        manner: Manner,
        now: Ms,
        office: &mut Office,
    ) -> Run {
        let decide = |step: &str| self.decide(step, Work::Run, office);
        release(&self.definition.stages, selected, manner, now, decide)
    }

    /// An execution that begins with a run, under the next number.
    fn execution(
        &self,
        run: Run,
        executor: &str,
        trigger: Trigger,
        now: Ms,
        office: &mut Office,
    ) -> Execution {
        let id = *office.next_execution;
        *office.next_execution += 1;
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
    pub(super) fn run_due(&self, now: Ms) -> Ms {
        self.under_way()
            .map_or(NEVER, |execution| execution.latest().run.next_due(now))
    }

    /// How a plain start goes about its steps.
    fn manner(&self, office: &Office) -> Manner {
        Manner {
            fail: self.definition.fail,
            brake: office.scripts.step(),
            lead: 0,
        }
    }

    /// Decides how a step will go; the work of a pipeline as a whole goes by the pipeline's name.
    fn decide(&self, step: &str, work: Work, office: &mut Office) -> Does {
        let name = &self.definition.name;
        let step = if step.is_empty() { name } else { step };
        office.scripts.decide(&Ask {
            family: FAMILY,
            scope: &self.project,
            id: &self.id,
            name,
            step,
            work,
        })
    }
}

impl Timed for Pipeline {
    const FAMILY: &'static str = FAMILY;

    fn name(&self) -> &str {
        &self.definition.name
    }

    fn next_due(&self, now: Ms) -> Ms {
        let policy = self.policy.as_ref().map_or(NEVER, Policy::next);
        self.run_due(now).min(policy)
    }

    fn word(&self, now: Ms) -> &str {
        self.status(now).word()
    }

    fn n_steps(&self) -> usize {
        self.under_way()
            .map_or(0, |execution| execution.stages.n_parts())
    }

    fn step(&self, step: usize, now: Ms) -> Option<(&str, &str)> {
        let (part, status) = self.under_way()?.step(step, now)?;
        let name = match part {
            Part::Gate(stage) => &stage.name,
            Part::Task(_, task) => &task.name,
            Part::Pass(_) | Part::Whole => return None,
        };
        Some((name, status.word()))
    }

    fn stirred(&self, due: Ms) -> Vec<usize> {
        // During a rollback the steps stay as the release left them.
        match self.under_way().map(Execution::latest) {
            Some(Attempt {
                purpose: Purpose::Release,
                run,
            }) => run.stirred(due),
            _ => Vec::new(),
        }
    }

    fn acts(&self, now: Ms) -> bool {
        self.policy
            .as_ref()
            .is_some_and(|policy| policy.next() <= now)
    }
}

//! A pipeline: what it is, what can be said to it, and what it is at.

use std::collections::VecDeque;

use super::action::{Action, Refused};
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
use crate::sim::{Ms, NEVER};

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

    /// When it was last started, or 0.
    pub fn last_trigger_at(&self) -> Ms {
        match (&self.given, self.executions.back()) {
            (Some(given), _) => given.last_trigger_at,
            (None, latest) => latest.map_or(0, |execution| execution.triggered),
        }
    }

    /// When the run under way changes next by itself, or [`NEVER`].
    pub(super) fn run_due(&self, now: Ms) -> Ms {
        let execution = self.under_way();
        execution.map_or(NEVER, |execution| execution.latest().run.next_due(now))
    }

    /// Replaces the definition; refused while something is under way.
    pub fn edit(&mut self, definition: Definition, now: Ms) -> Result<(), Refused> {
        const ALLOWED: &[Status] = &[
            Status::Initialised,
            Status::Succeeded,
            Status::Failed,
            Status::Paused,
            Status::RolledBack,
            Status::RollbackFailed,
        ];
        let status = self.status(now);
        if status.is_busy() {
            return Err(Refused::Edit {
                status,
                allowed: ALLOWED,
            });
        }
        if definition.enterprise_project != self.definition.enterprise_project {
            self.enterprise_project_name = None;
        }
        self.definition = definition;
        self.version += 1;
        self.updated = now;
        Ok(())
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
        let allowed = action.allowed();
        if !allowed.contains(&status) {
            return Err(Refused::Status {
                action: action.word(),
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

    /// Starts what the trigger policy selects, unless a run is open; answers whether it did.
    pub fn fire(&mut self, now: Ms, office: &mut Office) -> bool {
        let Some(policy) = self.policy.as_mut().filter(|policy| policy.next() <= now) else {
            return false;
        };
        policy.pass(now);
        let mut selected = policy.selected.clone();
        if let Some(selected) = &mut selected {
            // The pipeline may have been edited since the policy was set.
            selected.retain(|entry| {
                check_selection(&self.definition.stages, std::slice::from_ref(entry)).is_ok()
            });
        }
        let status = self.status(now);
        if status.is_open() || selected.as_deref().is_some_and(is_nothing) {
            tracing::info!(
                id = self.id,
                code = status.code(),
                "skipped a scheduled start of {}",
                self.id
            );
            return false;
        }
        let creator = self.creator.clone();
        self.start(
            selected.as_deref(),
            &creator,
            Trigger::Scheduled,
            now,
            office,
        );
        self.given = None;
        true
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
        let manner = self.manner(office);
        let decide = |step: &str| self.decide(step, Work::Run, office);
        let run = release(&self.definition.stages, selected, manner, now, decide);
        self.open(run, executor, trigger, now, office);
    }

    fn retry(&mut self, executor: &str, now: Ms, office: &mut Office) {
        let lead = office.scripts.step();
        let Some(execution) = self.under_way() else {
            // A fixture gave the status: there is nothing to carry over, so everything runs.
            let manner = Manner {
                lead,
                ..self.manner(office)
            };
            let decide = |step: &str| self.decide(step, Work::Run, office);
            let run = release(&self.definition.stages, None, manner, now, decide);
            self.open(run, executor, Trigger::Manual, now, office);
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
            self.open(run, executor, Trigger::Manual, now, office);
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
            self.open(run, executor, Trigger::Manual, now, office);
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

    fn open(&mut self, run: Run, executor: &str, trigger: Trigger, now: Ms, office: &mut Office) {
        let execution = Execution {
            id: *office.next_execution,
            version: self.version,
            executor: executor.to_owned(),
            trigger,
            triggered: now,
            stages: self.definition.stages.clone(),
            attempts: vec![Attempt {
                purpose: Purpose::Release,
                run,
            }],
        };
        *office.next_execution += 1;
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
            family: "pipelines",
            scope: &self.project,
            id: &self.id,
            name,
            step,
            work,
        })
    }
}

impl Timed for Pipeline {
    fn name(&self) -> &str {
        &self.definition.name
    }

    fn next_due(&self, now: Ms) -> Ms {
        self.run_due(now)
            .min(self.policy.as_ref().map_or(NEVER, Policy::next))
    }

    fn states(&self, now: Ms) -> Vec<(Option<String>, String)> {
        let own = (None, self.status(now).code().to_string());
        let steps = self
            .under_way()
            .into_iter()
            .flat_map(|execution| execution.steps(now));
        let steps = steps.filter_map(|(part, status)| match part {
            Part::Gate(stage) => Some((Some(stage.name.clone()), status.code().to_string())),
            Part::Task(_, task) => Some((Some(task.name.clone()), status.code().to_string())),
            Part::Pass(_) | Part::Whole => None,
        });
        [own].into_iter().chain(steps).collect()
    }
}

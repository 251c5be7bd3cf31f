//! A pipeline and its status.

use super::definition::Definition;
use super::execution::{Attempt, Execution, Purpose};
use super::executions::Executions;
use super::stages::Step;
use super::status::PipelineStatus;
use super::trigger_policy::TriggerPolicy;
use crate::families::servicestage::named_collection::UniquelyNamed;
use crate::http::json::RawJson;
use crate::sim::collection::Resource;
use crate::sim::heap::heap_of;
use crate::sim::lifecycle::{Command, Run};
use crate::sim::pack::pack_structs;
use crate::sim::step_name::StepName;
use crate::sim::{Millis, NEVER};

/// A release task of the new kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    pub project: String,
    pub id: String,
    /// The part that an edit replaces.
    pub definition: Definition,
    /// The number of definitions so far: 1 after the creation, one more with each edit.
    pub version: i64,
    pub creator: String,
    pub created: Millis,
    pub updated: Millis,
    /// Known from a fixture only: requests carry the id of the enterprise project, not its name.
    pub enterprise_project_name: Option<String>,
    /// The status that a fixture gave, until the next command.
    pub imported: Option<ImportedStatus>,
    /// The newest executions, oldest first, at most [`KEPT_EXECUTIONS`](super::executions::KEPT_EXECUTIONS).
    pub executions: Executions,
    /// The number of all executions so far.
    pub executed: u64,
    pub policy: Option<TriggerPolicy>,
}

/// The state of a pipeline's runs as a fixture gives it, without their history.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedStatus {
    pub status: PipelineStatus,
    /// The instant of the last start, or 0.
    pub last_trigger_at: Millis,
    /// The latest run in the list, verbatim.
    pub extend_info: Option<RawJson>,
}

impl Pipeline {
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
            executions: Executions::default(),
            executed: 0,
            policy: None,
        }
    }

    pub fn status(&self, now: Millis) -> PipelineStatus {
        match (&self.imported, self.executions.back()) {
            (Some(imported), _) => imported.status,
            (None, Some(execution)) => execution.status(now),
            (None, None) => PipelineStatus::Initialised,
        }
    }

    /// The instant of the last start, or 0.
    pub fn last_trigger_at(&self) -> Millis {
        match (&self.imported, self.executions.back()) {
            (Some(imported), _) => imported.last_trigger_at,
            (None, latest) => latest.map_or(0, |execution| execution.triggered),
        }
    }

    /// Replaces the definition.
    pub fn edit(&mut self, definition: Definition, now: Millis) {
        if definition.enterprise_project != self.definition.enterprise_project {
            self.enterprise_project_name = None;
        }
        self.version = self.version.saturating_add(1);
        self.updated = now;
        self.definition = definition;
    }

    /// The execution that commands apply to; none while a fixture's status holds.
    pub fn current_execution(&self) -> Option<&Execution> {
        match self.imported {
            Some(_) => None,
            None => self.executions.back(),
        }
    }

    /// The names of the gates that wait; of all gates if a fixture gave the status and not the gate.
    pub fn gates(&self, now: Millis) -> Vec<&str> {
        match self.current_execution() {
            Some(execution) => execution.waiting_gates(now).map(|(_, name)| name).collect(),
            None => self
                .definition
                .stages
                .steps()
                .filter_map(Step::gate_name)
                .collect(),
        }
    }

    /// The next instant after `now` at which the current run changes, or [`NEVER`].
    pub fn run_due(&self, now: Millis) -> Millis {
        self.current_execution()
            .map_or(NEVER, |execution| execution.latest().run.next_due(now))
    }

    /// The next scheduled start, or [`NEVER`].
    pub fn next_start(&self) -> Millis {
        self.policy.as_ref().map_or(NEVER, TriggerPolicy::next)
    }
}

impl UniquelyNamed for Pipeline {
    const NOUN: &'static str = "pipeline";
    const REALM: &'static str = "enterprise project";

    fn realm(&self) -> &str {
        &self.definition.enterprise_project
    }

    fn created(&self) -> Millis {
        self.created
    }
}

heap_of! {
    Pipeline {
        project, id, definition, creator, enterprise_project_name, imported, executions, policy
    }
    ImportedStatus { extend_info }
}

impl Resource for Pipeline {
    const FAMILY: &'static str = "pipelines";
    const KIND: &'static str = "pipeline";

    fn status_word(status: &str) -> &str {
        let code = status.parse().ok();
        match code.and_then(PipelineStatus::from_repr) {
            Some(known) => known.meaning(),
            None => status,
        }
    }

    fn name(&self) -> &str {
        &self.definition.name
    }

    fn next_due(&self, now: Millis) -> Millis {
        self.run_due(now).min(self.next_start())
    }

    fn progress_due(&self, now: Millis) -> Millis {
        self.run_due(now)
    }

    fn hasten(&mut self, now: Millis, by: Millis) {
        if self.imported.is_none()
            && let Some(execution) = self.executions.back_mut()
        {
            let hastened = execution.latest_mut().run.apply(now, Command::Forward(by));
            debug_assert_eq!(hastened, Ok(()), "a run that is under way has not ended");
        }
    }

    fn status_label(&self, now: Millis) -> &str {
        self.status(now).as_str()
    }

    fn n_steps(&self) -> usize {
        self.current_execution()
            .map_or(0, |execution| execution.stages.n_steps())
    }

    fn step(&self, step: usize, now: Millis) -> Option<(StepName<&str>, &str)> {
        let (step, status) = self.current_execution()?.step(step, now)?;
        Some((step.name()?, status.as_str()))
    }

    fn step_run(&self, _: usize) -> Option<&Run> {
        Some(self.current_execution()?.release())
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
        self.next_start() <= now
    }
}

pack_structs! {
    Pipeline {
        project, id, definition, version, creator, created, updated, enterprise_project_name,
        imported, executions, executed, policy,
    }
    ImportedStatus { status, last_trigger_at, extend_info }
}

//! A job of a plan: a text for people to act on, or a workflow whose task it starts.

use super::status::ZadigPlanJobStatus;
use crate::families::zadig::workflows::model::status::WorkflowStatus;
use crate::http::json::RawJson;
use crate::sim::heap::{Heap, heap_of};
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker, pack_enums, pack_structs};
use crate::sim::{Millis, NEVER};
use strum::VariantArray;

heap_of! {
    ZadigPlanJob { id, name, spec, executed_by }
    ZadigTextSpec { content, remark }
    ZadigWorkflowSpec { request, workflow, status }
    ZadigTaskRequest { workflow_key, project_key, parameters, inputs, remark }
}

pub const TEXT: &str = "text";
pub const WORKFLOW: &str = "workflow";
/// The status of a task that was started or retried, as a plan notes it.
pub const PREPARE: &str = "prepare";

/// A job of a plan.
#[derive(Clone, Debug)]
pub struct ZadigPlanJob {
    /// A uuid.
    pub id: String,
    pub name: String,
    pub spec: ZadigPlanJobSpec,
    /// The status as the last command left it; see [`super::plan::ZadigPlan::job_status`].
    pub status: ZadigPlanJobStatus,
    /// The status before the plan went back to planning.
    pub last_status: ZadigPlanJobStatus,
    /// True if the job was edited since then.
    pub updated: bool,
    pub executed_by: String,
    /// In seconds since the epoch, or 0.
    pub executed_time: i64,
}

#[derive(Clone, Debug)]
pub enum ZadigPlanJobSpec {
    Text(ZadigTextSpec),
    Workflow(Box<ZadigWorkflowSpec>),
}

/// The text of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZadigTextSpec {
    pub content: String,
    /// Absent only in a fixture without one.
    pub remark: Option<String>,
}

/// The workflow of a job, and its task.
#[derive(Clone, Debug, Default)]
pub struct ZadigWorkflowSpec {
    /// The request that starts the task.
    pub request: ZadigTaskRequest,
    /// The workflow with the inputs of the job, as it was then.
    pub workflow: Option<RawJson>,
    /// The status of the task as the plan has noted it.
    pub status: String,
    /// The number of the task; 0: there is none.
    pub task_id: i64,
    /// The end of the task if no further command comes. It follows from the task, so no fixture has it.
    pub course: TaskCourse,
}

/// The part of a request for a workflow task that a plan keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZadigTaskRequest {
    pub workflow_key: String,
    pub project_key: String,
    pub parameters: Option<RawJson>,
    /// Absent: every job runs, as the workflow is.
    pub inputs: Option<RawJson>,
    pub remark: String,
}

/// The end of a workflow task if no further command comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskCourse {
    /// The instant, or [`NEVER`].
    pub ends: Millis,
    /// The status from then on.
    pub status: &'static str,
}

impl Default for TaskCourse {
    fn default() -> Self {
        Self {
            ends: NEVER,
            status: "",
        }
    }
}

impl TaskCourse {
    /// The status of a job whose task has ended.
    pub fn job_status(self) -> ZadigPlanJobStatus {
        match self.status {
            "passed" => ZadigPlanJobStatus::Done,
            _ => ZadigPlanJobStatus::Failed,
        }
    }
}

impl Heap for ZadigPlanJobSpec {
    fn heap(&self) -> usize {
        match self {
            Self::Text(text) => text.heap(),
            Self::Workflow(workflow) => workflow.heap(),
        }
    }
}

impl ZadigPlanJob {
    /// A job that was never executed.
    pub fn new(id: String, name: String, spec: ZadigPlanJobSpec) -> Self {
        Self {
            id,
            name,
            spec,
            status: ZadigPlanJobStatus::New,
            last_status: ZadigPlanJobStatus::New,
            updated: false,
            executed_by: String::new(),
            executed_time: 0,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self.spec {
            ZadigPlanJobSpec::Text(_) => TEXT,
            ZadigPlanJobSpec::Workflow(_) => WORKFLOW,
        }
    }

    /// The workflow of the job, if it is one.
    pub fn workflow(&self) -> Option<&ZadigWorkflowSpec> {
        match &self.spec {
            ZadigPlanJobSpec::Text(_) => None,
            ZadigPlanJobSpec::Workflow(workflow) => Some(workflow),
        }
    }

    pub fn workflow_mut(&mut self) -> Option<&mut ZadigWorkflowSpec> {
        match &mut self.spec {
            ZadigPlanJobSpec::Text(_) => None,
            ZadigPlanJobSpec::Workflow(workflow) => Some(workflow),
        }
    }

    /// The task that runs for the job: its workflow and its number.
    pub fn running_task(&self) -> Option<(&str, i64)> {
        let workflow = self
            .workflow()
            .filter(|_| self.status == ZadigPlanJobStatus::Running)?;
        Some((&workflow.request.workflow_key, workflow.task_id))
    }

    /// Notes who ended or started it.
    pub fn executed(&mut self, status: ZadigPlanJobStatus, by: &str, seconds: i64) {
        self.status = status;
        by.clone_into(&mut self.executed_by);
        self.executed_time = seconds;
    }

    /// Notes that a task runs for it.
    pub fn started(&mut self, task_id: i64, course: TaskCourse, by: &str, seconds: i64) {
        self.executed(ZadigPlanJobStatus::Running, by, seconds);
        if let Some(workflow) = self.workflow_mut() {
            workflow.task_id = task_id;
            PREPARE.clone_into(&mut workflow.status);
            workflow.course = course;
        }
    }
}

pack_enums! {
    ZadigPlanJobSpec { 0: Text(zadig_text_spec), 1: Workflow(zadig_workflow_spec) }
}

pack_structs! {
    ZadigPlanJob { id, name, spec, status, last_status, updated, executed_by, executed_time }
    ZadigTextSpec { content, remark }
    ZadigWorkflowSpec { request, workflow, status, task_id, course }
    ZadigTaskRequest { workflow_key, project_key, parameters, inputs, remark }
}

impl Pack for TaskCourse {
    fn pack(&self, packer: &mut Packer) {
        self.ends.pack(packer);
        packer.text(self.status);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let (ends, text) = (Millis::unpack(unpacker)?, unpacker.text()?);
        let mut statuses = WorkflowStatus::VARIANTS.iter().map(<&'static str>::from);
        let status = statuses.find(|status| *status == text);
        let status = status.ok_or(UnpackError::Wrong("status of a task"))?;
        Ok(Self { ends, status })
    }
}

//! Tasks on the wire.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::families::zadig::workflows::model::job_task::{Approval, BuildSpec, JobSpec, JobTask};
use crate::families::zadig::workflows::model::parts::{
    ErrorPolicy, ManualExec, UserRef, WorkflowParam,
};
use crate::families::zadig::workflows::model::status::WorkflowStatus;
use crate::families::zadig::workflows::model::task::{TaskPlan, TaskStage, WorkflowTask};
use crate::sim::Millis;
use crate::world::settings::ZadigGeneration;

/// The answer to the creation of a task.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigCreatedTask))]
pub struct CreatedTask<'a> {
    /// The key of the project.
    pub project_name: &'a str,
    /// The key of the workflow.
    pub workflow_name: &'a str,
    /// The number of the task in its workflow, from 1.
    pub task_id: i64,
}

/// The tasks of a page.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigTaskList))]
pub struct TaskList<'a> {
    /// The number of the workflow's tasks.
    pub total: usize,
    /// The tasks, newest first.
    pub workflow_tasks: Vec<TaskRow<'a>>,
}

/// A task in the list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigTaskRow))]
pub struct TaskRow<'a> {
    /// The key of the workflow.
    pub workflow_key: &'a str,
    /// The name of the workflow.
    pub workflow_name: &'a str,
    /// The project of the query.
    pub project_key: &'a str,
    /// The number of the task in its workflow.
    pub task_id: i64,
    /// In seconds since the epoch.
    pub create_time: i64,
    /// The user who has created it.
    pub task_creator: &'a str,
    /// In seconds since the epoch.
    pub start_time: i64,
    /// In seconds since the epoch; 0 before the end.
    pub end_time: i64,
    /// The status.
    pub status: WorkflowStatus,
}

impl<'a> TaskRow<'a> {
    pub fn new(task: &'a WorkflowTask, project: &'a str, now: Millis) -> Self {
        Self {
            workflow_key: &task.workflow_key,
            workflow_name: &task.workflow_name,
            project_key: project,
            task_id: task.task_id,
            create_time: task.created.div_euclid(1_000),
            task_creator: &task.creator.user_name,
            start_time: seconds(task.started()).unwrap_or_default(),
            end_time: seconds(task.ended(now)).unwrap_or_default(),
            status: task.status(now),
        }
    }
}

/// A task.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigTask))]
pub struct TaskView<'a> {
    /// The number in its workflow.
    pub task_id: i64,
    /// The key of the workflow.
    pub workflow_key: &'a str,
    /// The name of the workflow.
    pub workflow_name: &'a str,
    /// The variables.
    pub params: &'a [WorkflowParam],
    /// The status.
    pub status: WorkflowStatus,
    /// Always false.
    pub reverted: bool,
    /// The remark.
    pub remark: &'a str,
    /// The user who has created it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub task_creator: &'a str,
    /// The user who has cancelled it; before that its creator.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub task_revoker: &'a str,
    /// In seconds since the epoch.
    pub create_time: i64,
    /// In seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<i64>,
    /// In seconds since the epoch. A pause ends the run, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    /// The stages, in order.
    pub stages: Vec<StageView<'a>>,
    /// The key of the project.
    pub project_key: &'a str,
    /// The error; usually empty.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub error: &'a str,
    /// True after a retry.
    pub is_restart: bool,
    /// Always false.
    pub debug: bool,
    /// Always empty.
    pub approval_ticket_id: &'a str,
    /// Always empty.
    pub approval_id: &'a str,
    /// The release plan that it was started for. Only in generation 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub release_plan: Option<&'a TaskPlan>,
}

impl<'a> TaskView<'a> {
    pub fn new(task: &'a WorkflowTask, generation: ZadigGeneration, now: Millis) -> Self {
        let stages = 0..task.stages.len();
        Self {
            task_id: task.task_id,
            workflow_key: &task.workflow_key,
            workflow_name: &task.workflow_name,
            params: &task.params,
            status: task.status(now),
            reverted: false,
            remark: &task.remark,
            task_creator: &task.creator.user_name,
            task_revoker: &task.revoker,
            create_time: task.created.div_euclid(1_000),
            start_time: seconds(task.started()),
            end_time: seconds(task.ended(now)),
            stages: stages
                .map(|stage| StageView::new(task, stage, generation, now))
                .collect(),
            project_key: &task.project,
            error: task.error(),
            is_restart: task.is_restart,
            debug: false,
            approval_ticket_id: "",
            approval_id: "",
            release_plan: task
                .release_plan
                .as_deref()
                .filter(|_| generation == ZadigGeneration::V4),
        }
    }
}

/// A stage of a task.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigTaskStage))]
pub struct StageView<'a> {
    /// The name.
    pub name: &'a str,
    /// Empty before it begins.
    pub status: WorkflowStatus,
    /// In seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<i64>,
    /// In seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    /// True if its jobs run at once.
    pub parallel: bool,
    /// The manual start of the stage; null: it begins by itself.
    #[cfg_attr(test, schema(required = true))]
    pub manual_exec: Option<&'a ManualExec>,
    /// The jobs, in order.
    pub jobs: Vec<JobView<'a>>,
    /// The error; usually empty.
    pub error: &'a str,
}

impl<'a> StageView<'a> {
    fn new(task: &'a WorkflowTask, n: usize, generation: ZadigGeneration, now: Millis) -> Self {
        let stage: &TaskStage = &task.stages[n];
        let state = task.stage_state(n, now);
        let jobs = stage.jobs.iter();
        Self {
            name: &stage.name,
            status: state.status,
            start_time: seconds(state.begun),
            end_time: seconds(state.ended),
            parallel: stage.parallel,
            manual_exec: stage.manual_exec.as_ref(),
            jobs: jobs
                .map(|job| JobView::new(task, job, generation, now))
                .collect(),
            error: stage.given.as_ref().map_or("", |given| &given.error),
        }
    }
}

/// A job task.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigJobTask))]
pub struct JobView<'a> {
    /// The name, which an answer to an approval names.
    pub name: &'a str,
    /// The job and the parts of the name, joined by dots.
    pub key: &'a str,
    /// The job and the parts of the name, joined by hyphens.
    pub display_name: &'a str,
    /// The name of the job.
    pub origin_name: &'a str,
    /// The type.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// Empty before it begins.
    pub status: WorkflowStatus,
    /// Always false.
    pub reverted: bool,
    /// In seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<i64>,
    /// In seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    /// The seconds that it takes or has taken so far.
    pub cost_seconds: i64,
    /// The error; usually empty.
    pub error: String,
    /// Always false.
    pub breakpoint_before: bool,
    /// Always false.
    pub breakpoint_after: bool,
    /// The settings, whose fields depend on the type.
    #[cfg_attr(test, schema(value_type = serde_json::Value))]
    pub spec: JobSpecView<'a>,
    /// The consequence of a failure; null: the jobs after it do not run.
    #[cfg_attr(test, schema(required = true))]
    pub error_policy: Option<&'a ErrorPolicy>,
    /// The id of the user who has decided on its failure; otherwise empty.
    pub error_handler_user_id: &'a str,
    /// The name of the user who has decided on its failure; otherwise empty.
    pub error_handler_username: &'a str,
    /// The number of tries after the first.
    pub retry_count: i64,
    /// The parts of the name.
    pub job_info: BTreeMap<&'a str, &'a str>,
}

impl<'a> JobView<'a> {
    fn new(
        task: &'a WorkflowTask,
        job: &'a JobTask,
        generation: ZadigGeneration,
        now: Millis,
    ) -> Self {
        let state = task.job_state(job, now);
        let until = state.ended.unwrap_or(now);
        let cost = state
            .begun
            .map_or(0, |begun| until.div_euclid(1_000) - begun.div_euclid(1_000));
        let info = job.info.iter();
        Self {
            name: &job.name,
            key: &job.key,
            display_name: &job.display_name,
            origin_name: &job.origin_name,
            kind: &job.kind,
            status: state.status,
            reverted: false,
            start_time: seconds(state.begun),
            end_time: seconds(state.ended),
            cost_seconds: cost,
            error: state.error,
            breakpoint_before: false,
            breakpoint_after: false,
            spec: JobSpecView {
                spec: &job.spec,
                has_passed: state.status == WorkflowStatus::Passed,
                generation,
            },
            error_policy: job.error_policy.as_ref(),
            error_handler_user_id: job.handler.as_ref().map_or("", |user| &user.user_id),
            error_handler_username: job.handler.as_ref().map_or("", |user| &user.user_name),
            retry_count: state.retry_count,
            job_info: info
                .map(|(key, name)| (key.as_str(), name.as_str()))
                .collect(),
        }
    }
}

/// The settings of a job task.
#[derive(Clone, Copy, Debug)]
pub struct JobSpecView<'a> {
    spec: &'a JobSpec,
    /// The image of a build is shown after it.
    has_passed: bool,
    generation: ZadigGeneration,
}

impl Serialize for JobSpecView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.spec {
            JobSpec::Build { spec, image } if self.has_passed => BuildSpec {
                image: image.clone(),
                ..spec.clone()
            }
            .serialize(serializer),
            JobSpec::Build { spec, .. } => spec.serialize(serializer),
            JobSpec::Approval(approval) => {
                ApprovalView::new(approval, self.generation).serialize(serializer)
            }
            JobSpec::Other(spec) => spec.serialize(serializer),
        }
    }
}

/// An approval as the service keeps it: a map, whose keys are in alphabetical order.
#[derive(Debug, Serialize)]
struct ApprovalView<'a> {
    /// Up to v4.
    approval_message: &'a str,
    description: &'a str,
    dingtalk_approval: Option<()>,
    lark_approval: Option<()>,
    native_approval: Option<NativeView<'a>>,
    timeout: i64,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    workwx_approval: Option<NullView>,
}

#[derive(Debug, Serialize)]
struct NativeView<'a> {
    approve_users: Vec<serde_json::Value>,
    instance_code: &'a str,
    needed_approvers: i64,
    reject_or_approve: &'a str,
    timeout: i64,
}

impl<'a> ApprovalView<'a> {
    fn new(approval: &'a Approval, generation: ZadigGeneration) -> Self {
        let native = approval.native_approval.as_ref();
        Self {
            approval_message: &approval.title,
            description: &approval.description,
            dingtalk_approval: None,
            lark_approval: None,
            native_approval: native.map(|native| NativeView {
                approve_users: {
                    let users = native.approve_users.iter();
                    // A value has its keys in alphabetical order.
                    let value = |user| serde_json::to_value(user).unwrap_or_default();
                    users.map(value).collect()
                },
                instance_code: &native.instance_code,
                needed_approvers: native.needed_approvers,
                reject_or_approve: &native.reject_or_approve,
                timeout: native.timeout,
            }),
            timeout: approval.timeout,
            kind: &approval.kind,
            workwx_approval: (generation == ZadigGeneration::V4).then_some(NullView),
        }
    }
}

fn seconds(at: Option<Millis>) -> Option<i64> {
    at.map(|at| at.div_euclid(1_000))
}

/// The stage of a task that waits for somebody to start it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigManualStage))]
pub struct ManualStage<'a> {
    /// The key of the project.
    pub project_key: &'a str,
    /// The key of the workflow.
    pub workflow_key: &'a str,
    /// The number of the task in its workflow.
    pub task_id: i64,
    /// `pause`.
    pub status: WorkflowStatus,
    /// The name of the stage.
    pub stage_name: &'a str,
    /// True if the caller may start it.
    pub can_execute: bool,
    /// The users who may start it.
    pub executors: &'a [UserRef],
}

/// A null that only one generation has.
#[derive(Debug, Serialize)]
struct NullView;

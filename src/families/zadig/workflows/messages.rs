//! The service's own error texts: English, Chinese and misspelt as they are.

use super::model::status::WorkflowStatus;
use crate::families::zadig::error::Error;
use crate::http::Evidence;

/// The refusal of a request that was bound and allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// 6542: "querying the workflow failed".
    #[error("mongo: no documents in result")]
    UnknownWorkflow,
    /// The task or the workflow that a read names.
    #[error("mongo: no documents in result")]
    NotFound,
    /// 6160 and all other texts of a task that cannot be created.
    #[error("{0}")]
    Create(CreateCause),
    /// 6545: "checking the workflow failed".
    #[error("{0}")]
    Invalid(InvalidWorkflow),
    #[error("param {param} not found{}", of_workflow(.workflow.as_deref()))]
    UnknownParam {
        param: String,
        /// Up to v4.1.
        workflow: Option<String>,
    },
    #[error("invalid choice value {value} for param {param}")]
    InvalidChoice { value: String, param: String },
    #[error("undefined job type of type:{0}")]
    UndefinedType(String),
    #[error("unmarshal task error: {0}")]
    Unmarshal(String),
    #[error("failed to update jobspec for job: {job}, err: {cause}")]
    Update { job: String, cause: String },
    /// A null that the service dereferences.
    #[error("the service crashes on {0}")]
    Crash(&'static str),
    /// 6163: "cancelling the task failed".
    #[error("mongo: no documents in result")]
    NothingToCancel,
    #[error("task: {workflow}:{task_id} is {status}, cannot cancel")]
    Uncancellable {
        workflow: String,
        task_id: i64,
        status: WorkflowStatus,
    },
    /// 6161: "getting the task failed".
    #[error("mongo: no documents in result")]
    NothingToRetry,
    /// "The status of the task does not allow a retry."
    #[error("工作流任务状态无法重试")]
    NotRetryable,
    /// 6169: "approving the task failed".
    #[error("can not find approved workflow: {workflow}, taskID: {task_id},jobName: {job}")]
    IncompleteApproval {
        workflow: String,
        task_id: i64,
        job: String,
    },
    #[error("not found approval")]
    NoApproval,
    #[error("user {0} has no authority to Approve")]
    NoApprover(String),
    #[error("{user} have {answer} already")]
    AnsweredAlready { user: String, answer: String },
    #[error("job {0} is not waiting for manual error handling")]
    NotHandled(String),
    #[error("workflow task project {is} does not match projectKey {given}")]
    OtherProject { is: String, given: String },
    #[error("stage {stage} not found in workflow {workflow}")]
    UnknownStage { stage: String, workflow: String },
    /// "The status of the task does not allow a manual start."
    #[error("工作流任务状态无法手动执行")]
    NotPaused,
    #[error("workflow task has no stage waiting for manual execution")]
    NoPausedStage,
    #[error("stage {0} is not waiting for manual execution")]
    OtherStage(String),
    #[error("user {user} is not allowed to manually execute stage {stage}")]
    NoExecutor { user: String, stage: String },
    #[error("cannot find workflow task, workflow name: {workflow}, task id: {task_id}")]
    NothingToRemark { workflow: String, task_id: i64 },
    /// 6543: "deleting the workflow failed".
    #[error("mongo: no documents in result")]
    NothingToDelete,
}

/// The reason that a task cannot be created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateCause {
    #[error("workflow need approval ticket to run, which is not supported by openAPI right now.")]
    Ticket,
    #[error("workflow is disabled")]
    Disabled,
    #[error("job {0} skipped, but the run policy is set to force run")]
    ForceRun(String),
    #[error("env {0} not exists")]
    UnknownEnvironment(String),
    #[error("native approval not found")]
    NoNativeApproval,
    #[error("num of approve-users is 0")]
    NoApprovers,
    #[error("all approve users should not less than needed approvers")]
    TooFewApprovers,
    #[error("no stage found in workflow task: {workflow},taskID: {task_id}")]
    NothingToRun { workflow: String, task_id: i64 },
}

/// The mistake in a workflow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWorkflow {
    #[error("project should not be empty")]
    NoProject,
    /// "The key may have letters, digits and hyphens."
    #[error("工作流标识支持大小写字母、数字和中划线")]
    Key,
    #[error("mongo: no documents in result")]
    UnknownProject,
    #[error("common workflow only support k8s and helm project")]
    DeployType,
    #[error("duplicated stage name: {0}")]
    DuplicateStage(String),
    #[error(
        "job name [{0}] did not match ^[a-z\u{4e00}-\u{9fa5}][a-z0-9\u{4e00}-\u{9fa5}-]{{0,31}}$"
    )]
    JobName(String),
    #[error("duplicated job name: {0}")]
    DuplicateJob(String),
}

fn of_workflow(workflow: Option<&str>) -> String {
    workflow.map_or_else(String::new, |workflow| format!(" in workflow {workflow}"))
}

impl From<TaskError> for Error {
    fn from(task_error: TaskError) -> Self {
        let text = task_error.to_string();
        match task_error {
            TaskError::UnknownWorkflow => Self::typed(6542, "查询workflow失败", text),
            TaskError::Create(_) => Self::typed(6160, "创建工作流任务失败", text),
            TaskError::Invalid(_) => Self::typed(6545, "校验workflow失败", text),
            TaskError::NothingToCancel | TaskError::Uncancellable { .. } => {
                Self::typed(6163, "取消工作流任务失败", text)
            }
            TaskError::NothingToRetry => Self::typed(6161, "获取工作流任务失败", text),
            TaskError::IncompleteApproval { .. }
            | TaskError::NoApproval
            | TaskError::NoApprover(_)
            | TaskError::AnsweredAlready { .. }
            | TaskError::NotHandled(_) => Self::typed(6169, "批准工作流任务失败", text),
            TaskError::NothingToDelete => Self::typed(6543, "删除workflow失败", text),
            TaskError::Crash(cause) => Self::crash(cause),
            _ => Self::untyped(text, Evidence::Observed),
        }
    }
}

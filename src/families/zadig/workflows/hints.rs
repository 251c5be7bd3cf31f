//! Hints on refusals, beside the service's own texts.

use super::messages::{CreateCause, InvalidWorkflow, TaskError};
use super::model::commands::{APPROVE, CANCEL, HANDLE_ERROR, MANUAL_EXEC, RETRY};
use super::model::status::WorkflowStatus;
use super::model::task::WorkflowTask;
use super::table::WorkflowTable;
use crate::families::zadig::catalog::ImageRegistry;
use crate::families::zadig::kinds::ZadigResource;
use crate::families::zadig::table::Table;
use crate::sim::Millis;
use crate::sim::collection::{Resource, Stored};
use crate::sim::fuzzy::nearest;
use crate::world::hints::{MAX_CANDIDATES, StatusForecast, advance, listed};

/// The task that a request names.
#[derive(Clone, Copy, Debug)]
pub struct TaskName<'a> {
    pub workflow_key: &'a str,
    pub task_id: i64,
}

impl Table {
    /// The hint on a refusal that concerns a task.
    pub fn task_hint(&self, name: TaskName, refusal: &TaskError, now: Millis) -> Option<String> {
        let found = self.workflows.find(name.workflow_key, name.task_id);
        match (refusal, found) {
            (TaskError::UnknownWorkflow | TaskError::NothingToDelete, _) => {
                Some(self.workflows.unknown_workflow_hint(name.workflow_key))
            }
            (
                TaskError::NotFound
                | TaskError::NothingToCancel
                | TaskError::NothingToRetry
                | TaskError::NothingToRemark { .. }
                | TaskError::NoApproval,
                None,
            ) => Some(self.workflows.unknown_task_hint(name)),
            (TaskError::NoApproval, Some(stored)) => Some(self.approval_hint(stored, now)),
            (TaskError::NoApprover(_), Some(stored)) => Some(approvers_hint(&stored.item, now)),
            (TaskError::AnsweredAlready { .. }, _) => {
                Some("another approver must answer".to_owned())
            }
            (TaskError::NotRetryable, Some(stored)) => Some(self.path(
                stored,
                now,
                RETRY,
                "only a failed, timeout, cancelled or rejected task can be retried",
            )),
            (TaskError::NotPaused | TaskError::NoPausedStage, Some(stored)) => Some(self.path(
                stored,
                now,
                MANUAL_EXEC,
                "only a task in pause has a stage to start",
            )),
            (TaskError::NotHandled(_), Some(stored)) => Some(self.path(
                stored,
                now,
                HANDLE_ERROR,
                "only a failed job with the error policy manual_check waits for a decision",
            )),
            (TaskError::Uncancellable { .. }, _) => {
                Some("a task that has passed cannot be cancelled".to_owned())
            }
            (TaskError::OtherStage(_) | TaskError::UnknownStage { .. }, Some(stored)) => {
                let stage = stored.item.paused_stage(now)?;
                let name = &stored.item.stages[stage].name;
                Some(format!("the stage {name} waits for its start"))
            }
            (TaskError::UndefinedType(kind), _) => Some(format!(
                "jobs of the type {kind} take no inputs in this API"
            )),
            (TaskError::Create(cause), _) => Some(create_hint(cause)),
            (TaskError::Invalid(invalid), _) => invalid_hint(invalid),
            (TaskError::UnknownParam { param, .. }, _) => {
                let workflow = self.workflows.workflow(name.workflow_key)?;
                let names = workflow.params.iter().map(|param| &*param.name);
                let names: Vec<_> = names.collect();
                Some(listed("parameters of the workflow:", param, &names))
            }
            (TaskError::Update { .. }, _) => {
                let known = self.catalog.registries();
                let known = known.map(ImageRegistry::origin).collect::<Vec<_>>();
                Some(format!("known registries: {}", known.join(", ")))
            }
            _ => None,
        }
    }

    /// The way to a status that allows a command.
    fn path(
        &self,
        stored: &Stored<WorkflowTask>,
        now: Millis,
        command: &'static str,
        advice: &str,
    ) -> String {
        let task = &stored.item;
        if task.is_queued() {
            return self.queue_hint(stored, now);
        }
        let forecast = StatusForecast {
            next: &|at| task.next_due(at),
            status: &|at| task.status(at),
            allows: &|at| task.allowed(at).contains(&command),
            advice: &|at| {
                match task.status(at) {
                WorkflowStatus::Running if task.allowed(at).contains(&APPROVE) => {
                    "POST /openapi/workflows/custom/task/approve answers the approval that it waits for"
                        .to_owned()
                }
                WorkflowStatus::Running => format!("{CANCEL} ends it"),
                _ => advice.to_owned(),
            }
            },
        };
        forecast.path_to_allowed(now)
    }

    /// The hint on a task in the queue.
    fn queue_hint(&self, stored: &Stored<WorkflowTask>, now: Millis) -> String {
        match WorkflowTask::next_change(stored, self, now) {
            Some(next) => format!(
                "the task waits in the queue; {} starts it",
                advance(next.at - now)
            ),
            None => "the task waits in the queue until others end".to_owned(),
        }
    }

    fn approval_hint(&self, stored: &Stored<WorkflowTask>, now: Millis) -> String {
        let task = &stored.item;
        let waiting: Vec<_> = task.approvals(now).map(|(_, job)| &*job.name).collect();
        if waiting.is_empty() {
            return self.path(
                stored,
                now,
                APPROVE,
                "no approval is pending, and none will be",
            );
        }
        format!(
            "stage_name is the name of a job task; pending approvals: {}",
            waiting.join(", ")
        )
    }
}

fn approvers_hint(task: &WorkflowTask, now: Millis) -> String {
    let approvals = task.approvals(now);
    let users = approvals.filter_map(|(_, job)| job.approval()?.native_approval.as_ref());
    let users = users.flat_map(|native| &native.approve_users);
    let users: Vec<_> = users
        .map(|user| format!("{} ({})", user.user_name, user.user_id))
        .collect();
    format!(
        "the uid of the caller must be that of an approver: {}",
        users.join(", ")
    )
}

fn create_hint(cause: &CreateCause) -> String {
    let text = match cause {
        CreateCause::Ticket => "zadig.projects[].workflows[].enable_approval_ticket is true",
        CreateCause::Disabled => "zadig.projects[].workflows[].disabled is true",
        CreateCause::ForceRun(_) => "inputs must name every job with the run_policy force_run",
        CreateCause::UnknownEnvironment(_) => {
            "zadig.projects[].environments has no environment of that name"
        }
        CreateCause::NoNativeApproval | CreateCause::NoApprovers | CreateCause::TooFewApprovers => {
            "the job needs spec.native_approval with enough approve_users"
        }
        CreateCause::NothingToRun { .. } => {
            "only the jobs that inputs name run, and a build or a deployment needs a service_list"
        }
    };
    text.to_owned()
}

fn invalid_hint(invalid: &InvalidWorkflow) -> Option<String> {
    let text = match invalid {
        InvalidWorkflow::UnknownProject => "zadig.projects has no such project",
        InvalidWorkflow::NoProject => "project_key must not be empty",
        InvalidWorkflow::Key => "workflow_key may have letters, digits and hyphens",
        _ => return None,
    };
    Some(text.to_owned())
}

impl WorkflowTable {
    /// The hint on an unknown workflow: the nearest.
    pub fn unknown_workflow_hint(&self, key: &str) -> String {
        let known = self.workflows().take(MAX_CANDIDATES);
        let keys: Vec<_> = known.map(|workflow| &*workflow.key).collect();
        match nearest(key, keys.iter().copied()) {
            Some(near) => format!("there is no workflow {key}, did you mean {near}?"),
            None if keys.is_empty() => {
                format!(
                    "there is no workflow {key}; workflows begin with their first task, or with fixtures"
                )
            }
            None => format!("there is no workflow {key}; there are {}", keys.len()),
        }
    }

    /// The hint on an unknown task.
    pub fn unknown_task_hint(&self, name: TaskName) -> String {
        let TaskName {
            workflow_key,
            task_id,
        } = name;
        if self.workflow(workflow_key).is_none() {
            return self.unknown_workflow_hint(workflow_key);
        }
        match self.latest(workflow_key) {
            Some(latest) => format!(
                "the workflow {workflow_key} has no task {task_id}; its latest is {}",
                latest.item.task_id
            ),
            None => format!("the workflow {workflow_key} has no tasks yet"),
        }
    }
}

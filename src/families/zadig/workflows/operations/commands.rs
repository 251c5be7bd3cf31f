//! The commands on tasks: cancel, approve, retry, remark.

use axum::extract::State;
use axum::response::Response;

use super::path::TaskPath;
use super::{RUN_WORKFLOW, bad_request, command, refuse, task_caller, task_in_path, task_of};
use crate::families::zadig::access::check_role;
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::{TypedError, UntypedError};
use crate::families::zadig::extract::unmarshal_body;
use crate::families::zadig::query::{Params, integer};
#[cfg(test)]
use crate::families::zadig::response::ResultMessage;
use crate::families::zadig::table::Table;
use crate::families::zadig::workflows::creation::TaskWriteContext;
use crate::families::zadig::workflows::hints::TaskName;
use crate::families::zadig::workflows::messages::TaskError;
use crate::families::zadig::workflows::model::commands::{APPROVE, CANCEL, RETRY};
use crate::families::zadig::workflows::model::task::WorkflowTask;
use crate::families::zadig::workflows::wire::request::{ApproveArgs, RemarkArgs};
use crate::http::context::add_hint;
use crate::http::extract::Body;
use crate::http::{Caller, Evidence, Rejection};
use crate::sim::Millis;
use crate::world::handle::Shared;
use crate::world::settings::{Fidelity, Settings};

/// Cancels a task that has not passed.
///
/// The jobs that run stop within a second. Errors: 400, 401.
#[cfg_attr(test, utoipa::path(delete, path = "/openapi/workflows/custom/task", operation_id = "CancelWorkflowTask", tag = "zadig",
    params(
        ("taskId" = i64, Query, description = "The number of the task."),
        ("workflowKey" = String, Query, description = "The workflow."),
    ),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The task does not exist or has passed; without a body if taskId is not a number"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Workflow, and the source of v4.3.0, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-commands" = json!({"words": ["cancel"]}))
    )))]
pub async fn cancel_workflow_task(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    params: Params,
) -> Result<Response, Error> {
    let (workflow_key, task_id) = task_of(&params)?;
    let name = TaskName {
        workflow_key: &workflow_key,
        task_id,
    };
    handle.write(|table, shared, now| {
        let cancel = |task: &mut WorkflowTask| task.cancel(&task_caller(&caller), now);
        let missing = TaskError::NothingToCancel;
        command(table, shared, (name, CANCEL), missing, now, |task, _| {
            cancel(task)
        })
    })
}

/// Answers an approval of a task.
///
/// `stage_name` is the name of the job task that waits, as the task shows it. One refusal refuses it; it is approved
/// when enough users have approved. Errors: 400, 401, 413, 500.
#[cfg_attr(test, utoipa::path(post, path = "/openapi/workflows/custom/task/approve", operation_id = "ApproveWorkflowTask", tag = "zadig",
    request_body(content = ApproveArgs,
        example = json!({"stage_name": "job-1-0-0-sign-off", "workflow_key": "build-deploy", "task_id": 1, "approve": true})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "No approval of that name is pending, or the caller may not answer it"),
        (status = 500, body = UntypedError, description = "The body is not JSON or has a wrong type; without a body for null"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Workflow, and the source of v4.3.0, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-commands" = json!({"words": ["approve"]})),
        ("x-differences" = json!("The documents take the name of a stage, the service that of a job task. The name of the job task, of the job or of a stage with one pending approval is accepted; with --fidelity strict only that of the job task."))
    )))]
pub async fn approve_workflow_task(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, Error> {
    let args: ApproveArgs = unmarshal_body(&body)
        .map_err(|text| {
            let text = format!("failed to unmarshal request data, error: {text}");
            Error::untyped(text, Evidence::Observed)
        })?
        .ok_or_else(|| Error::crash("a null body"))?;
    let is_strict = handle.settings().fidelity == Fidelity::Strict;
    handle.write(|table, shared, now| approve(table, shared, &args, &caller, is_strict, now))
}

/// Answers an approval by any name of it that is accepted.
pub(super) fn approve(
    table: &mut Table,
    shared: &mut Shared,
    args: &ApproveArgs,
    caller: &Caller,
    is_strict: bool,
    now: Millis,
) -> Result<Response, Error> {
    let name = TaskName {
        workflow_key: &args.workflow_key,
        task_id: args.task_id,
    };
    if args.workflow_key.is_empty() || args.task_id == 0 || args.stage_name.is_empty() {
        let refusal = TaskError::IncompleteApproval {
            workflow: args.workflow_key.clone(),
            task_id: args.task_id,
            job: args.stage_name.clone(),
        };
        return Err(Error::from(refusal)
            .with_hint("stage_name, workflow_key and task_id are required".to_owned()));
    }
    let stored = table.workflows.find(&args.workflow_key, args.task_id);
    let waiting =
        stored.and_then(|stored| waiting_job(&stored.item, &args.stage_name, is_strict, now));
    let Some(job_name) = waiting else {
        return Err(refuse(table, name, TaskError::NoApproval, now));
    };
    if job_name != args.stage_name {
        add_hint(format!(
            "the service takes the name of the job task, {job_name}, in stage_name"
        ));
    }
    let user = task_caller(caller);
    command(
        table,
        shared,
        (name, APPROVE),
        TaskError::NoApproval,
        now,
        |task, _| task.answer(&job_name, &user, args.approve, &args.comment, now),
    )
}

/// The job task of that name that waits for an approval; under documented fidelity also that of the job or of a stage with
/// one approval.
fn waiting_job(task: &WorkflowTask, name: &str, is_strict: bool, now: Millis) -> Option<String> {
    let exact = task.approvals(now).find(|(_, job)| job.name == name);
    if exact.is_some() || is_strict {
        return exact.map(|(_, job)| job.name.clone());
    }
    let of_job = task.approvals(now).find(|(_, job)| job.origin_name == name);
    if let Some((_, job)) = of_job {
        return Some(job.name.clone());
    }
    // An approval of a stage in the documents stands in a stage of its own.
    let names = [name.to_owned(), format!("{name}-approval")];
    let mut of_stage = task
        .approvals(now)
        .filter(|(stage, _)| names.iter().any(|name| name == stage));
    let (_, job) = of_stage.next()?;
    of_stage.next().is_none().then(|| job.name.clone())
}

/// Puts a task into the queue again that has failed or was cancelled.
///
/// The jobs that have passed stay as they are. Errors: 400, 401, 500.
#[cfg_attr(test, utoipa::path(post, path = "/openapi/workflows/custom/{name}/task/{taskID}", operation_id = "RetryWorkflowTask", tag = "zadig",
    params(
        ("name" = String, Path, description = "The workflow."),
        ("taskID" = i64, Path, description = "The number of the task."),
    ),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The task does not exist, or its number is not one"),
        (status = 500, body = UntypedError, description = "The status does not allow a retry"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Workflow, and the source of v4.3.0, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-commands" = json!({"words": ["retry"]})),
        ("x-differences" = json!("The end of the last run stays until the next, as in v3.4.1 and v4.3.0. The defect of v4.1 to v4.3, which sets the ends of jobs that have passed to the time of the retry, is left out."))
    )))]
pub async fn retry_workflow_task(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    TaskPath(path): TaskPath,
) -> Result<Response, Error> {
    let (workflow_key, task_id) = task_in_path(path)?;
    let name = TaskName {
        workflow_key: &workflow_key,
        task_id,
    };
    handle.write(|table, shared, now| retry(table, shared, name, handle.settings(), &caller, now))
}

/// Retries a task. One that a fixture gave without stages gets those of its workflow.
fn retry(
    table: &mut Table,
    shared: &mut Shared,
    name: TaskName,
    settings: &Settings,
    caller: &Caller,
    now: Millis,
) -> Result<Response, Error> {
    let found = table.workflows.find(name.workflow_key, name.task_id);
    let is_bare = found.is_some_and(|stored| stored.item.stages.is_empty());
    let stages = if is_bare {
        let context = TaskWriteContext {
            shared,
            checks_references: settings.checks_references(),
            is_strict: settings.fidelity == Fidelity::Strict,
            caller: task_caller(caller),
            now,
        };
        table.stages_of_all(name.workflow_key, &context)
    } else {
        Vec::new()
    };
    let missing = TaskError::NothingToRetry;
    command(
        table,
        shared,
        (name, RETRY),
        missing,
        now,
        |task, scripts| task.retry(stages, scripts, now),
    )
}

/// Changes the remark of a task.
///
/// Errors: 400, 401, 403, 413, 500.
#[cfg_attr(test, utoipa::path(put, path = "/openapi/workflows/custom/{name}/task/{taskID}", operation_id = "RemarkWorkflowTask", tag = "zadig",
    params(
        ("name" = String, Path, description = "The workflow."),
        ("taskID" = i64, Path, description = "The number of the task."),
    ),
    request_body(content = RemarkArgs, example = json!({"remark": "release of the week"})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The workflow does not exist, the body is not JSON, or the number is not one"),
        (status = 500, body = UntypedError, description = "The task does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("The source of Zadig v4.3.0, read 2026-11")),
        ("x-action" = json!("run_workflow"))
    )))]
pub async fn remark_workflow_task(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    TaskPath((workflow_key, task_id)): TaskPath,
    Body(body): Body,
) -> Result<Response, Error> {
    let project = handle.read(|table, _, _| {
        let workflow = table.workflows.workflow(&workflow_key);
        let workflow = workflow.ok_or_else(|| {
            let text = "查询workflow失败: mongo: no documents in result";
            let hint = table.workflows.unknown_workflow_hint(&workflow_key);
            Error::from(Rejection::BadBody(text.to_owned())).with_hint(hint)
        })?;
        Ok::<_, Error>(workflow.project.clone())
    })?;
    let args: RemarkArgs = unmarshal_body(&body)
        .map_err(|text| Error::from(Rejection::BadBody(text)))?
        .unwrap_or_default();
    check_role(&caller, &project, RUN_WORKFLOW)?;
    let task_id = integer(Some(&task_id)).ok().filter(|_| !task_id.is_empty());
    let task_id = task_id.ok_or_else(|| {
        bad_request(
            "invalid task id",
            "the last part of the path must be the number of a task",
        )
    })?;
    let name = TaskName {
        workflow_key: &workflow_key,
        task_id,
    };
    handle.write(|table, shared, now| {
        let missing = TaskError::NothingToRemark {
            workflow: workflow_key.clone(),
            task_id,
        };
        command(table, shared, (name, "remark"), missing, now, |task, _| {
            task.remark = args.remark;
            Ok(())
        })
    })
}

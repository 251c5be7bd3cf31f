//! The operations on stages that somebody must start, and on failures on which somebody decides.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::commands::approve;
use super::path::TaskPath;
use super::{RUN_WORKFLOW, bad_request, command, refuse, task_caller, task_in_path};
use crate::families::zadig::access::check_role;
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::{TypedError, UntypedError};
use crate::families::zadig::extract::unmarshal_body;
use crate::families::zadig::query::Params;
use crate::families::zadig::response;
#[cfg(test)]
use crate::families::zadig::response::ResultMessage;
use crate::families::zadig::table::Table;
use crate::families::zadig::workflows::hints::TaskName;
use crate::families::zadig::workflows::messages::TaskError;
use crate::families::zadig::workflows::model::commands::{
    HANDLE_ERROR, Handling, MANUAL_EXEC, TaskCaller,
};
use crate::families::zadig::workflows::model::status::WorkflowStatus;
use crate::families::zadig::workflows::wire::request::{
    ApproveArgs, ApproveJobArgs, HandleErrorArgs, ManualExecArgs,
};
use crate::families::zadig::workflows::wire::task_view::ManualStage;
use crate::http::extract::Body;
use crate::http::{Caller, Rejection};
use crate::sim::Millis;
use crate::world::settings::Fidelity;

/// The approximate size of a waiting stage in bytes.
const STAGE_SIZE: usize = 512;

/// Only v5 has the operation.
fn check_generation(
    zadig: &Zadig,
    (workflow_key, task_id): &(String, String),
) -> Result<(), Error> {
    if zadig.0.settings().fidelity == Fidelity::Strict {
        let hint = "only v5 has this operation, which --fidelity strict leaves out".to_owned();
        let path = format!("/openapi/workflows/custom/{workflow_key}/task/{task_id}/manual-exec");
        return Err(Error::no_route(&path).with_hint(hint));
    }
    Ok(())
}

fn project(params: &Params) -> Result<&str, Error> {
    let project = params.get("projectKey").filter(|key| !key.is_empty());
    project.ok_or_else(|| {
        bad_request(
            "projectKey is required",
            "the query parameter projectKey is required",
        )
    })
}

/// The stage of a task that waits for its start.
fn paused_stage(
    table: &Table,
    name: TaskName,
    project: &str,
    wanted: Option<&str>,
    now: Millis,
) -> Result<usize, TaskError> {
    let found = table.workflows.find(name.workflow_key, name.task_id);
    let task = &found.ok_or(TaskError::NothingToRetry)?.item;
    if task.project != project {
        return Err(TaskError::OtherProject {
            is: task.project.clone(),
            given: project.to_owned(),
        });
    }
    if let Some(wanted) = wanted {
        let known = table.workflows.workflow(name.workflow_key);
        let in_workflow =
            known.is_some_and(|workflow| workflow.stages.iter().any(|stage| stage.name == wanted));
        if !in_workflow && task.stages.iter().all(|stage| stage.name != wanted) {
            return Err(TaskError::UnknownStage {
                stage: wanted.to_owned(),
                workflow: name.workflow_key.to_owned(),
            });
        }
    }
    if task.status(now) != WorkflowStatus::Pause {
        return Err(TaskError::NotPaused);
    }
    let stage = task.paused_stage(now).ok_or(TaskError::NoPausedStage)?;
    match wanted {
        Some(wanted) if task.stages[stage].name != wanted => {
            Err(TaskError::OtherStage(wanted.to_owned()))
        }
        _ => Ok(stage),
    }
}

/// Shows the stage of a task that waits for its start.
///
/// Errors: 400, 401, 403, 500; 404 with --fidelity strict.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/workflows/custom/{name}/task/{taskID}/manual-exec", operation_id = "GetManualStage", tag = "zadig",
    params(
        ("name" = String, Path, description = "The workflow."),
        ("taskID" = i64, Path, description = "The number of the task."),
        ("projectKey" = String, Query, description = "The project."),
    ),
    responses(
        (status = 200, body = ManualStage),
        (status = 400, body = TypedError, description = "The task does not exist, its number is not one, or projectKey is missing"),
        (status = 404, body = str, content_type = "text/plain", description = "With --fidelity strict: only v5 has the operation"),
        (status = 500, body = UntypedError, description = "The task is of another project, or does not wait"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("The source of Zadig v5.0.0, read 2026-11")),
        ("x-action" = json!("run_workflow")),
        ("x-differences" = json!("Only v5 has it; it is there in every generation except with --fidelity strict."))
    )))]
pub async fn get_manual_stage(
    State(zadig): State<Zadig>,
    caller: Caller,
    TaskPath(path): TaskPath,
    params: Params,
) -> Result<Response, Error> {
    check_generation(&zadig, &path)?;
    let (workflow_key, task_id) = task_in_path(path)?;
    let project = project(&params)?;
    check_role(&caller, project, RUN_WORKFLOW)?;
    let name = TaskName {
        workflow_key: &workflow_key,
        task_id,
    };
    zadig.0.read(|table, _, now| {
        let stage = paused_stage(table, name, project, None, now);
        let stage = stage.map_err(|refusal| refuse(table, name, refusal, now))?;
        let found = table.workflows.find(&workflow_key, task_id);
        let missing = || refuse(table, name, TaskError::NothingToRetry, now);
        let task = &found.ok_or_else(missing)?.item;
        let manual_exec = task.stages[stage].manual_exec.as_ref();
        let view = ManualStage {
            project_key: &task.project,
            workflow_key: &task.workflow_key,
            task_id,
            status: WorkflowStatus::Pause,
            stage_name: &task.stages[stage].name,
            can_execute: task.may_execute(stage, &task_caller(&caller)),
            executors: manual_exec.map_or(&[], |manual| &manual.manual_exec_users),
        };
        Ok(response::json(StatusCode::OK, &view, STAGE_SIZE))
    })
}

/// Starts the stage of a task that waits for it.
///
/// Errors: 400, 401, 403, 413, 500; 404 with --fidelity strict.
#[cfg_attr(test, utoipa::path(post, path = "/openapi/workflows/custom/{name}/task/{taskID}/manual-exec", operation_id = "StartManualStage", tag = "zadig",
    params(
        ("name" = String, Path, description = "The workflow."),
        ("taskID" = i64, Path, description = "The number of the task."),
        ("projectKey" = String, Query, description = "The project."),
    ),
    request_body(content = ManualExecArgs, example = json!({"stage_name": "deploy"})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The task does not exist, its number is not one, or a parameter is missing"),
        (status = 404, body = str, content_type = "text/plain", description = "With --fidelity strict: only v5 has the operation"),
        (status = 500, body = UntypedError, description = "The task does not wait for that stage, or the caller may not start it"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("The source of Zadig v5.0.0, read 2026-11")),
        ("x-action" = json!("run_workflow")),
        ("x-commands" = json!({"words": ["manual_exec"]})),
        ("x-differences" = json!("Only v5 has it; it is there in every generation except with --fidelity strict."))
    )))]
pub async fn start_manual_stage(
    State(zadig): State<Zadig>,
    caller: Caller,
    TaskPath(path): TaskPath,
    params: Params,
    Body(body): Body,
) -> Result<Response, Error> {
    check_generation(&zadig, &path)?;
    let (workflow_key, task_id) = task_in_path(path)?;
    let project = project(&params)?;
    let args: ManualExecArgs = unmarshal_body(&body)
        .map_err(|text| Error::from(Rejection::BadBody(text)))?
        .unwrap_or_default();
    if args.stage_name.is_empty() {
        return Err(bad_request(
            "stage_name is required",
            "the field stage_name is required",
        ));
    }
    check_role(&caller, project, RUN_WORKFLOW)?;
    let name = TaskName {
        workflow_key: &workflow_key,
        task_id,
    };
    start(
        &zadig,
        name,
        project,
        &args.stage_name,
        &task_caller(&caller),
    )
}

fn start(
    Zadig(handle): &Zadig,
    name: TaskName,
    project: &str,
    stage_name: &str,
    caller: &TaskCaller,
) -> Result<Response, Error> {
    handle.write(|table, shared, now| {
        let stage = paused_stage(table, name, project, Some(stage_name), now);
        let stage = stage.map_err(|refusal| refuse(table, name, refusal, now))?;
        let missing = TaskError::NothingToRetry;
        command(
            table,
            shared,
            (name, MANUAL_EXEC),
            missing,
            now,
            |task, scripts| {
                if !task.may_execute(stage, caller) {
                    return Err(TaskError::NoExecutor {
                        user: caller.id.to_owned(),
                        stage: stage_name.to_owned(),
                    });
                }
                task.execute_stage(stage, caller, scripts, now);
                Ok(())
            },
        )
    })
}

/// Starts the stage of a task that waits for it, as the pages of v3.1 to v4.3 do.
///
/// The `jobs` of the body, which may change inputs, are not read. Errors: 400, 401, 403, 500.
#[cfg_attr(test, utoipa::path(post, path = "/api/aslan/workflow/v4/workflowtask/manualexec/workflow/{name}/task/{taskID}", operation_id = "StartManualStageInternally", tag = "zadig",
    params(
        ("name" = String, Path, description = "The workflow."),
        ("taskID" = i64, Path, description = "The number of the task."),
        ("stageName" = String, Query, description = "The stage."),
        ("projectName" = String, Query, description = "The project."),
    ),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The task does not exist, or its number is not one"),
        (status = 500, body = UntypedError, description = "The task does not wait for that stage, or the caller may not start it"),
    ),
    extensions(
        ("x-evidence" = json!("inferred")),
        ("x-source" = json!("The source of Zadig v4.3.0, read 2026-11: an internal operation of the service's own pages")),
        ("x-action" = json!("run_workflow")),
        ("x-commands" = json!({"words": ["manual_exec"]})),
        ("x-differences" = json!("Internal. The texts of refusals are those of the operation of v5."))
    )))]
pub async fn start_manual_stage_internally(
    State(zadig): State<Zadig>,
    caller: Caller,
    TaskPath(path): TaskPath,
    params: Params,
) -> Result<Response, Error> {
    let (workflow_key, task_id) = task_in_path(path)?;
    let project = params.get("projectName").unwrap_or_default();
    check_role(&caller, project, RUN_WORKFLOW)?;
    let name = TaskName {
        workflow_key: &workflow_key,
        task_id,
    };
    let stage_name = params.get("stageName").unwrap_or_default();
    start(&zadig, name, project, stage_name, &task_caller(&caller))
}

/// Decides on a job that has failed, as the service's own pages do.
///
/// The job has the error policy `manual_check`. /// Errors: 400, 401, 413.
#[cfg_attr(test, utoipa::path(post, path = "/api/aslan/workflow/v4/workflowtask/handle/error", operation_id = "HandleJobErrorInternally", tag = "zadig",
    request_body(content = HandleErrorArgs,
        example = json!({"job_name": "job-0-0-0-build", "workflow_name": "build-deploy", "task_id": 1, "decision": "ignore"})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The job does not wait for a decision, or the caller may not make it"),
    ),
    extensions(
        ("x-evidence" = json!("inferred")),
        ("x-source" = json!("The source of Zadig v4.3.0, read 2026-11: an internal operation of the service's own pages")),
        ("x-action" = json!("none")),
        ("x-commands" = json!({"parameter": "decision", "words": ["ignore", "reject"]})),
        ("x-differences" = json!("Internal. The text on a job that does not wait is a guess."))
    )))]
pub async fn handle_job_error_internally(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, Error> {
    let args: HandleErrorArgs = unmarshal_body(&body)
        .map_err(|text| Error::from(Rejection::BadBody(text)))?
        .unwrap_or_default();
    let handling = if args.decision == "ignore" {
        Handling::Ignore
    } else {
        Handling::Reject
    };
    let name = TaskName {
        workflow_key: &args.workflow_name,
        task_id: args.task_id,
    };
    handle.write(|table, shared, now| {
        let missing = TaskError::NoApproval;
        command(
            table,
            shared,
            (name, HANDLE_ERROR),
            missing,
            now,
            |task, _| task.handle_error(&args.job_name, &task_caller(&caller), handling, now),
        )
    })
}

/// Answers an approval of a task, as the service's own pages do.
///
/// Errors: 400, 401, 413, 500.
#[cfg_attr(test, utoipa::path(post, path = "/api/aslan/workflow/v4/workflowtask/approve", operation_id = "ApproveJobInternally", tag = "zadig",
    request_body(content = ApproveJobArgs,
        example = json!({"job_name": "job-1-0-0-sign-off", "workflow_name": "build-deploy", "task_id": 1, "approve": true})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "No approval of that name is pending, or the caller may not answer it"),
    ),
    extensions(
        ("x-evidence" = json!("inferred")),
        ("x-source" = json!("The source of Zadig v4.3.0, read 2026-11: an internal operation of the service's own pages")),
        ("x-action" = json!("none")),
        ("x-commands" = json!({"words": ["approve"]})),
        ("x-differences" = json!("Internal."))
    )))]
pub async fn approve_job_internally(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, Error> {
    let args: ApproveJobArgs = unmarshal_body(&body)
        .map_err(|text| Error::from(Rejection::BadBody(text)))?
        .unwrap_or_default();
    let args = ApproveArgs {
        stage_name: args.job_name,
        workflow_key: args.workflow_name,
        task_id: args.task_id,
        approve: args.approve,
        comment: args.comment,
    };
    handle.write(|table, shared, now| approve(table, shared, &args, &caller, true, now))
}

//! The operations that create and show tasks.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::path::WorkflowPath;
use super::{RUN_WORKFLOW, number, refuse, task_caller, task_of};
use crate::families::zadig::access::check_role;
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::{TypedError, UntypedError};
use crate::families::zadig::extract::unmarshal_body;
use crate::families::zadig::query::Params;
use crate::families::zadig::response;
use crate::families::zadig::workflows::creation::{TaskRequest, TaskWriteContext};
use crate::families::zadig::workflows::hints::TaskName;
use crate::families::zadig::workflows::messages::TaskError;
use crate::families::zadig::workflows::model::commands::CREATE;
use crate::families::zadig::workflows::table::TaskPage;
use crate::families::zadig::workflows::wire::request::CustomTaskArgs;
use crate::families::zadig::workflows::wire::task_view::{
    CreatedTask, TaskList, TaskRow, TaskView,
};
use crate::http::context::{add_hint, with_details};
use crate::http::extract::Body;
use crate::http::{Caller, Rejection};
use crate::world::settings::Fidelity;

/// The approximate sizes in bytes of a task in the list, and of a job task.
const ROW_SIZE: usize = 256;
const JOB_SIZE: usize = 900;

/// Runs a workflow: creates a task, which begins as soon as the queue lets it.
///
/// Only the jobs that `inputs` names run. Without a workflow of that key in the fixtures, one is made up of the inputs.
/// Errors: 400, 401, 403, 413, 500.
#[cfg_attr(test, utoipa::path(post, path = "/openapi/workflows/custom/task", operation_id = "CreateWorkflowTask", tag = "zadig",
    request_body(content = CustomTaskArgs,
        example = json!({
            "workflow_key": "build-deploy", "project_key": "shop",
            "inputs": [{"job_name": "build", "job_type": "zadig-build", "parameters": {
                "registry": "registry.example/shop",
                "service_list": [{"service_name": "web", "service_module": "web"}]}}]})),
    responses(
        (status = 200, body = CreatedTask),
        (status = 400, body = TypedError, description = "The body is not JSON, the workflow is unknown or not valid, or the task cannot be created"),
        (status = 500, body = UntypedError, description = "A parameter or the inputs of a job are not valid; without a body if the service crashes"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Workflow, and the source of v4.3.0, read 2026-11")),
        ("x-action" = json!("run_workflow")),
        ("x-differences" = json!("A workflow that is not in the fixtures is made up of the inputs unless --references checked: one stage for each. An approval takes inputs in v3 too, which only v4.1 and later accept, as does --fidelity strict. A deployment without env_name keeps the environment of the workflow. A task that finds a place begins at once; the service looks every 3 seconds."))
    )))]
pub async fn create_workflow_task(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    Body(body): Body,
) -> Result<Response, Error> {
    let args: CustomTaskArgs = unmarshal_body(&body)
        .map_err(|text| Error::from(Rejection::BadBody(text)))?
        .unwrap_or_default();
    with_details(|details| details.scope = Some(args.project_key.clone()));
    check_role(&caller, &args.project_key, RUN_WORKFLOW)?;
    handle.check_room()?;
    handle.write(|table, shared, now| {
        let request = TaskRequest {
            workflow_key: &args.workflow_key,
            project: &args.project_key,
            parameters: &args.parameters,
            inputs: &args.inputs,
            runs_all: false,
            release_plan: None,
        };
        let mut context = TaskWriteContext {
            shared,
            checks_references: handle.settings().checks_references(),
            is_strict: handle.settings().fidelity == Fidelity::Strict,
            caller: task_caller(&caller),
            now,
        };
        let created = table.run_workflow(&request, &mut context);
        table.note_changed_tasks(CREATE, now, shared);
        let (project, task_id) = created.map_err(|refusal| {
            let name = TaskName {
                workflow_key: &args.workflow_key,
                task_id: 0,
            };
            refuse(table, name, refusal, now)
        })?;
        let view = CreatedTask {
            project_name: &project,
            workflow_name: &args.workflow_key,
            task_id,
        };
        Ok(response::json(StatusCode::OK, &view, ROW_SIZE))
    })
}

/// Shows a task with its stages and jobs.
///
/// A number that cannot be read is a 400 without a body. Errors: 400, 401, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/workflows/custom/task", operation_id = "GetWorkflowTask", tag = "zadig",
    params(
        ("taskId" = i64, Query, description = "The number of the task."),
        ("workflowKey" = String, Query, description = "The workflow."),
    ),
    responses(
        (status = 200, body = TaskView),
        (status = 400, description = "taskId is not a number"),
        (status = 500, body = UntypedError, description = "The task does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("The source of Zadig v4.3.0; the documentation of v5.0, OpenAPI, Workflow, has fewer fields; read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("Jobs begin without the short status prepare. A job that is tried again stays running between two tries."))
    )))]
pub async fn get_workflow_task(
    State(Zadig(handle)): State<Zadig>,
    params: Params,
) -> Result<Response, Error> {
    let (workflow_key, task_id) = task_of(&params)?;
    handle.show(|table, _, now, shown| {
        let name = TaskName {
            workflow_key: &workflow_key,
            task_id,
        };
        let found = table.workflows.find(&workflow_key, task_id);
        let stored = found.ok_or_else(|| refuse(table, name, TaskError::NotFound, now))?;
        shown.note(stored);
        let task = &stored.item;
        let view = TaskView::new(task, table.generation(), now);
        let size = ROW_SIZE * (2 + task.stages.len()) + JOB_SIZE * task.jobs().count();
        Ok(response::json(StatusCode::OK, &view, size))
    })
}

/// Lists the tasks of a workflow, newest first.
///
/// By default the page has ten. With `pageNum` 0 all of them come, oldest first. A number that cannot be read is a 400
/// without a body. Errors: 400, 401.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/workflows/custom/{name}/tasks", operation_id = "ListWorkflowTasks", tag = "zadig",
    params(
        ("name" = String, Path, description = "The workflow."),
        ("projectKey" = Option<String>, Query, description = "The project. Without it the list is empty."),
        ("pageNum" = Option<i64>, Query, description = "The number of the page, from 1."),
        ("pageSize" = Option<i64>, Query, description = "The most tasks on the page; 0: any number."),
    ),
    responses(
        (status = 200, body = TaskList),
        (status = 400, description = "pageNum or pageSize is not a number"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Workflow, and the source of v4.3.0, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("The page has ten tasks by default, as in the service; the documents say 50. projectKey may be absent, as in the service; the documents require it. A negative size counts as a positive one."))
    )))]
pub async fn list_workflow_tasks(
    State(Zadig(handle)): State<Zadig>,
    WorkflowPath(workflow_key): WorkflowPath,
    params: Params,
) -> Result<Response, Error> {
    let or = |name: &str, usual: i64| match params.get(name) {
        None => Ok(usual),
        Some(_) => number(&params, name),
    };
    let (number, size) = (or("pageNum", 1)?, or("pageSize", 10)?);
    let project = params.get("projectKey").unwrap_or_default();
    let page = match (usize::try_from(number), size.unsigned_abs()) {
        (Err(_) | Ok(0), _) => TaskPage::All,
        (Ok(number), size) => {
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            TaskPage::Slice {
                offset: (number - 1).saturating_mul(size),
                size: if size == 0 { usize::MAX } else { size },
            }
        }
    };
    Ok(handle.show(|table, _, now, shown| {
        let (tasks, total) = table.workflows.list(project, &workflow_key, page);
        if total == 0 {
            add_hint(if project.is_empty() {
                "without projectKey the list is empty".to_owned()
            } else {
                table.workflows.unknown_task_hint(TaskName {
                    workflow_key: &workflow_key,
                    task_id: 1,
                })
            });
        }
        let rows = tasks.iter().map(|stored| {
            shown.note(stored);
            TaskRow::new(&stored.item, project, now)
        });
        let list = TaskList {
            total,
            workflow_tasks: rows.collect(),
        };
        let size = ROW_SIZE * (list.workflow_tasks.len() + 1);
        response::json(StatusCode::OK, &list, size)
    }))
}

//! The operations on workflows: list, detail, deletion.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::path::WorkflowPath;
use super::{bad_request, refuse};
use crate::families::zadig::access::check_role;
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::{TypedError, UntypedError};
use crate::families::zadig::query::Params;
#[cfg(test)]
use crate::families::zadig::response::ResultMessage;
use crate::families::zadig::response::{self, success};
use crate::families::zadig::workflows::hints::TaskName;
use crate::families::zadig::workflows::messages::TaskError;
use crate::families::zadig::workflows::wire::workflow_view::{
    WorkflowList, WorkflowRow, WorkflowView,
};
use crate::http::Caller;
use crate::http::context::add_hint;

/// The approximate sizes in bytes of a workflow in the list, and of its detail.
const ROW_SIZE: usize = 192;
const DETAIL_SIZE: usize = 4_096;

fn project(params: &Params) -> Result<&str, Error> {
    let project = params.get("projectKey").filter(|key| !key.is_empty());
    project.ok_or_else(|| {
        bad_request(
            "projectKey is required",
            "the query parameter projectKey is required",
        )
    })
}

fn unknown(workflow_key: &str) -> TaskName<'_> {
    TaskName {
        workflow_key,
        task_id: 0,
    }
}

/// Lists the workflows of a project.
///
/// An unknown project has none. Errors: 400, 401.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/workflows", operation_id = "ListWorkflows", tag = "zadig",
    params(
        ("projectKey" = String, Query, description = "The project."),
        ("viewName" = Option<String>, Query, description = "A view of the project; an unknown one has all workflows."),
    ),
    responses(
        (status = 200, body = WorkflowList),
        (status = 400, body = TypedError, description = "projectKey is missing"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Workflow, and the source of v4.3.0, read 2026-11")),
        ("x-action" = json!("none"))
    )))]
pub async fn list_workflows(
    State(Zadig(handle)): State<Zadig>,
    params: Params,
) -> Result<Response, Error> {
    let project = project(&params)?;
    Ok(handle.read(|table, _, _| {
        let view = params.get("viewName").unwrap_or_default();
        let view = table.workflows.view(project, view);
        let known = table.workflows.of_project(project);
        let shown = known.filter(|workflow| view.is_none_or(|view| view.contains(&workflow.key)));
        let list = WorkflowList {
            workflows: shown.map(WorkflowRow::from).collect(),
        };
        if list.workflows.is_empty() {
            table
                .unknown_project_hint(project)
                .into_iter()
                .for_each(add_hint);
        }
        let size = ROW_SIZE * (list.workflows.len() + 1);
        response::json(StatusCode::OK, &list, size)
    }))
}

/// Shows a workflow.
///
/// The project is not compared with that of the workflow. Errors: 400, 401, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/workflows/custom/{name}/detail", operation_id = "GetWorkflow", tag = "zadig",
    params(
        ("name" = String, Path, description = "The workflow."),
        ("projectKey" = String, Query, description = "The project."),
    ),
    responses(
        (status = 200, body = WorkflowView),
        (status = 400, body = TypedError, description = "projectKey is missing"),
        (status = 500, body = UntypedError, description = "The workflow does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("The source of Zadig v4.3.0; the documentation of v5.0, OpenAPI, Workflow, has other fields; read 2026-11")),
        ("x-action" = json!("none"))
    )))]
pub async fn get_workflow(
    State(Zadig(handle)): State<Zadig>,
    WorkflowPath(workflow_key): WorkflowPath,
    params: Params,
) -> Result<Response, Error> {
    let project = project(&params)?;
    handle.read(|table, _, now| {
        let workflow = table.workflows.workflow(&workflow_key).ok_or_else(|| {
            let hint = table.workflows.unknown_workflow_hint(&workflow_key);
            refuse(table, unknown(&workflow_key), TaskError::NotFound, now).with_hint(hint)
        })?;
        let view = WorkflowView::new(workflow, project, table.generation());
        Ok(response::json(StatusCode::OK, &view, DETAIL_SIZE))
    })
}

/// Deletes a workflow with its tasks.
///
/// Errors: 400, 401, 403.
#[cfg_attr(test, utoipa::path(delete, path = "/openapi/workflows/custom", operation_id = "DeleteWorkflow", tag = "zadig",
    params(
        ("workflowKey" = String, Query, description = "The workflow."),
        ("projectKey" = Option<String>, Query, description = "The project whose permissions apply."),
    ),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "workflowKey is missing, or the workflow does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("The source of Zadig v4.3.0, read 2026-11")),
        ("x-action" = json!("edit_workflow"))
    )))]
pub async fn delete_workflow(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    params: Params,
) -> Result<Response, Error> {
    let project = params.get("projectKey").unwrap_or_default();
    check_role(&caller, project, "edit_workflow")?;
    let workflow_key = params.get("workflowKey").filter(|key| !key.is_empty());
    let workflow_key = workflow_key.ok_or_else(|| {
        bad_request(
            "workflowKey is required",
            "the query parameter workflowKey is required",
        )
    })?;
    handle.write(|table, shared, now| {
        let change_context = &mut shared.log.context(now, "delete");
        let is_deleted = table
            .workflows
            .delete_workflow(workflow_key, change_context);
        table.note_changed_tasks("delete", now, shared);
        if is_deleted {
            return Ok(success());
        }
        Err(refuse(
            table,
            unknown(workflow_key),
            TaskError::NothingToDelete,
            now,
        ))
    })
}

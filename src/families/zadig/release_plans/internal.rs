//! The internal commands, which the service's own pages send: without them no plan leaves planning.

use axum::extract::{Request, State};
use axum::response::Response;

use super::context::PlanContext;
use super::generation::check_path;
use super::internal_reads::ZadigPlanPath;
use super::job_commands::JobCommand;
use super::messages::PlanError;
use super::model::approval::Answer;
use super::wire::request::{ApprovePlanBody, ExecuteJobBody, RetryJobBody, SkipJobBody};
use crate::families::zadig::access::check_system_role;
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::{TypedError, UntypedError};
use crate::families::zadig::extract::{Filled, Id};
use crate::families::zadig::query::decoded_path;
#[cfg(test)]
use crate::families::zadig::response::ResultMessage;
use crate::families::zadig::response::success;
use crate::families::zadig::table::Table;
use crate::http::Caller;
use crate::sim::transition::CLOCK;

/// Makes one change to the table.
fn command(
    Zadig(handle): &Zadig,
    caller: &Caller,
    id: &str,
    change: impl FnOnce(&mut Table, &mut PlanContext) -> Result<(), PlanError>,
) -> Result<Response, Error> {
    handle.check_room()?;
    handle.write(|table, shared, now| {
        let mut context = PlanContext {
            shared,
            ids: handle.ids(),
            settings: handle.settings(),
            caller,
            now,
        };
        let changed = change(table, &mut context);
        table.note_changed_tasks(CLOCK, now, shared);
        changed.map_err(|refusal| table.plan_refusal(refusal, id, now))
    })?;
    Ok(success())
}

/// Gives a release plan a status.
///
/// Only its manager or a system administrator may. The allowed changes depend on the generation. A plan leaves planning
/// only with jobs, and is executed only once its approval has passed, if that is enabled. Errors: 401, 500.
#[cfg_attr(test, utoipa::path(post, path = "/api/aslan/release_plan/v1/{id}/status/{status}",
    operation_id = "ChangeZadigReleasePlanStatus", tag = "zadig", params(
        ("id" = String, Path, description = "The plan's id."),
        ("status" = String, Path, description = "The new status."),
    ),
    responses(
        (status = 200, body = ResultMessage),
        (status = 500, body = UntypedError, description = "The change is not allowed"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("Zadig v4.3.0, release_plan, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("internal: the service's own pages call it, and no document has it. No message is sent to approvers. Hooks and external checks are not emulated. Under --fidelity documented a plan goes back to planning even if one of its tasks has passed, which the service cannot cancel."))
    )))]
pub async fn change_status(
    State(zadig): State<Zadig>,
    caller: Caller,
    ZadigPlanPath { id, part }: ZadigPlanPath,
) -> Result<Response, Error> {
    command(&zadig, &caller, &id, |table, context| {
        table.change_plan_status(&id, &part, context)
    })
}

/// Answers the native approval of a release plan that waits for it.
///
/// Each user whose id is among the approvers may answer once. One rejection denies the plan; once as many users have
/// approved as are needed, it is executed. Errors: 400, 401, 413, 500.
#[cfg_attr(test, utoipa::path(post, path = "/api/aslan/release_plan/v1/{id}/approve", operation_id = "ApproveZadigReleasePlan",
    tag = "zadig", params(("id" = String, Path, description = "The plan's id.")),
    request_body(content = ApprovePlanBody, example = json!({"approve": true, "comment": "go"})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The body is not JSON or has a wrong type"),
        (status = 500, body = UntypedError, description = "The answer is not allowed"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("Zadig v4.3.0, release_plan, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("internal: the service's own pages call it, and no document has it. Groups among the approvers have no members here. Approvals by Lark, DingTalk and WeCom are never answered."))
    )))]
pub async fn approve_plan(
    State(zadig): State<Zadig>,
    caller: Caller,
    ZadigPlanPath { id, .. }: ZadigPlanPath,
    Filled(body): Filled<ApprovePlanBody>,
) -> Result<Response, Error> {
    let answer = Answer {
        approve: body.approve,
        comment: body.comment,
    };
    command(&zadig, &caller, &id, |table, context| {
        table.approve_plan(&id, &answer, context)
    })
}

/// Executes a job of a release plan: a text is done, a workflow starts a task.
///
/// Only within the window of a plan that is executed. A workflow whose task has failed starts another one. A plan succeeds
/// once each of its jobs is done, skipped or failed. Errors: 400, 401, 413, 500.
#[cfg_attr(test, utoipa::path(post, path = "/api/aslan/release_plan/v1/{id}/execute", operation_id = "ExecuteZadigReleaseJob",
    tag = "zadig", params(("id" = String, Path, description = "The plan's id.")),
    request_body(content = ExecuteJobBody,
        example = json!({"id": "0b655ad6-5d08-4f1c-8ff6-7eb004c7c7bd", "name": "Text-1", "type": "text", "spec": {"remark": "done"}})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The body is not JSON or has a wrong type"),
        (status = 500, body = UntypedError, description = "The job cannot be executed"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("Zadig v4.3.0, release_plan, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("internal: the service's own pages call it, and no document has it. The plan notes the end of a task at once; the service looks every 3 seconds."))
    )))]
pub async fn execute_job(
    State(zadig): State<Zadig>,
    caller: Caller,
    ZadigPlanPath { id, .. }: ZadigPlanPath,
    Filled(body): Filled<ExecuteJobBody>,
) -> Result<Response, Error> {
    let job_command = JobCommand {
        id: body.id,
        name: body.name,
        kind: body.r#type,
        spec: body.spec,
    };
    command(&zadig, &caller, &id, |table, context| {
        table.execute_job(&id, &job_command, context)
    })
}

/// Skips a job of a release plan that was not executed yet.
///
/// Only within the window of a plan that is executed. Errors: 400, 401, 413, 500.
#[cfg_attr(test, utoipa::path(post, path = "/api/aslan/release_plan/v1/{id}/skip", operation_id = "SkipZadigReleaseJob",
    tag = "zadig", params(("id" = String, Path, description = "The plan's id.")),
    request_body(content = SkipJobBody,
        example = json!({"id": "0b655ad6-5d08-4f1c-8ff6-7eb004c7c7bd", "name": "Text-1", "type": "text", "spec": {"remark": "not needed"}})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The body is not JSON or has a wrong type"),
        (status = 500, body = UntypedError, description = "The job cannot be skipped"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("Zadig v4.3.0, release_plan, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("internal: the service's own pages call it, and no document has it"))
    )))]
pub async fn skip_job(
    State(zadig): State<Zadig>,
    caller: Caller,
    ZadigPlanPath { id, .. }: ZadigPlanPath,
    Filled(body): Filled<SkipJobBody>,
) -> Result<Response, Error> {
    let job_command = JobCommand {
        id: body.id,
        name: body.name,
        kind: body.r#type,
        spec: body.spec,
    };
    command(&zadig, &caller, &id, |table, context| {
        table.skip_job(&id, &job_command, context)
    })
}

/// Retries the failed task of a job of a release plan.
///
/// Since v4. The same task is retried. A plan that has succeeded although the task failed is executed again. Errors: 400, 401, 404,
/// 413, 500.
#[cfg_attr(test, utoipa::path(post, path = "/api/aslan/release_plan/v1/{id}/retry", operation_id = "RetryZadigReleaseJob",
    tag = "zadig", params(("id" = String, Path, description = "The plan's id.")),
    request_body(content = RetryJobBody,
        example = json!({"id": "0b655ad6-5d08-4f1c-8ff6-7eb004c7c7bd", "name": "Workflow-1", "type": "workflow"})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The body is not JSON or has a wrong type"),
        (status = 404, body = str, content_type = "text/plain", description = "Under v3 with --fidelity strict"),
        (status = 500, body = UntypedError, description = "The job cannot be retried"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("Zadig v4.3.0, release_plan, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("internal: the service's own pages call it, and no document has it"))
    )))]
pub async fn retry_job(
    State(zadig): State<Zadig>,
    caller: Caller,
    ZadigPlanPath { id, .. }: ZadigPlanPath,
    request: Request,
) -> Result<Response, Error> {
    let path = decoded_path(request.uri().path());
    check_path(&zadig, "the retry of a job of a release plan", || {
        Error::no_route(&path)
    })?;
    let Filled(body) = Filled::<RetryJobBody>::read(request, &zadig).await?;
    let job_command = JobCommand {
        id: body.id,
        name: body.name,
        kind: body.r#type,
        spec: body.spec,
    };
    command(&zadig, &caller, &id, |table, context| {
        table.retry_job(&id, &job_command, context)
    })
}

/// Deletes a release plan in any status.
///
/// Its tasks go on. Errors: 401, 403, 500.
#[cfg_attr(test, utoipa::path(delete, path = "/api/aslan/release_plan/v1/{id}", operation_id = "DeleteZadigReleasePlan",
    tag = "zadig", params(("id" = String, Path, description = "The plan's id.")),
    responses(
        (status = 200, body = ResultMessage),
        (status = 500, body = UntypedError, description = "The plan does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("Zadig v4.3.0, release_plan, read 2026-11")),
        ("x-action" = json!("delete_release_plan")),
        ("x-differences" = json!("internal: the service's own pages call it, and no document has it"))
    )))]
pub async fn delete_plan(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Error> {
    check_system_role(&caller, "delete_release_plan")?;
    handle.write(|table, shared, now| {
        let deleted = table.release_plans.delete(&id, now, &mut shared.log);
        deleted.map_err(|refusal| table.plan_refusal(refusal, &id, now))
    })?;
    Ok(success())
}

//! The nine operations, in the order of the documentation's table of contents.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::model::batch_run::WriteContext;
use super::model::plan::Plan;
use super::table::{Refusal, Table};
use super::wire::{
    CreateReleasePlanBody, EditReleasePlanBody, Listed, PlanPath, ProjectPath,
    ReleasePlanDeployInfo, ReleasePlanDetail, ReleasePlanList, ReleasePlanRow,
};
use crate::families::huawei::GatewayErrorBody;
use crate::families::servicestage::Tables;
use crate::families::servicestage::error::ServiceStageErrorBody;
use crate::families::servicestage::paging::Paging;
use crate::families::servicestage::{Error, ServiceStage, hints};
use crate::http::Caller;
use crate::http::extract::{Json, Path, Query};
use crate::http::response::{self, StreamedArray};
use crate::sim::Millis;
use crate::sim::transition::TransitionLog;
use crate::world::handle::Handle;

/// Creates a release plan, to be executed later.
///
/// `POST …/cas/release-plans`. Answers the detail, status `CREATED`. Components that do not exist yet
/// get a `component_id`; their other fields are stored unchanged. Errors: 400 with the JSON path, also for
/// a name that is already used in the project.
#[utoipa::path(post, path = "/v3/{project_id}/cas/release-plans", operation_id = "CreateReleasePlan",
    tag = "plans", params(ProjectPath), request_body(content = CreateReleasePlanBody,
        example = json!({"name": "spring", "components": [
            {"seq": 0, "name": "web", "runtime_stack": {"name": "java"}},
            {"seq": 1, "name": "db", "runtime_stack": {"name": "java"}}]})),
    responses((status = 200, body = ReleasePlanDetail), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody)),
    extensions(("x-evidence" = json!("inferred")),
        ("x-source" = json!("ServiceStage API reference, index page 0255 (the operation's own page, 0229, could not be read), read 2026-08")),
        ("x-action" = json!("servicestage::createReleasePlan")),
        ("x-alias" = json!("servicestage:app:create")),
        ("x-differences" = json!("inferred are the body (that of an edit, action and swimlane_id), the answer (the detail), the permission, that names are unique per project, and that the action create draws the component_id that is absent"))))]
pub(super) async fn create_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(ProjectPath { project_id }): Path<ProjectPath>,
    caller: Caller,
    Json(body): Json<CreateReleasePlanBody>,
) -> Result<Response, Error> {
    let new_plan = body.new_plan()?;
    handle.write(|tables, shared, now| {
        let plans = &mut tables.plans;
        let change_context = &mut shared.log.context(now, "create");
        let creator = caller.name.into_owned();
        match plans.create(&project_id, new_plan, creator, handle.ids(), change_context) {
            Ok(created) => Ok(shown(&created.id, &created.item, now)),
            Err(refusal) => Err(refused(tables, (&project_id, ""), refusal, now)),
        }
    })
}

/// Edits a release plan that is not in progress and resets it to `CREATED`.
///
/// `PUT …/cas/release-plans/{release_plan_id}`. Answers the detail. Absent fields get their defaults: `desc` is
/// empty, `fail_strategy` is `stop`. Errors: 400 with the JSON path, also for a name that is already used in the
/// project and for a plan in progress; 404 for an unknown plan.
#[utoipa::path(put, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}", operation_id = "UpdateReleasePlan",
    tag = "plans", params(PlanPath), request_body(content = EditReleasePlanBody,
        example = json!({"name": "spring", "components": [
            {"seq": 0, "name": "web", "runtime_stack": {"name": "java"}},
            {"seq": 1, "name": "db", "runtime_stack": {"name": "java"}}]})),
    responses((status = 200, body = ReleasePlanDetail), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0230, read 2026-08")),
        ("x-action" = json!("servicestage::modifyReleasePlan")),
        ("x-alias" = json!("servicestage:app:modify")),
        ("x-differences" = json!("the page could be read up to a component's runtime_stack: the rest of a component is carried, not checked; inferred are the answer (the detail), that a plan under way is refused, and that an edited plan is CREATED; the page requires component_id, which the action create draws where it is absent"))))]
pub(super) async fn update_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(path): Path<PlanPath>,
    Json(body): Json<EditReleasePlanBody>,
) -> Result<Response, Error> {
    let spec = body.spec()?;
    let (project, id) = (&path.project_id, &path.release_plan_id);
    handle.write(|tables, shared, now| {
        tables
            .plans
            .edit(project, id, spec, handle.ids(), now, &mut shared.log)
            .map_err(|refusal| refused(tables, (project, id), refusal, now))?;
        detail(tables, project, id, now)
    })
}

/// Deletes a release plan that is not in progress.
///
/// `DELETE …/cas/release-plans/{release_plan_id}`. Answers an empty body. Errors: 400 for a plan in progress;
/// 404 for an unknown plan.
#[utoipa::path(delete, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}", operation_id = "DeleteReleasePlan",
    tag = "plans", params(PlanPath),
    responses((status = 200, description = "An empty body"), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0231, read 2026-08")),
        ("x-action" = json!("servicestage::deleteReleasePlan")),
        ("x-alias" = json!("servicestage:app:delete")),
        ("x-differences" = json!("inferred are the permission, and that a plan under way is refused"))))]
pub(super) async fn delete_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(path): Path<PlanPath>,
) -> Result<Response, Error> {
    let (project, id) = (&path.project_id, &path.release_plan_id);
    handle.write(|tables, shared, now| {
        let deleted = tables.plans.delete(project, id, now, &mut shared.log);
        deleted.map_err(|refusal| refused(tables, (project, id), refusal, now))
    })?;
    Ok(response::empty(StatusCode::OK))
}

/// Lists the release plans of a project.
///
/// `GET …/cas/release-plans`. Newest first. Each row has the seven documented keys. Errors: 400 with the
/// parameter's name.
#[utoipa::path(get, path = "/v3/{project_id}/cas/release-plans", operation_id = "ListReleasePlans",
    tag = "plans", params(ProjectPath, Paging),
    responses((status = 200, body = ReleasePlanList), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0232, read 2026-08")),
        ("x-action" = json!("servicestage::listReleasePlan")),
        ("x-alias" = json!("servicestage:app:list")),
        ("x-differences" = json!("the page has no query: limit, offset, order_by and order are those of the service's other V3 lists; it calls id and name those of a lane, which is a slip; modify_time, in the example of 2025-07 alone, is left out; RUNNING, ABORTING and ROLLING_BACK are inferred, as no word for a plan under way is listed"))))]
pub(super) async fn list_release_plans(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(ProjectPath { project_id }): Path<ProjectPath>,
    Query(paging): Query<Paging>,
) -> Result<Response, Error> {
    let page = paging.page()?;
    let text = handle.read(|tables, _, now| {
        let plans = &tables.plans;
        let count = plans.len(&project_id);
        let rows = page.cut(
            plans.of(&project_id),
            |entry| &entry.item.spec.name,
            |entry| entry.item.update_time(),
        );
        let view = Listed {
            count,
            release_plans: StreamedArray::new(rows.map(|entry| ReleasePlanRow::of(entry, now))),
        };
        response::to_json(&view, 64 + page.limit().min(count) * ReleasePlanRow::SIZE)
    });
    Ok(response::json(StatusCode::OK, text))
}

/// Shows a release plan.
///
/// `GET …/cas/release-plans/{release_plan_id}`. Components are returned as they were sent. Errors: 404 for an unknown
/// plan.
#[utoipa::path(get, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}", operation_id = "ShowReleasePlan",
    tag = "plans", params(PlanPath),
    responses((status = 200, body = ReleasePlanDetail), (status = 400, body = ServiceStageErrorBody), (status = 401, body = GatewayErrorBody),
        (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0233, read 2026-08")),
        ("x-action" = json!("servicestage::getReleasePlan")),
        ("x-alias" = json!("servicestage:app:get")),
        ("x-differences" = json!("the page could be read up to a component's name, and its example not at all: components are answered as they were given"))))]
pub(super) async fn show_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(path): Path<PlanPath>,
) -> Result<Response, Error> {
    let (project, id) = (&path.project_id, &path.release_plan_id);
    handle.read(|tables, _, now| detail(tables, project, id, now))
}

/// Shows the deployment of a release plan, component by component.
///
/// `GET …/cas/release-plans/{release_plan_id}/deploy-info`. Components in the plan's order. Errors: 404 for an
/// unknown plan.
#[utoipa::path(get, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}/deploy-info", operation_id = "ShowReleasePlanDeployInfo",
    tag = "plans", params(PlanPath),
    responses((status = 200, body = ReleasePlanDeployInfo), (status = 400, body = ServiceStageErrorBody), (status = 401, body = GatewayErrorBody),
        (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0234, read 2026-08")),
        ("x-action" = json!("servicestage::getReleasePlan")),
        ("x-alias" = json!("servicestage:app:get")),
        ("x-differences" = json!("seq is a text as the table has it, though a number elsewhere; rollback_start_time and rollback_end_time are numbers like start_time and end_time, though the table has texts; whatever follows rollback_fail_message, and the example, could not be read; a job_id cannot be looked up"))))]
pub(super) async fn show_release_plan_deploy_info(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(path): Path<PlanPath>,
) -> Result<Response, Error> {
    let (project, id) = (&path.project_id, &path.release_plan_id);
    let text = handle.read(|tables, _, now| {
        let plan = tables.plans.get(project, id);
        let plan = plan.map_err(|refusal| refused(tables, (project, id), refusal, now))?;
        let view = ReleasePlanDeployInfo::of(id, plan, now);
        Ok::<_, Error>(response::to_json(&view, view.size()))
    })?;
    Ok(response::json(StatusCode::OK, text))
}

/// Executes a release plan: releases the components that have not succeeded yet, after a rollback all of them.
///
/// `POST …/cas/release-plans/{release_plan_id}/execute`. Takes no body and answers an empty one. Errors: 400
/// unless the plan is `CREATED`, `FAILED`, `PARTIALLY_FAILED`, `ABORTED` or `ROLLBACK_SUCCEED`; 404 for an
/// unknown plan.
#[utoipa::path(post, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}/execute", operation_id = "ExecuteReleasePlan",
    tag = "plans", params(PlanPath),
    responses((status = 200, description = "An empty body"), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0235, read 2026-08")),
        ("x-action" = json!("servicestage::createReleasePlan")),
        ("x-differences" = json!("inferred are the statuses it fits, what is repeated, that batches follow each other in ascending seq, and the word RUNNING"))))]
pub(super) async fn execute_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(path): Path<PlanPath>,
) -> Result<Response, Error> {
    command(&handle, &path, Table::execute)
}

/// Rolls a release plan back: undoes the released components, the last batch first.
///
/// `POST …/cas/release-plans/{release_plan_id}/rollback`. Takes no body and answers an empty one. Errors: 400
/// unless the plan is `SUCCESS`, `FAILED` or `PARTIALLY_FAILED`; 404 for an unknown plan.
#[utoipa::path(post, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}/rollback", operation_id = "RollbackReleasePlan",
    tag = "plans", params(PlanPath),
    responses((status = 200, description = "An empty body"), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0236, read 2026-08")),
        ("x-action" = json!("servicestage::createReleasePlan")),
        ("x-alias" = json!("servicestage:app:create")),
        ("x-differences" = json!("inferred are the statuses it fits, the order of the batches, that fail_strategy rules it too, and the word ROLLING_BACK; plans of every action can be rolled back, though the console speaks of upgrades alone"))))]
pub(super) async fn rollback_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(path): Path<PlanPath>,
) -> Result<Response, Error> {
    command(&handle, &path, Table::roll_back)
}

/// Aborts the execution of a release plan: running work is cut off, components not yet started stay `CREATED`.
///
/// `POST …/cas/release-plans/{release_plan_id}/abort`. Takes no body and answers an empty one. The plan is
/// `ABORTING` for a step, then `ABORTED`. Errors: 400 unless the plan is `RUNNING`; 404 for an
/// unknown plan.
#[utoipa::path(post, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}/abort", operation_id = "AbortReleasePlan",
    tag = "plans", params(PlanPath),
    responses((status = 200, description = "An empty body"), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0251, read 2026-08")),
        ("x-action" = json!("servicestage::createReleasePlan")),
        ("x-differences" = json!("inferred are the permission, that work under way is cut at once, and the word ABORTING"))))]
pub(super) async fn abort_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(path): Path<PlanPath>,
) -> Result<Response, Error> {
    command(&handle, &path, Table::abort)
}

/// Applies a command to a plan; answers an empty body.
fn command(
    handle: &Handle<Tables>,
    path: &PlanPath,
    say: impl FnOnce(&mut Table, &mut WriteContext, Millis, &mut TransitionLog) -> Result<(), Refusal>,
) -> Result<Response, Error> {
    handle.write(|tables, shared, now| {
        let (project, id) = (&path.project_id, &path.release_plan_id);
        let mut context = WriteContext::new(project, id, &mut shared.scripts, handle.ids());
        let said = say(&mut tables.plans, &mut context, now, &mut shared.log);
        said.map_err(|refusal| refused(tables, (project, id), refusal, now))
    })?;
    Ok(response::empty(StatusCode::OK))
}

fn detail(tables: &Tables, project: &str, id: &str, now: Millis) -> Result<Response, Error> {
    let plan = tables.plans.get(project, id);
    let plan = plan.map_err(|refusal| refused(tables, (project, id), refusal, now))?;
    Ok(shown(id, plan, now))
}

fn shown(id: &str, plan: &Plan, now: Millis) -> Response {
    let view = ReleasePlanDetail::of(id, plan, now);
    let text = response::to_json(&view, view.size());
    response::json(StatusCode::OK, text)
}

/// The error for a refusal, with the hint for the plan.
fn refused(tables: &Tables, (project, id): (&str, &str), refusal: Refusal, now: Millis) -> Error {
    if refusal == Refusal::NoSuchPlan {
        return hints::missing_plan(tables, project, id);
    }
    let hint = tables.plans.hint(project, id, &refusal, now);
    Error::from(refusal).with_hint(hint)
}

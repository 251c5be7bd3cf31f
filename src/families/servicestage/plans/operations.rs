//! The operations, in the order of the documentation's table of contents.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::model::batch_run::PlanWriteContext;
use super::model::commands::PlanCommand;
use super::model::plan::Plan;
use super::wire::{
    CreateReleasePlanBody, EditReleasePlanBody, PlanPath, ProjectPath, ReleasePlanDeployInfo,
    ReleasePlanDetail, ReleasePlanList, ReleasePlanRow,
};
#[cfg(test)]
use crate::families::huawei::GatewayErrorBody;
use crate::families::servicestage::commands::Commanded;
#[cfg(test)]
use crate::families::servicestage::error::ServiceStageErrorBody;
use crate::families::servicestage::named_collection::WHOLE_PROJECT;
use crate::families::servicestage::paging::Paging;
use crate::families::servicestage::{Error, ServiceStage, Tables};
use crate::http::Caller;
use crate::http::extract::{Json, Path, Query};
use crate::http::response::{self, ok};
use crate::sim::Millis;
use crate::world::handle::Handle;

/// Creates a release plan for a later execution.
///
/// `POST …/cas/release-plans`. Answers the detail, in status `CREATED`. Components that have yet to be created receive a
/// `component_id`; their other fields are kept as they are. Errors: 400 with the JSON path, also for a name that another
/// plan of the project has.
#[cfg_attr(test, utoipa::path(post, path = "/v3/{project_id}/cas/release-plans", operation_id = "CreateReleasePlan",
    tag = "plans", params(ProjectPath), request_body(content = CreateReleasePlanBody,
        example = json!({"name": "spring", "components": [
            {"seq": 0, "name": "web", "runtime_stack": {"name": "java"}},
            {"seq": 1, "name": "db", "runtime_stack": {"name": "java"}}]})),
    responses((status = 200, body = ReleasePlanDetail, extensions(("x-evidence" = json!("inferred")))), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody)),
    extensions(("x-evidence" = json!("inferred")),
        ("x-source" = json!("ServiceStage API reference, index page 0255 (the operation's own page, 0229, could not be read), read 2026-08")),
        ("x-inferred-permissions" = json!(["servicestage::createReleasePlan"])),
        ("x-action" = json!("servicestage::createReleasePlan")),
        ("x-alias" = json!("servicestage:app:create")),
        ("x-differences" = json!("inferred: the body (that of an edit, with action and swimlane_id), the answer (the detail), the permission, names that are unique per project, and the generated component_id for the action create")))))]
pub(super) async fn create_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(ProjectPath { project_id }): Path<ProjectPath>,
    caller: Caller,
    Json(body): Json<CreateReleasePlanBody>,
) -> Result<Response, Error> {
    let mut plan = body.plan(caller.name.into_owned())?;
    handle.check_room()?;
    handle.write(|tables, shared, now| {
        let plans = &mut tables.plans;
        plans.check_name(&project_id, WHOLE_PROJECT, &plan.spec.name, None)?;
        let id = handle.ids().uuid(|id| plans.collection.contains(id));
        plan.spec.give_ids(handle.ids());
        plan.create_time = now;
        let change_context = &mut shared.log.context(now, "create");
        let created = plans.insert(&project_id, &id, plan, change_context);
        Ok(detail(&id, &created.item, now))
    })
}

/// Edits a release plan that is not under way, which resets it to CREATED.
///
/// `PUT …/cas/release-plans/{release_plan_id}`. Answers the detail. Absent fields get their defaults: an empty `desc`,
/// `fail_strategy` `stop`. Errors: 400 with the JSON path, also for a name that another plan of the project has, and
/// for a plan under way; 404 for an unknown plan.
#[cfg_attr(test, utoipa::path(put, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}", operation_id = "UpdateReleasePlan",
    tag = "plans", params(PlanPath), request_body(content = EditReleasePlanBody,
        example = json!({"name": "spring", "components": [
            {"seq": 0, "name": "web", "runtime_stack": {"name": "java"}},
            {"seq": 1, "name": "db", "runtime_stack": {"name": "java"}}]})),
    responses((status = 200, body = ReleasePlanDetail, extensions(("x-evidence" = json!("inferred")))), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0230, read 2026-08")),
        ("x-action" = json!("servicestage::modifyReleasePlan")),
        ("x-alias" = json!("servicestage:app:modify")),
        ("x-differences" = json!("the page could be read only up to a component's runtime_stack: the other fields of a component are kept unchecked; inferred: the answer (the detail), the refusal of a plan under way, and the status CREATED of an edited plan; the page requires component_id, which is generated for the action create")))))]
pub(super) async fn update_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(PlanPath(project, id)): Path<PlanPath>,
    Json(body): Json<EditReleasePlanBody>,
) -> Result<Response, Error> {
    let mut spec = body.spec()?;
    handle.check_room()?;
    handle.write(|tables, shared, now| {
        let plan = tables.plan(&project, &id)?;
        plan.check("", PlanCommand::Edit, now)?;
        spec.check(plan.action)?;
        tables
            .plans
            .check_name(&project, WHOLE_PROJECT, &spec.name, Some(&id))?;
        spec.give_ids(handle.ids());
        let change_context = &mut shared.log.context(now, PlanCommand::Edit.into());
        Ok(tables.plans.edit(&project, &id, change_context, |plan| {
            plan.edit(spec, now);
            detail(&id, plan, now)
        }))
    })
}

/// Deletes a release plan that is not under way.
///
/// `DELETE …/cas/release-plans/{release_plan_id}`. Answers an empty body. Errors: 400 for a plan under way; 404 for an
/// unknown plan.
#[cfg_attr(test, utoipa::path(delete, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}", operation_id = "DeleteReleasePlan",
    tag = "plans", params(PlanPath),
    responses((status = 200, description = "An empty body"), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0231, read 2026-08")),
        ("x-inferred-permissions" = json!(["servicestage::deleteReleasePlan"])),
        ("x-action" = json!("servicestage::deleteReleasePlan")),
        ("x-alias" = json!("servicestage:app:delete")),
        ("x-differences" = json!("inferred: the permission, and the refusal of a plan under way")))))]
pub(super) async fn delete_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(PlanPath(project, id)): Path<PlanPath>,
) -> Result<Response, Error> {
    handle.write(|tables, shared, now| {
        let plan = tables.plan(&project, &id)?;
        plan.check("", PlanCommand::Delete, now)?;
        let change_context = &mut shared.log.context(now, PlanCommand::Delete.into());
        tables.plans.remove(&project, &id, change_context);
        Ok(response::empty(StatusCode::OK))
    })
}

/// Lists the release plans of a project.
///
/// `GET …/cas/release-plans`. Newest first by default. Each row has the seven documented keys. Errors: 400 with the
/// parameter's name.
#[cfg_attr(test, utoipa::path(get, path = "/v3/{project_id}/cas/release-plans", operation_id = "ListReleasePlans",
    tag = "plans", params(ProjectPath, Paging),
    responses((status = 200, body = ReleasePlanList), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0232, read 2026-08")),
        ("x-action" = json!("servicestage::listReleasePlan")),
        ("x-alias" = json!("servicestage:app:list")),
        ("x-differences" = json!("the page has no query: limit, offset, order_by and order are those of the service's other V3 lists; the page describes id and name as a lane's, a slip; modify_time, which only the example of 2025-07 has, is omitted; RUNNING, ABORTING and ROLLING_BACK are inferred, since no status of a plan under way is listed")))))]
pub(super) async fn list_release_plans(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(ProjectPath { project_id }): Path<ProjectPath>,
    Query(paging): Query<Paging>,
) -> Result<Response, Error> {
    let page = paging.page()?;
    Ok(handle.show(|tables, _, now, shown| {
        let plans = &tables.plans.collection;
        let count = plans.len(&project_id);
        let rows = page.cut(
            plans.of(&project_id),
            |stored| &stored.item.spec.name,
            |stored| stored.item.update_time(),
        );
        let view = ReleasePlanList {
            count,
            release_plans: rows
                .inspect(|stored| shown.note(stored))
                .map(|stored| ReleasePlanRow::new(stored, now))
                .collect(),
        };
        ok(&view, 64 + page.limit.min(count) * ReleasePlanRow::SIZE)
    }))
}

/// Shows a release plan.
///
/// `GET …/cas/release-plans/{release_plan_id}`. Components are returned as given. Errors: 404 for an unknown plan.
#[cfg_attr(test, utoipa::path(get, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}", operation_id = "ShowReleasePlan",
    tag = "plans", params(PlanPath),
    responses((status = 200, body = ReleasePlanDetail), (status = 400, body = ServiceStageErrorBody), (status = 401, body = GatewayErrorBody),
        (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0233, read 2026-08")),
        ("x-action" = json!("servicestage::getReleasePlan")),
        ("x-alias" = json!("servicestage:app:get")),
        ("x-differences" = json!("the page could be read only up to a component's name, and not its example: components are returned as given")))))]
pub(super) async fn show_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(PlanPath(project, id)): Path<PlanPath>,
) -> Result<Response, Error> {
    handle.show(|tables, _, now, shown| {
        let plan = tables.plan(&project, &id)?;
        shown.note_id(&tables.plans.collection, &id);
        Ok(detail(&id, plan, now))
    })
}

/// Shows the deployment of each component of a release plan.
///
/// `GET …/cas/release-plans/{release_plan_id}/deploy-info`. Components are in the plan's order. Errors: 404 for an
/// unknown plan.
#[cfg_attr(test, utoipa::path(get, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}/deploy-info", operation_id = "ShowReleasePlanDeployInfo",
    tag = "plans", params(PlanPath),
    responses((status = 200, body = ReleasePlanDeployInfo), (status = 400, body = ServiceStageErrorBody), (status = 401, body = GatewayErrorBody),
        (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0234, read 2026-08")),
        ("x-action" = json!("servicestage::getReleasePlan")),
        ("x-alias" = json!("servicestage:app:get")),
        ("x-differences" = json!("seq is a text as in the table, though a number elsewhere; rollback_start_time and rollback_end_time are numbers like start_time and end_time, though texts in the table; the fields after rollback_fail_message and the example could not be read; there is no operation to look up a job_id")))))]
pub(super) async fn show_release_plan_deploy_info(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(PlanPath(project, id)): Path<PlanPath>,
) -> Result<Response, Error> {
    handle.show(|tables, _, now, shown| {
        let plan = tables.plan(&project, &id)?;
        shown.note_id(&tables.plans.collection, &id);
        let view = ReleasePlanDeployInfo::new(&id, plan, now);
        Ok(ok(&view, view.size()))
    })
}

/// Executes a release plan.
///
/// `POST …/cas/release-plans/{release_plan_id}/execute`. Releases the components that have not succeeded yet, or all of
/// them after a rollback. Takes no body and answers an empty one. Errors: 400 unless the plan is `CREATED`, `FAILED`,
/// `PARTIALLY_FAILED`, `ABORTED` or `ROLLBACK_SUCCEED`; 404 for an unknown plan.
#[cfg_attr(test, utoipa::path(post, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}/execute", operation_id = "ExecuteReleasePlan",
    tag = "plans", params(PlanPath),
    responses((status = 200, description = "An empty body"), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0235, read 2026-08")),
        ("x-inferred-permissions" = json!(["servicestage:app:create"])),
        ("x-action" = json!("servicestage::createReleasePlan")),
        ("x-alias" = json!("servicestage:app:create")),
        ("x-commands" = json!({"words": ["execute"]})),
        ("x-differences" = json!("inferred: the alias of the permission, the statuses that allow it, the components that are repeated, the order of batches by ascending seq, and the status RUNNING")))))]
pub(super) async fn execute_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(path): Path<PlanPath>,
) -> Result<Response, Error> {
    command(&handle, path, PlanCommand::Execute, Plan::execute)
}

/// Rolls back the released components of a release plan, the last batch first.
///
/// `POST …/cas/release-plans/{release_plan_id}/rollback`. Takes no body and answers an empty one. Errors: 400 unless the
/// plan is `SUCCESS`, `FAILED` or `PARTIALLY_FAILED`; 404 for an unknown plan.
#[cfg_attr(test, utoipa::path(post, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}/rollback", operation_id = "RollbackReleasePlan",
    tag = "plans", params(PlanPath),
    responses((status = 200, description = "An empty body"), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0236, read 2026-08")),
        ("x-action" = json!("servicestage::createReleasePlan")),
        ("x-alias" = json!("servicestage:app:create")),
        ("x-commands" = json!({"words": ["rollback"]})),
        ("x-differences" = json!("inferred: the statuses that allow it, the order of the batches, the effect of fail_strategy, and the status ROLLING_BACK; plans of every action can be rolled back, though the console mentions upgrades only")))))]
pub(super) async fn rollback_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(path): Path<PlanPath>,
) -> Result<Response, Error> {
    command(&handle, path, PlanCommand::Rollback, Plan::roll_back)
}

/// Aborts the execution of a release plan.
///
/// `POST …/cas/release-plans/{release_plan_id}/abort`. Running components are interrupted, the others stay `CREATED`.
/// Takes no body and answers an empty one. The plan is `ABORTING` for a step, then `ABORTED`. Errors: 400 unless the
/// plan is `RUNNING`; 404 for an unknown plan.
#[cfg_attr(test, utoipa::path(post, path = "/v3/{project_id}/cas/release-plans/{release_plan_id}/abort", operation_id = "AbortReleasePlan",
    tag = "plans", params(PlanPath),
    responses((status = 200, description = "An empty body"), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0251, read 2026-08")),
        ("x-inferred-permissions" = json!(["servicestage::createReleasePlan", "servicestage:app:create"])),
        ("x-action" = json!("servicestage::createReleasePlan")),
        ("x-alias" = json!("servicestage:app:create")),
        ("x-commands" = json!({"words": ["abort"]})),
        ("x-differences" = json!("inferred: the permission and its alias, the immediate interruption of running components, and the status ABORTING")))))]
pub(super) async fn abort_release_plan(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(path): Path<PlanPath>,
) -> Result<Response, Error> {
    command(&handle, path, PlanCommand::Abort, Plan::abort)
}

/// Applies a command to a plan, with an empty body as the response.
fn command(
    handle: &Handle<Tables>,
    PlanPath(project, id): PlanPath,
    command: PlanCommand,
    apply: impl FnOnce(&mut Plan, &mut PlanWriteContext, Millis),
) -> Result<Response, Error> {
    // An abort ends work, so it is never refused for lack of memory.
    if command != PlanCommand::Abort {
        handle.check_room()?;
    }
    handle.write(|tables, shared, now| {
        tables.plan(&project, &id)?.check("", command, now)?;
        let mut context = PlanWriteContext {
            scripts: &mut shared.scripts,
            ids: handle.ids(),
            project: &project,
            id: &id,
        };
        let change_context = &mut shared.log.context(now, command.into());
        tables.plans.edit(&project, &id, change_context, |plan| {
            apply(plan, &mut context, now);
        });
        Ok(response::empty(StatusCode::OK))
    })
}

fn detail(id: &str, plan: &Plan, now: Millis) -> Response {
    let view = ReleasePlanDetail::new(id, plan, now);
    ok(&view, view.size())
}

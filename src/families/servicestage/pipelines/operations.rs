//! The operations, in the order of the documentation's table of contents.

use axum::extract::State;
use axum::response::Response;

use super::model::action::ActionKind;
use super::model::commands::ExecutionContext;
use super::model::executions::KEPT_EXECUTIONS;
use super::model::pipeline::Pipeline;
use super::model::trigger_policy::{PolicySpec, TriggerPolicy};
use super::wire::action::{ActionQuery, PipelineActionBody};
use super::wire::definition::PipelineBody;
use super::wire::views::{
    ActionResponse, PipelineDetail, PipelineList, PipelineRecord, PipelineRecords, PipelineRow,
};
use crate::families::huawei::GatewayError;
#[cfg(test)]
use crate::families::huawei::GatewayErrorBody;
use crate::families::servicestage::commands::Commanded;
#[cfg(test)]
use crate::families::servicestage::error::ServiceStageErrorBody;
use crate::families::servicestage::paging::Paging;
use crate::families::servicestage::{Error, ServiceStage};
use crate::http::Caller;
use crate::http::Evidence;
use crate::http::context::{add_hint, note_inferred};
use crate::http::extract::{Json, Path, Query};
use crate::http::json::ValidationError;
use crate::http::response::{StreamedArray, ok};
use crate::world::settings::{Fidelity, PipelinesList};

/// The approximate size of a row of the list, in bytes.
const ROW_SIZE: usize = 512;

/// The approximate size of a trigger policy, in bytes.
const POLICY_SIZE: usize = 128;

/// The maximum number of pipelines in a project: a limit of the console, enforced under strict fidelity only.
const MAX_PIPELINES: usize = 1_000;

/// Creates a release task.
///
/// Returns the detail object (the page's own response could not be read). Errors: 400 with the JSON path for an
/// invalid body, and for a name already used in the enterprise project.
#[cfg_attr(test, utoipa::path(post, path = "/v3/{project_id}/pipeline/pipelines", operation_id = "CreatePipeline",
    tag = "pipelines", request_body(content = PipelineBody,
        example = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [
            {"name": "deploy", "approval_type": 1, "tasks": [{"name": "prepare"}, {"name": "roll-out"}]}]})),
    responses((status = 200, body = PipelineDetail, extensions(("x-evidence" = json!("inferred")))), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody)),
    extensions(("x-evidence" = json!("inferred")),
        ("x-source" = json!("ServiceStage API reference, page 0245, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:create")),
        ("x-differences" = json!("status code and body of the answer are inferred; so are the fields of stages and tasks, which may also be spelt as in the sibling API (approvalType)")))))]
pub(super) async fn create_pipeline(
    State(ServiceStage(handle)): State<ServiceStage>,
    caller: Caller,
    Path(project): Path<String>,
    Json(body): Json<PipelineBody>,
) -> Result<Response, Error> {
    let definition = body.definition()?;
    let strict = handle.settings().fidelity == Fidelity::Strict;
    handle.check_room()?;
    handle.write(|tables, shared, now| {
        let pipelines = &mut tables.pipelines;
        let realm = &definition.enterprise_project;
        pipelines.check_name(&project, realm, &definition.name, None)?;
        if strict && pipelines.collection.len(&project) >= MAX_PIPELINES {
            let wrong = "has 1000 release tasks already";
            return Err(ValidationError::new("project_id", wrong).into());
        }
        let id = handle.ids().uuid(|id| pipelines.collection.contains(id));
        let pipeline = Pipeline::new(&project, &id, &caller.name, definition, now);
        let change_context = &mut shared.log.context(now, "create");
        let created = pipelines.insert(&project, &id, pipeline, change_context);
        Ok(ok(&PipelineDetail::new(&created.item, now), ROW_SIZE))
    })
}

/// Obtains the release task list.
///
/// Returns a bare array, newest first, as in the documented example; the documented table wraps it in `pipelines`, as
/// does `--pipelines-list object`.
/// Errors: 400 for an invalid paging parameter.
#[cfg_attr(test, utoipa::path(get, path = "/v3/{project_id}/pipeline/pipelines", operation_id = "ListPipelines",
    tag = "pipelines", params(Paging),
    responses((status = 200, body = Vec<PipelineRow>), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0246 of 2025-11-28, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:list")),
        ("x-differences" = json!("a bare array as in the example, not the table's object (--pipelines-list object); extend_info after a run and the paging parameters are inferred")))))]
pub(super) async fn list_pipelines(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(project): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Response, Error> {
    let page = paging.page()?;
    Ok(handle.show(|tables, _, now, shown| {
        let pipelines = &tables.pipelines.collection;
        let size = page.limit.min(pipelines.len(&project)) * ROW_SIZE;
        let rows = page.cut(
            pipelines.of(&project),
            |stored| &stored.item.definition.name,
            |stored| stored.item.updated,
        );
        let rows = rows.map(|stored| {
            shown.note(stored);
            PipelineRow::new(&stored.item, now)
        });
        match handle.settings().pipelines_list {
            PipelinesList::Array => ok(&StreamedArray::new(rows), size),
            PipelinesList::Object => {
                // The evidence is declared for the fields of a bare array.
                let rows = rows.inspect(|row| {
                    if row.shows_run() {
                        note_inferred("pipelines.extend_info");
                    }
                });
                let pipelines = StreamedArray::new(rows);
                ok(&PipelineList { pipelines }, size)
            }
        }
    }))
}

/// Edits a release task.
///
/// Increments the version. Returns the detail object (inferred). Errors: 404 for an unknown pipeline; 400 as for a
/// creation, and in the statuses 4, 5, 10, 13 and 14.
#[cfg_attr(test, utoipa::path(put, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}", operation_id = "UpdatePipeline",
    tag = "pipelines", request_body(content = PipelineBody,
        example = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [
            {"name": "deploy", "approval_type": 1, "tasks": [{"name": "prepare"}, {"name": "roll-out"}]}]})),
    responses((status = 200, body = PipelineDetail, extensions(("x-evidence" = json!("inferred")))), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0247, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:modify")),
        ("x-alias" = json!("servicestage:pipeline:execute")),
        ("x-differences" = json!("the answer, fail_mode in the body and the fields of stages and tasks are inferred; statuses in which it is refused are those of the console")))))]
pub(super) async fn update_pipeline(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path((project, id)): Path<(String, String)>,
    Json(body): Json<PipelineBody>,
) -> Result<Response, Error> {
    let definition = body.definition()?;
    handle.check_room()?;
    handle.write(|tables, shared, now| {
        let pipeline = tables.pipeline(&project, &id)?;
        let (pipelines, realm) = (&tables.pipelines, &definition.enterprise_project);
        pipelines.check_name(&project, realm, &definition.name, Some(&id))?;
        pipeline.check("", ActionKind::Edit, now)?;
        let change_context = &mut shared.log.context(now, ActionKind::Edit.into());
        let pipelines = &mut tables.pipelines;
        Ok(pipelines.edit(&project, &id, change_context, |pipeline| {
            pipeline.edit(definition, now);
            ok(&PipelineDetail::new(pipeline, now), ROW_SIZE)
        }))
    })
}

/// Starts, stops, continues, retries, approves or rolls back a release task.
///
/// The query parameter `action_id` names the action. Returns the number of the execution, the pipeline's id and the
/// status right after the command. Errors: 404 for an unknown pipeline; 400 for an action that the present status does
/// not allow, for an unknown stage or task in `selected_tasks`, and for an approval under a name that does not wait for
/// one.
#[cfg_attr(test, utoipa::path(post, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/action",
    operation_id = "OperatePipeline", tag = "pipelines", params(ActionQuery), request_body = Option<PipelineActionBody>,
    responses((status = 200, body = ActionResponse), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0248, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:modify")),
        ("x-alias" = json!("servicestage:pipeline:execute")),
        ("x-commands" = json!({"parameter": "action_id",
            "words": ["start", "stop", "continue", "retry", "approval", "rollback"]})),
        ("x-differences" = json!("id is a number as in the example, not the table's string; the statuses that allow an action are partly those of the console, partly inferred")))))]
pub(super) async fn operate_pipeline(
    State(ServiceStage(handle)): State<ServiceStage>,
    caller: Caller,
    Path((project, id)): Path<(String, String)>,
    Query(query): Query<ActionQuery>,
    Json(body): Json<PipelineActionBody>,
) -> Result<Response, Error> {
    let action = body.action(&query)?;
    if action.begins_run() {
        handle.check_room()?;
    }
    let execution = handle.write(|tables, shared, now| {
        tables.pipeline(&project, &id)?;
        let change_context = &mut shared.log.context(now, action.kind().into());
        let mut context = ExecutionContext {
            caller: Some(&caller.name),
            now,
            next_execution: &mut tables.next_execution,
            scripts: &mut shared.scripts,
            most_kept: KEPT_EXECUTIONS,
        };
        let pipelines = &mut tables.pipelines;
        let acted = pipelines.edit(&project, &id, change_context, |pipeline| {
            pipeline.act(&action, &mut context)
        });
        Ok::<_, Error>(acted?)
    })?;
    if action.evidence() == Evidence::Inferred {
        note_inferred("status");
    }
    let response = ActionResponse {
        id: execution,
        pipeline_id: &id,
        status: action.response_status().code(),
    };
    Ok(ok(&response, 96))
}

/// Views release task details.
///
/// Errors: 404 for an unknown pipeline.
#[cfg_attr(test, utoipa::path(get, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}", operation_id = "ShowPipeline",
    tag = "pipelines",
    responses((status = 200, body = PipelineDetail), (status = 400, body = ServiceStageErrorBody), (status = 401, body = GatewayErrorBody),
        (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0249, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:get")),
        ("x-differences" = json!("pipeline_declaration is an object, not a list; status, version, creator and the times are added (inferred)")))))]
pub(super) async fn show_pipeline(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path((project, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    handle.show(|tables, _, now, shown| {
        let pipeline = tables.pipeline(&project, &id)?;
        shown.note_id(&tables.pipelines.collection, &id);
        Ok(ok(&PipelineDetail::new(pipeline, now), ROW_SIZE))
    })
}

/// Views execution records of a release task.
///
/// Newest first. The newest 1,000 are kept; `count` is the number of all. Errors: 404 for an unknown pipeline; 400 for
/// an invalid paging parameter.
#[cfg_attr(test, utoipa::path(get, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/records",
    operation_id = "ListPipelineRecords", tag = "pipelines", params(Paging),
    responses((status = 200, body = PipelineRecords), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0290, read 2026-08")),
        ("x-inferred-permissions" = json!(["servicestage:pipeline:get"])),
        ("x-action" = json!("servicestage:pipeline:get")),
        ("x-differences" = json!("fields after pipeline_id follow the sibling API; end_at, paging and the permission are inferred")))))]
pub(super) async fn list_pipeline_records(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path((project, id)): Path<(String, String)>,
    Query(paging): Query<Paging>,
) -> Result<Response, Error> {
    let page = paging.page()?;
    handle.show(|tables, _, now, shown| {
        let pipeline = tables.pipeline(&project, &id)?;
        shown.note_id(&tables.pipelines.collection, &id);
        let rows = page.cut(
            pipeline.executions.iter(),
            |_| "",
            |execution| execution.triggered,
        );
        let records = PipelineRecords {
            count: pipeline.executed,
            records: rows
                .map(|execution| PipelineRecord::new(pipeline, execution, now))
                .collect(),
        };
        let size = 64 + records.records.len() * 192;
        Ok(ok(&records, size))
    })
}

/// Creates a trigger policy or replaces the existing one.
///
/// A scheduled policy starts the pipeline when the world's clock passes a fire time. Returns the policy (inferred).
/// Errors: 404 for an unknown pipeline; 400 with the JSON path for an invalid policy, for example an invalid cron
/// line.
#[cfg_attr(test, utoipa::path(post, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/hooks",
    operation_id = "CreatePipelineHooks", tag = "pipelines", request_body = PolicySpec,
    responses((status = 200, body = PolicySpec, extensions(("x-evidence" = json!("inferred")))), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0252, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:create")),
        ("x-differences" = json!("the answer is inferred; a cron line must be readable")))))]
pub(super) async fn create_pipeline_hooks(
    service: State<ServiceStage>,
    path: Path<(String, String)>,
    body: Json<PolicySpec>,
) -> Result<Response, Error> {
    set_policy(service, path, body)
}

/// Modifies the trigger policy or creates one.
///
/// Equal to the creation.
#[cfg_attr(test, utoipa::path(put, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/hooks",
    operation_id = "UpdatePipelineHooks", tag = "pipelines", request_body = PolicySpec,
    responses((status = 200, body = PolicySpec, extensions(("x-evidence" = json!("inferred")))), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0253, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:modify")),
        ("x-alias" = json!("servicestage:pipeline:execute")),
        ("x-differences" = json!("the answer is inferred; a cron line must be readable")))))]
pub(super) async fn update_pipeline_hooks(
    service: State<ServiceStage>,
    path: Path<(String, String)>,
    body: Json<PolicySpec>,
) -> Result<Response, Error> {
    set_policy(service, path, body)
}

fn set_policy(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path((project, id)): Path<(String, String)>,
    Json(spec): Json<PolicySpec>,
) -> Result<Response, Error> {
    let now = handle.read(|tables, _, now| tables.pipeline(&project, &id).map(|_| now))?;
    // Outside the write lock, since reading cron lines takes long.
    let mut policy = TriggerPolicy::new(spec, now)?;
    handle.check_room()?;
    handle.write(|tables, shared, now| {
        let stages = &tables.pipeline(&project, &id)?.definition.stages;
        policy.selection().validate(stages.as_slice())?;
        policy.advance_past(now);
        // A few are enough to see it.
        for (n, line) in policy.never_firing().take(3) {
            add_hint(format!(
                "hooks[{n}].schedule: {line:?} never fires after the present instant"
            ));
        }
        let response = ok(policy.spec(), POLICY_SIZE);
        let change_context = &mut shared.log.context(now, "hooks");
        let pipelines = &mut tables.pipelines;
        pipelines.edit(&project, &id, change_context, |pipeline| {
            pipeline.policy = Some(policy);
        });
        Ok(response)
    })
}

/// Queries the trigger policy.
///
/// Without a policy it returns a manual one (inferred). Errors: 404 for an unknown pipeline.
#[cfg_attr(test, utoipa::path(get, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/hooks",
    operation_id = "ShowPipelineHooks", tag = "pipelines",
    responses((status = 200, body = PolicySpec), (status = 400, body = ServiceStageErrorBody), (status = 401, body = GatewayErrorBody),
        (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0254, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:list")),
        ("x-differences" = json!("selected_tasks is answered where it was given")))))]
pub(super) async fn show_pipeline_hooks(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path((project, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    handle.read(|tables, _, _| {
        let pipeline = tables.pipeline(&project, &id)?;
        if let Some(policy) = &pipeline.policy {
            return Ok(ok(policy.spec(), POLICY_SIZE));
        }
        // The page does not say how a pipeline without a policy is answered.
        note_inferred("*");
        Ok(ok(&PolicySpec::default(), POLICY_SIZE))
    })
}

/// Parses a release task template package (not emulated).
///
/// The emulator has no access to the caller's package store: 501, with a hint.
#[cfg_attr(test, utoipa::path(post, path = "/v3/{project_id}/pipeline/pipelines/parse-template-package",
    operation_id = "ParseTemplatePackage", tag = "pipelines",
    responses((status = 200, description = "Never answered: the operation is not emulated"),
        (status = 401, body = GatewayErrorBody), (status = 501, body = GatewayErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0263, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:get")),
        ("x-differences" = json!("not emulated: it reads the caller's package store; 501")))))]
pub(super) async fn parse_template_package() -> GatewayError {
    add_hint(
        "the emulator has no access to template packages; declare the stages in the body with config_mode ui"
            .to_owned(),
    );
    GatewayError::NotEmulated
}

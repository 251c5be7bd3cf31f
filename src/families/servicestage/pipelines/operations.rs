//! The operations, in the order of the documentation's table of contents.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::action::ActionRefusal;
use super::model::pipeline::{Definition, Pipeline};
use super::model::stages::SelectedStage;
use super::table::{Table, WriteContext};
use super::wire::{ActionBody, ActionQuery, PipelineBody, PolicyBody};
use super::wire::{ActionResponse, Detail, Record, Row};
use crate::families::huawei::{GatewayError, GatewayErrorBody};
use crate::families::servicestage::error::{ErrorKind, ServiceStageErrorBody};
use crate::families::servicestage::paging::Paging;
use crate::families::servicestage::tables::Tables;
use crate::families::servicestage::{Error, ServiceStage, hints};
use crate::http::Caller;
use crate::http::extract::{Json, Path, Query};
use crate::http::response::{self, StreamedArray};
use crate::sim::Millis;
use crate::world::settings::{Fidelity, PipelinesList};

/// About how many bytes a row of the list takes.
const ROW: usize = 512;

/// The most pipelines of a project; a limit of the console, which only strict fidelity enforces.
const MOST_PIPELINES: usize = 1_000;

fn ok(text: Vec<u8>) -> Response {
    response::json(StatusCode::OK, Bytes::from(text))
}

/// Creates a release task.
///
/// Answers the detail object; the page's own answer could not be read. Errors: 400 for anything wrong in the
/// body, with its JSON path, and for a name that is taken in the enterprise project.
#[utoipa::path(post, path = "/v3/{project_id}/pipeline/pipelines", operation_id = "CreatePipeline",
    tag = "pipelines", request_body(content = PipelineBody,
        example = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [
            {"name": "deploy", "approval_type": 1, "tasks": [{"name": "prepare"}, {"name": "roll-out"}]}]})),
    responses((status = 200, body = Detail), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody)),
    extensions(("x-evidence" = json!("inferred")),
        ("x-source" = json!("ServiceStage API reference, page 0245, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:create")),
        ("x-differences" = json!("status code and body of the answer are inferred; so are the fields of stages and tasks"))))]
pub(super) async fn create_pipeline(
    State(ServiceStage(handle)): State<ServiceStage>,
    caller: Caller,
    Path(project): Path<String>,
    Json(body): Json<PipelineBody>,
) -> Result<Response, Error> {
    let definition = body.definition()?;
    let strict = handle.settings().fidelity == Fidelity::Strict;
    handle.write(|tables, shared, now| {
        let table = &mut tables.pipelines;
        table
            .check_name(&project, &definition, None)
            .map_err(|_| name_taken(table, &project, &definition))?;
        if strict && table.len(&project) >= MOST_PIPELINES {
            return Err(Error::at("project_id", "has 1000 release tasks already"));
        }
        let id = handle.ids().uuid(|id| table.contains(id));
        let pipeline = Pipeline::new(&project, &id, &caller.name, definition, now);
        let text = response::to_json(&Detail::of(&pipeline, now), ROW);
        table.insert(pipeline, &mut shared.log.context(now, "create"));
        Ok(ok(text))
    })
}

fn name_taken(table: &Table, project: &str, definition: &Definition) -> Error {
    let taken = format!("{} is taken in the enterprise project", definition.name);
    Error::at("name", taken).with_hint(table.hint_at_name(project, definition))
}

/// A pipeline of a project. Errors: 404.
fn found<'a>(tables: &'a Tables, project: &str, id: &str) -> Result<&'a Pipeline, Error> {
    let pipeline = tables.pipelines.get(project, id);
    pipeline.ok_or_else(|| hints::missing_pipeline(tables, project, id))
}

/// What is answered to something refused for a pipeline, by project and id. `selected` is what it selects.
fn refused(
    tables: &Tables,
    pipeline: (&str, &str),
    refused: ActionRefusal,
    selected: Option<&[SelectedStage]>,
    now: Millis,
) -> Error {
    let hint = tables.pipelines.hint(pipeline, &refused, selected, now);
    Error::from(refused).with_hint(hint)
}

#[derive(Serialize)]
struct Wrapped<T> {
    pipelines: T,
}

/// Obtains the release task list.
///
/// A bare array, as the documented example shows; the table wraps it in `pipelines`. Newest first. Errors:
/// 400 for a bad paging parameter.
#[utoipa::path(get, path = "/v3/{project_id}/pipeline/pipelines", operation_id = "ListPipelines",
    tag = "pipelines", params(Paging),
    responses((status = 200, body = Vec<Row>), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0246 of 2025-11-28, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:list")),
        ("x-differences" = json!("a bare array as in the example, not the table's object (--pipelines-list object); extend_info after a run and the paging parameters are inferred"))))]
pub(super) async fn list_pipelines(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path(project): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Response, Error> {
    let page = paging.page()?;
    let text = handle.read(|tables, _, now| {
        let table = &tables.pipelines;
        let size = page.limit().min(table.len(&project)) * ROW;
        let rows = page.cut(
            table.of(&project),
            |entry| &entry.item.definition.name,
            |entry| entry.item.updated,
        );
        let rows = StreamedArray::new(rows.map(|entry| Row::of(&entry.item, now)));
        match handle.settings().pipelines_list {
            PipelinesList::Array => response::to_json(&rows, size),
            PipelinesList::Object => response::to_json(&Wrapped { pipelines: rows }, size),
        }
    });
    Ok(ok(text))
}

/// Edits a release task.
///
/// The version grows by one. Answers the detail object (inferred). Errors: 404 no such pipeline; 400 as for
/// a creation, and while something is under way (statuses 4, 5, 10, 13, 14).
#[utoipa::path(put, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}", operation_id = "UpdatePipeline",
    tag = "pipelines", request_body(content = PipelineBody,
        example = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [
            {"name": "deploy", "approval_type": 1, "tasks": [{"name": "prepare"}, {"name": "roll-out"}]}]})),
    responses((status = 200, body = Detail), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0247, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:modify")),
        ("x-alias" = json!("servicestage:pipeline:execute")),
        ("x-differences" = json!("the answer, fail_mode in the body and the fields of stages and tasks are inferred; statuses in which it is refused are those of the console"))))]
pub(super) async fn update_pipeline(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path((project, id)): Path<(String, String)>,
    Json(body): Json<PipelineBody>,
) -> Result<Response, Error> {
    let definition = body.definition()?;
    handle.write(|tables, shared, now| {
        if tables.pipelines.get(&project, &id).is_none() {
            return Err(hints::missing_pipeline(tables, &project, &id));
        }
        let table = &mut tables.pipelines;
        table
            .check_name(&project, &definition, Some(&id))
            .map_err(|_| name_taken(table, &project, &definition))?;
        table
            .edit(&project, &id, definition, now, &mut shared.log)
            .ok_or(ErrorKind::ReleaseNotFound)?
            .map_err(|why| refused(tables, (&project, &id), why, None, now))?;
        let pipeline = tables.pipelines.get(&project, &id);
        let pipeline = pipeline.ok_or(ErrorKind::ReleaseNotFound)?;
        Ok(ok(response::to_json(&Detail::of(pipeline, now), ROW)))
    })
}

/// Operates a release task: `start`, `stop`, `continue`, `retry`, `approval` or `rollback`.
///
/// Answers the execution's number, the pipeline id and the status right after the command. Errors: 404 no
/// such pipeline; 400 for an action that the present status does not allow, an unknown stage or task in
/// `selected_tasks`, and an approval under a name at which nothing waits.
#[utoipa::path(post, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/action",
    operation_id = "OperatePipeline", tag = "pipelines", params(ActionQuery), request_body = Option<ActionBody>,
    responses((status = 200, body = ActionResponse), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0248, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:modify")),
        ("x-alias" = json!("servicestage:pipeline:execute")),
        ("x-differences" = json!("id is a number as in the example, not the table's string; the statuses that allow an action are partly those of the console, partly inferred"))))]
pub(super) async fn operate_pipeline(
    State(ServiceStage(handle)): State<ServiceStage>,
    caller: Caller,
    Path((project, id)): Path<(String, String)>,
    Query(query): Query<ActionQuery>,
    Json(body): Json<ActionBody>,
) -> Result<Response, Error> {
    let action = body.action(&query)?;
    let (execution, status) = handle.write(|tables, shared, now| {
        let context = WriteContext {
            scripts: &mut shared.scripts,
            log: &mut shared.log,
            now,
        };
        let acted = tables
            .pipelines
            .act(&project, &id, &action, &caller.name, context);
        let acted = acted.ok_or_else(|| hints::missing_pipeline(tables, &project, &id))?;
        acted.map_err(|why| refused(tables, (&project, &id), why, action.selected(), now))
    })?;
    let acted = ActionResponse {
        id: execution,
        pipeline_id: &id,
        status: status.code(),
    };
    Ok(ok(response::to_json(&acted, 96)))
}

/// Views release task details.
///
/// Errors: 404 no such pipeline.
#[utoipa::path(get, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}", operation_id = "ShowPipeline",
    tag = "pipelines",
    responses((status = 200, body = Detail), (status = 400, body = ServiceStageErrorBody), (status = 401, body = GatewayErrorBody),
        (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0249, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:get")),
        ("x-differences" = json!("pipeline_declaration is an object, not a list; status, version, creator and the times are added (inferred)"))))]
pub(super) async fn show_pipeline(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path((project, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    handle.read(|tables, _, now| {
        let pipeline = found(tables, &project, &id)?;
        Ok(ok(response::to_json(&Detail::of(pipeline, now), ROW)))
    })
}

#[derive(Serialize)]
struct Records<T> {
    count: u64,
    records: T,
}

/// The execution records of a pipeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineRecords)]
struct RecordsBody<'a> {
    /// How many executions there were, kept or not.
    count: u64,
    /// Newest first.
    records: Vec<Record<'a>>,
}

/// Views execution records of a release task.
///
/// Newest first; the newest 1,000 are kept, `count` is the number of all. Errors: 404 no such pipeline; 400
/// for a bad paging parameter.
#[utoipa::path(get, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/records",
    operation_id = "ListPipelineRecords", tag = "pipelines", params(Paging),
    responses((status = 200, body = RecordsBody), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0290, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:get")),
        ("x-differences" = json!("fields after pipeline_id follow the sibling API; end_at, paging and the permission are inferred"))))]
pub(super) async fn list_pipeline_records(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path((project, id)): Path<(String, String)>,
    Query(paging): Query<Paging>,
) -> Result<Response, Error> {
    let page = paging.page()?;
    handle.read(|tables, _, now| {
        let pipeline = found(tables, &project, &id)?;
        let rows = page.cut(
            pipeline.executions.iter(),
            |_| "",
            |execution| execution.triggered,
        );
        let records =
            StreamedArray::new(rows.map(|execution| Record::of(pipeline, execution, now)));
        let size = 64 + page.limit().min(pipeline.executions.len()) * 192;
        Ok(ok(response::to_json(
            &Records {
                count: pipeline.executed,
                records,
            },
            size,
        )))
    })
}

/// Creates a trigger policy; one that exists is replaced.
///
/// A scheduled policy really starts the pipeline when the world's clock passes a fire time. Answers the
/// policy (inferred). Errors: 404 no such pipeline; 400 with the JSON path, also for a cron line that cannot
/// be read.
#[utoipa::path(post, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/hooks",
    operation_id = "CreatePipelineHooks", tag = "pipelines", request_body = PolicyBody,
    responses((status = 200, body = PolicyBody), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0252, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:create")),
        ("x-differences" = json!("the answer is inferred; a cron line must be readable"))))]
pub(super) async fn create_pipeline_hooks(
    service: State<ServiceStage>,
    path: Path<(String, String)>,
    body: Json<PolicyBody>,
) -> Result<Response, Error> {
    set_policy(service, path, body)
}

/// Modifies the trigger policy; without one it is created.
///
/// As the creation.
#[utoipa::path(put, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/hooks",
    operation_id = "UpdatePipelineHooks", tag = "pipelines", request_body = PolicyBody,
    responses((status = 200, body = PolicyBody), (status = 400, body = ServiceStageErrorBody),
        (status = 401, body = GatewayErrorBody), (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0253, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:modify")),
        ("x-alias" = json!("servicestage:pipeline:execute")),
        ("x-differences" = json!("the answer is inferred; a cron line must be readable"))))]
pub(super) async fn update_pipeline_hooks(
    service: State<ServiceStage>,
    path: Path<(String, String)>,
    body: Json<PolicyBody>,
) -> Result<Response, Error> {
    set_policy(service, path, body)
}

fn set_policy(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path((project, id)): Path<(String, String)>,
    Json(body): Json<PolicyBody>,
) -> Result<Response, Error> {
    handle.write(|tables, shared, now| {
        let pipeline = found(tables, &project, &id)?;
        let policy = body.policy(now)?;
        let selected = policy.selected.as_deref();
        pipeline
            .check(selected)
            .map_err(|why| refused(tables, (&project, &id), why, selected, now))?;
        let text = response::to_json(&PolicyBody::of(Some(&policy)), 128);
        let change_context = &mut shared.log.context(now, "hooks");
        tables
            .pipelines
            .set_policy(&project, &id, policy, change_context);
        Ok(ok(text))
    })
}

/// Queries the trigger policy.
///
/// Without one it answers a policy by hand (inferred). Errors: 404 no such pipeline.
#[utoipa::path(get, path = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/hooks",
    operation_id = "ShowPipelineHooks", tag = "pipelines",
    responses((status = 200, body = PolicyBody), (status = 400, body = ServiceStageErrorBody), (status = 401, body = GatewayErrorBody),
        (status = 404, body = ServiceStageErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0254, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:list")),
        ("x-differences" = json!("selected_tasks is answered where it was given"))))]
pub(super) async fn show_pipeline_hooks(
    State(ServiceStage(handle)): State<ServiceStage>,
    Path((project, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    handle.read(|tables, _, _| {
        let pipeline = found(tables, &project, &id)?;
        let policy = pipeline.policy.as_ref();
        Ok(ok(response::to_json(&PolicyBody::of(policy), 128)))
    })
}

/// Parses a release task template package; not emulated.
///
/// It reads the caller's package store, which is not here: 501, with a hint.
#[utoipa::path(post, path = "/v3/{project_id}/pipeline/pipelines/parse-template-package",
    operation_id = "ParseTemplatePackage", tag = "pipelines",
    responses((status = 401, body = GatewayErrorBody), (status = 501, body = GatewayErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("ServiceStage API reference, page 0263, read 2026-08")),
        ("x-action" = json!("servicestage:pipeline:get")),
        ("x-differences" = json!("not emulated: it reads the caller's package store; 501"))))]
pub(super) async fn parse_template_package() -> Error {
    Error::from(GatewayError::NotEmulated).with_hint(
        "template packages lie in a store of the caller's that is not here; describe the stages in the body with config_mode ui"
            .to_owned(),
    )
}

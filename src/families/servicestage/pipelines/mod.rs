//! `ServiceStage` pipelines with actions: release tasks of the new kind, `/v3/{project_id}/pipeline/pipelines`.

pub mod fixture;
mod model;
mod operations;
mod wire;

use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::{OpenApi, Ref, RefOr};

use super::ServiceStage;
use crate::http::operation::find_operation;
use crate::http::routes::{Routes, route};
use crate::world::settings::{PipelinesList, Settings};
pub use model::commands::ExecutionContext;
pub(super) use model::executions::KEPT_EXECUTIONS;
pub use model::pipeline::Pipeline;
pub use model::status::PipelineStatus;
use wire::views::PipelineRow;

/// The name of the schema of the list as an object.
const LIST: &str = "PipelineList";

/// Declares the list in the form that a world answers.
pub(super) fn follow(api: &mut OpenApi, settings: &Settings) {
    if settings.pipelines_list == PipelinesList::Array {
        return;
    }
    let list = find_operation(api, "ListPipelines");
    let answer = list.and_then(|list| list.responses.responses.get_mut("200"));
    let Some(RefOr::T(answer)) = answer else {
        return;
    };
    for content in answer.content.values_mut() {
        if let RefOr::T(content) = content {
            content.schema = Some(Ref::from_schema_name(LIST).into());
        }
    }
    let list = json!({
        "description": "The pipelines, in the object of the documented table.",
        "type": "object",
        "required": ["pipelines"],
        "properties": {"pipelines": {
            "description": "Newest first.",
            "type": "array",
            "items": Ref::from_schema_name(PipelineRow::name()),
        }},
    });
    let list = serde_json::from_value(list).expect("it is a schema");
    let components = api.components.get_or_insert_default();
    components.schemas.insert(LIST.to_owned(), list);
}

/// The URL table.
pub(super) fn routes() -> Routes<ServiceStage> {
    Routes::default()
        .with(route!(
            operations::create_pipeline,
            operations::list_pipelines
        ))
        .with(route!(
            operations::update_pipeline,
            operations::show_pipeline
        ))
        .with(route!(operations::operate_pipeline))
        .with(route!(operations::list_pipeline_records))
        .with(route!(
            operations::create_pipeline_hooks,
            operations::update_pipeline_hooks,
            operations::show_pipeline_hooks
        ))
        .with(route!(operations::parse_template_package))
}

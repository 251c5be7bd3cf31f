//! `ServiceStage` pipelines with actions: release tasks of the new kind, `/v3/{project_id}/pipeline/pipelines`.

pub mod fixture;
mod model;
mod operations;
mod wire;

use serde_json::{Value, json};

use super::ServiceStage;
use crate::http::openapi::document::{contents, find_operation, schemas};
use crate::http::routes::{Routes, route};
use crate::world::settings::{PipelinesList, Settings};
pub use model::commands::ExecutionContext;
pub(super) use model::definition::{ConfigMode, FailMode};
pub(super) use model::executions::KEPT_EXECUTIONS;
pub use model::pipeline::Pipeline;
pub use model::status::PipelineStatus;

/// The name of the schema of the list as an object.
const LIST: &str = "PipelineList";

/// Declares the list in the form that a world answers.
pub(super) fn follow(document: &mut Value, settings: &Settings) {
    if settings.pipelines_list == PipelinesList::Array {
        return;
    }
    let Some(list) = find_operation(document, "ListPipelines") else {
        return;
    };
    let mut rows = Value::Null;
    for content in contents(list) {
        // The other answers are errors, whose schemas are no arrays.
        if content["schema"]["type"] == "array" {
            rows = content["schema"]["items"].take();
            content["schema"] = json!({"$ref": format!("#/components/schemas/{LIST}")});
        }
    }
    let list = json!({
        "description": "The pipelines, in the object of the documented table.",
        "type": "object",
        "required": ["pipelines"],
        "properties": {"pipelines": {
            "description": "Newest first.",
            "type": "array",
            "items": rows,
        }},
    });
    if let Some(schemas) = schemas(document) {
        schemas.insert(LIST.to_owned(), list);
    }
}

/// The URL table.
pub(super) fn routes() -> Routes<ServiceStage> {
    Routes::default()
        .with(route!(
            "/v3/{project_id}/pipeline/pipelines",
            post(operations::create_pipeline),
            get(operations::list_pipelines)
        ))
        .with(route!(
            "/v3/{project_id}/pipeline/pipelines/{pipeline_id}",
            put(operations::update_pipeline),
            get(operations::show_pipeline)
        ))
        .with(route!(
            "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/action",
            post(operations::operate_pipeline)
        ))
        .with(route!(
            "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/records",
            get(operations::list_pipeline_records)
        ))
        .with(route!(
            "/v3/{project_id}/pipeline/pipelines/{pipeline_id}/hooks",
            post(operations::create_pipeline_hooks),
            put(operations::update_pipeline_hooks),
            get(operations::show_pipeline_hooks)
        ))
        .with(route!(
            "/v3/{project_id}/pipeline/pipelines/parse-template-package",
            post(operations::parse_template_package)
        ))
}

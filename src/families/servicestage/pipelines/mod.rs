//! `ServiceStage` pipelines with actions: release tasks of the new kind, `/v3/{project_id}/pipeline/pipelines`.

pub mod fixture;
mod model;
mod operations;
mod wire;

use super::ServiceStage;
use crate::http::routes::{Routes, route};
pub use model::commands::ExecutionContext;
pub use model::pipeline::Pipeline;
pub use model::status::PipelineStatus;
pub(super) use wire::spelling::declare_spellings;

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

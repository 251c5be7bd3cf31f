//! `ServiceStage` pipelines with actions: release tasks of the new kind, `/v3/{project_id}/pipeline/pipelines`.

mod error;
pub mod fixture;
mod hints;
mod model;
mod operations;
mod table;
mod wire;

use super::ServiceStage;
use crate::http::routes::{Routes, route};
pub use model::pipeline::FAMILY;
pub use table::Table;

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

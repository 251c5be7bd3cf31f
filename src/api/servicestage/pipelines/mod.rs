//! `ServiceStage` pipelines with actions: release tasks of the new kind, `/v3/{project_id}/pipeline/pipelines`.

mod action;
mod declaration;
mod execution;
mod handlers;
mod pipeline;
mod schedule;
pub mod state;
mod status;
mod table;
mod views;
mod way;
mod wire;

use super::ServiceStage;
use crate::http::routes::{Routes, route};
pub use pipeline::FAMILY;
pub use table::Table;

/// The URL table.
pub(super) fn routes() -> Routes<ServiceStage> {
    Routes::new()
        .with(route!(handlers::create_pipeline, handlers::list_pipelines))
        .with(route!(handlers::update_pipeline, handlers::show_pipeline))
        .with(route!(handlers::operate_pipeline))
        .with(route!(handlers::list_pipeline_records))
        .with(route!(
            handlers::create_pipeline_hooks,
            handlers::update_pipeline_hooks,
            handlers::show_pipeline_hooks
        ))
        .with(route!(handlers::parse_template_package))
}

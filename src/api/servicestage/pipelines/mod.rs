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

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ServiceStage;
pub use pipeline::FAMILY;
pub use table::Table;

/// The URL table.
pub(super) fn routes() -> OpenApiRouter<ServiceStage> {
    OpenApiRouter::new()
        .routes(routes!(handlers::create_pipeline, handlers::list_pipelines))
        .routes(routes!(handlers::update_pipeline, handlers::show_pipeline))
        .routes(routes!(handlers::operate_pipeline))
        .routes(routes!(handlers::list_pipeline_records))
        .routes(routes!(
            handlers::create_pipeline_hooks,
            handlers::update_pipeline_hooks,
            handlers::show_pipeline_hooks
        ))
        .routes(routes!(handlers::parse_template_package))
}

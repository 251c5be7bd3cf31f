//! ServiceStage release plans, the older release management of the service: components are released, aborted and rolled
//! back in batches.
//!
//! Source: ServiceStage API reference, "Release Management" (index page 0255), read 2026-08.

pub mod fixture;
pub mod model;
mod operations;
pub mod wire;

use super::ServiceStage;
use crate::http::routes::{Routes, route};
pub use model::plan::Plan;
pub use model::vocabulary::PlanStatus;

/// The URL table.
pub(super) fn routes() -> Routes<ServiceStage> {
    Routes::default()
        .with(route!(
            "/v3/{project_id}/cas/release-plans",
            get(operations::list_release_plans),
            post(operations::create_release_plan)
        ))
        .with(route!(
            "/v3/{project_id}/cas/release-plans/{release_plan_id}",
            get(operations::show_release_plan),
            put(operations::update_release_plan),
            delete(operations::delete_release_plan)
        ))
        .with(route!(
            "/v3/{project_id}/cas/release-plans/{release_plan_id}/deploy-info",
            get(operations::show_release_plan_deploy_info)
        ))
        .with(route!(
            "/v3/{project_id}/cas/release-plans/{release_plan_id}/execute",
            post(operations::execute_release_plan)
        ))
        .with(route!(
            "/v3/{project_id}/cas/release-plans/{release_plan_id}/rollback",
            post(operations::rollback_release_plan)
        ))
        .with(route!(
            "/v3/{project_id}/cas/release-plans/{release_plan_id}/abort",
            post(operations::abort_release_plan)
        ))
}

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
            operations::list_release_plans,
            operations::create_release_plan
        ))
        .with(route!(
            operations::show_release_plan,
            operations::update_release_plan,
            operations::delete_release_plan
        ))
        .with(route!(operations::show_release_plan_deploy_info))
        .with(route!(operations::execute_release_plan))
        .with(route!(operations::rollback_release_plan))
        .with(route!(operations::abort_release_plan))
}

//! ServiceStage release plans, the older release management of the service: batches of components that are
//! released together, aborted, rolled back.
//!
//! Source: ServiceStage API reference, "Release Management" (index page 0255), read 2026-08.

pub mod component;
pub mod content;
pub mod course;
mod handlers;
pub mod plan;
pub mod round;
pub mod state;
mod way;
pub mod wire;
pub mod words;

use super::ServiceStage;
use crate::http::routes::{Routes, route};
pub use plan::Table;
pub use round::FAMILY;

/// The URL table.
pub(super) fn routes() -> Routes<ServiceStage> {
    Routes::new()
        .with(route!(
            handlers::list_release_plans,
            handlers::create_release_plan
        ))
        .with(route!(
            handlers::show_release_plan,
            handlers::update_release_plan,
            handlers::delete_release_plan
        ))
        .with(route!(handlers::show_release_plan_deploy_info))
        .with(route!(handlers::execute_release_plan))
        .with(route!(handlers::rollback_release_plan))
        .with(route!(handlers::abort_release_plan))
}

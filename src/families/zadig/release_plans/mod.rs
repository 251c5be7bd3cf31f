//! Release plans of Zadig: texts and workflows that people execute after an approval and within a window.
//!
//! Plans belong to the installation. Four operations are public; the internal ones are those without which a plan never
//! leaves planning.
//!
//! - [`operations`], [`internal`] and [`internal_reads`]: the operations. Requests and responses are in [`wire`], the service's own texts in
//!   [`messages`].
//! - [`table`]: the plans of a world. [`editing`] creates and edits them, [`progress`] takes them from status to status,
//!   [`job_commands`] executes their jobs, [`tasks`] starts the tasks of workflows.
//! - [`model`]: a plan, with the changes that time brings. [`fixture`]: the fixture format.

mod allowed;
pub mod context;
pub mod editing;
pub mod fixture;
mod generation;
mod hints;
pub mod internal;
pub mod internal_reads;
pub mod job_commands;
pub mod messages;
pub mod model;
pub mod operations;
pub mod progress;
pub mod table;
pub mod tasks;
pub mod wire;

use super::dialect::Zadig;
use crate::http::routes::{Routes, route};

/// The URL table.
pub(super) fn routes() -> Routes<Zadig> {
    Routes::default()
        .with(
            route!(
                "/openapi/release_plan/v1",
                get(operations::list_plans),
                post(operations::create_plan)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/release_plan/v1/{id}",
                get(operations::get_plan),
                patch(operations::update_plan)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/api/aslan/release_plan/v1/{id}",
                get(internal_reads::get_plan_internally),
                delete(internal::delete_plan)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/api/aslan/release_plan/v1/{id}/status/{status}",
                post(internal::change_status)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/api/aslan/release_plan/v1/{id}/approve",
                post(internal::approve_plan)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/api/aslan/release_plan/v1/{id}/execute",
                post(internal::execute_job)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/api/aslan/release_plan/v1/{id}/skip",
                post(internal::skip_job)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/api/aslan/release_plan/v1/{id}/retry",
                post(internal::retry_job)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/api/aslan/release_plan/v1/{id}/job/{jobID}",
                get(internal_reads::get_plan_job)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/api/aslan/release_plan/v1/{id}/logs",
                get(internal_reads::list_plan_logs)
            )
            .or_wrong_method(),
        )
}

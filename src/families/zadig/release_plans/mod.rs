//! Release plans of Zadig: texts and workflows that people execute after an approval and within a window.
//!
//! Plans belong to the installation. Four operations are public; the internal ones are those without which a plan never
//! leaves planning.
//!
//! - [`operations`] and [`internal`]: the operations. Requests and responses are in [`wire`], the service's own texts in
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
pub mod job_commands;
pub mod messages;
pub mod model;
pub mod operations;
pub mod progress;
pub mod table;
pub mod tasks;
pub mod wire;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;

use super::dialect::Zadig;
use super::error::Error;
use super::response::redirect;
use crate::http::routes::{Route, Routes, route};
use crate::http::{Dialect, Rejection};

const PLANS: &str = "/openapi/release_plan/v1";

/// The URL table.
pub(super) fn routes() -> Routes<Zadig> {
    let with_slash = |path: &str| Route::new(path, None).or_else(trailing_slash);
    Routes::default()
        .with(route!(operations::list_plans, operations::create_plan).or_wrong_method())
        .with(route!(operations::get_plan, operations::update_plan).or_wrong_method())
        .with(with_slash(&format!("{PLANS}/")))
        .with(with_slash(&format!("{PLANS}/{{id}}/")))
        .with(route!(internal::delete_plan).or_wrong_method())
        .with(route!(internal::change_status).or_wrong_method())
        .with(route!(internal::approve_plan).or_wrong_method())
        .with(route!(internal::execute_job).or_wrong_method())
        .with(route!(internal::skip_job).or_wrong_method())
        .with(route!(internal::retry_job).or_wrong_method())
        .with(route!(internal::list_plan_logs).or_wrong_method())
}

/// Redirects a path that exists without its trailing slash; any other is unknown.
async fn trailing_slash(State(zadig): State<Zadig>, request: Request) -> Result<Response, Error> {
    let (parts, _) = request.into_parts();
    let path = parts.uri.path().trim_end_matches('/').to_owned();
    let exists = match parts.method {
        Method::GET => true,
        Method::POST => path == PLANS,
        Method::PATCH => path != PLANS,
        _ => false,
    };
    if exists {
        Ok(redirect(&parts, &path))
    } else {
        Err(zadig.unrouted(&parts, Rejection::NoRoute))
    }
}

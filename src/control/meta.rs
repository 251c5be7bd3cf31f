//! Operations about the emulator itself: health, coverage, OpenAPI.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::dialect::{Control, json};
use super::openapi::OpenApiSource;
use crate::http::Operation;
use crate::http::evidence::error_row::ErrorRow;
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemBody;
use crate::http::response::{self, ShownAsIs};
use crate::registry::{self, World};

/// The health of the process.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct Health {
    /// `ok`, or `ready` from the operation of that name.
    status: &'static str,
}

/// Confirms that the process is alive.
///
/// Answers 200 as soon as the port is bound.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/health", operation_id = "Health", tag = "control",
    responses((status = 200, body = Health))))]
pub(super) async fn health() -> Response {
    alive()
}

/// The answer of a process that is alive.
pub(super) fn alive() -> Response {
    json(StatusCode::OK, &Health { status: "ok" })
}

/// Confirms that the fixtures are loaded and the port is bound.
///
/// Errors: 503 until then.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/ready", operation_id = "Ready", tag = "control",
    responses((status = 200, body = Health), (status = 503, body = ProblemBody,
    content_type = "application/problem+json"))))]
pub(super) async fn ready(State(Control(world)): State<Control>) -> Result<Response, Problem> {
    readiness(&world)
}

/// The answer of a world that is ready, or its problem.
pub(super) fn readiness(world: &World) -> Result<Response, Problem> {
    if world.is_ready() {
        Ok(json(StatusCode::OK, &Health { status: "ready" }))
    } else {
        Err(Problem::NotReady)
    }
}

/// The emulated operations and errors.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct Coverage<'a> {
    /// Every operation of every family.
    operations: Vec<ListedOperation<'a>>,
    /// Every refusal of the families and of the gateway in front of the Huawei families.
    errors: Vec<ErrorRow>,
}

/// An operation, with the date of a recording that agrees with it.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = CoveredOperation))]
struct ListedOperation<'a> {
    #[serde(flatten)]
    #[cfg_attr(test, schema(value_type = Operation))]
    operation: &'static Operation,
    /// The date of the newest recording of the real service that agrees with the operation, of those that `--corpus` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<&'a str>,
}

/// Lists every emulated operation and every error.
///
/// The operations with their evidence, source, permission and differences, the errors with their evidence.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/operations", operation_id = "ListOperations", tag = "control",
    responses((status = 200, body = Coverage))))]
pub(super) async fn operations(State(Control(world)): State<Control>) -> Response {
    let recorded = &world.recorder().recorded;
    let listed = registry::operations().map(|operation| ListedOperation {
        operation,
        recorded: recorded.get(&operation.id).map(String::as_str),
    });
    let coverage = Coverage {
        operations: listed.collect(),
        errors: registry::error_rows(),
    };
    response::json(StatusCode::OK, response::to_json_line(&coverage, 16 << 10))
}

/// Shows the OpenAPI 3.1 document of all families and the control plane.
///
/// It follows the settings of the world, such as `--pipelines-list`, and names the host that was asked as its server.
/// `release-emulator openapi` prints it.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/openapi.json", operation_id = "ShowOpenApi", tag = "control",
    responses((status = 200, description = "This document", body = Object))))]
pub(super) async fn show_openapi(
    State(Control(world)): State<Control>,
    Extension(OpenApiSource(openapi)): Extension<OpenApiSource>,
    headers: HeaderMap,
) -> Response {
    let mut text = openapi(
        &world.settled_settings(),
        &world.base_url(&headers).to_string(),
    );
    text.push('\n');
    let mut shown = response::json(StatusCode::OK, text);
    // Its examples have passwords that are no secrets, even if a user has them.
    shown.extensions_mut().insert(ShownAsIs);
    shown
}

//! The whole memory: look at it, replace it, add to it, go back to the fixtures.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::dialect::Control;
use super::problem::Problem;
use crate::http::context::add_hint;
use crate::http::extract::{Body, Json};
use crate::http::response;
use crate::registry::State as WorldState;
use crate::sim::fuzzy::nearest;
use crate::world::fixture::ValidationError;

/// Where a reset goes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    /// `fixtures` (default) or `empty`.
    #[serde(default)]
    to: To,
}

/// What a memory is after a reset.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ResetTo)]
enum To {
    #[default]
    Fixtures,
    Empty,
}

/// Back to the fixtures: memory, clock, ids, scripts, faults, journal. `{"to":"empty"}`: to nothing.
#[utoipa::path(post, path = "/_emulator/v1/reset", operation_id = "Reset", tag = "control",
    request_body(content = Option<Reset>,
        example = json!({"to": "empty"})), responses((status = 204), (status = 400, body = super::problem::ProblemBody,
    content_type = "application/problem+json")))]
pub(super) async fn reset(
    State(Control(world)): State<Control>,
    Json(reset): Json<Reset>,
) -> Response {
    world.reset(matches!(reset.to, To::Empty));
    response::empty(StatusCode::NO_CONTENT)
}

/// The whole memory in the fixture format, secrets included.
#[utoipa::path(get, path = "/_emulator/v1/state", operation_id = "ShowState", tag = "control",
    responses((status = 200, description = "The fixture format", body = WorldState)))]
pub(super) async fn show_state(State(Control(world)): State<Control>) -> Response {
    response::json(StatusCode::OK, response::to_json(&world.export(), 4 << 10))
}

/// Replaces the whole memory, or changes nothing. Clock and scripts stay. Errors: 400 with the JSON path.
#[utoipa::path(put, path = "/_emulator/v1/state", operation_id = "ReplaceState", tag = "control",
    request_body(content = WorldState, description = "The fixture format",
        example = json!({"asm": {"meshes": [{"id": "m1", "name": "mesh-one", "releases": []}]}})),
    responses((status = 204), (status = 400, body = super::problem::ProblemBody,
    content_type = "application/problem+json")))]
pub(super) async fn replace_state(
    State(Control(world)): State<Control>,
    Body(body): Body,
) -> Result<Response, Problem> {
    world.replace(read(&body)?).map_err(validation_error)?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

/// Adds to the memory, replacing what has the same id, or changes nothing. Errors: 400 with the JSON path.
#[utoipa::path(patch, path = "/_emulator/v1/state", operation_id = "MergeState", tag = "control",
    request_body(content = WorldState, description = "The fixture format",
        example = json!({"asm": {"meshes": [{"id": "m1", "name": "mesh-one", "releases": []}]}})),
    responses((status = 204), (status = 400, body = super::problem::ProblemBody,
    content_type = "application/problem+json")))]
pub(super) async fn merge_state(
    State(Control(world)): State<Control>,
    Body(body): Body,
) -> Result<Response, Problem> {
    world.merge(read(&body)?).map_err(validation_error)?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

fn read(body: &[u8]) -> Result<WorldState, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| Problem::BadRequest(error.to_string()))?;
    WorldState::from_json(text).map_err(validation_error)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is an adapter for map_err"
)]
fn validation_error(validation_error: ValidationError) -> Problem {
    if let Some(near) = meant(&validation_error.message) {
        add_hint(format!("did you mean {near}?"));
    }
    Problem::BadRequest(validation_error.to_string())
}

/// What an unknown field or word was probably meant to be. The types of the fixture format say what they know in
/// their errors: "unknown field `nmae`, expected one of `id`, `name`".
fn meant(error: &str) -> Option<&str> {
    let known = ["unknown field ", "unknown variant "];
    let said = known.iter().find_map(|begin| error.strip_prefix(begin))?;
    let mut words = said.split('`').skip(1).step_by(2);
    nearest(words.next()?, words)
}

//! The whole state: shown, replaced, merged, reset.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::dialect::Control;
use crate::http::auth::redact::Mask;
use crate::http::context::add_hint;
use crate::http::extract::{Body, Json, Query};
use crate::http::json::known_names;
use crate::http::json::value::OrderedValue;
use crate::http::observe::events::ResetTo;
use crate::http::problem::{Problem, ProblemWith};
use crate::http::response::{self, ShownAsIs};
use crate::registry::{State as WorldState, World};
use crate::sim::fuzzy::nearest;
use crate::world::fixture::ValidationError;

/// The target of a reset.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    /// `fixtures` (default) or `empty`.
    #[serde(default)]
    to: ResetTo,
}

/// Resets the world to its fixtures, or to an empty state.
///
/// State, clock, ids, scripts, faults, webhooks and journal; `{"to":"empty"}` resets to an empty world.
#[utoipa::path(post, path = "/_emulator/v1/reset", operation_id = "Reset", tag = "control",
    request_body(content = Option<Reset>,
        example = json!({"to": "empty"})), responses((status = 204), ProblemWith::<400>))]
pub(super) async fn reset(
    State(Control(world)): State<Control>,
    Json(reset): Json<Reset>,
) -> Response {
    world.reset(reset.to);
    response::empty(StatusCode::NO_CONTENT)
}

/// The form of a state that is shown.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct StateQuery {
    /// `false` masks secrets, for a bug report. A masked state cannot be restored.
    secrets: bool,
}

impl Default for StateQuery {
    fn default() -> Self {
        Self { secrets: true }
    }
}

/// Shows the whole state in the fixture format, secrets included.
///
/// The answer can be a fixture, or replace the state of another world. With `secrets=false` its secrets are masked, for a
/// bug report, and it can do neither. Errors: 400.
#[utoipa::path(get, path = "/_emulator/v1/state", operation_id = "ShowState", tag = "control",
    params(StateQuery),
    responses((status = 200, description = "The fixture format", body = WorldState), ProblemWith::<400>))]
pub(super) async fn show_state(
    State(Control(world)): State<Control>,
    Query(form): Query<StateQuery>,
) -> Response {
    let state = world.export();
    let text = if form.secrets {
        response::to_json_line(&state, 4 << 10)
    } else {
        response::to_json_line(&masked(&state, &world), 4 << 10)
    };
    let mut shown = response::json(StatusCode::OK, text);
    shown.extensions_mut().insert(ShownAsIs);
    shown
}

/// The state without its secrets.
fn masked(state: &WorldState, world: &World) -> OrderedValue {
    let text = response::to_json(state, 4 << 10);
    let mut value = serde_json::from_slice(&text).expect("a state is JSON");
    Mask::for_state(&world.recorder().secrets).body(&mut value);
    value
}

/// Replaces the whole state.
///
/// Clock and scripts stay. An invalid document changes nothing. Errors: 400 with the JSON path.
#[utoipa::path(put, path = "/_emulator/v1/state", operation_id = "ReplaceState", tag = "control",
    request_body(content = WorldState, description = "The fixture format",
        example = json!({"asm": {"meshes": [{"id": "m1", "name": "mesh-one", "releases": []}]}})),
    responses((status = 204), ProblemWith::<400>))]
pub(super) async fn replace_state(
    State(Control(world)): State<Control>,
    Body(body): Body,
) -> Result<Response, Problem> {
    world.replace(read(&body)?).map_err(invalid)?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

/// Adds to the state, replacing resources with the same id.
///
/// An invalid document changes nothing. Errors: 400 with the JSON path.
#[utoipa::path(patch, path = "/_emulator/v1/state", operation_id = "MergeState", tag = "control",
    request_body(content = WorldState, description = "The fixture format",
        example = json!({"asm": {"meshes": [{"id": "m1", "name": "mesh-one", "releases": []}]}})),
    responses((status = 204), ProblemWith::<400>))]
pub(super) async fn merge_state(
    State(Control(world)): State<Control>,
    Body(body): Body,
) -> Result<Response, Problem> {
    world.merge(read(&body)?).map_err(invalid)?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

fn read(body: &[u8]) -> Result<WorldState, Problem> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Problem::BadRequest("the body is not UTF-8".to_owned()))?;
    WorldState::from_json(text).map_err(invalid)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is an adapter for map_err"
)]
fn invalid(validation_error: ValidationError) -> Problem {
    if let Some((unknown, known)) = known_names(&validation_error)
        && let Some(near) = nearest(unknown, known)
    {
        add_hint(format!("did you mean {near}?"));
    }
    Problem::BadRequest(validation_error.to_string())
}

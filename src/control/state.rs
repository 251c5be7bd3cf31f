//! The whole state: shown, replaced, merged, reset.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::apart::{LARGE_BODY, apart};
use super::dialect::Control;
use super::past;
use crate::http::auth::redact::Mask;
use crate::http::context::add_hint;
use crate::http::extract::{Body, Json, Query};
use crate::http::json::known_names;
use crate::http::json::value::OrderedValue;
use crate::http::observe::events::ResetTo;
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::http::response::{self, ShownAsIs};
use crate::registry::{State as WorldState, World};
use crate::sim::fuzzy::nearest;
use crate::sim::memory::{MemoryHold, MemoryPart};
use crate::world::fixture::ValidationError;
use crate::world::settings::STATE_WEIGHT;

/// The bytes that an export takes for each byte of the resources: their copy, and the text.
const EXPORT_WEIGHT: usize = 2;

/// The target of a reset.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    /// `fixtures` (default) or `empty`.
    #[serde(default)]
    to: ResetTo,
}

/// Resets the world to its fixtures, or to an empty state.
///
/// State, clock, ids, scripts, faults, webhooks, journal and events, of which that of the reset is left;
/// `{"to":"empty"}` resets to an empty world.
#[cfg_attr(test, utoipa::path(post, path = "/_emulator/v1/reset", operation_id = "Reset", tag = "control",
    request_body(content = Option<Reset>,
        example = json!({"to": "empty"})), responses((status = 204), ProblemWith::<400>)))]
pub(super) async fn reset(
    State(Control(world)): State<Control>,
    Json(reset): Json<Reset>,
) -> Response {
    let is_large =
        world.is_large() || (reset.to == ResetTo::Fixtures && world.has_large_fixtures());
    apart(is_large, move || world.reset(reset.to)).await;
    response::empty(StatusCode::NO_CONTENT)
}

/// The form of a state that is shown.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub(super) struct StateQuery {
    /// `false` masks secrets, for a bug report. A masked state cannot be restored.
    secrets: bool,
    /// The instant as of which it is shown, RFC 3339; absent: now.
    #[cfg_attr(test, param(format = DateTime))]
    at: Option<String>,
    /// The number of the command right after which it is shown, in place of `at`.
    command: Option<u64>,
}

impl Default for StateQuery {
    fn default() -> Self {
        Self {
            secrets: true,
            at: None,
            command: None,
        }
    }
}

/// Shows the whole state in the fixture format, secrets included.
///
/// The answer can be a fixture, or replace the state of another world. With `secrets=false` its secrets are masked, for a
/// bug report, and it can do neither. With `at` or `command` it is the state of that instant. Errors: 400; 404, 409 and 410
/// for a past that cannot be reached, as for a rewind.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/state", operation_id = "ShowState", tag = "control",
    params(StateQuery),
    responses((status = 200, description = "The fixture format", body = WorldState), ProblemWith::<400>,
    ProblemWith::<404>,
    ProblemWith::<409>,
    ProblemWith::<410>)))]
pub(super) async fn show_state(
    State(Control(world)): State<Control>,
    Query(form): Query<StateQuery>,
) -> Result<Response, Problem> {
    // The copy, and the text, which is of about the same size and has its room from the start: to grow would take twice it.
    let size = size(&world);
    let memory = &world.settings().memory;
    let _export = memory
        .hold_at_least_one(MemoryPart::InFlight, EXPORT_WEIGHT * size)
        .ok_or(Problem::Busy)?;
    let room = size.max(4 << 10);
    let past = past::read("at", form.at.as_deref(), form.command)?;
    let world = past::world_at(&world, past).await?;
    let is_large = world.is_large();
    let write = move || {
        let state = world.export();
        if form.secrets {
            response::to_json_line(&state, room)
        } else {
            response::to_json_line(&masked(&state, &world), room)
        }
    };
    let text = apart(is_large, write).await;
    let mut shown = response::json(StatusCode::OK, text);
    shown.extensions_mut().insert(ShownAsIs);
    Ok(shown)
}

/// The approximate size of a world's resources, which an export copies.
fn size(world: &World) -> usize {
    world.read(|database, _| database.shared.log.account().own())
}

/// Takes memory for work on a state until it is done.
pub(super) fn hold(world: &World, bytes: usize) -> Result<MemoryHold, Problem> {
    let memory = &world.settings().memory;
    memory
        .hold(MemoryPart::InFlight, bytes)
        .ok_or(Problem::Busy)
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
/// Clock and scripts stay. An invalid document changes nothing. While a large state is read, the clock stands still, and
/// other requests are answered from the state before. Errors: 400 with the JSON path; 413 over `--max-state`; 507 for a state
/// that does not fit into the memory.
#[cfg_attr(test, utoipa::path(put, path = "/_emulator/v1/state", operation_id = "ReplaceState", tag = "control",
    request_body(content = WorldState, description = "The fixture format",
        example = json!({"asm": {"meshes": [{"id": "m1", "name": "mesh-one", "releases": []}]}})),
    responses((status = 204), ProblemWith::<400>, ProblemWith::<507>)))]
pub(super) async fn replace_state(
    State(Control(world)): State<Control>,
    Body(body): Body,
) -> Result<Response, Problem> {
    let _reading = hold(&world, STATE_WEIGHT * body.len())?;
    let replaced = if world.is_large() || body.len() >= LARGE_BODY {
        let _place = world.place().await;
        let world = world.clone();
        apart(true, move || world.replace_large(read(&body)?)).await
    } else {
        read(&body).and_then(|state| world.replace(state))
    };
    replaced.map_err(invalid)?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

/// Adds to the state, replacing resources with the same id.
///
/// An invalid document changes nothing. Errors: as for `PUT`.
#[cfg_attr(test, utoipa::path(patch, path = "/_emulator/v1/state", operation_id = "MergeState", tag = "control",
    request_body(content = WorldState, description = "The fixture format",
        example = json!({"asm": {"meshes": [{"id": "m1", "name": "mesh-one", "releases": []}]}})),
    responses((status = 204), ProblemWith::<400>, ProblemWith::<507>)))]
pub(super) async fn merge_state(
    State(Control(world)): State<Control>,
    Body(body): Body,
) -> Result<Response, Problem> {
    let _reading = hold(&world, STATE_WEIGHT * body.len() + size(&world))?;
    let merged = if world.is_large() || body.len() >= LARGE_BODY {
        let _place = world.place().await;
        let world = world.clone();
        apart(true, move || world.merge_large(read(&body)?)).await
    } else {
        read(&body).and_then(|state| world.merge(state))
    };
    merged.map_err(invalid)?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

fn read(body: &[u8]) -> Result<WorldState, ValidationError> {
    let text = std::str::from_utf8(body);
    let text = text.map_err(|_| ValidationError::new("", "the body is not UTF-8"))?;
    WorldState::from_json(text)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is an adapter for map_err"
)]
pub(super) fn invalid(validation_error: ValidationError) -> Problem {
    if validation_error.is_no_room() {
        return Problem::NoRoom("resources, rules or identities");
    }
    if let Some((unknown, known)) = known_names(&validation_error)
        && let Some(near) = nearest(unknown, known)
    {
        add_hint(format!("did you mean {near}?"));
    }
    Problem::BadRequest(validation_error.to_string())
}

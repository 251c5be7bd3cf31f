//! The way back: a world set to an instant of its past.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::apart::apart;
use super::dialect::{Control, json};
use super::history::{CommandView, views};
use super::past;
use super::replay::replay_router;
use crate::http::extract::Json;
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::registry::World;
use crate::registry::history::past::Past;
use crate::sim::time::rfc3339;

/// The most dropped commands that are listed.
const MOST_LISTED: usize = 1_000;

/// The instant to go back to, or the last command that stays.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schema(as = ClockRewind))]
pub(super) struct Rewind {
    /// The instant, RFC 3339. What was done at it stays.
    #[cfg_attr(test, schema(format = DateTime))]
    to: Option<String>,
    /// The number of the last command that stays, in place of `to`.
    command: Option<u64>,
}

/// The result of a rewind.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ClockRewound))]
pub(super) struct RewoundView {
    /// The present instant, RFC 3339 in UTC.
    now: String,
    /// The number of the last command that stays; 0: none does.
    command: u64,
    /// The commands that were dropped, oldest first; at most 1,000.
    dropped: Vec<CommandView>,
    /// The number of further ones.
    truncated: u64,
}

/// Sets the world back to an instant of its past, and drops what came later.
///
/// State, ids, clock, scripts and faults are as they were then; journal, events and webhooks stay. An advance that is under
/// way ends. `PUT clock` never goes back. Errors: 400; 404 for a command that there never was; 409 for an instant that is yet
/// to come, and without a history; 410 for one before the earliest.
#[cfg_attr(test, utoipa::path(post, path = "/_emulator/v1/clock/rewind", operation_id = "RewindClock", tag = "control",
    request_body(content = Rewind,
        example = json!({"command": 0})), responses((status = 200, body = RewoundView),
    ProblemWith::<400>,
    ProblemWith::<404>,
    ProblemWith::<409>,
    ProblemWith::<410>)))]
pub(super) async fn rewind_clock(
    State(Control(world)): State<Control>,
    Json(rewind): Json<Rewind>,
) -> Result<Response, Problem> {
    let past = past::read("to", rewind.to.as_deref(), rewind.command)?;
    let past = past.ok_or_else(|| Problem::BadRequest("to: is required, or command".to_owned()))?;
    back(&world, past).await
}

/// Sets a world back, and tells of what was dropped.
pub(super) async fn back(world: &World, past: Past) -> Result<Response, Problem> {
    let place = world.past(past)?;
    let later = world.commands_since(place.command, MOST_LISTED);
    let dropped = views(world, &later);
    let n_listed = dropped.len() as u64;
    let rewound = {
        let world = world.clone();
        apart(true, move || {
            world.rewind(Past::Place(place), replay_router)
        })
        .await?
    };
    let view = RewoundView {
        now: rfc3339(rewound.place.at),
        command: rewound.place.command,
        dropped,
        truncated: rewound.dropped.saturating_sub(n_listed),
    };
    Ok(json(StatusCode::OK, &view))
}

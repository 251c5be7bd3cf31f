//! The past as requests ask for it: by an instant, or by the number of a command.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::apart::apart;
use super::replay::replay_router;
use crate::http::problem::Problem;
use crate::http::query;
use crate::registry::World;
use crate::registry::history::past::{Past, PastError};
use crate::sim::time::{not_rfc3339, parse_rfc3339};

/// Reads the past that is meant: the instant in the field of that name, or the command; none if there is neither.
pub(super) fn read(
    field: &str,
    at: Option<&str>,
    command: Option<u64>,
) -> Result<Option<Past>, Problem> {
    let Some(text) = at else {
        return Ok(command.map(Past::Command));
    };
    let mut wrong = Vec::new();
    let at = parse_rfc3339(text);
    if at.is_none() {
        wrong.push(format!("{field}: {}", not_rfc3339(text)));
    }
    if command.is_some() {
        wrong.push(format!("command: goes without {field}"));
    }
    match at {
        Some(at) if wrong.is_empty() => Ok(Some(Past::At(at))),
        _ => Err(Problem::BadRequest(wrong.join("; "))),
    }
}

/// The world as it was, or the world itself if no past is meant.
pub(super) async fn world_at(world: &World, past: Option<Past>) -> Result<World, Problem> {
    let Some(past) = past else {
        return Ok(world.clone());
    };
    let world = world.clone();
    // Commands are replayed, which may take long.
    Ok(apart(true, move || world.fork_at(past, replay_router)).await?)
}

impl From<PastError> for Problem {
    fn from(error: PastError) -> Self {
        let text = error.to_string();
        match error {
            PastError::Off | PastError::Future(_) => Self::Conflict(text),
            PastError::Gone(_) | PastError::BeforeBeginning(_) => Self::Gone(text),
            PastError::NoCommand(number, last) => {
                Self::NotFound(format!("command {number}; the last one is {last}"))
            }
            PastError::Broken(_) => Self::Fault,
        }
    }
}

/// Refuses `at` where it has no meaning: an answer of today would be taken for one of the past.
pub(super) async fn refuse_elsewhere(request: Request, next: Next) -> Response {
    let (uri, path) = (request.uri(), request.uri().path());
    let query = uri.query().unwrap_or_default();
    let shows_past = path == "/_emulator/v1/state" || path.ends_with("/timeline");
    if !shows_past && query.contains("at") && query::value_of(query, "at").is_some() {
        let text = "at: only GET /_emulator/v1/state and GET …/timeline show the past; to look at anything else as it was, \
            open a world with POST /_emulator/v1/worlds {\"from\", \"at\"}";
        return Problem::BadRequest(text.to_owned()).into_response();
    }
    next.run(request).await
}

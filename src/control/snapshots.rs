//! Snapshots: instants of a world with a name, to go back to.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::dialect::{Control, json};
#[cfg(test)]
use super::rewind::RewoundView;
use super::rewind::back;
use super::worlds::check_name;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::http::response;
use crate::registry::World;
use crate::registry::history::past::{NamedPlace, PastError};
use crate::registry::history::snapshots::NotNamed;
use crate::sim::time::rfc3339;

/// The name of a snapshot.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schema(as = SnapshotRequest))]
pub(super) struct NewSnapshot {
    /// Its name: up to 64 letters, digits, dots, underscores and hyphens.
    #[cfg_attr(test, schema(max_length = 64, pattern = "^[A-Za-z0-9._-]+$"))]
    name: String,
}

/// A snapshot.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Snapshot))]
pub(super) struct SnapshotView {
    /// Its name.
    name: String,
    /// Its instant, RFC 3339 in UTC.
    at: String,
    /// The number of its command in the history.
    command: u64,
}

impl From<NamedPlace> for SnapshotView {
    fn from(named: NamedPlace) -> Self {
        Self {
            name: named.name,
            at: rfc3339(named.place.at),
            command: named.place.command,
        }
    }
}

/// The snapshots.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = SnapshotList))]
pub(super) struct Snapshots {
    /// Oldest first.
    snapshots: Vec<SnapshotView>,
}

/// Lists the snapshots.
///
/// One that is older than the history is gone with it.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/snapshots", operation_id = "ListSnapshots", tag = "control",
    responses((status = 200, body = Snapshots))))]
pub(super) async fn list_snapshots(State(Control(world)): State<Control>) -> Response {
    let named = world.snapshots().into_iter();
    let snapshots = named.map(SnapshotView::from).collect();
    json(StatusCode::OK, &Snapshots { snapshots })
}

/// Gives the present instant a name.
///
/// That copies nothing: a snapshot is a place in the history, which can be reached as any other. Errors: 400 for an invalid
/// name; 409 for one that is used, and without a history.
#[cfg_attr(test, utoipa::path(post, path = "/_emulator/v1/snapshots", operation_id = "AddSnapshot", tag = "control",
    request_body(content = NewSnapshot,
        example = json!({"name": "before-deploy"})), responses((status = 201, body = SnapshotView),
    ProblemWith::<400>,
    ProblemWith::<409>)))]
pub(super) async fn add_snapshot(
    State(Control(world)): State<Control>,
    Json(snapshot): Json<NewSnapshot>,
) -> Result<Response, Problem> {
    let name = snapshot.name;
    check_name(&name)?;
    let named = world.add_snapshot(&name).map_err(|refused| match refused {
        NotNamed::NoHistory => PastError::Off.into(),
        NotNamed::Taken => {
            Problem::Conflict(format!("name: {name:?} is already used by a snapshot"))
        }
    })?;
    Ok(json(StatusCode::CREATED, &SnapshotView::from(named)))
}

/// Removes a snapshot.
///
/// Its instant can still be reached. Errors: 404 for an unknown name.
#[cfg_attr(test, utoipa::path(delete, path = "/_emulator/v1/snapshots/{name}", operation_id = "RemoveSnapshot", tag = "control",
    responses((status = 204), ProblemWith::<404>)))]
pub(super) async fn remove_snapshot(
    State(Control(world)): State<Control>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    if !world.remove_snapshot(&name) {
        return Err(unknown(&world, &name));
    }
    Ok(response::empty(StatusCode::NO_CONTENT))
}

/// Sets the world back to a snapshot, as a rewind does.
///
/// Everything later is dropped, later snapshots too. Errors: 404 for an unknown name; 410 if the history no longer reaches it.
#[cfg_attr(test, utoipa::path(post, path = "/_emulator/v1/snapshots/{name}/restore", operation_id = "RestoreSnapshot", tag = "control",
    responses((status = 200, body = RewoundView),
    ProblemWith::<404>,
    ProblemWith::<409>,
    ProblemWith::<410>)))]
pub(super) async fn restore_snapshot(
    State(Control(world)): State<Control>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let past = world
        .snapshot_place(&name)
        .ok_or_else(|| unknown(&world, &name))?;
    back(&world, past).await
}

fn unknown(world: &World, name: &str) -> Problem {
    let known = world.snapshots();
    Problem::unknown("snapshot", name, known.iter().map(|named| &*named.name))
}

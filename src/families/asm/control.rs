//! The control plane's operation on releases: their traffic split, which no operation of the service sets.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::scope::{NamespaceRef, ProjectScope};
use super::table::Table;
use crate::http::context::add_hint;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::http::response;
use crate::world::handle::Handle;

/// The traffic split of a release.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schema(as = ReleaseTraffic))]
pub(super) struct Traffic {
    /// The percentage of the grayscale version; the original one has the rest.
    #[cfg_attr(test, schema(minimum = 0, maximum = 100))]
    gray: i64,
}

/// Sets the traffic split of a release.
///
/// Until then the split is the one that cancelling or ending needs. Errors: 400 for a value that is not a whole
/// percentage; 404 for an unknown mesh or release.
#[cfg_attr(test, utoipa::path(put, path = "/_emulator/v1/asm/{mesh_id}/{namespace}/{release_id}/traffic", operation_id = "SetReleaseTraffic", tag = "control",
    params(("mesh_id" = String, Path, description = "The mesh"), ("namespace" = String, Path, description = "The Kubernetes namespace"),
        ("release_id" = String, Path, description = "The release's uid, or its name")),
    request_body(content = Traffic,
        example = json!({"gray": 20})),
    responses((status = 200, body = Traffic),
    ProblemWith::<400>,
    ProblemWith::<404>)))]
pub(super) async fn set_traffic(
    State(handle): State<Handle<Table>>,
    Path((mesh, namespace, id)): Path<(String, String, String)>,
    Json(traffic): Json<Traffic>,
) -> Result<Response, Problem> {
    let gray = u8::try_from(traffic.gray).ok().filter(|gray| *gray <= 100);
    let gray = gray.ok_or_else(|| Problem::BadRequest("gray: must be from 0 to 100".to_owned()))?;
    let target = NamespaceRef {
        scope: ProjectScope(None),
        mesh: &mesh,
        namespace: &namespace,
    };
    handle
        .write(|table, shared, now| table.set_traffic(target, &id, gray, now, &mut shared.log))
        .map_err(|error| match error {
            Error::NotFound(hint) => {
                add_hint(hint);
                Problem::NotFound(format!("release {id} in {mesh}/{namespace}"))
            }
            _ => Problem::Fault,
        })?;
    Ok(response::json(
        StatusCode::OK,
        response::to_json_line(&traffic, 16),
    ))
}

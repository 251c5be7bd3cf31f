//! The traffic split of an ASM release, which no operation of the service sets.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dialect::Control;
use super::problem::Problem;
use crate::families::asm::scope::{NamespaceRef, ProjectScope};
use crate::families::asm::{Error, Table};
use crate::http::context::add_hint;
use crate::http::extract::{Json, Path};
use crate::http::response;

/// How the traffic of a release is shared.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReleaseTraffic)]
pub(super) struct Traffic {
    /// The percentage on the grayscale version; the original one has the rest.
    #[schema(minimum = 0, maximum = 100)]
    gray: i64,
}

/// Says how the traffic of a release is shared. Until then it is shared as cancelling or ending needs it.
/// Errors: 400 for no whole percentage; 404 for a mesh or a release that is not there.
#[utoipa::path(put, path = "/_emulator/v1/asm/{mesh_id}/{namespace}/{release_id}/traffic", operation_id = "SetReleaseTraffic", tag = "control",
    params(("mesh_id" = String, Path, description = "The mesh"), ("namespace" = String, Path, description = "The Kubernetes namespace"),
        ("release_id" = String, Path, description = "The release's uid, or its name")),
    request_body(content = Traffic,
        example = json!({"gray": 20})),
    responses((status = 200, body = Traffic),
    (status = 400, body = super::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = super::problem::ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn set_traffic(
    State(Control(world)): State<Control>,
    Path((mesh, namespace, id)): Path<(String, String, String)>,
    Json(traffic): Json<Traffic>,
) -> Result<Response, Problem> {
    let gray = u8::try_from(traffic.gray).ok().filter(|gray| *gray <= 100);
    let gray = gray.ok_or_else(|| Problem::BadRequest("gray: must be from 0 to 100".to_owned()))?;
    let target = NamespaceRef {
        scope: ProjectScope::Everything,
        mesh: &mesh,
        namespace: &namespace,
    };
    world
        .handle::<Table>()
        .write(|table, shared, now| table.set_traffic(target, &id, gray, now, &mut shared.log))
        .map_err(|error| match error {
            Error::NotFound(missing) => {
                add_hint(missing.to_string());
                Problem::NotFound(format!("release {id} in {mesh}/{namespace}"))
            }
            _ => Problem::Fault,
        })?;
    Ok(response::json(
        StatusCode::OK,
        response::to_json(&traffic, 16),
    ))
}

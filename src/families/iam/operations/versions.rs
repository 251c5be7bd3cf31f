//! The versions of the API, for which clients ask before they have a credential.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

use crate::families::iam::wire::version::{IamVersionEnvelope, IamVersions};
use crate::families::iam::{Error, Iam};
use crate::http::browser::{INDEX, lead_to, prefers_html};
use crate::http::context::note_own_answer;
use crate::http::response;

/// Lists the versions of the API.
///
/// `GET /`, without a credential. Answers 300 with the one version, whose address is the emulator's. A browser is led to
/// the index of the control plane.
#[cfg_attr(test, utoipa::path(get, path = "/", operation_id = "ListApiVersions", tag = "iam",
    responses((status = 200, body = IamVersions, description = "The same; the emulator answers 300, as documented"),
        (status = 300, body = IamVersions)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneListVersions, read 2026-11")),
        ("x-action" = json!("none")))))]
pub(super) async fn list_versions(
    State(Iam(handle)): State<Iam>,
    parts: Parts,
) -> Result<Response, Error> {
    if prefers_html(&parts.headers) {
        note_own_answer();
        return Ok(lead_to(INDEX));
    }
    let versions = IamVersions::new(&handle.base_url(&parts.headers));
    let text = response::to_json(&versions, 512);
    Ok(response::json(StatusCode::MULTIPLE_CHOICES, text))
}

/// Shows the version of the API.
///
/// `GET /v3`, without a credential. Answers the version whose address `GET /` gives, also under `/v3/`.
#[cfg_attr(test, utoipa::path(get, path = "/v3", operation_id = "ShowApiVersion", tag = "iam",
    responses((status = 200, body = IamVersionEnvelope)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneShowVersion, read 2026-11")),
        ("x-action" = json!("none")))))]
pub(super) async fn show_version(
    State(Iam(handle)): State<Iam>,
    parts: Parts,
) -> Result<Response, Error> {
    let version = IamVersionEnvelope::new(&handle.base_url(&parts.headers));
    Ok(response::ok(&version, 512))
}

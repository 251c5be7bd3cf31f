//! The certificate of the authority that `--tls` makes, and the URL at which TLS is spoken.

use axum::Extension;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemBody;
use crate::registry::World;
use crate::server::worlds::WorldContext;

/// The path of the certificate.
pub const CA_PATH: &str = "/_emulator/v1/ca.pem";

// As text, since clients that are generated from the OpenAPI document can read that.
const PEM: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Shows the certificate of the authority that the server has made for TLS.
///
/// In PEM. Clients that trust it trust the server's certificate. It is the same for all worlds, changes with each start, and
/// needs no control token. Errors: 404 if the server does not speak TLS, or has a certificate from `--tls-cert`.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/ca.pem", operation_id = "ShowCa", tag = "control",
    responses((status = 200, description = "The certificate", body = String, content_type = "text/plain"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"))))]
pub(super) async fn show_ca(context: Option<Extension<WorldContext>>) -> Result<Response, Problem> {
    let context = context.as_ref().map(|Extension(context)| context);
    let tls = context.and_then(|context| context.host.tls());
    let Some(tls) = tls else {
        let what =
            "certificate authority, since the server does not speak TLS; start it with --tls";
        return Err(Problem::NotFound(what.to_owned()));
    };
    let Some(pem) = tls.ca_pem() else {
        let what =
            "certificate authority of this server, which has its certificate from --tls-cert";
        return Err(Problem::NotFound(what.to_owned()));
    };
    let mut response = (StatusCode::OK, pem.to_owned()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, PEM);
    Ok(response)
}

/// The URL of the world that answers at which TLS is spoken, if it is. The host is the one that was asked.
pub(super) fn https_url(
    context: &WorldContext,
    world: &World,
    headers: &HeaderMap,
) -> Option<String> {
    let info = context.host.find(&context.name).ok()?;
    let port = info.tls_port?;
    Some(world.base_url(headers).in_tls(port).to_string())
}

//! The effects of faults on answers: other bodies, other headers.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::effect::FaultEffect;
use super::header::change;
use super::patch;
use crate::http::body::collect;
use crate::http::json::RawJson;

/// The seconds in the `Retry-After` of a refused request. The services' own value is unknown; this one keeps tests short.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Completes the response of a fault with a status of its own: a body and its type only where the status allows a body,
/// and for 429 and 503 the header that clients wait for.
pub fn complete(mut response: Response) -> Response {
    let status = response.status();
    if !may_have_body(status) {
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    if matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    ) {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

/// Source: RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5.
pub fn may_have_body(status: StatusCode) -> bool {
    !matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    )
}

/// The answer as an effect alters it. If its patch does not apply, the answer as it was, and the reason.
pub async fn alter(
    response: Response,
    effect: &FaultEffect,
) -> Result<Response, (Response, String)> {
    let (mut head, body) = response.into_parts();
    let mut body = body;
    if let Some(changes) = &effect.patch {
        // The body is complete in memory, so this does not wait.
        let bytes = collect(body).await.unwrap_or_default();
        match patched(&bytes, changes) {
            Ok(text) => {
                head.headers.remove(header::CONTENT_LENGTH);
                body = text.into();
            }
            Err(misfit) => return Err((Response::from_parts(head, bytes.into()), misfit)),
        }
    }
    if let Some(other) = &effect.body
        && may_have_body(head.status)
    {
        let (text, content_type) = verbatim(other);
        head.headers.insert(header::CONTENT_TYPE, content_type);
        head.headers.remove(header::CONTENT_LENGTH);
        body = text.into();
    }
    if let Some(changes) = &effect.headers {
        change(&mut head.headers, changes);
    }
    Ok(Response::from_parts(head, body))
}

fn patched(bytes: &Bytes, changes: &[patch::PatchOperation]) -> Result<Vec<u8>, String> {
    let mut value =
        serde_json::from_slice(bytes).map_err(|_| "the answer is not JSON".to_owned())?;
    patch::apply(changes, &mut value)?;
    serde_json::to_vec(&value).map_err(|error| error.to_string())
}

/// A body as it was given: a text as such, anything else as JSON.
fn verbatim(body: &RawJson) -> (String, HeaderValue) {
    match serde_json::from_str::<String>(body.text()) {
        Ok(text) => (text, TEXT),
        Err(_) => (body.text().to_owned(), JSON),
    }
}

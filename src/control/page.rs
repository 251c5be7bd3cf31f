//! A page for people, with the headers that confine it.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::http::response;

pub(super) const HTML: &str = "text/html; charset=utf-8";

/// The response 200 with a body that may load only what a policy allows.
pub(super) fn confined(
    content_type: &'static str,
    policy: &'static str,
    body: impl Into<Body>,
) -> Response {
    let mut response = response::answer(StatusCode::OK, content_type, body);
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

//! The parts of requests that several operations read.

use axum::body::Bytes;
use axum::http::request::Parts;

use crate::families::iam::Error;
use crate::http::auth::redact::Mask;
use crate::http::context::with_details;

/// Keeps the body and the paths of its unknown fields for hints.
pub(super) fn note_body(body: &Bytes, ignored: Vec<String>) {
    with_details(|details| {
        details.unknown_fields = ignored;
        details.body = body.clone();
    });
}

/// The path of the request with its query, secrets masked.
pub(super) fn target(request: &Parts) -> String {
    let path = request.uri.path();
    match request.uri.query() {
        Some(query) => format!("{path}?{}", Mask::new(None).query(query)),
        None => path.to_owned(),
    }
}

pub(super) fn flag(name: &str, text: Option<&str>) -> Result<Option<bool>, Error> {
    match text.unwrap_or_default().to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => Err(bad(name, "true or false")),
    }
}

pub(super) fn bad(name: &str, must_be: &str) -> Error {
    Error::BadParameter {
        name: name.to_owned(),
        why: format!("{name} must be {must_be}"),
    }
}

//! Responses that all operations share.

use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::context::note_observed;
use crate::http::response::{self, empty};

/// A response in JSON of about the given size, escaped as Go escapes it.
pub fn json(status: StatusCode, view: &impl Serialize, size: usize) -> Response {
    let text = response::to_html_safe_json(view, size);
    response::answer(status, "application/json; charset=utf-8", text)
}

/// The answer to a command. It has no id: clients find a new version in the list by its name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZadigMessage)]
pub struct ResultMessage {
    /// `success`.
    pub message: &'static str,
}

pub const SUCCESS: ResultMessage = ResultMessage { message: "success" };

pub fn success() -> Response {
    json(StatusCode::OK, &SUCCESS, 32)
}

/// Redirects to another path with the same query: a GET with 301, other methods with 307, which keeps the method.
pub fn redirect(request: &Parts, path: &str) -> Response {
    let location = match request.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let status = if request.method == Method::GET {
        StatusCode::MOVED_PERMANENTLY
    } else {
        StatusCode::TEMPORARY_REDIRECT
    };
    let mut response = empty(status);
    // The document knows no redirects.
    note_observed("Location");
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

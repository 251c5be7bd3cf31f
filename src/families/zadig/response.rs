//! Responses that all operations share.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use crate::http::context::note_observed;
use crate::http::response::{self, empty};

/// A response in JSON of about the given size, escaped as Go escapes it.
pub fn json(status: StatusCode, view: &impl Serialize, size: usize) -> Response {
    let text = response::to_html_safe_json(view, size);
    response::answer(status, "application/json; charset=utf-8", text)
}

/// The answer to a command. It has no id: clients find a new version in the list by its name.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigMessage))]
pub struct ResultMessage {
    /// `success`.
    pub message: &'static str,
}

pub const SUCCESS: ResultMessage = ResultMessage { message: "success" };

pub fn success() -> Response {
    json(StatusCode::OK, &SUCCESS, 32)
}

/// Redirects to a location. Only the answer to a GET has a body.
pub fn redirect(status: StatusCode, location: &str) -> Response {
    let mut response = if status == StatusCode::MOVED_PERMANENTLY {
        let link = format!(
            "<a href=\"{}\">Moved Permanently</a>.\n\n",
            html_escaped(location)
        );
        response::answer(status, "text/html; charset=utf-8", link)
    } else {
        empty(status)
    };
    // The document knows no redirects.
    note_observed("Location");
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// A text in HTML, escaped as Go escapes it.
fn html_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

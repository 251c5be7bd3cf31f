//! The style sheet and the scripts of the dashboard, which are part of the binary.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::control::page::confined;
use crate::http::problem::Problem;
use crate::http::response;

/// A file loads nothing.
const CONTENT_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The folder that the files are served in.
pub(super) const FOLDER: &str = "/_emulator/dashboard/";

/// The files: name, content type and text.
const ASSETS: [(&str, &str, &str); 5] = [
    (
        "style.css",
        "text/css; charset=utf-8",
        concat!(include_str!("style.css"), include_str!("parts.css")),
    ),
    (
        "dashboard.js",
        "text/javascript; charset=utf-8",
        include_str!("dashboard.js"),
    ),
    (
        "gantt.js",
        "text/javascript; charset=utf-8",
        include_str!("gantt.js"),
    ),
    (
        "demo.js",
        "text/javascript; charset=utf-8",
        include_str!("demo.js"),
    ),
    (
        "look.js",
        "text/javascript; charset=utf-8",
        include_str!("look.js"),
    ),
];

/// The tag of all files together, which differs between binaries with other files.
static TAG: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = crc32fast::Hasher::new();
    for (_, _, text) in ASSETS {
        hasher.update(text.as_bytes());
    }
    format!("\"{:08x}\"", hasher.finalize())
});

/// Shows a file. A browser keeps it, and asks whether it is still the same.
pub(super) async fn show_asset(
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut assets = ASSETS.iter();
    let Some((_, content_type, text)) = assets.find(|(name, ..)| *name == file) else {
        return Err(Problem::NotFound(format!("file {file} of the dashboard")));
    };
    let known = headers.get(header::IF_NONE_MATCH);
    let mut response = if known.is_some_and(|known| known.as_bytes() == TAG.as_bytes()) {
        response::empty(StatusCode::NOT_MODIFIED)
    } else {
        confined(content_type, CONTENT_POLICY, *text)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&TAG) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

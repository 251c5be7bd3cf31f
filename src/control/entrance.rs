//! The ways in: an index of the control plane for people, and the paths that people and probes try first.

use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodFilter;
use serde::Serialize;

use super::dialect::{Control, json};
use super::meta::{alive, readiness};
use super::page::{HTML, confined};
use crate::http::browser::{INDEX, lead_to, prefers_html};
use crate::http::routes::{Route, Routes};
use crate::registry::World;

/// Nothing but the style sheet of the guides is loaded, and the icon is empty.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The guides, which the library does not bring.
const GUIDES: &str = "/_emulator/docs/";

/// The links of the index: path, name and purpose.
const LINKS: [(&str, &str, &str); 11] = [
    (GUIDES, "Guides", "how to use the emulator, page by page"),
    (
        "/_emulator/v1/openapi.json",
        "OpenAPI",
        "the document of all services and of the control plane",
    ),
    (
        "/_emulator/v1/operations",
        "Operations",
        "every emulated operation with its source",
    ),
    (
        "/_emulator/v1/resources",
        "Resources",
        "everything there is, with its status",
    ),
    ("/_emulator/v1/clock", "Clock", "the virtual time"),
    (
        "/_emulator/v1/requests",
        "Requests",
        "the journal of requests and answers",
    ),
    (
        "/_emulator/v1/events",
        "Events",
        "a stream of changes and requests",
    ),
    (
        "/_emulator/v1/state",
        "State",
        "the whole state, as a fixture",
    ),
    (
        "/_emulator/v1/worlds",
        "Worlds",
        "the worlds of this process",
    ),
    (
        "/_emulator/v1/metrics",
        "Metrics",
        "counters for Prometheus",
    ),
    (
        "/_emulator/v1/health",
        "Health",
        "whether the process is alive",
    ),
];

/// The routes of the index. No document declares them: they are for people.
pub(super) fn routes() -> Routes<Control> {
    Routes::default()
        .with(Route::new("/_emulator").and_on(MethodFilter::GET, lead_to_index))
        .with(Route::new("/_emulator/").and_on(MethodFilter::GET, show_index))
}

fn links() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    let has_guides = cfg!(feature = "cli");
    LINKS
        .iter()
        .filter(move |(path, ..)| has_guides || *path != GUIDES)
}

async fn lead_to_index() -> Response {
    lead_to(INDEX)
}

/// A link of the index, for programs.
#[derive(Serialize)]
struct Link {
    path: &'static str,
    purpose: &'static str,
}

/// The index, for programs.
#[derive(Serialize)]
struct Index {
    links: Vec<Link>,
}

async fn show_index(headers: HeaderMap) -> Response {
    if !prefers_html(&headers) {
        let links = links().map(|(path, _, purpose)| Link { path, purpose });
        let links = links.collect();
        return varying(json(StatusCode::OK, &Index { links }));
    }
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>release-emulator</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"/_emulator/docs/style.css\">\n\
         </head>\n<body>\n<main>\n<h1>release-emulator</h1>\n\
         <p>A local emulator of four release APIs. This is its control plane.</p>\n<ul>\n",
    );
    for (path, name, purpose) in links() {
        page.extend([
            "<li><a href=\"",
            path,
            "\">",
            name,
            "</a>: ",
            purpose,
            "</li>\n",
        ]);
    }
    page.push_str("</ul>\n</main>\n</body>\n</html>\n");
    varying(confined(HTML, CONTENT_POLICY, page))
}

fn varying(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    response
}

/// A path that no service has and that people and probes try first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UsualPath {
    Health,
    Ready,
    Guides,
    OpenApi,
}

impl UsualPath {
    /// The usual path that a request is for.
    pub(super) fn of<B>(request: &Request<B>) -> Option<Self> {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        is_read.then(|| Self::named(request.uri().path())).flatten()
    }

    fn named(path: &str) -> Option<Self> {
        Some(match path {
            "/health" | "/healthz" | "/healthcheck" | "/livez" | "/live" | "/liveness"
            | "/ping" => Self::Health,
            "/ready" | "/readyz" | "/readiness" => Self::Ready,
            "/docs"
            | "/docs/"
            | "/api-docs"
            | "/redoc"
            | "/swagger"
            | "/swagger/"
            | "/swagger-ui"
            | "/swagger-ui/"
            | "/swagger-ui.html"
            | "/swagger/index.html" => Self::Guides,
            "/openapi.json" | "/swagger.json" | "/api-docs.json" => Self::OpenApi,
            _ => return None,
        })
    }

    pub(super) fn answer(self, world: &World) -> Response {
        match self {
            Self::Health => alive(),
            Self::Ready => readiness(world).unwrap_or_else(IntoResponse::into_response),
            Self::Guides => lead_to(GUIDES),
            Self::OpenApi => lead_to("/_emulator/v1/openapi.json"),
        }
    }
}

//! The ways in: the index of the control plane, which is the dashboard for people, and the paths that people and probes try first.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodFilter;
use serde::Serialize;

use super::certificate::https_url;
#[cfg(feature = "cli")]
use super::dashboard::{Visit, overview};
use super::dialect::{Control, json};
use super::links::{GUIDES, links};
use super::meta::{alive, readiness};
#[cfg(not(feature = "cli"))]
use super::page::{HTML, confined};
use crate::http::browser::{INDEX, lead_to, prefers_html};
use crate::http::routes::{Route, Routes};
use crate::registry::World;
use crate::server::worlds::WorldContext;

/// The icon is empty, and nothing else is loaded.
#[cfg(not(feature = "cli"))]
const CONTENT_POLICY: &str = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The routes of the index. No document declares them: they are for people.
pub(super) fn routes() -> Routes<Control> {
    Routes::default()
        .with(Route::new("/_emulator").and_on(MethodFilter::GET, lead_to_index))
        .with(Route::new("/_emulator/").and_on(MethodFilter::GET, show_index))
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
    /// The URL of the same world in TLS, if the process speaks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    https_url: Option<String>,
}

/// Shows the dashboard to people, and the links to programs.
async fn show_index(
    State(Control(world)): State<Control>,
    context: Option<Extension<WorldContext>>,
    #[cfg(feature = "cli")] visit: Visit,
    headers: HeaderMap,
) -> Response {
    if !prefers_html(&headers) {
        let context = context.as_ref().map(|Extension(context)| context);
        let https_url = context.and_then(|context| https_url(context, &world, &headers));
        let links = links().map(|(path, _, purpose)| Link { path, purpose });
        let links = links.collect();
        return varying(json(StatusCode::OK, &Index { links, https_url }));
    }
    #[cfg(feature = "cli")]
    let page = overview(&visit);
    #[cfg(not(feature = "cli"))]
    let page = plain_index();
    varying(page)
}

/// The links as a page, in a library without the dashboard.
#[cfg(not(feature = "cli"))]
fn plain_index() -> Response {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>release-emulator</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n</head>\n<body>\n<main>\n<h1>release-emulator</h1>\n\
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
    confined(HTML, CONTENT_POLICY, page)
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

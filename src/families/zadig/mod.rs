//! Zadig: delivery versions (generation 1, as of v3.4.1).
//!
//! A version pins the images of an environment's services under a name and pushes them to a registry, one
//! after the other; a Helm version packages the services' charts first. The gateway in front looks at the
//! credential before anything else, so even an unknown path is 401 without one. Rights are looked at after
//! the request was bound: who may not do something but also says it wrong is told about the latter.
//!
//! - [`operations`]: the five operations. Requests and responses are in [`wire`], bodies are read by [`go_json`]
//!   as Go reads them, errors are in [`error`] and the service's own words in [`messages`].
//! - [`table`]: the versions of a world. [`model::version_request`] checks a request, [`model::artifacts`] makes
//!   rows and pushes of it, [`model::catalog`] has what requests refer to, [`model::version`] the lifecycle.
//! - [`fixture`]: the fixture format.

mod dialect;
pub mod error;
mod family;
pub mod fixture;
pub mod go_json;
mod hints;
pub mod messages;
pub mod model;
pub mod operations;
pub mod table;
pub mod wire;

use std::sync::LazyLock;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::MethodFilter;

use crate::http::routes::{Route, Routes, route};
use crate::http::{Dialect, Rejection};
use crate::world::family::Service;
use crate::world::handle::Handle;
pub use dialect::Zadig;
pub use error::Error;
pub use table::Table;

const RELEASES: &str = "/openapi/delivery/releases";

/// The URL table.
fn routes() -> Routes<Zadig> {
    // For every other method the words `k8s` and `helm` are ids like any other.
    let as_id = |route: Route<Zadig>| {
        route
            .and_on(MethodFilter::GET, operations::get_version)
            .and_on(MethodFilter::DELETE, operations::delete_version)
            .or_wrong_method()
    };
    let with_slash = |path: &str| Route::undeclared(path).or_else(trailing_slash);
    Routes::default()
        .with(route!(operations::list_versions).or_wrong_method())
        .with(route!(operations::get_version, operations::delete_version).or_wrong_method())
        .with(as_id(route!(operations::create_k8s_version)))
        .with(as_id(route!(operations::create_helm_version)))
        .with(with_slash(&format!("{RELEASES}/")))
        .with(with_slash(&format!("{RELEASES}/{{id}}/")))
}

impl Service for Zadig {
    type Table = Table;

    const PREFIX: Option<&'static str> = Some("/openapi");

    fn new(handle: Handle<Table>) -> Self {
        Self(handle)
    }

    fn routes() -> &'static Routes<Self> {
        static ROUTES: LazyLock<Routes<Zadig>> = LazyLock::new(routes);
        &ROUTES
    }
}

/// A path that would exist without its last slash leads there; any other is unknown.
async fn trailing_slash(State(zadig): State<Zadig>, request: Request) -> Result<Response, Error> {
    let (parts, _) = request.into_parts();
    let to = parts.uri.path().trim_end_matches('/').to_owned();
    let last = to.rsplit('/').next().unwrap_or_default();
    let exists = match parts.method {
        Method::GET => true,
        Method::DELETE => to != RELEASES,
        Method::POST => to != RELEASES && matches!(last, "k8s" | "helm"),
        _ => false,
    };
    if exists {
        Ok(operations::redirect(&parts, &to))
    } else {
        Err(zadig.unrouted(&parts, Rejection::NoRoute))
    }
}

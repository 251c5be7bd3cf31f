//! A family's router: its routes, mounted for a world.

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;

use super::closest_route::closest_route;
use super::context::add_hint;
use super::routes::Routes;
use super::{Dialect, Operation, Rejection};

/// A family's routes, built once per process and then mounted for each world.
pub struct ApiDefinition<D: Dialect>(Routes<D>);

impl<D: Dialect> ApiDefinition<D> {
    /// Routes to mount.
    #[must_use]
    pub fn new(routes: Routes<D>) -> Self {
        Self(routes)
    }

    /// The family's part of the OpenAPI document.
    #[must_use]
    pub fn api(&self) -> OpenApi {
        self.0.api()
    }

    /// The family's operations, by path and then by method as OpenAPI orders these.
    pub fn operations(&self) -> impl Iterator<Item = &'static Operation> {
        self.0.operations()
    }

    /// Tells a caller whose path is unknown which one comes nearest.
    pub fn tell_nearest(&self, request: &Request) {
        // Always the same of several that come as near.
        let mut known: Vec<_> = self.0.paths().collect();
        known.sort_unstable_by_key(|(method, path)| (*path, method.as_str()));
        let known = known.into_iter();
        let known = known.map(|(method, path)| (method.as_str(), path, (method, path)));
        let near = closest_route(request.method(), request.uri().path(), known);
        if let Some((method, path)) = near {
            add_hint(format!("the nearest is {method} {path}"));
        }
    }

    /// The router for one world.
    pub fn mount(&self, dialect: D) -> Router {
        self.0.router().clone().with_state(dialect)
    }
}

/// Refuses a request that no route takes, as its family would.
pub fn refuse_unrouted<D: Dialect>(dialect: &D, request: Request, why: Rejection) -> Response {
    let (parts, _) = request.into_parts();
    dialect.unrouted(&parts, why).into_response()
}

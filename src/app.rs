//! The router of a world: its families and its control plane.

use std::sync::Arc;

use axum::extract::Request;
use axum::{Extension, Router};

use crate::control;
use crate::http::middleware::instrument::instrument;
use crate::registry::{self, World};
use crate::server::worlds::WorldContext;

/// Everything a world answers: its families and its control plane.
pub fn app(world: &World) -> Router {
    compose(world, control::router(world))
}

/// The same for a world that stands among others, which its control plane can then open and close.
pub fn app_with_host(world: &World, world_context: WorldContext) -> Router {
    compose(
        world,
        control::router(world).layer(Extension(world_context)),
    )
}

fn compose(world: &World, control: Router) -> Router {
    let recorder = Arc::clone(world.recorder());
    let world = world.clone();
    Router::new()
        .merge(registry::router(&world))
        .merge(control)
        .fallback(async move |request: Request| {
            let refuse = async move |request| unrouted(world, request);
            instrument(recorder, request, refuse).await
        })
}

fn unrouted(world: World, request: Request) -> axum::response::Response {
    let path = request.uri().path();
    if path == "/_emulator" || path.starts_with("/_emulator/") {
        control::unrouted(world, request)
    } else {
        registry::unrouted(&world, request)
    }
}

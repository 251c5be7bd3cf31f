//! The router of a world: its families and its control plane.

use std::sync::Arc;

use axum::extract::Request;
use axum::{Extension, Router};

use crate::registry::World;
use crate::server::worlds::WorldContext;
use crate::{control, http, registry};

/// The router of a single world.
pub fn app(world: &World) -> Router {
    compose(world, control::router(world))
}

/// The router of a world whose control plane can open and close other worlds.
pub fn app_with_host(world: &World, context: WorldContext) -> Router {
    compose(world, control::router(world).layer(Extension(context)))
}

fn compose(world: &World, control: Router) -> Router {
    let recorder = Arc::clone(world.recorder());
    let world = world.clone();
    Router::new()
        .merge(registry::router(&world))
        .merge(control)
        .fallback(async move |request: Request| {
            let refuse = async move |request| unrouted(&world, request);
            http::middleware::instrument::instrument(recorder, request, refuse).await
        })
}

fn unrouted(world: &World, request: Request) -> axum::response::Response {
    let path = request.uri().path();
    if path == "/_emulator" || path.starts_with("/_emulator/") {
        control::unrouted(&request)
    } else if let Some(answer) = control::answer_usual_path(world, &request) {
        answer
    } else {
        registry::unrouted(world, request)
    }
}

//! The router of a world: its families and its control plane.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state, map_request};
use axum::response::Response;
use axum::{Extension, Router};

use crate::http::cors::serve_pages;
use crate::http::forwarded::restore_asked;
use crate::http::middleware::instrument::instrument;
use crate::registry::World;
use crate::server::worlds::WorldContext;
use crate::{control, registry};

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
    let of_unrouted = world.clone();
    let mut services = registry::router(world).fallback(async move |mut request: Request| {
        if let Some(answer) = registry::reroute(&of_unrouted, &mut request) {
            return answer.await;
        }
        let refuse = async move |request| unrouted(&of_unrouted, request);
        instrument(recorder, request, refuse).await
    });
    // A layer would cost each request a little.
    if !world.settings().cors.is_empty() {
        services = services.layer(from_fn_with_state(world.clone(), share));
    }
    let app = services.merge(control);
    if world.settings().trusts_proxy {
        app.layer(map_request(restore_asked))
    } else {
        app
    }
}

/// Lets web pages read the answers of the services.
async fn share(State(world): State<World>, request: Request, next: Next) -> Response {
    if control::is_unrouted(&request) {
        return next.run(request).await;
    }
    let recorder = Arc::clone(world.recorder());
    let serve = |request| next.run(request);
    serve_pages(&world.settings().cors, recorder, request, serve).await
}

fn unrouted(world: &World, request: Request) -> Response {
    let answer = control::answer_unrouted(world, &request);
    answer.unwrap_or_else(|| registry::unrouted(world, request))
}

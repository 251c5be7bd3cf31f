//! One binary that answers on localhost for four release APIs.

pub mod api;
pub mod config;
pub mod control;
pub mod fixtures;
pub mod http;
pub mod sim;
pub mod ticker;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;

pub use api::World;
pub use api::settings::Settings;
pub use api::state::State;
use http::Rejection;

/// Everything a world answers: its families and its control plane.
pub fn app(world: &World) -> Router {
    let request_ids = world.request_ids();
    let world = world.clone();
    Router::new()
        .merge(api::router(&world))
        .merge(control::router(&world))
        .fallback(move |request: Request| unrouted(world, request))
        .layer(from_fn_with_state(request_ids, http::finish::finish))
}

async fn unrouted(world: World, request: Request) -> axum::response::Response {
    if request.uri().path().starts_with("/_emulator") {
        http::seal::refuse_unrouted(control::Control(world), request, Rejection::NoRoute).await
    } else {
        api::unrouted(world, request).await
    }
}

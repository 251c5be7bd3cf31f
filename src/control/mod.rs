//! The control plane, `/_emulator/v1/…`: operations for test benches that no real service has.
//!
//! It needs no credential unless there is a control token, and serves no page of a stranger ([`origin`]). Its errors are
//! problem details (`application/problem+json`).

mod apart;
mod clock;
mod dialect;
#[cfg(feature = "cli")]
mod docs;
mod entrance;
mod events;
pub(crate) mod faults;
mod history;
mod meta;
mod metrics;
mod openapi;
mod origin;
mod page;
mod past;
mod prometheus_text;
#[cfg(test)]
mod published;
mod replay;
pub(crate) mod requests;
mod resources;
mod rewind;
mod rules;
pub(crate) mod scripts;
mod snapshots;
mod state;
mod timeline;
pub(crate) mod verify;
mod webhooks;
mod worlds;

use std::sync::LazyLock;

use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodFilter;
use axum::{Extension, Router};
use utoipa::openapi::OpenApi;

use crate::http::Dialect;
use crate::http::context::note_own_answer;
use crate::http::head::MalformedHead;
use crate::http::problem::Problem;
use crate::http::routes::{Route, Routes, route};
use crate::registry::{World, control_routes};
use crate::world::settings::Settings;
pub use dialect::Control;
use entrance::UsualPath;
use openapi::OpenApiSource;
pub use replay::replay_router;

/// The URL table.
pub fn routes() -> &'static Routes<Control> {
    static ROUTES: LazyLock<Routes<Control>> = LazyLock::new(new_routes);
    &ROUTES
}

fn new_routes() -> Routes<Control> {
    let routes = entrance::routes();
    #[cfg(feature = "cli")]
    let routes = routes.merge(docs::routes());
    routes
        .with(route!(meta::health))
        .with(route!(meta::ready))
        .with(route!(meta::operations))
        .with(route!(meta::show_openapi))
        .with(route!(state::reset))
        .with(route!(
            state::show_state,
            state::replace_state,
            state::merge_state
        ))
        .with(route!(clock::show_clock, clock::set_clock))
        .with(route!(clock::advance_clock))
        .with(route!(rewind::rewind_clock))
        .with(route!(history::list_history))
        .with(route!(snapshots::list_snapshots, snapshots::add_snapshot))
        .with(route!(snapshots::remove_snapshot))
        .with(route!(snapshots::restore_snapshot))
        .with(route!(
            scripts::list_scripts,
            scripts::add_script,
            scripts::clear_scripts
        ))
        .with(route!(
            scripts::show_script,
            scripts::replace_script,
            scripts::remove_script
        ))
        .with(route!(
            faults::list_faults,
            faults::add_fault,
            faults::clear_faults
        ))
        .with(route!(
            faults::show_fault,
            faults::replace_fault,
            faults::remove_fault
        ))
        .with(route!(requests::list_requests, requests::clear_requests))
        .with(route!(verify::verify_requests))
        .with(route!(events::listen))
        .with(route!(metrics::show_metrics))
        // The path that collectors ask for by default; no family has it.
        .with(Route::new("/metrics").and_on(MethodFilter::GET, metrics::show_metrics))
        .with(route!(worlds::list_worlds, worlds::add_world))
        .with(route!(worlds::show_world, worlds::remove_world))
        .with(route!(resources::list_resources))
        .with(route!(timeline::show_timeline))
        .with(route!(
            webhooks::list_webhooks,
            webhooks::add_webhook,
            webhooks::clear_webhooks
        ))
        .with(route!(webhooks::show_webhook, webhooks::remove_webhook))
        .merge(control_routes())
}

/// The OpenAPI document of all families and of the control plane, for a world with these settings whose address is
/// `base`. It is the same in every process.
pub fn openapi(settings: &Settings, base: &str) -> String {
    openapi::text(settings, base, definition)
}

/// The OpenAPI description of the control plane.
pub fn definition() -> OpenApi {
    Control::published().api()
}

/// Answers a request without a route that is not for a service, below `/_emulator` or for a path that people and probes
/// try first; `None` for any other.
pub fn answer_unrouted(world: &World, request: &Request) -> Option<Response> {
    if is_below_own_prefix(request) {
        return Some(origin::check(world, request, || refuse_unrouted(request)));
    }
    let usual_path = UsualPath::of(request)?;
    let answer = origin::check(world, request, || usual_path.answer(world));
    note_own_answer();
    Some(answer)
}

/// True for requests to the control plane that have no route.
pub fn is_unrouted(request: &Request) -> bool {
    is_below_own_prefix(request) || UsualPath::of(request).is_some()
}

fn is_below_own_prefix(request: &Request) -> bool {
    let path = request.uri().path();
    path == "/_emulator" || path.starts_with("/_emulator/")
}

/// Refuses an unknown path below `/_emulator`.
fn refuse_unrouted(request: &Request) -> Response {
    if let Some(malformed) = request.extensions().get::<MalformedHead>() {
        return Problem::MalformedHead(malformed.clone()).into_response();
    }
    routes().hint_at_closest(request);
    Problem::NoRoute.into_response()
}

/// The control plane's router for a world.
pub fn router(world: &World) -> Router {
    let router = routes().mount(Control(world.clone()));
    router
        .layer(Extension(OpenApiSource(openapi)))
        .layer(from_fn(past::refuse_elsewhere))
        .layer(from_fn_with_state(world.clone(), origin::gate))
}

//! The control plane, `/_emulator/v1/…`: operations for test benches that no real service has.
//!
//! It needs no credential unless there is a control token, and serves no page of a stranger ([`origin`]). Its errors are
//! problem details (`application/problem+json`).

mod apart;
mod certificate;
mod clock;
#[cfg(feature = "cli")]
mod dashboard;
mod dialect;
#[cfg(feature = "cli")]
mod docs;
mod entrance;
mod events;
pub(crate) mod faults;
mod history;
mod links;
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
use serde_json::Value;

use crate::http::Dialect;
use crate::http::context::note_own_answer;
use crate::http::head::MalformedHead;
use crate::http::problem::Problem;
use crate::http::routes::{Route, Routes, route};
use crate::registry::{World, control_routes};
use crate::world::settings::Settings;
pub use certificate::CA_PATH;
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
    let routes = routes.merge(docs::routes()).merge(dashboard::routes());
    routes
        .merge(process_routes())
        .merge(state_routes())
        .merge(rule_routes())
        .merge(control_routes())
}

/// The process: its health, its documents, its worlds, and whoever follows it.
fn process_routes() -> Routes<Control> {
    Routes::default()
        .with(route!("/_emulator/v1/health", get(meta::health)))
        .with(route!("/_emulator/v1/ready", get(meta::ready)))
        .with(route!("/_emulator/v1/operations", get(meta::operations)))
        .with(route!("/_emulator/v1/ca.pem", get(certificate::show_ca)))
        .with(route!(
            "/_emulator/v1/openapi.json",
            get(meta::show_openapi)
        ))
        .with(route!("/_emulator/v1/events", get(events::listen)))
        .with(route!("/_emulator/v1/metrics", get(metrics::show_metrics)))
        // The path that collectors ask for by default; no family has it.
        .with(Route::new("/metrics").and_on(MethodFilter::GET, metrics::show_metrics))
        .with(route!(
            "/_emulator/v1/worlds",
            get(worlds::list_worlds),
            post(worlds::add_world)
        ))
        .with(route!(
            "/_emulator/v1/worlds/{name}",
            get(worlds::show_world),
            delete(worlds::remove_world)
        ))
        .with(route!(
            "/_emulator/v1/webhooks",
            get(webhooks::list_webhooks),
            post(webhooks::add_webhook),
            delete(webhooks::clear_webhooks)
        ))
        .with(route!(
            "/_emulator/v1/webhooks/{id}",
            get(webhooks::show_webhook),
            delete(webhooks::remove_webhook)
        ))
}

/// The state of a world, its clock and its past.
fn state_routes() -> Routes<Control> {
    Routes::default()
        .with(route!("/_emulator/v1/reset", post(state::reset)))
        .with(route!(
            "/_emulator/v1/state",
            get(state::show_state),
            put(state::replace_state),
            patch(state::merge_state)
        ))
        .with(route!(
            "/_emulator/v1/clock",
            get(clock::show_clock),
            put(clock::set_clock)
        ))
        .with(route!(
            "/_emulator/v1/clock/advance",
            post(clock::advance_clock)
        ))
        .with(route!(
            "/_emulator/v1/clock/rewind",
            post(rewind::rewind_clock)
        ))
        .with(route!("/_emulator/v1/history", get(history::list_history)))
        .with(route!(
            "/_emulator/v1/snapshots",
            get(snapshots::list_snapshots),
            post(snapshots::add_snapshot)
        ))
        .with(route!(
            "/_emulator/v1/snapshots/{name}",
            delete(snapshots::remove_snapshot)
        ))
        .with(route!(
            "/_emulator/v1/snapshots/{name}/restore",
            post(snapshots::restore_snapshot)
        ))
        .with(route!(
            "/_emulator/v1/resources",
            get(resources::list_resources)
        ))
        .with(route!(
            "/_emulator/v1/resources/{family}/{id}/timeline",
            get(timeline::show_timeline)
        ))
}

/// The rules of a world, scripts and faults, and the requests that it has got.
fn rule_routes() -> Routes<Control> {
    Routes::default()
        .with(route!(
            "/_emulator/v1/scripts",
            get(scripts::list_scripts),
            post(scripts::add_script),
            delete(scripts::clear_scripts)
        ))
        .with(route!(
            "/_emulator/v1/scripts/{id}",
            get(scripts::show_script),
            put(scripts::replace_script),
            delete(scripts::remove_script)
        ))
        .with(route!(
            "/_emulator/v1/faults",
            get(faults::list_faults),
            post(faults::add_fault),
            delete(faults::clear_faults)
        ))
        .with(route!(
            "/_emulator/v1/faults/{id}",
            get(faults::show_fault),
            put(faults::replace_fault),
            delete(faults::remove_fault)
        ))
        .with(route!(
            "/_emulator/v1/requests",
            get(requests::list_requests),
            delete(requests::clear_requests)
        ))
        .with(route!(
            "/_emulator/v1/requests/verify",
            post(verify::verify_requests)
        ))
}

/// The OpenAPI document of all families and of the control plane, for a world with these settings whose address is
/// `base`. It is the same in every process.
pub fn openapi(settings: &Settings, base: &str) -> String {
    openapi::text(settings, base, definition)
}

/// The OpenAPI description of the control plane.
pub fn definition() -> Value {
    Control::published().document()
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

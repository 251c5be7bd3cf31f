//! A local emulator of four release APIs: Huawei ASM grayscale releases, `ServiceStage` release plans,
//! `ServiceStage` pipelines with actions, Zadig delivery versions. Releases *proceed* on a virtual clock that
//! the user controls.
//!
//! # Layout
//!
//! | path | what |
//! |---|---|
//! | `main.rs` | the process: command line, fixtures, port, ready line, signals |
//! | [`config`] | the command line and its environment twins |
//! | [`fixtures`] | files in JSON or YAML, and the documented examples that are built in |
//! | [`ticker`] | lets an idle world keep up with its clock |
//! | [`control`] | `/_emulator/v1/…`: clock, state, scripts, coverage, OpenAPI |
//! | [`sim`] | the kernel: clock, ids, store, shelf, scripts, lifecycles; no HTTP, no JSON |
//! | [`http`] | what every family's router needs: dialects, operations, extractors, the gate; no cloud |
//! | [`http::auth`] | tokens and signatures as requests carry them, and whether a signature holds |
//! | [`api`] | the registry: [`api::Tables`] (the whole memory), [`api::World`] (what a family is given), [`api::state`] (the fixture format), [`api::identities`] (who may call), [`api::gateway`] (in front of every Huawei service), [`api::hint`] (what would have worked) |
//! | [`api::iam`] | what callers of the Huawei families ask first: tokens, projects, accounts |
//! | [`api::asm`], [`api::servicestage`], [`api::zadig`] | the families: each its own nouns, wire types, errors, handlers, fixtures |
//!
//! Imports go one way: `main → lib → control, api`; `api → families → http → axum`; families and `http → sim`.
//! Inside a family `handlers → wire, views → noun → sim`. No family knows another. A test reads `src/` and
//! keeps these rules.
//!
//! # A request
//!
//! [`http::finish`] gives it an id and, at the end, headers and a log line; what is left of its body by then is
//! read and thrown away. The router picks a route, or
//! [`app`]'s fallback refuses in the words of the prefix. The family's gate ([`http::seal`]) looks up the
//! operation, the credential, the permission and the declared size; a signature covers the body, which is then
//! read first. Extractors ([`http::extract`]) read path,
//! query and body, and refuse in the family's words. The handler makes one call on the noun's table, inside
//! [`api::World::read`] or [`api::World::write`], which take the instant under the lock; answers are written
//! straight from what is stored.
//!
//! # Invariants
//!
//! * An answer is a pure function of what was accepted, when, and now. Only facts are stored: a
//!   [`sim::lifecycle::Run`] is its start, its frozen script and its events; a status is computed from these.
//! * Reading changes nothing. The one thing that time alone writes is a scheduled start, and whoever looks
//!   next finds it done ([`api::Tables::settle`]).
//! * A command checks everything, then changes; a refused one leaves the memory equal.
//! * Time is handed in. Only `sim/clock.rs` reads the machine's clock; only the ticker and the accept loop
//!   wait.
//! * Every operation is declared once, by the attribute on its handler: route, id, permission, evidence,
//!   source, differences and OpenAPI entry all come from there.

pub mod api;
pub mod config;
pub mod control;
pub mod fixtures;
pub mod http;
pub mod sim;
pub mod ticker;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use tower_http::sensitive_headers::SetSensitiveHeadersLayer;

pub use api::World;
pub use api::settings::Settings;
pub use api::state::State;

/// Everything a world answers: its families and its control plane.
pub fn app(world: &World) -> Router {
    let watch = Arc::clone(world.watch());
    let world = world.clone();
    Router::new()
        .merge(api::router(&world))
        .merge(control::router(&world))
        .fallback(async move |request: Request| unrouted(world, request))
        .layer(from_fn_with_state(watch, http::finish::finish))
        .layer(SetSensitiveHeadersLayer::new(http::auth::SECRET_HEADERS))
}

fn unrouted(world: World, request: Request) -> axum::response::Response {
    let path = request.uri().path();
    if path == "/_emulator" || path.starts_with("/_emulator/") {
        control::unrouted(world, request)
    } else {
        api::unrouted(world, request)
    }
}

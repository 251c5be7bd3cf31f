//! The control plane, `/_emulator/v1/…`: what a test bench needs and no real service has.
//!
//! It asks for no credential. Its errors are `application/problem+json`.

mod about;
mod asm;
mod clock;
mod document;
mod events;
mod faults;
mod memory;
mod metrics;
mod problem;
mod requests;
mod scripts;
mod timeline;
mod transition;
mod verify;
mod worlds;

use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::World;
use crate::http::seal::{Sealed, refuse_unrouted};
use crate::http::{Caller, Dialect, Rejection};
pub use document::openapi;
pub use problem::Problem;

/// The control plane's dialect.
#[derive(Clone)]
pub struct Control(pub World);

impl Dialect for Control {
    type Error = Problem;

    /// A state may be of any size.
    const MAX_BODY: usize = usize::MAX;

    fn caller(&self, _: &Parts, _: &Bytes) -> Result<Caller, Rejection> {
        Ok(Caller::named("control"))
    }
}

/// The URL table.
fn routes() -> OpenApiRouter<Control> {
    OpenApiRouter::new()
        .routes(routes!(about::health))
        .routes(routes!(about::ready))
        .routes(routes!(about::operations))
        .routes(routes!(about::show_openapi))
        .routes(routes!(memory::reset))
        .routes(routes!(
            memory::show_state,
            memory::replace_state,
            memory::merge_state
        ))
        .routes(routes!(clock::show_clock, clock::set_clock))
        .routes(routes!(clock::advance_clock))
        .routes(routes!(
            scripts::list_scripts,
            scripts::add_script,
            scripts::clear_scripts
        ))
        .routes(routes!(scripts::remove_script))
        .routes(routes!(
            faults::list_faults,
            faults::add_fault,
            faults::clear_faults
        ))
        .routes(routes!(faults::remove_fault))
        .routes(routes!(requests::list_requests, requests::clear_requests))
        .routes(routes!(verify::verify_requests))
        .routes(routes!(events::listen))
        .routes(routes!(metrics::show_metrics))
        .routes(routes!(asm::set_traffic))
        .routes(routes!(worlds::list_worlds, worlds::add_world))
        .routes(routes!(worlds::show_world, worlds::remove_world))
        .routes(routes!(timeline::show_timeline))
}

/// The routes and what they declare.
pub fn sealed() -> &'static Sealed<Control> {
    static SEALED: LazyLock<Sealed<Control>> = LazyLock::new(|| Sealed::own(routes()));
    &SEALED
}

/// Refuses a path below `/_emulator` that is not there.
pub fn unrouted(world: World, request: Request) -> Response {
    sealed().tell_nearest(&request);
    refuse_unrouted(&Control(world), request, Rejection::NoRoute)
}

/// The control plane's router for a world.
pub fn router(world: &World) -> Router {
    sealed().mount(Control(world.clone()))
}

//! The router by which a world runs the requests of its history again.

use axum::Router;

use super::dialect::Control;
use crate::registry::{self, World, control_routes};

/// The router by which a world runs kept requests again.
pub fn replay_router(world: &World) -> Router {
    // Of the control plane, what acts on the resources of single families.
    let traffic = control_routes().mount(Control(world.clone()));
    registry::router(world).merge(traffic)
}

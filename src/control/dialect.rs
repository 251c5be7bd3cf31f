//! The dialect of the control plane.

use std::sync::Arc;

use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;

use crate::http::observe::Recorder;
use crate::http::problem::Problem;
use crate::http::published::published;
use crate::http::{Authentication, Caller, Dialect, Rejection, response};
use crate::registry::World;
use crate::world::handle::{Access, Handle};

/// A response with a JSON body.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    response::json(status, response::to_json_line(body, 256))
}

/// The paths to which states are sent.
const STATES: [&str; 2] = ["/_emulator/v1/state", "/_emulator/v1/worlds"];

/// The paths below which nothing of the world itself is changed.
const BESIDE_THE_WORLD: [&str; 4] = [
    "/_emulator/v1/worlds",
    "/_emulator/v1/verify",
    "/_emulator/v1/requests",
    "/_emulator/v1/webhooks",
];

/// The dialect of the control plane, for a world.
#[derive(Clone)]
pub struct Control(pub World);

impl<T> FromRef<Control> for Handle<T>
where
    World: Access<T>,
{
    fn from_ref(Control(world): &Control) -> Self {
        world.handle()
    }
}

impl Dialect for Control {
    type Error = Problem;

    published!("control/openapi.json");

    const IS_EMULATED_SERVICE: bool = false;

    fn recorder(&self) -> &Arc<Recorder> {
        self.0.recorder()
    }

    const MAX_BODY: usize = 16 << 20;

    fn max_body(&self, path: &str) -> usize {
        if STATES.contains(&path) {
            self.0.settings().max_state()
        } else {
            Self::MAX_BODY
        }
    }

    fn stores(&self, request: &Parts) -> bool {
        let path = request.uri.path();
        !BESIDE_THE_WORLD
            .iter()
            .any(|prefix| path.starts_with(prefix))
    }

    fn authenticate<'a>(&self, _: &'a Parts) -> Result<Authentication<'a>, Rejection> {
        Ok(Authentication::Done(Caller::named("control")))
    }
}

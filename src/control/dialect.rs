//! The dialect of the control plane.

use std::sync::Arc;

use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;

use crate::http::observe::Recorder;
use crate::http::problem::Problem;
use crate::http::{Authentication, Caller, Dialect, Rejection, response};
use crate::registry::World;
use crate::world::handle::{Access, Handle};

/// A response with a JSON body.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    response::json(status, response::to_json_line(body, 256))
}

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

    const IS_EMULATED_SERVICE: bool = false;

    fn recorder(&self) -> &Arc<Recorder> {
        self.0.recorder()
    }

    /// A state may be of any size.
    const MAX_BODY: usize = usize::MAX;

    fn authenticate<'a>(&self, _: &'a Parts) -> Result<Authentication<'a>, Rejection> {
        Ok(Authentication::Done(Caller::named("control")))
    }
}

//! The dialect of the control plane.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::request::Parts;

use super::problem::Problem;
use crate::http::observe::Recorder;
use crate::http::{Caller, Dialect, Rejection};
use crate::registry::World;

/// The dialect of the control plane, for a world.
#[derive(Clone)]
pub struct Control(pub World);

impl Dialect for Control {
    type Error = Problem;

    const IS_EMULATED_SERVICE: bool = false;

    fn recorder(&self) -> &Arc<Recorder> {
        self.0.recorder()
    }

    /// A state may be of any size.
    const MAX_BODY: usize = usize::MAX;

    fn authenticate(&self, _: &Parts, _: &Bytes) -> Result<Caller, Rejection> {
        Ok(Caller::named("control"))
    }
}

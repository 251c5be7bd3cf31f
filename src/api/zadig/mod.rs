//! Zadig: delivery versions (generation 1, as of v3.4.1).

pub mod state;

use std::sync::LazyLock;

use axum::Router;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;

use super::state::Misfit;
use super::world::World;
use crate::http::seal::Sealed;
use crate::http::{Caller, Dialect, Rejection};
use crate::sim::ids::Ids;
use crate::sim::{Ms, NEVER, Transition};

/// STUB.
#[derive(Debug, Default)]
pub struct Table;

impl Table {
    /// When the first thing changes by itself.
    #[must_use]
    pub fn next_due(&self) -> Ms {
        NEVER
    }
    /// Lets happen what is due.
    pub fn wake(&mut self, _now: Ms, _heard: &mut dyn FnMut(Transition)) {}
    /// Fills an empty table.
    pub fn load(&mut self, _state: state::State, _ids: &Ids, _now: Ms) -> Result<(), Misfit> {
        Ok(())
    }
    /// The table in the fixture format.
    #[must_use]
    pub fn save(&self, _now: Ms) -> state::State {
        state::State::default()
    }
}

/// STUB.
#[derive(Debug)]
pub struct Error(Rejection);
impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self(rejection)
    }
}
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        format!("{:?}", self.0).into_response()
    }
}

/// The family's dialect.
#[derive(Clone)]
pub struct Zadig(pub World);

impl Dialect for Zadig {
    type Error = Error;

    fn caller(&self, request: &Parts) -> Result<Caller, Rejection> {
        let _ = request;
        Ok(Caller::named("emulator"))
    }
}

/// The family's routes and what they declare.
pub fn sealed() -> &'static Sealed<Zadig> {
    static SEALED: LazyLock<Sealed<Zadig>> = LazyLock::new(|| Sealed::new(OpenApiRouter::new()));
    &SEALED
}

/// The family's router for a world.
pub fn router(world: &World) -> Router {
    sealed().mount(Zadig(world.clone()))
}

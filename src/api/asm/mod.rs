//! Huawei ASM: grayscale releases of a mesh (v2), and the meshes themselves (v1).

pub mod state;

use std::sync::LazyLock;

use axum::Router;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;

use super::gateway;
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
pub struct Asm(pub World);

impl Dialect for Asm {
    type Error = Error;

    fn caller(&self, request: &Parts) -> Result<Caller, Rejection> {
        gateway::caller(&self.0, request)
    }
}

/// The family's routes and what they declare.
pub fn sealed() -> &'static Sealed<Asm> {
    static SEALED: LazyLock<Sealed<Asm>> = LazyLock::new(|| Sealed::new(OpenApiRouter::new()));
    &SEALED
}

/// The family's router for a world.
pub fn router(world: &World) -> Router {
    sealed().mount(Asm(world.clone()))
}

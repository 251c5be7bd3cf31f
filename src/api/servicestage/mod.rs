//! Huawei ServiceStage: release plans and pipelines, two families of one dialect.

pub mod error;
pub mod fixture;
pub mod hints;
pub mod names;
pub mod paging;
pub mod pipelines;
pub mod plans;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Bytes;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;
use utoipa::openapi::OpenApi;

use super::gateway;
use super::world::World;
use crate::http::finish::Notes;
use crate::http::routes::Routes;
use crate::http::seal::Sealed;
use crate::http::watch::Watch;
use crate::http::watch::faults::Answer;
use crate::http::{Caller, Dialect, Operation, Rejection};
pub use error::Error;

/// The dialect of both families.
#[derive(Clone)]
pub struct ServiceStage(pub World);

impl Dialect for ServiceStage {
    type Error = Error;

    fn watch(&self) -> &Arc<Watch> {
        self.0.watch()
    }

    fn declare(api: &mut OpenApi) {
        gateway::declare(api);
    }

    fn scope(&self, request: &Parts) -> Option<String> {
        let project = gateway::segment(request.uri.path(), 2)?;
        Some(gateway::decoded(project))
    }

    fn fault(&self, answer: &Answer) -> Response {
        error::fault(answer)
    }

    fn covers_body(&self, request: &Parts) -> bool {
        gateway::is_signed(request)
    }

    fn caller(&self, request: &Parts, body: &Bytes) -> Result<Caller, Rejection> {
        gateway::caller(&self.0, request, body)
    }

    fn permit(
        &self,
        caller: &Caller,
        operation: &Operation,
        request: &Parts,
    ) -> Result<(), Rejection> {
        // Every path of these families is `/v3/{project_id}/…`.
        gateway::permit(caller, operation, gateway::segment(request.uri.path(), 2))
    }

    fn unrouted(&self, request: &Parts, why: Rejection) -> Error {
        let is_pipeline = request.uri.path().contains("/pipeline/pipelines/");
        if let Some(notes) = request.extensions.get::<Notes>()
            && request.method == Method::DELETE
            && is_pipeline
        {
            notes.hint(NO_DELETE.to_owned());
        }
        why.into()
    }
}

/// What a caller is told who would delete a pipeline.
const NO_DELETE: &str = "the service documents no way to delete a release task; for a clean slate use \
    POST /_emulator/v1/reset, or write the state you want with PUT or PATCH /_emulator/v1/state";

/// The families' routes and what they declare.
pub fn sealed() -> &'static Sealed<ServiceStage> {
    static SEALED: LazyLock<Sealed<ServiceStage>> = LazyLock::new(|| {
        Sealed::new(
            Routes::new()
                .merge(plans::routes())
                .merge(pipelines::routes()),
        )
    });
    &SEALED
}

/// The families' router for a world.
pub fn router(world: &World) -> Router {
    sealed().mount(ServiceStage(world.clone()))
}

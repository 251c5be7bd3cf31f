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

use crate::families::huawei;
use crate::http::api_definition::ApiDefinition;
use crate::http::context::RequestContext;
use crate::http::faults::rules::StubResponse;
use crate::http::observe::Recorder;
use crate::http::routes::Routes;
use crate::http::{Caller, Dialect, Operation, Rejection};
use crate::registry::World;
pub use error::Error;

/// The dialect of both families.
#[derive(Clone)]
pub struct ServiceStage(pub World);

impl Dialect for ServiceStage {
    type Error = Error;

    fn recorder(&self) -> &Arc<Recorder> {
        self.0.recorder()
    }

    fn declare(api: &mut OpenApi) {
        huawei::declare(api);
    }

    fn scope(&self, request: &Parts) -> Option<String> {
        let project = huawei::segment(request.uri.path(), 2)?;
        Some(huawei::decoded(project))
    }

    fn fault(&self, answer: &StubResponse) -> Response {
        error::fault(answer)
    }

    fn signs_body(&self, request: &Parts) -> bool {
        huawei::is_signed(request)
    }

    fn authenticate(&self, request: &Parts, body: &Bytes) -> Result<Caller, Rejection> {
        huawei::authenticate(&self.0, request, body)
    }

    fn authorize(
        &self,
        caller: &Caller,
        operation: &Operation,
        request: &Parts,
    ) -> Result<(), Rejection> {
        // Every path of these families is `/v3/{project_id}/…`.
        huawei::authorize(caller, operation, huawei::segment(request.uri.path(), 2))
    }

    fn unrouted(&self, request: &Parts, why: Rejection) -> Error {
        let is_pipeline = request.uri.path().contains("/pipeline/pipelines/");
        if let Some(request_context) = request.extensions.get::<RequestContext>()
            && request.method == Method::DELETE
            && is_pipeline
        {
            request_context.hint(NO_DELETE.to_owned());
        }
        why.into()
    }
}

/// What a caller is told who would delete a pipeline.
const NO_DELETE: &str = "the service documents no way to delete a release task; for a clean slate use \
    POST /_emulator/v1/reset, or write the state you want with PUT or PATCH /_emulator/v1/state";

/// The families' routes and what they declare.
pub fn definition() -> &'static ApiDefinition<ServiceStage> {
    static DEFINITION: LazyLock<ApiDefinition<ServiceStage>> = LazyLock::new(|| {
        ApiDefinition::new(
            Routes::new()
                .merge(plans::routes())
                .merge(pipelines::routes()),
        )
    });
    &DEFINITION
}

/// The families' router for a world.
pub fn router(world: &World) -> Router {
    definition().mount(ServiceStage(world.clone()))
}

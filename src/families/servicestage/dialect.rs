//! The dialect of release plans and pipelines.

use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;

use super::error::{self, Error};
use super::table::Tables;
use crate::families::huawei::{HuaweiService, decoded, segment};
use crate::http::context::add_hint;
use crate::http::evidence::error_row::ErrorRow;
use crate::http::faults::effect::StubResponse;
use crate::http::published::published;
use crate::http::{Caller, Rejection};
use crate::world::handle::Handle;

/// The state of both families' router.
#[derive(Clone)]
pub struct ServiceStage(pub Handle<Tables>);

impl HuaweiService for ServiceStage {
    type Table = Tables;
    type Error = Error;

    published!("families/servicestage/openapi.json");

    fn handle(&self) -> &Handle<Tables> {
        &self.0
    }

    /// Every path of these families is `/v3/{project_id}/…`.
    fn project<'a>(request: &'a Parts, _: &'a Caller) -> Option<&'a str> {
        segment(request.uri.path(), 2)
    }

    fn scope(request: &Parts) -> Option<String> {
        segment(request.uri.path(), 2).map(decoded)
    }

    fn error_rows() -> Vec<ErrorRow> {
        error::ROWS.to_vec()
    }

    fn fault(stub: &StubResponse) -> Response {
        error::fault(stub)
    }

    fn unrouted(request: &Parts, why: Rejection) -> Error {
        let is_pipeline = request.uri.path().contains("/pipeline/pipelines/");
        if request.method == Method::DELETE && is_pipeline {
            add_hint(NO_DELETE.to_owned());
        }
        why.into()
    }
}

/// The hint for a caller who tries to delete a pipeline.
const NO_DELETE: &str = "the service documents no way to delete a release task; for a clean slate use \
    POST /_emulator/v1/reset, or write the state you want with PUT or PATCH /_emulator/v1/state";

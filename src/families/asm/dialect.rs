//! The family's dialect.

use axum::http::request::Parts;
use axum::response::Response;

use super::error::{self, Error};
use super::table::Table;
use crate::families::huawei::{HuaweiService, decoded, segment};
use crate::http::Caller;
use crate::http::faults::rules::StubResponse;
use crate::world::handle::Handle;

/// The state of the family's router.
#[derive(Clone)]
pub struct Asm(pub Handle<Table>);

impl HuaweiService for Asm {
    type Table = Table;
    type Error = Error;

    fn handle(&self) -> &Handle<Table> {
        &self.0
    }

    fn project<'a>(request: &'a Parts, caller: &'a Caller) -> Option<&'a str> {
        // Paths of v2 name no project; there the header `X-Project-Id` does, if anything.
        let in_path = request.uri.path().strip_prefix("/v1/");
        in_path
            .and_then(|rest| rest.split('/').next())
            .or(caller.named_project.as_deref())
    }

    fn scope(request: &Parts) -> Option<String> {
        // `/v1/{project_id}/meshes/…` and `/v2/meshes/{mesh_id}/…`.
        let path = request.uri.path();
        let n = if path.starts_with("/v1/") { 2 } else { 3 };
        segment(path, n).map(decoded)
    }

    fn fault(answer: &StubResponse) -> Response {
        error::fault(answer)
    }
}

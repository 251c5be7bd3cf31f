//! The family's dialect.

use axum::http::request::Parts;
use axum::response::Response;

use super::error::{self, Error};
use super::table::Table;
use crate::families::huawei::{HuaweiService, decoded, segment};
use crate::http::Caller;
use crate::http::evidence::error_row::ErrorRow;
use crate::http::faults::effect::StubResponse;
use crate::http::published::published;
use crate::world::handle::Handle;

/// The state of the family's router.
#[derive(Clone)]
pub struct Asm(pub Handle<Table>);

impl HuaweiService for Asm {
    type Table = Table;
    type Error = Error;

    published!("families/asm/openapi.json");

    fn handle(&self) -> &Handle<Table> {
        &self.0
    }

    fn project<'a>(request: &'a Parts, caller: &'a Caller) -> Option<&'a str> {
        // Other paths name no project; there the header `X-Project-Id` does, if anything.
        project_in_path(request.uri.path()).or(caller.named_project.as_deref())
    }

    fn scope(request: &Parts) -> Option<String> {
        // `/v1/{project_id}/meshes/…` and `/v2/meshes/{mesh_id}/…`.
        let path = request.uri.path();
        let scope = project_in_path(path).or_else(|| segment(path, 3));
        scope.map(decoded)
    }

    fn error_rows() -> Vec<ErrorRow> {
        error::ROWS.to_vec()
    }

    fn fault(answer: &StubResponse) -> Response {
        error::fault(answer)
    }
}

/// The project in `/v1/{project_id}/meshes/…`, and none in `/v1/meshes`.
fn project_in_path(path: &str) -> Option<&str> {
    let (project, _) = path.strip_prefix("/v1/")?.split_once('/')?;
    Some(project)
}

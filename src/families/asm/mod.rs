//! Huawei ASM: grayscale releases of a mesh (v2), and the meshes themselves (v1).
//!
//! - [`releases`]: a release deploys a grayscale version of one service beside the original one; ending it
//!   keeps the new version, cancelling it keeps the old one.
//! - [`meshes`]: what releases belong to.
//! - [`table`]: the memory of both.
//!
//! Sources: ASM API reference of 2026-06-25 (<https://support.huaweicloud.com/intl/en-us/api-asm/>), the
//! Open Telekom Cloud copy of its mesh pages (which prints examples), the official SDKs and the Terraform
//! provider; read 2026-08.

pub mod error;
pub mod fixture;
mod hints;
pub mod meshes;
pub mod releases;
pub mod rules;
pub mod run;
pub mod scope;
pub mod table;
pub mod timestamp;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::response::Response;
use utoipa::openapi::OpenApi;

use crate::families::huawei;
use crate::http::api_definition::ApiDefinition;
use crate::http::faults::rules::StubResponse;
use crate::http::observe::Recorder;
use crate::http::routes::{Routes, route};
use crate::http::{Caller, Dialect, Operation, Rejection};
use crate::registry::World;
pub use error::Error;
pub use table::Table;

/// The family's name in scripts and transitions.
pub const FAMILY: &str = "asm";

/// The family's dialect.
#[derive(Clone)]
pub struct Asm(pub World);

impl Dialect for Asm {
    type Error = Error;

    fn recorder(&self) -> &Arc<Recorder> {
        self.0.recorder()
    }

    fn declare(api: &mut OpenApi) {
        huawei::declare(api);
    }

    fn scope(&self, request: &Parts) -> Option<String> {
        // `/v1/{project_id}/meshes/…` and `/v2/meshes/{mesh_id}/…`.
        let path = request.uri.path();
        let n = if path.starts_with("/v1/") { 2 } else { 3 };
        huawei::segment(path, n).map(huawei::decoded)
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
        // Paths of v2 name no project; there the header `X-Project-Id` does, if anything.
        let in_path = request.uri.path().strip_prefix("/v1/");
        let project = in_path
            .and_then(|rest| rest.split('/').next())
            .or(caller.named_project.as_deref());
        huawei::authorize(caller, operation, project)
    }
}

/// The URL table.
fn routes() -> Routes<Asm> {
    use meshes::operations as mesh;
    use releases::operations as release;
    Routes::new()
        .with(route!(release::create_release))
        .with(route!(release::list_releases))
        .with(route!(
            release::show_release,
            release::update_release,
            release::delete_release
        ))
        .with(route!(mesh::create_mesh, mesh::list_meshes))
        .with(route!(mesh::show_mesh, mesh::delete_mesh))
}

/// The family's routes and what they declare.
pub fn definition() -> &'static ApiDefinition<Asm> {
    static DEFINITION: LazyLock<ApiDefinition<Asm>> =
        LazyLock::new(|| ApiDefinition::new(routes()));
    &DEFINITION
}

/// The family's router for a world.
pub fn router(world: &World) -> Router {
    definition().mount(Asm(world.clone()))
}

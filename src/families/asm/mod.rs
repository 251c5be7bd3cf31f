//! Huawei ASM: grayscale releases of a mesh (v2), and the meshes themselves (v1).
//!
//! - [`releases`]: grayscale versions of a service beside the original one. Ending a release keeps the grayscale
//!   version, cancelling it keeps the original one.
//! - [`meshes`]: the meshes that releases belong to.
//! - [`table`]: the meshes and releases of a world.
//!
//! Sources: ASM API reference of 2026-06-25 (<https://support.huaweicloud.com/intl/en-us/api-asm/>), the
//! Open Telekom Cloud copy of its mesh pages (which prints examples), the official SDKs and the Terraform
//! provider; read 2026-08. For meshes also the vendor's API documents (the API explorer's, which the crate
//! `huawei-cloud-api-definitions-ASM` holds); read 2026-11.

mod control;
mod controls;
mod dialect;
pub mod error;
mod family;
mod fields;
pub mod fixture;
mod hints;
pub mod meshes;
#[cfg(test)]
mod openapi;
pub mod releases;
pub mod run;
pub mod scope;
pub mod table;
pub mod timestamp;

use std::sync::LazyLock;

use axum::extract::FromRef;

use crate::http::Dialect;
use crate::http::problem::Problem;
use crate::http::routes::{Routes, route};
use crate::world::family::Service;
use crate::world::handle::Handle;
pub use dialect::Asm;
pub use error::Error;
pub use table::Table;

fn routes() -> Routes<Asm> {
    use meshes::operations as mesh;
    use releases::operations as release;
    Routes::default()
        .with(route!(
            "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases",
            post(release::create_release)
        ))
        .with(route!(
            "/v2/meshes/{mesh_id}/releases",
            get(release::list_releases)
        ))
        .with(route!(
            "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases/{release_id}",
            get(release::show_release),
            put(release::update_release),
            delete(release::delete_release)
        ))
        .with(route!(
            "/v1/{project_id}/meshes",
            post(mesh::create_mesh),
            get(mesh::list_meshes)
        ))
        .with(route!("/v1/meshes", get(mesh::list_accessible_meshes)))
        .with(route!(
            "/v1/{project_id}/meshes/{mesh_id}",
            get(mesh::show_mesh),
            delete(mesh::delete_mesh)
        ))
}

impl Service for Asm {
    type Table = Table;

    fn new(handle: Handle<Table>) -> Self {
        Self(handle)
    }

    fn routes() -> &'static Routes<Self> {
        static ROUTES: LazyLock<Routes<Asm>> = LazyLock::new(routes);
        &ROUTES
    }

    fn control_routes<D: Dialect<Error = Problem>>() -> Routes<D>
    where
        Handle<Table>: FromRef<D>,
    {
        Routes::default().with(route!(
            "/_emulator/v1/asm/{mesh_id}/{namespace}/{release_id}/traffic",
            put(control::set_traffic)
        ))
    }
}

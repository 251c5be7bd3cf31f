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

mod control;
mod dialect;
pub mod error;
mod family;
pub mod fixture;
mod hints;
pub mod meshes;
pub mod names;
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

/// The URL table.
fn routes() -> Routes<Asm> {
    use meshes::operations as mesh;
    use releases::operations as release;
    Routes::default()
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
        Routes::default().with(route!(control::set_traffic))
    }
}

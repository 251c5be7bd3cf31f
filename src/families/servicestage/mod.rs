//! Huawei ServiceStage: release plans and pipelines, two families of one dialect.

mod dialect;
pub mod error;
mod family;
pub mod fixture;
pub mod hints;
pub mod names;
pub mod paging;
pub mod pipelines;
pub mod plans;
mod tables;

use std::sync::LazyLock;

use crate::http::routes::Routes;
use crate::world::family::Service;
use crate::world::handle::Handle;
pub use dialect::ServiceStage;
pub use error::Error;
pub use tables::Tables;

/// The URL table.
fn routes() -> Routes<ServiceStage> {
    Routes::default()
        .merge(plans::routes())
        .merge(pipelines::routes())
}

impl Service for ServiceStage {
    type Table = Tables;

    fn new(handle: Handle<Tables>) -> Self {
        Self(handle)
    }

    fn routes() -> &'static Routes<Self> {
        static ROUTES: LazyLock<Routes<ServiceStage>> = LazyLock::new(routes);
        &ROUTES
    }
}

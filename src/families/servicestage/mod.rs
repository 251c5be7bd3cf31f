//! Huawei ServiceStage: release plans and pipelines, two families of one dialect.

pub mod commands;
mod controls;
mod dialect;
pub mod error;
mod family;
pub mod fixture;
mod hints;
mod named_collection;
pub mod names;
#[cfg(test)]
mod openapi;
pub mod paging;
pub mod pipelines;
pub mod plans;
mod refusal;
mod table;

use std::sync::LazyLock;

use serde_json::Value;

use crate::http::routes::Routes;
use crate::world::family::Service;
use crate::world::handle::Handle;
use crate::world::settings::Settings;
pub use dialect::ServiceStage;
pub use error::Error;
pub use table::Tables;

impl Service for ServiceStage {
    type Table = Tables;

    fn new(handle: Handle<Tables>) -> Self {
        Self(handle)
    }

    fn routes() -> &'static Routes<Self> {
        static ROUTES: LazyLock<Routes<ServiceStage>> =
            LazyLock::new(|| plans::routes().merge(pipelines::routes()));
        &ROUTES
    }

    fn follow(document: &mut Value, settings: &Settings) {
        pipelines::follow(document, settings);
    }
}

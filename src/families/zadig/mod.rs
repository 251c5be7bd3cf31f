//! The Zadig family.
//!
//! The gateway in front checks the credential first, so even an unknown path is 401 without one. Permissions are checked
//! after the request is bound: a malformed request without permission is answered as malformed.
//!
//! - [`versions`]: delivery versions; [`release_plans`]: release plans; [`workflows`]: workflows and their tasks.
//! - [`catalog`]: the reads of projects, environments, registries and services, which fixtures provide.
//! - [`delivery_center`]: the internal list of versions.
//! - [`table`]: the resources of a world, [`fixture`] their fixture format. [`kinds`] is what the control plane asks of each
//!   kind of resource.
//! - [`dialect`], [`error`], [`access`], [`query`], [`extract`], [`response`], [`routing`]: what all operations share; [`go_json`]
//!   decodes bodies as Go does.

pub mod access;
pub mod catalog;
mod controls;
pub mod delivery_center;
mod dialect;
pub mod error;
pub mod extract;
mod family;
pub mod fixture;
pub mod go_json;
pub mod kinds;
#[cfg(test)]
mod openapi;
pub mod query;
pub mod release_plans;
pub mod response;
pub mod routing;
pub mod table;
pub mod versions;
pub mod workflows;

use std::sync::LazyLock;

use serde_json::Value;

use crate::http::routes::Routes;
use crate::world::family::Service;
use crate::world::handle::Handle;
use crate::world::settings::Settings;
pub use dialect::Zadig;
pub use error::Error;
pub use table::Table;

impl Service for Zadig {
    type Table = Table;

    const PREFIXES: &'static [&'static str] = &["/openapi", "/api/aslan"];

    fn new(handle: Handle<Table>) -> Self {
        Self(handle)
    }

    fn routes() -> &'static Routes<Self> {
        static ROUTES: LazyLock<Routes<Zadig>> = LazyLock::new(|| {
            versions::routes()
                .merge(workflows::routes())
                .merge(release_plans::routes())
                .merge(catalog::routes())
                .merge(delivery_center::routes())
        });
        &ROUTES
    }

    fn follow(document: &mut Value, settings: &Settings) {
        versions::follow(document, settings);
        delivery_center::follow(document, settings);
    }
}

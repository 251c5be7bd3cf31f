//! The internal list of delivery versions, which the document calls the delivery center.
//!
//! - [`operations`]: the one operation. [`query`] binds its parameters, [`wire`] and [`wire_v4`] have its answers, [`merge`]
//!   puts the versions of several projects into one order.

pub mod merge;
pub mod operations;
pub mod query;
pub mod wire;
pub mod wire_v4;

use serde_json::Value;

use super::dialect::Zadig;
use super::versions::wire::choice::choose;
use crate::http::routes::{Routes, route};
use crate::world::settings::Settings;

/// The URL table.
pub(super) fn routes() -> Routes<Zadig> {
    Routes::default().with(
        route!(
            "/api/aslan/delivery/releases",
            get(operations::list_releases)
        )
        .or_wrong_method(),
    )
}

/// Names the answer of the world's generation.
pub(super) fn follow(document: &mut Value, settings: &Settings) {
    let generation = settings.zadig.unwrap_or_default();
    choose(document, generation, &["ZadigReleasesChoice"]);
}

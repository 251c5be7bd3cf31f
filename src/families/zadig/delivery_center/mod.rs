//! The internal list of delivery versions, which the document calls the delivery center.
//!
//! - [`operations`]: the one operation. [`query`] binds its parameters, [`wire`] has its answer, [`merge`] puts the
//!   versions of several projects into one order.

pub mod merge;
pub mod operations;
pub mod query;
pub mod wire;

use super::dialect::Zadig;
use crate::http::routes::{Routes, route};

/// The URL table.
pub(super) fn routes() -> Routes<Zadig> {
    Routes::default().with(route!(operations::list_releases).or_wrong_method())
}

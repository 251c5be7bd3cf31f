//! The tables of release plans and pipelines, together because an id of one may be sought in the other.

use super::{pipelines, plans};

/// The tables of both families.
#[derive(Debug, Default)]
pub struct Tables {
    /// Release plans.
    pub plans: plans::Table,
    /// Pipelines.
    pub pipelines: pipelines::Table,
}

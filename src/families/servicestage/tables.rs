//! The tables of release plans and pipelines, together because hints look for an id in both.

use super::{pipelines, plans};

/// The tables of both families.
#[derive(Debug, Default)]
pub struct Tables {
    pub plans: plans::Table,
    pub pipelines: pipelines::Table,
}

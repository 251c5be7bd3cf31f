//! The answers for an unknown id: the documented text, and the project that has it.

use super::error::{Error, ErrorKind};
use crate::families::servicestage::tables::Tables;

/// No plan of the project has the id.
#[must_use]
pub fn missing_plan(tables: &Tables, project: &str, id: &str) -> Error {
    let hint = if let Some(home) = tables.pipelines.home(id) {
        format!("{id} is a pipeline: /v3/{home}/pipeline/pipelines/{id}")
    } else {
        tables.plans.not_found_hint(project, id)
    };
    Error::from(ErrorKind::ReleaseNotFound).with_hint(hint)
}

/// No pipeline of the project has the id.
#[must_use]
pub fn missing_pipeline(tables: &Tables, project: &str, id: &str) -> Error {
    let hint = if let Some(home) = tables.plans.home(id) {
        format!("{id} is a release plan: /v3/{home}/cas/release-plans/{id}")
    } else {
        tables.pipelines.not_found_hint(project, id)
    };
    Error::from(ErrorKind::ReleaseNotFound).with_hint(hint)
}

//! The refusals of unknown ids, with the project or the family that has the id as a hint.

use super::error::{Error, ServiceStageErrorKind};
use crate::families::servicestage::tables::Tables;
use crate::world::hints;

/// The refusal of an unknown plan.
pub fn missing_plan(tables: &Tables, project: &str, id: &str) -> Error {
    let hint = if let Some(stored) = tables.pipelines.collection().find(id) {
        let home = &stored.scope;
        format!("{id} is a pipeline: /v3/{home}/pipeline/pipelines/{id}")
    } else {
        tables.plans.not_found_hint(project, id)
    };
    Error::from(ServiceStageErrorKind::ReleaseNotFound).with_hint(hint)
}

/// The refusal of an unknown pipeline.
pub fn missing_pipeline(tables: &Tables, project: &str, id: &str) -> Error {
    let hint = if let Some(home) = tables.plans.home(id) {
        format!("{id} is a release plan: /v3/{home}/cas/release-plans/{id}")
    } else {
        hints::not_found_hint("pipeline", tables.pipelines.collection(), project, id)
    };
    Error::from(ServiceStageErrorKind::ReleaseNotFound).with_hint(hint)
}

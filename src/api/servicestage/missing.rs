//! What is answered for an id that a project does not have: the documented text, and where the thing is.

use super::Error;
use crate::api::Tables;
use crate::api::hint::Sought;

/// No plan of the project has the id.
#[must_use]
pub fn plan(tables: &Tables, project: &str, id: &str) -> Error {
    let hint = if let Some(home) = tables.pipelines.home(id) {
        format!("{id} is a pipeline: /v3/{home}/pipeline/pipelines/{id}")
    } else {
        let sought = sought("release plan", project, id);
        tables.plans.whereabouts(&sought)
    };
    Error::ReleaseNotFound.with_hint(hint)
}

/// No pipeline of the project has the id.
#[must_use]
pub fn pipeline(tables: &Tables, project: &str, id: &str) -> Error {
    let hint = if let Some(home) = tables.plans.home(id) {
        format!("{id} is a release plan: /v3/{home}/cas/release-plans/{id}")
    } else {
        let sought = sought("pipeline", project, id);
        tables.pipelines.whereabouts(&sought)
    };
    Error::ReleaseNotFound.with_hint(hint)
}

fn sought<'a>(noun: &'a str, scope: &'a str, id: &'a str) -> Sought<'a> {
    Sought {
        noun,
        owner: "project",
        scope,
        id,
    }
}

//! What is answered for an id that a project does not have: the documented text, and where the thing is.

use super::Error;
use crate::api::Tables;
use crate::api::hint::Sought;

/// No plan of the project has the id.
#[must_use]
pub fn plan(tables: &Tables, project: &str, id: &str) -> Error {
    let hint = match tables.pipelines.contains(id) {
        true => format!("{id} is a pipeline: /v3/{project}/pipeline/pipelines/{id}"),
        false => tables
            .plans
            .whereabouts(&sought("release plan", project, id)),
    };
    Error::ReleaseNotFound.with_hint(hint)
}

/// No pipeline of the project has the id.
#[must_use]
pub fn pipeline(tables: &Tables, project: &str, id: &str) -> Error {
    let hint = match tables.plans.has_id(id) {
        true => format!("{id} is a release plan: /v3/{project}/cas/release-plans/{id}"),
        false => tables
            .pipelines
            .whereabouts(&sought("pipeline", project, id)),
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

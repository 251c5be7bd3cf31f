//! The timeline of a resource: its history, the commands it allows, its next change.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::dialect::{Control, json};
use super::past;
use crate::http::context::add_hint;
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::registry::{Unknown, family_names};
#[cfg(test)]
use crate::sim::timeline::Timeline;

/// The instant as of which a timeline is shown.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub(super) struct TimelineQuery {
    /// The instant, RFC 3339; absent: now.
    #[cfg_attr(test, param(format = DateTime))]
    at: Option<String>,
    /// The number of the command right after which it is shown, in place of `at`.
    command: Option<u64>,
}

/// Shows the history of a resource, its allowed commands and its next change.
///
/// The id of an ASM release is its uid. The history of a resource from fixtures or from an imported state begins with
/// an import. The commands are those that the status allows, whatever arguments they need; setting a trigger policy,
/// which is always possible, is not listed. `forecast` has the steps of the current run: when they began and ended, and when they
/// will if no command comes. Errors: 404 for an unknown family, or a resource that does not exist or
/// no longer exists. With `at` or `command` it is that of an earlier instant; 400, 409 and 410 if that cannot be reached.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/resources/{family}/{id}/timeline", operation_id = "ShowTimeline", tag = "control",
    params(("family" = String, Path, description = "`asm` (releases and meshes), `plans`, `pipelines` or `zadig`"),
        ("id" = String, Path, description = "The resource's id; of an ASM release its uid"),
        TimelineQuery),
    responses((status = 200, body = Timeline),
    ProblemWith::<400>,
    ProblemWith::<404>,
    ProblemWith::<409>,
    ProblemWith::<410>)))]
pub(super) async fn show_timeline(
    State(Control(world)): State<Control>,
    Path((family, id)): Path<(String, String)>,
    Query(query): Query<TimelineQuery>,
) -> Result<Response, Problem> {
    let past = past::read("at", query.at.as_deref(), query.command)?;
    let world = past::world_at(&world, past).await?;
    let found = world.read(|database, now| {
        let found = database.timeline(&family, &id, now);
        let mut others = family_names().into_iter();
        if found.is_err()
            && let Some(other) = others.find(|other| database.timeline(other, &id, now).is_ok())
        {
            let path = format!("/_emulator/v1/resources/{other}/{id}/timeline");
            add_hint(format!("did you mean GET {path}?"));
        }
        found
    });
    Ok(json(StatusCode::OK, &found?))
}

impl From<Unknown> for Problem {
    fn from(unknown: Unknown) -> Self {
        Self::NotFound(match unknown {
            Unknown::Family(family) => {
                format!("family {family}; there are asm, plans, pipelines and zadig")
            }
            Unknown::Resource { family, id } => format!("resource {id} of {family}"),
        })
    }
}

//! The timeline of a resource: its history, the commands it allows, its next change.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::dialect::{Control, json};
use crate::http::context::add_hint;
use crate::http::extract::Path;
use crate::http::problem::{Problem, ProblemWith};
use crate::registry::{Unknown, family_names};
use crate::sim::timeline::Timeline;

/// Shows the history of a resource, its allowed commands and its next change.
///
/// The id of an ASM release is its uid. The history of a resource from fixtures or from an imported state begins with
/// an import. The commands are those that the status allows, whatever arguments they need; setting a trigger policy,
/// which is always possible, is not listed. `forecast` has the steps of the current run: when they began and ended, and when they
/// will if no command comes. Errors: 404 for an unknown family, or a resource that does not exist or
/// no longer exists.
#[utoipa::path(get, path = "/_emulator/v1/resources/{family}/{id}/timeline", operation_id = "ShowTimeline", tag = "control",
    params(("family" = String, Path, description = "`asm` (releases and meshes), `plans`, `pipelines` or `zadig`"),
        ("id" = String, Path, description = "The resource's id; of an ASM release its uid")),
    responses((status = 200, body = Timeline),
    ProblemWith::<404>))]
pub(super) async fn show_timeline(
    State(Control(world)): State<Control>,
    Path((family, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
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

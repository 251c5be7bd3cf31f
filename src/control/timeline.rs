//! The timeline of a resource: its history, the commands it allows, its next change.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::dialect::{Control, json};
use super::transition::TransitionBody;
use crate::http::context::add_hint;
use crate::http::extract::Path;
use crate::http::problem::{Problem, ProblemWith};
use crate::registry::{Unknown, family_names};
use crate::sim::timeline::Timeline;
use crate::world::time::rfc3339;

/// The timeline of a resource.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Timeline)]
pub(super) struct TimelineBody {
    /// `asm`, `plans`, `pipelines` or `zadig`.
    family: &'static str,
    /// The project, mesh or project key.
    #[schema(value_type = String)]
    scope: Arc<str>,
    /// The resource's id.
    #[schema(value_type = String)]
    id: Arc<str>,
    /// The resource's name.
    #[schema(value_type = String)]
    name: Arc<str>,
    /// The status, in the service's word.
    #[schema(value_type = String)]
    status: Box<str>,
    /// The transitions of the resource and its steps, oldest first; at most the newest 1,000.
    transitions: Vec<TransitionBody>,
    /// The number of older transitions, which are not listed.
    truncated: u64,
    /// The commands that the status allows now.
    allowed: Vec<&'static str>,
    /// The next change that time alone brings; null: none.
    #[schema(required = true)]
    next: Option<NextBody>,
}

/// The next change that time alone brings. Of several changes at one instant it is the resource's own, if there is
/// one, else the first step's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NextTransition)]
struct NextBody {
    /// The instant, RFC 3339 in UTC.
    time: String,
    /// The step that changes; absent: the resource itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    step: Option<Box<str>>,
    /// The status that follows; empty: the resource is gone.
    #[schema(value_type = String)]
    to: Box<str>,
}

impl From<Timeline> for TimelineBody {
    fn from(timeline: Timeline) -> Self {
        let transitions = timeline.transitions.into_iter();
        Self {
            family: timeline.family,
            scope: timeline.scope,
            id: timeline.id,
            name: timeline.name,
            status: timeline.status,
            transitions: transitions
                .map(|(number, transition)| TransitionBody::new(number, transition))
                .collect(),
            truncated: timeline.forgotten,
            allowed: timeline.allowed,
            next: timeline.next.map(|next| NextBody {
                time: rfc3339(next.at),
                step: next.step,
                to: next.to,
            }),
        }
    }
}

/// Shows the history of a resource, the commands it allows now, and its next change.
///
/// The id of an ASM release is its uid. The history of a resource from fixtures or from an imported state begins with
/// an import. The commands are those that the status allows, whatever arguments they need; setting a trigger policy,
/// which is always possible, is not listed. Errors: 404 for an unknown family, or a resource that does not exist or
/// no longer exists.
#[utoipa::path(get, path = "/_emulator/v1/resources/{family}/{id}/timeline", operation_id = "ShowTimeline", tag = "control",
    params(("family" = String, Path, description = "`asm` (releases and meshes), `plans`, `pipelines` or `zadig`"),
        ("id" = String, Path, description = "The resource's id; of an ASM release its uid")),
    responses((status = 200, body = TimelineBody),
    ProblemWith::<404>))]
pub(super) async fn show_timeline(
    State(Control(world)): State<Control>,
    Path((family, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let found = world.read(|database, now| {
        let found = database.timeline(&family, &id, now);
        if found.is_err()
            && let Some(other) = family_names()
                .into_iter()
                .find(|other| database.timeline(other, &id, now).is_ok())
        {
            add_hint(format!(
                "did you mean GET /_emulator/v1/resources/{other}/{id}/timeline?"
            ));
        }
        found
    });
    let timeline = found.map_err(|unknown| {
        Problem::NotFound(match unknown {
            Unknown::Family => {
                format!("family {family}; there are asm, plans, pipelines and zadig")
            }
            Unknown::Resource => format!("resource {id} of {family}"),
        })
    })?;
    Ok(json(StatusCode::OK, &TimelineBody::from(timeline)))
}

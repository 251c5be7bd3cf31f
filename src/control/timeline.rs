//! The timeline of a resource: its history, the commands it allows, its next change.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::dialect::Control;
use super::problem::Problem;
use super::transition::TransitionBody;
use crate::http::context::add_hint;
use crate::http::extract::Path;
use crate::http::response;
use crate::registry::{Unknown, family_names};
use crate::sim::timeline::{Next, Timeline};
use crate::world::time::rfc3339;

/// What there is to say of a resource.
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
    /// What it is at, in the service's word.
    #[schema(value_type = String)]
    status: Box<str>,
    /// What it and its steps have been through, oldest first; at most the newest 1,000.
    transitions: Vec<TransitionBody>,
    /// How many older ones there were.
    truncated: u64,
    /// The commands that its status allows now.
    allowed: Vec<&'static str>,
    /// What changes next by itself; null: nothing.
    #[schema(required = true)]
    next: Option<NextBody>,
}

/// What changes next by itself. Of several things at one instant it is the resource's own status, if that is
/// among them, else the first step's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NextTransition)]
struct NextBody {
    /// When, RFC 3339 in UTC.
    time: String,
    /// The step that changes; absent: the resource itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    step: Option<Box<str>>,
    /// The status that follows; empty: it is gone.
    #[schema(value_type = String)]
    to: Box<str>,
}

impl TimelineBody {
    fn of(timeline: Timeline) -> Self {
        let Timeline {
            family,
            scope,
            id,
            name,
            status,
            transitions,
            forgotten,
            allowed,
            next,
        } = timeline;
        let transitions = transitions.into_iter();
        Self {
            family,
            scope,
            id,
            name,
            status,
            transitions: transitions
                .map(|(number, transition)| TransitionBody::of(number, transition))
                .collect(),
            truncated: forgotten,
            allowed,
            next: next.map(|Next { at, step, to }| NextBody {
                time: rfc3339(at),
                step,
                to,
            }),
        }
    }
}

/// Shows what a resource has been through, what can be said to it now, and what comes next by itself.
///
/// Of a release task the id is its uid. What fixtures or the state gave begins with an import. The commands are
/// those that the status allows, whatever arguments they need; a trigger policy, which can be set at any time, is
/// not listed. Errors: 404 for a family or a resource that is not there, or not any more.
#[utoipa::path(get, path = "/_emulator/v1/resources/{family}/{id}/timeline", operation_id = "ShowTimeline", tag = "control",
    params(("family" = String, Path, description = "`asm` (releases and meshes), `plans`, `pipelines` or `zadig`"),
        ("id" = String, Path, description = "The resource's id; of an ASM release its uid")),
    responses((status = 200, body = TimelineBody),
    (status = 404, body = super::problem::ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn show_timeline(
    State(Control(world)): State<Control>,
    Path((family, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let found = world.read(|tables, now| {
        let found = tables.timeline(&family, &id, now);
        if found.is_err()
            && let Some(other) = family_names()
                .into_iter()
                .find(|other| tables.timeline(other, &id, now).is_ok())
        {
            add_hint(format!(
                "it is there as GET /_emulator/v1/resources/{other}/{id}/timeline"
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
    let size = 256 * (1 + timeline.transitions.len());
    let body = TimelineBody::of(timeline);
    Ok(response::json(
        StatusCode::OK,
        response::to_json(&body, size),
    ))
}

//! The body of a transition: in an advance, a timeline and the stream of events.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::sim::Transition;
use crate::world::time::rfc3339;

/// A change of the status of a resource or step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transition)]
pub(super) struct TransitionBody {
    /// Its number in the life of the world; in a timeline 0 for an import, which is not a transition.
    id: u64,
    /// The instant, RFC 3339 in UTC.
    time: String,
    /// The family.
    family: &'static str,
    /// The project, mesh or project key.
    #[schema(value_type = String)]
    scope: Arc<str>,
    /// The resource's id.
    #[schema(value_type = String)]
    resource: Arc<str>,
    /// The resource's name.
    #[schema(value_type = String)]
    name: Arc<str>,
    /// The step that changed; absent: the resource itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    step: Option<Arc<str>>,
    /// The status before; empty: the resource did not exist.
    #[schema(value_type = String)]
    from: Arc<str>,
    /// The status after; empty: the resource is gone.
    #[schema(value_type = String)]
    to: Arc<str>,
    /// `clock`, `schedule` for a start by a trigger policy, or the name of the command; in a timeline also `import`.
    #[schema(value_type = String)]
    cause: Arc<str>,
}

impl TransitionBody {
    pub(super) fn new(id: u64, transition: Transition) -> Self {
        Self {
            id,
            time: rfc3339(transition.at),
            family: transition.family,
            scope: transition.scope,
            resource: transition.id,
            name: transition.name,
            step: transition.step,
            from: transition.from,
            to: transition.to,
            cause: transition.cause,
        }
    }
}

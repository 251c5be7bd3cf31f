//! Transitions as they are answered, wherever they are.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::sim::Transition;
use crate::world::time::rfc3339;

/// A change of state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transition)]
pub(super) struct TransitionBody {
    /// Its number in the life of the world; in a timeline 0 for an import, which was no transition.
    id: u64,
    /// When it happened, RFC 3339 in UTC.
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
    /// The status before; empty: it was not there.
    #[schema(value_type = String)]
    from: Arc<str>,
    /// The status after; empty: it is gone.
    #[schema(value_type = String)]
    to: Arc<str>,
    /// `clock`, `schedule` for what a trigger policy started, or the word of the command; in a timeline also
    /// `import`.
    #[schema(value_type = String)]
    cause: Arc<str>,
}

impl TransitionBody {
    pub(super) fn of(id: u64, transition: Transition) -> Self {
        let Transition {
            at,
            family,
            scope,
            id: resource,
            name,
            step,
            from,
            to,
            cause,
        } = transition;
        Self {
            id,
            time: rfc3339(at),
            family,
            scope,
            resource,
            name,
            step,
            from,
            to,
            cause,
        }
    }
}

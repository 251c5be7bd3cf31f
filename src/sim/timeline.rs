//! Timelines: the history of a resource, the commands it allows, and its next change.

use std::sync::Arc;

use serde::Serialize;

use super::collection::{Resource, Stored};
use super::next::Next;
use super::planned_step::PlannedStep;
#[cfg(test)]
use super::scripts::FamilyName;
use super::summary::code_and_word;
use super::transition::TransitionLog;
use super::{Millis, Transition};

/// The timeline of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Timeline {
    /// The family.
    #[cfg_attr(test, schema(value_type = FamilyName))]
    pub family: &'static str,
    /// The project, mesh or project key.
    pub scope: Arc<str>,
    /// The resource's id.
    pub id: Arc<str>,
    /// The resource's name.
    pub name: Arc<str>,
    /// The kind: `release`, `mesh`, `plan`, `pipeline`, `version` or `task`.
    pub kind: &'static str,
    /// The status, as in transitions.
    pub status: Box<str>,
    /// The status as a number, if the service has numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub code: Option<u8>,
    /// The status in words.
    pub word: Box<str>,
    /// The transitions of the resource and its steps, oldest first; at most the newest 1,000.
    pub transitions: Vec<Transition>,
    /// The number of older transitions, which are not listed.
    pub truncated: u64,
    /// The commands that the status allows now.
    pub allowed: Vec<&'static str>,
    /// The next change that time alone brings; null: none.
    #[cfg_attr(test, schema(required = true))]
    pub next: Option<Next>,
    /// The steps of the current run: what has happened, and what will if no command comes.
    pub forecast: Vec<PlannedStep>,
}

impl Timeline {
    pub fn new<T: Resource>(
        stored: &Stored<T>,
        allowed: Vec<&'static str>,
        next: Option<Next>,
        now: Millis,
        log: &TransitionLog,
    ) -> Self {
        let status = stored.item.status_label(now);
        let (code, word) = code_and_word::<T>(status);
        Self {
            family: T::FAMILY,
            scope: Arc::clone(&stored.scope),
            id: Arc::clone(&stored.id),
            name: stored.item.name().into(),
            kind: T::KIND,
            status: status.into(),
            code,
            word,
            transitions: stored.transitions(log),
            truncated: stored.forgotten(),
            allowed,
            next,
            forecast: PlannedStep::all(&stored.item, now),
        }
    }
}

//! Timelines: the history of a resource, the commands it allows, and its next change.

use std::sync::Arc;

use super::collection::stored::changes_at;
use super::collection::{Resource, Stored};
use super::transition::TransitionLog;
use super::{Millis, NEVER, Transition};

/// The timeline of a resource at some instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    pub family: &'static str,
    /// The project, mesh or project key that owns it.
    pub scope: Arc<str>,
    pub id: Arc<str>,
    pub name: Arc<str>,
    pub status: Box<str>,
    /// The transitions it remembers, oldest first, each with its number (0 for an import).
    pub transitions: Vec<(u64, Transition)>,
    /// The number of older transitions.
    pub forgotten: u64,
    /// The commands that its status allows, under the service's names.
    pub allowed: Vec<&'static str>,
    pub next: Option<Next>,
}

/// The next change that time brings. Of several at one instant it is that of the resource itself, or else that of the
/// first step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    pub at: Millis,
    /// The step that changes; absent: the resource itself.
    pub step: Option<Box<str>>,
    /// The status that follows; empty: it is gone.
    pub to: Box<str>,
}

impl Timeline {
    pub fn new<T: Resource>(
        stored: &Stored<T>,
        allowed: Vec<&'static str>,
        next: Option<Next>,
        now: Millis,
        log: &TransitionLog,
    ) -> Self {
        Self {
            family: T::FAMILY,
            scope: Arc::clone(&stored.scope),
            id: Arc::clone(&stored.id),
            name: stored.item.name().into(),
            status: stored.item.status_label(now).into(),
            transitions: stored.transitions(log),
            forgotten: stored.forgotten(),
            allowed,
            next,
        }
    }
}

/// The next change of a resource if no command comes. `due` is the next instant of a possible change after another.
pub fn next<T: Resource>(item: &T, now: Millis, due: impl Fn(Millis) -> Millis) -> Option<Next> {
    let instants = std::iter::successors(Some(due(now)), |at| Some(due(*at)));
    instants.take_while(|at| *at < NEVER).find_map(|at| {
        let (step, _, to) = changes_at(item, at).next()?;
        Some(Next {
            at,
            step: step.map(Box::from),
            to: to.into(),
        })
    })
}

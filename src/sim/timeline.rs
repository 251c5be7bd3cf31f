//! Timelines: what a thing has been through, what can be said to it, and what comes next.

use std::sync::Arc;

use super::collection::stored::changes_at;
use super::collection::{Resource, Stored};
use super::transition::TransitionLog;
use super::{Millis, NEVER, Transition};

/// What there is to say of a thing at some instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The family it belongs to.
    pub family: &'static str,
    /// The project, mesh or project key that owns it.
    pub scope: Arc<str>,
    /// Its id.
    pub id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    pub status: Box<str>,
    /// What it remembers of what happened to it, oldest first, each with its number; 0 for an import, which was
    /// no transition.
    pub transitions: Vec<(u64, Transition)>,
    pub forgotten: u64,
    /// The commands that its status allows, in the words of the service.
    pub allowed: Vec<&'static str>,
    /// What changes next by itself, if anything does.
    pub next: Option<Next>,
}

/// What changes next by itself. Of several things at one instant it is the resource's own status, if that is
/// among them, else the first step's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    pub at: Millis,
    /// The step that changes; absent: the resource itself.
    pub step: Option<Box<str>>,
    /// The status that follows; empty: it is gone.
    pub to: Box<str>,
}

impl Timeline {
    /// What there is to say of a thing on a shelf.
    #[must_use]
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

/// What changes next about a thing, if nobody says anything; `due` says when something may, after an instant.
#[must_use]
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

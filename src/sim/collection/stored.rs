//! A resource in a collection, with its history and the detection of its changes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::resource::Resource;
use crate::sim::transition::{
    CLOCK, Change, ChangeContext, History, IMPORT, ResourceRef, Symbol, TransitionLog,
};
use crate::sim::{Millis, Transition};

/// A resource with what its collection knows of it.
#[derive(Debug)]
pub struct Stored<T> {
    /// The project, mesh or project key that owns it.
    pub scope: Arc<str>,
    /// Its id, unique in the collection.
    pub id: Arc<str>,
    /// The thing.
    pub item: T,
    pub(super) created: Millis,
    /// When something about it changes by itself next, or [`crate::sim::NEVER`].
    pub(super) due: Millis,
    /// The last status that was told of it.
    pub(super) status: Symbol,
    history: History,
}

impl<T: Resource> Stored<T> {
    /// A thing that comes into being, which is told: its status and those of its steps come from nothing. Of an
    /// import only its own is noted.
    pub(super) fn new(
        scope: Arc<str>,
        id: Arc<str>,
        created: Millis,
        item: T,
        change_context: &mut ChangeContext,
    ) -> Self {
        let mut stored = Self {
            due: item.next_due(change_context.now),
            scope,
            id,
            item,
            created,
            status: Symbol::NOTHING,
            history: History::default(),
        };
        let changes = if change_context.cause == IMPORT {
            let is = change_context
                .log
                .intern(stored.item.status_label(change_context.now));
            own(Symbol::NOTHING, is).into_iter().collect()
        } else {
            StatusSnapshot::NOTHING
                .changes_to(&stored.snapshot(change_context.now, change_context.log))
        };
        stored.record(changes, change_context);
        stored
    }

    /// Its end, which is told. Its steps go with it untold.
    pub(super) fn end(&mut self, change_context: &mut ChangeContext) {
        let from = change_context
            .log
            .intern(self.item.status_label(change_context.now));
        self.record(
            own(from, Symbol::NOTHING).into_iter().collect(),
            change_context,
        );
    }

    /// Remembers what another did of the same thing. If that looks otherwise here, it is noted as an import.
    pub(super) fn inherit_history(
        &mut self,
        other: &mut Self,
        from: &TransitionLog,
        change_context: &mut ChangeContext,
    ) {
        let was = change_context
            .log
            .intern(other.item.status_label(change_context.now));
        let is = change_context
            .log
            .intern(self.item.status_label(change_context.now));
        self.history = std::mem::take(&mut other.history).translate(from, change_context.log);
        self.record(own(was, is).into_iter().collect(), change_context);
    }

    /// The transitions it remembers, oldest first, each with its number; 0 for an import.
    #[must_use]
    pub fn transitions(&self, log: &TransitionLog) -> Vec<(u64, Transition)> {
        self.history.transitions(&self.resource(), log)
    }

    /// How many transitions there were before those it remembers.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.history.forgotten()
    }

    fn resource(&self) -> ResourceRef<'_> {
        ResourceRef {
            family: T::FAMILY,
            scope: &self.scope,
            id: &self.id,
            name: self.item.name().into(),
        }
    }

    /// Changes the thing and tells what changed.
    pub(super) fn change<R>(
        &mut self,
        change_context: &mut ChangeContext,
        change: impl FnOnce(&mut T) -> R,
    ) -> R {
        let before = self.snapshot(change_context.now, change_context.log);
        let result = change(&mut self.item);
        let after = self.snapshot(change_context.now, change_context.log);
        self.record(before.changes_to(&after), change_context);
        result
    }

    /// Tells what of the thing looks otherwise at `due` than just before.
    pub(super) fn advance_to(&mut self, due: Millis, log: &mut TransitionLog) {
        let changes = changes_at(&self.item, due).map(|(step, from, to)| Change {
            step: step.map(Arc::from),
            from: log.intern(from),
            to: log.intern(to),
        });
        let changes = changes.collect();
        self.record(changes, &mut log.context(due, CLOCK));
    }

    fn record(&mut self, changes: Vec<Change>, change_context: &mut ChangeContext) {
        if changes.is_empty() {
            return;
        }
        if let Some(own) = changes.iter().rfind(|change| change.step.is_none()) {
            self.status = own.to;
        }
        let mut history = std::mem::take(&mut self.history);
        let resource = self.resource();
        for change in changes {
            history.add(change, &resource, change_context);
        }
        self.history = history;
    }

    fn snapshot(&self, now: Millis, log: &mut TransitionLog) -> StatusSnapshot {
        let steps = (0..self.item.n_steps()).filter_map(|step| self.item.step(step, now));
        StatusSnapshot {
            own: log.intern(self.item.status_label(now)),
            steps: steps
                .map(|(name, status)| (name.into(), log.intern(status)))
                .collect(),
        }
    }
}

/// A change of the thing itself, if it is one.
fn own(from: Symbol, to: Symbol) -> Option<Change> {
    (from != to).then_some(Change {
        step: None,
        from,
        to,
    })
}

/// What of a thing looks otherwise at an instant than just before, with both words: first the thing itself, then
/// steps by name.
pub(in crate::sim) fn changes_at<T: Resource>(
    item: &T,
    at: Millis,
) -> impl Iterator<Item = (Option<&str>, &str, &str)> {
    let own =
        std::iter::once_with(move || (None, item.status_label(at - 1), item.status_label(at)));
    let steps = std::iter::once_with(move || item.steps_changing_at(at)).flatten();
    let steps = steps.filter_map(move |step| {
        let (_, from) = item.step(step, at - 1)?;
        let (name, to) = item.step(step, at)?;
        Some((Some(name), from, to))
    });
    own.chain(steps).filter(|(_, from, to)| from != to)
}

/// What can be seen of a thing: its own status, and its steps by name, of which several may have the same.
struct StatusSnapshot {
    own: Symbol,
    steps: Vec<(Arc<str>, Symbol)>,
}

impl StatusSnapshot {
    /// What can be seen of a thing that is not there.
    const NOTHING: Self = Self {
        own: Symbol::NOTHING,
        steps: Vec::new(),
    };

    fn names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|(name, _)| &**name)
    }

    /// What differs in another sight: the thing itself, then its steps in their new order, then those that are
    /// not there any more. Of steps with the same name the first is taken for the first.
    fn changes_to(&self, after: &Self) -> Vec<Change> {
        let mut changes: Vec<_> = own(self.own, after.own).into_iter().collect();
        let mut add = |name: &Arc<str>, from: Symbol, to: Symbol| {
            if from != to {
                changes.push(Change {
                    step: Some(Arc::clone(name)),
                    from,
                    to,
                });
            }
        };
        if self.names().eq(after.names()) {
            for ((name, from), (_, to)) in self.steps.iter().zip(&after.steps) {
                add(name, *from, *to);
            }
            return changes;
        }
        let mut known: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for (n, (name, _)) in self.steps.iter().enumerate() {
            known.entry(name).or_default().push_back(n);
        }
        for (name, to) in &after.steps {
            let was = known.get_mut(&**name).and_then(VecDeque::pop_front);
            add(name, was.map_or(Symbol::NOTHING, |n| self.steps[n].1), *to);
        }
        let mut gone: Vec<usize> = known.into_values().flatten().collect();
        gone.sort_unstable();
        for n in gone {
            let (name, from) = &self.steps[n];
            add(name, *from, Symbol::NOTHING);
        }
        changes
    }
}

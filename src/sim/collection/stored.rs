//! A resource in a collection, with its history and the detection of its changes.

use std::collections::VecDeque;
use std::sync::Arc;

use foldhash::HashMap;

use super::resource::Resource;
use crate::sim::heap::Heap;
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};
use crate::sim::step_name::StepName;
use crate::sim::transition::{
    CLOCK, Change, ChangeContext, History, IMPORT, ResourceRef, StepSymbol, Symbol, TransitionLog,
};
use crate::sim::{Millis, NEVER, Transition};

/// The approximate size of the places that know a resource: the table, the indexes, the list of its scope, the agenda.
const OVERHEAD: usize = 160;

/// A resource with its scope, id and history.
#[derive(Clone, Debug)]
pub struct Stored<T> {
    /// The project, mesh or project key that owns it.
    pub scope: Arc<str>,
    /// Its id, unique in the collection.
    pub id: Arc<str>,
    pub item: T,
    pub(super) created: Millis,
    /// The instant of its next timed change, or [`crate::sim::NEVER`].
    pub(super) due: Millis,
    /// The last status that was recorded.
    pub(super) status: Symbol,
    /// The memory of the item, as it was last counted.
    counted: usize,
    history: History,
}

impl<T: Resource> Stored<T> {
    /// A new resource. Its status and those of its steps are recorded; of an import, only its own.
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
            counted: 0,
            history: History::default(),
        };
        let changes = if change_context.cause == IMPORT {
            own_change(Symbol::NOTHING, stored.own_status(change_context))
        } else {
            let first = stored.snapshot(change_context);
            changes(&[], &first, change_context.log)
        };
        stored.record(changes, change_context);
        change_context.log.account_mut().add(stored.overhead());
        stored.count_item(change_context.log);
        stored
    }

    /// Records its end, but not those of its steps, and gives its memory back.
    pub(super) fn end(&mut self, change_context: &mut ChangeContext) {
        let status = self.own_status(change_context);
        self.record(own_change(status, Symbol::NOTHING), change_context);
        self.history.release(change_context.log);
        let account = change_context.log.account_mut();
        account.subtract(self.overhead() + self.counted);
    }

    /// The memory beside the item and the history.
    fn overhead(&self) -> usize {
        OVERHEAD + size_of::<Self>() + self.id.heap()
    }

    fn count_item(&mut self, log: &mut TransitionLog) {
        let now = self.item.heap();
        log.account_mut().replace(self.counted, now);
        self.counted = now;
    }

    /// Takes over the history of an older version of the same resource. A different status is recorded as an import.
    pub(super) fn inherit_history(
        &mut self,
        other: &Self,
        from: &TransitionLog,
        change_context: &mut ChangeContext,
    ) {
        let before = other.own_status(change_context);
        let after = self.own_status(change_context);
        std::mem::take(&mut self.history).release(change_context.log);
        self.history = other.history.clone().translate(from, change_context.log);
        self.record(own_change(before, after), change_context);
    }

    /// The transitions it remembers, oldest first.
    pub fn transitions(&self, log: &TransitionLog) -> Vec<Transition> {
        self.history.transitions(&self.resource(), log)
    }

    /// The number of older transitions, which are no longer remembered.
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

    /// Changes the resource and records the differences.
    pub(super) fn change<R>(
        &mut self,
        change_context: &mut ChangeContext,
        change: impl FnOnce(&mut T) -> R,
    ) -> R {
        let before = self.snapshot(change_context);
        let result = change(&mut self.item);
        let after = self.snapshot(change_context);
        let changes = changes(&before, &after, change_context.log);
        self.record(changes, change_context);
        self.count_item(change_context.log);
        result
    }

    /// Records the changes that time brings at `due`.
    pub(super) fn advance_to(&mut self, due: Millis, log: &mut TransitionLog) {
        let changes = changes_at(&self.item, due)
            .map(|(step, from, to)| Change {
                step: step.map(|step| log.intern_step(step)),
                from: log.intern(from),
                to: log.intern(to),
            })
            .collect();
        self.record(changes, &mut log.context(due, CLOCK));
    }

    /// Brings the next status to the present, with the changes of steps before it; if time alone leads to no other status,
    /// the next change of a step. Returns false if nothing is under way.
    pub(super) fn hasten(&mut self, change_context: &mut ChangeContext) -> bool {
        let now = change_context.now;
        let Some(target) = next_status(&self.item, now) else {
            return false;
        };
        let log = &mut *change_context.log;
        let mut changes = Vec::new();
        let mut at = now;
        while at < target {
            at = self.item.progress_due(at);
            changes.extend(changes_at(&self.item, at).map(|(step, from, to)| Change {
                step: step.map(|step| log.intern_step(step)),
                from: log.intern(from),
                to: log.intern(to),
            }));
        }
        self.item.hasten(now, target - now);
        self.record(changes, change_context);
        self.count_item(change_context.log);
        true
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

    fn own_status(&self, change_context: &mut ChangeContext) -> Symbol {
        let status = self.item.status_label(change_context.now);
        change_context.log.intern(status)
    }

    fn snapshot(&self, change_context: &mut ChangeContext) -> Vec<NamedStatus> {
        let own = (None, self.own_status(change_context));
        let ChangeContext { now, log, .. } = change_context;
        let steps = (0..self.item.n_steps())
            .filter_map(|step| self.item.step(step, *now))
            .map(|(name, status)| (Some(log.intern_step(name)), log.intern(status)));
        std::iter::once(own).chain(steps).collect()
    }
}

/// The status of a step, by name, or that of the resource itself. Several steps may have the same name.
type NamedStatus = (Option<StepSymbol>, Symbol);

/// The change of the resource's own status, if it differs.
fn own_change(from: Symbol, to: Symbol) -> Vec<Change> {
    let step = None;
    let change = Change { step, from, to };
    if from == to { Vec::new() } else { vec![change] }
}

/// The changes of status at an instant: the resource's own first, then those of its steps, by name. Each has the
/// status before and after.
pub(in crate::sim) fn changes_at<T: Resource>(
    item: &T,
    at: Millis,
) -> impl Iterator<Item = (Option<StepName<&str>>, &str, &str)> {
    let own =
        std::iter::once_with(move || (None, item.status_label(at - 1), item.status_label(at)));
    let steps = std::iter::once_with(move || item.steps_changing_at(at))
        .flatten()
        .filter_map(move |step| {
            let (_, from) = item.step(step, at - 1)?;
            let (name, to) = item.step(step, at)?;
            Some((Some(name), from, to))
        });
    own.chain(steps).filter(|(_, from, to)| from != to)
}

/// The instant of the next status that time alone brings, else of the next change.
fn next_status<T: Resource>(item: &T, now: Millis) -> Option<Millis> {
    let first = item.progress_due(now);
    if first == NEVER {
        return None;
    }
    let mut instants = std::iter::successors(Some(first), |at| Some(item.progress_due(*at)));
    let status = item.status_label(now);
    instants
        .by_ref()
        .take_while(|at| *at < NEVER)
        .find(|at| item.status_label(*at) != status)
        .or(Some(first))
}

/// The differences between two snapshots: the resource itself, its steps in their new order, then removed steps. Steps
/// with the same name are paired in order; one that was moved to another stage or service is paired with itself.
fn changes(before: &[NamedStatus], after: &[NamedStatus], log: &TransitionLog) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |step, from, to| {
        if from != to {
            changes.push(Change { step, from, to });
        }
    };
    let mut old_steps: HashMap<Option<StepSymbol>, VecDeque<usize>> = HashMap::default();
    for (n, (step, _)) in before.iter().enumerate() {
        old_steps.entry(*step).or_default().push_back(n);
    }
    let mut pairs: Vec<Option<usize>> = after
        .iter()
        .map(|(step, _)| old_steps.get_mut(step).and_then(VecDeque::pop_front))
        .collect();
    let mut removed: Vec<usize> = old_steps.into_values().flatten().collect();
    removed.sort_unstable();
    if !removed.is_empty() {
        let own_name = |step: Option<StepSymbol>| step.map(|step| &log.step(step).step);
        for (pair, (step, _)) in pairs
            .iter_mut()
            .zip(after)
            .filter(|(pair, _)| pair.is_none())
        {
            let same = |n: &usize| own_name(before[*n].0) == own_name(*step);
            *pair = removed.iter().position(same).map(|n| removed.remove(n));
        }
    }
    for ((step, to), old) in after.iter().zip(pairs) {
        add(*step, old.map_or(Symbol::NOTHING, |n| before[n].1), *to);
    }
    for n in removed {
        let (step, from) = before[n];
        add(step, from, Symbol::NOTHING);
    }
    changes
}

impl<T: Resource + Pack> Stored<T> {
    pub(super) fn pack(&self, packer: &mut Packer) {
        self.scope.pack(packer);
        packer.text(&self.id);
        self.created.pack(packer);
        self.due.pack(packer);
        self.status.pack(packer);
        self.history.pack(packer);
        self.item.pack(packer);
    }

    /// Reads a resource, and counts its memory.
    pub(super) fn unpack(
        unpacker: &mut Unpacker,
        log: &mut TransitionLog,
    ) -> Result<Self, UnpackError> {
        let mut stored = Self {
            scope: Pack::unpack(unpacker)?,
            id: Arc::from(unpacker.text()?),
            created: Pack::unpack(unpacker)?,
            due: Pack::unpack(unpacker)?,
            status: log.unpack_symbol(unpacker)?,
            history: History::unpack(unpacker, log)?,
            item: Pack::unpack(unpacker)?,
            counted: 0,
        };
        log.account_mut().add(stored.overhead());
        stored.count_item(log);
        Ok(stored)
    }
}

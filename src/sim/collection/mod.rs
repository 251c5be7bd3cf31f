//! The resources of a family: found by id, listed per scope in the order of time, advanced when due.

mod hash_index;
mod resource;
mod slots;
mod sorted_keys;
use super::pack::{Pack, Packer, UnpackError, Unpacker};

pub(super) mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::HashMap;

pub use hash_index::HashIndex;
pub use resource::{ArrivalId, Resource};
#[cfg(test)]
pub(crate) use slots::access_count;
pub use stored::Stored;

use super::transition::{ChangeContext, SCHEDULE, Symbol, TransitionLog};
use super::{Millis, NEVER};
use slots::Slots;
use sorted_keys::{Keys, SortedKeys};

/// The resources of all scopes. Finding, adding, changing and removing one cost O(log n), apart from moving keys
/// in a sorted `Vec`, and a recorded change accesses each step of the resource. Clones share the resources.
#[derive(Clone, Debug)]
pub struct Collection<T> {
    slots: Slots<T>,
    ids: HashIndex,
    scopes: BTreeMap<Arc<str>, SortedKeys<(Millis, ArrivalId)>>,
    /// The next timed change of each resource that has one.
    agenda: BTreeSet<(Millis, ArrivalId)>,
    /// The number of resources at each status.
    counts: HashMap<Symbol, usize>,
    arrived: ArrivalId,
}

impl<T> Default for Collection<T> {
    fn default() -> Self {
        Self {
            slots: Slots::default(),
            ids: HashIndex::default(),
            scopes: BTreeMap::new(),
            agenda: BTreeSet::new(),
            counts: HashMap::default(),
            arrived: 0,
        }
    }
}

impl<T: Resource> Collection<T> {
    /// Adds a resource that was created at `created`; of two with the same time, the one added later is the newer.
    /// Its first status and those of its steps are recorded; of an import, only its own.
    ///
    /// # Panics
    /// If the collection has the id already: callers draw a fresh one or check first.
    pub fn insert(
        &mut self,
        scope: &str,
        id: &str,
        created: Millis,
        item: T,
        change_context: &mut ChangeContext,
    ) -> ArrivalId {
        assert!(!self.contains(id), "the id is in use");
        let arrival_id = self.arrived;
        self.arrived += 1;
        let scope = match self.scopes.get_key_value(scope) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(scope),
        };
        let id: Arc<str> = Arc::from(id);
        let stored = Stored::new(scope, id, created, item, change_context);
        self.put(arrival_id, stored);
        arrival_id
    }

    /// Stores a resource, and adds it to all indexes.
    fn put(&mut self, arrival_id: ArrivalId, stored: Stored<T>) {
        self.scopes
            .entry(Arc::clone(&stored.scope))
            .or_default()
            .insert((stored.created, arrival_id));
        if stored.due < NEVER {
            self.agenda.insert((stored.due, arrival_id));
        }
        Self::count(&mut self.counts, Symbol::NOTHING, stored.status);
        self.slots.insert(arrival_id, stored);
        let id_of = |arrival_id| &*self.slots.named(arrival_id).id;
        self.ids.insert(arrival_id, id_of);
    }

    /// Returns true if a resource of any scope has the id.
    pub fn contains(&self, id: &str) -> bool {
        self.arrival_id(id).is_some()
    }

    /// The position of the resource with that id.
    pub fn arrival_id(&self, id: &str) -> Option<ArrivalId> {
        self.ids
            .get(&id, |arrival_id| &*self.slots.named(arrival_id).id)
    }

    /// The resource with that id, in any scope.
    pub fn find(&self, id: &str) -> Option<&Stored<T>> {
        self.at(self.arrival_id(id)?)
    }

    pub fn at(&self, arrival_id: ArrivalId) -> Option<&Stored<T>> {
        self.slots.get(arrival_id)
    }

    /// The order of arrival of all resources.
    pub fn arrival_ids(&self) -> Vec<ArrivalId> {
        let all = self.slots.in_order().into_iter();
        all.map(|(arrival_id, _)| arrival_id).collect()
    }

    /// The resource at a position, for its name or id. It does not count as an access: comparing keys is part of
    /// finding a resource.
    ///
    /// # Panics
    /// If there is none.
    pub fn named(&self, arrival_id: ArrivalId) -> &Stored<T> {
        self.slots.named(arrival_id)
    }

    /// The resource with that id, if it belongs to the scope.
    pub fn get(&self, scope: &str, id: &str) -> Option<&T> {
        self.find(id)
            .filter(|stored| &*stored.scope == scope)
            .map(|stored| &stored.item)
    }

    /// Changes a resource of the scope, records its transitions, and reschedules it.
    pub fn edit<R>(
        &mut self,
        scope: &str,
        id: &str,
        change_context: &mut ChangeContext,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let arrival_id = self.arrival_id(id)?;
        let stored = self
            .slots
            .get_mut(arrival_id)
            .filter(|stored| &*stored.scope == scope)?;
        let before = stored.status;
        let result = stored.change(change_context, change);
        Self::count(&mut self.counts, before, stored.status);
        let due = stored.item.next_due(change_context.now);
        Self::reschedule(&mut self.agenda, arrival_id, stored, due);
        Some(result)
    }

    /// Moves a resource that is under way to its next status. Returns false if it is not, or if there is none with the id.
    pub fn hasten(&mut self, id: &str, change_context: &mut ChangeContext) -> bool {
        let Some(arrival_id) = self.arrival_id(id) else {
            return false;
        };
        let Some(stored) = self.slots.get_mut(arrival_id) else {
            return false;
        };
        let before = stored.status;
        if !stored.hasten(change_context) {
            return false;
        }
        Self::count(&mut self.counts, before, stored.status);
        let due = stored.item.next_due(change_context.now);
        Self::reschedule(&mut self.agenda, arrival_id, stored, due);
        true
    }

    /// The resources that have a timed change, in the order of these changes.
    pub fn timed(&self) -> impl Iterator<Item = &Stored<T>> {
        let stored = |(_, arrival_id): &(Millis, ArrivalId)| self.slots.get(*arrival_id);
        self.agenda.iter().filter_map(stored)
    }

    /// Removes a resource of the scope. Its end is recorded, those of its steps are not.
    pub fn remove(
        &mut self,
        scope: &str,
        id: &str,
        change_context: &mut ChangeContext,
    ) -> Option<T> {
        let arrival_id = self.arrival_id(id)?;
        if &*self.slots.get(arrival_id)?.scope != scope {
            return None;
        }
        let mut stored = self.slots.remove(arrival_id)?;
        let before = stored.status;
        stored.end(change_context);
        Self::count(&mut self.counts, before, stored.status);
        self.ids.remove(id, arrival_id);
        self.agenda.remove(&(stored.due, arrival_id));
        if let Some(sorted) = self.scopes.get_mut(scope) {
            sorted.remove((stored.created, arrival_id));
            if sorted.len() == 0 {
                self.scopes.remove(scope);
            }
        }
        Some(stored.item)
    }

    pub fn len(&self, scope: &str) -> usize {
        self.scopes.get(scope).map_or(0, SortedKeys::len)
    }

    /// The resources of a scope, oldest first; `rev()` for newest first.
    pub fn of(&self, scope: &str) -> Iter<'_, T> {
        let keys = self
            .scopes
            .get(scope)
            .map(SortedKeys::keys)
            .unwrap_or_default();
        Iter {
            keys,
            slots: &self.slots,
        }
    }

    /// The scopes that have resources, in alphabetical order.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.keys().map(|scope| &**scope)
    }

    /// The number of resources at each status, in no order. It is current once all timers that are due have fired.
    pub fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
    ) -> impl Iterator<Item = (&'a str, usize)> {
        let counts = self.counts.iter();
        counts.map(|(status, count)| (&**log.text(*status), *count))
    }

    /// The instant of the next timed change, or [`NEVER`].
    pub fn next_due(&self) -> Millis {
        self.agenda.first().map_or(NEVER, |(due, _)| *due)
    }

    /// Fires the first timer that is due at `now`: records the transitions, performs the resource's timed action with
    /// `act`, and reschedules it. Only the steps that change are accessed, so a run costs as much as its steps and not
    /// their square. Returns true if a timer was due.
    ///
    /// # Panics
    /// Never: the agenda names stored resources.
    pub fn fire_next(
        &mut self,
        now: Millis,
        log: &mut TransitionLog,
        act: impl FnOnce(&str, &str, &mut T, Millis),
    ) -> bool {
        let Some((due, arrival_id)) = self.agenda.first().copied().filter(|(due, _)| *due <= now)
        else {
            return false;
        };
        let stored = self
            .slots
            .get_mut(arrival_id)
            .expect("the agenda names stored resources");
        let before = stored.status;
        stored.advance_to(due, log);
        if stored.item.has_timed_action(due) {
            let (scope, id) = (Arc::clone(&stored.scope), Arc::clone(&stored.id));
            let act = |item: &mut T| act(&scope, &id, item, due);
            stored.change(&mut log.context(due, SCHEDULE), act);
        }
        Self::count(&mut self.counts, before, stored.status);
        let next = stored.item.next_due(due);
        Self::reschedule(&mut self.agenda, arrival_id, stored, next);
        true
    }

    /// Takes over the histories of the resources that both collections hold; of those alone that have changed since the
    /// other one looked like `since`, if that is given. `from` is the log of the other.
    pub fn inherit_history(
        &mut self,
        other: &Self,
        since: Option<&Self>,
        from: &TransitionLog,
        change_context: &mut ChangeContext,
    ) {
        for stored in self.slots.all_mut() {
            let Some(arrival_id) = other.arrival_id(&stored.id) else {
                continue;
            };
            if since.is_none_or(|since| !other.slots.is_shared(&since.slots, arrival_id))
                && let Some(old) = other.slots.get(arrival_id)
                && old.scope == stored.scope
            {
                stored.inherit_history(old, from, change_context);
            }
        }
    }

    fn count(counts: &mut HashMap<Symbol, usize>, before: Symbol, after: Symbol) {
        if before == after {
            return;
        }
        if after != Symbol::NOTHING {
            *counts.entry(after).or_default() += 1;
        }
        if let Some(count) = counts.get_mut(&before) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&before);
            }
        }
    }

    fn reschedule(
        agenda: &mut BTreeSet<(Millis, ArrivalId)>,
        arrival_id: ArrivalId,
        stored: &mut Stored<T>,
        due: Millis,
    ) {
        agenda.remove(&(stored.due, arrival_id));
        stored.due = due;
        if due < NEVER {
            agenda.insert((due, arrival_id));
        }
    }
}

impl<T: Resource + Pack> Collection<T> {
    /// Packs the resources in the order of their arrival. The indexes follow from them.
    pub fn pack(&self, packer: &mut Packer) {
        let all = self.slots.in_order();
        self.arrived.pack(packer);
        packer.number(all.len() as u64);
        for (arrival_id, stored) in all {
            arrival_id.pack(packer);
            stored.pack(packer);
        }
    }

    /// Reads a collection whose statuses and steps the log knows.
    pub fn unpack(unpacker: &mut Unpacker, log: &mut TransitionLog) -> Result<Self, UnpackError> {
        let mut collection = Self {
            arrived: Pack::unpack(unpacker)?,
            ..Self::default()
        };
        for _ in 0..unpacker.count()? {
            let arrival_id = ArrivalId::unpack(unpacker)?;
            let stored = Stored::unpack(unpacker, log)?;
            if arrival_id >= collection.arrived || collection.contains(&stored.id) {
                return Err(UnpackError::Wrong("collection"));
            }
            collection.put(arrival_id, stored);
        }
        Ok(collection)
    }
}

/// The resources of a scope in the order of time, from either end. `skip` does not access the resources it passes, so
/// a page costs as much as the resources on it.
#[derive(Debug)]
pub struct Iter<'a, T> {
    keys: Keys<'a, (Millis, ArrivalId)>,
    slots: &'a Slots<T>,
}

impl<'a, T> Iter<'a, T> {
    fn stored(&self, (_, arrival_id): (Millis, ArrivalId)) -> &'a Stored<T> {
        let stored = self.slots.get(arrival_id);
        stored.expect("a scope names stored resources")
    }
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a Stored<T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.keys.next().map(|key| self.stored(key))
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.keys.nth(n).map(|key| self.stored(key))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.keys.size_hint()
    }
}

impl<T> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.keys.next_back().map(|key| self.stored(key))
    }

    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        self.keys.nth_back(n).map(|key| self.stored(key))
    }
}

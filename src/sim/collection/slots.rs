//! The storage of a collection. Every access passes through here, so that tests can count them: the cost of an
//! operation must not depend on how many resources are stored.

use std::sync::Arc;

use foldhash::HashMap;

use super::resource::ArrivalId;
use super::stored::Stored;

/// Resources by their order of arrival. Clones share them: one that is changed afterwards is copied first.
#[derive(Clone, Debug)]
pub(super) struct Slots<T>(HashMap<ArrivalId, Arc<Stored<T>>>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T> Slots<T> {
    /// A resource for its name or id, which does not count as an access.
    ///
    /// # Panics
    /// If there is none.
    pub(super) fn named(&self, arrival_id: ArrivalId) -> &Stored<T> {
        &self.0[&arrival_id]
    }

    pub(super) fn get(&self, arrival_id: ArrivalId) -> Option<&Stored<T>> {
        count_access(1);
        self.0.get(&arrival_id).map(|stored| &**stored)
    }

    pub(super) fn insert(&mut self, arrival_id: ArrivalId, stored: Stored<T>) {
        count_access(1);
        self.0.insert(arrival_id, Arc::new(stored));
    }

    /// The order of arrival of all resources.
    pub(super) fn in_order(&self) -> Vec<(ArrivalId, &Stored<T>)> {
        let all = self.0.iter();
        let mut all: Vec<_> = all
            .map(|(arrival_id, stored)| (*arrival_id, &**stored))
            .collect();
        all.sort_unstable_by_key(|(arrival_id, _)| *arrival_id);
        all
    }

    /// Returns true if a clone shares a resource, which has then not been changed since.
    pub(super) fn is_shared(&self, other: &Self, arrival_id: ArrivalId) -> bool {
        match (self.0.get(&arrival_id), other.0.get(&arrival_id)) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            _ => false,
        }
    }
}

impl<T: Clone> Slots<T> {
    pub(super) fn get_mut(&mut self, arrival_id: ArrivalId) -> Option<&mut Stored<T>> {
        count_access(1);
        self.0.get_mut(&arrival_id).map(Arc::make_mut)
    }

    pub(super) fn remove(&mut self, arrival_id: ArrivalId) -> Option<Stored<T>> {
        count_access(1);
        self.0.remove(&arrival_id).map(Arc::unwrap_or_clone)
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Stored<T>> {
        count_access(self.0.len());
        self.0.values_mut().map(Arc::make_mut)
    }
}

#[cfg(not(test))]
fn count_access(_: usize) {}

#[cfg(test)]
fn count_access(n: usize) {
    access_count::ACCESSES.set(access_count::ACCESSES.get() + n);
}

#[cfg(test)]
pub(crate) mod access_count {
    use std::cell::Cell;

    thread_local! {
        pub(super) static ACCESSES: Cell<usize> = const { Cell::new(0) };
    }

    /// The number of accesses to resources by this thread.
    pub(crate) fn so_far() -> usize {
        ACCESSES.get()
    }
}

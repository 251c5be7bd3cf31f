//! The storage of a collection. Every access passes through here, so that tests can count them: the cost of an
//! operation must not depend on how many resources are stored.

use foldhash::HashMap;

use super::resource::ArrivalId;
use super::stored::Stored;

/// Things by serial, each in a place of its own: a table that grows then moves little.
#[derive(Debug)]
pub(super) struct Slots<T>(HashMap<ArrivalId, Box<Stored<T>>>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T> Slots<T> {
    /// One for the sake of what it is called, which is no look: that is how it is found.
    ///
    /// # Panics
    /// If it is not kept.
    pub(super) fn named(&self, arrival_id: ArrivalId) -> &Stored<T> {
        &self.0[&arrival_id]
    }

    pub(super) fn get(&self, arrival_id: ArrivalId) -> Option<&Stored<T>> {
        count_access(1);
        self.0.get(&arrival_id).map(|stored| &**stored)
    }

    pub(super) fn get_mut(&mut self, arrival_id: ArrivalId) -> Option<&mut Stored<T>> {
        count_access(1);
        self.0.get_mut(&arrival_id).map(|stored| &mut **stored)
    }

    pub(super) fn insert(&mut self, arrival_id: ArrivalId, stored: Stored<T>) {
        count_access(1);
        self.0.insert(arrival_id, Box::new(stored));
    }

    pub(super) fn remove(&mut self, arrival_id: ArrivalId) -> Option<Stored<T>> {
        count_access(1);
        self.0.remove(&arrival_id).map(|stored| *stored)
    }

    /// All of them, for what replaces them all.
    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Stored<T>> {
        count_access(self.0.len());
        self.0.values_mut().map(|stored| &mut **stored)
    }
}

#[cfg(not(test))]
fn count_access(_: usize) {}

#[cfg(test)]
fn count_access(things: usize) {
    access_count::ACCESSES.set(access_count::ACCESSES.get() + things);
}

#[cfg(test)]
pub(crate) mod access_count {
    use std::cell::Cell;

    thread_local! {
        pub(super) static ACCESSES: Cell<usize> = const { Cell::new(0) };
    }

    /// At how many things this thread has looked, each time counted.
    pub(crate) fn so_far() -> usize {
        ACCESSES.get()
    }
}

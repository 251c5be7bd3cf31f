//! Where a shelf keeps its things. Whoever looks at one comes by here, so that tests can count how many that were:
//! what an operation costs must not depend on how many things there are.

use foldhash::HashMap;

use super::entry::Entry;
use super::shelf::Serial;

/// Things by serial, each in a place of its own: a table that grows then moves little.
#[derive(Debug)]
pub(super) struct Kept<T>(HashMap<Serial, Box<Entry<T>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T> Kept<T> {
    /// One for the sake of what it is called, which is no look: that is how it is found.
    ///
    /// # Panics
    /// If it is not kept.
    pub(super) fn named(&self, serial: Serial) -> &Entry<T> {
        &self.0[&serial]
    }

    pub(super) fn get(&self, serial: Serial) -> Option<&Entry<T>> {
        looked_at(1);
        self.0.get(&serial).map(|entry| &**entry)
    }

    pub(super) fn get_mut(&mut self, serial: Serial) -> Option<&mut Entry<T>> {
        looked_at(1);
        self.0.get_mut(&serial).map(|entry| &mut **entry)
    }

    pub(super) fn insert(&mut self, serial: Serial, entry: Entry<T>) {
        looked_at(1);
        self.0.insert(serial, Box::new(entry));
    }

    pub(super) fn remove(&mut self, serial: Serial) -> Option<Entry<T>> {
        looked_at(1);
        self.0.remove(&serial).map(|entry| *entry)
    }

    /// All of them, for what replaces them all.
    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Entry<T>> {
        looked_at(self.0.len());
        self.0.values_mut().map(|entry| &mut **entry)
    }
}

#[cfg(not(test))]
fn looked_at(_: usize) {}

#[cfg(test)]
fn looked_at(things: usize) {
    looks::LOOKS.set(looks::LOOKS.get() + things);
}

#[cfg(test)]
pub(crate) mod looks {
    use std::cell::Cell;

    thread_local! {
        pub(super) static LOOKS: Cell<usize> = const { Cell::new(0) };
    }

    /// At how many things this thread has looked, each time counted.
    pub(crate) fn so_far() -> usize {
        LOOKS.get()
    }
}

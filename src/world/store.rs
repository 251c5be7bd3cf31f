//! One lock around the whole memory, lent only to closures.

use std::sync::{Arc, PoisonError, RwLock};

/// A shared value behind one read-write lock. No guard leaves it, so none can meet an `.await`.
///
/// A lock that a panicking closure poisoned is used on: every command checks before it changes anything.
#[derive(Debug, Default)]
pub struct Store<S>(Arc<RwLock<S>>);

impl<S> Clone for Store<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Store<S> {
    /// A store that holds `value`.
    pub fn new(value: S) -> Self {
        Self(Arc::new(RwLock::new(value)))
    }

    /// Lends the value for looking at, beside other readers.
    pub fn read<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lends the value for changing, alone.
    pub fn write<R>(&self, change: impl FnOnce(&mut S) -> R) -> R {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

//! The store: one lock around the whole memory, accessed through closures.

use std::sync::{Arc, PoisonError, RwLock};

/// A shared value behind one read-write lock. Closures are synchronous, so the lock is never held across an `.await`.
///
/// A poisoned lock stays in use: every command checks before it changes anything, so a panic leaves the value intact.
#[derive(Debug)]
pub struct Store<S>(Arc<RwLock<S>>);

impl<S> Store<S> {
    pub fn new(value: S) -> Self {
        Self(Arc::new(RwLock::new(value)))
    }

    /// Calls `look` with shared access.
    pub fn read<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Calls `change` with exclusive access.
    pub fn write<R>(&self, change: impl FnOnce(&mut S) -> R) -> R {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

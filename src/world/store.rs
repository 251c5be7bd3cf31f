//! The store: one lock around the whole memory, accessed through closures.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, TryLockError};

/// A shared value behind one read-write lock. Closures are synchronous, so the lock is never held across an `.await`.
///
/// A poisoned lock stays in use: every command checks before it changes anything, so a panic leaves the value intact.
#[derive(Debug)]
pub struct Store<S> {
    value: RwLock<S>,
    /// The threads that wait for the lock. It is not fair, so long work that takes it again and again looks here in between.
    n_waiting: AtomicUsize,
}

impl<S> Store<S> {
    pub fn new(value: S) -> Self {
        Self {
            value: RwLock::new(value),
            n_waiting: AtomicUsize::new(0),
        }
    }

    /// Calls `look` with shared access.
    pub fn read<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        let value = match self.value.try_read() {
            Ok(value) => value,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                self.waiting(|| self.value.read().unwrap_or_else(PoisonError::into_inner))
            }
        };
        look(&value)
    }

    /// Calls `change` with exclusive access.
    pub fn write<R>(&self, change: impl FnOnce(&mut S) -> R) -> R {
        let mut value = match self.value.try_write() {
            Ok(value) => value,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                self.waiting(|| self.value.write().unwrap_or_else(PoisonError::into_inner))
            }
        };
        change(&mut value)
    }

    /// True while a thread waits for access.
    pub fn is_awaited(&self) -> bool {
        self.n_waiting.load(Ordering::Relaxed) > 0
    }

    fn waiting<R>(&self, lock: impl FnOnce() -> R) -> R {
        self.n_waiting.fetch_add(1, Ordering::Relaxed);
        let locked = lock();
        self.n_waiting.fetch_sub(1, Ordering::Relaxed);
        locked
    }
}

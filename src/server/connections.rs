//! The connections of a process: their limits, their number, and what becomes of those beyond it.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::listeners::is_out_of_files;
use crate::sim::clock::Stopwatch;

/// The most connections beyond the limit that are refused at a time. The next ones wait in the backlog of their listener.
const MOST_REFUSED: usize = 64;

/// The time without a failure after which a further one is logged again.
const QUIET: Duration = Duration::from_mins(1);

/// The limits of connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// The most of them at a time, those of all worlds together.
    pub most: usize,
    /// The longest time between two requests; 0 ends each connection with its first answer.
    pub keep_alive: Duration,
    /// The longest time from the first byte of a head to its last.
    pub longest_head: Duration,
    /// The longest time in which a client accepts no byte of an answer.
    pub longest_stall: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            most: 4_096,
            keep_alive: Duration::from_secs(75),
            longest_head: Duration::from_secs(30),
            longest_stall: Duration::from_secs(30),
        }
    }
}

/// The connections of a process. All clones are the same.
#[derive(Clone, Debug)]
pub struct Connections(Arc<ConnectionsInner>);

#[derive(Debug)]
struct ConnectionsInner {
    limits: ConnectionLimits,
    served: Arc<Semaphore>,
    refused: Arc<Semaphore>,
    n_refused: AtomicU64,
    /// The time since the last failure to accept for lack of file descriptors.
    last_shortage: Mutex<Option<Stopwatch>>,
}

/// The place of a connection, which it gives back when it ends.
#[derive(Debug)]
pub(super) enum Admission {
    /// Its requests are served.
    Served(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit),
    /// Its first request is refused, since there are too many.
    Refused(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit),
}

impl Default for Connections {
    fn default() -> Self {
        Self::new(ConnectionLimits::default())
    }
}

impl Connections {
    pub fn new(limits: ConnectionLimits) -> Self {
        Self(Arc::new(ConnectionsInner {
            served: Arc::new(Semaphore::new(limits.most)),
            refused: Arc::new(Semaphore::new(MOST_REFUSED)),
            n_refused: AtomicU64::new(0),
            last_shortage: Mutex::default(),
            limits,
        }))
    }

    /// The limits of each.
    pub fn limits(&self) -> &ConnectionLimits {
        &self.0.limits
    }

    /// The number of connections that are served now.
    pub fn n_open(&self) -> usize {
        let free = self.0.served.available_permits();
        self.0.limits.most.saturating_sub(free)
    }

    /// The number of connections that were refused so far.
    pub fn n_refused(&self) -> u64 {
        self.0.n_refused.load(Ordering::Relaxed)
    }

    /// Gives an accepted connection its place. Waits for one if even the places of the refused are taken.
    pub(super) async fn admit(&self) -> Admission {
        const OPEN: &str = "the semaphores are never closed";
        let served = Arc::clone(&self.0.served);
        let refused = Arc::clone(&self.0.refused);
        let admission = tokio::select! {
            biased;
            place = served.acquire_owned() => Admission::Served(place.expect(OPEN)),
            place = refused.acquire_owned() => Admission::Refused(place.expect(OPEN)),
        };
        if matches!(admission, Admission::Refused(_)) {
            self.0.n_refused.fetch_add(1, Ordering::Relaxed);
        }
        admission
    }

    /// Logs that connections cannot be accepted for lack of file descriptors: once, however long that lasts.
    pub(super) fn note_failure(&self, error: &io::Error) {
        if !is_out_of_files(error) {
            return;
        }
        let last = self.0.last_shortage.lock();
        let mut last = last.unwrap_or_else(PoisonError::into_inner);
        let is_known = last
            .as_ref()
            .is_some_and(|stopwatch| stopwatch.elapsed() < QUIET);
        *last = Some(Stopwatch::start());
        if !is_known {
            tracing::warn!(
                "new connections wait, since no file descriptor is left ({error}); raise `ulimit -n`, or lower --max-connections"
            );
        }
    }
}

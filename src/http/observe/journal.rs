//! The journal of requests and answers: a ring that is bounded by bytes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::exchange::Exchange;
use crate::sim::Millis;

/// The newest requests, as many as fit.
#[derive(Debug)]
pub struct Journal {
    limit: usize,
    numbered: AtomicU64,
    ring: Mutex<Ring>,
}

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<Exchange>,
    bytes: usize,
    dropped: u64,
    last_dropped: Option<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalStats {
    pub entries: usize,
    /// About how many bytes they take.
    pub bytes: usize,
    /// How many did not fit any more.
    pub dropped: u64,
    /// When the last of these was answered, on the world's clock.
    pub last_dropped: Option<Millis>,
}

impl Journal {
    /// A journal that holds about so many bytes; with none it is off.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            numbered: AtomicU64::new(0),
            ring: Mutex::default(),
        }
    }

    #[must_use]
    pub fn is_on(&self) -> bool {
        self.limit > 0
    }

    /// The number of the next request.
    pub fn number(&self) -> u64 {
        self.numbered.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Writes a request down; the oldest make room for it.
    pub fn add(&self, exchange: Exchange) {
        if !self.is_on() {
            return;
        }
        let mut ring = self.lock();
        ring.bytes += exchange.size();
        ring.entries.push_back(exchange);
        drop(ring);
        // What is dropped is let go of without the lock.
        while let Some(oldest) = self.overflow() {
            drop(oldest);
        }
    }

    /// Takes the oldest, if there is no room for it any more.
    fn overflow(&self) -> Option<Exchange> {
        let mut ring = self.lock();
        if ring.bytes <= self.limit {
            return None;
        }
        let oldest = ring.entries.pop_front()?;
        ring.bytes -= oldest.size();
        ring.dropped += 1;
        ring.last_dropped = Some(oldest.summary.time);
        Some(oldest)
    }

    /// The requests that it holds, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Exchange> {
        self.lock().entries.iter().cloned().collect()
    }

    #[must_use]
    pub fn stats(&self) -> JournalStats {
        let ring = self.lock();
        JournalStats {
            entries: ring.entries.len(),
            bytes: ring.bytes,
            dropped: ring.dropped,
            last_dropped: ring.last_dropped,
        }
    }

    /// Forgets everything, also that something was dropped. Numbers go on.
    pub fn clear(&self) {
        let forgotten = std::mem::take(&mut *self.lock());
        // As what is dropped, it is let go of without the lock.
        drop(forgotten);
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Bytes;
    use axum::http::HeaderMap;

    use super::super::exchange::ExchangeSummary;
    use super::super::headers::Headers;
    use super::*;

    fn exchange(journal: &Journal, time: Millis, length: usize) -> Exchange {
        let summary = ExchangeSummary::bare(journal.number(), time);
        let none = Headers::default();
        let body = Bytes::from(vec![b'x'; length]);
        Exchange::of(
            Arc::new(summary),
            (&none, b"", 0),
            (&HeaderMap::new(), &body),
        )
    }

    fn ids(journal: &Journal) -> Vec<u64> {
        journal
            .entries()
            .iter()
            .map(|exchange| exchange.summary.id)
            .collect()
    }

    #[test]
    fn the_oldest_make_room_and_are_counted() {
        let journal = Journal::new(10_000);
        for time in 1..=10 {
            journal.add(exchange(&journal, time, 1_000));
        }
        let stats = journal.stats();
        assert_eq!(ids(&journal), [6, 7, 8, 9, 10]);
        assert_eq!((stats.dropped, stats.last_dropped), (5, Some(5)));
        assert!(stats.bytes <= 10_000);

        journal.clear();
        journal.add(exchange(&journal, 11, 0));
        assert_eq!((ids(&journal), journal.stats().dropped), (vec![11], 0));
    }

    #[test]
    fn one_that_fits_nowhere_is_dropped_at_once() {
        let journal = Journal::new(1_000);
        journal.add(exchange(&journal, 1, 5_000));
        assert_eq!((ids(&journal), journal.stats().dropped), (vec![], 1));
    }
}

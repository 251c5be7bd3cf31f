//! The journal of requests and their answers, limited in bytes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::record::RequestRecord;
use crate::sim::Millis;
use crate::sim::memory::{Memory, MemoryAccount, MemoryPart};

/// The newest records, up to a limit of bytes.
#[derive(Debug)]
pub struct Journal {
    limit: usize,
    numbered: AtomicU64,
    /// Notifies those who wait for a request.
    added: watch::Sender<()>,
    ring: Mutex<Ring>,
}

#[derive(Debug)]
struct Ring {
    records: VecDeque<RequestRecord>,
    stats: JournalStats,
    account: MemoryAccount,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalStats {
    /// The number of records in the journal.
    pub entries: usize,
    /// Their approximate size in bytes.
    pub bytes: usize,
    /// The number of records dropped since the journal was last cleared.
    pub dropped: u64,
    /// The instant of the last dropped record on the world's clock.
    pub last_dropped: Option<Millis>,
}

impl Journal {
    /// A journal of about `limit` bytes, as far as the memory of the process has them; 0 turns it off.
    pub fn new(limit: usize, memory: &Memory) -> Self {
        Self {
            limit,
            numbered: AtomicU64::new(0),
            added: watch::Sender::new(()),
            ring: Mutex::new(Ring {
                records: VecDeque::new(),
                stats: JournalStats::default(),
                account: MemoryAccount::new(memory, MemoryPart::Journal),
            }),
        }
    }

    pub fn is_on(&self) -> bool {
        self.limit > 0
    }

    /// The number of the next request.
    pub fn next_number(&self) -> u64 {
        self.numbered.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds a record, and drops the oldest ones to make room for it.
    pub fn add(&self, record: RequestRecord) {
        if !self.is_on() {
            return;
        }
        let mut ring = self.lock();
        let size = record.size();
        ring.stats.entries += 1;
        ring.stats.bytes += size;
        ring.account.add(size);
        ring.records.push_back(record);
        drop(ring);
        if self.added.receiver_count() > 0 {
            self.added.send_replace(());
        }
        while let Some(oldest) = self.pop_excess() {
            // Outside the lock, since freeing takes longer than the rest.
            drop(oldest);
        }
    }

    /// Removes the oldest record if the journal is over its limit.
    fn pop_excess(&self) -> Option<RequestRecord> {
        let Ring {
            records,
            stats,
            account,
        } = &mut *self.lock();
        if stats.bytes <= self.limit && !account.is_beyond_share() {
            return None;
        }
        let oldest = records.pop_front()?;
        let size = oldest.size();
        stats.entries -= 1;
        stats.bytes -= size;
        account.subtract(size);
        stats.dropped += 1;
        stats.last_dropped = Some(oldest.summary.time.timestamp_millis());
        Some(oldest)
    }

    /// Subscribes to the adding of records.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.added.subscribe()
    }

    /// The newest records, at most that many, newest first.
    pub fn newest(&self, most: usize) -> Vec<RequestRecord> {
        let ring = self.lock();
        ring.records.iter().rev().take(most).cloned().collect()
    }

    /// The records in the journal, oldest first.
    pub fn entries(&self) -> Vec<RequestRecord> {
        self.lock().records.iter().cloned().collect()
    }

    pub fn stats(&self) -> JournalStats {
        self.lock().stats
    }

    /// Empties the journal and resets the count of dropped records. Request numbers continue.
    pub fn clear(&self) {
        let mut ring = self.lock();
        let cleared = std::mem::take(&mut ring.records);
        ring.stats = JournalStats::default();
        ring.account.clear();
        drop(ring);
        // Outside the lock, since freeing takes longer than the rest.
        drop(cleared);
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Bytes;

    use super::*;
    use crate::http::observe::record::{Message, RequestSummary};

    fn record(journal: &Journal, time: Millis, length: usize) -> RequestRecord {
        RequestRecord {
            summary: Arc::new(RequestSummary::bare(journal.next_number(), time)),
            request: Message::default(),
            response: Message {
                body: Bytes::from(vec![b'x'; length]),
                ..Message::default()
            },
        }
    }

    fn ids(journal: &Journal) -> Vec<u64> {
        journal
            .entries()
            .iter()
            .map(|record| record.summary.id)
            .collect()
    }

    #[test]
    fn the_oldest_records_are_dropped_and_counted() {
        let journal = Journal::new(10_000, &Memory::default());
        for time in 1..=10 {
            journal.add(record(&journal, time, 1_000));
        }
        let stats = journal.stats();
        assert_eq!(ids(&journal), [6, 7, 8, 9, 10]);
        assert_eq!((stats.dropped, stats.last_dropped), (5, Some(5)));
        assert!(stats.bytes <= 10_000);

        journal.clear();
        journal.add(record(&journal, 11, 0));
        assert_eq!((ids(&journal), journal.stats().dropped), (vec![11], 0));
    }

    #[test]
    fn a_record_over_the_limit_is_dropped_at_once() {
        let journal = Journal::new(1_000, &Memory::default());
        journal.add(record(&journal, 1, 5_000));
        assert_eq!((ids(&journal), journal.stats().dropped), (vec![], 1));
    }

    #[test]
    fn the_journals_of_all_worlds_have_a_limit_together() {
        let memory = Memory::new(800_000, 2);
        let journals = [(), ()].map(|()| Journal::new(1_000_000, &memory));
        for time in 1..=200 {
            let journal = &journals[usize::from(time > 100)];
            journal.add(record(journal, time, 1_000));
        }
        let [first, second] = journals.map(|journal| journal.stats());
        let limit = memory.limit(MemoryPart::Journal);
        assert!(first.bytes + second.bytes <= limit, "{first:?} {second:?}");
        assert!(
            second.bytes > limit / 4 - 2_000,
            "the later world has its part: {second:?}"
        );
        assert_eq!(
            memory.used(MemoryPart::Journal),
            0,
            "closed worlds use none"
        );
    }
}

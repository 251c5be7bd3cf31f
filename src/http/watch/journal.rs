//! What was asked and answered: a ring that is bounded by bytes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::Method;

use super::headers::Headers;
use crate::http::Operation;
use crate::sim::Ms;

/// The most of a body that is kept.
pub const LONGEST_BODY: usize = 16 << 10;

/// What an entry takes beside its texts, about.
const OVERHEAD: usize = 768;

/// What is worth telling of a request, without its headers and bodies.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The number of the request in the life of the world, from 1.
    pub id: u64,
    /// When it was answered, on the world's clock.
    pub time: Ms,
    /// The same by the machine's.
    pub real_time: Ms,
    /// What it was for; absent: no operation has this path and method.
    pub operation: Option<&'static Operation>,
    /// The operation that comes nearest, where it was for none.
    pub nearest: Option<&'static Operation>,
    /// Its method.
    pub method: Method,
    /// Its path, as it was sent.
    pub path: String,
    /// Its query, as it was sent.
    pub query: Option<String>,
    /// The project, mesh or project key, where it names one.
    pub scope: Option<String>,
    /// Who sent it, where that was found out.
    pub caller: Option<String>,
    /// How it was answered.
    pub status: u16,
    /// How long that took, in microseconds of real time.
    pub duration_us: u64,
    /// The fault that hit it.
    pub fault: Option<String>,
    /// The scripts that decided something while it was served.
    pub scripts: Vec<String>,
}

/// The headers and the beginning of the body of a request or an answer.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The headers.
    pub headers: Headers,
    /// The body, at most [`LONGEST_BODY`] of it.
    pub body: Bytes,
    /// How long the whole body was.
    pub length: u64,
}

/// A request with its answer.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What is worth telling first.
    pub summary: Arc<Summary>,
    /// What was sent.
    pub request: Part,
    /// What was answered.
    pub response: Part,
}

/// The newest requests, as many as fit.
#[derive(Debug)]
pub struct Journal {
    limit: usize,
    numbered: AtomicU64,
    ring: Mutex<Ring>,
}

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    dropped: u64,
    last_dropped: Option<Ms>,
}

/// How full a journal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// How many requests it holds.
    pub entries: usize,
    /// About how many bytes they take.
    pub bytes: usize,
    /// How many did not fit any more.
    pub dropped: u64,
    /// When the last of these was answered, on the world's clock.
    pub last_dropped: Option<Ms>,
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

    /// Whether anything is written down.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.limit > 0
    }

    /// The number of the next request.
    pub fn number(&self) -> u64 {
        self.numbered.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Writes a request down; the oldest make room for it.
    pub fn add(&self, entry: Entry) {
        if !self.is_on() {
            return;
        }
        let entry = Arc::new(entry);
        let mut dropped = Vec::new();
        let mut ring = self.lock();
        ring.bytes += entry.size();
        ring.entries.push_back(entry);
        while ring.bytes > self.limit {
            let Some(oldest) = ring.entries.pop_front() else {
                break;
            };
            ring.bytes -= oldest.size();
            ring.dropped += 1;
            ring.last_dropped = Some(oldest.summary.time);
            dropped.push(oldest);
        }
        // What was dropped is let go of without the lock.
        drop(ring);
    }

    /// The requests that it holds, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.lock().entries.iter().cloned().collect()
    }

    /// How full it is.
    #[must_use]
    pub fn fill(&self) -> Fill {
        let ring = self.lock();
        Fill {
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

impl Part {
    /// The headers with a body that is there as a whole.
    #[must_use]
    pub fn of(headers: Headers, body: &Bytes) -> Self {
        let length = body.len() as u64;
        // A slice of a long body would keep all of it.
        let body = if body.len() > LONGEST_BODY {
            Bytes::copy_from_slice(&body[..LONGEST_BODY])
        } else {
            body.clone()
        };
        Self {
            headers,
            body,
            length,
        }
    }

    fn size(&self) -> usize {
        self.headers.size() + self.body.len()
    }
}

impl Entry {
    fn size(&self) -> usize {
        let Summary {
            path,
            query,
            scope,
            caller,
            ..
        } = &*self.summary;
        let texts = [query, scope, caller].into_iter().flatten();
        let texts: usize = texts.map(String::len).sum();
        OVERHEAD + path.len() + texts + self.request.size() + self.response.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(journal: &Journal, time: Ms, length: usize) -> Entry {
        let summary = Summary {
            id: journal.number(),
            time,
            real_time: time,
            operation: None,
            nearest: None,
            method: Method::GET,
            path: "/".to_owned(),
            query: None,
            scope: None,
            caller: None,
            status: 200,
            duration_us: 1,
            fault: None,
            scripts: Vec::new(),
        };
        Entry {
            summary: Arc::new(summary),
            request: Part::default(),
            response: Part::of(Headers::default(), &Bytes::from(vec![b'x'; length])),
        }
    }

    fn ids(journal: &Journal) -> Vec<u64> {
        journal
            .entries()
            .iter()
            .map(|entry| entry.summary.id)
            .collect()
    }

    #[test]
    fn the_oldest_make_room_and_are_counted() {
        let journal = Journal::new(10_000);
        for time in 1..=10 {
            journal.add(entry(&journal, time, 1_000));
        }
        let fill = journal.fill();
        assert_eq!(ids(&journal), [6, 7, 8, 9, 10]);
        assert_eq!((fill.dropped, fill.last_dropped), (5, Some(5)));
        assert!(fill.bytes <= 10_000);

        journal.clear();
        journal.add(entry(&journal, 11, 0));
        assert_eq!((ids(&journal), journal.fill().dropped), (vec![11], 0));
    }

    #[test]
    fn a_long_body_is_cut_and_its_length_known() {
        let part = Part::of(Headers::default(), &Bytes::from(vec![b'x'; 20_000]));
        assert_eq!((part.body.len(), part.length), (LONGEST_BODY, 20_000));
    }

    #[test]
    fn one_that_fits_nowhere_is_dropped_at_once() {
        let journal = Journal::new(1_000);
        journal.add(entry(&journal, 1, 5_000));
        assert_eq!((ids(&journal), journal.fill().dropped), (vec![], 1));
    }
}

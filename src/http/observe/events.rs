//! Events in order, for whoever listens; a listener who was away can catch up within the ring.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::exchange::ExchangeSummary;
use crate::sim::Transition;

const KEPT: usize = 10_000;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum WorldEvent {
    /// A request was answered.
    Request(Arc<ExchangeSummary>),
    /// A resource or one of its steps changed its state. The number is the transition's own.
    Transition(u64, Arc<Transition>),
}

/// The newest events, numbered from 1.
#[derive(Debug)]
pub struct EventLog {
    ring: Mutex<Ring>,
    /// Wakes listeners with the number of the newest event.
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    events: VecDeque<WorldEvent>,
    /// The number of the newest.
    newest: u64,
}

impl Default for EventLog {
    fn default() -> Self {
        Self {
            ring: Mutex::default(),
            newest: watch::Sender::new(0),
        }
    }
}

/// Events since some number.
#[derive(Clone, Debug)]
pub struct Since {
    /// How many were missed for good: the ring had room for no more.
    pub missed: u64,
    /// The others, oldest first, with their numbers.
    pub events: Vec<(u64, WorldEvent)>,
}

impl EventLog {
    /// Adds an event, and wakes who listens.
    pub fn add(&self, event: WorldEvent) {
        let mut ring = self.lock();
        ring.events.push_back(event);
        ring.newest += 1;
        let oldest = if ring.events.len() > KEPT {
            ring.events.pop_front()
        } else {
            None
        };
        if self.newest.receiver_count() > 0 {
            // Under the lock, so that numbers are in the order of the ring.
            self.newest.send_replace(ring.newest);
        }
        drop(ring);
        drop(oldest);
    }

    /// The number of the newest event, 0 before the first; changes wake the receiver.
    #[must_use]
    pub fn newest(&self) -> watch::Receiver<u64> {
        let ring = self.lock();
        let receiver = self.newest.subscribe();
        self.newest.send_replace(ring.newest);
        receiver
    }

    /// The events after number `seen`, at most `most` of them.
    #[must_use]
    pub fn since(&self, seen: u64, most: usize) -> Since {
        let ring = self.lock();
        let first = ring.newest - ring.events.len() as u64 + 1;
        let from = first.max(seen.saturating_add(1));
        let skip = usize::try_from(from - first).unwrap_or(usize::MAX);
        let events = ring.events.iter().skip(skip).take(most).cloned();
        Since {
            missed: first.saturating_sub(seen.saturating_add(1)),
            events: (from..).zip(events).collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transition(at: i64) -> WorldEvent {
        let transition = Transition {
            at,
            family: "asm",
            scope: "".into(),
            id: "".into(),
            name: "".into(),
            step: None,
            from: "".into(),
            to: "".into(),
            cause: "clock".into(),
        };
        WorldEvent::Transition(1, Arc::new(transition))
    }

    fn seen(since: &Since) -> (u64, Vec<u64>) {
        (
            since.missed,
            since.events.iter().map(|(id, _)| *id).collect(),
        )
    }

    #[test]
    fn who_was_away_catches_up_within_the_ring() {
        let events = EventLog::default();
        assert_eq!(seen(&events.since(0, 10)), (0, vec![]));
        for at in 0..5 {
            events.add(transition(at));
        }
        assert_eq!(seen(&events.since(2, 2)), (0, vec![3, 4]));
        assert_eq!(seen(&events.since(99, 10)), (0, vec![]));

        for at in 0..i64::try_from(KEPT).unwrap() {
            events.add(transition(at));
        }
        assert_eq!(seen(&events.since(2, 1)), (3, vec![6]));
    }
}

//! The log of a world's events, from which listeners can catch up after a disconnect.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::record::RequestSummary;
use crate::sim::Transition;
use crate::sim::clock::ClockReading;
use crate::sim::memory::{Memory, MemoryAccount, MemoryPart};

/// The number of events that the log keeps.
const CAPACITY: usize = 10_000;

/// The most bytes of events that the log keeps.
pub const MOST_BYTES: usize = 8 << 20;

/// The approximate size of an event without its texts.
const OVERHEAD: usize = 320;

/// An event, which is serialized as its data.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum WorldEvent {
    /// A request was answered.
    Request(Arc<RequestSummary>),
    /// A resource or one of its steps changed its status.
    Transition(Arc<Transition>),
    /// The clock was set or advanced.
    Clock(ClockReading),
    /// The world was reset.
    Reset { to: ResetTo },
    /// A script was added, replaced or removed.
    Script(RuleChange),
    /// A fault was added, replaced or removed.
    Fault(RuleChange),
    /// A world of the process was opened or closed.
    World(WorldChange),
}

/// The state that a reset restores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ResetTo {
    /// The fixtures.
    #[default]
    Fixtures,
    /// An empty world.
    Empty,
}

/// A change to the scripts or faults in force.
#[derive(Clone, Debug, Serialize)]
pub struct RuleChange {
    pub change: RuleChangeKind,
    /// The id of the rule; null: all of them.
    pub id: Option<String>,
}

impl RuleChange {
    pub fn added(id: &str) -> Self {
        let id = Some(id.to_owned());
        let change = RuleChangeKind::Added;
        Self { change, id }
    }

    pub fn replaced(id: &str) -> Self {
        let id = Some(id.to_owned());
        let change = RuleChangeKind::Replaced;
        Self { change, id }
    }

    /// The rule is gone; `None` stands for all of them.
    pub fn removed(id: Option<&str>) -> Self {
        let id = id.map(str::to_owned);
        let change = RuleChangeKind::Removed;
        Self { change, id }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleChangeKind {
    Added,
    Replaced,
    Removed,
}

/// A change to the worlds of the process.
#[derive(Clone, Debug, Serialize)]
pub struct WorldChange {
    pub change: WorldChangeKind,
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WorldChangeKind {
    Opened,
    Closed,
}

impl WorldEvent {
    /// The name of the event in the stream.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Transition(_) => "transition",
            Self::Clock(_) => "clock",
            Self::Reset { .. } => "reset",
            Self::Script(_) => "script",
            Self::Fault(_) => "fault",
            Self::World(_) => "world",
        }
    }

    /// The approximate number of bytes that it takes. Its texts count in full, since it may outlive whatever shares them.
    fn size(&self) -> usize {
        let texts = match self {
            Self::Request(summary) => return summary.size(),
            Self::Transition(transition) => {
                let Transition {
                    scope,
                    id,
                    name,
                    stage,
                    service,
                    step,
                    ..
                } = &**transition;
                let of_step = [stage, service, step].into_iter().flatten();
                let of_step = of_step.map(|text| text.len()).sum::<usize>();
                scope.len() + id.len() + name.len() + of_step
            }
            Self::Script(rule_change) | Self::Fault(rule_change) => {
                rule_change.id.as_ref().map_or(0, String::len)
            }
            Self::World(world_change) => world_change.name.len(),
            Self::Clock(_) | Self::Reset { .. } => 0,
        };
        OVERHEAD + texts
    }
}

/// The newest events, numbered from 1, up to limits of number and bytes.
#[derive(Debug)]
pub struct EventLog {
    ring: Mutex<EventRing>,
    /// The number of the newest event. It is updated only while there are listeners.
    newest: watch::Sender<u64>,
}

#[derive(Debug)]
struct EventRing {
    events: VecDeque<(u64, WorldEvent)>,
    /// The number of the newest event, 0 before the first.
    newest: u64,
    /// The number of the last event that listeners may no longer see.
    cleared: u64,
    account: MemoryAccount,
}

/// The events after a given number.
#[derive(Clone, Debug)]
pub struct Since {
    /// The number of events that the log has dropped.
    pub missed: u64,
    /// The other events with their numbers, oldest first.
    pub events: Vec<(u64, WorldEvent)>,
}

/// The limits of a part of the log: a number of events, and of their bytes unless the first is larger.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    pub events: usize,
    pub bytes: usize,
}

impl EventLog {
    /// A log whose events count as those of the process.
    pub fn new(memory: &Memory) -> Self {
        let ring = EventRing {
            events: VecDeque::new(),
            newest: 0,
            cleared: 0,
            account: MemoryAccount::new(memory, MemoryPart::Events),
        };
        Self {
            ring: Mutex::new(ring),
            newest: watch::Sender::new(0),
        }
    }

    /// Adds an event and wakes the listeners.
    pub fn add(&self, event: WorldEvent) {
        let size = event.size();
        let mut ring = self.lock();
        ring.newest += 1;
        let number = ring.newest;
        ring.account.add(size);
        ring.events.push_back((number, event));
        let oldest = ring.pop_excess();
        if self.newest.receiver_count() > 0 {
            // Under the lock, so that listeners see the numbers in order.
            self.newest.send_replace(number);
        }
        drop(ring);
        // Outside the lock, since freeing takes longer than the rest.
        let Some(oldest) = oldest else { return };
        drop(oldest);
        // A large event may take the place of many small ones.
        while let Some(oldest) = self.pop_excess() {
            drop(oldest);
        }
    }

    fn pop_excess(&self) -> Option<WorldEvent> {
        self.lock().pop_excess()
    }

    /// Drops all events. Their numbers are not used again. Events that webhooks are still to be told of stay, unseen by
    /// listeners.
    pub fn clear(&self, has_webhooks: bool) {
        let mut ring = self.lock();
        ring.cleared = ring.newest;
        if has_webhooks {
            return;
        }
        let cleared = std::mem::take(&mut ring.events);
        ring.account.clear();
        drop(ring);
        // Outside the lock, since freeing takes longer than the rest.
        drop(cleared);
    }

    /// The number of the newest event, 0 before the first.
    pub fn newest(&self) -> u64 {
        self.lock().newest
    }

    /// The approximate number of bytes that the events take.
    pub fn bytes(&self) -> usize {
        self.lock().account.own()
    }

    /// Subscribes to the number of the newest event, 0 before the first.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        let ring = self.lock();
        let receiver = self.newest.subscribe();
        self.newest.send_replace(ring.newest);
        receiver
    }

    /// Returns the next of the events after number `seen`, as a listener sees them.
    pub fn since(&self, seen: u64, most: Most) -> Since {
        let ring = self.lock();
        let cleared = ring.cleared.saturating_sub(seen);
        let mut since = ring.since(seen.max(ring.cleared), most);
        since.missed += cleared;
        since
    }

    /// The same with the events that were cleared and are still there, for webhooks.
    pub fn since_with_cleared(&self, seen: u64, most: Most) -> Since {
        self.lock().since(seen, most)
    }

    fn lock(&self) -> MutexGuard<'_, EventRing> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventRing {
    /// Removes the oldest event if the log is over a limit.
    fn pop_excess(&mut self) -> Option<WorldEvent> {
        let is_within = self.events.len() <= CAPACITY
            && self.account.own() <= MOST_BYTES
            && !self.account.is_beyond_share();
        if is_within {
            return None;
        }
        let (_, oldest) = self.events.pop_front()?;
        self.account.subtract(oldest.size());
        Some(oldest)
    }

    fn since(&self, seen: u64, most: Most) -> Since {
        let oldest = self
            .events
            .front()
            .map_or(self.newest + 1, |(number, _)| *number);
        let next = seen.saturating_add(1);
        let skip = usize::try_from(next.saturating_sub(oldest)).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let events = self.events.iter().skip(skip).take(most.events);
        let events = events.take_while(|(_, event)| {
            let is_first = bytes == 0;
            bytes += event.size();
            is_first || bytes <= most.bytes
        });
        Since {
            missed: oldest.saturating_sub(next),
            events: events.cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transition(at: i64) -> WorldEvent {
        let transition = Transition {
            number: 1,
            at,
            family: "asm",
            scope: "".into(),
            id: "".into(),
            name: "".into(),
            stage: None,
            service: None,
            step: None,
            from: "".into(),
            to: "".into(),
            cause: "clock".into(),
        };
        WorldEvent::Transition(Arc::new(transition))
    }

    fn numbers(since: &Since) -> (u64, Vec<u64>) {
        (
            since.missed,
            since.events.iter().map(|(id, _)| *id).collect(),
        )
    }

    const ONE: Most = Most {
        events: 1,
        bytes: usize::MAX,
    };

    const TEN: Most = Most { events: 10, ..ONE };

    fn event_log() -> EventLog {
        EventLog::new(&Memory::default())
    }

    #[test]
    fn a_listener_catches_up_on_the_events_that_the_log_still_has() {
        let events = event_log();
        assert_eq!(numbers(&events.since(0, TEN)), (0, vec![]));
        for at in 0..5 {
            events.add(transition(at));
        }
        let two = Most { events: 2, ..ONE };
        assert_eq!(numbers(&events.since(2, two)), (0, vec![3, 4]));
        assert_eq!(numbers(&events.since(99, TEN)), (0, vec![]));

        for at in 0..i64::try_from(CAPACITY).unwrap() {
            events.add(transition(at));
        }
        assert_eq!(numbers(&events.since(2, ONE)), (3, vec![6]));
    }

    #[test]
    fn the_log_is_bounded_in_bytes() {
        let events = event_log();
        let world = |length| {
            WorldEvent::World(WorldChange {
                change: WorldChangeKind::Opened,
                name: "x".repeat(length),
            })
        };
        for _ in 0..100 {
            events.add(world(1_000));
        }
        events.add(world(MOST_BYTES - 10_000));
        let since = events.since(
            0,
            Most {
                events: 1_000,
                ..ONE
            },
        );
        assert_eq!(since.missed + since.events.len() as u64, 101);
        assert!((2..10).contains(&since.events.len()), "{}", since.missed);
        assert!(events.bytes() <= MOST_BYTES);

        events.add(world(MOST_BYTES));
        assert_eq!(
            (events.bytes(), events.newest()),
            (0, 102),
            "it is too large"
        );
    }

    #[test]
    fn a_batch_is_bounded_in_bytes_and_has_at_least_one_event() {
        let events = event_log();
        for at in 0..5 {
            events.add(transition(at));
        }
        let two = Most {
            bytes: 2 * OVERHEAD,
            ..TEN
        };
        assert_eq!(numbers(&events.since(1, two)), (0, vec![2, 3]));
        let less_than_one = Most { bytes: 1, ..TEN };
        assert_eq!(numbers(&events.since(1, less_than_one)), (0, vec![2]));
    }

    #[test]
    fn listeners_miss_what_was_cleared_and_webhooks_do_not() {
        for has_webhooks in [false, true] {
            let events = event_log();
            for at in 0..5 {
                events.add(transition(at));
            }
            events.clear(has_webhooks);
            assert_eq!(numbers(&events.since(2, TEN)), (3, vec![]));
            events.add(transition(5));
            assert_eq!(numbers(&events.since(2, TEN)), (3, vec![6]));
            let all = numbers(&events.since_with_cleared(2, TEN));
            let expected = if has_webhooks {
                (0, vec![3, 4, 5, 6])
            } else {
                (3, vec![6])
            };
            assert_eq!(all, expected);
        }
    }
}

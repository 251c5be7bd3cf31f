//! The log of a world's events, from which listeners can catch up after a disconnect.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa::ToSchema;

use super::record::RequestSummary;
use crate::sim::Transition;
use crate::sim::clock::ClockReading;

/// The number of events that the log keeps.
const CAPACITY: usize = 10_000;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
}

/// The newest events, numbered from 1.
#[derive(Debug)]
pub struct EventLog {
    events: Mutex<VecDeque<(u64, WorldEvent)>>,
    /// The number of the newest event. It is updated only while there are listeners.
    newest: watch::Sender<u64>,
}

impl Default for EventLog {
    fn default() -> Self {
        Self {
            events: Mutex::default(),
            newest: watch::Sender::new(0),
        }
    }
}

/// The events after a given number.
#[derive(Clone, Debug)]
pub struct Since {
    /// The number of events that the log has dropped.
    pub missed: u64,
    /// The other events with their numbers, oldest first.
    pub events: Vec<(u64, WorldEvent)>,
}

impl EventLog {
    /// Adds an event and wakes the listeners.
    pub fn add(&self, event: WorldEvent) {
        let mut events = self.lock();
        let number = newest(&events) + 1;
        events.push_back((number, event));
        let oldest = if events.len() > CAPACITY {
            events.pop_front()
        } else {
            None
        };
        if self.newest.receiver_count() > 0 {
            // Under the lock, so that listeners see the numbers in order.
            self.newest.send_replace(number);
        }
        drop(events);
        // Outside the lock, since freeing takes longer than the rest.
        drop(oldest);
    }

    /// The number of the newest event, 0 before the first.
    pub fn newest(&self) -> u64 {
        newest(&self.lock())
    }

    /// Subscribes to the number of the newest event, 0 before the first.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        let events = self.lock();
        let receiver = self.newest.subscribe();
        self.newest.send_replace(newest(&events));
        receiver
    }

    /// Returns at most `limit` of the events after number `seen`.
    pub fn since(&self, seen: u64, limit: usize) -> Since {
        let events = self.lock();
        let oldest = events.front().map_or(1, |(number, _)| *number);
        let next = seen.saturating_add(1);
        let skip = usize::try_from(next.saturating_sub(oldest)).unwrap_or(usize::MAX);
        Since {
            missed: oldest.saturating_sub(next),
            events: events.iter().skip(skip).take(limit).cloned().collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(u64, WorldEvent)>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn newest(events: &VecDeque<(u64, WorldEvent)>) -> u64 {
    events.back().map_or(0, |(number, _)| *number)
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

    #[test]
    fn a_listener_catches_up_on_the_events_that_the_log_still_has() {
        let events = EventLog::default();
        assert_eq!(numbers(&events.since(0, 10)), (0, vec![]));
        for at in 0..5 {
            events.add(transition(at));
        }
        assert_eq!(numbers(&events.since(2, 2)), (0, vec![3, 4]));
        assert_eq!(numbers(&events.since(99, 10)), (0, vec![]));

        for at in 0..i64::try_from(CAPACITY).unwrap() {
            events.add(transition(at));
        }
        assert_eq!(numbers(&events.since(2, 1)), (3, vec![6]));
    }
}

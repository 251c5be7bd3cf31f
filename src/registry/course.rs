//! A course of the clock: an advance or a setting, in slices, between which the world is there for others.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::advance::{AdvanceError, AdvanceTarget, Leg, TargetSearch};
use super::database::Database;
use super::engine::{Engine, SLICE};
use crate::http::observe::events::WorldEvent;
use crate::sim::clock::{ClockReading, ClockUpdate, Stopwatch};
use crate::sim::{Millis, Transition};

/// The end of a course.
#[derive(Debug)]
pub struct Arrival {
    /// The clock at the end, or the reason that it did not get there.
    pub reading: Result<ClockReading, AdvanceError>,
    /// The first transitions on the way, in order.
    pub transitions: Vec<Transition>,
    /// The number of further transitions.
    pub truncated: u64,
    /// The instant that it was to reach, if it stopped before for its number of transitions.
    pub stopped_before: Option<Millis>,
}

/// The aim of a course.
#[derive(Debug)]
enum Aim {
    /// An instant, and the mode and the pace from there on.
    Setting(ClockUpdate),
    Target(AdvanceTarget, Millis),
    /// None: other work needs the clock to stand still.
    Standstill,
}

/// A course of a world's clock. Its clock stands still between the slices, at an instant whose timers have all fired.
#[derive(Debug)]
pub struct Course {
    aim: Aim,
    /// The most transitions that it collects.
    most_collected: usize,
    /// It stops at the first instant at which there have been that many transitions.
    most_transitions: u64,
    state: CourseState,
    pub(super) progress: Arc<Progress>,
    collected: Vec<Transition>,
    n_transitions: u64,
}

#[derive(Debug)]
enum CourseState {
    New,
    UnderWay(Way),
    Ended(Option<Result<ClockReading, AdvanceError>>, Option<Millis>),
}

/// The way from the beginning of a course.
#[derive(Debug)]
struct Way {
    epoch: u64,
    search: Option<TargetSearch>,
    leg: Leg,
}

/// The progress of a course, for those who do not drive it.
#[derive(Debug)]
pub struct Progress {
    /// The instant to which it goes, or at the latest.
    target: AtomicI64,
    n_transitions: AtomicU64,
}

impl Progress {
    /// The instant to which the course goes, or at the latest; none before it has begun.
    pub fn target(&self) -> Option<Millis> {
        Some(self.target.load(Ordering::Acquire)).filter(|target| *target > Millis::MIN)
    }

    /// The number of transitions so far.
    pub fn n_transitions(&self) -> u64 {
        self.n_transitions.load(Ordering::Relaxed)
    }
}

impl Course {
    /// A setting of the clock, which fires every timer on the way.
    pub fn setting(update: ClockUpdate) -> Self {
        Self::new(Aim::Setting(update))
    }

    /// An advance until a target is reached, at most by `within`. If it can be foreseen that the target is not reached,
    /// nothing changes; runs that scheduled starts begin on the way are not foreseen.
    pub fn until(target: AdvanceTarget, within: Millis) -> Self {
        Self::new(Aim::Target(target, within))
    }

    /// A time in which the clock stands still, until the course is cancelled.
    pub(super) fn standstill() -> Self {
        Self::new(Aim::Standstill)
    }

    fn new(aim: Aim) -> Self {
        let progress = Progress {
            target: AtomicI64::new(Millis::MIN),
            n_transitions: AtomicU64::new(0),
        };
        Self {
            aim,
            most_collected: usize::MAX,
            most_transitions: u64::MAX,
            state: CourseState::New,
            progress: Arc::new(progress),
            collected: Vec::new(),
            n_transitions: 0,
        }
    }

    /// Collects at most that many transitions.
    #[must_use]
    pub fn collecting(self, most_collected: usize) -> Self {
        Self {
            most_collected,
            ..self
        }
    }

    /// Stops at the first instant at which there have been that many transitions.
    #[must_use]
    pub fn at_most(self, most_transitions: u64) -> Self {
        Self {
            most_transitions,
            ..self
        }
    }

    fn is_standstill(&self) -> bool {
        matches!(self.aim, Aim::Standstill)
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, CourseState::Ended(..))
    }

    /// Goes on under the lock of the world for about [`SLICE`]. Returns true at the end.
    pub(super) fn go_on(&mut self, engine: &Engine, database: &mut Database) -> bool {
        if let CourseState::New = self.state {
            match self.begin(engine, database) {
                Ok(way) => self.state = CourseState::UnderWay(way),
                Err(error) => self.end(Err(error), None),
            }
        }
        let watch = Stopwatch::start();
        while !self.has_ended() && !self.is_standstill() && watch.elapsed() < SLICE {
            self.cover(engine, database, SLICE.saturating_sub(watch.elapsed()));
        }
        self.has_ended()
    }

    fn begin(&self, engine: &Engine, database: &mut Database) -> Result<Way, AdvanceError> {
        let now = engine.reach_present(database);
        let (to, search) = match &self.aim {
            Aim::Setting(update) => (engine.clock.target(update)?, None),
            Aim::Standstill => (now, None),
            Aim::Target(target, within) => {
                let mut search = TargetSearch::new(target.clone(), *within, now);
                match search.next_leg(database, now, None)? {
                    Some(to) => (to, Some(search)),
                    None => (now, None),
                }
            }
        };
        engine.clock.hold();
        engine.earlier.notify_one();
        let latest = search.as_ref().map_or(to, TargetSearch::limit);
        if !self.is_standstill() {
            self.progress.target.store(latest, Ordering::Release);
        }
        let leg = Leg {
            from: now,
            to,
            n_transitions: 0,
        };
        Ok(Way {
            epoch: engine.epoch(),
            search,
            leg,
        })
    }

    /// Covers a part of the present leg, and looks for the next one at its end.
    fn cover(&mut self, engine: &Engine, database: &mut Database, budget: std::time::Duration) {
        let CourseState::UnderWay(way) = &mut self.state else {
            return;
        };
        if way.epoch != engine.epoch() {
            self.end(Err(AdvanceError::Reset), None);
            return;
        }
        let before = self.n_transitions;
        let Self {
            collected,
            most_collected,
            n_transitions,
            most_transitions,
            ..
        } = self;
        let on_transition = &mut |transition| {
            *n_transitions += 1;
            if collected.len() < *most_collected {
                collected.push(transition);
            }
            *n_transitions < *most_transitions
        };
        let has_arrived = engine.fire(database, way.leg.to, budget, on_transition);
        way.leg.n_transitions += *n_transitions - before;
        let is_stopped = *n_transitions >= *most_transitions && !has_arrived;
        self.progress
            .n_transitions
            .store(*n_transitions, Ordering::Relaxed);
        if is_stopped {
            let to = way.search.as_ref().map_or(way.leg.to, TargetSearch::limit);
            self.arrive(engine, database, Some(to));
        } else if has_arrived {
            let leg = way.leg;
            engine.clock.show(leg.to);
            let next = way
                .search
                .as_mut()
                .map(|search| search.next_leg(database, leg.to, Some(leg)));
            match next.transpose() {
                Ok(Some(Some(to))) => {
                    way.leg = Leg {
                        from: leg.to,
                        to,
                        n_transitions: 0,
                    };
                    let reading = engine.clock.reading();
                    engine.recorder.events.add(WorldEvent::Clock(reading));
                }
                Ok(_) => self.arrive(engine, database, None),
                Err(error) => {
                    self.release(engine, database, ClockUpdate::default());
                    self.end(Err(error), None);
                }
            }
        }
    }

    fn arrive(&mut self, engine: &Engine, database: &Database, stopped_before: Option<Millis>) {
        let update = match (&self.aim, stopped_before) {
            (Aim::Setting(update), None) => ClockUpdate {
                now: None,
                by: 0,
                ..*update
            },
            _ => ClockUpdate::default(),
        };
        let reading = self.release(engine, database, update);
        self.end(Ok(reading), stopped_before);
    }

    /// Lets the clock go on from the present instant.
    fn release(&self, engine: &Engine, database: &Database, update: ClockUpdate) -> ClockReading {
        let reading = engine.clock.set(update);
        let reading = reading.unwrap_or_else(|_| engine.clock.reading());
        engine.earlier.notify_one();
        if !self.is_standstill() {
            engine.note_clock(database, reading);
            engine.recorder.events.add(WorldEvent::Clock(reading));
        }
        reading
    }

    fn end(&mut self, reading: Result<ClockReading, AdvanceError>, stopped_before: Option<Millis>) {
        self.state = CourseState::Ended(Some(reading), stopped_before);
    }

    /// Ends here: the clock goes on from the last instant that was reached.
    pub(super) fn cancel(&mut self, engine: &Engine, database: &Database) {
        if let CourseState::UnderWay(way) = &self.state
            && way.epoch == engine.epoch()
        {
            self.release(engine, database, ClockUpdate::default());
        }
        self.state = CourseState::Ended(None, None);
    }

    pub(super) fn arrival(&mut self) -> Option<Arrival> {
        let CourseState::Ended(reading, stopped_before) = &mut self.state else {
            return None;
        };
        Some(Arrival {
            reading: reading.take()?,
            truncated: self.n_transitions - self.collected.len() as u64,
            transitions: std::mem::take(&mut self.collected),
            stopped_before: *stopped_before,
        })
    }
}

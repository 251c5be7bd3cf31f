//! A world's clock: the machine's time, shifted and scaled, or frozen. The only file that reads the machine's clock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Millis;
use super::time::{self, MAX_INSTANT};

/// The movement of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ClockMode)]
pub enum Mode {
    /// It moves `pace` times as fast as the machine's clock.
    Running,
    /// It stands still until it is set or advanced.
    Frozen,
}

/// The present instant of the clock, and its movement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Clock)]
pub struct ClockReading {
    /// The present instant, RFC 3339 in UTC.
    #[serde(serialize_with = "time::serialize")]
    #[schema(value_type = String)]
    pub now: Millis,
    /// `running`, or `frozen` until it is set or advanced.
    pub mode: Mode,
    /// Virtual seconds per real second while it runs.
    pub pace: f64,
}

/// A change to a clock. Absent fields stay.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClockUpdate {
    /// The instant to go to.
    pub now: Option<Millis>,
    /// The length to move forward by, from there.
    pub by: Millis,
    pub mode: Option<Mode>,
    pub pace: Option<f64>,
}

/// An instant that a clock cannot go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidInstant {
    /// It lies before the present instant, which is the value.
    Backwards(Millis),
    /// It lies after [`MAX_INSTANT`].
    TooFar,
}

/// A clock that never goes backwards, even if the machine's does.
#[derive(Debug)]
pub struct Clock(Mutex<ClockState>);

/// The mapping from real to virtual time: since the real instant `real`, at which the clock showed `start`, virtual time
/// stands still or moves at its pace.
#[derive(Clone, Copy, Debug)]
struct ClockState {
    real: Millis,
    start: ClockReading,
    /// The latest instant that was shown.
    latest: Millis,
}

impl ClockState {
    fn new(real: Millis, start: ClockReading) -> Self {
        let latest = start.now;
        Self {
            real,
            start,
            latest,
        }
    }

    fn at(&self, real: Millis) -> Millis {
        let ClockReading { now, mode, pace } = self.start;
        match mode {
            Mode::Frozen => now,
            Mode::Running => {
                // If the machine's clock is set back, this one stands still.
                let elapsed = (real - self.real).max(0);
                // Truncation to whole milliseconds is the clock's resolution.
                #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
                let moved = (elapsed as f64 * pace) as Millis;
                now.saturating_add(moved).min(MAX_INSTANT)
            }
        }
    }

    fn read(&mut self) -> ClockReading {
        self.latest = self.latest.max(self.at(system_now()));
        ClockReading {
            now: self.latest,
            ..self.start
        }
    }
}

impl Clock {
    /// A clock that starts at the machine's time and runs at that pace.
    pub fn running(pace: f64) -> Self {
        let now = system_now();
        let mode = Mode::Running;
        let start = ClockReading { now, mode, pace };
        Self(Mutex::new(ClockState::new(now, start)))
    }

    /// A clock that stands at `now`. The pace applies once it runs.
    pub fn frozen(now: Millis, pace: f64) -> Self {
        let mode = Mode::Frozen;
        let start = ClockReading { now, mode, pace };
        Self(Mutex::new(ClockState::new(system_now(), start)))
    }

    /// The present instant.
    pub fn now(&self) -> Millis {
        self.reading().now
    }

    /// The present instant, with mode and pace.
    pub fn reading(&self) -> ClockReading {
        self.state().read()
    }

    /// Goes to another instant, or changes mode or pace.
    pub fn set(&self, update: ClockUpdate) -> Result<ClockReading, InvalidInstant> {
        let mut state = self.state();
        let ClockReading { now, mode, pace } = state.read();
        let to = update.now.unwrap_or(now).saturating_add(update.by);
        if to < now {
            return Err(InvalidInstant::Backwards(now));
        }
        if to > MAX_INSTANT {
            return Err(InvalidInstant::TooFar);
        }
        let start = ClockReading {
            now: to,
            mode: update.mode.unwrap_or(mode),
            pace: update.pace.unwrap_or(pace),
        };
        *state = ClockState::new(system_now(), start);
        Ok(state.read())
    }

    /// Takes over the state of another clock. This is the one way back in time, for a reset.
    pub fn restart(&self, from: &Self) {
        let fresh = *from.state();
        *self.state() = fresh;
    }

    fn state(&self) -> MutexGuard<'_, ClockState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The machine's time, for checks against real time (signatures, faults).
#[expect(clippy::disallowed_methods, reason = "the one place that may")]
pub fn system_now() -> Millis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(MAX_INSTANT)
}

/// A measurement of real time.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The real time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Millis = 1_767_268_800_000;

    #[test]
    fn a_frozen_clock_moves_only_when_it_is_set() {
        let clock = Clock::frozen(NOON, 1.0);
        assert_eq!(clock.now(), NOON);

        let reading = clock
            .set(ClockUpdate {
                now: Some(NOON + 5),
                ..ClockUpdate::default()
            })
            .unwrap();

        assert_eq!(
            reading,
            ClockReading {
                now: NOON + 5,
                mode: Mode::Frozen,
                pace: 1.0
            }
        );
    }

    #[test]
    fn going_back_is_refused_and_changes_nothing() {
        let clock = Clock::frozen(NOON, 1.0);
        let back = ClockUpdate {
            now: Some(NOON - 1),
            mode: Some(Mode::Running),
            pace: Some(9.0),
            ..ClockUpdate::default()
        };

        assert_eq!(clock.set(back), Err(InvalidInstant::Backwards(NOON)));
        assert_eq!(
            clock.reading(),
            ClockReading {
                now: NOON,
                mode: Mode::Frozen,
                pace: 1.0
            }
        );
    }

    #[test]
    fn the_end_of_the_calendar_is_refused() {
        let clock = Clock::frozen(NOON, 1.0);
        let far = ClockUpdate {
            now: Some(MAX_INSTANT + 1),
            ..ClockUpdate::default()
        };
        assert_eq!(clock.set(far), Err(InvalidInstant::TooFar));
    }

    #[test]
    fn virtual_time_is_scaled_and_stands_still_while_real_time_goes_back() {
        let start = ClockReading {
            now: NOON,
            mode: Mode::Running,
            pace: 60.0,
        };
        let state = ClockState::new(1_000, start);
        assert_eq!(state.at(2_000), NOON + 60_000);
        assert_eq!(state.at(500), NOON);
        assert_eq!(state.at(Millis::MAX), MAX_INSTANT);
    }

    #[test]
    fn a_restart_may_go_back() {
        let clock = Clock::frozen(NOON, 1.0);
        clock
            .set(ClockUpdate {
                now: Some(NOON + 1_000),
                ..ClockUpdate::default()
            })
            .unwrap();

        clock.restart(&Clock::frozen(NOON, 2.0));

        assert_eq!(
            clock.reading(),
            ClockReading {
                now: NOON,
                mode: Mode::Frozen,
                pace: 2.0
            }
        );
    }
}

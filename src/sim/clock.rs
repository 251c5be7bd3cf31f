//! A world's clock: the machine's time, shifted and scaled, or frozen. The only file that reads the machine's clock.

use std::fmt;
use std::sync::RwLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Millis;

/// The furthest instant a clock can show: the end of the year 9999, the last that RFC 3339 can write.
pub const MAX_INSTANT: Millis = 253_402_300_799_999;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It moves, `pace` times as fast as the machine's.
    Running,
    /// It stands until it is set or advanced.
    Frozen,
}

/// What a clock shows and how it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockReading {
    /// The present instant.
    pub now: Millis,
    pub mode: Mode,
    /// Virtual seconds per real second while running; above 0.
    pub pace: f64,
}

/// A change to a clock; what is absent stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClockUpdate {
    /// The instant to go to.
    pub now: Option<Millis>,
    pub mode: Option<Mode>,
    pub pace: Option<f64>,
}

/// An instant that a clock cannot go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidInstant {
    /// The instant asked for lies before the present one, which is given.
    Backwards(Millis),
    /// The instant asked for lies after [`MAX_INSTANT`].
    TooFar,
}

impl fmt::Display for InvalidInstant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backwards(now) => write!(
                formatter,
                "it is {now} ms after the epoch already, and time goes back only by a reset"
            ),
            Self::TooFar => formatter.write_str("the clock ends with the year 9999"),
        }
    }
}

impl std::error::Error for InvalidInstant {}

/// A clock that never goes backwards, whatever the machine's does.
#[derive(Debug)]
pub struct Clock {
    state: RwLock<ClockState>,
    latest: AtomicI64,
}

/// From when on, and how, virtual time follows real time.
#[derive(Clone, Copy, Debug)]
struct ClockState {
    real: Millis,
    virt: Millis,
    mode: Mode,
    pace: f64,
}

impl ClockState {
    fn at(&self, real: Millis) -> Millis {
        match self.mode {
            Mode::Frozen => self.virt,
            Mode::Running => {
                // A machine's clock that was set back makes ours stand, not return.
                let elapsed = (real - self.real).max(0);
                // Truncation to whole milliseconds is the clock's resolution.
                #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
                let moved = (elapsed as f64 * self.pace) as Millis;
                self.virt.saturating_add(moved).min(MAX_INSTANT)
            }
        }
    }
}

impl Clock {
    /// A clock that starts at the machine's time and runs at `pace`.
    #[must_use]
    pub fn running(pace: f64) -> Self {
        let real = system_now();
        Self::on(ClockState {
            real,
            virt: real,
            mode: Mode::Running,
            pace,
        })
    }

    /// A clock that stands at `now`; `pace` applies once it is set running.
    #[must_use]
    pub fn frozen(now: Millis, pace: f64) -> Self {
        Self::on(ClockState {
            real: system_now(),
            virt: now,
            mode: Mode::Frozen,
            pace,
        })
    }

    fn on(state: ClockState) -> Self {
        Self {
            state: RwLock::new(state),
            latest: AtomicI64::new(state.virt),
        }
    }

    /// The present instant.
    pub fn now(&self) -> Millis {
        self.seen_on(&self.state())
    }

    /// The present instant with the way the clock moves.
    pub fn reading(&self) -> ClockReading {
        let state = self.state();
        ClockReading {
            now: self.seen_on(&state),
            mode: state.mode,
            pace: state.pace,
        }
    }

    /// Says whether [`Clock::set`] would accept the setting now, and where it would lead.
    pub fn check(&self, update: &ClockUpdate) -> Result<Millis, InvalidInstant> {
        let now = self.now();
        match update.now {
            Some(to) if to < now => Err(InvalidInstant::Backwards(now)),
            Some(to) if to > MAX_INSTANT => Err(InvalidInstant::TooFar),
            to => Ok(to.unwrap_or(now)),
        }
    }

    /// Goes to another instant, or moves otherwise from here on.
    pub fn set(&self, update: ClockUpdate) -> Result<ClockReading, InvalidInstant> {
        let now = self.check(&update)?;
        Ok(self.go(now, update))
    }

    /// Goes on by `by` from what it shows. How far it has moved by itself meanwhile does not matter.
    pub fn advance(&self, by: Millis) -> Result<ClockReading, InvalidInstant> {
        let now = self.now();
        match now.saturating_add(by) {
            to if to < now => Err(InvalidInstant::Backwards(now)),
            to if to > MAX_INSTANT => Err(InvalidInstant::TooFar),
            to => Ok(self.go(to, ClockUpdate::default())),
        }
    }

    fn go(&self, to: Millis, update: ClockUpdate) -> ClockReading {
        {
            let mut state = self
                .state
                .write()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            *state = ClockState {
                real: system_now(),
                virt: to,
                mode: update.mode.unwrap_or(state.mode),
                pace: update.pace.unwrap_or(state.pace),
            };
            self.latest.fetch_max(to, Ordering::AcqRel);
        }
        self.reading()
    }

    /// Takes over another clock's course: the one way back in time, for a reset.
    pub fn restart(&self, from: &Self) {
        let fresh = *from.state();
        let mut state = self
            .state
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *state = fresh;
        self.latest.store(fresh.at(system_now()), Ordering::Release);
    }

    /// The present instant on a course whose lock is held: what was seen on the course before a restart must
    /// not be noted after it.
    fn seen_on(&self, state: &ClockState) -> Millis {
        let seen = state.at(system_now());
        self.latest.fetch_max(seen, Ordering::AcqRel).max(seen)
    }

    fn state(&self) -> std::sync::RwLockReadGuard<'_, ClockState> {
        self.state
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The machine's time, for what is judged by real time whatever a world's clock shows.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that may")]
pub fn system_now() -> Millis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(MAX_INSTANT)
}

/// Measures how long something took in real time.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The real time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Millis = 1_767_268_800_000;

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
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
    fn a_course_scales_real_time_and_stands_while_it_runs_backwards() {
        let state = ClockState {
            real: 1_000,
            virt: NOON,
            mode: Mode::Running,
            pace: 60.0,
        };
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

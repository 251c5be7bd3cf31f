//! A world's clock: the machine's time, shifted and scaled, or frozen. The only file that reads the machine's clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::pack::{pack_enums, pack_structs};
use super::time::{self, MAX_INSTANT};
use super::{Millis, NEVER};

/// The movement of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schema(as = ClockMode))]
pub enum Mode {
    /// It moves `pace` times as fast as the machine's clock.
    Running,
    /// It stands still until it is set or advanced.
    Frozen,
}

/// The present instant of the clock, and its movement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Clock))]
pub struct ClockReading {
    /// The present instant, RFC 3339 in UTC.
    #[serde(serialize_with = "time::serialize")]
    #[cfg_attr(test, schema(value_type = String))]
    pub now: Millis,
    /// `running`, or `frozen` until it is set or advanced.
    pub mode: Mode,
    /// Virtual seconds per real second while it runs.
    pub pace: f64,
}

impl ClockReading {
    /// The instant after so many milliseconds of the machine's clock.
    pub fn after(&self, elapsed: Millis) -> Millis {
        match self.mode {
            Mode::Frozen => self.now,
            Mode::Running => {
                // Truncation to whole milliseconds is the clock's resolution.
                #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
                let moved = (elapsed as f64 * self.pace) as Millis;
                self.now.saturating_add(moved).min(MAX_INSTANT)
            }
        }
    }
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

/// The real time by which a clock may be late, in milliseconds, before it gives up the rest.
const LATEST: f64 = 1_000.0;

/// A clock that never goes backwards, even if the machine's does, and never passes a timer that has not fired.
#[derive(Debug)]
pub struct Clock {
    state: Mutex<ClockState>,
    /// The last instant that it may show: the one before the next timer.
    limit: AtomicI64,
}

/// The mapping from real to virtual time: since the real instant `real`, at which the clock showed `start`, virtual time
/// stands still or moves at its pace.
#[derive(Clone, Copy, Debug)]
struct ClockState {
    real: Millis,
    start: ClockReading,
    /// The latest instant that was shown.
    latest: Millis,
    /// True while it stands at each instant that it is moved to, whatever its mode.
    is_held: bool,
    /// The time that it has given up since it was set, because its timers took longer than it had for them.
    behind: Millis,
}

impl ClockState {
    fn new(real: Millis, start: ClockReading) -> Self {
        let latest = start.now;
        Self {
            real,
            start,
            latest,
            is_held: false,
            behind: 0,
        }
    }

    fn at(&self, real: Millis) -> Millis {
        if self.is_held {
            return self.start.now;
        }
        // If the machine's clock is set back, this one stands still.
        self.start.after((real - self.real).max(0))
    }

    /// The instant to which timers should have fired.
    fn present(&self) -> Millis {
        self.latest.max(self.at(system_now()))
    }

    fn read(&mut self, limit: Millis) -> ClockReading {
        self.latest = self.latest.max(self.at(system_now()).min(limit));
        ClockReading {
            now: self.latest,
            ..self.start
        }
    }

    /// The instant that an update leads to.
    fn target(&mut self, update: &ClockUpdate, limit: Millis) -> Result<Millis, InvalidInstant> {
        let now = self.read(limit).now;
        let to = update.now.unwrap_or(now).saturating_add(update.by);
        if to < now {
            return Err(InvalidInstant::Backwards(now));
        }
        if to > MAX_INSTANT {
            return Err(InvalidInstant::TooFar);
        }
        Ok(to)
    }
}

impl Clock {
    /// A clock that starts at the machine's time and runs at that pace.
    pub fn running(pace: f64) -> Self {
        let now = system_now();
        let mode = Mode::Running;
        Self::new(ClockReading { now, mode, pace })
    }

    /// A clock that stands at `now`. The pace applies once it runs.
    pub fn frozen(now: Millis, pace: f64) -> Self {
        let mode = Mode::Frozen;
        Self::new(ClockReading { now, mode, pace })
    }

    /// A clock that begins with a reading.
    pub fn new(start: ClockReading) -> Self {
        Self {
            state: Mutex::new(ClockState::new(system_now(), start)),
            limit: AtomicI64::new(NEVER),
        }
    }

    /// The present instant.
    pub fn now(&self) -> Millis {
        self.reading().now
    }

    /// The present instant, with mode and pace.
    pub fn reading(&self) -> ClockReading {
        self.state().read(self.limit())
    }

    /// The present instant if it lies before `due`; else the one to which timers should have fired, which is not shown
    /// before they have.
    pub fn before(&self, due: Millis) -> Result<Millis, Millis> {
        let mut state = self.state();
        let present = state.present();
        if present >= due {
            return Err(present);
        }
        state.latest = present;
        Ok(present)
    }

    /// Shows an instant, whose timers fire now. A held clock stands there.
    pub fn show(&self, at: Millis) {
        let mut state = self.state();
        state.latest = state.latest.max(at);
        if state.is_held {
            state.start.now = state.latest;
        }
    }

    /// Shows no instant from `due` on until the timer that is due then has fired.
    pub fn stop_before(&self, due: Millis) {
        let limit = if due == NEVER { NEVER } else { due - 1 };
        self.limit.store(limit, Ordering::Release);
    }

    /// The instant that an update leads to.
    pub fn target(&self, update: &ClockUpdate) -> Result<Millis, InvalidInstant> {
        self.state().target(update, self.limit())
    }

    /// Lets the clock stand until it is set, and move by [`Self::show`] alone.
    pub fn hold(&self) {
        let mut state = self.state();
        state.start.now = state.read(self.limit()).now;
        state.is_held = true;
    }

    /// Goes to another instant, or changes mode or pace. A clock that was held goes on.
    pub fn set(&self, update: ClockUpdate) -> Result<ClockReading, InvalidInstant> {
        let mut state = self.state();
        let now = state.target(&update, self.limit())?;
        let ClockReading { mode, pace, .. } = state.start;
        let start = ClockReading {
            now,
            mode: update.mode.unwrap_or(mode),
            pace: update.pace.unwrap_or(pace),
        };
        let is_changed = now > state.latest || update.mode.is_some() || update.pace.is_some();
        let behind = if is_changed { 0 } else { state.behind };
        *state = ClockState {
            behind,
            ..ClockState::new(system_now(), start)
        };
        Ok(start)
    }

    /// Goes on from the instant that it shows if its timers are late by more than a second of real time, and gives up the
    /// rest. Returns true if this is the first time since it was set.
    pub fn fall_behind(&self) -> bool {
        let mut state = self.state();
        let late = state.present() - state.latest;
        #[expect(clippy::cast_precision_loss, reason = "a rough limit is enough")]
        if late as f64 <= LATEST * state.start.pace {
            return false;
        }
        let is_first = state.behind == 0;
        state.behind = state.behind.saturating_add(late);
        state.start.now = state.latest;
        state.real = system_now();
        is_first
    }

    /// The time that it has given up since it was set, because its timers took longer than it had for them.
    pub fn behind(&self) -> Millis {
        self.state().behind
    }

    /// Takes over the state of another clock. This is the one way back in time, for a reset.
    pub fn restart(&self, from: &Self) {
        let fresh = *from.state();
        let mut state = self.state();
        *state = fresh;
        self.stop_before(NEVER);
    }

    fn limit(&self) -> Millis {
        self.limit.load(Ordering::Acquire)
    }

    fn state(&self) -> MutexGuard<'_, ClockState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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

pack_enums! { Mode { 0: Running, 1: Frozen } }

pack_structs! { ClockReading { now, mode, pace } }

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
    fn a_timer_that_has_not_fired_is_not_passed() {
        let clock = Clock::running(1_000_000.0);
        let due = clock.now() + 1;
        clock.stop_before(due);
        let late = std::iter::repeat_with(|| clock.before(due)).find_map(Result::err);
        assert!(late.is_some_and(|late| late >= due));
        assert_eq!(clock.now(), due - 1);

        clock.show(due);
        clock.stop_before(due + 1_000);
        assert!((due..due + 1_000).contains(&clock.now()));
    }

    #[test]
    fn a_held_clock_moves_only_as_it_is_moved_and_then_goes_on() {
        let clock = Clock::running(1_000_000.0);
        clock.hold();
        let held = clock.now();
        clock.show(held + 5);
        assert_eq!((clock.now(), clock.before(NEVER)), (held + 5, Ok(held + 5)));
        assert_eq!(clock.reading().mode, Mode::Running);

        clock.set(ClockUpdate::default()).unwrap();
        assert!(std::iter::repeat_with(|| clock.now()).any(|now| now > held + 5));
    }

    #[test]
    fn a_clock_that_cannot_keep_up_gives_the_rest_up() {
        let clock = Clock::running(1_000_000.0);
        let due = clock.now() + 1;
        clock.stop_before(due);
        let is_first = std::iter::repeat_with(|| clock.fall_behind()).find(|fell| *fell);
        assert_eq!((is_first, clock.now()), (Some(true), due - 1));
        // A second at this pace.
        assert!(clock.behind() > 1_000_000_000);
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

//! The clock of an emulator.

use std::borrow::Borrow;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{ClockError, ClockInstant, Family, StatusChange};
use crate::registry::World;
use crate::registry::advance::AdvanceTarget;
use crate::sim::clock::{ClockUpdate, Mode};
use crate::sim::time::{MAX_INSTANT, instant, millis};
use crate::world::settings::is_pace;

/// The target of an advance.
///
/// ```
/// use release_emulator::{Family, Until};
///
/// let failed = Until::status(Family::Pipelines, "the-id", "failed");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Until(AdvanceTarget);

impl Until {
    /// The next change of any resource.
    #[must_use]
    pub fn next() -> Self {
        Self(AdvanceTarget::Next)
    }

    /// The instant from which time alone moves no run: all have ended, wait for an approval, hang or are paused. Scheduled
    /// starts may be due.
    #[must_use]
    pub fn idle() -> Self {
        Self(AdvanceTarget::Idle)
    }

    /// A status of a resource, by its code (`"2"`) or its word (`"succeeded"`, `"SUCCESS"`). The id of an ASM release is
    /// its uid.
    #[must_use]
    pub fn status(family: Family, id: impl Into<String>, status: impl Into<String>) -> Self {
        Self(AdvanceTarget::Status {
            family: family.as_str().to_owned(),
            id: id.into(),
            status: status.into(),
        })
    }
}

/// The clock of an emulator.
///
/// ```
/// # use release_emulator::{Emulator, Until};
/// use std::time::Duration;
///
/// let emulator = Emulator::builder().freeze("2030-01-01T12:00:00Z").start_blocking()?;
/// let clock = emulator.clock();
/// clock.advance(Duration::from_secs(90))?;
/// clock.advance_until(Until::idle(), Duration::from_secs(3_600))?;
/// clock.set("2030-01-02T00:00:00Z")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct ClockHandle<'a>(pub(super) &'a World);

impl ClockHandle<'_> {
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        instant(self.0.clock().now)
    }

    /// Returns true if the clock stands until it is set or advanced.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.0.clock().mode == Mode::Frozen
    }

    /// Virtual seconds per real second while the clock runs.
    #[must_use]
    pub fn pace(&self) -> f64 {
        self.0.clock().pace
    }

    /// Moves the clock forward, rounded down to whole milliseconds. Returns the transitions on the way, in the order of time.
    ///
    /// A length that rounds to 0 is an error.
    pub fn advance(&self, by: Duration) -> Result<Vec<StatusChange>, ClockError> {
        if millis(by) == 0 && !by.is_zero() {
            return Err(ClockError::TooShort);
        }
        let mut transitions = Vec::new();
        self.0
            .advance(millis(by).min(MAX_INSTANT), &mut |transition| {
                transitions.push(transition.into());
            })?;
        Ok(transitions)
    }

    /// Moves the clock forward until a target is reached, at most by `within`, rounded down to whole milliseconds. Returns the
    /// transitions on the way.
    ///
    /// If the target is not reached, that is an error that says what is in the way. The clock stays where it is then, unless
    /// only runs that scheduled starts began on the way are the reason.
    pub fn advance_until(
        &self,
        target: impl Borrow<Until>,
        within: Duration,
    ) -> Result<Vec<StatusChange>, ClockError> {
        let mut transitions = Vec::new();
        let within = millis(within).min(MAX_INSTANT);
        let target = &target.borrow().0;
        self.0.advance_until(target, within, &mut |transition| {
            transitions.push(transition.into());
        })?;
        Ok(transitions)
    }

    /// Moves the clock to a later instant: a `DateTime`, or a text such as `2030-01-01T00:00:00Z`. Returns the transitions
    /// on the way.
    pub fn set(&self, now: impl Into<ClockInstant>) -> Result<Vec<StatusChange>, ClockError> {
        let now = now.into().millis().map_err(ClockError::Instant)?;
        self.update(ClockUpdate {
            now: Some(now),
            ..ClockUpdate::default()
        })
    }

    /// Stops the clock at the present instant.
    ///
    /// # Panics
    /// Never: the present instant is never refused.
    pub fn freeze(&self) {
        let update = ClockUpdate {
            mode: Some(Mode::Frozen),
            ..ClockUpdate::default()
        };
        self.update(update)
            .expect("the present instant is never refused");
    }

    /// Lets the clock run from the present instant, `pace` virtual seconds per real second.
    pub fn run(&self, pace: f64) -> Result<(), ClockError> {
        if !is_pace(pace) {
            return Err(ClockError::Pace(pace));
        }
        self.update(ClockUpdate {
            mode: Some(Mode::Running),
            pace: Some(pace),
            ..ClockUpdate::default()
        })
        .map(drop)
    }

    fn update(self, update: ClockUpdate) -> Result<Vec<StatusChange>, ClockError> {
        let mut transitions = Vec::new();
        self.0.set_clock(update, &mut |transition| {
            transitions.push(transition.into());
        })?;
        Ok(transitions)
    }
}

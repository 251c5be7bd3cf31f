//! The clock of an emulator.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::ClockError;
use crate::registry::World;
use crate::sim::Transition;
use crate::sim::clock::{ClockUpdate, Mode};
use crate::sim::time::{MAX_INSTANT, instant, millis};
use crate::world::settings::is_pace;

/// The clock of an emulator.
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

    /// Moves the clock forward, in whole milliseconds. Returns the transitions on the way, in the order of time.
    pub fn advance(&self, by: Duration) -> Result<Vec<Transition>, ClockError> {
        let mut transitions = Vec::new();
        self.0
            .advance(millis(by).min(MAX_INSTANT), &mut |transition| {
                transitions.push(transition);
            })?;
        Ok(transitions)
    }

    /// Moves the clock to a later instant. Returns the transitions on the way.
    pub fn set(&self, now: DateTime<Utc>) -> Result<Vec<Transition>, ClockError> {
        self.update(ClockUpdate {
            now: Some(now.timestamp_millis()),
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

    fn update(self, update: ClockUpdate) -> Result<Vec<Transition>, ClockError> {
        let mut transitions = Vec::new();
        self.0
            .set_clock(update, &mut |transition| transitions.push(transition))?;
        Ok(transitions)
    }
}

//! The trait of everything that a collection holds.

use crate::sim::Millis;

/// A resource whose state changes with time.
pub trait Resource {
    /// The family it belongs to, as transitions name it.
    const FAMILY: &'static str;

    /// Its name, as transitions report it.
    fn name(&self) -> &str;

    /// The next instant after `now` at which something about it changes by itself, or [`crate::sim::NEVER`].
    fn next_due(&self, now: Millis) -> Millis;

    /// Its own status at an instant, in the family's word; empty once it is gone.
    fn status_label(&self, now: Millis) -> &str;

    /// How many steps it has at present; they have a fixed order until a command gives it others.
    fn n_steps(&self) -> usize {
        0
    }

    /// The name of a step and its status at an instant; none if there is nothing to see of the step.
    fn step(&self, _step: usize, _now: Millis) -> Option<(&str, &str)> {
        None
    }

    /// The steps that may look otherwise at `due` than just before, in ascending order.
    fn steps_changing_at(&self, _due: Millis) -> Vec<usize> {
        Vec::new()
    }

    /// Returns true if it acts by itself at that instant (a trigger that starts a run).
    fn has_timed_action(&self, _now: Millis) -> bool {
        false
    }
}

/// The position of a resource in the order of arrival.
pub type ArrivalId = u64;

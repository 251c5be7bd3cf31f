//! The trait of the items of a collection.

use crate::sim::Millis;
use crate::sim::heap::Heap;
use crate::sim::lifecycle::Run;
use crate::sim::step_name::StepName;

/// A resource whose state changes with time.
pub trait Resource: Clone + Heap {
    /// The name of its family in transitions.
    const FAMILY: &'static str;

    /// The kind of resource, which tells it from others of its family.
    const KIND: &'static str = Self::FAMILY;

    fn name(&self) -> &str;

    /// The meaning of a status in words; the status itself unless the service has codes.
    fn status_word(status: &str) -> &str {
        status
    }

    /// The next instant after `now` at which it or one of its steps changes with time, or [`crate::sim::NEVER`].
    fn next_due(&self, now: Millis) -> Millis;

    /// The next instant after `now` at which time alone moves a run that is under way, or [`crate::sim::NEVER`]. A scheduled
    /// start is none.
    fn progress_due(&self, now: Millis) -> Millis {
        self.next_due(now)
    }

    /// Lets the own time of a run that is under way go forward at `now`, so that everything to come is earlier by that
    /// length.
    fn hasten(&mut self, _now: Millis, _by: Millis) {}

    /// Its own status at an instant, in the family's terms; empty once it is gone.
    fn status_label(&self, now: Millis) -> &str;

    /// The number of its steps. They have a fixed order until a command replaces them.
    fn n_steps(&self) -> usize {
        0
    }

    /// The name and status of a step at an instant; none for a step that is not shown.
    fn step(&self, _step: usize, _now: Millis) -> Option<(StepName<&str>, &str)> {
        None
    }

    /// The run that a step belongs to.
    fn step_run(&self, _step: usize) -> Option<&Run> {
        None
    }

    /// The number of a step in its run; none if the run does not lead to it.
    fn run_step(&self, step: usize) -> Option<usize> {
        Some(step)
    }

    /// The steps whose status may change at `due`, in ascending order.
    fn steps_changing_at(&self, _due: Millis) -> Vec<usize> {
        Vec::new()
    }

    /// Returns true if time alone makes it act at that instant (a trigger that starts a run).
    fn has_timed_action(&self, _now: Millis) -> bool {
        false
    }
}

/// The position of a resource in the order of arrival.
pub type ArrivalId = u64;

//! Runs of fixtures.

use crate::http::json::ValidationError;
use crate::sim::lifecycle::{Outcome, Run, RunRecord, StepPlan};
use crate::sim::time::rfc3339;
use crate::sim::{Millis, NEVER};

/// Rebuilds a run. A history ahead of the clock is refused: the next command would come before an accepted one.
pub fn restore_run(record: RunRecord, now: Millis) -> Result<Run, ValidationError> {
    let newest = record
        .commands
        .last()
        .map_or(record.started, |newest| newest.at);
    if newest.max(record.started) > now {
        let expected = format!("must not be after the present instant, {}", rfc3339(now));
        return Err(ValidationError::new("", expected));
    }
    let hangs_and_fails = |step: &StepPlan| {
        matches!(
            step,
            StepPlan::Work {
                takes: NEVER,
                outcome: Outcome::Fail(_)
            }
        )
    };
    if let Some(step) = record.steps.iter().position(hangs_and_fails) {
        return Err(ValidationError::new(
            format!("does[{step}].work.fails"),
            "must be absent: work that never ends does not fail",
        ));
    }
    Run::restore(record).map_err(|expected| ValidationError::new("", expected))
}

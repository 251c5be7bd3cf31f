//! Runs in the fixture format.

use serde::{Deserialize, Serialize};

use crate::http::json::ValidationError;
use crate::sim::lifecycle::{
    AcceptedCommand, FailurePolicy, Node, Outcome, Run, RunPlan, StepPlan,
};
use crate::sim::time::rfc3339;
use crate::sim::{Millis, NEVER};

/// A run: its start, its frozen plan and the commands it accepted. Instants and lengths are in milliseconds; null
/// stands for never.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunState {
    pub started: Millis,
    /// The order of the steps.
    pub tree: Node,
    /// The steps.
    pub does: Vec<StepPlan>,
    /// True if steps after a failed one still run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continue_on_failure: bool,
    /// The time before the first step begins.
    #[serde(default)]
    pub lead: Millis,
    /// The time that a stop takes to become a pause.
    #[serde(default)]
    pub brake: Millis,
    /// The time after which an unfinished run is interrupted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Millis>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<AcceptedCommand>,
}

impl From<&Run> for RunState {
    fn from(run: &Run) -> Self {
        let plan = run.plan();
        Self {
            started: run.started(),
            tree: plan.tree.clone(),
            does: plan.steps.clone(),
            continue_on_failure: plan.fail == FailurePolicy::Continue,
            lead: plan.start_delay,
            brake: plan.stop_delay,
            limit: plan.limit,
            events: run.commands().to_vec(),
        }
    }
}

impl RunState {
    /// Rebuilds the run. A history ahead of the clock is refused: the next command would come before an accepted
    /// one.
    pub fn restore(self, now: Millis) -> Result<Run, ValidationError> {
        let newest = self.events.last().map_or(self.started, |newest| newest.at);
        if newest.max(self.started) > now {
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
        if let Some(step) = self.does.iter().position(hangs_and_fails) {
            return Err(ValidationError::new(
                format!("does[{step}].work.fails"),
                "must be absent: work that never ends does not fail",
            ));
        }
        let plan = RunPlan {
            tree: self.tree,
            steps: self.does,
            fail: if self.continue_on_failure {
                FailurePolicy::Continue
            } else {
                FailurePolicy::Stop
            },
            start_delay: self.lead,
            stop_delay: self.brake,
            limit: self.limit,
        };
        Run::restore(self.started, plan, &self.events)
            .map_err(|expected| ValidationError::new("", expected))
    }
}

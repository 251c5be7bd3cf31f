//! The status of tasks, stages and jobs, which share their words.

use crate::sim::pack::pack_enums;
use serde::{Deserialize, Serialize};

/// A status. Some words only come from fixtures.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(test, schema(as = ZadigWorkflowStatus))]
pub enum WorkflowStatus {
    /// A stage or a job that has not begun.
    #[default]
    #[serde(rename = "")]
    #[strum(serialize = "")]
    Idle,
    /// Only in fixtures.
    Created,
    /// It is under way.
    Running,
    /// It has passed.
    Passed,
    /// It was left out.
    Skipped,
    /// It has failed.
    Failed,
    /// It has taken too long.
    Timeout,
    /// It was cancelled.
    Cancelled,
    /// It waits for somebody to start a stage.
    Pause,
    /// A task in the queue.
    Waiting,
    /// Only in fixtures.
    Queued,
    /// Only in fixtures.
    Blocked,
    /// Only in fixtures: the emulator needs no time for it.
    Prepare,
    /// An approval was refused.
    Reject,
    /// A job that waits for an approval.
    WaitForApproval,
    /// Only in fixtures.
    DebugBefore,
    /// Only in fixtures.
    DebugAfter,
    /// A job that failed, which is ignored.
    Unstable,
    /// A job that failed, and somebody decides on it.
    WaitForManualErrorHandling,
}

impl WorkflowStatus {
    /// The statuses of tasks.
    pub const OF_TASKS: [Self; 9] = [
        Self::Waiting,
        Self::Running,
        Self::Pause,
        Self::Passed,
        Self::Failed,
        Self::Timeout,
        Self::Cancelled,
        Self::Reject,
        Self::Skipped,
    ];

    /// The result of a stage: the gravest of its jobs.
    pub fn of_stage(jobs: impl Iterator<Item = Self>) -> Self {
        gravest(jobs, |status| match status {
            Self::Cancelled => 7,
            Self::Timeout => 6,
            Self::Failed => 5,
            Self::Pause => 4,
            Self::Reject => 3,
            Self::Passed => 2,
            Self::Unstable => 1,
            _ => 0,
        })
    }

    /// The result of a task: the gravest of its stages, in another order than theirs. An unstable task has passed.
    pub fn of_task(stages: impl Iterator<Item = Self>) -> Self {
        let gravest = gravest(stages, |status| match status {
            Self::Pause => 7,
            Self::Reject => 6,
            Self::Cancelled => 5,
            Self::Timeout => 4,
            Self::Failed => 3,
            Self::Passed => 2,
            Self::Unstable => 1,
            _ => 0,
        });
        match gravest {
            Self::Unstable => Self::Passed,
            other => other,
        }
    }

    pub fn may_retry(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Timeout | Self::Cancelled | Self::Reject
        )
    }
}

fn gravest(
    statuses: impl Iterator<Item = WorkflowStatus>,
    weight: impl Fn(WorkflowStatus) -> u8,
) -> WorkflowStatus {
    let ended = statuses.filter(|status| *status != WorkflowStatus::Idle);
    ended
        .max_by_key(|status| weight(*status))
        .unwrap_or(WorkflowStatus::Skipped)
}

pack_enums! {
    WorkflowStatus {
        0: Idle,
        1: Created,
        2: Running,
        3: Passed,
        4: Skipped,
        5: Failed,
        6: Timeout,
        7: Cancelled,
        8: Pause,
        9: Waiting,
        10: Queued,
        11: Blocked,
        12: Prepare,
        13: Reject,
        14: WaitForApproval,
        15: DebugBefore,
        16: DebugAfter,
        17: Unstable,
        18: WaitForManualErrorHandling,
    }
}

#[cfg(test)]
mod tests {
    use super::WorkflowStatus::{
        Cancelled, Failed, Idle, Passed, Pause, Reject, Skipped, Timeout, Unstable,
    };
    use super::*;

    #[test]
    fn the_gravest_result_counts_in_an_order_of_its_own() {
        let stage = |jobs: &[WorkflowStatus]| WorkflowStatus::of_stage(jobs.iter().copied());
        assert_eq!(stage(&[Passed, Reject, Failed]), Failed);
        assert_eq!(stage(&[Failed, Timeout, Cancelled]), Cancelled);
        assert_eq!(stage(&[Unstable, Skipped]), Unstable);
        assert_eq!(stage(&[Skipped]), Skipped);
        let task = |stages: &[WorkflowStatus]| WorkflowStatus::of_task(stages.iter().copied());
        assert_eq!(task(&[Passed, Pause, Idle]), Pause);
        assert_eq!(task(&[Passed, Reject]), Reject);
        assert_eq!(task(&[Timeout, Failed]), Timeout);
        assert_eq!(task(&[Unstable, Skipped]), Passed);
        assert_eq!(task(&[]), Skipped);
    }
}

//! The commands of a pipeline, and the way to a status that allows one.

use super::pipeline::Pipeline;
use super::selection::TaskSelection;
use super::status::PipelineStatus;
use crate::families::servicestage::commands::Commanded;
use crate::http::Evidence;
use crate::sim::Millis;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run the selected tasks from the first.
    Start(TaskSelection),
    /// Freeze running tasks.
    Stop,
    /// Resume after a stop.
    Continue,
    /// Repeat the tasks that have not succeeded.
    Retry,
    Approval {
        /// The name of a task, or of a stage with an approval.
        gate: String,
        agree: bool,
    },
    /// Return to the state before the release.
    Rollback,
}

/// A command without its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum ActionKind {
    /// Replace the definition, an operation of its own.
    Edit,
    Start,
    Stop,
    Continue,
    Retry,
    Approval,
    Rollback,
}

impl Action {
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::Start(_) => ActionKind::Start,
            Self::Stop => ActionKind::Stop,
            Self::Continue => ActionKind::Continue,
            Self::Retry => ActionKind::Retry,
            Self::Approval { .. } => ActionKind::Approval,
            Self::Rollback => ActionKind::Rollback,
        }
    }

    /// True if the command adds a run.
    pub fn begins_run(&self) -> bool {
        matches!(self, Self::Start(_) | Self::Retry | Self::Rollback)
    }

    /// The status in the response: the one right after the command, even if it is over at the same instant.
    pub fn response_status(&self) -> PipelineStatus {
        match self {
            Self::Start(_) | Self::Continue | Self::Approval { agree: true, .. } => {
                PipelineStatus::Releasing
            }
            Self::Stop => PipelineStatus::Stopping,
            Self::Retry => PipelineStatus::Restarting,
            Self::Approval { agree: false, .. } => PipelineStatus::Failed,
            Self::Rollback => PipelineStatus::RollingBack,
        }
    }
}

impl Action {
    /// The evidence for [`response_status`](Self::response_status). The page's example is a start, and the guide names what
    /// follows a refusal and a rollback.
    pub fn evidence(&self) -> Evidence {
        match self {
            Self::Start(_) | Self::Approval { agree: false, .. } | Self::Rollback => {
                Evidence::Documented
            }
            Self::Stop | Self::Continue | Self::Retry | Self::Approval { agree: true, .. } => {
                Evidence::Inferred
            }
        }
    }
}

impl Commanded for Pipeline {
    type ResourceCommand = ActionKind;
    type ResourceStatus = PipelineStatus;

    fn status(&self, now: Millis) -> PipelineStatus {
        self.status(now)
    }

    fn allowed_in(kind: ActionKind) -> &'static [PipelineStatus] {
        use PipelineStatus::{
            Failed, Initialised, Paused, Releasing, RollbackFailed, RolledBack, Succeeded,
            ToBeApproved,
        };
        match kind {
            ActionKind::Edit | ActionKind::Start => &[
                Initialised,
                Succeeded,
                Failed,
                Paused,
                RolledBack,
                RollbackFailed,
            ],
            ActionKind::Stop => &[Releasing, ToBeApproved],
            ActionKind::Continue => &[Paused],
            ActionKind::Retry => &[Failed],
            ActionKind::Approval => &[ToBeApproved],
            ActionKind::Rollback => &[Succeeded, Failed],
        }
    }

    fn run_due(&self, now: Millis) -> Millis {
        self.run_due(now)
    }

    fn advice(&self, kind: ActionKind, at: Millis) -> String {
        use PipelineStatus::{Paused, Releasing, Restarting, RollingBack, Stopping, ToBeApproved};
        let advice = match (self.status(at), kind) {
            (ToBeApproved, _) => {
                let gates = self.gates(at).join(", ");
                return format!("pending approvals: {gates}; answer with action_id=approval");
            }
            (Releasing, _) => "time alone does not end it: action_id=stop pauses it",
            (RollingBack | Stopping | Restarting, _) => {
                "time alone does not end it: PATCH /_emulator/v1/state gives it another status"
            }
            (Paused, ActionKind::Stop) => "it is already paused",
            (Paused, _) => "action_id=continue resumes it",
            (_, ActionKind::Retry) => {
                "only a failed release can be retried: action_id=start begins a new one, and a script \
                 (POST /_emulator/v1/scripts) can make a task fail"
            }
            (_, ActionKind::Approval) => {
                "nothing is waiting for an approval: action_id=start begins a new run"
            }
            (_, _) => "no release is running: action_id=start begins one",
        };
        advice.to_owned()
    }
}

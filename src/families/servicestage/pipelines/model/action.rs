//! The commands of a pipeline, and the statuses that allow them.

use super::selection::{InvalidSelection, TaskSelection};
use super::status::PipelineStatus;

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

impl ActionKind {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The statuses that allow the command.
    pub fn allowed(self) -> &'static [PipelineStatus] {
        use PipelineStatus::{
            Failed, Initialised, Paused, Releasing, RollbackFailed, RolledBack, Succeeded,
            ToBeApproved,
        };
        match self {
            Self::Edit | Self::Start => &[
                Initialised,
                Succeeded,
                Failed,
                Paused,
                RolledBack,
                RollbackFailed,
            ],
            Self::Stop => &[Releasing, ToBeApproved],
            Self::Continue => &[Paused],
            Self::Retry => &[Failed],
            Self::Approval => &[ToBeApproved],
            Self::Rollback => &[Succeeded, Failed],
        }
    }
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

/// The reason a command was refused. A refused command changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionRefusal {
    /// The present status does not allow the command.
    Status(ActionKind, PipelineStatus),
    Selection(InvalidSelection),
    /// No gate of that name waits.
    NoGate(String),
}

impl From<InvalidSelection> for ActionRefusal {
    fn from(invalid_selection: InvalidSelection) -> Self {
        Self::Selection(invalid_selection)
    }
}

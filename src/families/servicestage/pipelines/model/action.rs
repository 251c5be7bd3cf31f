//! The commands of a pipeline, and the statuses that allow them.

use super::stages::{SelectedStage, UnknownName};
use super::status::Status;

/// What can be said to a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run the selected tasks from the first, or all.
    Start(Option<Vec<SelectedStage>>),
    /// Freeze running tasks where they are.
    Stop,
    /// Go on after a stop.
    Continue,
    /// Repeat what has not succeeded.
    Retry,
    /// Answer the gate of that name.
    Approval {
        /// The task's name, or that of a gated stage.
        task: String,
        /// Agreed, or refused.
        agree: bool,
    },
    /// Go back to the state before.
    Rollback,
}

/// A command, without what goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// Replace the definition, which is an operation of its own.
    Edit,
    /// See [`Action::Start`].
    Start,
    /// See [`Action::Stop`].
    Stop,
    /// See [`Action::Continue`].
    Continue,
    /// See [`Action::Retry`].
    Retry,
    /// See [`Action::Approval`].
    Approval,
    /// See [`Action::Rollback`].
    Rollback,
}

impl ActionKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Edit,
        Self::Start,
        Self::Stop,
        Self::Continue,
        Self::Retry,
        Self::Approval,
        Self::Rollback,
    ];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Continue => "continue",
            Self::Retry => "retry",
            Self::Approval => "approval",
            Self::Rollback => "rollback",
        }
    }

    /// The statuses it can be said in.
    pub(crate) fn allowed(self) -> &'static [Status] {
        use Status::{
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
    /// The tasks it selects, if it does.
    pub(crate) fn selected(&self) -> Option<&[SelectedStage]> {
        match self {
            Self::Start(selected) => selected.as_deref(),
            Self::Stop | Self::Continue | Self::Retry | Self::Approval { .. } | Self::Rollback => {
                None
            }
        }
    }

    /// What is said, without what goes with it.
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

    /// The status it answers: that right after the command, whatever the next instant brings.
    pub(crate) fn answer(&self) -> Status {
        match self {
            Self::Start(_) | Self::Continue | Self::Approval { agree: true, .. } => {
                Status::Releasing
            }
            Self::Stop => Status::Stopping,
            Self::Retry => Status::Restarting,
            Self::Approval { agree: false, .. } => Status::Failed,
            Self::Rollback => Status::RollingBack,
        }
    }
}

/// Why an action or an edit was refused; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionRefusal {
    /// It cannot be said in the present status.
    Status {
        action: &'static str,
        /// The present status.
        status: Status,
        /// The statuses it can be said in.
        allowed: &'static [Status],
    },
    /// It cannot be edited in the present status.
    Edit {
        /// The present status.
        status: Status,
        /// The statuses it can be edited in.
        allowed: &'static [Status],
    },
    /// The selection is empty.
    NothingSelected,
    /// The selection names what the pipeline does not have.
    UnknownName(UnknownName),
    /// No gate of that name waits.
    NoGate(String),
}

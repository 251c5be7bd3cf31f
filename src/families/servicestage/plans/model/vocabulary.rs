//! The enums of plans and components, each with its spelling on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Declares an enum with its texts. It deserializes from a JSON string only.
macro_rules! words {
    ($(#[$about:meta])* $name:ident as $schema:ident { $($(#[$doc:meta])* $variant:ident = $word:tt,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(try_from = "String")]
        #[schema(as = $schema)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// The text on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                match text.as_str() {
                    $($word => Ok(Self::$variant),)+
                    other => Err(format!("{other:?} is none of {}", [$($word),+].join(", "))),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// A plan's action on its components.
    Action as ReleasePlanAction {
        /// Creates them.
        Create = "create",
        /// Upgrades existing ones.
        Upgrade = "upgrade",
        /// Clones existing ones.
        Clone = "clone",
    }
}

words! {
    /// The effect of a component's failure on later batches.
    FailStrategy as ReleasePlanFailStrategy {
        /// Later batches are skipped.
        Stop = "stop",
        /// Later batches are released anyway.
        Continue = "continue",
    }
}

words! {
    /// The status of a plan or component. Source: ServiceStage API reference, pages 0232 and 0234, read 2026-08, which
    /// list no word for work in progress: `RUNNING`, `ABORTING` and `ROLLING_BACK` are inferred from the console.
    Status as ReleasePlanStatus {
        /// Not executed since it was created or edited.
        Created = "CREATED",
        /// Being executed.
        Running = "RUNNING",
        /// Released.
        Success = "SUCCESS",
        /// The release failed.
        Failed = "FAILED",
        /// Some components failed.
        PartiallyFailed = "PARTIALLY_FAILED",
        /// Aborting: winding down.
        Aborting = "ABORTING",
        /// Ended by an abort.
        Aborted = "ABORTED",
        /// Being rolled back.
        RollingBack = "ROLLING_BACK",
        /// Rolled back.
        RollbackSucceed = "ROLLBACK_SUCCEED",
        /// The rollback failed.
        RollbackFailed = "ROLLBACK_FAILED",
    }
}

words! {
    /// The status of the job behind a component.
    JobStatus as ReleasePlanJobStatus {
        /// Not started.
        Created = "CREATED",
        /// Running.
        Running = "RUNNING",
        /// Succeeded.
        Succeeded = "SUCCEEDED",
        /// Failed, or cut off by an abort.
        Failed = "FAILED",
    }
}

/// The commands to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Replace its content.
    Edit,
    /// Delete it.
    Delete,
    /// Release its components.
    Execute,
    /// Roll the release back.
    Rollback,
    /// End the running release.
    Abort,
}

impl Command {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Edit,
        Self::Delete,
        Self::Execute,
        Self::Rollback,
        Self::Abort,
    ];

    /// The command's name in the operation's path, or its verb.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Execute => "execute",
            Self::Rollback => "rollback",
            Self::Abort => "abort",
        }
    }

    /// The statuses that allow it. Inferred: the pages only say that an abort needs a plan being executed.
    #[must_use]
    pub fn fits(self) -> &'static [Status] {
        match self {
            Self::Edit | Self::Delete => &[
                Status::Created,
                Status::Success,
                Status::Failed,
                Status::PartiallyFailed,
                Status::Aborted,
                Status::RollbackSucceed,
                Status::RollbackFailed,
            ],
            Self::Execute => &[
                Status::Created,
                Status::Failed,
                Status::PartiallyFailed,
                Status::Aborted,
                Status::RollbackSucceed,
            ],
            Self::Rollback => &[Status::Success, Status::Failed, Status::PartiallyFailed],
            Self::Abort => &[Status::Running],
        }
    }
}

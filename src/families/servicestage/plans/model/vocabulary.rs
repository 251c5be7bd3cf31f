//! The words that plans and their components carry: each is declared once, with its spelling on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An enum whose values are words. It is read from a JSON string and from nothing else.
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
            /// The word on the wire.
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
    /// What a plan does with its components.
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
    /// What the failure of a component means for those of later batches.
    FailStrategy as ReleasePlanFailStrategy {
        /// They are left alone.
        Stop = "stop",
        /// They are released all the same.
        Continue = "continue",
    }
}

words! {
    /// What a plan is at, or one of its components. Source: ServiceStage API reference, pages 0232 and 0234,
    /// read 2026-08, which list no word for anything under way: `RUNNING`, `ABORTING` and `ROLLING_BACK` are
    /// inferred from what the console shows.
    Status as ReleasePlanStatus {
        /// Not executed since it was created or edited.
        Created = "CREATED",
        /// Being executed.
        Running = "RUNNING",
        /// Released.
        Success = "SUCCESS",
        /// The release failed.
        Failed = "FAILED",
        /// Some components failed, and some did not.
        PartiallyFailed = "PARTIALLY_FAILED",
        /// Told to abort, winding down.
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
    /// What the job behind a component is at.
    JobStatus as ReleasePlanJobStatus {
        /// Not begun.
        Created = "CREATED",
        /// At work.
        Running = "RUNNING",
        /// Ended well.
        Succeeded = "SUCCEEDED",
        /// Ended with a failure, or cut by an abort.
        Failed = "FAILED",
    }
}

/// What can be said to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Change what it says.
    Edit,
    /// Take it away.
    Delete,
    /// Release its components.
    Execute,
    /// Take the release back.
    Rollback,
    /// End the release under way.
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

    /// The statuses that it fits. That a plan under way can only be aborted, and what may be executed again,
    /// is inferred: the pages name no precondition but that an abort is for a plan being executed.
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

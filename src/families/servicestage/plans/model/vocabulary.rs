//! The enums of plans and their components, each value with its text on the wire.

#[cfg(test)]
use std::borrow::Cow;

use serde::{Deserialize, Serialize};
#[cfg(test)]
use utoipa::openapi::{RefOr, Schema};
#[cfg(test)]
use utoipa::{PartialSchema, ToSchema};

#[cfg(test)]
use crate::http::Evidence;
#[cfg(test)]
use crate::http::attributes::evidence::words;
use crate::http::json::either;
use crate::sim::pack::pack_enums;

/// Declares an enum with texts, which is read from JSON strings only. A text that is not documented is followed by its
/// evidence.
macro_rules! text_enum {
    (@evidence) => { Evidence::Documented };
    (@evidence $evidence:ident) => { Evidence::$evidence };
    ($(#[doc = $about:literal])* $name:ident as $schema:ident {
        $($(#[$doc:meta])* $variant:ident = $text:tt $(($evidence:ident))?,)+
    }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        #[cfg(test)]
        #[cfg(test)]
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                words(concat!($($about, "\n"),*), [$(($text, text_enum!(@evidence $($evidence)?)),)+])
            }
        }

        #[cfg(test)]
        #[cfg(test)]
        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($schema).into()
            }
        }

        impl $name {
            /// The texts of all values.
            pub const TEXTS: &'static [&'static str] = &[$($text),+];

            /// The text on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                match text.as_str() {
                    $($text => Ok(Self::$variant),)+
                    other => Err(format!("must be {}, not {other:?}", either(Self::TEXTS))),
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

text_enum! {
    /// The action of a plan on its components.
    PlanAction as ReleasePlanAction {
        /// Creates them.
        Create = "create",
        /// Upgrades existing ones.
        Upgrade = "upgrade",
        /// Clones existing ones.
        Clone = "clone",
    }
}

text_enum! {
    /// The treatment of later batches after the failure of a component.
    FailStrategy as ReleasePlanFailStrategy {
        /// They are skipped.
        Stop = "stop",
        /// They are released.
        Continue = "continue",
    }
}

text_enum! {
    /// The status of a plan or a component. Source: ServiceStage API reference, pages 0232 and 0234, read 2026-08. They
    /// list no status for a plan under way: `RUNNING`, `ABORTING` and `ROLLING_BACK` are inferred from the console.
    PlanStatus as ReleasePlanStatus {
        /// Not executed since it was created or edited.
        Created = "CREATED",
        /// Being executed.
        Running = "RUNNING" (Inferred),
        /// Released.
        Success = "SUCCESS",
        /// The release failed.
        Failed = "FAILED",
        /// Some components failed, and some did not.
        PartiallyFailed = "PARTIALLY_FAILED",
        /// Winding down after an abort.
        Aborting = "ABORTING" (Inferred),
        /// Ended by an abort.
        Aborted = "ABORTED",
        /// Being rolled back.
        RollingBack = "ROLLING_BACK" (Inferred),
        /// Rolled back.
        RollbackSucceed = "ROLLBACK_SUCCEED",
        /// The rollback failed.
        RollbackFailed = "ROLLBACK_FAILED",
    }
}

text_enum! {
    /// The status of the job behind a component.
    JobStatus as ReleasePlanJobStatus {
        /// Not started.
        Created = "CREATED",
        /// Under way.
        Running = "RUNNING",
        /// Succeeded.
        Succeeded = "SUCCEEDED",
        /// Failed, or interrupted by an abort.
        Failed = "FAILED",
    }
}

pack_enums! {
    PlanAction { 0: Create, 1: Upgrade, 2: Clone }
    FailStrategy { 0: Stop, 1: Continue }
    PlanStatus {
        0: Created,
        1: Running,
        2: Success,
        3: Failed,
        4: PartiallyFailed,
        5: Aborting,
        6: Aborted,
        7: RollingBack,
        8: RollbackSucceed,
        9: RollbackFailed,
    }
}

//! The status of pipelines, stages and tasks.

use crate::sim::pack::pack_enums;
use std::fmt;

/// A status with its documented code. Source: ServiceStage API reference, "Obtaining the Release Task List" (new),
/// status codes, read 2026-08. Codes 6 and 8 are not documented and never sent.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::FromRepr, strum::IntoStaticStr, strum::VariantArray,
)]
#[repr(u8)]
pub enum PipelineStatus {
    /// Created, never run.
    Initialised = 1,
    Succeeded = 2,
    Failed = 3,
    Releasing = 4,
    /// A gate waits for an approval.
    ToBeApproved = 5,
    Paused = 7,
    /// Not selected (tasks and stages only).
    Skipped = 9,
    RollingBack = 10,
    RolledBack = 11,
    RollbackFailed = 12,
    Stopping = 13,
    Restarting = 14,
}

impl PipelineStatus {
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The code as a text.
    pub fn as_str(self) -> &'static str {
        const CODES: [&str; 15] = [
            "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14",
        ];
        CODES[usize::from(self.code())]
    }

    /// The documented meaning.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Initialised => "initialised",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Releasing => "releasing",
            Self::ToBeApproved => "to be approved",
            Self::Paused => "paused",
            Self::Skipped => "skipped",
            Self::RollingBack => "rolling back",
            Self::RolledBack => "rolled back",
            Self::RollbackFailed => "rollback failed",
            Self::Stopping => "stopping",
            Self::Restarting => "restarting",
        }
    }

    /// Returns true if a run has not ended; a paused one has not.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::Releasing
                | Self::ToBeApproved
                | Self::Paused
                | Self::RollingBack
                | Self::Stopping
                | Self::Restarting
        )
    }
}

impl fmt::Display for PipelineStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

pack_enums! {
    PipelineStatus {
        0: Initialised,
        1: Succeeded,
        2: Failed,
        3: Releasing,
        4: ToBeApproved,
        5: Paused,
        6: Skipped,
        7: RollingBack,
        8: RolledBack,
        9: RollbackFailed,
        10: Stopping,
        11: Restarting,
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn the_text_of_a_status_is_its_code() {
        for status in PipelineStatus::VARIANTS {
            assert_eq!(status.as_str(), status.code().to_string());
        }
    }
}

//! The status codes of pipelines, which are those of stages and tasks too.

use std::fmt;

/// A status. Source: ServiceStage API reference, "Obtaining the Release Task List" (new), status codes,
/// read 2026-08. Codes 6 and 8 are not documented and never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// 1: made, never run.
    Initialised,
    /// 2: the release succeeded.
    Succeeded,
    /// 3: the release failed.
    Failed,
    /// 4: releasing.
    Releasing,
    /// 5: some gate waits for an approval.
    ToBeApproved,
    /// 7: paused.
    Paused,
    /// 9: left out (tasks and stages only).
    Skipped,
    /// 10: rolling back.
    RollingBack,
    /// 11: the rollback succeeded.
    RolledBack,
    /// 12: the rollback failed.
    RollbackFailed,
    /// 13: stopping.
    Stopping,
    /// 14: restarting.
    Restarting,
}

impl Status {
    const ALL: [Self; 12] = [
        Self::Initialised,
        Self::Succeeded,
        Self::Failed,
        Self::Releasing,
        Self::ToBeApproved,
        Self::Paused,
        Self::Skipped,
        Self::RollingBack,
        Self::RolledBack,
        Self::RollbackFailed,
        Self::Stopping,
        Self::Restarting,
    ];

    /// The code on the wire.
    pub fn code(self) -> u8 {
        match self {
            Self::Initialised => 1,
            Self::Succeeded => 2,
            Self::Failed => 3,
            Self::Releasing => 4,
            Self::ToBeApproved => 5,
            Self::Paused => 7,
            Self::Skipped => 9,
            Self::RollingBack => 10,
            Self::RolledBack => 11,
            Self::RollbackFailed => 12,
            Self::Stopping => 13,
            Self::Restarting => 14,
        }
    }

    /// The code as a text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initialised => "1",
            Self::Succeeded => "2",
            Self::Failed => "3",
            Self::Releasing => "4",
            Self::ToBeApproved => "5",
            Self::Paused => "7",
            Self::Skipped => "9",
            Self::RollingBack => "10",
            Self::RolledBack => "11",
            Self::RollbackFailed => "12",
            Self::Stopping => "13",
            Self::Restarting => "14",
        }
    }

    /// The status of a code.
    pub fn of(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// True if a run has not ended: something is under way, or it is paused.
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

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        self.code().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_its_code() {
        for status in Status::ALL {
            assert_eq!(status.as_str(), status.code().to_string());
        }
    }
}

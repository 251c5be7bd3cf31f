//! The status of pipelines, stages and tasks.

use std::fmt;

/// A status with its documented code. Source: ServiceStage API reference, "Obtaining the Release Task List" (new),
/// status codes, read 2026-08. Codes 6 and 8 are not documented and never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::FromRepr, strum::IntoStaticStr)]
#[cfg_attr(test, derive(strum::VariantArray))]
#[repr(u8)]
pub enum PipelineStatus {
    /// Created, never run.
    #[strum(serialize = "1")]
    Initialised = 1,
    #[strum(serialize = "2")]
    Succeeded = 2,
    #[strum(serialize = "3")]
    Failed = 3,
    #[strum(serialize = "4")]
    Releasing = 4,
    /// A gate waits for an approval.
    #[strum(serialize = "5")]
    ToBeApproved = 5,
    #[strum(serialize = "7")]
    Paused = 7,
    /// Not selected (tasks and stages only).
    #[strum(serialize = "9")]
    Skipped = 9,
    #[strum(serialize = "10")]
    RollingBack = 10,
    #[strum(serialize = "11")]
    RolledBack = 11,
    #[strum(serialize = "12")]
    RollbackFailed = 12,
    #[strum(serialize = "13")]
    Stopping = 13,
    #[strum(serialize = "14")]
    Restarting = 14,
}

impl PipelineStatus {
    pub fn code(self) -> u8 {
        self as u8
    }

    pub fn from_code(code: u8) -> Option<Self> {
        Self::from_repr(code)
    }

    /// The code as a text.
    pub fn as_str(self) -> &'static str {
        self.into()
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

//! The errors of an emulator's handles.

use chrono::{DateTime, Utc};

use crate::http::problem::Problem;
use crate::registry::advance::AdvanceError;
use crate::sim::clock::InvalidInstant;
use crate::sim::time::instant;

/// The reason that a fault, a script, a filter, a path or a setting is refused, in the words of the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(pub(super) String);

impl From<Problem> for InvalidValue {
    fn from(problem: Problem) -> Self {
        Self(problem.to_string())
    }
}

/// The reason that requests were not verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Other requests were found, or it cannot be known: the expectation, the finding and the nearest request.
    #[error("{0}")]
    NotVerified(String),
    /// No request can match, or the journal is off.
    #[error(transparent)]
    Invalid(#[from] InvalidValue),
}

/// The reason that the clock did not move.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClockError {
    /// Only a rewind or a reset moves the clock back. The present instant is given.
    #[error("it is already {}, and only a rewind or a reset moves the clock back", .0.to_rfc3339())]
    Backwards(DateTime<Utc>),
    /// A clock ends with the year 9999.
    #[error("the clock ends with the year 9999")]
    TooFar,
    /// A length has at least a millisecond, or none.
    #[error("the length must be 0, or at least 1 ms")]
    TooShort,
    /// The text is not an instant.
    #[error("{0}")]
    Instant(String),
    /// A pace is over 0 and at most 1,000,000.
    #[error("pace: must be over 0 and at most 1000000, not {0}")]
    Pace(f64),
    /// The target of an advance is not reached, or is none; the text says what is in the way.
    #[error("{0}")]
    Target(String),
}

impl From<AdvanceError> for ClockError {
    fn from(error: AdvanceError) -> Self {
        match error {
            AdvanceError::Clock(refused) => refused.into(),
            other => Self::Target(Problem::from(other).to_string()),
        }
    }
}

impl From<InvalidInstant> for ClockError {
    fn from(refused: InvalidInstant) -> Self {
        match refused {
            InvalidInstant::Backwards(now) => Self::Backwards(instant(now)),
            InvalidInstant::TooFar => Self::TooFar,
        }
    }
}

//! Instants as a program gives them.

use chrono::{DateTime, TimeZone};

use crate::sim::Millis;
use crate::sim::time::{not_rfc3339, parse_rfc3339};

/// An instant up to the year 9999: a `DateTime`, or a text such as `2030-01-01T00:00:00Z`, which is checked where it is
/// used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockInstant(Result<Millis, String>);

impl ClockInstant {
    /// The instant, or the reason that a text is none.
    pub(super) fn millis(self) -> Result<Millis, String> {
        self.0
    }
}

impl<Z: TimeZone> From<DateTime<Z>> for ClockInstant {
    fn from(time: DateTime<Z>) -> Self {
        Self(Ok(time.timestamp_millis()))
    }
}

impl From<&str> for ClockInstant {
    fn from(text: &str) -> Self {
        Self(parse_rfc3339(text).ok_or_else(|| not_rfc3339(text)))
    }
}

impl From<String> for ClockInstant {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

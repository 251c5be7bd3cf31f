//! Instants as RFC 3339 timestamps, and the instants and lengths of a program.

use std::time::{Duration, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use super::{Millis, NEVER};

/// The furthest instant a clock can show: the end of the year 9999, the last that RFC 3339 can write.
pub const MAX_INSTANT: Millis = 253_402_300_799_999;

/// The first instant that RFC 3339 can write: the beginning of the year 0.
pub const MIN_INSTANT: Millis = -62_167_219_200_000;

/// An instant as RFC 3339 in UTC, with milliseconds only where there are any.
pub fn rfc3339(at: Millis) -> String {
    match u64::try_from(at) {
        Ok(since_epoch) if at <= MAX_INSTANT => {
            let time = UNIX_EPOCH + Duration::from_millis(since_epoch);
            if since_epoch % 1_000 == 0 {
                humantime::format_rfc3339_seconds(time).to_string()
            } else {
                humantime::format_rfc3339_millis(time).to_string()
            }
        }
        _ => rfc3339_beyond(at),
    }
}

/// The same for any instant. Within the years 1970 to 9999, `humantime` takes half the time.
fn rfc3339_beyond(at: Millis) -> String {
    let precision = if at.rem_euclid(1_000) == 0 {
        chrono::SecondsFormat::Secs
    } else {
        chrono::SecondsFormat::Millis
    };
    instant(at).to_rfc3339_opts(precision, true)
}

/// Serializes an instant as [`rfc3339`] writes it.
pub fn serialize<S: Serializer>(at: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*at))
}

/// Serializes an instant, if there is one, as [`rfc3339`] writes it.
#[expect(clippy::ref_option, reason = "serde hands a field over by reference")]
pub(super) fn serialize_optional<S: Serializer>(
    at: &Option<Millis>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    at.map(rfc3339).serialize(serializer)
}

/// Whole milliseconds; a length beyond all time is [`NEVER`].
pub fn millis(length: Duration) -> Millis {
    Millis::try_from(length.as_millis()).unwrap_or(NEVER)
}

/// An instant as a program has it.
pub fn instant(at: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Reads a timestamp. None before [`MIN_INSTANT`], which an offset could name, since nothing could write it.
pub fn parse_rfc3339(text: &str) -> Option<Millis> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.timestamp_millis()).filter(|at| *at >= MIN_INSTANT)
}

/// The error for a text that [`parse_rfc3339`] cannot read, where the text itself is shown already.
pub const NOT_RFC3339: &str = "not an RFC 3339 timestamp (example: 2030-01-01T00:00:00Z)";

/// The error for a text that [`parse_rfc3339`] cannot read.
pub fn not_rfc3339(text: &str) -> String {
    format!("\"{text}\" is {NOT_RFC3339}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_formatters_write_the_same_text(at in -1_000..=MAX_INSTANT + 1_000, to_second: bool) {
            let at = if to_second { at - at.rem_euclid(1_000) } else { at };
            prop_assert_eq!(rfc3339(at), rfc3339_beyond(at));
        }
    }

    #[test]
    fn the_ends_of_time_can_be_written() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(MAX_INSTANT), "9999-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(MIN_INSTANT), "0000-01-01T00:00:00Z");
        assert_eq!(parse_rfc3339("0000-01-01T00:00:00Z"), Some(MIN_INSTANT));
        assert_eq!(parse_rfc3339("0000-01-01T00:00:00+00:01"), None);
    }
}

//! Instants and lengths of the kernel as those of a program, and back.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::sim::{Millis, NEVER};

/// Whole milliseconds; a length beyond all time is [`NEVER`].
pub(super) fn ms(length: Duration) -> Millis {
    Millis::try_from(length.as_millis()).unwrap_or(NEVER)
}

pub(super) fn instant(ms: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

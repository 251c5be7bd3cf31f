//! The conversion of real durations to virtual time.

use std::time::Duration;

use crate::sim::Millis;
use crate::sim::clock::MAX_INSTANT;

pub(super) fn millis_from(length: Duration) -> Millis {
    // A duration beyond the end of time is as good as the whole of it.
    Millis::try_from(length.as_millis()).map_or(MAX_INSTANT, |ms| ms.min(MAX_INSTANT))
}

//! Lengths of a program as those of the kernel.

use std::time::Duration;

use crate::sim::{Millis, NEVER};

/// Whole milliseconds; a length beyond all time is [`NEVER`].
pub(super) fn ms(length: Duration) -> Millis {
    Millis::try_from(length.as_millis()).unwrap_or(NEVER)
}

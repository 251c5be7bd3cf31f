//! The values of flags, and their errors.

use std::ops::RangeInclusive;

use crate::sim::Millis;
use crate::sim::time::{NOT_RFC3339, parse_rfc3339};
use crate::world::settings::is_pace;

pub(super) fn pace(text: &str) -> Result<f64, String> {
    let pace = text.parse().ok().filter(|pace| is_pace(*pace));
    pace.ok_or_else(|| "must be over 0 and at most 1000000".to_owned())
}

pub(super) fn count(text: &str) -> Result<usize, String> {
    let count = text
        .parse()
        .ok()
        .filter(|count| (1..=65_535).contains(count));
    count.ok_or_else(|| "must be from 1 to 65535".to_owned())
}

pub(super) fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let port = |text: &str| text.parse().ok().filter(|port| *port > 0);
    text.split_once('-')
        .and_then(|(first, last)| Some(port(first)?..=port(last)?))
        .filter(|range| !range.is_empty())
        .ok_or_else(|| "must be a range of ports such as 4601-4700".to_owned())
}

pub(super) fn time(text: &str) -> Result<Millis, String> {
    parse_rfc3339(text).ok_or_else(|| NOT_RFC3339.to_owned())
}

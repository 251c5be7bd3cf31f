//! The values of flags, and their errors.

use std::ops::RangeInclusive;

use crate::sim::Millis;
use crate::sim::memory::LEAST_BUDGET;
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

/// A number of bytes, such as `512MiB`, `2GB` or `1048576`.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(n_digits);
    let factor: Option<usize> = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "kb" => Some(1_000),
        "k" | "kib" => Some(1 << 10),
        "mb" => Some(1_000_000),
        "m" | "mib" => Some(1 << 20),
        "gb" => Some(1_000_000_000),
        "g" | "gib" => Some(1 << 30),
        _ => None,
    };
    let bytes = factor.and_then(|factor| number.parse::<usize>().ok()?.checked_mul(factor));
    bytes.ok_or_else(|| "must be a number of bytes, such as 512MiB, 2GB or 1048576".to_owned())
}

/// The budget of the process.
pub(super) fn budget(text: &str) -> Result<usize, String> {
    let least = || format!("must be at least {}MiB", LEAST_BUDGET >> 20);
    let bytes = size(text)?;
    (bytes >= LEAST_BUDGET).then_some(bytes).ok_or_else(least)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_decimal_or_binary_units() {
        for (text, bytes) in [
            ("0", 0),
            ("1048576", 1 << 20),
            ("512MiB", 512 << 20),
            ("512m", 512 << 20),
            ("2GB", 2_000_000_000),
            ("1 GiB", 1 << 30),
            ("3kb", 3_000),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for wrong in [
            "",
            "MiB",
            "-1",
            "1.5GiB",
            "2TB",
            "99999999999999999999",
            "99999999999GiB",
        ] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert!(budget("15MiB").is_err() && budget("16MiB").is_ok());
    }
}

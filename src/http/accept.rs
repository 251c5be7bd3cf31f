//! The media types that a client accepts.

use axum::http::{HeaderMap, header};

/// The ranges of the header `Accept`, each with its quality.
fn ranges(headers: &HeaderMap) -> impl Iterator<Item = (&str, f32)> {
    let values = headers.get_all(header::ACCEPT).iter();
    let ranges = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    ranges.map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
        (name, quality.unwrap_or(1.0))
    })
}

/// True if a range is named, whatever its quality.
pub fn names(headers: &HeaderMap, range: &str) -> bool {
    ranges(headers).any(|(name, _)| name == range)
}

/// True if one of `types` has a higher quality than `others`. A type that is not named has none.
pub fn prefers(headers: &HeaderMap, types: &[&str], others: &[&str]) -> bool {
    let quality = |types: &[&str]| {
        let named = ranges(headers).filter(|(name, _)| types.contains(name));
        named.fold(0.0_f32, |best, (_, quality)| best.max(quality))
    };
    quality(types) > quality(others)
}

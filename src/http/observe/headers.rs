//! Headers as the journal keeps them.

use std::fmt;

use axum::body::Bytes;
use axum::http::HeaderMap;

use crate::http::auth::redact;

/// Headers in one piece of memory, those of one name together. The map that a request brought would keep all
/// of the buffer that its connection was read into.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(
    /// A line for each: its name, a colon, its value. Neither names nor values break lines.
    Bytes,
);

impl Headers {
    /// Copies them.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut lines = Vec::with_capacity(size(headers));
        write(headers, &mut lines);
        Self(lines.into())
    }

    /// Those that are written already.
    pub(super) fn from_lines(lines: Bytes) -> Self {
        Self(lines)
    }

    /// As they are written.
    pub(super) fn lines(&self) -> &[u8] {
        &self.0
    }

    /// The headers with their values; names are in lower case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let lines = self.0.split(|byte| *byte == b'\n');
        lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = std::str::from_utf8(&line[..colon]).ok()?;
            Some((name, &line[colon + 1..]))
        })
    }

    /// The first value of a header, by its name in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    pub(super) fn size(&self) -> usize {
        self.0.len()
    }
}

/// How many bytes headers take when they are written.
pub(super) fn size(headers: &HeaderMap) -> usize {
    let lengths = headers.iter();
    let lengths = lengths.map(|(name, value)| name.as_str().len() + value.len() + 2);
    lengths.sum()
}

/// Writes headers line by line.
pub(super) fn write(headers: &HeaderMap, lines: &mut Vec<u8>) {
    for (name, value) in headers {
        lines.extend_from_slice(name.as_str().as_bytes());
        lines.push(b':');
        lines.extend_from_slice(value.as_bytes());
        lines.push(b'\n');
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let shown = self.iter().map(|(name, value)| {
            let value = if redact::is_secret_header(name) {
                redact::MASK.into()
            } else {
                String::from_utf8_lossy(value)
            };
            (name, value)
        });
        formatter.debug_map().entries(shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn headers_come_back_as_they_were_and_secrets_are_not_printed() {
        let mut map = HeaderMap::new();
        let value = |text: &[u8]| HeaderValue::from_bytes(text).unwrap();
        map.append("accept", value(b"a:b"));
        map.append("x-auth-token", value(b"hush"));
        map.append("accept", value(b""));
        map.append("x-odd", value(b"\xfc\t"));

        let headers = Headers::of(&map);

        let all: Vec<_> = headers.iter().collect();
        let expected: [(&str, &[u8]); 4] = [
            ("accept", b"a:b"),
            ("accept", b""),
            ("x-auth-token", b"hush"),
            ("x-odd", b"\xfc\t"),
        ];
        assert_eq!(all, expected);
        assert_eq!(headers.get("accept"), Some(&b"a:b"[..]));
        assert_eq!((headers.get("acc"), headers.size()), (None, 46));
        let printed = format!("{headers:?}");
        assert!(
            printed.contains("***") && !printed.contains("hush"),
            "{printed}"
        );
    }
}

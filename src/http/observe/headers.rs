//! A compact copy of headers for the journal.

use std::fmt;

use axum::body::Bytes;
use axum::http::HeaderMap;
use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use crate::http::auth::redact::{Mask, is_secret_header};

/// A copy of headers in one buffer, those of one name together.
///
/// The `HeaderMap` of a request shares the buffer that its connection was read into, so keeping the map would keep the
/// whole buffer in memory.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(
    /// A line for each header: the name, a colon, the value. Neither names nor values contain line feeds.
    Bytes,
);

impl From<&HeaderMap> for Headers {
    fn from(headers: &HeaderMap) -> Self {
        let mut lines = Vec::with_capacity(length_of_lines(headers));
        write_lines(headers, &mut lines);
        Self(lines.into())
    }
}

/// The length of headers as lines.
pub(super) fn length_of_lines(headers: &HeaderMap) -> usize {
    let lengths = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 2);
    lengths.sum()
}

/// Writes headers as lines.
pub(super) fn write_lines(headers: &HeaderMap, lines: &mut Vec<u8>) {
    for (name, value) in headers {
        lines.extend_from_slice(name.as_str().as_bytes());
        lines.push(b':');
        lines.extend_from_slice(value.as_bytes());
        lines.push(b'\n');
    }
}

impl Headers {
    /// Headers that were written by [`write_lines`].
    pub(super) const fn from_lines(lines: Bytes) -> Self {
        Self(lines)
    }

    pub(super) fn lines(&self) -> &[u8] {
        &self.0
    }

    /// The first value of a header, by its name in lower case, if it is a text.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.iter().find(|(known, _)| *known == name)?;
        str::from_utf8(value).ok()
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

    /// Has a mask learn the secrets.
    pub fn teach(&self, mask: &mut Mask) {
        for (name, value) in self.iter() {
            mask.learn_header(name, &String::from_utf8_lossy(value));
        }
    }

    /// The headers with secrets masked; several values of a name are joined by commas.
    pub(super) fn masked(&self, mask: &Mask) -> IndexMap<&str, String> {
        let mut joined: IndexMap<&str, String> = IndexMap::new();
        for (name, value) in self.iter() {
            let value = String::from_utf8_lossy(value);
            match joined.get_mut(name) {
                None => {
                    joined.insert(name, mask.header(name, &value).into_owned());
                }
                Some(_) if is_secret_header(name) => {}
                Some(values) => values.extend([", ", &mask.header(name, &value)]),
            }
        }
        joined
    }

    /// The number of bytes that the headers take.
    pub(super) fn size(&self) -> usize {
        self.0.len()
    }
}

/// Masks secrets, and joins several values of a name by commas.
impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.masked(&Mask::new(None)).serialize(serializer)
    }
}

/// Masks secrets.
impl fmt::Debug for Headers {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let mask = Mask::new(None);
        formatter.debug_map().entries(self.masked(&mask)).finish()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_copy_has_the_same_headers_and_its_debug_output_no_secrets() {
        let mut map = HeaderMap::new();
        let value = |text: &[u8]| HeaderValue::from_bytes(text).unwrap();
        map.append("accept", value(b"a:b"));
        map.append("x-auth-token", value(b"hush"));
        map.append("accept", value(b""));
        map.append("x-odd", value(b"\xfc\t"));

        let headers = Headers::from(&map);

        let all: Vec<_> = headers.iter().collect();
        let expected: [(&str, &[u8]); 4] = [
            ("accept", b"a:b"),
            ("accept", b""),
            ("x-auth-token", b"hush"),
            ("x-odd", b"\xfc\t"),
        ];
        assert_eq!(all, expected);
        assert_eq!(headers.size(), 46);
        let printed = format!("{headers:?}");
        assert!(
            printed.contains("***") && !printed.contains("hush"),
            "{printed}"
        );
    }
}

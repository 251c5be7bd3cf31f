//! Query strings, read as the service does it: with Go's parsing and Go's error texts.

use std::borrow::Cow;
use std::convert::Infallible;
use std::num::IntErrorKind::{NegOverflow, PosOverflow};
use std::num::ParseIntError;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::families::zadig::go_json::quote::quote;

/// The parameters of a query, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query. A pair with a semicolon or a malformed escape is skipped, as in the service.
    pub fn from_query(query: Option<&str>) -> Self {
        let pairs = query.unwrap_or_default().split('&');
        let params = pairs.filter(|pair| !pair.is_empty() && !pair.contains(';'));
        let params = params.filter_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((unescape(key)?, unescape(value)?))
        });
        Self(params.collect())
    }

    /// The first value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// The project, or the service's text if there is none.
    pub fn project(&self) -> Result<&str, String> {
        self.get("projectKey")
            .filter(|project| !project.is_empty())
            .ok_or_else(|| "projectKey can't be empty!".to_owned())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::from_query(parts.uri.query()))
    }
}

/// Parses a number as `strconv.ParseInt` does; an absent or empty one is 0.
pub fn integer(text: Option<&str>) -> Result<i64, String> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(0);
    };
    text.parse().map_err(|error: ParseIntError| {
        let why = match error.kind() {
            PosOverflow | NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("strconv.ParseInt: parsing {}: {why}", quote(text))
    })
}

/// A path as the service prints it: percent-decoded.
pub fn decoded_path(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

/// The characters that Go leaves in a path, beside letters and digits.
const PATH: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b',')
    .remove(b'/')
    .remove(b':')
    .remove(b';')
    .remove(b'=')
    .remove(b'@');

/// A percent-decoded path as Go writes it into a URL.
pub fn encoded_path(path: &str) -> String {
    utf8_percent_encode(path, &PATH).to_string()
}

/// Decodes `+` and `%xx`; `None` if an escape is malformed.
fn unescape(text: &str) -> Option<String> {
    let text: Cow<str> = if text.contains('+') {
        text.replace('+', " ").into()
    } else {
        text.into()
    };
    let is_malformed = text.match_indices('%').any(|(at, _)| {
        let digits = text.as_bytes().get(at + 1..at + 3);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    (!is_malformed).then(|| decoded_path(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_pairs_are_skipped_and_the_first_value_counts() {
        let params = Params::from_query(Some("a=%zz&b=1;2&c=x+y%2B&c=z&d"));
        assert_eq!(
            ["a", "b", "c", "d"].map(|key| params.get(key)),
            [None, None, Some("x y+"), Some("")]
        );
    }
}

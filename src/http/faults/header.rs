//! The headers that a fault changes in an answer.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use indexmap::IndexMap;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The headers of a connection, which the server sets itself (RFC 9110, section 7.6.1), and those that frame a body.
const OF_CONNECTION: [&str; 9] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

/// A header in place of the answer's own: its value, or its removal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum HeaderChange {
    Value(String),
    Removal(()),
}

/// A text, a number, or null.
impl<'de> Deserialize<'de> for HeaderChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ChangeVisitor;
        impl Visitor<'_> for ChangeVisitor {
            type Value = HeaderChange;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a string, a number or null")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<HeaderChange, E> {
                Ok(HeaderChange::Value(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<HeaderChange, E> {
                Ok(HeaderChange::Value(number.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<HeaderChange, E> {
                Ok(HeaderChange::Value(number.to_string()))
            }

            fn visit_unit<E: Error>(self) -> Result<HeaderChange, E> {
                Ok(HeaderChange::Removal(()))
            }
        }
        deserializer.deserialize_any(ChangeVisitor)
    }
}

/// The error of a header that a fault cannot change to this.
pub fn misfit(name: &str, change: &HeaderChange) -> Option<&'static str> {
    let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
        return Some("is not the name of a header");
    };
    if OF_CONNECTION.contains(&header.as_str()) || header.as_str().starts_with("x-emulator-") {
        return Some("is set by the emulator itself");
    }
    match change {
        HeaderChange::Value(value) if HeaderValue::from_str(value).is_err() => {
            Some("must be of visible ASCII characters")
        }
        _ => None,
    }
}

/// Changes the headers of an answer.
pub fn change(headers: &mut HeaderMap, changes: &IndexMap<String, HeaderChange>) {
    for (name, change) in changes {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            continue;
        };
        match change {
            HeaderChange::Removal(()) => {
                headers.remove(name);
            }
            HeaderChange::Value(value) => {
                if let Ok(value) = HeaderValue::from_str(value) {
                    headers.insert(name, value);
                }
            }
        }
    }
}

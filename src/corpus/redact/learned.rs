//! The texts that somebody has sent, and the secrets of a session, which are looked for in everything that is written.

use std::collections::HashSet;

use axum::http::HeaderMap;
use serde_json::Value;

use crate::corpus::headers::is_known_header;
use crate::corpus::vocabulary::is_known;
use crate::http::auth::redact::names::{is_fact, is_fact_text, is_secret_text};
use crate::http::auth::redact::{is_secret, is_secret_header};
use crate::http::json::value::OrderedValue;
use crate::http::query::decoded_pairs;

/// The shortest text that is looked for within others.
const SHORTEST: usize = 3;

/// The longest text that is remembered.
const LONGEST: usize = 4 << 10;

/// The most texts that are remembered. Once there are more, no text of a service is taken for its own word.
const MOST: usize = 200_000;

/// The most texts that are looked for in error texts, of which each costs a search.
const MOST_PRIVATE: usize = 5_000;

/// The parts of a signature that are no secrets.
const PUBLIC_PARTS: [&str; 2] = ["SignedHeaders", "Algorithm"];

/// The texts that were sent, and those that are secret.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// The texts and keys of requests.
    sent: HashSet<String>,
    /// The secrets, and the free texts of requests.
    private: HashSet<String>,
}

impl Learned {
    /// True if the text was sent by somebody, or may have been.
    pub(super) fn was_sent(&self, text: &str) -> bool {
        self.sent.len() >= MOST || self.sent.contains(text) || self.has_secret(text)
    }

    /// True if a text is a secret or has one in it.
    pub(super) fn has_secret(&self, text: &str) -> bool {
        self.private.contains(text)
            || self
                .private
                .iter()
                .any(|secret| text.contains(secret.as_str()))
    }

    /// The texts that are left out of error texts, the longest first.
    pub(super) fn private(&self) -> Vec<&str> {
        let mut private: Vec<&str> = self.private.iter().map(String::as_str).collect();
        private.sort_by_key(|text| std::cmp::Reverse(text.len()));
        private
    }

    pub(super) fn secret(&mut self, text: &str) {
        let text = text.trim();
        if (SHORTEST..=LONGEST).contains(&text.len()) && self.private.len() < MOST_PRIVATE {
            self.private.insert(text.to_owned());
        }
    }

    fn sent(&mut self, text: &str) {
        if text.len() <= LONGEST && self.sent.len() < MOST {
            self.sent.insert(text.to_owned());
        }
    }

    /// Learns the secrets in headers.
    pub(super) fn headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            let text = String::from_utf8_lossy(value.as_bytes());
            if !is_secret_header(name.as_str()) {
                if !is_known_header(name.as_str()) && text.contains(char::is_whitespace) {
                    self.secret(&text);
                }
                continue;
            }
            self.secret(&text);
            for part in text.split([' ', ',', ';']).filter(|part| !part.is_empty()) {
                match part.split_once('=') {
                    Some((name, _)) if PUBLIC_PARTS.contains(&name) => {}
                    Some((_, value)) if !is_known(value) => self.secret(value.trim_matches('"')),
                    None if !is_known(part) => self.secret(part),
                    _ => {}
                }
            }
        }
    }

    /// Learns a query: its secrets, and all of its texts.
    pub(super) fn query(&mut self, query: &str) {
        for (name, value) in decoded_pairs(query) {
            self.sent(&name);
            self.sent(&value);
            for text in [&name, &value] {
                if text.contains(char::is_whitespace) {
                    self.secret(text);
                }
            }
            if is_secret(&name) && !is_fact_text(&name, &value) {
                self.secret(&value);
            }
        }
    }

    /// Learns a body: its secrets, and all of its texts if it was sent.
    pub(super) fn body(&mut self, body: &OrderedValue, is_sent: bool) {
        self.value("", body, is_sent, false);
    }

    fn value(&mut self, name: &str, value: &OrderedValue, is_sent: bool, is_within_secret: bool) {
        match value {
            OrderedValue::Array(items) => {
                for item in items {
                    self.value(name, item, is_sent, is_within_secret);
                }
            }
            OrderedValue::Object(fields) => {
                for (key, value) in fields {
                    if is_sent {
                        self.sent(key);
                        if key.contains(char::is_whitespace) {
                            self.secret(key);
                        }
                    }
                    self.value(key, value, is_sent, is_within_secret);
                }
            }
            OrderedValue::Scalar(scalar) => {
                let is_secret_here =
                    is_within_secret || is_secret_text(name) && !is_fact(name, scalar);
                let text = match scalar {
                    Value::String(text) => text.clone(),
                    Value::Number(number) if is_secret_here => number.to_string(),
                    _ => return,
                };
                if is_sent {
                    self.sent(&text);
                }
                let is_free = is_sent && text.contains(char::is_whitespace);
                if is_secret_here || is_free {
                    self.secret(&text);
                }
            }
        }
    }
}

//! A request as patterns see it: one that arrives, or one in the journal.

use std::borrow::Cow;
use std::cell::OnceCell;

use axum::http::HeaderMap;

use crate::http::auth::redact::Mask;
use crate::http::json::value::OrderedValue;
use crate::http::observe::headers::Headers;
use crate::http::query;

/// A request, as patterns see it.
#[derive(Debug)]
pub struct MatchedRequest<'a> {
    /// The family; none if no operation serves the request.
    pub family: Option<&'a str>,
    /// The operation's id.
    pub operation: Option<&'a str>,
    /// The command that the request gives, as its operation names it.
    pub action: Option<&'a str>,
    pub method: &'a str,
    /// The path, as it was sent.
    pub path: &'a str,
    /// The query, as it was sent.
    pub query: Option<&'a str>,
    pub headers: SentHeaders<'a>,
    pub body: SentBody<'a>,
    /// The project, mesh or project key.
    pub scope: Option<&'a str>,
    /// The caller's name, if known.
    pub caller: Option<&'a str>,
}

/// The headers of a request.
#[derive(Clone, Copy, Debug)]
pub enum SentHeaders<'a> {
    Arriving(&'a HeaderMap),
    Recorded(&'a Headers),
}

impl<'a> SentHeaders<'a> {
    /// The values of a header that are texts, by its name in lower case.
    pub fn values(self, name: &str) -> Vec<&'a str> {
        match self {
            Self::Arriving(map) => {
                let values = map.get_all(name).iter();
                values.filter_map(|value| value.to_str().ok()).collect()
            }
            Self::Recorded(headers) => headers
                .iter()
                .filter(|(known, _)| *known == name)
                .filter_map(|(_, value)| str::from_utf8(value).ok())
                .collect(),
        }
    }
}

/// The body of a request, read as JSON once if a pattern asks for it.
#[derive(Debug, Default)]
pub struct SentBody<'a> {
    bytes: &'a [u8],
    /// False if the journal kept only its beginning.
    is_whole: bool,
    value: OnceCell<Option<OrderedValue>>,
}

impl<'a> SentBody<'a> {
    pub fn new(bytes: &'a [u8], is_whole: bool) -> Self {
        Self {
            bytes,
            is_whole,
            value: OnceCell::new(),
        }
    }

    /// Returns true if only the beginning of the body is known.
    pub fn is_cut(&self) -> bool {
        !self.is_whole
    }

    /// The body as JSON; none if it is cut or something else.
    pub fn value(&self) -> Option<&OrderedValue> {
        let read = || serde_json::from_slice(self.bytes).ok();
        let value = self
            .value
            .get_or_init(|| self.is_whole.then(read).flatten());
        value.as_ref()
    }

    /// The same with secrets masked.
    pub(super) fn masked_value(&self) -> Option<OrderedValue> {
        let mut value = self.value()?.clone();
        Mask::new(None).body(&mut value);
        Some(value)
    }
}

impl MatchedRequest<'_> {
    /// The value of a parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        self.query.and_then(|query| query::value_of(query, name))
    }
}

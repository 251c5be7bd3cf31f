//! Requests that change the memory: as they are kept, and how they are run again.
//!
//! A kept request is its head in JSON on a line, and behind that its body as it was read. Running it again is running the
//! same handler with the same caller: nobody is authenticated, no fault hits, and nothing is recorded.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};

use super::Caller;
use super::operation::OperationName;

/// The headers that no handler reads, or that describe the way of the body and not its contents.
const UNREAD: [HeaderName; 10] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::ORIGIN,
    header::TRANSFER_ENCODING,
    header::USER_AGENT,
];

/// The head of a request that changes the memory.
#[derive(Debug, Serialize, Deserialize)]
pub struct CommandHead<'a> {
    pub family: Cow<'a, str>,
    pub operation: Cow<'a, str>,
    pub method: Cow<'a, str>,
    /// Path and query.
    pub target: Cow<'a, str>,
    /// The project, mesh or project key, if the head tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Those that handlers may read. Bytes beyond ASCII are the characters of the same number.
    pub headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub caller: Cow<'a, Caller>,
}

/// The kept form has a tag, as all commands have.
#[derive(Serialize)]
struct Tagged<'a> {
    request: CommandHead<'a>,
}

/// A request as it is kept.
#[derive(Debug)]
pub struct RequestCommand {
    /// The head, or the whole of one that was kept before.
    head: Bytes,
    body: Bytes,
    is_whole: bool,
}

impl RequestCommand {
    /// The request of a caller that is about to reach its handler.
    ///
    /// # Panics
    /// Never: the keys are strings.
    pub fn new(
        parts: &Parts,
        name: &OperationName,
        scope: Option<String>,
        caller: &Caller,
    ) -> Self {
        let kept = parts
            .headers
            .iter()
            .filter(|(name, _)| !UNREAD.contains(name));
        let headers = kept.map(|(name, value)| (Cow::Borrowed(name.as_str()), text(value)));
        let target = parts.uri.path_and_query();
        let command_head = CommandHead {
            family: (&*name.tag).into(),
            operation: (&*name.id).into(),
            method: parts.method.as_str().into(),
            target: target.map_or("/", |target| target.as_str()).into(),
            scope,
            headers: headers.collect(),
            caller: Cow::Borrowed(caller),
        };
        let tagged = Tagged {
            request: command_head,
        };
        let head = serde_json::to_vec(&tagged).expect("the keys are strings");
        Self {
            head: head.into(),
            body: Bytes::new(),
            is_whole: false,
        }
    }

    /// A request that was kept before.
    pub fn kept(bytes: Bytes) -> Self {
        Self {
            head: bytes,
            body: Bytes::new(),
            is_whole: true,
        }
    }

    /// Adds the body that the handler has read.
    pub fn note_body(&mut self, body: &Bytes) {
        if !self.is_whole {
            self.body = body.clone();
        }
    }

    /// The bytes that are kept.
    pub fn bytes(&self) -> Bytes {
        if self.body.is_empty() {
            return self.head.clone();
        }
        let mut bytes = Vec::with_capacity(self.head.len() + 1 + self.body.len());
        bytes.extend_from_slice(&self.head);
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.body);
        bytes.into()
    }
}

/// The mark of a request that is run again.
#[derive(Clone, Debug)]
pub struct Replayed {
    pub caller: Caller,
    /// The request as it is kept, if it is to be kept again.
    pub command: Option<Bytes>,
}

impl CommandHead<'_> {
    /// The request that runs again; `None` if it was never one.
    pub fn request(self, body: Bytes, command: Option<Bytes>) -> Option<Request> {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(&**name).ok()?;
            headers.append(name, header_value(value)?);
        }
        let request = Request::builder()
            .method(&*self.method)
            .uri(&*self.target)
            .body(Body::from(body));
        let mut request = request.ok()?;
        *request.headers_mut() = headers;
        request.extensions_mut().insert(Replayed {
            caller: self.caller.into_owned(),
            command,
        });
        Some(request)
    }
}

/// The bytes of a header as characters of the same number.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    match value.to_str() {
        Ok(text) => text.into(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}

fn header_value(text: &str) -> Option<HeaderValue> {
    let bytes = text.chars().map(|char| u8::try_from(char).ok());
    HeaderValue::from_bytes(&bytes.collect::<Option<Vec<u8>>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_header_survive() {
        for bytes in [&b"plain"[..], b"z\xc3\xbcge \xff", b""] {
            let value = HeaderValue::from_bytes(bytes).unwrap();
            assert_eq!(header_value(&text(&value)), Some(value));
        }
        assert_eq!(header_value("\u{20ac}"), None);
    }
}

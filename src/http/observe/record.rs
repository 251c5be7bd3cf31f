//! Records of requests with their answers, as the journal keeps them and as test authors and the control plane get them.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderMap;
use bytestring::ByteString;
use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::headers::{Headers, length_of_lines, write_lines};
use crate::http::auth::redact::{KnownSecrets, Mask};
use crate::http::json::value::OrderedValue;
use crate::sim::time::rfc3339;

/// The most bytes of a body that the journal keeps.
pub const LONGEST_BODY: usize = 16 << 10;

/// The most bytes of a response body that are copied to the rest of its record.
const SHORT_BODY: usize = 1 << 10;

/// The most bytes of a text that a record keeps of a head: the path, the query, the scope.
pub const LONGEST_TEXT: usize = 16 << 10;

/// The approximate size of a record without its texts, headers and bodies.
const OVERHEAD: usize = 768;

/// The same of a summary, which the log of events keeps after the journal has dropped its record.
const SUMMARY_OVERHEAD: usize = 448;

/// The approximate size of an id in a list, without its text.
const ID_OVERHEAD: usize = 40;

/// A request with its answer. Secrets are masked in its JSON form only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
#[cfg_attr(test, schema(as = RequestEntry))]
// The derived code is not a trait's: it serializes what is masked already.
#[serde(remote = "Self")]
pub struct RequestRecord {
    #[serde(flatten)]
    pub summary: Arc<RequestSummary>,
    /// Headers and body of the request.
    pub request: Message,
    /// Headers and body of the answer.
    pub response: Message,
}

/// A request without its headers and bodies. Secrets are masked in its JSON form only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
#[serde(remote = "Self")]
pub struct RequestSummary {
    /// Its number in the life of the world, from 1.
    pub id: u64,
    /// The end of the answer on the world's clock.
    #[serde(serialize_with = "serialize_time")]
    #[cfg_attr(test, schema(value_type = String))]
    pub time: DateTime<Utc>,
    /// The same on the machine's clock.
    #[serde(serialize_with = "serialize_time")]
    #[cfg_attr(test, schema(value_type = String))]
    pub real_time: DateTime<Utc>,
    /// The family, unless no operation has the path and method.
    pub family: Option<&'static str>,
    /// The operation's id.
    pub operation: Option<&'static str>,
    /// The command that the request gives, such as `start`, if its operation has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<&'static str>,
    /// Method and path of the closest operation, for a request that matches none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// The method.
    #[cfg_attr(test, schema(value_type = String))]
    pub method: Cow<'static, str>,
    /// The path, as it was sent, up to its first 16 KiB.
    #[cfg_attr(test, schema(value_type = String))]
    pub path: ByteString,
    /// The query, as it was sent, up to its first 16 KiB; secrets are masked in JSON.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub query: Option<ByteString>,
    /// The project, mesh or project key.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub scope: Option<ByteString>,
    /// The caller's name, if known.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub caller: Option<ByteString>,
    /// The status of the answer.
    pub status: u16,
    /// The real time that the answer took.
    #[serde(rename = "duration_us", serialize_with = "serialize_micros")]
    #[cfg_attr(test, schema(value_type = u64))]
    pub duration: Duration,
    /// The id of the fault that hit the request.
    pub fault: Option<String>,
    /// The ids of all scripts that decided something meanwhile.
    pub scripts: Vec<String>,
    /// The evidence for the answer, as the header `x-emulator-evidence` tells it.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub evidence: Option<ByteString>,
    /// True if the answer is a failure of the emulator: a status from 500 on that neither a fault nor the operation
    /// accounts for.
    #[serde(skip)]
    pub is_failure: bool,
    /// The known secrets of the world, which its JSON form masks.
    #[serde(skip)]
    pub(crate) secrets: Arc<KnownSecrets>,
}

/// Headers and body of a request or an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
#[cfg_attr(test, schema(as = RequestPart))]
pub struct Message {
    /// The headers by lower-case name; in JSON, several values are joined by commas and secrets are `***`.
    #[cfg_attr(test, schema(value_type = serde_json::Map<String, Value>))]
    pub headers: Headers,
    /// The body, up to its first 16 KiB. In JSON it is JSON if it can be, else a text, and null if there is none.
    #[cfg_attr(test, schema(value_type = Value))]
    pub body: Bytes,
    /// The length of the whole body in bytes.
    #[cfg_attr(test, schema(rename = "bytes"))]
    pub length: u64,
}

/// Copies texts into one piece of memory.
///
/// A record lives in few pieces, since it is freed when none of them is in the processor's cache any more.
pub fn share_texts<const N: usize>(texts: [Option<&str>; N]) -> [Option<ByteString>; N] {
    let texts = texts.map(|text| text.map(cut));
    let all = ByteString::from(texts.map(Option::unwrap_or_default).concat());
    let mut end = 0;
    texts.map(|text| {
        let begin = end;
        end += text?.len();
        Some(all.slice_ref(&all[begin..end]))
    })
}

/// The beginning of a text that is too long to be kept.
fn cut(text: &str) -> &str {
    if text.len() <= LONGEST_TEXT {
        return text;
    }
    let mut end = LONGEST_TEXT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

impl RequestSummary {
    /// The approximate number of bytes that it takes without its record.
    pub(super) fn size(&self) -> usize {
        SUMMARY_OVERHEAD + self.size_of_texts()
    }

    fn size_of_texts(&self) -> usize {
        let Self {
            path,
            query,
            scope,
            caller,
            evidence,
            nearest,
            fault,
            scripts,
            ..
        } = self;
        let texts = [query, scope, caller, evidence].into_iter().flatten();
        let owned = [nearest, fault].into_iter().flatten();
        let ids = scripts.iter().map(|id| ID_OVERHEAD + id.len());
        path.len()
            + texts.map(|text| text.len()).sum::<usize>()
            + owned.map(String::len).sum::<usize>()
            + ids.sum::<usize>()
    }
}

impl RequestRecord {
    /// Copies headers and bodies into one piece of memory, except a long body of the response, which is shared with it.
    /// `request` are the headers, the beginning of the body, and its length.
    #[doc(hidden)]
    pub fn new(
        summary: RequestSummary,
        (request_headers, request_body, request_length): (&Headers, &[u8], u64),
        (response_headers, response_body): (&HeaderMap, &Bytes),
    ) -> Self {
        let is_short = response_body.len() <= SHORT_BODY;
        let short_body: &[u8] = if is_short { response_body } else { &[] };
        let request_lines = request_headers.lines();
        let lengths = [
            request_lines.len(),
            request_body.len(),
            length_of_lines(response_headers),
            short_body.len(),
        ];
        let mut all = Vec::with_capacity(lengths.iter().sum());
        all.extend_from_slice(request_lines);
        all.extend_from_slice(request_body);
        write_lines(response_headers, &mut all);
        all.extend_from_slice(short_body);
        let mut rest = Bytes::from(all);
        let [request_lines, request_body, response_lines, short_body] =
            lengths.map(|length| rest.split_to(length));
        let kept_body = match response_body.get(..LONGEST_BODY) {
            _ if is_short => short_body,
            // A slice would keep the whole body in memory.
            Some(beginning) => Bytes::copy_from_slice(beginning),
            None => response_body.clone(),
        };
        Self {
            summary: Arc::new(summary),
            request: Message {
                headers: Headers::from_lines(request_lines),
                body: request_body,
                length: request_length,
            },
            response: Message {
                headers: Headers::from_lines(response_lines),
                body: kept_body,
                length: response_body.len() as u64,
            },
        }
    }

    /// The approximate number of bytes that the record takes.
    pub(super) fn size(&self) -> usize {
        OVERHEAD + self.summary.size_of_texts() + self.request.size() + self.response.size()
    }
}

impl Message {
    /// Returns true if the body is longer than what is kept of it.
    pub fn is_cut(&self) -> bool {
        self.length > self.body.len() as u64
    }

    fn size(&self) -> usize {
        self.headers.size() + self.body.len()
    }

    /// The body as it is shown. The mask learns the values under secret names, which it replaces; the secrets in other
    /// texts are still there if the body is JSON.
    fn without_secret_fields(&self, mask: &mut Mask) -> OrderedValue {
        if self.body.is_empty() {
            return OrderedValue::Scalar(Value::Null);
        }
        let is_whole = self.length <= LONGEST_BODY as u64;
        if is_whole && let Ok(mut json) = serde_json::from_slice(&self.body) {
            mask.fields(&mut json);
            return json;
        }
        let text = String::from_utf8_lossy(&self.body);
        OrderedValue::Scalar(Value::from(mask.plain_body(&text)))
    }

    fn masked<'a>(&'a self, mask: &Mask, mut body: OrderedValue) -> MaskedMessage<'a> {
        mask.texts(&mut body);
        MaskedMessage {
            headers: self.headers.masked(mask),
            body,
            bytes: self.length,
        }
    }
}

/// Headers and body without secrets.
#[derive(Serialize)]
struct MaskedMessage<'a> {
    headers: IndexMap<&'a str, String>,
    body: OrderedValue,
    bytes: u64,
}

/// Masks the secrets, as far as they are known without their world.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut mask = Mask::new(None);
        self.headers.teach(&mut mask);
        let body = self.without_secret_fields(&mut mask);
        self.masked(&mask, body).serialize(serializer)
    }
}

impl RequestSummary {
    /// A copy without secrets.
    fn masked(&self, mask: &Mask) -> Self {
        let values = |text: &ByteString| ByteString::from(&*mask.values(text));
        let own_values = |text: &String| mask.values(text).into_owned();
        Self {
            path: ByteString::from(&*mask.text(&self.path)),
            query: self.query.as_deref().map(|query| mask.query(query).into()),
            scope: self.scope.as_ref().map(values),
            caller: self.caller.as_ref().map(values),
            fault: self.fault.as_ref().map(own_values),
            scripts: self.scripts.iter().map(own_values).collect(),
            ..self.clone()
        }
    }

    /// A mask that knows the secrets of the world, and those of the query.
    pub(crate) fn mask(&self) -> Mask<'_> {
        let mut mask = Mask::new(Some(&self.secrets));
        mask.learn_query(self.query.as_deref().unwrap_or_default());
        mask
    }
}

/// Masks the secrets.
impl Serialize for RequestSummary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(&self.masked(&self.mask()), serializer)
    }
}

impl RequestRecord {
    /// A mask that knows the secrets of the world, and those of the whole request and its answer but for the bodies.
    fn mask(&self) -> Mask<'_> {
        let mut mask = self.summary.mask();
        self.request.headers.teach(&mut mask);
        self.response.headers.teach(&mut mask);
        mask
    }
}

/// Masks the secrets.
impl Serialize for RequestRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct MaskedRecord<'a> {
            #[serde(flatten)]
            summary: RequestSummary,
            request: MaskedMessage<'a>,
            response: MaskedMessage<'a>,
        }

        let mut mask = self.mask();
        let bodies = [&self.request, &self.response];
        let [request_body, response_body] =
            bodies.map(|message| message.without_secret_fields(&mut mask));
        let masked = MaskedRecord {
            summary: self.summary.masked(&mask),
            request: self.request.masked(&mask, request_body),
            response: self.response.masked(&mask, response_body),
        };
        masked.serialize(serializer)
    }
}

fn serialize_time<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(time.timestamp_millis()))
}

fn serialize_micros<S: Serializer>(length: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    u64::try_from(length.as_micros())
        .unwrap_or(u64::MAX)
        .serialize(serializer)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;
    use crate::sim::Millis;
    use crate::sim::time::instant;

    impl RequestSummary {
        /// A summary of a request for `/`.
        pub(crate) fn bare(id: u64, time: Millis) -> Self {
            let time = instant(time);
            Self {
                id,
                time,
                real_time: time,
                family: None,
                operation: None,
                action: None,
                nearest: None,
                method: "GET".into(),
                path: "/".into(),
                query: None,
                scope: None,
                caller: None,
                status: 200,
                duration: Duration::from_micros(1),
                fault: None,
                scripts: Vec::new(),
                evidence: None,
                is_failure: false,
                secrets: Arc::default(),
            }
        }
    }

    #[test]
    fn the_size_is_that_of_all_texts_headers_and_bodies() {
        let headers =
            HeaderMap::from_iter([("x-a".parse().unwrap(), HeaderValue::from_static("answered"))]);
        let [path, query, scope, caller] =
            share_texts([Some("/p"), Some("q=1"), Some("s"), Some("ann")]);
        let summary = RequestSummary {
            path: path.unwrap_or_default(),
            query,
            scope,
            caller,
            ..RequestSummary::bare(1, 0)
        };
        let record = RequestRecord::new(
            summary,
            (&Headers::default(), b"sent", 7),
            (&headers, &vec![b'x'; 20_000].into()),
        );
        assert_eq!(
            record.size(),
            OVERHEAD + 2 + 3 + 1 + 3 + 4 + 13 + LONGEST_BODY
        );
    }

    #[test]
    fn texts_that_share_memory_are_those_that_were_copied() {
        let [first, absent, empty, last] = share_texts([Some("ä/b"), None, Some(""), Some("c")]);
        assert_eq!(first.unwrap(), "ä/b");
        assert_eq!(absent, None);
        assert_eq!(empty.unwrap(), "");
        assert_eq!(last.unwrap(), "c");
    }

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        let long = "x".repeat(LONGEST_TEXT - 1) + "ä";
        let [kept, short] = share_texts([Some(&long), Some("short")]);
        assert_eq!(kept.unwrap(), long[..LONGEST_TEXT - 1]);
        assert_eq!(short.unwrap(), "short");
    }

    #[test]
    fn a_long_body_is_cut_and_any_other_is_kept_whole() {
        let map = |name, value| HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
        let request_headers = Headers::from(&map(header::HOST, "here"));
        let response_headers = map(header::ALLOW, "GET");
        for length in [
            0,
            1,
            SHORT_BODY,
            SHORT_BODY + 1,
            LONGEST_BODY - 1,
            LONGEST_BODY,
            20_000,
        ] {
            let body = Bytes::from(vec![b'x'; length]);
            let record = RequestRecord::new(
                RequestSummary::bare(1, 0),
                (&request_headers, b"sent", 9),
                (&response_headers, &body),
            );
            let RequestRecord {
                request, response, ..
            } = record;
            assert_eq!(response.body, body[..length.min(LONGEST_BODY)]);
            assert_eq!(response.length, length as u64);
            assert_eq!(response.headers.get("allow"), Some("GET"));
            assert_eq!((&*request.body, request.length), (&b"sent"[..], 9));
            assert_eq!(request.headers.get("host"), Some("here"));
        }
    }
}

//! Records of requests with their answers, as the journal keeps them and as test authors and the control plane get them.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use super::headers::Headers;
use crate::http::auth::redact;
use crate::http::json::value::OrderedValue;
use crate::sim::time::rfc3339;

/// The most bytes of a body that the journal keeps.
pub const LONGEST_BODY: usize = 16 << 10;

/// The approximate size of a record without its texts, headers and bodies.
const OVERHEAD: usize = 768;

/// A request with its answer. Secrets are masked in its JSON form only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[non_exhaustive]
#[schema(as = RequestEntry)]
pub struct RequestRecord {
    #[serde(flatten)]
    pub summary: Arc<RequestSummary>,
    /// Headers and body of the request.
    pub request: Message,
    /// Headers and body of the answer.
    pub response: Message,
}

/// A request without its headers and bodies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[non_exhaustive]
pub struct RequestSummary {
    /// Its number in the life of the world, from 1.
    pub id: u64,
    /// The end of the answer on the world's clock, RFC 3339 in UTC.
    #[serde(serialize_with = "serialize_time")]
    #[schema(value_type = String)]
    pub time: DateTime<Utc>,
    /// The same on the machine's clock.
    #[serde(serialize_with = "serialize_time")]
    #[schema(value_type = String)]
    pub real_time: DateTime<Utc>,
    /// The family; null if no operation has the path and method.
    pub family: Option<&'static str>,
    /// The operation's id.
    pub operation: Option<&'static str>,
    /// Method and path of the closest operation, for a request that matches none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// The method.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query, as it was sent; secrets are masked in JSON.
    #[serde(serialize_with = "serialize_query")]
    pub query: Option<String>,
    /// The project, mesh or project key.
    pub scope: Option<String>,
    /// The caller's name, if known.
    pub caller: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The real time that the answer took, in microseconds.
    #[serde(rename = "duration_us", serialize_with = "serialize_micros")]
    #[schema(value_type = u64)]
    pub duration: Duration,
    /// The fault that hit the request, else the first script that decided something meanwhile.
    pub rule: Option<String>,
    /// The ids of all scripts that decided something meanwhile.
    pub scripts: Vec<String>,
    /// The evidence for the answer, as the header `x-emulator-evidence` tells it.
    #[schema(value_type = Option<String>)]
    pub evidence: Option<Cow<'static, str>>,
    /// The id of the fault that hit the request.
    #[serde(skip)]
    pub fault: Option<String>,
}

/// Headers and body of a request or an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToSchema)]
#[non_exhaustive]
#[schema(as = RequestPart)]
pub struct Message {
    /// The headers by lower-case name; in JSON, several values are joined by commas and secrets are `***`.
    #[schema(value_type = serde_json::Map<String, Value>)]
    pub headers: Headers,
    /// The body, up to its first 16 KiB. In JSON it is JSON if it can be, else a text, and null if there is none.
    #[schema(value_type = Value)]
    pub body: Bytes,
    /// The length of the whole body in bytes.
    #[schema(rename = "bytes")]
    pub length: u64,
}

impl RequestRecord {
    /// The approximate number of bytes that the record takes.
    pub(super) fn size(&self) -> usize {
        let RequestSummary {
            path,
            query,
            scope,
            caller,
            evidence,
            ..
        } = &*self.summary;
        let texts = [query, scope, caller].into_iter().flatten();
        let evidence = evidence.as_ref().map_or(0, |evidence| evidence.len());
        OVERHEAD
            + path.len()
            + texts.map(String::len).sum::<usize>()
            + evidence
            + self.request.size()
            + self.response.size()
    }
}

impl Message {
    /// Captures an answer.
    pub fn from_response(headers: &HeaderMap, body: &Bytes) -> Self {
        Self {
            headers: Headers::from(headers),
            body: match body.get(..LONGEST_BODY) {
                // A slice would keep the whole body in memory.
                Some(beginning) => Bytes::copy_from_slice(beginning),
                None => body.clone(),
            },
            length: body.len() as u64,
        }
    }

    fn size(&self) -> usize {
        self.headers.size() + self.body.len()
    }

    fn redacted_body(&self) -> OrderedValue {
        if self.body.is_empty() {
            return OrderedValue::Scalar(Value::Null);
        }
        let is_whole = self.length <= LONGEST_BODY as u64;
        if is_whole && let Ok(mut json) = serde_json::from_slice(&self.body) {
            redact::body(&mut json);
            return json;
        }
        let text = String::from_utf8_lossy(&self.body);
        // The place of a secret in a text is unknown, so the whole text is masked.
        let is_secret = redact::sounds_secret(&text);
        OrderedValue::Scalar(Value::from(if is_secret { redact::MASK } else { &text }))
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_struct("Message", 3)?;
        message.serialize_field("headers", &self.headers)?;
        message.serialize_field("body", &self.redacted_body())?;
        message.serialize_field("bytes", &self.length)?;
        message.end()
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

#[expect(clippy::ref_option, reason = "serde hands a field over by reference")]
fn serialize_query<S: Serializer>(
    query: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    query.as_deref().map(redact::query).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::sim::Millis;
    use crate::sim::time::instant;

    impl RequestSummary {
        /// A summary of a request for `/`.
        pub(in crate::http::observe) fn bare(id: u64, time: Millis) -> Self {
            let time = instant(time);
            Self {
                id,
                time,
                real_time: time,
                family: None,
                operation: None,
                nearest: None,
                method: "GET".to_owned(),
                path: "/".to_owned(),
                query: None,
                scope: None,
                caller: None,
                status: 200,
                duration: Duration::from_micros(1),
                rule: None,
                scripts: Vec::new(),
                evidence: None,
                fault: None,
            }
        }
    }

    #[test]
    fn the_size_is_that_of_all_texts_headers_and_bodies() {
        let headers =
            HeaderMap::from_iter([("x-a".parse().unwrap(), HeaderValue::from_static("answered"))]);
        let summary = RequestSummary {
            path: "/p".to_owned(),
            query: Some("q=1".to_owned()),
            scope: Some("s".to_owned()),
            caller: Some("ann".into()),
            ..RequestSummary::bare(1, 0)
        };
        let record = RequestRecord {
            summary: Arc::new(summary),
            request: Message {
                headers: Headers::default(),
                body: Bytes::from_static(b"sent"),
                length: 7,
            },
            response: Message::from_response(&headers, &vec![b'x'; 20_000].into()),
        };
        assert_eq!(
            record.size(),
            OVERHEAD + 2 + 3 + 1 + 3 + 4 + 13 + LONGEST_BODY
        );
    }

    #[test]
    fn a_long_body_is_cut_and_any_other_is_kept_whole() {
        for length in [0, 1, LONGEST_BODY - 1, LONGEST_BODY, 20_000] {
            let body = Bytes::from(vec![b'x'; length]);
            let response = Message::from_response(&HeaderMap::new(), &body);
            assert_eq!(response.body, body[..length.min(LONGEST_BODY)]);
            assert_eq!(response.length, length as u64);
        }
    }
}

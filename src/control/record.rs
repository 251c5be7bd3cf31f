//! Records of requests with their answers, as test authors and the control plane get them from the journal.

use std::time::Duration;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::auth::redact;
use crate::http::json::value::OrderedValue;
use crate::http::observe::exchange::{CapturedMessage, Exchange, ExchangeSummary, LONGEST_BODY};
use crate::sim::time::{instant, rfc3339};

/// A request with its answer. Secrets are masked in its JSON form only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[non_exhaustive]
#[schema(as = RequestEntry)]
pub struct RequestRecord {
    #[serde(flatten)]
    pub summary: RequestSummary,
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
    /// The id of the fault that hit the request.
    #[serde(skip)]
    pub fault: Option<String>,
}

/// Headers and body of a request or an answer.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[non_exhaustive]
#[schema(as = RequestPart)]
pub struct Message {
    /// The headers by lower-case name; in JSON, several values are joined by commas and secrets are `***`.
    #[schema(value_type = serde_json::Map<String, Value>)]
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, up to its first 16 KiB. In JSON it is JSON if it can be, else a text, and null if there is none.
    #[schema(value_type = Value)]
    pub body: Vec<u8>,
    /// The length of the whole body in bytes.
    #[schema(rename = "bytes")]
    pub length: u64,
}

impl From<&Exchange> for RequestRecord {
    fn from(exchange: &Exchange) -> Self {
        Self {
            summary: RequestSummary::from(&*exchange.summary),
            request: Message::from(&exchange.request),
            response: Message::from(&exchange.response),
        }
    }
}

impl From<&ExchangeSummary> for RequestSummary {
    fn from(summary: &ExchangeSummary) -> Self {
        let operation = summary.operation;
        Self {
            id: summary.id,
            time: instant(summary.time),
            real_time: instant(summary.real_time),
            family: operation.map(|operation| operation.family.as_str()),
            operation: operation.map(|operation| operation.id.as_str()),
            nearest: summary
                .nearest
                .map(|nearest| format!("{} {}", nearest.method, nearest.path)),
            method: summary.method.to_string(),
            path: summary.path.clone(),
            query: summary.query.clone(),
            scope: summary.scope.clone(),
            caller: summary.caller.as_deref().map(str::to_owned),
            status: summary.status,
            duration: Duration::from_micros(summary.duration_us),
            rule: summary.fault.as_ref().or(summary.scripts.first()).cloned(),
            scripts: summary.scripts.clone(),
            fault: summary.fault.clone(),
        }
    }
}

impl From<&CapturedMessage> for Message {
    fn from(message: &CapturedMessage) -> Self {
        let headers = message.headers.iter();
        Self {
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_vec()))
                .collect(),
            body: message.body.to_vec(),
            length: message.length,
        }
    }
}

impl Message {
    /// The first value of a header, by its name in lower case, if it is a text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.and_then(|(_, value)| str::from_utf8(value).ok())
    }

    fn redacted_headers(&self) -> IndexMap<&str, String> {
        let mut redacted: IndexMap<&str, String> = IndexMap::new();
        for (name, value) in &self.headers {
            if redact::is_secret_header(name) {
                redacted.insert(name, redact::MASK.to_owned());
                continue;
            }
            let value = String::from_utf8_lossy(value);
            match redacted.get_mut(name.as_str()) {
                Some(values) => {
                    values.push_str(", ");
                    values.push_str(&value);
                }
                None => {
                    redacted.insert(name, value.into_owned());
                }
            }
        }
        redacted
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
        message.serialize_field("headers", &self.redacted_headers())?;
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

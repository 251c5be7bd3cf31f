//! Requests made again from recorded ones: stand-ins are sent as they are, and shapes as some text of that shape.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use indexmap::IndexMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Number, Value};

use super::exchange::Exchange;
use super::value::Recorded;
use crate::http::json::value::OrderedValue;

/// The characters that are encoded in a target.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The text of every secret.
pub const ANY_SECRET: &str = "any-Secret-of-verify-0";

/// The token that requests are about.
pub const ANY_SUBJECT: &str = "any-subject-token-of-verify";

/// A request that can be sent.
#[derive(Clone, Debug)]
pub struct MadeRequest {
    pub method: Method,
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Gives the text that stands for a stand-in now.
pub type Bind<'a> = &'a dyn Fn(&str) -> String;

/// Makes a request from a recorded one, without its credential. `template` is the path of the operation.
pub fn request(exchange: &Exchange, template: &str, bind: Bind<'_>) -> MadeRequest {
    let recorded = &exchange.request;
    let segments = template.split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let Some(name) = name else {
            return segment.to_owned();
        };
        let mut parameters = recorded.path.iter();
        let value = parameters
            .find(|(known, _)| known == name)
            .map(|(_, value)| value);
        encoded(&value.map_or_else(|| "absent".to_owned(), |value| text(value, bind)))
    });
    let mut target = segments.collect::<Vec<_>>().join("/");
    for (n, (name, value)) in recorded.query.iter().enumerate() {
        target.push(if n == 0 { '?' } else { '&' });
        target.push_str(&encoded(name));
        target.push('=');
        target.push_str(&encoded(&text(value, bind)));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &recorded.headers {
        let is_sent = matches!(
            name.as_str(),
            "content-type" | "accept" | "x-language" | "x-project-id" | "x-domain-id"
        );
        let Some(text) = value.text().filter(|_| is_sent) else {
            continue;
        };
        let name = HeaderName::try_from(name.as_str());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(bind(text))) {
            headers.append(name, value);
        }
    }
    let has_subject = recorded.header("x-subject-token").is_some();
    if has_subject {
        headers.insert("x-subject-token", HeaderValue::from_static(ANY_SUBJECT));
    }
    if let Some(Recorded::Opaque { form, .. }) = &recorded.body
        && form == "packed"
        && let Some(encoding) = recorded.header("content-encoding").and_then(Recorded::text)
        && let Ok(encoding) = HeaderValue::try_from(encoding)
    {
        headers.insert("content-encoding", encoding);
    }
    let body = recorded
        .body
        .as_ref()
        .map_or_else(Bytes::new, |body| match body {
            Recorded::Opaque { form, length } => opaque(form, *length),
            body => serde_json::to_vec(&value(body, bind))
                .unwrap_or_default()
                .into(),
        });
    MadeRequest {
        method: recorded.method.parse().unwrap_or(Method::GET),
        target,
        headers,
        body,
    }
}

/// A text as a part of a target.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn opaque(form: &str, length: usize) -> Bytes {
    const LONGEST: usize = 16 << 20;
    match form {
        "markup" => Bytes::from_static(b"<a/>"),
        "form" => Bytes::from_static(b"a=1&b=2"),
        "long" => {
            let mut body = vec![b' '; length.clamp(2, LONGEST) - 2];
            body.extend_from_slice(b"{}");
            body.into()
        }
        _ => vec![b'x'; length.min(LONGEST)].into(),
    }
}

/// Bodies that are no JSON, each in another way.
pub fn broken_bodies() -> impl Iterator<Item = Bytes> {
    let bodies = [
        "{",
        "[",
        "{\"a\": 1",
        "{\"a\" 1}",
        "{\"a\": 1,}",
        "{\"a\": 1} 1",
        "\"",
        "a=1&b=2",
        "1=2",
        "t=1",
        "n=1",
        "nul",
        "\u{feff}{}",
    ];
    bodies
        .into_iter()
        .map(|body| Bytes::from_static(body.as_bytes()))
}

/// A recorded value as a text of a target.
fn text(recorded: &Recorded, bind: Bind<'_>) -> String {
    match value(recorded, bind) {
        OrderedValue::Scalar(Value::String(text)) => text,
        OrderedValue::Scalar(scalar) => scalar.to_string(),
        _ => String::new(),
    }
}

/// A recorded value as JSON.
pub fn value(recorded: &Recorded, bind: Bind<'_>) -> OrderedValue {
    let scalar = |scalar: Value| OrderedValue::Scalar(scalar);
    match recorded {
        Recorded::Null | Recorded::Opaque { .. } => scalar(Value::Null),
        Recorded::Boolean(flag) => scalar((*flag).into()),
        Recorded::Flag => scalar(true.into()),
        Recorded::Number(number) => scalar(number.clone().into()),
        Recorded::Numeric { form, digits } => scalar(number(form, *digits)),
        Recorded::Word(text) | Recorded::Message(text) => scalar(text.as_str().into()),
        Recorded::StandIn(text) => scalar(bind(text).into()),
        Recorded::Secret => scalar(ANY_SECRET.into()),
        Recorded::Text { form, length } => scalar(sample(form, *length).into()),
        Recorded::Array(items) => {
            OrderedValue::Array(items.iter().map(|item| value(item, bind)).collect())
        }
        Recorded::Object(fields) => {
            let fields: IndexMap<String, OrderedValue> = fields
                .iter()
                .map(|(key, field)| (bind(key), value(field, bind)))
                .collect();
            OrderedValue::Object(fields)
        }
    }
}

fn number(form: &str, digits: usize) -> Value {
    if form == "integer" {
        let power = u32::try_from(digits.saturating_sub(1).min(18)).unwrap_or_default();
        Value::from(10_i64.pow(power))
    } else {
        Number::from_f64(1.5).map_or(Value::Null, Value::Number)
    }
}

/// A text of a form and a length.
pub fn sample(form: &str, length: usize) -> String {
    let repeated = |unit: &str| unit.chars().cycle().take(length).collect::<String>();
    match form {
        "empty" => String::new(),
        "uuid" => "00000000-0000-4000-8000-00000000000f".to_owned(),
        "hex" => repeated("a0"),
        "digits" => repeated("1"),
        "number" => "1.5".to_owned(),
        "rfc3339" => "2030-01-01T00:00:00Z".to_owned(),
        "date-time" => "2030-01-01 00:00:00".to_owned(),
        "date" => "2030-01-01".to_owned(),
        "cron" => "0 0 12 ? * MON *".to_owned(),
        "url" => "https://host.example/path".to_owned(),
        "json" => "{}".to_owned(),
        "boolean" => "true".to_owned(),
        "words" => repeated("some words "),
        // It is YAML too.
        "lines" => repeated("key: value\n").trim_end().to_owned() + "\n",
        _ => repeated("text"),
    }
}

//! The redactor: makes of an exchange that passed one that may be written.

mod body;
mod head;
mod learned;
mod value;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, header};
use serde::Serialize;

use self::learned::Learned;
use self::value::Redacted;
use super::catalog::{self, CatalogEntry, Found};
use super::raw::{RawAnswer, RawExchange, RawRequest};
use super::schema::SchemaNode;
use super::stand_ins::StandIns;
use crate::http::encoding::unpack;
use crate::http::json::value::OrderedValue;
use crate::sim::Millis;
use crate::sim::time::rfc3339;

/// The version of the format of a line.
pub(super) const FORMAT: u32 = 1;

/// The most bytes of an unpacked body.
const MOST_UNPACKED: usize = 8 << 20;

/// A run of a recorder, whose lines share their stand-ins.
#[derive(Clone, Debug)]
pub struct Session {
    id: String,
    began: Millis,
}

impl Session {
    /// A session that begins at an instant of the machine's clock. Its id is random, and tells nothing.
    pub fn new(began: Millis) -> Self {
        // The keys of the standard hasher come from the operating system's source of random numbers.
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_i64(began);
        Self {
            id: format!("{:016x}", hasher.finish()),
            began,
        }
    }
}

/// The side of an exchange to which a value belongs.
#[derive(Clone, Copy, Debug)]
struct Place {
    is_answer: bool,
    is_error: bool,
}

/// Makes exchanges that may be written, with the stand-ins of a session.
#[derive(Debug)]
pub struct Redactor {
    session: Session,
    stand_ins: StandIns,
    learned: Learned,
    n_keys: usize,
    n_exchanges: u64,
}

/// An exchange that may be written. Only a redactor makes one.
#[derive(Debug, Serialize)]
pub struct RedactedExchange {
    operation: &'static str,
    family: &'static str,
    session: String,
    n: u64,
    recorded: String,
    at_ms: Millis,
    took_ms: Millis,
    versions: Versions,
    upstream: String,
    request: RedactedRequest,
    response: RedactedAnswer,
}

#[derive(Debug, Serialize)]
struct Versions {
    format: u32,
    emulator: &'static str,
}

#[derive(Debug, Serialize)]
struct RedactedRequest {
    method: &'static str,
    path: Vec<(&'static str, Redacted)>,
    query: Vec<(String, Redacted)>,
    headers: Vec<(String, Redacted)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Redacted>,
}

#[derive(Debug, Serialize)]
struct RedactedAnswer {
    status: u16,
    headers: Vec<(String, Redacted)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Redacted>,
}

impl RedactedExchange {
    /// The operation.
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// The line of a corpus, with its end.
    pub fn line(&self) -> io::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }
}

impl Redactor {
    pub fn new(session: Session) -> Self {
        Self {
            session,
            stand_ins: StandIns::default(),
            learned: Learned::default(),
            n_keys: 0,
            n_exchanges: 0,
        }
    }

    /// Redacts an exchange; `None` if it belongs to no emulated operation. What it tells of secrets is learned either way.
    pub fn redact(&mut self, exchange: &RawExchange) -> Option<RedactedExchange> {
        let RawExchange {
            request, answer, ..
        } = exchange;
        let (path, query) = split_target(&request.target);
        let sent = Body::read(&request.headers, &request.body, request_length(request));
        let answered = Body::read(&answer.headers, &answer.body, answer.length);
        // Both sides are learned before either is written.
        self.learn(request, &sent, query);
        self.learned.headers(&answer.headers);
        if let Body::Json(body) = &answered {
            self.learned.body(body, false);
        }
        let found = catalog::find(&request.method, path)?;
        self.n_exchanges += 1;
        let redacted_request = self.request(request, &found, query, &sent);
        let operation = found.entry.operation;
        Some(RedactedExchange {
            operation: &operation.id,
            family: &operation.family,
            session: self.session.id.clone(),
            n: self.n_exchanges,
            recorded: rfc3339(exchange.at),
            at_ms: exchange.at - self.session.began,
            took_ms: exchange.took,
            versions: Versions {
                format: FORMAT,
                emulator: env!("CARGO_PKG_VERSION"),
            },
            upstream: self.stand_ins.of(&exchange.upstream).unwrap_or_default(),
            request: redacted_request,
            response: self.answer(answer, found.entry, &answered),
        })
    }

    fn learn(&mut self, request: &RawRequest, sent: &Body, query: &str) {
        self.learned.headers(&request.headers);
        self.learned.query(query);
        match sent {
            Body::Json(body) => self.learned.body(body, true),
            Body::Form(form) => self.learned.query(form),
            _ => {}
        }
    }

    fn request(
        &mut self,
        request: &RawRequest,
        found: &Found,
        query: &str,
        body: &Body,
    ) -> RedactedRequest {
        let place = Place {
            is_answer: false,
            is_error: false,
        };
        RedactedRequest {
            method: method_word(&request.method),
            path: self.path(found),
            query: self.query(found, query),
            headers: self.headers(&request.headers, false),
            body: self.body(body, &found.entry.request_body(), place),
        }
    }

    fn answer(&mut self, answer: &RawAnswer, entry: &CatalogEntry, body: &Body) -> RedactedAnswer {
        let status = answer.status.as_u16();
        let place = Place {
            is_answer: true,
            is_error: status >= 400,
        };
        let declared = entry.answer_body(status);
        RedactedAnswer {
            status,
            headers: self.headers(&answer.headers, true),
            body: self.body(body, &declared, place),
        }
    }

    fn body(&mut self, body: &Body, node: &SchemaNode, place: Place) -> Option<Redacted> {
        Some(match body {
            Body::None => return None,
            Body::Json(value) => self.value("", value, node, place, 0),
            Body::Form(form) => Redacted::Opaque("form", form.len() as u64),
            Body::Opaque(form, length) => Redacted::Opaque(form, *length),
        })
    }
}

/// A body as far as it can be read.
enum Body {
    None,
    Json(OrderedValue),
    Form(String),
    Opaque(&'static str, u64),
}

impl Body {
    fn read(headers: &HeaderMap, bytes: &Bytes, length: u64) -> Self {
        if length == 0 {
            return Self::None;
        }
        if bytes.len() as u64 != length {
            return Self::Opaque("long", length);
        }
        let encoding = headers.get(header::CONTENT_ENCODING);
        let unpacked = match encoding.map(|encoding| encoding.as_bytes().to_ascii_lowercase()) {
            None => bytes.clone(),
            Some(encoding) if encoding == b"identity" => bytes.clone(),
            Some(encoding) if encoding == b"gzip" || encoding == b"x-gzip" => {
                match unpack(bytes, MOST_UNPACKED) {
                    Ok(unpacked) => unpacked,
                    Err(_) => return Self::Opaque("packed", length),
                }
            }
            Some(_) => return Self::Opaque("packed", length),
        };
        if let Ok(value) = serde_json::from_slice(&unpacked) {
            return Self::Json(value);
        }
        let media_type = headers.get(header::CONTENT_TYPE);
        let media_type = media_type
            .and_then(|media_type| media_type.to_str().ok())
            .unwrap_or_default();
        match String::from_utf8(unpacked.to_vec()) {
            Ok(form) if media_type.starts_with("application/x-www-form-urlencoded") => {
                Self::Form(form)
            }
            Ok(text) if text.trim_start().starts_with('<') => Self::Opaque("markup", length),
            Ok(_) => Self::Opaque("text", length),
            Err(_) => Self::Opaque("binary", length),
        }
    }
}

/// The length of the body of a request. Of one that was refused early, the rest was never sent on.
fn request_length(request: &RawRequest) -> u64 {
    let declared = request.headers.get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse().ok());
    request.length.max(declared.unwrap_or(0))
}

/// The path and the query of a target.
pub(super) fn split_target(target: &str) -> (&str, &str) {
    target.split_once('?').unwrap_or((target, ""))
}

/// Any other method has no operation.
fn method_word(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        _ => "DELETE",
    }
}

//! A recorded session with an app in the process, whose answers may be altered on their way.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use release_emulator::internals::corpus::{
    RawAnswer, RawExchange, RawRequest, Redactor, Session, read_lines,
};
use release_emulator::internals::drift::report::{Finding, Report};
use release_emulator::internals::drift::{Corpus, verify};
use release_emulator::internals::{Settings, registry};
use serde_json::Value;

use crate::common::{App, CREDENTIALS, NOON, Reply};

/// An answer that may be altered.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// With the order of its keys.
    pub body: Value,
}

impl Answer {
    pub fn set_header(&mut self, name: &'static str, value: &str) {
        let value = HeaderValue::from_str(value).unwrap();
        self.headers.insert(HeaderName::from_static(name), value);
    }
}

/// A session that is recorded.
pub struct Recording {
    pub app: App,
    redactor: Redactor,
    n: i64,
    pub lines: String,
}

impl Recording {
    pub fn new(app: App) -> Self {
        Self {
            app,
            redactor: Redactor::new(Session::new(NOON)),
            n: 0,
            lines: String::new(),
        }
    }

    /// A session with the documented examples.
    pub fn documented() -> Self {
        let state = registry::fixtures::DOCUMENTED_STATE;
        Self::new(App::load(&serde_json::from_str(state).unwrap()))
    }

    /// Asks with a credential, and records the answer.
    pub async fn ask(&mut self, method: &str, path: &str, body: Value) -> Reply {
        self.altered(method, path, body, |_| {}).await
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, Value::Null).await
    }

    /// Asks, and records an answer that is altered.
    pub async fn altered(
        &mut self,
        method: &str,
        path: &str,
        body: Value,
        alter: impl FnOnce(&mut Answer),
    ) -> Reply {
        let sent = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let is_zadig = path.starts_with("/openapi") || path.starts_with("/api");
        let credential = CREDENTIALS[usize::from(is_zadig)];
        let headers = [credential, ("content-type", "application/json")];
        self.sent(method, path, &headers, &sent, alter).await
    }

    /// Sends a request as it is, and records an answer that is altered.
    pub async fn sent(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
        alter: impl FnOnce(&mut Answer),
    ) -> Reply {
        let reply = self.app.send(method, path, headers, body.to_owned()).await;
        let mut answer = Answer {
            status: reply.status,
            headers: reply.headers.clone(),
            body: serde_json::from_str(&reply.text()).unwrap_or_default(),
        };
        alter(&mut answer);
        let bytes = if reply.body.is_empty() || answer.body.is_null() {
            Bytes::new()
        } else {
            serde_json::to_vec(&answer.body).unwrap().into()
        };
        self.n += 1;
        let exchange = RawExchange {
            at: NOON + self.n,
            took: 1,
            upstream: "https://servicestage.acme.example".to_owned(),
            request: raw_request(method, path, headers, body),
            answer: RawAnswer {
                status: StatusCode::from_u16(answer.status).unwrap(),
                headers: answer.headers,
                length: bytes.len() as u64,
                body: bytes,
            },
        };
        self.add(&exchange);
        reply
    }

    /// Records an exchange.
    pub fn add(&mut self, exchange: &RawExchange) {
        if let Some(redacted) = self.redactor.redact(exchange) {
            let line = redacted.line().unwrap();
            self.lines.push_str(std::str::from_utf8(&line).unwrap());
        }
    }

    /// The report on what was recorded.
    pub async fn verify(&self) -> Report {
        verify_lines(&self.lines).await
    }
}

pub fn raw_request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> RawRequest {
    let mut sent = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        sent.append(name, HeaderValue::from_str(value).unwrap());
    }
    RawRequest {
        method: method.parse().unwrap(),
        target: target.to_owned(),
        headers: sent,
        body: Bytes::copy_from_slice(body.as_bytes()),
        length: body.len() as u64,
    }
}

pub async fn verify_lines(lines: &str) -> Report {
    let mut notes = Vec::new();
    let exchanges = read_lines("test.jsonl", lines, &mut notes).unwrap();
    assert!(notes.is_empty(), "{notes:?}");
    let corpus = Corpus {
        name: "test.jsonl".to_owned(),
        exchanges,
    };
    verify(&[corpus], &Settings::default()).await
}

/// All findings of a report.
pub fn findings(report: &Report) -> Vec<&Finding> {
    let operations = report.operations.iter();
    operations.flat_map(|report| &report.findings).collect()
}

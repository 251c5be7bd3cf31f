//! The outermost layer: what every answer carries, whoever gave it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::Operation;
use crate::sim::clock::Stopwatch;
use crate::sim::ids::Ids;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const EVIDENCE: HeaderName = HeaderName::from_static("x-emulator-evidence");
const HINT: HeaderName = HeaderName::from_static("x-emulator-hint");

/// What a hint may not hold as a header value; `%` itself stays readable.
const UNPRINTABLE: &AsciiSet = CONTROLS;

/// What the layers below write down about a request while it is served.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    operation: Option<&'static Operation>,
    hints: Vec<String>,
}

impl Notes {
    /// Notes which operation serves the request.
    pub fn serve(&self, operation: &'static Operation) {
        self.lock().operation = Some(operation);
    }

    /// Adds a word to the caller, which goes into the header `x-emulator-hint`.
    pub fn hint(&self, hint: String) {
        self.lock().hints.push(hint);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body that repeats the request id. An answer carries it as an extension, and [`finish`] writes it.
#[derive(Clone)]
pub struct WithRequestId(Arc<dyn Fn(&str) -> String + Send + Sync>);

impl WithRequestId {
    /// A body made of the request id.
    pub fn new(body: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(body))
    }
}

/// A hint that an answer carries as an extension.
#[derive(Clone, Debug)]
pub struct Hint(pub String);

/// Gives an answer its request id, evidence and hints, and writes the log line.
///
/// # Panics
/// Never: ids are hexadecimal and hints are percent-encoded.
pub async fn finish(State(ids): State<Arc<Ids>>, mut request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let id = ids.hex32();
    let notes = Notes::default();
    request.extensions_mut().insert(notes.clone());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());

    let mut response = next.run(request).await;

    if let Some(body) = response.extensions_mut().remove::<WithRequestId>() {
        *response.body_mut() = Body::from(body.0(&id));
    }
    let mut noted = notes.lock();
    noted.hints.extend(
        response
            .extensions_mut()
            .remove::<Hint>()
            .map(|hint| hint.0),
    );
    let headers = response.headers_mut();
    headers.insert(
        REQUEST_ID,
        HeaderValue::from_str(&id).expect("hexadecimal digits"),
    );
    if let Some(operation) = noted.operation {
        headers.insert(
            EVIDENCE,
            HeaderValue::from_static(operation.evidence.word()),
        );
    }
    if !noted.hints.is_empty() {
        let hints = noted.hints.join("; ");
        let line = utf8_percent_encode(&hints, UNPRINTABLE).to_string();
        headers.insert(HINT, HeaderValue::from_str(&line).expect("printable ASCII"));
    }
    let status = response.status().as_u16();
    let duration_us = watch.elapsed().as_micros();
    let operation = noted
        .operation
        .map_or("-", |operation| operation.id.as_str());
    if status >= 500 {
        tracing::error!(%method, path, status, duration_us, operation, "{method} {path} answered {status}");
    } else {
        tracing::info!(%method, path, status, duration_us, operation, "{method} {path} answered {status}");
    }
    if status >= 400 && !noted.hints.is_empty() {
        tracing::debug!(%method, path, status, hints = ?noted.hints, "why {path} was refused");
    }
    drop(noted);
    response
}

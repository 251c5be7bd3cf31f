//! The outermost layer: what every answer carries, whoever gave it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::Operation;
use crate::sim::clock::Stopwatch;
use crate::sim::ids::Ids;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const EVIDENCE: HeaderName = HeaderName::from_static("x-emulator-evidence");
const HINT: HeaderName = HeaderName::from_static("x-emulator-hint");

/// What a hint may not hold as a header value; `%` itself stays readable.
const UNPRINTABLE: &AsciiSet = CONTROLS;

/// About how long the header of hints may get: clients and proxies give up on long ones.
const LONGEST_HINT: usize = 2_000;

/// The most of a body that is read and thrown away where its handler left it, so that a client which writes
/// before it reads sees the answer instead of a broken connection.
const DRAIN: u64 = 64 << 20;

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

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hints as one line of ASCII, cut where it gets too long; `None` if there are none.
    fn line(&self) -> Option<String> {
        let hints = &self.lock().hints;
        let mut line = String::new();
        for character in hints.join("; ").chars() {
            if line.len() >= LONGEST_HINT {
                line.push_str(" ...");
                break;
            }
            let text = character.encode_utf8(&mut [0; 4]).to_owned();
            line.extend(utf8_percent_encode(&text, UNPRINTABLE));
        }
        (!line.is_empty()).then_some(line)
    }
}

/// The body of a request, of which the rest can be read when the layers below are done with it.
#[derive(Clone)]
struct Lent(Arc<Mutex<Body>>);

impl Lent {
    fn lock(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is left, up to [`DRAIN`].
    async fn drain(mut self) {
        let mut room = DRAIN;
        while room > 0 {
            let next = std::future::poll_fn(|context| Pin::new(&mut self).poll_frame(context));
            // Whatever the reading comes to, the answer stands.
            let Some(Ok(frame)) = next.await else { break };
            let read = frame.data_ref().map_or(0, Bytes::len) as u64;
            room = room.saturating_sub(read);
        }
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.lock()).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.lock().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().size_hint()
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

/// Whether the client sends a body by itself: one that waits for leave to do so is simply not given it.
fn sends(headers: &HeaderMap) -> bool {
    (headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING))
        && !headers.contains_key(header::EXPECT)
}

/// Gives an answer its request id, evidence and hints, reads what the handler left of the body, and writes
/// the log line.
///
/// # Panics
/// Never: ids are hexadecimal and hints are percent-encoded.
pub async fn finish(State(ids): State<Arc<Ids>>, request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let id = ids.hex32();
    let notes = Notes::default();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let sends = sends(request.headers());
    let (mut head, body) = request.into_parts();
    head.extensions.insert(notes.clone());
    let body = Lent(Arc::new(Mutex::new(body)));

    let lent = Body::new(body.clone());
    let mut response = next.run(Request::from_parts(head, lent)).await;
    if sends {
        body.drain().await;
    }

    if let Some(body) = response.extensions_mut().remove::<WithRequestId>() {
        *response.body_mut() = Body::from(body.0(&id));
    }
    if let Some(hint) = response.extensions_mut().remove::<Hint>() {
        notes.hint(hint.0);
    }
    let headers = response.headers_mut();
    headers.insert(
        REQUEST_ID,
        HeaderValue::from_str(&id).expect("hexadecimal digits"),
    );
    let operation = notes.lock().operation;
    if let Some(operation) = operation {
        headers.insert(
            EVIDENCE,
            HeaderValue::from_static(operation.evidence.word()),
        );
    }
    let hints = notes.line();
    if let Some(line) = &hints {
        headers.insert(HINT, HeaderValue::from_str(line).expect("printable ASCII"));
    }
    let status = response.status().as_u16();
    let duration_us = watch.elapsed().as_micros();
    let operation = operation.map_or("-", |operation| operation.id.as_str());
    if status >= 500 {
        tracing::error!(%method, path, status, duration_us, operation, "{method} {path} answered {status}");
    } else {
        tracing::info!(%method, path, status, duration_us, operation, "{method} {path} answered {status}");
    }
    if status >= 400 && tracing::enabled!(tracing::Level::DEBUG) {
        // What was refused says why in its body, in each family's own shape.
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let (answer, hints) = (String::from_utf8_lossy(&body), hints.unwrap_or_default());
        tracing::debug!(%method, path, status, %answer, hints, "{method} {path} was refused: {answer} {hints}");
        response = Response::from_parts(head, body.into());
    }
    response
}

//! The outermost step: what every answer carries, whoever gave it, and what is noticed of every request.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;

use super::lent::{Lent, gathered};
use super::mangle::{Hangup, mangle};
pub use super::notes::Notes;
use super::notes::{Noted, serving};
use super::watch::Watch;
use super::watch::entry::{Entry, Summary, Texts};
use super::watch::events::Event;
use super::watch::faults::Mangle;
use super::watch::headers::Headers;
use crate::sim::clock::{Stopwatch, system_now};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const EVIDENCE: HeaderName = HeaderName::from_static("x-emulator-evidence");
const HINT: HeaderName = HeaderName::from_static("x-emulator-hint");
const FAULT: HeaderName = HeaderName::from_static("x-emulator-fault");

/// Where the emulator's own paths are, of which nothing is noticed.
const OWN: &str = "/_emulator";

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

/// What is told of a request later, taken before it is served.
struct Asked {
    method: Method,
    /// Where it goes.
    texts: Texts,
    /// Absent: nothing is written down.
    headers: Option<Headers>,
    /// Whether it is for an emulated service, and so counts.
    counts: bool,
}

impl Asked {
    fn of(head: &Parts, watch: &Watch) -> Self {
        let path = head.uri.path();
        let is_own = path
            .strip_prefix(OWN)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let is_kept = !is_own && watch.journal.is_on();
        Self {
            method: head.method.clone(),
            texts: Texts::of(path, head.uri.query()),
            headers: is_kept.then(|| Headers::of(&head.headers)),
            counts: !is_own,
        }
    }
}

/// Serves a request: gives the answer its request id, evidence and hints, reads what the handler left of the body,
/// writes the log line and the journal, counts, and lets happen to the answer what a fault wants.
///
/// # Panics
/// Never: ids are hexadecimal and hints are percent-encoded.
pub async fn finish<F: Future<Output = Response>>(
    watch: Arc<Watch>,
    request: Request,
    serve: impl FnOnce(Request) -> F,
) -> Response {
    let stopwatch = Stopwatch::start();
    let id = watch.ids.hex32();
    let notes = Notes::default();
    let sends = sends(request.headers());
    let (mut head, body) = request.into_parts();
    let asked = Asked::of(&head, &watch);
    let hangup = head.extensions.remove::<Hangup>();
    head.extensions.insert(notes.clone());
    // There is nothing to lend of a body that is not there.
    let sent = (!body.is_end_stream()).then(|| Lent::new(body, asked.headers.is_some()));

    let lent = sent.clone().map_or_else(Body::empty, Body::new);
    let served = serve(Request::from_parts(head, lent));
    let mut response = serving(notes.clone(), served).await;
    if let Some(sent) = &sent
        && sends
    {
        sent.drain().await;
    }

    if let Some(body) = response.extensions_mut().remove::<WithRequestId>() {
        *response.body_mut() = Body::from(body.0(&id));
    }
    let is_refused = response.status().as_u16() >= 400;
    notes.proofread(asked.texts.query(), is_refused);
    if let Some(hint) = response.extensions_mut().remove::<Hint>() {
        notes.hint(hint.0);
    }
    let wanted = response.extensions_mut().remove::<Mangle>();
    let noted = notes.take();
    let hints = noted.line();
    dress(response.headers_mut(), id, &noted, hints.as_deref());
    let duration = stopwatch.elapsed();
    let status = response.status().as_u16();
    log(&asked, &noted, status, duration);
    if asked.counts {
        watch
            .metrics
            .count(noted.operation, status, duration.as_secs_f64());
    }

    let tells = status >= 400 && tracing::enabled!(tracing::Level::DEBUG);
    if asked.headers.is_some() || tells {
        let (head, body) = response.into_parts();
        // What a service answers is there as a whole.
        let answer = gathered(body).await.unwrap_or_default();
        if tells {
            log_refusal(&asked, status, &answer, hints.as_deref());
        }
        let sent = sent.as_ref().map(Lent::kept).unwrap_or_default();
        let answered = (&head.headers, &answer);
        write_down(&watch, asked, sent, answered, noted, status, duration);
        response = Response::from_parts(head, answer.into());
    }
    match wanted {
        Some(wanted) => mangle(response, wanted, hangup).await,
        None => response,
    }
}

/// Puts on an answer what every one carries.
fn dress(headers: &mut HeaderMap, id: String, noted: &Noted, hints: Option<&str>) {
    let text = |text: &str| HeaderValue::from_str(text).expect("printable ASCII");
    let id = HeaderValue::try_from(id).expect("hexadecimal digits");
    headers.insert(REQUEST_ID, id);
    if let Some(operation) = noted.operation {
        let word = operation.evidence.word();
        headers.insert(EVIDENCE, HeaderValue::from_static(word));
    }
    if let Some(line) = hints {
        headers.insert(HINT, text(line));
    }
    if let Some(rule) = &noted.fault {
        headers.insert(FAULT, text(rule));
    }
}

fn log(asked: &Asked, noted: &Noted, status: u16, duration: Duration) {
    let (method, path) = (&asked.method, asked.texts.path());
    let duration_us = duration.as_micros();
    let operation = noted
        .operation
        .map_or("-", |operation| operation.id.as_str());
    if status >= 500 {
        tracing::error!(%method, path, status, duration_us, operation, "{method} {path} answered {status}");
    } else {
        tracing::info!(%method, path, status, duration_us, operation, "{method} {path} answered {status}");
    }
}

/// What was refused says why in its body, in each family's own shape.
fn log_refusal(asked: &Asked, status: u16, answer: &Bytes, hints: Option<&str>) {
    let (method, path) = (&asked.method, asked.texts.path());
    let (answer, hints) = (String::from_utf8_lossy(answer), hints.unwrap_or_default());
    tracing::debug!(%method, path, status, %answer, hints, "{method} {path} was refused: {answer} {hints}");
}

/// Writes a request down, and tells who listens; one of which nothing was kept is left.
fn write_down(
    watch: &Watch,
    asked: Asked,
    (body, length): (Vec<u8>, u64),
    answered: (&HeaderMap, &Bytes),
    noted: Noted,
    status: u16,
    duration: Duration,
) {
    let Some(headers) = asked.headers else { return };
    let summary = Arc::new(Summary {
        id: watch.journal.number(),
        time: watch.clock.now(),
        real_time: system_now(),
        operation: noted.operation,
        nearest: noted.nearest,
        method: asked.method,
        texts: asked
            .texts
            .with(noted.scope.as_deref(), noted.caller.as_deref()),
        status,
        duration_us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
        fault: noted.fault,
        scripts: noted.scripts,
    });
    watch.events.add(Event::Request(Arc::clone(&summary)));
    let entry = Entry::of(summary, (&headers, &body, length), answered);
    watch.journal.add(entry);
}

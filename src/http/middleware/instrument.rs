//! The outermost step: what every answer carries, whoever gave it, and what is noticed of every request.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;

use crate::http::body::{CapturedBody, collect};
use crate::http::context::{self, RequestContext, RequestDetails};
use crate::http::faults::apply::{ConnectionCloser, apply};
use crate::http::faults::rules::ResponseFault;
use crate::http::observe::Recorder;
use crate::http::observe::events::WorldEvent;
use crate::http::observe::exchange::{Exchange, ExchangeSummary, RequestLine};
use crate::http::observe::headers::Headers;
use crate::sim::clock::{Stopwatch, system_now};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const EVIDENCE: HeaderName = HeaderName::from_static("x-emulator-evidence");
const HINT: HeaderName = HeaderName::from_static("x-emulator-hint");
const FAULT: HeaderName = HeaderName::from_static("x-emulator-fault");

/// Where the emulator's own paths are, of which nothing is noticed.
const OWN: &str = "/_emulator";

/// A body that repeats the request id. An answer carries it as an extension, and [`instrument`] writes it.
#[derive(Clone)]
pub struct WithRequestId(Arc<dyn Fn(&str) -> String + Send + Sync>);

impl WithRequestId {
    /// A body made of the request id.
    pub fn new(body: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(body))
    }
}

/// True if the client sends a body by itself: one that waits for leave to do so is simply not given it.
fn expects_body(headers: &HeaderMap) -> bool {
    (headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING))
        && !headers.contains_key(header::EXPECT)
}

/// What is told of a request later, taken before it is served.
struct RequestHead {
    method: Method,
    request_line: RequestLine,
    /// Absent: nothing is written down.
    headers: Option<Headers>,
    /// True if it is for an emulated service, and so counts.
    counts: bool,
}

impl RequestHead {
    fn of(head: &Parts, recorder: &Recorder) -> Self {
        let path = head.uri.path();
        let is_own = path
            .strip_prefix(OWN)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let is_kept = !is_own && recorder.journal.is_on();
        Self {
            method: head.method.clone(),
            request_line: RequestLine::of(path, head.uri.query()),
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
pub async fn instrument<F: Future<Output = Response>>(
    recorder: Arc<Recorder>,
    request: Request,
    serve: impl FnOnce(Request) -> F,
) -> Response {
    let stopwatch = Stopwatch::start();
    let id = recorder.ids.hex32();
    let context = RequestContext::default();
    let expects_body = expects_body(request.headers());
    let (mut head, body) = request.into_parts();
    let request_head = RequestHead::of(&head, &recorder);
    let closer = head.extensions.remove::<ConnectionCloser>();
    head.extensions.insert(context.clone());
    // There is nothing to lend of a body that is not there.
    let sent =
        (!body.is_end_stream()).then(|| CapturedBody::new(body, request_head.headers.is_some()));

    let captured = sent.clone().map_or_else(Body::empty, Body::new);
    let served = serve(Request::from_parts(head, captured));
    let mut response = context::scope(context.clone(), served).await;
    if let Some(sent) = &sent
        && expects_body
    {
        sent.drain().await;
    }

    if let Some(body) = response.extensions_mut().remove::<WithRequestId>() {
        *response.body_mut() = Body::from(body.0(&id));
    }
    let is_refused = response.status().as_u16() >= 400;
    context.check_spelling(request_head.request_line.query(), is_refused);
    let response_fault = response.extensions_mut().remove::<ResponseFault>();
    let record = context.take();
    let hints = record.line();
    set_headers(response.headers_mut(), id, &record, hints.as_deref());
    let duration = stopwatch.elapsed();
    let status = response.status().as_u16();
    log(&request_head, &record, status, duration);
    if request_head.counts {
        recorder
            .metrics
            .count(record.operation, status, duration.as_secs_f64());
    }

    let tells = status >= 400 && tracing::enabled!(tracing::Level::DEBUG);
    if request_head.headers.is_some() || tells {
        let (head, body) = response.into_parts();
        // What a service answers is there as a whole.
        let answer = collect(body).await.unwrap_or_default();
        if tells {
            log_refusal(&request_head, status, &answer, hints.as_deref());
        }
        let sent = sent
            .as_ref()
            .map(CapturedBody::captured)
            .unwrap_or_default();
        let answered = (&head.headers, &answer);
        record_exchange(
            &recorder,
            request_head,
            sent,
            answered,
            record,
            status,
            duration,
        );
        response = Response::from_parts(head, answer.into());
    }
    match response_fault {
        Some(response_fault) => apply(response, response_fault, closer).await,
        None => response,
    }
}

/// Puts on an answer what every one carries.
fn set_headers(headers: &mut HeaderMap, id: String, record: &RequestDetails, hints: Option<&str>) {
    let text = |text: &str| HeaderValue::from_str(text).expect("printable ASCII");
    let id = HeaderValue::try_from(id).expect("hexadecimal digits");
    headers.insert(REQUEST_ID, id);
    if let Some(operation) = record.operation {
        let word = operation.evidence.word();
        headers.insert(EVIDENCE, HeaderValue::from_static(word));
    }
    if let Some(line) = hints {
        headers.insert(HINT, text(line));
    }
    if let Some(rule) = &record.fault {
        headers.insert(FAULT, text(rule));
    }
}

fn log(request_head: &RequestHead, record: &RequestDetails, status: u16, duration: Duration) {
    let (method, path) = (&request_head.method, request_head.request_line.path());
    let duration_us = duration.as_micros();
    let operation = record
        .operation
        .map_or("-", |operation| operation.id.as_str());
    if status >= 500 {
        tracing::error!(%method, path, status, duration_us, operation, "{method} {path} answered {status}");
    } else {
        tracing::info!(%method, path, status, duration_us, operation, "{method} {path} answered {status}");
    }
}

/// What was refused says why in its body, in each family's own shape.
fn log_refusal(request_head: &RequestHead, status: u16, answer: &Bytes, hints: Option<&str>) {
    let (method, path) = (&request_head.method, request_head.request_line.path());
    let (answer, hints) = (String::from_utf8_lossy(answer), hints.unwrap_or_default());
    tracing::debug!(%method, path, status, %answer, hints, "{method} {path} was refused: {answer} {hints}");
}

/// Writes a request down, and tells who listens; one of which nothing was kept is left.
fn record_exchange(
    recorder: &Recorder,
    request_head: RequestHead,
    (body, length): (Vec<u8>, u64),
    answered: (&HeaderMap, &Bytes),
    record: RequestDetails,
    status: u16,
    duration: Duration,
) {
    let Some(headers) = request_head.headers else {
        return;
    };
    let summary = Arc::new(ExchangeSummary {
        id: recorder.journal.number(),
        time: recorder.clock.now(),
        real_time: system_now(),
        operation: record.operation,
        nearest: record.nearest,
        method: request_head.method,
        request_line: request_head
            .request_line
            .with(record.scope.as_deref(), record.caller.as_deref()),
        status,
        duration_us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
        fault: record.fault,
        scripts: record.scripts,
    });
    recorder
        .events
        .add(WorldEvent::Request(Arc::clone(&summary)));
    let exchange = Exchange::of(summary, (&headers, &body, length), answered);
    recorder.journal.add(exchange);
}

//! The outermost middleware: the headers of every response, and the record of every request.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::response::Response;
use bytestring::ByteString;

use super::log::{LoggedRequest, Refusal, logs_refusals};
use crate::http::auth::redact::Mask;
use crate::http::body::{CapturedBody, UnreadBody, collect};
use crate::http::context::{self, Answerer, RequestDetails};
use crate::http::faults::apply::{ConnectionCloser, apply};
use crate::http::head::{UnreadableFields, WithinTls};
use crate::http::observe::Recorder;
use crate::http::observe::headers::Headers;
use crate::http::observe::record::{LONGEST_BODY, RequestRecord, RequestSummary, share_texts};
use crate::http::response::ShownAsIs;
use crate::sim::clock::{Stopwatch, system_now};
use crate::sim::time::instant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const EVIDENCE: HeaderName = HeaderName::from_static("x-emulator-evidence");
const HINT: HeaderName = HeaderName::from_static("x-emulator-hint");
const FAULT: HeaderName = HeaderName::from_static("x-emulator-fault");

/// The prefix of the control plane, whose requests are neither counted nor recorded.
const CONTROL_PLANE: &str = "/_emulator";

/// The paths of the emulator's own that collectors and assistants ask for by default.
const OWN_PATHS: [&str; 2] = ["/metrics", "/llms.txt"];

/// The URL as it was sent, of a request that is routed by another form of it.
#[derive(Clone, Debug)]
pub struct SentUri(pub Uri);

/// Serves a request with `serve`, and then:
///
/// 1. discards the rest of the request body, as far as it has arrived,
/// 2. adds the request id, the evidence, the hints and the id of a fault to the headers of the response,
/// 3. logs the request, and counts and records it unless it was for the control plane,
/// 4. alters the response if an injected fault demands it.
///
/// # Panics
/// Never: ids are hexadecimal and hints are percent-encoded.
pub async fn instrument<F: Future<Output = Response>>(
    recorder: Arc<Recorder>,
    request: Request,
    serve: impl FnOnce(Request) -> F,
) -> Response {
    let stopwatch = Stopwatch::start();
    let (mut parts, body) = request.into_parts();
    let sent_uri = parts.extensions.remove::<SentUri>();
    let uri = sent_uri.as_ref().map_or(&parts.uri, |SentUri(uri)| uri);
    let mut request_head = RequestHead::new(&parts, uri, &recorder);
    let closer = parts.extensions.remove::<ConnectionCloser>();
    let unreadable = parts.extensions.remove::<UnreadableFields>();
    let within_tls = parts.extensions.remove::<WithinTls>();
    // Capturing costs an allocation, and most requests have no body.
    let sent_body = (!body.is_end_stream())
        .then(|| CapturedBody::new(body, recorder.longest_pause, request_head.headers.is_some()));
    let body = sent_body.clone().map_or_else(Body::empty, Body::new);

    let request_id = recorder.ids.hex32();
    let request = Request::from_parts(parts, body);
    let (mut response, mut details) = context::scope(request_id, within_tls, serve(request)).await;
    if let Some(UnreadableFields(fields)) = unreadable {
        let hints = fields.iter().map(ToString::to_string);
        details.hints.extend(hints);
    }
    if let Some(body) = &sent_body
        && !body.has_ended()
        && !(request_head.sends_body && body.discard_arriving().await)
    {
        let unread = UnreadBody {
            body: body.clone(),
            is_announced_only: !request_head.sends_body,
        };
        response.extensions_mut().insert(unread);
    }

    let status = response.status().as_u16();
    let is_refused = status >= 400;
    details.check_spelling(request_head.query.as_deref(), is_refused);
    request_head.mask_hints(&mut details, &recorder);
    let hint_line = details.hint_line();
    let evidence = details.evidence_line(request_head.query.as_deref(), &recorder.recorded);
    set_headers(
        response.headers_mut(),
        &details,
        evidence.as_ref(),
        hint_line.as_deref(),
    );
    let duration = stopwatch.elapsed();
    if details.answerer == Answerer::Emulator {
        request_head.is_control_plane = true;
        request_head.headers = None;
    }
    if !request_head.is_control_plane {
        let seconds = duration.as_secs_f64();
        recorder.metrics.count(details.operation, status, seconds);
    }

    let fault_effect = details.fault_effect.clone();
    let logs_body = is_refused && (logs_refusals() || tracing::enabled!(tracing::Level::DEBUG));
    if !logs_body {
        let logged = request_head.logged(&details, &recorder, status, duration);
        logged.log(None);
    }
    let may_show_secrets = may_show_secrets(&request_head, &details, &response);
    if request_head.headers.is_some() || logs_body || may_show_secrets {
        let (head, body) = response.into_parts();
        // The body is complete in memory, so this does not wait.
        let mut body = collect(body).await.unwrap_or_default();
        if may_show_secrets && let Some(masked) = Mask::new(Some(&recorder.secrets)).answer(&body) {
            body = masked.into();
        }
        if logs_body {
            let refusal = Refusal {
                body: &body,
                hints: hint_line.as_deref().unwrap_or_default(),
            };
            let logged = request_head.logged(&details, &recorder, status, duration);
            logged.log(Some(&refusal));
            logged.log_answer(&refusal);
        }
        if let Some(headers) = request_head.headers.take() {
            let captured = sent_body.as_ref().map(CapturedBody::captured);
            let (mut beginning, mut length) = captured.unwrap_or_default();
            if let Some(unpacked) = &details.unpacked_body {
                beginning = unpacked[..unpacked.len().min(LONGEST_BODY)].to_vec();
                length = unpacked.len() as u64;
            }
            let summary = request_head.into_summary(details, evidence, status, duration, &recorder);
            recorder.record(RequestRecord::new(
                summary,
                (&headers, &beginning, length),
                (&head.headers, &body),
            ));
        }
        response = Response::from_parts(head, body.into());
    }
    match fault_effect.filter(|effect| effect.disturbs_response()) {
        Some(fault_effect) => apply(response, &fault_effect, closer).await,
        None => response,
    }
}

/// The parts of a request that are needed after it was served.
struct RequestHead {
    method: Method,
    path: String,
    query: Option<String>,
    /// The headers; absent if the request is not recorded.
    headers: Option<Headers>,
    is_control_plane: bool,
    /// True if the client sends a body without waiting for `100 Continue`.
    sends_body: bool,
}

impl RequestHead {
    fn new(parts: &Parts, uri: &Uri, recorder: &Recorder) -> Self {
        let path = uri.path();
        let is_control_plane = path
            .strip_prefix(CONTROL_PLANE)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            || OWN_PATHS.contains(&path);
        let is_recorded = !is_control_plane && recorder.journal.is_on();
        let headers = &parts.headers;
        let has_body = headers.contains_key(header::CONTENT_LENGTH)
            || headers.contains_key(header::TRANSFER_ENCODING);
        Self {
            method: parts.method.clone(),
            path: path.to_owned(),
            query: uri.query().map(str::to_owned),
            headers: is_recorded.then(|| Headers::from(headers)),
            is_control_plane,
            sends_body: has_body && !headers.contains_key(header::EXPECT),
        }
    }

    /// A mask that knows the secrets of the world, and those of the request but for its body.
    fn mask<'a>(&self, recorder: &'a Recorder) -> Mask<'a> {
        let mut mask = Mask::new(Some(&recorder.secrets));
        mask.learn_query(self.query.as_deref().unwrap_or_default());
        if let Some(headers) = &self.headers {
            headers.teach(&mut mask);
        }
        mask
    }

    fn mask_hints(&self, details: &mut RequestDetails, recorder: &Recorder) {
        if details.hints.is_empty() {
            return;
        }
        let mask = self.mask(recorder);
        for hint in &mut details.hints {
            if let Cow::Owned(masked) = mask.values(hint) {
                *hint = masked;
            }
        }
    }

    fn logged<'a>(
        &'a self,
        details: &'a RequestDetails,
        recorder: &'a Recorder,
        status: u16,
        duration: Duration,
    ) -> LoggedRequest<'a> {
        LoggedRequest {
            method: &self.method,
            path: &self.path,
            details,
            world: recorder.world(),
            secrets: &recorder.secrets,
            status,
            duration,
            is_failure: is_failure(details, status),
        }
    }

    fn into_summary(
        self,
        details: Box<RequestDetails>,
        evidence: Option<ByteString>,
        status: u16,
        duration: Duration,
        recorder: &Recorder,
    ) -> RequestSummary {
        let operation = details.operation;
        let nearest = details.nearest;
        let [path, query, scope, caller] = share_texts([
            Some(&self.path),
            self.query.as_deref(),
            details.scope.as_deref(),
            details.caller.as_deref(),
        ]);
        let action = operation.and_then(|operation| {
            let commands = &operation.commands;
            commands.given(self.query.as_deref())
        });
        let is_failure = is_failure(&details, status);
        RequestSummary {
            id: recorder.journal.next_number(),
            time: instant(recorder.clock.now()),
            real_time: instant(system_now()),
            family: operation.map(|operation| operation.family.as_str()),
            operation: operation.map(|operation| operation.id.as_str()),
            action,
            nearest: nearest.map(|nearest| format!("{} {}", nearest.method, nearest.path)),
            method: method_text(&self.method),
            path: path.unwrap_or_default(),
            query,
            scope,
            caller,
            status,
            duration,
            is_failure,
            fault: details.fault,
            scripts: details.scripts,
            evidence,
            secrets: Arc::clone(&recorder.secrets),
        }
    }
}

/// True for an answer in which a known secret is masked: a refusal, and JSON of the control plane. An injected one is its
/// author's, and other answers are as the service sends them.
fn may_show_secrets(
    request_head: &RequestHead,
    details: &RequestDetails,
    response: &Response,
) -> bool {
    if request_head.is_control_plane {
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let is_json = content_type.is_some_and(|kind| kind.as_bytes().ends_with(b"json"));
        // A stream has no end to wait for.
        let is_whole = response.body().size_hint().exact().is_some();
        let is_shown_as_is = response.extensions().get::<ShownAsIs>().is_some();
        is_json && is_whole && !is_shown_as_is
    } else {
        response.status().as_u16() >= 400 && details.fault.is_none()
    }
}

/// The name of a method, which is allocated only for an unusual one.
fn method_text(method: &Method) -> Cow<'static, str> {
    const COMMON: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];
    let mut common = COMMON.into_iter();
    match common.find(|common| method == common) {
        Some(common) => Cow::Borrowed(common),
        None => Cow::Owned(method.to_string()),
    }
}

/// True for a status from 500 on that neither a fault nor the operation accounts for. A service that declares such
/// statuses answers them in its normal course.
fn is_failure(details: &RequestDetails, status: u16) -> bool {
    let is_declared = || {
        let operation = details.operation.into_iter();
        operation
            .flat_map(|operation| &operation.server_errors)
            .any(|declared| *declared == status)
    };
    let is_injected = || {
        let effect = details.fault_effect.as_ref();
        effect.is_some_and(|effect| effect.status.is_some())
    };
    status >= 500 && (details.has_failed || !is_injected() && !is_declared())
}

fn set_headers(
    headers: &mut HeaderMap,
    details: &RequestDetails,
    evidence: Option<&ByteString>,
    hints: Option<&str>,
) {
    let text = |text: &str| HeaderValue::from_str(text).expect("printable ASCII");
    headers.insert(REQUEST_ID, text(&details.id));
    if let Some(evidence) = evidence {
        let evidence = HeaderValue::from_maybe_shared(evidence.as_bytes().clone());
        headers.insert(EVIDENCE, evidence.expect("printable ASCII"));
    }
    if let Some(hints) = hints {
        headers.insert(HINT, text(hints));
    }
    if let Some(fault) = &details.fault {
        headers.insert(FAULT, text(fault));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::clock::Clock;
    use crate::sim::ids::Ids;
    use crate::sim::memory::Memory;

    #[test]
    fn a_future_has_room_for_that_of_the_handler_once() {
        const HANDLER: usize = 10_000;
        let (ids, clock) = (Ids::seeded(1), Clock::running(1.0));
        let memory = Memory::default();
        let recorder = Recorder::new(Arc::new(ids), Arc::new(clock), 1_000, &memory);
        let recorder = Arc::new(recorder);
        let serve = |_| async {
            let kept = [0_u8; HANDLER];
            tokio::task::yield_now().await;
            Response::new(Body::from(kept.to_vec()))
        };
        // Each request moves it into a box.
        let future = instrument(recorder, Request::default(), serve);
        let overhead = size_of_val(&future) - HANDLER;
        assert!(overhead < 3_000, "{overhead} bytes");
    }
}

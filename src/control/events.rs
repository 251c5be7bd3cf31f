//! Server-sent events: requests and transitions as they happen.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use serde::Deserialize;
use tokio::sync::watch::Receiver;

use super::dialect::Control;
use crate::http::auth::redact::{KnownSecrets, Mask};
use crate::http::extract::Query;
use crate::http::observe::Recorder;
use crate::http::observe::events::{Most, WorldEvent};
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;

/// The most events taken from the log at once. A client that does not read holds as many.
const BATCH: Most = Most {
    events: 256,
    bytes: 64 << 10,
};

/// The interval of signs of life on a silent stream.
const ALIVE: Duration = Duration::from_secs(15);

/// The header that keeps nginx from buffering the stream.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A filter of events.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub(super) struct EventFilter {
    /// `iam`, `asm`, `plans`, `pipelines` or `zadig`.
    family: Option<String>,
    /// The id of a resource: its transitions, and the requests whose path has it.
    id: Option<String>,
}

impl EventFilter {
    fn matches(&self, event: &WorldEvent) -> bool {
        let id = self.id.as_deref();
        let (family, concerns) = match event {
            WorldEvent::Request(summary) => {
                let concerns = |id| summary.path.split('/').any(|part| part == id);
                (summary.family, id.is_none_or(concerns))
            }
            WorldEvent::Transition(transition) => (
                Some(transition.family),
                id.is_none_or(|id| *transition.id == *id),
            ),
            // The others belong to no family and no resource.
            _ => (None, id.is_none()),
        };
        concerns && (self.family.is_none() || self.family.as_deref() == family)
    }
}

/// Streams events as they happen.
///
/// The stream begins now, or after the event that the header `Last-Event-ID` names; the newest 10,000 are kept, up to 8 MiB. The data
/// of `event: request` has the fields of `GET requests` without headers and bodies, that of `event: transition` those of
/// an advance. `event: clock` tells of a clock that was set or advanced, `event: reset` of a reset, `event: script` and
/// `event: fault` of rules that were added, replaced or removed, `event: world` of worlds that were opened or closed.
/// Each has its number as `id`. `event: missed` reports lost events, those
/// before a reset or `DELETE requests` too. With a filter only requests and transitions are streamed.
/// Errors: 400 for a `Last-Event-ID` that is not a number.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/events", operation_id = "Listen", tag = "control",
    params(EventFilter, ("Last-Event-ID" = Option<u64>, Header, description = "The number of the last event received",
        maximum = 18_446_744_073_709_551_615_u64)),
    responses((status = 200, description = "A stream of events", body = String,
        content_type = "text/event-stream"),
    ProblemWith::<400>)))]
pub(super) async fn listen(
    State(Control(world)): State<Control>,
    Query(filter): Query<EventFilter>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let newest = world.recorder().events.subscribe();
    let last = *newest.borrow();
    let seen = match headers.get("last-event-id") {
        None => last,
        Some(id) => {
            let id = id.to_str().ok().and_then(|id| id.trim().parse().ok());
            let id = id
                .ok_or_else(|| Problem::BadRequest("Last-Event-ID: must be a number".to_owned()))?;
            // A number beyond the newest is from an emulator that ran here before.
            if id <= last { id } else { 0 }
        }
    };
    let listener = Listener {
        recorder: Arc::clone(world.recorder()),
        newest,
        filter,
        seen,
    };
    // Proxies hold the head back until the first bytes of the body.
    let opening = sse::Event::default().comment("");
    let opening = stream::once(async { Ok(opening) });
    let alive = KeepAlive::new().interval(ALIVE);
    let events = Sse::new(opening.chain(listener.stream())).keep_alive(alive);
    let unbuffered = [(UNBUFFERED, HeaderValue::from_static("no"))];
    Ok((unbuffered, events).into_response())
}

/// The state of one stream.
struct Listener {
    recorder: Arc<Recorder>,
    newest: Receiver<u64>,
    filter: EventFilter,
    seen: u64,
}

impl Listener {
    fn stream(self) -> impl Stream<Item = Result<sse::Event, Infallible>> {
        let batches = stream::unfold(self, |mut listener| async move {
            loop {
                listener.newest.mark_unchanged();
                if let Some(batch) = listener.fetch() {
                    // Each is written as text only when the client takes it.
                    return Some((stream::iter(batch), listener));
                }
                listener.newest.changed().await.ok()?;
            }
        });
        batches.flatten().map(Ok)
    }

    /// Takes the events since the last one, if there are any.
    fn fetch(&mut self) -> Option<impl Iterator<Item = sse::Event> + use<>> {
        let since = self.recorder.events.since(self.seen, BATCH);
        let (newest, _) = since.events.last()?;
        self.seen = *newest;
        let missed = (since.missed > 0).then(|| {
            let missed = format!("{{\"missed\":{}}}", since.missed);
            sse::Event::default().event("missed").data(missed)
        });
        let mut events = since.events;
        events.retain(|(_, event)| self.filter.matches(event));
        let events = events.into_iter();
        let secrets = Arc::clone(&self.recorder.secrets);
        let events = events.map(move |(id, event)| to_sse(id, &event, &secrets));
        Some(missed.into_iter().chain(events))
    }
}

fn to_sse(id: u64, event: &WorldEvent, secrets: &KnownSecrets) -> sse::Event {
    let data = serde_json::to_string(event).expect("keys are strings");
    let masked = match event {
        // It masks itself.
        WorldEvent::Request(_) => None,
        _ => Mask::new(Some(secrets)).answer(data.as_bytes()),
    };
    let masked = masked.and_then(|masked| String::from_utf8(masked).ok());
    let data = masked.unwrap_or(data);
    sse::Event::default()
        .id(id.to_string())
        .event(event.name())
        .data(data)
}

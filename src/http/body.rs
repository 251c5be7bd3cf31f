//! Request bodies that are captured for the journal, and the collecting of whole bodies.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tower_http::timeout::TimeoutBody;

use super::observe::record::LONGEST_BODY;

/// The longest pause of a client within the body of a request.
const PAUSE: Duration = Duration::from_secs(30);

/// The limit up to which the unread rest of a body is discarded, so that a client which writes before it reads gets the
/// response instead of a broken connection.
const DRAIN: u64 = 64 << 20;

/// A request body that can be drained after the handler returns, and whose beginning can be captured for the journal.
#[derive(Clone)]
pub struct CapturedBody(Arc<Mutex<CaptureState>>);

struct CaptureState {
    body: Body,
    patience: Patience,
    captured: Option<Vec<u8>>,
    length: u64,
}

/// The patience with a body whose next part has not arrived. A timer is expensive, and most bodies need none: the part
/// that arrived together with the head is only read on demand, and is there at the second poll.
#[derive(Clone, Copy)]
enum Patience {
    /// No part was missing so far.
    Untested,
    /// A part was missing once.
    PollAgain,
    /// The body is wrapped in a timeout.
    Limited,
}

impl CapturedBody {
    /// Wraps a body; `capture` says if its beginning is needed afterwards.
    pub fn new(body: Body, capture: bool) -> Self {
        Self(Arc::new(Mutex::new(CaptureState {
            body,
            patience: Patience::Untested,
            captured: capture.then(Vec::new),
            length: 0,
        })))
    }

    /// Takes the beginning of the body, with the number of bytes read so far.
    pub fn captured(&self) -> (Vec<u8>, u64) {
        let mut state = self.lock();
        let captured = state.captured.take().unwrap_or_default();
        (captured, state.length)
    }

    fn lock(&self) -> MutexGuard<'_, CaptureState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads and discards the rest, up to 64 MiB.
    pub async fn drain(&self) {
        let mut body = self.clone();
        let mut room = DRAIN;
        while room > 0 {
            let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
            // The response is not affected by an error.
            let Some(Ok(frame)) = next.await else { break };
            let read = frame.data_ref().map_or(0, Bytes::len) as u64;
            room = room.saturating_sub(read);
        }
    }
}

impl HttpBody for CapturedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let state = &mut *self.lock();
        let mut polled = Pin::new(&mut state.body).poll_frame(context);
        match state.patience {
            Patience::Untested if polled.is_pending() => {
                state.patience = Patience::PollAgain;
                context.waker().wake_by_ref();
            }
            Patience::PollAgain if polled.is_pending() => {
                state.patience = Patience::Limited;
                let body = std::mem::take(&mut state.body);
                state.body = Body::new(TimeoutBody::new(PAUSE, body));
                polled = Pin::new(&mut state.body).poll_frame(context);
            }
            Patience::Untested | Patience::PollAgain | Patience::Limited => {}
        }
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            state.length += data.len() as u64;
            if let Some(captured) = &mut state.captured {
                let room = LONGEST_BODY - captured.len();
                captured.extend_from_slice(&data[..data.len().min(room)]);
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().body.size_hint()
    }
}

/// Collects a body. Nearly every body arrives in one piece, which is not copied.
pub async fn collect<B>(mut body: B) -> Result<Bytes, B::Error>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let first = match body.frame().await {
        None => return Ok(Bytes::new()),
        Some(frame) => frame?.into_data().unwrap_or_default(),
    };
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut all = Vec::from(first);
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            all.extend_from_slice(data);
        }
    }
    Ok(all.into())
}

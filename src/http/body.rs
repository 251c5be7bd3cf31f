//! Request bodies that are captured for the journal, and the collecting of whole bodies.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::time::timeout;
use tower_http::timeout::TimeoutBody;

use super::observe::record::LONGEST_BODY;
use crate::sim::memory::{Memory, MemoryHold, MemoryPart};

/// The longest pause of a client within the body of a request, by default.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The longest wait for a body that nobody reads before its request is answered. The journal shows what was refused,
/// even if the body follows the head in a packet of its own.
const GRACE: Duration = Duration::from_millis(20);

/// The limit up to which the unread rest of a body is discarded.
const MOST_DISCARDED: u64 = 64 << 20;

/// The longest time for that after the answer.
const LONGEST_DISCARD: Duration = Duration::from_secs(5);

/// A request body whose rest can be discarded after the handler returns, and whose beginning can be captured for the
/// journal.
#[derive(Clone)]
pub struct CapturedBody(Arc<Mutex<CaptureState>>);

struct CaptureState {
    body: Body,
    patience: Patience,
    longest_pause: Duration,
    captured: Option<Vec<u8>>,
    length: u64,
    has_ended: bool,
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
    /// Wraps a body whose parts are at most `longest_pause` apart; `capture` says if its beginning is needed afterwards.
    pub fn new(body: Body, longest_pause: Duration, capture: bool) -> Self {
        Self(Arc::new(Mutex::new(CaptureState {
            body,
            patience: Patience::Untested,
            longest_pause,
            captured: capture.then(Vec::new),
            length: 0,
            has_ended: false,
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

    /// True if nothing is left to read.
    pub fn has_ended(&self) -> bool {
        let state = self.lock();
        state.has_ended || state.body.is_end_stream()
    }

    /// Discards the parts that arrive within [`GRACE`]; returns true at the end of the body.
    pub async fn discard_arriving(&self) -> bool {
        // A timer is expensive, and most bodies have arrived.
        self.discard_arrived().await || timeout(GRACE, self.discard()).await.is_ok()
    }

    /// Discards the parts that have arrived; returns true at the end of the body.
    async fn discard_arrived(&self) -> bool {
        let mut body = self.clone();
        let mut has_yielded = false;
        std::future::poll_fn(|context| {
            loop {
                match Pin::new(&mut body).poll_frame(context) {
                    Poll::Ready(Some(Ok(_))) => {}
                    Poll::Ready(_) => return Poll::Ready(true),
                    // The part that arrived together with the head is only read on demand.
                    Poll::Pending if !has_yielded => {
                        has_yielded = true;
                        context.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Poll::Pending => return Poll::Ready(false),
                }
            }
        })
        .await
    }

    /// Discards the rest, up to [`MOST_DISCARDED`].
    async fn discard(&self) {
        let mut body = self.clone();
        let mut room = MOST_DISCARDED;
        while room > 0 {
            let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
            // The answer is not affected by an error.
            let Some(Ok(frame)) = next.await else { break };
            let read = frame.data_ref().map_or(0, Bytes::len) as u64;
            room = room.saturating_sub(read);
        }
    }
}

/// The unread rest of the body of a request, as an extension of the answer. The server discards it after the answer, so
/// that a client which writes before it reads gets the answer instead of a broken connection.
#[derive(Clone)]
pub struct UnreadBody {
    pub body: CapturedBody,
    /// True if the client waits for `100 Continue`. It does not get that, and must not send the body.
    pub is_announced_only: bool,
}

impl UnreadBody {
    /// Discards the body, within limits.
    pub async fn discard(self) {
        // The connection ends if this was too short.
        let _ = timeout(LONGEST_DISCARD, self.body.discard()).await;
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
                state.body = Body::new(TimeoutBody::new(state.longest_pause, body));
                polled = Pin::new(&mut state.body).poll_frame(context);
            }
            Patience::Untested | Patience::PollAgain | Patience::Limited => {}
        }
        if let Poll::Ready(None | Some(Err(_))) = &polled {
            state.has_ended = true;
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

/// The length from which bodies count while they are in memory.
pub const LEAST_HELD: usize = 64 << 10;

/// The length from which bodies of requests count twice. The allocator keeps large pieces for about a second after they are
/// freed, and a body of unknown length moves to larger pieces while it arrives.
const LEAST_DOUBLED: usize = 1 << 20;

/// The bytes that the body of a request counts as.
fn weight(length: usize) -> usize {
    if length < LEAST_DOUBLED {
        length
    } else {
        2 * length
    }
}

/// A body that counts as long as anybody has a part of it.
struct HeldBody {
    body: Bytes,
    _memory_hold: MemoryHold,
}

impl AsRef<[u8]> for HeldBody {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// Counts a large answer as long as it is in memory; `None` if there is no room for it. One that is larger than all the room
/// passes if nothing else is under way, so that a full world can be exported.
pub fn hold_answer(body: Bytes, memory: &Memory) -> Option<Bytes> {
    if body.len() < LEAST_HELD {
        return Some(body);
    }
    let memory_hold = memory.hold_at_least_one(MemoryPart::InFlight, body.len())?;
    Some(held(body, memory_hold))
}

/// Counts a large body as long as it is in memory; `None` if there is no room for it.
pub fn hold(body: Bytes, memory: &Memory) -> Option<Bytes> {
    if body.len() < LEAST_HELD {
        return Some(body);
    }
    let memory_hold = memory.hold(MemoryPart::InFlight, body.len())?;
    Some(held(body, memory_hold))
}

fn held(body: impl Into<Bytes>, memory_hold: MemoryHold) -> Bytes {
    Bytes::from_owner(HeldBody {
        body: body.into(),
        _memory_hold: memory_hold,
    })
}

/// Collects a body as long as the memory has room for it; `None` if it does not. Nearly every body arrives in one piece,
/// which is not copied.
pub async fn collect_within<B>(mut body: B, memory: &Memory) -> Result<Option<Bytes>, B::Error>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let first = match body.frame().await {
        None => return Ok(Some(Bytes::new())),
        Some(frame) => frame?.into_data().unwrap_or_default(),
    };
    if body.is_end_stream() {
        return Ok(hold(first, memory));
    }
    let Some(mut memory_hold) = memory.hold(MemoryPart::InFlight, first.len()) else {
        return Ok(None);
    };
    let mut all = Vec::from(first);
    if let Some(rest) = body.size_hint().exact() {
        // Pages that nothing is written to take no memory.
        all.reserve_exact(usize::try_from(rest).unwrap_or(0));
    }
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            all.extend_from_slice(data);
        }
        if !memory_hold.grow_to(weight(all.len())) {
            return Ok(None);
        }
    }
    Ok(Some(held(all, memory_hold)))
}

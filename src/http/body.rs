//! Bodies: that of a request, lent to whoever serves it, and whole ones.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tower_http::timeout::TimeoutBody;

use super::observe::exchange::LONGEST_BODY;

/// How long a client may pause within the body of a request.
const PAUSE: Duration = Duration::from_secs(30);

/// The most of a body that is read and thrown away where its handler left it, so that a client which writes
/// before it reads sees the answer instead of a broken connection.
const DRAIN: u64 = 64 << 20;

/// The body of a request: the rest can be read when the layers below are done with it, and its beginning is kept
/// for the journal if that is wanted.
#[derive(Clone)]
pub struct CapturedBody(Arc<Mutex<Inner>>);

struct Inner {
    body: Body,
    waits: Waits,
    captured: Option<Vec<u8>>,
    length: u64,
}

/// How a body was waited for so far.
#[derive(Clone, Copy)]
enum Waits {
    /// Not at all.
    Never,
    /// Once, without a look at the time: the rest of what came with the head is only read when it is asked for, and is
    /// there when one asks again.
    Once,
    /// Again, and not for ever.
    WithPatience,
}

impl CapturedBody {
    /// Lends a body; `capture`: its beginning is wanted afterwards.
    #[must_use]
    pub fn new(body: Body, capture: bool) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            body,
            waits: Waits::Never,
            captured: capture.then(Vec::new),
            length: 0,
        })))
    }

    /// The beginning of what was read, and how much that was.
    #[must_use]
    pub fn captured(&self) -> (Vec<u8>, u64) {
        let mut inner = self.lock();
        let captured = inner.captured.take().unwrap_or_default();
        (captured, inner.length)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is left, up to 64 MiB.
    pub async fn drain(&self) {
        let mut body = self.clone();
        let mut room = DRAIN;
        while room > 0 {
            let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
            // Whatever the reading comes to, the answer stands.
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
        let inner = &mut *self.lock();
        let mut polled = Pin::new(&mut inner.body).poll_frame(context);
        match inner.waits {
            Waits::Never if polled.is_pending() => {
                inner.waits = Waits::Once;
                context.waker().wake_by_ref();
            }
            Waits::Once if polled.is_pending() => {
                inner.waits = Waits::WithPatience;
                let body = std::mem::take(&mut inner.body);
                inner.body = Body::new(TimeoutBody::new(PAUSE, body));
                polled = Pin::new(&mut inner.body).poll_frame(context);
            }
            Waits::Never | Waits::Once | Waits::WithPatience => {}
        }
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            inner.length += data.len() as u64;
            if let Some(captured) = &mut inner.captured {
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

/// All of a body. Nearly every body comes in one piece, which is taken as it is.
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

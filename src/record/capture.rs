//! Bodies that pass and are kept, up to a limit.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// The most bytes of a body that are kept.
const MOST_KEPT: usize = 4 << 20;

/// The beginning of a body, and its length.
#[derive(Debug, Default)]
pub(super) struct Kept {
    bytes: Vec<u8>,
    length: u64,
}

/// A body that is kept while it passes.
#[derive(Clone, Debug, Default)]
pub(super) struct Capture(Arc<Mutex<Kept>>);

impl Capture {
    /// Takes the beginning of the body, and its length.
    pub(super) fn take(&self) -> (Bytes, u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = std::mem::take(&mut *kept);
        (kept.bytes.into(), kept.length)
    }

    fn add(&self, data: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.length += data.len() as u64;
        let room = MOST_KEPT.saturating_sub(kept.bytes.len());
        kept.bytes.extend_from_slice(&data[..data.len().min(room)]);
    }
}

/// The work at the end of a body that has passed whole.
pub(super) type AtEnd = Box<dyn FnOnce() + Send>;

/// A body that passes unchanged.
pub(super) struct PassingBody {
    body: Incoming,
    capture: Capture,
    /// Called once, and not if the body breaks off.
    at_end: Option<AtEnd>,
}

impl PassingBody {
    pub(super) fn new(body: Incoming, capture: Capture, at_end: Option<AtEnd>) -> Self {
        let mut passing = Self {
            body,
            capture,
            at_end,
        };
        // Nobody polls a body that is empty.
        if passing.body.is_end_stream() {
            passing.end();
        }
        passing
    }

    fn end(&mut self) {
        if let Some(at_end) = self.at_end.take() {
            at_end();
        }
    }
}

impl Body for PassingBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.capture.add(data);
                }
                // A reader that knows the length may not ask for the end.
                if self.body.is_end_stream() {
                    self.end();
                }
            }
            Some(Err(_)) => self.at_end = None,
            None => self.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

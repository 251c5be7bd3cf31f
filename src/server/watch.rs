//! The watch over a connection: it ends those that are idle, send no whole head, or accept nothing of an answer.
//!
//! The socket, the service and the body of the answer report what happens. The watch looks at it only when the connection
//! has to wait, and sets a timer only then; one timer serves for many requests.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::connections::ConnectionLimits;

/// The bits of a state: no request, a part of a head, an answer in progress.
const PHASES: u64 = 0b11;
const IDLE: u64 = 0;
const HEAD: u64 = 1;
const ANSWER: u64 = 2;
/// The bit of an answer of which the client accepts nothing more.
const STALLED: u64 = 0b100;
/// The rest counts the changes, so that equal states at two times differ.
const CHANGE: u64 = 0b1000;

/// The present state of a connection. Everything that reports to it runs in the task of the connection.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionState(Arc<AtomicU64>);

impl ConnectionState {
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, of: u64, to: u64) {
        let changed = (self.get() & !of | to).wrapping_add(CHANGE);
        self.0.store(changed, Ordering::Relaxed);
    }

    /// Bytes of the client have arrived.
    pub(super) fn has_received(&self) {
        if self.get() & PHASES == IDLE {
            self.set(PHASES, HEAD);
        }
    }

    /// A head is complete.
    pub(super) fn begins_answer(&self) {
        self.set(PHASES, ANSWER);
    }

    /// The socket has accepted bytes of an answer, or none.
    pub(super) fn has_written(&self, is_stalled: bool) {
        let was_stalled = self.get() & STALLED != 0;
        if was_stalled != is_stalled {
            self.set(STALLED, if is_stalled { STALLED } else { 0 });
        }
    }
}

/// The body of an answer, whose end is that of its request.
#[derive(Debug)]
pub(super) struct AnswerBody {
    body: Body,
    state: ConnectionState,
}

impl AnswerBody {
    pub(super) fn new(body: Body, state: ConnectionState) -> Self {
        Self { body, state }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.state.set(PHASES, IDLE);
    }
}

/// The limit that a connection has exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    /// No request came.
    Idle,
    /// A head came, but not its end.
    Head,
    /// The client accepted no byte of an answer.
    Stalled,
}

/// The end of a watched connection.
#[derive(Debug)]
pub(super) enum WatchedEnd<T> {
    /// It has ended by itself.
    Own(T),
    /// It takes too long.
    Expired(Expiry),
}

/// The watch over one connection.
#[derive(Debug)]
pub(super) struct ConnectionWatch {
    state: ConnectionState,
    limits: ConnectionLimits,
    seen: Option<u64>,
    expires: Option<(Instant, Expiry)>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl ConnectionWatch {
    pub(super) fn new(state: ConnectionState, limits: ConnectionLimits) -> Self {
        Self {
            state,
            limits,
            seen: None,
            expires: None,
            timer: None,
        }
    }

    /// Polls a connection to its end, or until it takes too long.
    pub(super) async fn run<C: Future + Unpin>(
        &mut self,
        connection: &mut C,
    ) -> WatchedEnd<C::Output> {
        std::future::poll_fn(|context| {
            if let Poll::Ready(ended) = Pin::new(&mut *connection).poll(context) {
                return Poll::Ready(WatchedEnd::Own(ended));
            }
            self.poll_expiry(context).map(WatchedEnd::Expired)
        })
        .await
    }

    /// The instant by which a head that has begun must be complete.
    pub(super) fn end_of_head(&mut self) -> Instant {
        self.look();
        match self.expires {
            Some((end, Expiry::Head)) => end,
            _ => end_of(self.limits.longest_head),
        }
    }

    fn look(&mut self) {
        let state = self.state.get();
        if self.seen == Some(state) {
            return;
        }
        self.seen = Some(state);
        let limits = &self.limits;
        let limit = match state & PHASES {
            _ if state & STALLED != 0 => Some((limits.longest_stall, Expiry::Stalled)),
            // Without keep-alive only a connection that is new waits for a request.
            IDLE if limits.keep_alive.is_zero() => Some((limits.longest_head, Expiry::Idle)),
            IDLE => Some((limits.keep_alive, Expiry::Idle)),
            HEAD => Some((limits.longest_head, Expiry::Head)),
            _ => None,
        };
        self.expires = limit.map(|(limit, expiry)| (end_of(limit), expiry));
    }

    fn poll_expiry(&mut self, context: &mut Context<'_>) -> Poll<Expiry> {
        self.look();
        let Some((end, expiry)) = self.expires else {
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if timer.deadline() > end {
            timer.as_mut().reset(end);
        }
        // A timer that was set for an earlier request fires too early.
        loop {
            ready!(timer.as_mut().poll(context));
            if timer.deadline() >= end {
                return Poll::Ready(expiry);
            }
            timer.as_mut().reset(end);
        }
    }
}

/// The instant after a length, by the clock of the timers.
fn end_of(length: Duration) -> Instant {
    sleep(length).deadline()
}

//! The effects of faults on responses: truncated, unreadable, slow.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::alter::may_have_body;
use super::effect::{Disconnect, FaultEffect};

/// A handle that closes the connection of a request.
///
/// The accept loop adds it to requests as an extension. Requests that tests pass to a router directly have none.
#[derive(Clone, Debug, Default)]
pub struct ConnectionCloser(CancellationToken);

impl ConnectionCloser {
    /// Closes the connection, even in the middle of a response.
    pub fn close(&self) {
        self.0.cancel();
    }

    /// Waits until [`close`](Self::close) is called.
    pub async fn closed(&self) {
        self.0.cancelled().await;
    }
}

/// The time that the first half of a response gets to be sent before the connection is closed.
const FLUSH: Duration = Duration::from_millis(50);

/// The pause between two parts of a slow response.
const PAUSE: Duration = Duration::from_millis(100);

/// Applies the effect of a fault to a response.
pub async fn apply(
    response: Response,
    effect: &FaultEffect,
    closer: Option<ConnectionCloser>,
) -> Response {
    if effect.drop == Some(Disconnect::Before)
        && let Some(closer) = closer
    {
        closer.close();
        // The connection is dropped with the response that it waits for.
        return std::future::pending().await;
    }
    let (mut head, body) = response.into_parts();
    if !may_have_body(head.status) {
        return Response::from_parts(head, body);
    }
    let mut bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    if effect.garbage {
        bytes = garbage(&bytes);
    }
    let length = HeaderValue::from(bytes.len());
    let body = match (effect.drop, closer, effect.slow_bytes_per_s) {
        (Some(Disconnect::Midway), Some(closer), _) => {
            head.headers.insert(header::CONTENT_LENGTH, length);
            truncated(&bytes, closer)
        }
        (Some(_), None, _) => Body::empty(),
        (_, _, Some(rate)) => {
            head.headers.insert(header::CONTENT_LENGTH, length);
            slow(bytes, rate)
        }
        (_, _, None) => Body::from(bytes),
    };
    Response::from_parts(head, body)
}

/// Half of a body, followed by bytes that are neither UTF-8 nor JSON.
fn garbage(bytes: &Bytes) -> Bytes {
    let mut garbage = bytes[..bytes.len() / 2].to_vec();
    garbage.extend_from_slice(b"\xff\xfe\x00}{ not what the service says");
    garbage.into()
}

/// The first half of a body, after which the connection is closed.
fn truncated(bytes: &Bytes, closer: ConnectionCloser) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let first = stream::once(async { Ok::<_, Infallible>(half) });
    let end = stream::once(async move {
        sleep(FLUSH).await;
        closer.close();
        std::future::pending::<Result<Bytes, Infallible>>().await
    });
    Body::from_stream(first.chain(end))
}

/// A body sent at `rate` bytes a second: ten parts a second, or single bytes below that.
fn slow(bytes: Bytes, rate: u64) -> Body {
    let rate = usize::try_from(rate).unwrap_or(usize::MAX).max(1);
    let (size, pause) = if rate >= 10 {
        (rate / 10, PAUSE)
    } else {
        (1, Duration::from_secs(1) / u32::try_from(rate).unwrap_or(1))
    };
    let parts = stream::unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        sleep(pause).await;
        let part = rest.split_to(size.min(rest.len()));
        Some((Ok::<_, Infallible>(part), rest))
    });
    Body::from_stream(parts)
}

//! Faults done to responses on their way: broken off, unreadable, slow.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::http::faults::rules::{Disconnect, ResponseFault};

/// Closes the connection that a request came on. Requests carry it as an extension; one that came on none, as in
/// tests, has none.
#[derive(Clone, Debug, Default)]
pub struct ConnectionCloser(CancellationToken);

impl ConnectionCloser {
    /// Closes the connection, whatever is under way on it.
    pub fn close(&self) {
        self.0.cancel();
    }

    /// Waits until it is to be closed.
    pub async fn closed(&self) {
        self.0.cancelled().await;
    }
}

/// How long the first half of an answer has to get out before the connection closes.
const HALF: Duration = Duration::from_millis(50);

/// How often a slow answer goes on.
const BEAT: Duration = Duration::from_millis(100);

/// Lets happen to an answer what a fault wants.
pub async fn apply(
    response: Response,
    fault: ResponseFault,
    closer: Option<ConnectionCloser>,
) -> Response {
    if fault.disconnect == Some(Disconnect::Before)
        && let Some(closer) = closer
    {
        closer.close();
        // The connection ends with whatever it waits for.
        return std::future::pending().await;
    }
    let (mut head, body) = response.into_parts();
    let mut bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    if fault.garbage {
        bytes = garbage(&bytes);
    }
    let length = HeaderValue::from(bytes.len());
    let body = match (fault.disconnect, closer, fault.bytes_per_s) {
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

/// Half of an answer, cut short, and then what no reader of JSON or text can use.
fn garbage(bytes: &Bytes) -> Bytes {
    let mut garbage = bytes[..bytes.len() / 2].to_vec();
    garbage.extend_from_slice(b"\xff\xfe\x00}{ not what the service says");
    garbage.into()
}

/// The first half, and then the end of the connection.
fn truncated(bytes: &Bytes, closer: ConnectionCloser) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let first = stream::once(async { Ok::<_, Infallible>(half) });
    let end = stream::once(async move {
        sleep(HALF).await;
        closer.close();
        std::future::pending::<Result<Bytes, Infallible>>().await
    });
    Body::from_stream(first.chain(end))
}

/// So many bytes a second, in ten steps a second where there are enough.
fn slow(bytes: Bytes, rate: u64) -> Body {
    let rate = usize::try_from(rate).unwrap_or(usize::MAX).max(1);
    let (size, pause) = if rate >= 10 {
        (rate / 10, BEAT)
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

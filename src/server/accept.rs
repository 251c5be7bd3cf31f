//! The accept loop: serves a router on a listener until it is stopped, then closes every connection.

use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::http::faults::apply::ConnectionCloser;

/// The time that pending answers get after the stop.
const GRACE: Duration = Duration::from_millis(100);

/// The pause after a failure to accept, for example for lack of file descriptors.
const BACK_OFF: Duration = Duration::from_millis(5);

/// Serves until `stop`; returns once the port and all connections are closed, within little more than 100 ms.
///
/// Unlike `axum::serve` it owns its connections, so none outlives it.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            sleep(BACK_OFF).await;
            continue;
        };
        // Answers are small and written whole; waiting to fill a packet would only add latency.
        let _ = stream.set_nodelay(true);
        let router = TowerToHyperService::new(router.clone());
        let closer = ConnectionCloser::default();
        let on = closer.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(on.clone());
            router.call(request)
        });
        let stop = stop.clone();
        connections.spawn(async move {
            // Without a timeout for the head of a request, since pooled connections may be idle for long.
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            tokio::select! {
                // A fault closes the connection, with any request in progress.
                () = closer.closed() => return,
                // A broken connection concerns only its client.
                _ = connection.as_mut() => return,
                () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
            }
            tokio::select! {
                () = closer.closed() => {}
                _ = connection => {}
            }
        });
    }
    drop(listener);
    let _ = timeout(GRACE, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    connections.shutdown().await;
}

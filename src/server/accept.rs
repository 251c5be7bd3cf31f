//! The accept loop: serves a router on its listeners until it is stopped, then closes every connection.

use std::time::Duration;

use axum::Router;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::connection::serve_connection;
use super::listeners::Listeners;

/// The time that pending answers get after the stop.
const GRACE: Duration = Duration::from_millis(100);

/// The pause after a failure to accept, for example for lack of file descriptors.
const BACK_OFF: Duration = Duration::from_millis(5);

/// Serves until `stop`; returns once the ports and all connections are closed, within little more than 100 ms.
///
/// Unlike `axum::serve` it owns its connections, so none outlives it.
pub async fn serve(listeners: impl Into<Listeners>, router: Router, stop: CancellationToken) {
    let listeners = listeners.into();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listeners.accept() => accepted,
        };
        let Ok(stream) = accepted else {
            sleep(BACK_OFF).await;
            continue;
        };
        // Answers are small and written whole; waiting to fill a packet would only add latency.
        let _ = stream.set_nodelay(true);
        connections.spawn(serve_connection(stream, router.clone(), stop.clone()));
    }
    drop(listeners);
    let _ = timeout(GRACE, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    connections.shutdown().await;
}

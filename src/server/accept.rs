//! The accept loop: serves a router on its listeners until it is stopped, then closes every connection.

use std::time::Duration;

use axum::Router;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::begin::begin_connection;
use super::connection::ConnectionContext;
use super::connections::Connections;
use super::listeners::Listeners;

/// The time that pending answers get after the stop.
const GRACE: Duration = Duration::from_millis(100);

/// The pause after a failure to accept, for example for lack of file descriptors.
const BACK_OFF: Duration = Duration::from_millis(5);

/// Serves until `stop`; returns once the ports and all connections are closed, within little more than 100 ms.
///
/// Unlike `axum::serve` it owns its connections, so none outlives it.
pub async fn serve(
    listeners: impl Into<Listeners>,
    router: Router,
    stop: CancellationToken,
    connections: Connections,
) {
    let listeners = listeners.into();
    let mut running = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = running.join_next() => continue,
            accepted = listeners.accept() => accepted,
        };
        let (stream, role) = match accepted {
            Ok((stream, role)) => (stream, role.clone()),
            Err(error) => {
                connections.note_failure(&error);
                sleep(BACK_OFF).await;
                continue;
            }
        };
        let admission = tokio::select! {
            () = stop.cancelled() => break,
            admission = connections.admit() => admission,
        };
        // Answers are small and written whole; waiting to fill a packet would only add latency.
        let _ = stream.set_nodelay(true);
        let context = ConnectionContext {
            router: router.clone(),
            stop: stop.clone(),
            limits: connections.limits().clone(),
        };
        running.spawn(begin_connection(stream, role, admission, context));
    }
    drop(listeners);
    let _ = timeout(GRACE, async {
        while running.join_next().await.is_some() {}
    })
    .await;
    running.shutdown().await;
}

//! The recorder: a proxy in front of a real service, which writes what belongs to an emulated operation to a corpus.
//!
//! Requests and answers pass as they are. A listener stands for each service; a `Host` header that names another of the
//! services leads there. What passes is kept in memory until its answer has ended, and redacted and written in a thread of
//! its own.

mod capture;
mod forward;
mod hop;
mod log;
pub mod upstream;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::forward::{Forwarder, serve_connection};
pub use self::log::RecordSummary;
use self::log::{RecordLog, start_log};
use self::upstream::{Connector, Upstream};
use crate::corpus::writer::CorpusFile;
use crate::corpus::{Redactor, Session};
use crate::server::listeners::Listeners;
use crate::sim::clock::system_now;

/// The time that requests under way get after the stop.
const GRACE: Duration = Duration::from_secs(2);

/// The pause after a failure to accept, for example for lack of file descriptors.
const BACK_OFF: Duration = Duration::from_millis(5);

/// A recorder that listens.
pub struct Recorder {
    listeners: Vec<Listeners>,
    upstreams: Arc<Vec<Upstream>>,
    connector: Connector,
    log: RecordLog,
}

impl Recorder {
    /// Opens the file. Each upstream has the listeners in its place.
    pub fn start(
        upstreams: Vec<Upstream>,
        listeners: Vec<Listeners>,
        connector: Connector,
        file: &Path,
    ) -> std::io::Result<Self> {
        let redactor = Redactor::new(Session::new(system_now()));
        let log = start_log(CorpusFile::open(file)?, redactor)?;
        Ok(Self {
            listeners,
            upstreams: Arc::new(upstreams),
            connector,
            log,
        })
    }

    /// Serves until `stop`, and returns once every answer under way has ended or had its time, and the file is whole.
    pub async fn serve(self, stop: CancellationToken) -> std::io::Result<RecordSummary> {
        let mut running = JoinSet::new();
        for (n, listeners) in self.listeners.into_iter().enumerate() {
            let forwarder = Forwarder {
                upstreams: Arc::clone(&self.upstreams),
                own: n,
                connector: self.connector.clone(),
                log: self.log.sink(),
            };
            running.spawn(accept(listeners, Arc::new(forwarder), stop.clone()));
        }
        while running.join_next().await.is_some() {}
        self.log.finish().await
    }
}

/// Accepts connections until `stop`.
async fn accept(listeners: Listeners, forwarder: Arc<Forwarder>, stop: CancellationToken) {
    let mut running = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = running.join_next() => continue,
            accepted = listeners.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(BACK_OFF).await;
            continue;
        };
        // Answers pass as they come; waiting to fill a packet would only add latency.
        let _ = stream.set_nodelay(true);
        running.spawn(serve_connection(
            stream,
            Arc::clone(&forwarder),
            stop.clone(),
        ));
    }
    drop(listeners);
    let _ = timeout(GRACE, async {
        while running.join_next().await.is_some() {}
    })
    .await;
    running.shutdown().await;
}

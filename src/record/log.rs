//! The thread that redacts and writes, with what it has counted.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::corpus::writer::CorpusFile;
use crate::corpus::{RawExchange, Redactor};

/// The most exchanges that pass or wait to be written at a time.
const MOST_UNDER_WAY: usize = 512;

/// The counts of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordSummary {
    /// The exchanges that were written, by operation.
    pub written: BTreeMap<&'static str, u64>,
    /// The exchanges that belong to no emulated operation.
    pub left_out: u64,
    /// The exchanges that a service or a client has broken off.
    pub broken: u64,
}

impl RecordSummary {
    /// The summary in words, a line each.
    pub fn lines(&self, file: &str) -> Vec<String> {
        let n_written: u64 = self.written.values().sum();
        let mut lines = vec![format!(
            "{n_written} exchanges of {} operations are in {file}",
            self.written.len()
        )];
        for (operation, n) in &self.written {
            lines.push(format!("  {operation}: {n}"));
        }
        if self.left_out > 0 {
            lines.push(format!(
                "{} requests belong to no emulated operation and were not written",
                self.left_out
            ));
        }
        if self.broken > 0 {
            lines.push(format!(
                "{} exchanges were broken off and were not written",
                self.broken
            ));
        }
        lines
    }
}

enum Entry {
    Whole(Box<RawExchange>, OwnedSemaphorePermit),
    Broken,
}

/// Takes exchanges.
#[derive(Clone)]
pub(super) struct RecordSink {
    entries: UnboundedSender<Entry>,
    /// Bounds what is kept in memory.
    room: Arc<Semaphore>,
}

impl RecordSink {
    /// Waits for room for an exchange. None after the end.
    pub(super) async fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room).acquire_owned().await.ok()
    }

    pub(super) fn add(&self, exchange: RawExchange, room: OwnedSemaphorePermit) {
        // After the end nobody writes.
        let _ = self.entries.send(Entry::Whole(Box::new(exchange), room));
    }

    pub(super) fn note_broken(&self) {
        let _ = self.entries.send(Entry::Broken);
    }
}

/// A thread that writes.
pub(super) struct RecordLog {
    sink: RecordSink,
    ended: oneshot::Receiver<io::Result<RecordSummary>>,
}

/// Starts the thread.
pub(super) fn start_log(file: CorpusFile, redactor: Redactor) -> io::Result<RecordLog> {
    let (entries, received) = unbounded_channel();
    let (has_ended, ended) = oneshot::channel();
    let write = move || {
        let summary = write_all(received, file, redactor);
        // Nobody may be waiting any more.
        let _ = has_ended.send(summary);
    };
    thread::Builder::new()
        .name("recorder".to_owned())
        .spawn(write)?;
    let room = Arc::new(Semaphore::new(MOST_UNDER_WAY));
    Ok(RecordLog {
        sink: RecordSink { entries, room },
        ended,
    })
}

impl RecordLog {
    pub(super) fn sink(&self) -> RecordSink {
        self.sink.clone()
    }

    /// Waits until everything is written. All other sinks must be gone.
    pub(super) async fn finish(self) -> io::Result<RecordSummary> {
        drop(self.sink);
        let stopped = |_| io::Error::other("the thread that writes has stopped");
        self.ended.await.map_err(stopped)?
    }
}

fn write_all(
    mut entries: UnboundedReceiver<Entry>,
    mut file: CorpusFile,
    mut redactor: Redactor,
) -> io::Result<RecordSummary> {
    let mut summary = RecordSummary::default();
    while let Some(entry) = entries.blocking_recv() {
        match entry {
            Entry::Broken => summary.broken += 1,
            Entry::Whole(exchange, _room) => match redactor.redact(&exchange) {
                None => summary.left_out += 1,
                Some(redacted) => {
                    file.append(&redacted)?;
                    *summary.written.entry(redacted.operation()).or_default() += 1;
                }
            },
        }
    }
    file.finish()?;
    Ok(summary)
}

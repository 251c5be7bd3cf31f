//! The durability of a world: room for a command before its handler runs, and the word of the disk before its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, HttpBody};
use axum::http::Method;
use axum::http::request::Parts;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::storage::{LogStats, NotStored, Reservation, WorldLog};

/// The length of a stored head without its path and headers.
const HEAD: usize = 4 << 10;

/// The room for a body of unknown length. A longer one makes room itself.
const UNKNOWN_BODY: usize = 64 << 10;

/// The extra room for what a body may grow by when it is stored.
const MOST_GROWTH: usize = 1 << 20;

/// The log of a world on disk, as requests use it.
pub struct Durability {
    log: Arc<WorldLog>,
    begin_again: BeginAgain,
    /// Present if answers wait for the disk, and not only for the operating system.
    group_commit: Option<GroupCommit>,
}

impl std::fmt::Debug for Durability {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Durability");
        shown.field("log", &self.log).finish_non_exhaustive()
    }
}

/// Writes everything anew after the files were lost, if there is a place for them. It blocks the thread.
pub type BeginAgain = Arc<dyn Fn() -> Result<(), NotStored> + Send + Sync>;

/// The commits of many requests in one call to the disk.
#[derive(Debug, Default)]
struct GroupCommit {
    /// Held by the request that asks the disk for all others.
    leader: Mutex<()>,
    /// The number of commands that the disk has.
    n_synced: AtomicU64,
}

impl Durability {
    /// With `sync`, answers wait for the disk.
    pub fn new(log: Arc<WorldLog>, sync: bool, begin_again: BeginAgain) -> Self {
        Self {
            log,
            begin_again,
            group_commit: sync.then(GroupCommit::default),
        }
    }

    pub fn log(&self) -> &Arc<WorldLog> {
        &self.log
    }

    /// The room for a request that may change the world; `None` for one that only reads.
    pub fn room_for(parts: &Parts, body: &Body) -> Option<usize> {
        if parts.method == Method::GET || parts.method == Method::HEAD {
            return None;
        }
        let headers = parts.headers.iter();
        let headers: usize = headers
            .map(|(name, value)| name.as_str().len() + value.len() + 8)
            .sum();
        let body = body.size_hint().upper();
        let body = body.map_or(UNKNOWN_BODY, |length| {
            usize::try_from(length).unwrap_or(usize::MAX)
        });
        let path = parts
            .uri
            .path_and_query()
            .map_or(1, |path| path.as_str().len());
        Some(HEAD + path + 2 * headers + body.saturating_add(body.min(MOST_GROWTH)))
    }

    /// Makes room for a command. Files that are lost are written anew, if there is a place for them.
    ///
    /// # Panics
    /// Never: the storage does not.
    pub async fn reserve(&self, bytes: usize) -> Result<Reservation, NotStored> {
        let mut reserved = self.log.reserve(bytes);
        if reserved.as_ref().is_err_and(NotStored::is_gone) {
            let begin_again = Arc::clone(&self.begin_again);
            let begun = spawn_blocking(move || begin_again()).await;
            begun.expect("the storage does not panic")?;
            reserved = self.log.reserve(bytes);
        }
        reserved
    }

    /// Returns once what was accepted before is where it has to be for an answer.
    ///
    /// # Panics
    /// Never: the storage does not.
    pub async fn commit(&self) -> Result<(), NotStored> {
        self.log.check_written()?;
        let Some(group) = &self.group_commit else {
            return Ok(());
        };
        let n_appended = self.log.n_appended();
        let is_synced = || group.n_synced.load(Ordering::Acquire) >= n_appended;
        if is_synced() {
            return Ok(());
        }
        let _leader = group.leader.lock().await;
        if is_synced() {
            return Ok(());
        }
        let log = Arc::clone(&self.log);
        let synced = spawn_blocking(move || log.sync()).await;
        let n_synced = synced.expect("the storage does not panic")?;
        group.n_synced.store(n_synced, Ordering::Release);
        Ok(())
    }

    /// True if answers wait for the disk.
    pub fn waits_for_disk(&self) -> bool {
        self.group_commit.is_some()
    }

    pub fn stats(&self) -> LogStats {
        self.log.stats()
    }
}

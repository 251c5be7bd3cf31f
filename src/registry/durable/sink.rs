//! The way of a world's commands to its log, which is compacted as it grows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

use crate::registry::history::CommandSink;
use crate::registry::world::{World, WorldInner};
use crate::sim::Millis;
use crate::sim::clock::Stopwatch;
use crate::storage::{NotStored, WorldLog};

/// The bytes of commands after which a small world is compacted. A larger one is when its log has half of its size.
const LEAST_LOG: u64 = 8 << 20;

/// The bytes of commands after which any world is compacted, so that a start takes little time.
const MOST_LOG: u64 = 16 << 20;

/// The bytes of commands after which a compaction that has failed is tried again.
const PAUSE: u64 = 1 << 20;

/// The way of a world's commands to its log, which is compacted as it grows.
pub(super) struct DiskSink(Arc<DiskSinkInner>);

struct DiskSinkInner {
    log: Arc<WorldLog>,
    world: Weak<WorldInner>,
    /// The size of the log at which it is compacted next.
    compacts_at: AtomicU64,
}

/// In the place of that size while a compaction is under way.
const UNDER_WAY: u64 = u64::MAX;

impl DiskSinkInner {
    /// Plans the next compaction, at that size or later.
    fn plan(&self, earliest: u64) {
        let base_bytes = self.log.stats().base_bytes;
        let at = (base_bytes / 2).clamp(LEAST_LOG, MOST_LOG);
        self.compacts_at.store(at.max(earliest), Ordering::Release);
    }

    fn compact(&self) {
        let Some(world) = self.world.upgrade() else {
            return;
        };
        let stopwatch = Stopwatch::start();
        let before = self.log.stats().log_bytes;
        match World(world).compact(&self.log) {
            Ok(()) => {
                self.log.note_compaction(stopwatch.elapsed());
                tracing::debug!(log_bytes = before, "compacted the log of a world");
                self.plan(0);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot compact the log of a world; it goes on as it is");
                self.plan(self.log.stats().log_bytes + PAUSE);
            }
        }
    }
}

impl DiskSink {
    pub(super) fn new(world: &World, log: Arc<WorldLog>) -> Self {
        let inner = DiskSinkInner {
            log,
            world: Arc::downgrade(&world.0),
            compacts_at: AtomicU64::new(0),
        };
        inner.plan(0);
        Self(Arc::new(inner))
    }
}

impl CommandSink for DiskSink {
    fn append(&self, number: u64, at: Millis, command: &[u8]) {
        let sink = &self.0;
        let log_bytes = sink.log.append(number, at, command);
        if log_bytes < sink.compacts_at.load(Ordering::Acquire) {
            return;
        }
        if sink.compacts_at.swap(UNDER_WAY, Ordering::AcqRel) == UNDER_WAY {
            return;
        }
        let own = Arc::clone(sink);
        let spawned = thread::Builder::new()
            .name("compaction".to_owned())
            .spawn(move || own.compact());
        if spawned.is_err() {
            sink.plan(log_bytes + PAUSE);
        }
    }
}

impl World {
    /// Replaces the base on disk and what has been logged since by one base.
    fn compact(&self, log: &WorldLog) -> Result<(), NotStored> {
        log.prepare_switch()?;
        let (base, has_switched) = self.stored_base(|| log.switch());
        if !has_switched {
            return Ok(());
        }
        let earliest = self.earliest().map_or(base.number, |place| place.command);
        log.write_base(&base, earliest)
    }
}

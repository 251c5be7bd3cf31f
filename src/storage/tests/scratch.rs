//! A folder of a test, and worlds in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::storage::{
    DataDirectory, Disk, OpenMode, RealDisk, StorageError, StoredBase, StoredWorld, WorldLog,
};

/// A folder that goes with this.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("release-emulator-storage-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn open(&self, mode: OpenMode) -> Result<DataDirectory, StorageError> {
        self.open_on(Arc::new(RealDisk), mode)
    }

    pub(super) fn open_on(
        &self,
        disk: Arc<dyn Disk>,
        mode: OpenMode,
    ) -> Result<DataDirectory, StorageError> {
        DataDirectory::open(disk, self.path(), mode, taken_back)
    }

    /// The world `main` after a restart on a disk without faults.
    pub(super) fn restart(&self) -> StoredWorld {
        let directory = self.open(OpenMode::Use).unwrap();
        directory.read_world("main").unwrap()
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path().join("worlds/main").join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn base(number: u64, image: &str) -> StoredBase {
    StoredBase {
        number,
        instant: 1_000,
        image: image.as_bytes().to_vec(),
    }
}

/// Stores a command as a request would.
pub(super) fn store(log: &Arc<WorldLog>, number: u64) -> bool {
    store_payload(log, number, &payload(number))
}

/// Stores a command that takes back those behind another.
pub(super) fn rewind(log: &Arc<WorldLog>, number: u64, last_kept: u64) -> bool {
    store_payload(log, number, &format!("{BACK}{last_kept}"))
}

const BACK: &str = "back to ";

fn taken_back(payload: &[u8]) -> Option<u64> {
    let text = str::from_utf8(payload).ok()?;
    text.strip_prefix(BACK)?.parse().ok()
}

fn store_payload(log: &Arc<WorldLog>, number: u64, payload: &str) -> bool {
    let Ok(_room) = log.reserve(payload.len()) else {
        return false;
    };
    log.append(number, i64::try_from(number).unwrap(), payload.as_bytes());
    !log.has_unwritten()
}

pub(super) fn payload(number: u64) -> String {
    format!(
        "command {number} {}",
        "x".repeat(usize::try_from(number % 7).unwrap())
    )
}

/// The numbers of the commands, whose payloads are checked.
pub(super) fn numbers(world: &StoredWorld) -> Vec<u64> {
    let check = |record: &crate::storage::LogRecord| {
        assert!(
            record.payload == payload(record.number).as_bytes()
                || taken_back(&record.payload).is_some()
        );
        assert_eq!(record.instant, i64::try_from(record.number).unwrap());
        record.number
    };
    world.records.iter().map(check).collect()
}

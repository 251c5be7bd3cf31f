//! A disk with faults: a crash after some calls, and a size that can be used up.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::storage::{Disk, DiskFile, RealDisk};

/// The disk of the machine, which fails as it is told to.
#[derive(Clone, Debug)]
pub(super) struct FaultyDisk(Arc<Faults>);

#[derive(Debug)]
struct Faults {
    /// The changing calls that are left before the crash, after which every call fails.
    calls_left: AtomicI64,
    /// The bytes of the first write that fails which reach the file all the same.
    torn_bytes: usize,
    /// The bytes that can still be written beyond the end of files.
    room: AtomicI64,
    /// The kind of error of each write, if it is set.
    write_error: Mutex<Option<io::ErrorKind>>,
    n_syncs: AtomicUsize,
    /// The length of each file.
    lengths: Mutex<BTreeMap<PathBuf, i64>>,
}

#[derive(Debug)]
struct FaultyFile {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    place: AtomicI64,
    faults: Arc<Faults>,
}

impl FaultyDisk {
    pub(super) fn sound() -> Self {
        Self::crashing(i64::MAX, 0)
    }

    /// Crashes at the call after so many, of which a write has written some bytes.
    pub(super) fn crashing(calls: i64, torn_bytes: usize) -> Self {
        Self(Arc::new(Faults {
            calls_left: AtomicI64::new(calls),
            torn_bytes,
            room: AtomicI64::new(i64::MAX),
            write_error: Mutex::default(),
            n_syncs: AtomicUsize::new(0),
            lengths: Mutex::default(),
        }))
    }

    pub(super) fn set_room(&self, bytes: i64) {
        self.0.room.store(bytes, Ordering::SeqCst);
    }

    pub(super) fn refuse_writes(&self, kind: Option<io::ErrorKind>) {
        *self.0.write_error.lock().unwrap() = kind;
    }

    pub(super) fn has_crashed(&self) -> bool {
        self.0.calls_left.load(Ordering::SeqCst) < 0
    }

    pub(super) fn n_syncs(&self) -> usize {
        self.0.n_syncs.load(Ordering::SeqCst)
    }
}

impl Faults {
    /// Counts a call, and says how it goes: `Ok`, the last one before the end, or not at all.
    fn call(&self) -> io::Result<()> {
        let left = self.calls_left.fetch_sub(1, Ordering::SeqCst);
        if left > 0 {
            Ok(())
        } else {
            Err(io::Error::other("crashed"))
        }
    }

    fn is_at_crash(&self) -> bool {
        self.calls_left.load(Ordering::SeqCst) == -1
    }

    fn grow(&self, bytes: i64) -> io::Result<()> {
        if bytes <= 0 {
            return Ok(());
        }
        let take = |room: i64| (room >= bytes).then_some(room - bytes);
        let taken = self
            .room
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
        taken
            .map(drop)
            .map_err(|_| io::ErrorKind::StorageFull.into())
    }

    fn check_write(&self) -> io::Result<()> {
        self.write_error
            .lock()
            .unwrap()
            .map_or(Ok(()), |kind| Err(kind.into()))
    }
}

impl Disk for FaultyDisk {
    fn open(&self, file: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.0.call()?;
        self.0.check_write()?;
        let length = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
        let mut lengths = self.0.lengths.lock().unwrap();
        lengths.insert(file.to_owned(), length.cast_signed());
        Ok(Arc::new(FaultyFile {
            file: RealDisk.open(file)?,
            path: file.to_owned(),
            place: AtomicI64::new(0),
            faults: Arc::clone(&self.0),
        }))
    }

    fn write(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.0.call() {
            if self.0.is_at_crash() {
                let torn = &bytes[..self.0.torn_bytes.min(bytes.len())];
                RealDisk.write(file, torn)?;
            }
            return Err(error);
        }
        self.0.check_write()?;
        self.0.grow(i64::try_from(bytes.len()).unwrap())?;
        RealDisk.write(file, bytes)
    }

    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        RealDisk.read(file)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.0.call()?;
        RealDisk.make_folder(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(folder)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.call()?;
        RealDisk.rename(from, to)
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        self.0.call()?;
        RealDisk.remove_file(file)
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        self.0.call()?;
        RealDisk.remove_folder(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.0.call()?;
        RealDisk.sync_folder(folder)
    }
}

impl DiskFile for FaultyFile {
    fn go_to(&self, place: u64) -> io::Result<()> {
        self.place.store(place.cast_signed(), Ordering::SeqCst);
        self.file.go_to(place)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.faults.call() {
            if self.faults.is_at_crash() {
                self.file
                    .write(&bytes[..self.faults.torn_bytes.min(bytes.len())])?;
            }
            return Err(error);
        }
        self.faults.check_write()?;
        let end = self.place.load(Ordering::SeqCst) + i64::try_from(bytes.len()).unwrap();
        let mut lengths = self.faults.lengths.lock().unwrap();
        let length = lengths.entry(self.path.clone()).or_default();
        self.faults.grow(end - *length)?;
        *length = end.max(*length);
        self.place.store(end, Ordering::SeqCst);
        self.file.write(bytes)
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        self.faults.call()?;
        self.faults.check_write()?;
        let mut lengths = self.faults.lengths.lock().unwrap();
        lengths.insert(self.path.clone(), length.cast_signed());
        self.file.cut(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.faults.call()?;
        self.faults.n_syncs.fetch_add(1, Ordering::SeqCst);
        self.file.sync()
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        self.file.is_at(path)
    }
}

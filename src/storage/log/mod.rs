//! The log of a world on disk: commands are appended to room that was made for them before.
//!
//! Room is made by writing zeros, a megabyte at a time. So a full disk refuses a command before anything has changed, and
//! the append itself, which comes after the change, has its room already.

mod open;
mod switch;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::base::{Bases, TakesBack, log_path};
use super::disk::{Disk, DiskFile};
use super::error::NotStored;
use super::frame::{HEAD, encode};
use crate::sim::Millis;
use crate::sim::clock::Stopwatch;
use open::{NextLog, OpenLog};

/// The room that is made at a time.
const ROOM: u64 = 1 << 20;

/// A buffer that is larger is not kept for the next command.
const LARGEST_BUFFER: usize = 64 << 10;

/// The log of a world, open to be appended to.
#[derive(Debug)]
pub struct WorldLog {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    takes_back: TakesBack,
    state: Mutex<LogState>,
    /// Held by the one who makes room.
    making_room: Mutex<()>,
}

#[derive(Debug)]
struct LogState {
    /// The number of the log among those of its world.
    generation: u64,
    /// None until the first command, since a directory may be only read.
    file: Option<OpenLog>,
    /// The end of the last record.
    end: u64,
    /// The bytes for which there are reservations.
    n_reserved: u64,
    last_number: u64,
    /// The commands that were appended since the start.
    n_appended: u64,
    last_append: Duration,
    last_sync: Duration,
    n_compactions: u64,
    last_compaction: Duration,
    bases: Bases,
    /// Records for which there was room, and which the disk has refused all the same.
    unwritten: Vec<u8>,
    buffer: Vec<u8>,
    /// The log that is ready to go on after this one.
    next: Option<NextLog>,
    /// Earlier logs that the disk may not have yet.
    unsynced: Vec<Arc<dyn DiskFile>>,
    base_bytes: u64,
    /// The bytes of earlier logs that no base covers.
    earlier_bytes: u64,
    /// Files with the end at which they are cut before the first write.
    cuts: Vec<(PathBuf, u64)>,
}

/// Figures on a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogStats {
    /// The bytes of commands since the base.
    pub log_bytes: u64,
    pub base_bytes: u64,
    /// The number of the log, which grows with each compaction.
    pub generation: u64,
    /// The number of the last command.
    pub last_number: u64,
    /// The bytes of accepted commands that wait for the disk to take them.
    pub unwritten_bytes: u64,
    /// The time that the last append took.
    pub last_append: Duration,
    /// The time that the disk took last to confirm.
    pub last_sync: Duration,
    /// The number of compactions since the start.
    pub n_compactions: u64,
    /// The time that the last of them took.
    pub last_compaction: Duration,
}

/// Room in a log for a command. What is left of it is given back when it is dropped.
#[derive(Debug)]
pub struct Reservation {
    log: Arc<WorldLog>,
    bytes: u64,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.log.state().n_reserved -= self.bytes;
    }
}

/// A log as it was found on disk, or is made there.
#[derive(Debug, Default)]
pub(super) struct FoundLog {
    pub(super) generation: u64,
    pub(super) end: u64,
    pub(super) last_number: u64,
    pub(super) bases: Bases,
    pub(super) base_bytes: u64,
    pub(super) earlier_bytes: u64,
    pub(super) cuts: Vec<(PathBuf, u64)>,
}

impl WorldLog {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        folder: PathBuf,
        takes_back: TakesBack,
        found: FoundLog,
    ) -> Self {
        let state = LogState {
            generation: found.generation,
            file: None,
            end: found.end,
            n_reserved: 0,
            last_number: found.last_number,
            n_appended: 0,
            last_append: Duration::ZERO,
            last_sync: Duration::ZERO,
            n_compactions: 0,
            last_compaction: Duration::ZERO,
            bases: found.bases,
            unwritten: Vec::new(),
            buffer: Vec::new(),
            next: None,
            unsynced: Vec::new(),
            base_bytes: found.base_bytes,
            earlier_bytes: found.earlier_bytes,
            cuts: found.cuts,
        };
        Self {
            disk,
            folder,
            takes_back,
            state: Mutex::new(state),
            making_room: Mutex::default(),
        }
    }

    /// Makes room for a command with a payload of so many bytes.
    pub fn reserve(self: &Arc<Self>, bytes: usize) -> Result<Reservation, NotStored> {
        let bytes = (bytes + HEAD) as u64;
        let (has_room, is_scarce) = {
            let mut state = self.state();
            self.prepare(&mut state)
                .map_err(|error| self.not_stored(&state, &error))?;
            state.n_reserved += bytes;
            (state.has_room(0), !state.has_room(ROOM / 2))
        };
        let reservation = Reservation {
            log: Arc::clone(self),
            bytes,
        };
        if !has_room {
            self.make_room()?;
        } else if is_scarce && let Ok(_making) = self.making_room.try_lock() {
            // Ahead of time. If that fails, a later command that has no room left is refused.
            let _ = self.extend();
        }
        Ok(reservation)
    }

    /// Appends an accepted command, in one call to the operating system. Called in the order of the changes.
    ///
    /// A disk that refuses has the command refused that comes next, and this one is written when the disk takes it.
    ///
    /// Returns the bytes of commands since the base.
    pub fn append(&self, number: u64, instant: Millis, payload: &[u8]) -> u64 {
        let stopwatch = Stopwatch::start();
        let mut state = self.state();
        let state = &mut *state;
        state.last_number = number;
        if let Some(last_kept) = (self.takes_back)(payload) {
            state.bases.take_back(number, last_kept);
        }
        state.n_appended += 1;
        let mut frame = std::mem::take(&mut state.buffer);
        frame.clear();
        encode(number, instant, payload, &mut frame);
        let is_written = state.unwritten.is_empty() && self.write(state, &frame).is_ok();
        if !is_written {
            state.unwritten.extend_from_slice(&frame);
            // Tried again by the next command, which is refused if that fails.
            let _ = self.write_rest(state);
        }
        if frame.capacity() <= LARGEST_BUFFER {
            state.buffer = frame;
        }
        state.last_append = stopwatch.elapsed();
        state.earlier_bytes + state.end
    }

    /// Notes that a compaction is done.
    pub fn note_compaction(&self, duration: Duration) {
        let mut state = self.state();
        state.n_compactions += 1;
        state.last_compaction = duration;
    }

    /// The number of commands that were appended since the start.
    pub fn n_appended(&self) -> u64 {
        self.state().n_appended
    }

    /// Waits until the disk has what was appended before, and returns the number of commands that were appended until then.
    pub fn sync(&self) -> Result<u64, NotStored> {
        let stopwatch = Stopwatch::start();
        let (n_appended, files) = {
            let mut state = self.state();
            self.write_rest(&mut state)
                .map_err(|error| self.not_stored(&state, &error))?;
            let file = state.file.iter().map(|open| Arc::clone(&open.file));
            let files: Vec<_> = state.unsynced.iter().cloned().chain(file).collect();
            (state.n_appended, files)
        };
        for file in &files {
            let synced = file.sync();
            synced.map_err(|error| self.not_stored(&self.state(), &error))?;
        }
        let mut state = self.state();
        let is_synced = |file: &Arc<dyn DiskFile>| files.iter().any(|done| Arc::ptr_eq(done, file));
        state.unsynced.retain(|file| !is_synced(file));
        state.last_sync = stopwatch.elapsed();
        Ok(n_appended)
    }

    /// Checks that the operating system has all commands.
    pub fn check_written(&self) -> Result<(), NotStored> {
        let mut state = self.state();
        let written = self.write_rest(&mut state);
        written.map_err(|error| self.not_stored(&state, &error))
    }

    /// True if a command waits for the disk to take it.
    pub fn has_unwritten(&self) -> bool {
        !self.state().unwritten.is_empty()
    }

    pub fn stats(&self) -> LogStats {
        let state = self.state();
        LogStats {
            log_bytes: state.earlier_bytes + state.end,
            base_bytes: state.base_bytes,
            generation: state.generation,
            last_number: state.last_number,
            unwritten_bytes: state.unwritten.len() as u64,
            last_append: state.last_append,
            last_sync: state.last_sync,
            n_compactions: state.n_compactions,
            last_compaction: state.last_compaction,
        }
    }

    /// Opens the file if that has not been done, and writes what the disk has refused before.
    fn prepare(&self, state: &mut LogState) -> io::Result<()> {
        let path = log_path(&self.folder, state.generation);
        if let Some(open) = &state.file {
            if !open.file.is_at(&path)? {
                return Err(io::ErrorKind::NotFound.into());
            }
        } else {
            for (path, end) in &state.cuts {
                let file = self.disk.open(path)?;
                file.cut(*end)?;
                file.sync()?;
            }
            state.file = Some(OpenLog::open(&*self.disk, &path, state.end)?);
            state.cuts.clear();
        }
        self.write_rest(state)
    }

    fn write(&self, state: &mut LogState, bytes: &[u8]) -> io::Result<()> {
        let path = || log_path(&self.folder, state.generation);
        if state.file.is_none() {
            state.file = Some(OpenLog::open(&*self.disk, &path(), state.end)?);
        }
        let open = state.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let end = state.end + bytes.len() as u64;
        if let Err(error) = open.file.write(bytes) {
            open.file.go_to(state.end)?;
            return Err(error);
        }
        state.end = end;
        Ok(())
    }

    fn write_rest(&self, state: &mut LogState) -> io::Result<()> {
        if state.unwritten.is_empty() {
            return Ok(());
        }
        let rest = std::mem::take(&mut state.unwritten);
        let written = self.write(state, &rest);
        if written.is_err() {
            state.unwritten = rest;
        }
        written
    }

    /// Makes the room that is reserved.
    fn make_room(&self) -> Result<(), NotStored> {
        let making_room = self.making_room.lock();
        let _making_room = making_room.unwrap_or_else(PoisonError::into_inner);
        self.extend()
    }

    /// Makes room in pieces, so that commands are appended in between.
    fn extend(&self) -> Result<(), NotStored> {
        if self.state().has_room(ROOM / 2) {
            return Ok(());
        }
        loop {
            let mut state = self.state();
            let end = state.end;
            if state.has_room(ROOM) {
                return Ok(());
            }
            let Some(open) = &mut state.file else {
                return Ok(());
            };
            if let Err(error) = open.add_room(end) {
                return if state.has_room(0) {
                    Ok(())
                } else {
                    Err(self.not_stored(&state, &error))
                };
            }
        }
    }

    fn not_stored(&self, state: &LogState, error: &io::Error) -> NotStored {
        NotStored::new(&log_path(&self.folder, state.generation), error)
    }

    fn state(&self) -> MutexGuard<'_, LogState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogState {
    /// True if there is room for all that is reserved, and for more.
    fn has_room(&self, more: u64) -> bool {
        let room = self.file.as_ref().map_or(0, |open| open.room);
        self.end + self.n_reserved + more <= room
    }
}

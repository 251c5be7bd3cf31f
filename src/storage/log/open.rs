//! An open log: the file of a generation, with room for commands to come.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::storage::disk::{Disk, DiskFile};

/// A log that is open, with the room in it.
#[derive(Clone, Debug)]
pub(super) struct OpenLog {
    pub(super) file: Arc<dyn DiskFile>,
    /// Another position in the same file, at the end of the room.
    pub(super) room_file: Arc<dyn DiskFile>,
    /// The end of the room.
    pub(super) room: u64,
}

/// A log that is ready.
#[derive(Debug)]
pub(super) struct NextLog {
    pub(super) open: OpenLog,
    /// True if what is before it is gone.
    pub(super) is_first: bool,
}

impl OpenLog {
    /// Opens a log, or makes it, to be written from a place on.
    pub(super) fn open(disk: &dyn Disk, path: &Path, end: u64) -> io::Result<Self> {
        let (file, room_file) = (disk.open(path)?, disk.open(path)?);
        file.cut(end)?;
        file.go_to(end)?;
        room_file.go_to(end)?;
        Ok(Self {
            file,
            room_file,
            room: end,
        })
    }

    /// Writes zeros up to a place. What was written of them counts even if the disk has no room for the rest.
    pub(super) fn extend(&mut self, wanted: u64) -> io::Result<()> {
        while self.room < wanted {
            self.add_room(0)?;
        }
        Ok(())
    }

    /// Writes some zeros behind the room, or behind the last record: one for which no room was made may be beyond it.
    pub(super) fn add_room(&mut self, end: u64) -> io::Result<()> {
        let zeros = vec![0; 64 << 10];
        if self.room < end {
            self.room_file.go_to(end)?;
            self.room = end;
        }
        if let Err(error) = self.room_file.write(&zeros) {
            self.room_file.go_to(self.room)?;
            return Err(error);
        }
        self.room += zeros.len() as u64;
        Ok(())
    }
}

//! The lock of a data directory, which the operating system takes back when the process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::error::StorageError;
use super::private::{self, options};

/// A lock that is held as long as this lives.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    file: Option<File>,
}

const LOCK: &str = "lock";

impl DirectoryLock {
    /// Locks a directory and writes the id of this process.
    pub(super) fn take(directory: &Path) -> Result<Self, StorageError> {
        let path = directory.join(LOCK);
        let opened = options().read(true).create(true).open(&path);
        // One who may only read can still find the lock taken.
        let (mut file, is_writable) = match opened {
            Ok(file) => (file, true),
            Err(error) => match File::open(&path) {
                Ok(file) => (file, false),
                Err(_) => return Err(StorageError::at(&path)(error)),
            },
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StorageError::InUse {
                    directory: directory.to_owned(),
                    pid: read_pid(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(StorageError::at(&path)(error)),
        }
        if is_writable {
            // The lock holds without the id, which only a message needs, and a full disk has no room for it.
            let _ = write_pid(&mut file);
        }
        Ok(Self { file: Some(file) })
    }

    /// True if the lock is that of the directory at a path, and not of one that was there before.
    pub(super) fn is_in(&self, directory: &Path) -> io::Result<bool> {
        let Some(file) = &self.file else {
            return directory.try_exists();
        };
        private::is_at(file, &directory.join(LOCK))
    }

    /// True if a directory is on the disk of the one that is locked.
    pub(super) fn is_on_disk_of(&self, directory: &Path) -> io::Result<bool> {
        let file = self.file.as_ref();
        file.map_or(Ok(false), |file| private::is_same_disk(file, directory))
    }

    /// No lock, for a directory that is only read and in which none can be made.
    pub(super) fn none() -> Self {
        Self { file: None }
    }
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes())
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

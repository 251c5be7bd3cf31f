//! Errors of the storage.

use std::io;
use std::path::{Path, PathBuf};

use super::frame::Damage;

/// The reason a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another process uses it.
    #[error("the data directory {} is in use by {}; stop it, or choose another directory",
        .directory.display(), process(*.pid))]
    InUse {
        directory: PathBuf,
        /// The id of the process, if it has written one.
        pid: Option<u32>,
    },
    /// A later version of the emulator has written it.
    #[error("the data directory {} has format {found}, and this version reads up to {known}; use a newer \
        release-emulator, or start over with --data-reset", .directory.display())]
    Newer {
        directory: PathBuf,
        found: u32,
        known: u32,
    },
    /// It holds other files.
    #[error("{} is not a data directory: it has no readable file `version`, but other files; choose an empty or new \
        directory", .directory.display())]
    Foreign { directory: PathBuf },
    /// Something in it cannot be read, with good records behind it.
    #[error("{} is damaged: {damage}", .file.display())]
    Damaged { file: PathBuf, damage: Damage },
    /// A file is missing or cut.
    #[error("the data of the world {world} are damaged: {what}")]
    Incomplete { world: String, what: String },
    /// It is gone while it was used.
    #[error("the data directory {} is gone; move it back, or make an empty one", .directory.display())]
    Gone { directory: PathBuf },
    /// Another one is in its place while it was used.
    #[error("another directory is in the place of {}; move the former one back, or restart release-emulator to use \
        that one", .directory.display())]
    Replaced { directory: PathBuf },
    /// An empty directory is in its place, as under a disk that is no longer mounted.
    #[error("the disk of the data directory {} is gone; mount it again, or restart release-emulator to use another",
        .directory.display())]
    OtherDisk { directory: PathBuf },
    /// The operating system refuses.
    #[error("cannot use {}: {cause}", .path.display())]
    Io { path: PathBuf, cause: io::Error },
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another process".to_owned(),
        |pid| format!("process {pid}"),
    )
}

impl StorageError {
    /// Makes an error of the operating system one about a path.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |cause| Self::Io {
            path: path.to_owned(),
            cause,
        }
    }
}

/// The reason a command cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NotStored {
    reason: String,
    is_gone: bool,
}

impl From<StorageError> for NotStored {
    fn from(error: StorageError) -> Self {
        Self {
            reason: error.to_string(),
            is_gone: true,
        }
    }
}

impl NotStored {
    /// True if the files are gone, and not only refuse.
    pub fn is_gone(&self) -> bool {
        self.is_gone
    }

    pub(super) fn new(file: &Path, error: &io::Error) -> Self {
        let cause = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "the disk is full; make room".to_owned()
            }
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                "it is read-only; make it writable".to_owned()
            }
            io::ErrorKind::NotFound => "the data directory is gone".to_owned(),
            _ => error.to_string(),
        };
        Self {
            reason: format!("cannot write {}: {cause}", file.display()),
            is_gone: error.kind() == io::ErrorKind::NotFound,
        }
    }
}

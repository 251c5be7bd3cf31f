//! The data directory of a process, with a folder for each world.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::base::{StoredBase, TakesBack};
use super::disk::Disk;
use super::error::StorageError;
use super::lock::DirectoryLock;
use super::log::WorldLog;
use super::world_folder::{self, StoredWorld};

/// The number of the format. A version that changes the files raises it, and still reads those before.
pub(super) const FORMAT: u32 = 1;

/// The purpose for which a directory is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// To use it, and make it if it is absent.
    Use,
    /// The same, without what is in it.
    Reset,
    /// To read it, even while another process uses it.
    Read,
}

/// A data directory, locked as long as this lives.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    disk: Arc<dyn Disk>,
    takes_back: TakesBack,
    lock: Mutex<DirectoryLock>,
}

impl DataDirectory {
    /// Opens a directory.
    pub fn open(
        disk: Arc<dyn Disk>,
        path: &Path,
        mode: OpenMode,
        takes_back: TakesBack,
    ) -> Result<Self, StorageError> {
        if mode != OpenMode::Read {
            disk.make_folder(path).map_err(StorageError::at(path))?;
        }
        let format = read_format(&*disk, path)?;
        let lock = match DirectoryLock::take(path) {
            Ok(lock) => lock,
            Err(StorageError::InUse { .. }) if mode == OpenMode::Read => DirectoryLock::none(),
            // A copy on a read-only disk may lack the file.
            Err(StorageError::Io { .. }) if format.is_some() => DirectoryLock::none(),
            Err(error) => return Err(error),
        };
        let directory = Self {
            path: path.to_owned(),
            disk,
            takes_back,
            lock: Mutex::new(lock),
        };
        match format {
            Some(found) if found > FORMAT && mode != OpenMode::Reset => {
                return Err(StorageError::Newer {
                    directory: path.to_owned(),
                    found,
                    known: FORMAT,
                });
            }
            None if mode == OpenMode::Read => {
                return Err(StorageError::Foreign {
                    directory: path.to_owned(),
                });
            }
            _ => {}
        }
        match mode {
            OpenMode::Read => {}
            OpenMode::Use if format.is_some() => directory.clean_up(),
            OpenMode::Use | OpenMode::Reset => directory.begin()?,
        }
        Ok(directory)
    }

    /// True if it has no world yet.
    pub fn is_new(&self) -> Result<bool, StorageError> {
        Ok(self.worlds()?.is_empty())
    }

    /// The names of the worlds, sorted.
    pub fn worlds(&self) -> Result<Vec<String>, StorageError> {
        let folder = self.worlds_folder();
        let mut names = match self.disk.list(&folder) {
            Ok(names) => names,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(StorageError::at(&folder)(error)),
        };
        names.retain(|name| !world_folder::is_on_the_way(name));
        Ok(names)
    }

    /// Makes the folder of a world.
    pub fn create_world(
        &self,
        name: &str,
        settings: &[u8],
        base: &StoredBase,
    ) -> Result<Arc<WorldLog>, StorageError> {
        let folder = self.world_folder(name);
        world_folder::create(&self.disk, &folder, self.takes_back, settings, base)
    }

    /// Reads a world.
    pub fn read_world(&self, name: &str) -> Result<StoredWorld, StorageError> {
        let folder = self.world_folder(name);
        world_folder::read(&self.disk, name, &folder, self.takes_back)
    }

    /// Removes a world.
    pub fn remove_world(&self, name: &str) -> Result<(), StorageError> {
        world_folder::remove(&*self.disk, &self.world_folder(name))
    }

    /// True if it is where it was opened.
    pub fn is_in_place(&self) -> bool {
        self.lock().is_in(&self.path).unwrap_or(false)
    }

    /// Begins again in an empty directory, if one is in the place of the one that was opened. Worlds are not in it.
    pub fn begin_again(&self) -> Result<(), StorageError> {
        let at = |error| StorageError::at(&self.path)(error);
        let directory = self.path.clone();
        let mut lock = self.lock();
        if !lock.is_in(&self.path).map_err(at)? {
            match self.disk.list(&self.path) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Err(StorageError::Gone { directory });
                }
                Err(error) => return Err(at(error)),
            }
            if !matches!(read_format(&*self.disk, &self.path), Ok(None)) {
                return Err(StorageError::Replaced { directory });
            }
            if !lock.is_on_disk_of(&self.path).map_err(at)? {
                return Err(StorageError::OtherDisk { directory });
            }
            *lock = DirectoryLock::take(&self.path)?;
        }
        // A first try may have come no further than the lock.
        match read_format(&*self.disk, &self.path)? {
            Some(_) => Ok(()),
            None => self.begin(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, DirectoryLock> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn worlds_folder(&self) -> PathBuf {
        self.path.join("worlds")
    }

    fn world_folder(&self, name: &str) -> PathBuf {
        self.worlds_folder().join(name)
    }

    /// Makes the directory an empty one of this format.
    fn begin(&self) -> Result<(), StorageError> {
        let worlds = self.worlds_folder();
        let make = || {
            if self.disk.list(&worlds).is_ok() {
                // At once, so that a crash leaves no half of the worlds.
                let gone = self.path.join("worlds~gone");
                if self.disk.list(&gone).is_ok() {
                    self.disk.remove_folder(&gone)?;
                }
                self.disk.rename(&worlds, &gone)?;
                self.disk.remove_folder(&gone)?;
            }
            self.disk.make_folder(&worlds)?;
            let beside = self.path.join("version.part");
            self.disk.write(&beside, format!("{FORMAT}\n").as_bytes())?;
            self.disk.rename(&beside, &self.path.join(VERSION))?;
            self.disk.sync_folder(&self.path)
        };
        make().map_err(StorageError::at(&self.path))
    }

    /// Removes what a crash has left on its way. It is in the way of nobody, so errors do not matter.
    fn clean_up(&self) {
        for folder in [&self.path, &self.worlds_folder()] {
            for name in self.disk.list(folder).unwrap_or_default() {
                if world_folder::is_on_the_way(&name) {
                    let _ = self.disk.remove_folder(&folder.join(name));
                }
            }
        }
    }
}

const VERSION: &str = "version";

/// The names that a directory may have before it has a format: those of a crash while it was made, and of a fresh disk.
const BEGINNINGS: [&str; 5] = [
    "lock",
    "version.part",
    "worlds",
    "worlds~gone",
    "lost+found",
];

/// The format of a directory; `None` if it is empty.
fn read_format(disk: &dyn Disk, path: &Path) -> Result<Option<u32>, StorageError> {
    let foreign = || StorageError::Foreign {
        directory: path.to_owned(),
    };
    let file = path.join(VERSION);
    match disk.read(&file) {
        Ok(bytes) => {
            let text = str::from_utf8(&bytes).ok();
            let format = text.and_then(|text| text.trim().parse().ok());
            format.map(Some).ok_or_else(foreign)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let names = disk.list(path).map_err(StorageError::at(path))?;
            let is_ours = names.iter().all(|name| BEGINNINGS.contains(&&**name));
            is_ours.then_some(None).ok_or_else(foreign)
        }
        Err(error) => Err(StorageError::at(&file)(error)),
    }
}

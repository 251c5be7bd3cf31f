//! A disk: the calls that the storage makes to the operating system, which tests replace by one with faults.

use std::fmt::Debug;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use super::private::{self, options};

/// The files of a machine. What is made belongs to its owner alone, since secrets are in it.
pub trait Disk: Debug + Send + Sync {
    /// Opens a file to read and write, and makes it if it is absent.
    fn open(&self, file: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Makes a file, or replaces its contents, and waits until the disk has it.
    fn write(&self, file: &Path, bytes: &[u8]) -> io::Result<()>;
    fn read(&self, file: &Path) -> io::Result<Vec<u8>>;
    /// Makes a folder, and those above it.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;
    /// The names in a folder, sorted.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove_file(&self, file: &Path) -> io::Result<()>;
    /// Removes a folder with everything in it.
    fn remove_folder(&self, folder: &Path) -> io::Result<()>;
    /// Waits until the disk has the names in a folder.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// An open file, written at one place.
pub trait DiskFile: Debug + Send + Sync {
    /// Goes to the place at which the next bytes are written.
    fn go_to(&self, place: u64) -> io::Result<()>;
    fn write(&self, bytes: &[u8]) -> io::Result<()>;
    /// Cuts the file off.
    fn cut(&self, length: u64) -> io::Result<()>;
    /// Waits until the disk has the contents.
    fn sync(&self) -> io::Result<()>;
    /// True if a path leads to the file, which may have been removed or moved.
    fn is_at(&self, path: &Path) -> io::Result<bool>;
}

/// The disk of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, file: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = options().read(true).create(true).open(file)?;
        Ok(Arc::new(file))
    }

    fn write(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = options().create(true).truncate(true).open(file)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        fs::read(file)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        private::make_folder(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        fs::remove_file(file)
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        fs::remove_dir_all(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        private::sync_folder(folder)
    }
}

impl DiskFile for File {
    fn go_to(&self, place: u64) -> io::Result<()> {
        let mut file = self;
        file.seek(SeekFrom::Start(place)).map(drop)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self;
        file.write_all(bytes)
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        private::is_at(self, path)
    }
}

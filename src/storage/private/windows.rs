//! Files and folders on Windows, with the permissions of the folder above, which are those of the user's profile.

use std::fs::{File, OpenOptions, create_dir_all};
use std::io;
use std::path::Path;

/// Options to write a file.
pub(in crate::storage) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}

/// Makes a folder, and those above it.
pub(in crate::storage) fn make_folder(folder: &Path) -> io::Result<()> {
    create_dir_all(folder)
}

/// Nothing: a folder cannot be opened as a file.
pub(in crate::storage) fn sync_folder(folder: &Path) -> io::Result<()> {
    let _ = folder;
    Ok(())
}

/// True if there is a file: one that is open can neither be moved nor replaced.
pub(in crate::storage) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let _ = file;
    path.try_exists()
}

/// True: the folder of a file that is open cannot be moved.
pub(in crate::storage) fn is_same_disk(file: &File, folder: &Path) -> io::Result<bool> {
    let _ = (file, folder);
    Ok(true)
}

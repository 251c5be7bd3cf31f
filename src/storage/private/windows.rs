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

/// False: a file that is open cannot be removed.
pub(in crate::storage) fn is_gone(file: &File) -> io::Result<bool> {
    let _ = file;
    Ok(false)
}

//! A new folder of a world: it is made beside its place, and is whole when it gets there.

use std::io;
use std::path::{Path, PathBuf};

use super::base::{StoredBase, write_base};
use super::disk::Disk;

pub(super) const SETTINGS: &str = "settings";

/// Makes a folder with the settings beside its place, and returns its path.
pub(super) fn begin(disk: &dyn Disk, folder: &Path, settings: &[u8]) -> io::Result<PathBuf> {
    let beside = beside(folder, "new");
    if disk.list(&beside).is_ok() {
        disk.remove_folder(&beside)?;
    }
    disk.make_folder(&beside)?;
    disk.write(&beside.join(SETTINGS), settings)?;
    Ok(beside)
}

/// Adds the base to that folder and moves it to its place. Returns the length of the base.
pub(super) fn place(
    disk: &dyn Disk,
    folder: &Path,
    generation: u64,
    base: &StoredBase,
) -> io::Result<u64> {
    let beside = beside(folder, "new");
    let bytes = write_base(disk, &beside, generation, base)?;
    disk.rename(&beside, folder)?;
    disk.sync_folder(folder.parent().unwrap_or(folder))?;
    Ok(bytes)
}

/// A folder on its way to be there, or to be gone. No world can have such a name.
pub(super) fn beside(folder: &Path, state: &str) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(format!("~{state}"));
    name.into()
}

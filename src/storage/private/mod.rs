//! Files and folders of their owner alone: each operating system has a file with the same functions.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{is_at, is_same_disk, make_folder, options, sync_folder};
#[cfg(windows)]
pub(super) use windows::{is_at, is_same_disk, make_folder, options, sync_folder};

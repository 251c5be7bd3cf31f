//! The storage of worlds in a directory: what was accepted, as bytes in files that survive the process.
//!
//! | path | contents |
//! |---|---|
//! | `version` | the number of the format |
//! | `lock` | held by the process that uses the directory, with its id |
//! | `worlds/NAME/settings` | the settings of a world |
//! | `worlds/NAME/base-N` | a world at an instant |
//! | `worlds/NAME/log-N` | the commands since, each in a frame |
//!
//! A plain file is enough, since it is only appended to and read once. It has the least delay and the least to compile of
//! the stores that were measured, and loses nothing to `kill -9`. Other code of the crate gives the bytes their meaning.

mod base;
mod directory;
mod disk;
mod error;
mod frame;
mod lock;
mod log;
mod new_folder;
mod private;
mod world_folder;

#[cfg(test)]
mod tests;

pub use base::{StoredBase, TakesBack};
pub use directory::{DataDirectory, OpenMode};
pub use disk::{Disk, DiskFile, RealDisk};
pub use error::{NotStored, StorageError};
pub use frame::{Damage, LogRecord, TornTail};
pub use log::{LogStats, Reservation, WorldLog};
pub use world_folder::StoredWorld;

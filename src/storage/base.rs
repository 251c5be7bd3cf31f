//! The bases of a world: states from which its log goes on.

use std::io;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::frame::encode;
use crate::sim::Millis;

/// Tells the last command that stays, of a command that takes back those between that and itself; `None` for any other.
pub type TakesBack = fn(payload: &[u8]) -> Option<u64>;

/// The bases of a world that are there, and the commands since that have taken back others.
#[derive(Clone, Debug, Default)]
pub(super) struct Bases {
    /// Each with its generation and the number of its last command, oldest first.
    bases: Vec<(u64, u64)>,
    /// The numbers of such commands, each with that of the last command that stays.
    taken_back: Vec<(u64, u64)>,
}

impl Bases {
    pub(super) fn add(&mut self, generation: u64, number: u64) {
        self.bases.push((generation, number));
    }

    pub(super) fn take_back(&mut self, number: u64, last_kept: u64) {
        self.taken_back.push((number, last_kept));
    }

    /// True if a world can go on from a base: nothing in it has been taken back since.
    pub(super) fn is_sound(&self, base: u64) -> bool {
        let mut later = self.taken_back.iter().filter(|(number, _)| *number > base);
        later.all(|(_, last_kept)| *last_kept >= base)
    }

    /// Forgets the bases that only what lies before command `earliest` needs. Returns the oldest generation that is needed.
    pub(super) fn forget(&mut self, earliest: u64) -> u64 {
        let oldest = self
            .bases
            .iter()
            .rposition(|(_, number)| *number <= earliest && self.is_sound(*number));
        self.bases.drain(..oldest.unwrap_or(0));
        let (generation, first) = self.bases.first().copied().unwrap_or_default();
        self.taken_back.retain(|(number, _)| *number > first);
        generation
    }
}

/// A state of a world from which its log goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBase {
    /// The number of the last command that is in it.
    pub number: u64,
    pub instant: Millis,
    pub image: Vec<u8>,
}

/// Writes a base beside its place and moves it there. Returns its length.
pub(super) fn write_base(
    disk: &dyn Disk,
    folder: &Path,
    generation: u64,
    base: &StoredBase,
) -> io::Result<u64> {
    let path = base_path(folder, generation);
    let beside = path.with_extension("part");
    let mut frame = Vec::new();
    encode(base.number, base.instant, &base.image, &mut frame);
    let written = disk.write(&beside, &frame);
    let placed = written.and_then(|()| disk.rename(&beside, &path));
    if placed.is_err() {
        // A full disk needs the room; the first error is the one to tell.
        let _ = disk.remove_file(&beside);
    }
    placed?;
    disk.sync_folder(folder)?;
    Ok(frame.len() as u64)
}

/// Removes the bases and logs before a generation.
pub(super) fn remove_before(disk: &dyn Disk, folder: &Path, generation: u64) -> io::Result<()> {
    let names = disk.list(folder)?;
    // Bases first: a log without its base is not missed, and the other way round it is.
    for prefix in [BASE, LOG] {
        for name in &names {
            // Of a base that a crash has cut short, too.
            let whole = name.strip_suffix(".part").unwrap_or(name);
            if number_of(whole, prefix).is_some_and(|number| number < generation) {
                disk.remove_file(&folder.join(name))?;
            }
        }
    }
    Ok(())
}

/// The beginnings of the names of files.
pub(super) const BASE: &str = "base-";
pub(super) const LOG: &str = "log-";

/// The number in the name of a base or a log.
pub(super) fn number_of(name: &str, prefix: &str) -> Option<u64> {
    name.strip_prefix(prefix)?.parse().ok()
}

pub(super) fn base_path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("{BASE}{generation}"))
}

pub(super) fn log_path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("{LOG}{generation}"))
}

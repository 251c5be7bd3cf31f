//! The folder of a world: its settings, its base and its log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::base::{BASE, Bases, LOG, StoredBase, TakesBack, base_path, log_path, number_of};
use super::disk::Disk;
use super::error::StorageError;
use super::frame::{Damage, LogRecord, TornTail, read_all, read_one};
use super::log::{FoundLog, WorldLog};
use super::new_folder::{SETTINGS, begin, beside, place};

/// A world as it was found on disk.
#[derive(Debug)]
pub struct StoredWorld {
    pub settings: Vec<u8>,
    pub base: StoredBase,
    /// The commands since, up to the first one that cannot be read.
    pub records: Vec<LogRecord>,
    /// The last record, if only a part of it was written.
    pub torn: Option<(PathBuf, TornTail)>,
    /// The first record that cannot be read, although more was written after it.
    pub damage: Option<(PathBuf, Damage)>,
    pub log: Arc<WorldLog>,
}

/// Makes the folder of a world, whole or not at all.
pub(super) fn create(
    disk: &Arc<dyn Disk>,
    folder: &Path,
    takes_back: TakesBack,
    settings: &[u8],
    base: &StoredBase,
) -> Result<Arc<WorldLog>, StorageError> {
    let make = || {
        let beside = begin(&**disk, folder, settings)?;
        disk.write(&log_path(&beside, 1), &[])?;
        place(&**disk, folder, 1, base)
    };
    let base_bytes = make().map_err(StorageError::at(folder))?;
    let mut bases = Bases::default();
    bases.add(1, base.number);
    let found = FoundLog {
        generation: 1,
        bases,
        last_number: base.number,
        base_bytes,
        ..FoundLog::default()
    };
    Ok(Arc::new(WorldLog::new(
        Arc::clone(disk),
        folder.to_owned(),
        takes_back,
        found,
    )))
}

/// Removes the folder of a world, at once or not at all.
pub(super) fn remove(disk: &dyn Disk, folder: &Path) -> Result<(), StorageError> {
    let beside = beside(folder, "gone");
    let make = || {
        if disk.list(&beside).is_ok() {
            disk.remove_folder(&beside)?;
        }
        disk.rename(folder, &beside)?;
        disk.sync_folder(folder.parent().unwrap_or(folder))?;
        disk.remove_folder(&beside)
    };
    make().map_err(StorageError::at(folder))
}

/// True for the folders that a crash has left on their way.
pub(super) fn is_on_the_way(name: &str) -> bool {
    name.contains('~')
}

/// Reads a world: its newest base, and the commands since. After a rewind to before that base it is an older one.
pub(super) fn read(
    disk: &Arc<dyn Disk>,
    world: &str,
    folder: &Path,
    takes_back: TakesBack,
) -> Result<StoredWorld, StorageError> {
    let names = disk.list(folder).map_err(StorageError::at(folder))?;
    let bases = names.iter().filter_map(|name| number_of(name, BASE));
    let mut bases: Vec<u64> = bases.collect();
    bases.sort_unstable();
    let incomplete = |what: &str| StorageError::Incomplete {
        world: world.to_owned(),
        what: what.to_owned(),
    };
    let mut last = Err(incomplete("it has no base"));
    for base in bases.into_iter().rev() {
        let (read, is_sound) = read_from(disk, world, folder, takes_back, &names, base)?;
        if is_sound {
            return Ok(read);
        }
        last = Err(incomplete("it was set back to before its base"));
    }
    last
}

/// Reads a world from a base, and says whether it can go on from there.
fn read_from(
    disk: &Arc<dyn Disk>,
    world: &str,
    folder: &Path,
    takes_back: TakesBack,
    names: &[String],
    newest: u64,
) -> Result<(StoredWorld, bool), StorageError> {
    let incomplete = |what: String| StorageError::Incomplete {
        world: world.to_owned(),
        what,
    };
    let path = base_path(folder, newest);
    let bytes = disk.read(&path).map_err(StorageError::at(&path))?;
    let Some(base) = read_one(&bytes) else {
        let what = format!("{} cannot be read", path.display());
        return Err(incomplete(what));
    };
    let settings = folder.join(SETTINGS);
    let settings = disk.read(&settings).map_err(StorageError::at(&settings))?;
    let logs = names.iter().filter_map(|name| number_of(name, LOG));
    let last = logs.max().unwrap_or(newest).max(newest);

    let mut found = FoundLog {
        generation: last,
        last_number: base.number,
        base_bytes: bytes.len() as u64,
        ..FoundLog::default()
    };
    let (mut records, mut torn, mut damage) = (Vec::new(), None, None);
    for generation in newest..=last {
        let path = log_path(folder, generation);
        let missing = || incomplete(format!("{} is missing", path.display()));
        let bytes = disk.read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => missing(),
            _ => StorageError::at(&path)(error),
        })?;
        let log = read_all(&bytes);
        if let Some((path, tail)) = torn.take_if(|_| !log.records.is_empty()) {
            // The next log was begun only when this one was complete.
            damage = Some(torn_inside(path, tail, &records));
        }
        if damage.is_some() {
            break;
        }
        found.earlier_bytes += found.end;
        found.end = log.end;
        records.extend(log.records);
        damage = log.damage.map(|damage| (path.clone(), damage));
        if let Some(tail) = log.torn {
            found.cuts.push((path.clone(), log.end));
            torn = Some((path, tail));
        }
        if damage.is_some() {
            break;
        }
    }
    found.last_number = records.last().map_or(base.number, |record| record.number);
    found.bases.add(newest, base.number);
    for record in &records {
        if let Some(last_kept) = takes_back(&record.payload) {
            found.bases.take_back(record.number, last_kept);
        }
    }
    let is_sound = found.bases.is_sound(base.number);
    let log = WorldLog::new(Arc::clone(disk), folder.to_owned(), takes_back, found);
    let stored = StoredWorld {
        settings,
        base: StoredBase {
            number: base.number,
            instant: base.instant,
            image: base.payload,
        },
        records,
        torn,
        damage,
        log: Arc::new(log),
    };
    Ok((stored, is_sound))
}

fn torn_inside(path: PathBuf, tail: TornTail, records: &[LogRecord]) -> (PathBuf, Damage) {
    let damage = Damage {
        at: tail.at,
        last_good: records.last().map(|record| record.number),
        next_good: None,
    };
    (path, damage)
}

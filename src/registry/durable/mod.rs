//! The worlds of a process on disk: each goes on after a restart where it was.

mod kept;
mod settings;
mod sink;

use std::path::Path;
use std::sync::Arc;

use super::history::command::Command;
use super::history::log::LoggedCommand;
use super::history::{ReplayRouter, RestoreError, RestoredBase};
use super::world::World;
use crate::http::durability::Durability;
use crate::sim::Millis;
use crate::sim::clock::system_now;
use crate::storage::{
    DataDirectory, NotStored, OpenMode, RealDisk, StorageError, StoredBase, StoredWorld, WorldLog,
};
use crate::world::settings::Settings;
use kept::KeptWorlds;
use settings::StoredSettings;
use sink::DiskSink;

/// The place of the instant on the machine's clock in front of an image.
const REAL: usize = 8;

/// The worlds of a process in its data directory.
#[derive(Debug)]
pub struct DurableWorlds {
    kept: Arc<KeptWorlds>,
    /// True if answers wait for the disk.
    sync: bool,
}

/// The reason that a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DurableError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The settings or fixtures of a world cannot be read.
    #[error("the world {world} cannot be restored: its settings cannot be read: {reason}")]
    Settings { world: String, reason: String },
    #[error("the world {world} cannot be restored: {cause}")]
    World { world: String, cause: RestoreError },
    #[error(transparent)]
    NotStored(#[from] NotStored),
    /// It has no world of that name.
    #[error("there is no world {name} in the data directory; it has {known}")]
    Unknown { name: String, known: String },
}

/// A world as it came back.
pub struct RestoredWorld {
    pub world: World,
    /// A line on a record that was cut off, if there was one.
    pub note: Option<String>,
}

impl DurableWorlds {
    /// Opens a data directory, and locks it.
    pub fn open(path: &Path, mode: OpenMode, sync: bool) -> Result<Self, DurableError> {
        let directory = DataDirectory::open(Arc::new(RealDisk), path, mode, Command::last_kept)?;
        Ok(Self {
            kept: Arc::new(KeptWorlds::new(directory)),
            sync,
        })
    }

    fn directory(&self) -> &DataDirectory {
        &self.kept.directory
    }

    pub fn path(&self) -> &Path {
        self.directory().path()
    }

    /// The names of the worlds, sorted.
    pub fn names(&self) -> Result<Vec<String>, DurableError> {
        Ok(self.directory().worlds()?)
    }

    /// Keeps a world on disk from now on. It is not open to callers yet.
    pub fn keep(&self, name: &str, world: &World) -> Result<(), DurableError> {
        if !self.directory().is_in_place() {
            self.kept.begin_again()?;
        }
        let settings = StoredSettings::of(world);
        let base = world.stored_base(|| ()).0;
        let log = self.directory().create_world(name, &settings, &base)?;
        self.connect(name, world, log);
        Ok(())
    }

    /// Restores a world. Settings of the process are those given.
    pub fn restore(
        &self,
        name: &str,
        process: &Settings,
        router: ReplayRouter,
    ) -> Result<RestoredWorld, DurableError> {
        let stored = self.directory().read_world(name)?;
        if let Some((file, damage)) = stored.damage {
            return Err(StorageError::Damaged { file, damage }.into());
        }
        let note = stored.torn.as_ref().map(|(file, torn)| {
            format!(
                "the last record of {} is torn at byte {}; it was never acknowledged, and its {} bytes are cut off",
                file.display(),
                torn.at,
                torn.length
            )
        });
        let log = Arc::clone(&stored.log);
        if stored.torn.is_some() {
            // Cuts it off. Where that fails, so does the first command.
            drop(log.reserve(0));
        }
        let world = replayed(name, stored, process, router)?;
        self.connect(name, &world, log);
        Ok(RestoredWorld { world, note })
    }

    /// Has the commands of a world go to its log.
    fn connect(&self, name: &str, world: &World, log: Arc<WorldLog>) {
        self.kept.add(name, world, &log);
        let sink = DiskSink::new(world, Arc::clone(&log));
        world.0.engine.history.store_in(Arc::new(sink));
        let kept = Arc::downgrade(&self.kept);
        let begin_again = move || match kept.upgrade() {
            Some(kept) => Ok(kept.begin_again()?),
            None => Ok(()),
        };
        let durability = Durability::new(log, self.sync, Arc::new(begin_again));
        world.recorder().keep_on_disk(durability);
    }

    /// Forgets a world, which has been closed.
    pub fn forget(&self, name: &str) -> Result<(), DurableError> {
        self.kept.remove(name);
        Ok(self.directory().remove_world(name)?)
    }

    /// The lines on each world, and whether all can be restored as they are.
    pub fn check(&self) -> Result<(Vec<String>, bool), DurableError> {
        let (mut lines, mut is_whole) = (Vec::new(), true);
        for name in self.names()? {
            let line = match self.directory().read_world(&name) {
                Err(error) => {
                    is_whole = false;
                    error.to_string()
                }
                Ok(stored) => {
                    let n_commands = stored.records.len();
                    let behind = stored.base.number;
                    match (stored.damage, stored.torn) {
                        (Some((file, damage)), _) => {
                            is_whole = false;
                            format!(
                                "{} is damaged: {damage}; {n_commands} commands can be saved",
                                file.display()
                            )
                        }
                        (None, Some((_, torn))) => format!(
                            "whole: a base of {behind} commands and {n_commands} more; a torn record of {} bytes at the end, never acknowledged",
                            torn.length
                        ),
                        (None, None) => {
                            format!("whole: a base of {behind} commands and {n_commands} more")
                        }
                    }
                }
            };
            lines.push(format!("{name}: {line}"));
        }
        Ok((lines, is_whole))
    }

    /// A world as far as it can be saved, beside those of any process.
    pub fn saved(
        &self,
        name: &str,
        process: &Settings,
        router: ReplayRouter,
    ) -> Result<World, DurableError> {
        let names = self.names()?;
        if !names.iter().any(|known| known == name) {
            return Err(DurableError::Unknown {
                name: name.to_owned(),
                known: names.join(", "),
            });
        }
        let stored = self.directory().read_world(name)?;
        replayed(name, stored, process, router)
    }
}

fn replayed(
    name: &str,
    stored: StoredWorld,
    process: &Settings,
    router: ReplayRouter,
) -> Result<World, DurableError> {
    let unreadable = |reason: String| DurableError::Settings {
        world: name.to_owned(),
        reason,
    };
    let settings: Result<StoredSettings, _> = serde_json::from_slice(&stored.settings);
    let settings = settings.map_err(|error| unreadable(error.to_string()))?;
    let (settings, fixtures) = settings.over(process);
    let Some((real, image)) = stored.base.image.split_first_chunk::<REAL>() else {
        return Err(unreadable("the base is empty".to_owned()));
    };
    let base = RestoredBase {
        number: stored.base.number,
        at: stored.base.instant,
        real: Millis::from_le_bytes(*real),
        image,
    };
    let commands = stored.records.into_iter().map(|record| LoggedCommand {
        number: record.number,
        at: record.instant,
        bytes: record.payload.into(),
    });
    let world = World::restore(settings, fixtures, &base, commands.collect(), router);
    world.map_err(|cause| DurableError::World {
        world: name.to_owned(),
        cause,
    })
}

impl DurableError {
    /// True if something in the directory cannot be read.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Storage(StorageError::Damaged { .. } | StorageError::Incomplete { .. })
                | Self::Settings { .. }
                | Self::World { .. }
        )
    }
}

impl World {
    /// True if it is kept on disk.
    pub fn is_kept(&self) -> bool {
        self.recorder().durability().is_some()
    }

    /// The world as it is stored, and what `note` returns, which is called under its lock.
    fn stored_base<R>(&self, note: impl FnOnce() -> R) -> (StoredBase, R) {
        let (image, (number, instant, noted)) = self.image_with(|now| {
            // Before the log goes on elsewhere: a fault may be used meanwhile, whose counts come again.
            let number = self.0.engine.history.last();
            (number, now, note())
        });
        let mut bytes = system_now().to_le_bytes().to_vec();
        bytes.extend_from_slice(&image);
        let base = StoredBase {
            number,
            instant,
            image: bytes,
        };
        (base, noted)
    }
}

//! The worlds of a process on disk: each goes on after a restart where it was.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

use serde::{Deserialize, Serialize};

use super::history::log::LoggedCommand;
use super::history::{CommandSink, ReplayRouter, RestoreError, RestoredBase};
use super::state::State;
use super::world::{World, WorldInner};
use crate::http::durability::Durability;
use crate::sim::Millis;
use crate::sim::clock::{Stopwatch, system_now};
use crate::storage::{
    DataDirectory, NotStored, OpenMode, RealDisk, StorageError, StoredBase, StoredWorld, WorldLog,
};
use crate::world::settings::{
    Auth, Fidelity, PipelinesList, Progress, References, Settings, ZadigGeneration,
};

/// The bytes of commands after which a small world is compacted. A larger one is when its log has half of its size.
const LEAST_LOG: u64 = 8 << 20;

/// The bytes of commands after which any world is compacted, so that a start takes little time.
const MOST_LOG: u64 = 16 << 20;

/// The bytes of commands after which a compaction that has failed is tried again.
const PAUSE: u64 = 1 << 20;

/// The place of the instant on the machine's clock in front of an image.
const REAL: usize = 8;

/// The worlds of a process in its data directory.
#[derive(Debug)]
pub struct DurableWorlds {
    directory: DataDirectory,
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

/// The options of a world as they are stored. Those of the process are not.
#[derive(Serialize, Deserialize)]
struct StoredSettings {
    auth: Auth,
    fidelity: Fidelity,
    references: References,
    pipelines_list: PipelinesList,
    zadig: Option<ZadigGeneration>,
    progress: Progress,
    step: Millis,
    pace: f64,
    freeze: Option<Millis>,
    seed: u64,
    journal_bytes: usize,
    /// The state that a reset restores, in the fixture format.
    fixtures: State,
}

impl StoredSettings {
    fn new(settings: &Settings, fixtures: &State) -> Self {
        Self {
            auth: settings.auth,
            fidelity: settings.fidelity,
            references: settings.references,
            pipelines_list: settings.pipelines_list,
            zadig: settings.zadig,
            progress: settings.progress,
            step: settings.step,
            pace: settings.pace,
            freeze: settings.freeze,
            seed: settings.seed,
            journal_bytes: settings.journal_bytes,
            fixtures: fixtures.clone(),
        }
    }

    fn over(self, process: &Settings) -> (Settings, State) {
        let settings = Settings {
            auth: self.auth,
            fidelity: self.fidelity,
            references: self.references,
            pipelines_list: self.pipelines_list,
            zadig: self.zadig,
            progress: self.progress,
            step: self.step,
            pace: self.pace,
            freeze: self.freeze,
            seed: self.seed,
            journal_bytes: self.journal_bytes,
            is_durable: true,
            ..process.clone()
        };
        (settings, self.fixtures)
    }
}

impl DurableWorlds {
    /// Opens a data directory, and locks it.
    pub fn open(path: &Path, mode: OpenMode, sync: bool) -> Result<Self, DurableError> {
        let directory = DataDirectory::open(Arc::new(RealDisk), path, mode)?;
        Ok(Self { directory, sync })
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The names of the worlds, sorted.
    pub fn names(&self) -> Result<Vec<String>, DurableError> {
        Ok(self.directory.worlds()?)
    }

    /// Keeps a world on disk from now on. It is not open to callers yet.
    ///
    /// # Panics
    /// Never: the keys of its settings are strings.
    pub fn keep(&self, name: &str, world: &World) -> Result<(), DurableError> {
        let settings = StoredSettings::new(world.settings(), world.fixtures());
        let settings = serde_json::to_vec(&settings).expect("the keys are strings");
        let base = world.stored_base(|| ()).0;
        let log = self.directory.create_world(name, &settings, &base)?;
        self.connect(world, log);
        Ok(())
    }

    /// Restores a world. Settings of the process are those given.
    pub fn restore(
        &self,
        name: &str,
        process: &Settings,
        router: ReplayRouter,
    ) -> Result<RestoredWorld, DurableError> {
        let stored = self.directory.read_world(name)?;
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
        self.connect(&world, log);
        Ok(RestoredWorld { world, note })
    }

    /// Has the commands of a world go to its log.
    fn connect(&self, world: &World, log: Arc<WorldLog>) {
        let sink = DiskSinkInner {
            log: Arc::clone(&log),
            world: Arc::downgrade(&world.0),
            compacts_at: AtomicU64::new(0),
        };
        sink.plan(0);
        let sink = DiskSink(Arc::new(sink));
        world.0.engine.history.store_in(Arc::new(sink));
        world
            .recorder()
            .keep_on_disk(Durability::new(log, self.sync));
    }

    /// Forgets a world, which has been closed.
    pub fn forget(&self, name: &str) -> Result<(), DurableError> {
        Ok(self.directory.remove_world(name)?)
    }

    /// The lines on each world, and whether all can be restored as they are.
    pub fn check(&self) -> Result<(Vec<String>, bool), DurableError> {
        let (mut lines, mut is_whole) = (Vec::new(), true);
        for name in self.names()? {
            let line = match self.directory.read_world(&name) {
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
        let stored = self.directory.read_world(name)?;
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

    /// Replaces the base on disk and what has been logged since by one base.
    fn compact(&self, log: &WorldLog) -> Result<(), NotStored> {
        log.prepare_switch()?;
        let (base, has_switched) = self.stored_base(|| log.switch());
        if !has_switched {
            return Ok(());
        }
        let earliest = self.earliest().map_or(base.number, |place| place.command);
        log.write_base(&base, earliest)
    }
}

/// The way of a world's commands to its log, which is compacted as it grows.
struct DiskSink(Arc<DiskSinkInner>);

struct DiskSinkInner {
    log: Arc<WorldLog>,
    world: Weak<WorldInner>,
    /// The size of the log at which it is compacted next.
    compacts_at: AtomicU64,
}

/// In the place of that size while a compaction is under way.
const UNDER_WAY: u64 = u64::MAX;

impl DiskSinkInner {
    /// Plans the next compaction, at that size or later.
    fn plan(&self, earliest: u64) {
        let base_bytes = self.log.stats().base_bytes;
        let at = (base_bytes / 2).clamp(LEAST_LOG, MOST_LOG);
        self.compacts_at.store(at.max(earliest), Ordering::Release);
    }

    fn compact(&self) {
        let Some(world) = self.world.upgrade() else {
            return;
        };
        let stopwatch = Stopwatch::start();
        let before = self.log.stats().log_bytes;
        match World(world).compact(&self.log) {
            Ok(()) => {
                self.log.note_compaction(stopwatch.elapsed());
                tracing::debug!(log_bytes = before, "compacted the log of a world");
                self.plan(0);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot compact the log of a world; it goes on as it is");
                self.plan(self.log.stats().log_bytes + PAUSE);
            }
        }
    }
}

impl CommandSink for DiskSink {
    fn append(&self, number: u64, at: Millis, command: &[u8]) {
        let sink = &self.0;
        let log_bytes = sink.log.append(number, at, command);
        if log_bytes < sink.compacts_at.load(Ordering::Acquire) {
            return;
        }
        if sink.compacts_at.swap(UNDER_WAY, Ordering::AcqRel) == UNDER_WAY {
            return;
        }
        let own = Arc::clone(sink);
        let spawned = thread::Builder::new()
            .name("compaction".to_owned())
            .spawn(move || own.compact());
        if spawned.is_err() {
            sink.plan(log_bytes + PAUSE);
        }
    }
}

//! The worlds that are kept in a directory, which are written anew if that is lost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::settings::StoredSettings;
use crate::registry::world::{World, WorldInner};
use crate::storage::{DataDirectory, NotStored, WorldLog};

#[derive(Debug)]
pub(super) struct KeptWorlds {
    pub(super) directory: DataDirectory,
    /// By name. Held while they are written anew.
    worlds: Mutex<BTreeMap<String, KeptWorld>>,
}

struct KeptWorld {
    world: Weak<WorldInner>,
    log: Arc<WorldLog>,
}

impl std::fmt::Debug for KeptWorld {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("KeptWorld");
        shown.field("log", &self.log).finish_non_exhaustive()
    }
}

impl KeptWorlds {
    pub(super) fn new(directory: DataDirectory) -> Self {
        Self {
            directory,
            worlds: Mutex::default(),
        }
    }

    pub(super) fn add(&self, name: &str, world: &World, log: &Arc<WorldLog>) {
        let kept = KeptWorld {
            world: Arc::downgrade(&world.0),
            log: Arc::clone(log),
        };
        self.worlds().insert(name.to_owned(), kept);
    }

    pub(super) fn remove(&self, name: &str) {
        self.worlds().remove(name);
    }

    /// Writes all worlds anew into an empty directory in the place of the one that is lost. All of them, since a start finds
    /// only those that are there.
    pub(super) fn begin_again(&self) -> Result<(), NotStored> {
        let worlds = self.worlds();
        self.directory.begin_again()?;
        for (name, kept) in &*worlds {
            let Some(world) = kept.world.upgrade().filter(|_| kept.log.is_lost()) else {
                continue;
            };
            World(world).store_again(&kept.log)?;
            tracing::warn!(
                world = &**name,
                "the data directory was lost; wrote the world into the new one"
            );
        }
        Ok(())
    }

    fn worlds(&self) -> MutexGuard<'_, BTreeMap<String, KeptWorld>> {
        self.worlds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// Stores the world as it is in a new folder, whose log goes on from there.
    fn store_again(&self, log: &WorldLog) -> Result<(), NotStored> {
        log.prepare_folder(&StoredSettings::of(self))?;
        let (base, has_switched) = self.stored_base(|| log.switch());
        if has_switched {
            log.place_folder(&base)?;
        }
        // Else a compaction was faster, and has failed. The next command begins again.
        Ok(())
    }
}

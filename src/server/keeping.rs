//! The worlds of a process that are kept on disk: restored at the start, kept as they are opened, forgotten as they are
//! closed.

use std::path::Path;

use crate::registry::World;
use crate::registry::durable::{DurableError, DurableWorlds, RestoredWorld};
use crate::registry::history::ReplayRouter;
use crate::storage::OpenMode;
use crate::world::settings::Settings;

/// The worlds on disk, and those that wait to be opened.
pub struct Keeping {
    pub worlds: DurableWorlds,
    /// Further worlds that came back, by name.
    pub restored: Vec<(String, World)>,
}

/// A data directory at the start.
pub struct Started {
    pub keeping: Keeping,
    /// The first world, if the directory has one.
    pub first: Option<World>,
    /// Lines for the user.
    pub notes: Vec<String>,
}

impl Keeping {
    /// Opens a data directory and restores its worlds, the first by its name.
    pub fn start(
        directory: &Path,
        first_name: &str,
        reset: bool,
        sync: bool,
        settings: &Settings,
        router: ReplayRouter,
    ) -> Result<Started, DurableError> {
        let mode = if reset {
            OpenMode::Reset
        } else {
            OpenMode::Use
        };
        let worlds = DurableWorlds::open(directory, mode, sync)?;
        let (mut first, mut restored, mut notes) = (None, Vec::new(), Vec::new());
        for name in worlds.names()? {
            let RestoredWorld { world, note } = worlds.restore(&name, settings, router)?;
            notes.extend(note);
            if name == first_name {
                first = Some(world);
            } else {
                restored.push((name, world));
            }
        }
        let keeping = Self { worlds, restored };
        Ok(Started {
            keeping,
            first,
            notes,
        })
    }
}

impl Started {
    /// The first world. A new directory begins with the one of the fixtures.
    pub fn first_or<E>(
        self,
        first_name: &str,
        fixtures: impl FnOnce() -> Result<World, E>,
        unusable: impl FnOnce(DurableError) -> E,
    ) -> Result<(World, Keeping), E> {
        let Self { keeping, first, .. } = self;
        if let Some(world) = first {
            return Ok((world, keeping));
        }
        let world = fixtures()?;
        keeping.worlds.keep(first_name, &world).map_err(unusable)?;
        Ok((world, keeping))
    }
}

//! The change from one log to the next: for a compaction, and in the place of a folder that is lost.

use super::open::{NextLog, OpenLog};
use super::{ROOM, WorldLog};
use crate::storage::base::{Bases, StoredBase, base_path, log_path, remove_before, write_base};
use crate::storage::error::NotStored;
use crate::storage::new_folder;

impl WorldLog {
    /// Makes a new log ready, so that [`Self::switch`] takes no time.
    pub fn prepare_switch(&self) -> Result<(), NotStored> {
        let generation = {
            let mut state = self.state();
            let prepared = self.prepare(&mut state);
            prepared.map_err(|error| self.not_stored(&state, &error))?;
            state.generation + 1
        };
        let path = log_path(&self.folder, generation);
        let made = OpenLog::open(&*self.disk, &path, 0).and_then(|mut open| {
            open.extend(ROOM)?;
            self.disk.sync_folder(&self.folder)?;
            Ok(open)
        });
        let open = made.map_err(|error| NotStored::new(&path, &error))?;
        self.state().next = Some(NextLog {
            open,
            is_first: false,
        });
        Ok(())
    }

    /// True if the files are no longer where they were.
    pub fn is_lost(&self) -> bool {
        let state = self.state();
        let path = log_path(&self.folder, state.generation);
        match &state.file {
            Some(open) => !open.file.is_at(&path).unwrap_or(false),
            None => self.disk.list(&self.folder).is_err(),
        }
    }

    /// Makes a new folder ready in the place of one that is lost, so that [`Self::switch`] takes no time. It is in its place
    /// with [`Self::place_folder`].
    pub fn prepare_folder(&self, settings: &[u8]) -> Result<(), NotStored> {
        let generation = self.state().generation + 1;
        let mut path = log_path(&self.folder, generation);
        let made = new_folder::begin(&*self.disk, &self.folder, settings).and_then(|beside| {
            path = log_path(&beside, generation);
            let mut open = OpenLog::open(&*self.disk, &path, 0)?;
            open.extend(ROOM)?;
            Ok(open)
        });
        let open = made.map_err(|error| NotStored::new(&path, &error))?;
        self.state().next = Some(NextLog {
            open,
            is_first: true,
        });
        Ok(())
    }

    /// Puts the folder in its place, with the base that the present log continues.
    pub fn place_folder(&self, base: &StoredBase) -> Result<(), NotStored> {
        let generation = self.state().generation;
        let placed = new_folder::place(&*self.disk, &self.folder, generation, base);
        let base_bytes = placed.map_err(|error| NotStored::new(&self.folder, &error))?;
        let mut state = self.state();
        state.base_bytes = base_bytes;
        state.bases = Bases::default();
        state.bases.add(generation, base.number);
        Ok(())
    }

    /// Lets the commands from here on go to a new log. Called under the lock of the world, together with the copy from which
    /// the base is made. False if none is ready.
    pub fn switch(&self) -> bool {
        let mut state = self.state();
        let state = &mut *state;
        let is_first = state.next.as_ref().is_some_and(|next| next.is_first);
        if !is_first && self.write_rest(state).is_err() {
            return false;
        }
        let Some(next) = state.next.take() else {
            return false;
        };
        state.generation += 1;
        state.earlier_bytes += state.end;
        state.end = 0;
        if let Some(old) = state.file.replace(next.open) {
            state.unsynced.push(old.file);
        }
        if is_first {
            // The base has it all.
            state.unwritten.clear();
            state.unsynced.clear();
            state.cuts.clear();
            state.earlier_bytes = 0;
        }
        true
    }

    /// Writes the base that the present log continues, and removes those that only what lies before command `earliest`
    /// needs. A crash at any step leaves the old base with all logs, or the new one.
    pub fn write_base(&self, base: &StoredBase, earliest: u64) -> Result<(), NotStored> {
        let generation = self.state().generation;
        let path = base_path(&self.folder, generation);
        let written = write_base(&*self.disk, &self.folder, generation, base);
        let base_bytes = written.map_err(|error| NotStored::new(&path, &error))?;
        let first = {
            let mut state = self.state();
            state.base_bytes = base_bytes;
            state.earlier_bytes = 0;
            state.unsynced.clear();
            state.bases.add(generation, base.number);
            state.bases.forget(earliest)
        };
        // A file that cannot be removed is only in the way, and tried again after the next base.
        let _ = remove_before(&*self.disk, &self.folder, first);
        Ok(())
    }
}

//! Places in the history that have a name. They are commands of the history, and live as long as it does.

use super::command::Command;
use super::past::{NamedPlace, Past, Place};
use crate::registry::world::World;

/// The reason that a place gets no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNamed {
    /// Another place has the name.
    Taken,
    /// The world keeps no history.
    NoHistory,
}

impl World {
    /// The places with names, oldest first.
    pub fn snapshots(&self) -> Vec<NamedPlace> {
        self.0.engine.history.named()
    }

    /// Gives the present place a name.
    pub fn add_snapshot(&self, name: &str) -> Result<NamedPlace, NotNamed> {
        let history = &self.0.engine.history;
        self.write(|database, now| {
            if history.earliest().is_none() {
                return Err(NotNamed::NoHistory);
            }
            if self.snapshot_place(name).is_some() {
                return Err(NotNamed::Taken);
            }
            let command = Command::Snapshot(name.to_owned());
            history.append(database, now, &command.bytes());
            let command = history.last();
            Ok(NamedPlace {
                name: name.to_owned(),
                place: Place { command, at: now },
            })
        })
    }

    /// Takes a name away; returns false if no place has it.
    pub fn remove_snapshot(&self, name: &str) -> bool {
        let history = &self.0.engine.history;
        self.write(|database, now| {
            let is_known = self.snapshot_place(name).is_some();
            if is_known {
                let command = Command::RemoveSnapshot(name.to_owned());
                history.append(database, now, &command.bytes());
            }
            is_known
        })
    }

    /// The place of a name, if there is one.
    pub fn snapshot_place(&self, name: &str) -> Option<Past> {
        let mut snapshots = self.snapshots().into_iter();
        let named = snapshots.find(|named| named.name == name)?;
        Some(Past::Command(named.place.command))
    }
}

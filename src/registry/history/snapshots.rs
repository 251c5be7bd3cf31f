//! Places in the history that have a name. They are commands of the history, and live as long as it does.

use super::command::Command;
use super::log::LoggedCommand;
use super::past::{Past, Place};
use crate::registry::world::World;

/// A place in the history with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPlace {
    pub name: String,
    pub place: Place,
}

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
        let mut named: Vec<NamedPlace> = Vec::new();
        for logged in self.commands_since(0, usize::MAX) {
            match change(&logged) {
                Some(Command::Snapshot(name)) => named.push(NamedPlace {
                    name,
                    place: Place {
                        command: logged.number,
                        at: logged.at,
                    },
                }),
                Some(Command::RemoveSnapshot(name)) => named.retain(|other| other.name != name),
                _ => {}
            }
        }
        named
    }

    /// Gives the present place a name.
    pub fn add_snapshot(&self, name: &str) -> Result<NamedPlace, NotNamed> {
        let history = &self.0.engine.history;
        self.write(|database, now| {
            if history.earliest().is_none() {
                return Err(NotNamed::NoHistory);
            }
            if self.snapshots().iter().any(|named| named.name == name) {
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
            let is_known = self.snapshots().iter().any(|named| named.name == name);
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

/// The change of names that a command makes. Most make none, which their first bytes tell.
fn change(logged: &LoggedCommand) -> Option<Command<'_>> {
    let begins = |word: &[u8]| {
        logged
            .bytes
            .get(2..)
            .is_some_and(|rest| rest.starts_with(word))
    };
    (begins(b"snapshot\"") || begins(b"remove_snapshot\""))
        .then(|| Command::read(&logged.bytes).ok())
        .flatten()
        .map(|(command, _)| command)
}

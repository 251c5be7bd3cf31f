//! The faults of a world: checked against the operations of all families, then added or replaced. Every change is an event.

use super::database::Database;
use super::history::command::Command;
use super::operations::known_operations;
use super::rules::RuleError;
use super::world::World;
use crate::http::faults::check::check;
use crate::http::faults::injection::NotAdded;
use crate::http::faults::rules::{Fault, ListedFault};
use crate::http::json::ValidationError;
use crate::http::matching::known::PatternError;
use crate::http::observe::events::{RuleChange, WorldEvent};
use crate::sim::Millis;
use crate::sim::clock::system_now;

impl World {
    /// Adds a fault behind those of the same priority.
    pub fn add_fault(&self, fault: Fault) -> Result<ListedFault, RuleError> {
        let errors = check(&fault, known_operations());
        if !errors.is_empty() {
            return Err(RuleError::Invalid(errors));
        }
        self.write(|database, now| {
            let asked = fault.id.clone();
            let id = self.request_ids().uuid(|_| false);
            let added = self.recorder().faults.add(id, fault.clone());
            let listed = added.map_err(|error| match error {
                NotAdded::Taken => RuleError::Taken(asked.unwrap_or_default()),
                NotAdded::Limit(limit) => RuleError::Limit(limit),
            })?;
            self.tell_fault(RuleChange::added(&listed.id));
            self.keep(database, now, || {
                let id = Some(listed.id.clone());
                let is_timed = fault.ttl_ms.is_some();
                let fault = Box::new(Fault { id, ..fault });
                if is_timed {
                    let real = system_now();
                    Command::AddTimedFault { fault, real }
                } else {
                    Command::AddFault(fault)
                }
            });
            Ok(listed)
        })
    }

    /// Puts a fault in the place of the one with that id, which the fault may repeat.
    pub fn replace_fault(&self, id: &str, fault: Fault) -> Result<ListedFault, RuleError> {
        let mut errors = check(&fault, known_operations());
        if fault.id.as_ref().is_some_and(|own| own != id) {
            let error = ValidationError::new("id", "must be that of the path");
            errors.push(PatternError::plain(error));
        }
        if !errors.is_empty() {
            return Err(RuleError::Invalid(errors));
        }
        self.write(|database, now| {
            let replaced = self.recorder().faults.replace(id, fault);
            let replaced = replaced.map_err(RuleError::Limit)?;
            let listed = replaced.ok_or(RuleError::Unknown)?;
            self.note_replaced(database, now, &listed);
            Ok(listed)
        })
    }

    /// Turns a fault off or on; returns false if none has that id.
    pub fn set_fault_enabled(&self, id: &str, is_enabled: bool) -> bool {
        self.write(|database, now| {
            let faults = &self.recorder().faults;
            let replaced = faults.get(id).and_then(|mut listed| {
                listed.fault.enabled = Some(is_enabled);
                // One that is on is as large as one that is off.
                faults.replace(id, listed.fault).ok().flatten()
            });
            if let Some(listed) = &replaced {
                self.note_replaced(database, now, listed);
            }
            replaced.is_some()
        })
    }

    /// Removes a fault; returns false if none has that id.
    pub fn remove_fault(&self, id: &str) -> bool {
        self.write(|database, now| {
            let is_removed = self.recorder().faults.remove(id);
            if is_removed {
                self.tell_fault(RuleChange::removed(Some(id)));
                self.keep(database, now, || Command::RemoveFault(id.to_owned()));
            }
            is_removed
        })
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.write(|database, now| {
            self.recorder().faults.clear();
            self.tell_fault(RuleChange::removed(None));
            self.keep(database, now, || Command::ClearFaults);
        });
    }

    fn note_replaced(&self, database: &Database, now: Millis, listed: &ListedFault) {
        self.tell_fault(RuleChange::replaced(&listed.id));
        self.keep(database, now, || Command::ReplaceFault {
            id: listed.id.clone(),
            fault: Box::new(listed.fault.clone()),
            real: listed.fault.ttl_ms.map(|_| system_now()),
        });
    }

    fn tell_fault(&self, change: RuleChange) {
        self.recorder().events.add(WorldEvent::Fault(change));
    }

    /// Adds checked faults. One with the id of another takes its place.
    pub(super) fn load_faults(&self, faults: Vec<Fault>) {
        let recorder = self.recorder();
        for fault in faults {
            let own = fault.id.as_deref();
            let is_replaced = |id| {
                let replaced = recorder.faults.replace(id, fault.clone());
                replaced.is_ok_and(|listed| listed.is_some())
            };
            if !own.is_some_and(is_replaced) {
                let id = self.request_ids().uuid(|_| false);
                // The id is free, since none has it or it is new, and there is room, which was checked.
                let _ = recorder.faults.add(id, fault);
            }
        }
    }
}

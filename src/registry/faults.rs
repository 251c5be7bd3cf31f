//! The faults of a world: checked against the operations of all families, then added or replaced.

use super::operations::known_operations;
use super::rules::RuleError;
use super::world::World;
use crate::http::faults::check::check;
use crate::http::faults::rules::{Fault, ListedFault};
use crate::http::json::ValidationError;
use crate::http::matching::known::PatternError;

impl World {
    /// Adds a fault behind those of the same priority.
    pub fn add_fault(&self, fault: Fault) -> Result<ListedFault, RuleError> {
        let errors = check(&fault, known_operations());
        if !errors.is_empty() {
            return Err(RuleError::Invalid(errors));
        }
        let asked = fault.id.clone();
        let id = self.request_ids().uuid(|_| false);
        let added = self.recorder().faults.add(id, fault);
        added.map_err(|_| RuleError::Taken(asked.unwrap_or_default()))
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
        let replaced = self.recorder().faults.replace(id, fault);
        replaced.ok_or(RuleError::Unknown)
    }

    /// Adds checked faults. One with the id of another takes its place.
    pub(super) fn load_faults(&self, faults: Vec<Fault>) {
        let recorder = self.recorder();
        for fault in faults {
            let own = fault.id.as_deref();
            if own.is_none_or(|id| recorder.faults.replace(id, fault.clone()).is_none()) {
                let id = self.request_ids().uuid(|_| false);
                // The id is free: none has it, or it is new.
                let _ = recorder.faults.add(id, fault);
            }
        }
    }
}

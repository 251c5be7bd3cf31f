//! The room for the rules of a state beside those that are there.

use super::database::Database;
use super::world::World;
use crate::http::faults::rules::Fault;
use crate::http::json::ValidationError;
use crate::sim::rules::{MOST_RULES, RuleLimit};
use crate::sim::scripts::{ListedScript, Script};

impl World {
    /// Checks that there is room for the rules of a state beside those that are there.
    pub(super) fn check_room_for_rules(
        &self,
        database: &Database,
        scripts: &[Script],
        faults: &[Fault],
    ) -> Result<(), ValidationError> {
        let listed = |script: &Script| ListedScript::new(String::new(), script.clone());
        let listed: Vec<_> = scripts.iter().map(listed).collect();
        let scripts = database.shared.scripts.check_room(listed.iter());
        let faults = self.recorder().faults.check_room(faults.iter());
        for (path, room) in [("scripts", scripts), ("faults", faults)] {
            room.map_err(|limit| match limit {
                RuleLimit::Number => {
                    let error = format!("there would be more than {MOST_RULES}");
                    ValidationError::new(path, error)
                }
                RuleLimit::Memory => ValidationError::no_room(),
            })?;
        }
        Ok(())
    }
}

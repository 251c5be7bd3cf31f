//! The scripts of a world: checked, then added or replaced. Every change is an event.

use super::database::Database;
use super::history::command::Command;
use super::rules::RuleError;
use super::script_check::script_errors;
use super::world::World;
use crate::http::json::ValidationError;
use crate::http::matching::known::PatternError;
use crate::http::observe::events::{RuleChange, WorldEvent};
use crate::sim::Millis;
use crate::sim::scripts::{ListedScript, Script};

impl World {
    /// Adds a script behind those of the same priority.
    pub fn add_script(&self, script: Script) -> Result<ListedScript, RuleError> {
        let script = checked(script, None)?;
        self.write(|database, now| {
            let taken = script.id.as_ref();
            let taken = taken.filter(|id| database.shared.scripts.get(id).is_some());
            if let Some(id) = taken.cloned() {
                return Err(RuleError::Taken(id));
            }
            let new = ListedScript::new(String::new(), script.clone());
            let room = database.shared.scripts.check_room([&new].into_iter());
            room.map_err(RuleError::Limit)?;
            let listed = self.add_checked(database, script.clone());
            self.tell_script(RuleChange::added(&listed.id));
            self.keep(database, now, || {
                let script = Script {
                    id: Some(listed.id.clone()),
                    ..script
                };
                Command::AddScript(Box::new(script))
            });
            Ok(listed)
        })
    }

    /// Puts a script in the place of the one with that id, which the script may repeat.
    pub fn replace_script(&self, id: &str, script: Script) -> Result<ListedScript, RuleError> {
        let script = checked(script, Some(id))?;
        self.write(|database, now| {
            let scripts = &mut database.shared.scripts;
            scripts
                .check_replacement(id, &script)
                .map_err(RuleError::Limit)?;
            let replaced = scripts.replace(id, script.clone());
            let listed = replaced.cloned().ok_or(RuleError::Unknown)?;
            self.tell_script(RuleChange::replaced(id));
            self.keep_replaced(database, now, id, script);
            Ok(listed)
        })
    }

    /// Turns a script off or on; returns false if none has that id.
    pub fn set_script_enabled(&self, id: &str, is_enabled: bool) -> bool {
        self.write(|database, now| {
            let scripts = &mut database.shared.scripts;
            let Some(mut script) = scripts.get(id).map(|listed| listed.script.clone()) else {
                return false;
            };
            script.enabled = Some(is_enabled);
            scripts.replace(id, script.clone());
            self.tell_script(RuleChange::replaced(id));
            self.keep_replaced(database, now, id, script);
            true
        })
    }

    /// Removes a script; returns false if none has that id.
    pub fn remove_script(&self, id: &str) -> bool {
        self.write(|database, now| {
            let is_removed = database.shared.scripts.remove(id);
            if is_removed {
                self.tell_script(RuleChange::removed(Some(id)));
                self.keep(database, now, || Command::RemoveScript(id.to_owned()));
            }
            is_removed
        })
    }

    /// Removes all scripts.
    pub fn clear_scripts(&self) {
        self.write(|database, now| {
            database.shared.scripts.clear();
            self.tell_script(RuleChange::removed(None));
            self.keep(database, now, || Command::ClearScripts);
        });
    }

    fn keep_replaced(&self, database: &Database, now: Millis, id: &str, script: Script) {
        self.keep(database, now, || Command::ReplaceScript {
            id: id.to_owned(),
            script: Box::new(script),
        });
    }

    fn tell_script(&self, change: RuleChange) {
        self.recorder().events.add(WorldEvent::Script(change));
    }

    /// Adds checked scripts. One with the id of another takes its place.
    pub(super) fn load_scripts(&self, database: &mut Database, scripts: Vec<Script>) {
        for script in scripts {
            let mut script = normalized(script);
            let own = script.id.take();
            let replaced = own.as_ref().is_some_and(|id| {
                let replaced = database.shared.scripts.replace(id, script.clone());
                replaced.is_some()
            });
            if !replaced {
                script.id = own;
                self.add_checked(database, script);
            }
        }
    }

    fn add_checked(&self, database: &mut Database, mut script: Script) -> ListedScript {
        // A request id, so that a script does not shift the ids of resources.
        let drawn = || self.request_ids().uuid(|_| false);
        let id = script.id.take().unwrap_or_else(drawn);
        database
            .shared
            .scripts
            .add(ListedScript::new(id, script))
            .clone()
    }
}

/// A script that is valid, as it is kept. With the id of the path its own must be the same.
fn checked(mut script: Script, id: Option<&str>) -> Result<Script, RuleError> {
    let mut errors = script_errors(&script);
    if let (Some(id), Some(own)) = (id, script.id.take_if(|_| id.is_some()))
        && own != id
    {
        errors.push(ValidationError::new("id", "must be that of the path"));
    }
    if errors.is_empty() {
        return Ok(normalized(script));
    }
    let errors = errors.into_iter().map(PatternError::plain);
    Err(RuleError::Invalid(errors.collect()))
}

/// A script with its defaults as they are shown.
fn normalized(mut script: Script) -> Script {
    if script.sequence.is_none() {
        script.outcome.get_or_insert_default();
    }
    let steps = script.sequence.iter_mut().flatten();
    for message in steps
        .map(|step| &mut step.message)
        .chain([&mut script.message])
    {
        // An empty reason is none.
        message.take_if(|message| message.is_empty());
    }
    script
}

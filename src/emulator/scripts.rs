//! The outcomes of an emulator's coming work.

use std::time::Duration;

use super::time::ms;
use super::{Family, InvalidValue};
use crate::control::scripts::check;
use crate::registry::World;
use crate::sim::glob::Glob;
use crate::sim::lifecycle::Outcome;
use crate::sim::scripts::{self, Pattern, ScriptSequence, ScriptedOutcome, Work};

/// The outcomes of coming work: the first script that matches a step and is not used up decides, once and for all
/// when the step's run starts.
#[derive(Clone, Copy)]
pub struct ScriptsHandle<'a>(pub(super) &'a World);

impl ScriptsHandle<'_> {
    /// Adds a script behind the others, and returns its id.
    pub fn add(&self, script: Script) -> Result<String, InvalidValue> {
        if let Some(misuse) = script.misuse {
            return Err(InvalidValue(misuse.to_owned()));
        }
        let mut rule = scripts::ScriptRule {
            id: String::new(),
            pattern: script.pattern,
            says: script.sequence,
            used: 0,
        };
        check(&rule)?;
        // Request ids are drawn for it, so that a script does not shift the ids of resources.
        rule.id = self.0.request_ids().uuid(|_| false);
        let id = rule.id.clone();
        self.0.write(|tables, _| tables.shared.scripts.add(rule));
        Ok(id)
    }

    /// The scripts in force, in the order they were added.
    #[must_use]
    pub fn list(&self) -> Vec<ListedScript> {
        self.0.read(|tables, _| {
            let rules = tables.shared.scripts.rules().iter().cloned();
            rules.map(ListedScript::from_rule).collect()
        })
    }

    /// Removes a script; returns false if none has that id.
    pub fn remove(&self, id: &str) -> bool {
        self.0.write(|tables, _| tables.shared.scripts.remove(id))
    }

    /// Removes all scripts.
    pub fn clear(&self) {
        self.0.write(|tables, _| tables.shared.scripts.clear());
    }
}

/// A script in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedScript {
    /// The id that [`ScriptsHandle::add`] returned.
    pub id: String,
    /// The script as it was added.
    pub script: Script,
    /// The number of steps it has decided.
    pub used: u64,
}

impl ListedScript {
    fn from_rule(rule: scripts::ScriptRule) -> Self {
        let script = Script {
            pattern: rule.pattern,
            sequence: rule.says,
            misuse: None,
        };
        Self {
            id: rule.id,
            script,
            used: rule.used,
        }
    }
}

/// The outcome of steps to come, and a pattern that selects them; without one it is all steps of runs. Texts are
/// globs with `*` and `?`. Values are checked by [`ScriptsHandle::add`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a script has no effect before it is added"]
pub struct Script {
    pattern: Pattern,
    sequence: ScriptSequence,
    /// The first call that the script cannot follow.
    misuse: Option<&'static str>,
}

impl Script {
    /// Steps succeed.
    pub fn succeed() -> Self {
        Self::ends(Outcome::Succeed)
    }

    /// Steps fail with a reason.
    pub fn fail(message: &str) -> Self {
        Self::ends(Outcome::Fail(message.into()))
    }

    /// Steps never end by themselves.
    pub fn hang() -> Self {
        Self::repeat(ScriptedOutcome::Hangs)
    }

    /// One step after the other takes the outcome of one of the scripts, which may say [`Script::takes`] and nothing
    /// else.
    pub fn sequence(scripts: impl IntoIterator<Item = Self>) -> Self {
        let (mut outcomes, mut misuse) = (Vec::new(), None);
        for script in scripts {
            misuse = misuse.or(script.misuse);
            match script.sequence {
                ScriptSequence::Repeat { fate, times: None }
                    if script.pattern == Pattern::default() =>
                {
                    outcomes.push(fate);
                }
                _ => misuse = misuse.or(Some("sequence: takes outcomes without match and times")),
            }
        }
        Self {
            pattern: Pattern::default(),
            sequence: ScriptSequence::Sequence(outcomes),
            misuse,
        }
    }

    fn ends(outcome: Outcome) -> Self {
        Self::repeat(ScriptedOutcome::Ends {
            outcome,
            takes: None,
        })
    }

    fn repeat(fate: ScriptedOutcome) -> Self {
        Self {
            pattern: Pattern::default(),
            sequence: ScriptSequence::Repeat { fate, times: None },
            misuse: None,
        }
    }

    /// Selects steps of a family.
    pub fn family(mut self, family: Family) -> Self {
        self.pattern.family = Some(family.as_str().to_owned());
        self
    }

    /// Selects steps in a project, mesh or project key.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.pattern.scope = Some(Glob::new(scope));
        self
    }

    /// Selects steps of a resource, by its name or id.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.pattern.name = Some(Glob::new(name));
        self
    }

    /// Selects steps by name: a task, a component, an image, a chart.
    pub fn step(mut self, step: impl Into<String>) -> Self {
        self.pattern.step = Some(Glob::new(step));
        self
    }

    /// Selects steps of other work than a run.
    pub fn work(mut self, work: Work) -> Self {
        self.pattern.work = work;
        self
    }

    /// Sets the length of the steps, in whole milliseconds. A step that hangs and a sequence have none.
    pub fn takes(mut self, length: Duration) -> Self {
        match &mut self.sequence {
            ScriptSequence::Repeat {
                fate: ScriptedOutcome::Ends { takes, .. },
                ..
            } => *takes = Some(ms(length)),
            ScriptSequence::Repeat { .. } => {
                self.refuse("takes_ms: goes with outcome succeed or fail");
            }
            ScriptSequence::Sequence(_) => self.refuse(WITH_SEQUENCE),
        }
        self
    }

    /// Limits the number of steps. A sequence has one step for each of its outcomes.
    pub fn times(mut self, n: u64) -> Self {
        match &mut self.sequence {
            ScriptSequence::Repeat { times, .. } => *times = Some(n),
            ScriptSequence::Sequence(_) => self.refuse(WITH_SEQUENCE),
        }
        self
    }

    fn refuse(&mut self, misuse: &'static str) {
        self.misuse.get_or_insert(misuse);
    }
}

const WITH_SEQUENCE: &str = "sequence: goes without outcome, message, takes_ms and times";

//! The scripts of an emulator: the outcomes of its coming work.

use std::fmt;

use super::{Delay, Family, InvalidValue};
use crate::control::scripts;
use crate::registry::World;
use crate::sim::glob::Glob;
use crate::sim::scripts::{ListedScript, Script, ScriptedOutcome, ScriptedStep, Work};
use crate::sim::step_length::{LogNormalLength, StepLength, UniformLength};
use crate::sim::time::millis;

/// The outcomes of coming work: the first script that matches a step and is not used up decides, once and for all
/// when the step's run starts.
#[derive(Clone, Copy)]
pub struct ScriptsHandle<'a>(pub(super) &'a World);

impl ScriptsHandle<'_> {
    /// Adds a script behind those of the same priority, and returns its id.
    pub fn add(&self, script: Script) -> Result<String, InvalidValue> {
        Ok(scripts::add(self.0, script)?.id)
    }

    /// The scripts in force, in the order in which they are tried, each with the field that fits nothing known, if there is
    /// one.
    #[must_use]
    pub fn list(&self) -> Vec<ListedScript> {
        self.0.read(|database, _| database.listed_scripts())
    }

    /// The scripts that are enabled and have decided no step: often their patterns have a mistake, which
    /// [`ListedScript::misfit`] names if it is known.
    #[must_use]
    pub fn unused(&self) -> Vec<ListedScript> {
        let mut scripts = self.list();
        scripts.retain(|listed| listed.used == 0 && listed.script.is_enabled());
        scripts
    }

    /// The script of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<ListedScript> {
        self.0
            .read(|database, _| database.shared.scripts.get(id).cloned())
    }

    /// Puts a script in the place of the one with that id. Its counts stay.
    pub fn replace(&self, id: &str, script: Script) -> Result<(), InvalidValue> {
        scripts::replace(self.0, id, script)?;
        Ok(())
    }

    /// Turns a script off or on again; returns false if none has that id.
    pub fn set_enabled(&self, id: &str, is_enabled: bool) -> bool {
        self.0.set_script_enabled(id, is_enabled)
    }

    /// Removes a script; returns false if none has that id.
    pub fn remove(&self, id: &str) -> bool {
        self.0.remove_script(id)
    }

    /// Removes all scripts.
    pub fn clear(&self) {
        self.0.clear_scripts();
    }
}

/// Values are checked by [`ScriptsHandle::add`].
///
/// ```
/// use std::time::Duration;
///
/// use release_emulator::{Family, Script};
///
/// let missing = Script::fail("image not found").family(Family::Pipelines).step("roll-out").times(1);
/// let slow = Script::succeed().takes(Duration::from_secs(600));
/// ```
impl Script {
    /// Steps succeed.
    pub fn succeed() -> Self {
        Self::ends(ScriptedOutcome::Succeed)
    }

    /// Steps fail with a reason.
    pub fn fail(message: &str) -> Self {
        Self {
            message: Some(message.to_owned()),
            ..Self::ends(ScriptedOutcome::Fail)
        }
    }

    /// Steps hang: they never end.
    pub fn hang() -> Self {
        Self::ends(ScriptedOutcome::Hang)
    }

    fn ends(outcome: ScriptedOutcome) -> Self {
        Self {
            outcome: Some(outcome),
            ..Self::default()
        }
    }

    /// One step after the other gets the outcome of one of the scripts. These may have a length
    /// ([`Script::takes`]), but no pattern and no number of steps. With weights ([`Script::weight`]) each step draws one of
    /// the outcomes.
    pub fn sequence(scripts: impl IntoIterator<Item = Self>) -> Self {
        let (mut steps, mut misuse) = (Vec::new(), None);
        for mut script in scripts {
            steps.push(ScriptedStep {
                outcome: script.outcome.take().unwrap_or_default(),
                message: script.message.take(),
                takes_ms: script.takes_ms.take(),
                weight: script.weight.take(),
            });
            if script != Self::default() {
                misuse = Some("sequence: takes outcomes without match and times");
            }
        }
        Self {
            sequence: Some(steps),
            misuse,
            ..Self::default()
        }
    }

    /// Sets the id; otherwise it is generated.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the priority: of several scripts that match a step, the highest decides, then the first added. It is 0 by
    /// default.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Makes it decide nothing until it is enabled: [`ScriptsHandle::set_enabled`].
    pub fn disabled(mut self) -> Self {
        self.enabled = Some(false);
        self
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

    /// Selects steps of a stage: of a pipeline by its name, of a plan by the `seq` of the batch.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.pattern.stage = Some(Glob::new(stage));
        self
    }

    /// Selects steps of a service in delivery versions.
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.pattern.service = Some(Glob::new(service));
        self
    }

    /// Selects steps by name (a task, a component, an image, a chart), or with a slash by path: `prod/roll-out`.
    pub fn step(mut self, step: impl Into<String>) -> Self {
        self.pattern.step = Some(Glob::new(step));
        self
    }

    /// Selects the steps of a rollback, an abort, a creation or a deletion instead of those of a run.
    pub fn work(mut self, work: Work) -> Self {
        self.pattern.work = work;
        self
    }

    /// Sets the length of the steps: a `Duration`, or a distribution from which each step draws its own. A step that hangs
    /// and a sequence have none.
    pub fn takes(mut self, length: impl Into<Delay>) -> Self {
        self.takes_ms = Some(length.into().into());
        self
    }

    /// Sets the weight of the outcome in a [`Script::sequence`] of which each step draws one; over 0. If one outcome has a
    /// weight, all must.
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = Some(weight);
        self
    }

    /// Decides a matching step with a probability from 0 to 1, and leaves it to the scripts behind otherwise.
    pub fn sometimes(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Sets the seed of chance; by default it is drawn from the world's. The same seed draws the same for the same steps.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Limits the number of steps. A sequence without weights has one step for each of its outcomes.
    pub fn times(mut self, n: u64) -> Self {
        self.times = Some(n);
        self
    }
}

/// Its JSON: what a failed assertion shows is short.
impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        write!(formatter, "Script {json}")
    }
}

impl From<Delay> for StepLength {
    fn from(delay: Delay) -> Self {
        match delay {
            Delay::Fixed(length) => Self::Fixed(millis(length)),
            Delay::Uniform { min, max } => Self::Uniform(UniformLength {
                min: millis(min),
                max: millis(max),
            }),
            Delay::LogNormal { median, sigma } => Self::LogNormal(LogNormalLength {
                median: millis(median),
                sigma,
            }),
        }
    }
}

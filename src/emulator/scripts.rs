//! How an emulator's coming work goes.

use std::time::Duration;

use super::ms;
use crate::registry::World;
use crate::sim::glob::Glob;
use crate::sim::lifecycle::Outcome;
use crate::sim::scripts::{self, Pattern, ScriptSequence, ScriptedOutcome, Work};

/// How an emulator's coming work goes: the first rule that fits a step and is not used up decides, once and for
/// all when the run starts that the step belongs to.
pub struct Scripts<'a>(pub(super) &'a World);

impl Scripts<'_> {
    /// Adds a script behind the others, and answers its id.
    pub fn add(&self, script: Script) -> String {
        // Request ids are drawn for it, so that a script does not shift the ids of resources.
        let id = self.0.request_ids().uuid(|_| false);
        let rule = script.rule(id.clone());
        self.0.write(|tables, _| tables.scripts.add(rule));
        id
    }

    /// The scripts in force, and for how many steps each held so far.
    #[must_use]
    pub fn list(&self) -> Vec<scripts::Script> {
        self.0.read(|tables, _| tables.scripts.rules().to_vec())
    }

    /// Takes a script back; false if there is none of that id.
    pub fn remove(&self, id: &str) -> bool {
        self.0.write(|tables, _| tables.scripts.remove(id))
    }

    /// Takes all scripts back.
    pub fn clear(&self) {
        self.0.write(|tables, _| tables.scripts.clear());
    }
}

/// The families of operations. IAM does no work, and so has no scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Tokens, projects and accounts.
    Iam,
    /// ASM grayscale releases and meshes.
    Asm,
    /// Release plans.
    Plans,
    /// Pipelines.
    Pipelines,
    /// Delivery versions.
    Zadig,
}

impl Family {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Asm => "asm",
            Self::Plans => "plans",
            Self::Pipelines => "pipelines",
            Self::Zadig => "zadig",
        }
    }
}

/// A script to be: how steps end, and which. What is not said of them holds for all; texts are globs with `*`
/// and `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it holds once it is added"]
pub struct Script {
    pattern: Pattern,
    says: ScriptSequence,
}

impl Script {
    /// Steps succeed.
    pub fn succeed() -> Self {
        Self::of(ScriptedOutcome::Ends {
            outcome: Outcome::Succeed,
            takes: None,
        })
    }

    /// Steps fail, for that reason.
    pub fn fail(message: &str) -> Self {
        Self::of(ScriptedOutcome::Ends {
            outcome: Outcome::Fail(message.into()),
            takes: None,
        })
    }

    /// Steps never end by themselves.
    pub fn hang() -> Self {
        Self::of(ScriptedOutcome::Hangs)
    }

    /// One step goes by each of them in turn, whatever they say of which steps and how often.
    pub fn rotating_ports(scripts: impl IntoIterator<Item = Self>) -> Self {
        let fates = scripts.into_iter().flat_map(|script| match script.says {
            ScriptSequence::Repeat { fate, .. } => vec![fate],
            ScriptSequence::Sequence(fates) => fates,
        });
        Self {
            pattern: Pattern::default(),
            says: ScriptSequence::Sequence(fates.collect()),
        }
    }

    fn of(fate: ScriptedOutcome) -> Self {
        Self {
            pattern: Pattern::default(),
            says: ScriptSequence::Repeat { fate, times: None },
        }
    }

    /// Those of a family.
    pub fn family(mut self, family: Family) -> Self {
        self.pattern.family = Some(family.word().to_owned());
        self
    }

    /// Those in a project, mesh or project key.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.pattern.scope = Some(Glob::new(scope));
        self
    }

    /// Those of a resource, by its name or id.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.pattern.name = Some(Glob::new(name));
        self
    }

    /// Those of that name: a task, a component, an image, a chart.
    pub fn step(mut self, step: impl Into<String>) -> Self {
        self.pattern.step = Some(Glob::new(step));
        self
    }

    /// Those that belong to something else than a run.
    pub fn work(mut self, work: Work) -> Self {
        self.pattern.work = work;
        self
    }

    /// How long those take that end, in whole milliseconds, instead of the usual length.
    pub fn takes(mut self, length: Duration) -> Self {
        let fates = match &mut self.says {
            ScriptSequence::Repeat { fate, .. } => std::slice::from_mut(fate),
            ScriptSequence::Sequence(fates) => fates,
        };
        for fate in fates {
            if let ScriptedOutcome::Ends { takes, .. } = fate {
                *takes = Some(ms(length));
            }
        }
        self
    }

    /// For how many steps it holds, instead of for any number. Scripts in turn hold for one step each.
    pub fn times(mut self, n: u64) -> Self {
        if let ScriptSequence::Repeat { times, .. } = &mut self.says {
            *times = Some(n);
        }
        self
    }

    fn rule(self, id: String) -> scripts::Script {
        scripts::Script {
            id,
            pattern: self.pattern,
            says: self.says,
            used: 0,
        }
    }
}

//! A script: an outcome set in advance, and the pattern of the steps that it decides.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Millis;
use super::glob::Glob;
use super::lifecycle::Outcome;

/// The work that a step belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ScriptedWork)]
#[non_exhaustive]
pub enum Work {
    /// A run.
    #[default]
    Run,
    /// A rollback.
    Rollback,
    /// Winding down after an abort.
    Abort,
    /// Creation of the resource itself.
    Create,
    /// Deletion of the resource itself.
    Delete,
}

/// A step of work about to be frozen, as scripts see it.
#[derive(Clone, Copy, Debug)]
pub struct StepQuery<'a> {
    /// The family (`asm`, `plans`, `pipelines`, `zadig`).
    pub family: &'static str,
    /// The project, mesh or project key.
    pub scope: &'a str,
    /// The resource's id.
    pub id: &'a str,
    /// The resource's name.
    pub name: &'a str,
    /// The step's name (task, component, image, chart), or the resource's if it has no steps.
    pub step: &'a str,
    pub work: Work,
}

/// A pattern of steps; every field that is given must match. Texts are globs with `*` and `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ScriptMatch)]
pub struct StepPattern {
    /// `asm`, `plans`, `pipelines` or `zadig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(asm|plans|pipelines|zadig)$")]
    pub family: Option<String>,
    /// The project, mesh or project key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub scope: Option<Glob>,
    /// The resource's name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Glob>,
    /// The step: a task, a component, an image, a chart; the resource's name if it has no steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub step: Option<Glob>,
    /// The work that the step belongs to.
    pub work: Work,
}

impl StepPattern {
    pub(super) fn matches(&self, query: &StepQuery) -> bool {
        let matches = |glob: &Option<Glob>, texts: &[&str]| {
            glob.as_ref()
                .is_none_or(|glob| texts.iter().any(|text| glob.matches(text)))
        };
        self.work == query.work
            && self
                .family
                .as_ref()
                .is_none_or(|family| family == query.family)
            && matches(&self.scope, &[query.scope])
            && matches(&self.name, &[query.name, query.id])
            && matches(&self.step, &[query.step])
    }
}

/// The end of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScriptedOutcome {
    #[default]
    Succeed,
    Fail,
    Hang,
}

/// The course of one step of a sequence. The default is that of a step without a script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptedStep {
    /// The end of the step; absent: `succeed`.
    #[serde(default)]
    pub outcome: ScriptedOutcome,
    /// The reason of a failure; only with `fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The length of the step in milliseconds; absent: the usual length. Not with `hang`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_806_i64, value_type = Option<i64>)]
    pub takes_ms: Option<Millis>,
}

impl ScriptedStep {
    pub(super) fn result(self) -> Outcome {
        match self.outcome {
            ScriptedOutcome::Fail => Outcome::Fail(self.message.unwrap_or_default().into()),
            ScriptedOutcome::Succeed | ScriptedOutcome::Hang => Outcome::Succeed,
        }
    }
}

/// The outcome of steps to come, and a pattern that selects the steps. Either every step gets the same (`outcome`,
/// `message`, `takes_ms`, `times`), or one after the other gets the next of a `sequence`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[must_use = "a script does nothing before it is added"]
pub struct Script {
    /// The steps it applies to; absent: all steps of runs.
    #[serde(default, rename = "match")]
    pub(crate) pattern: StepPattern,
    /// The end of the steps; absent: `succeed`, unless there is a `sequence`.
    pub(crate) outcome: Option<ScriptedOutcome>,
    /// The reason of a failure; only with `fail`.
    pub(crate) message: Option<String>,
    /// The length of a step in milliseconds; absent: the usual length. Not with `hang`.
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_806_i64, value_type = Option<i64>)]
    pub(crate) takes_ms: Option<Millis>,
    /// The number of steps it decides; absent: any number.
    #[schema(minimum = 1, maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    pub(crate) times: Option<u64>,
    /// One step after the other, in place of the four fields above; used up after the last.
    #[schema(min_items = 1)]
    pub(crate) sequence: Option<Vec<ScriptedStep>>,
    /// The first misuse of the builder, refused when the script is added.
    #[serde(skip)]
    pub(crate) misuse: Option<&'static str>,
}

impl Script {
    /// The course of the next step after `used` others; none once the script is used up.
    pub(crate) fn nth_step(&self, used: u64) -> Option<ScriptedStep> {
        match &self.sequence {
            Some(steps) => steps.get(usize::try_from(used).ok()?).cloned(),
            None if self.times.is_some_and(|times| used >= times) => None,
            None => Some(ScriptedStep {
                outcome: self.outcome.unwrap_or_default(),
                message: self.message.clone(),
                takes_ms: self.takes_ms,
            }),
        }
    }
}

/// A script in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedScript {
    /// The id that it got when it was added.
    pub id: String,
    /// The script as it was added.
    pub script: Script,
    /// The number of steps it has decided.
    pub used: u64,
}

impl ListedScript {
    /// A script that has decided nothing yet.
    pub fn new(id: String, script: Script) -> Self {
        Self {
            id,
            script,
            used: 0,
        }
    }
}

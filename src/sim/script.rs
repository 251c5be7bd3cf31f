//! A script: an outcome that is set in advance for the steps of a pattern.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use strum::VariantArray;

use super::chance::chance;
use super::glob::Glob;
use super::lifecycle::Outcome;
use super::memory::block;
use super::rules::{Ignored, Rule};
use super::step_length::StepLength;
use super::step_pattern::{PatternField, StepPattern};
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker, pack_enums, pack_structs};

/// The end of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ScriptedOutcome {
    #[default]
    Succeed,
    Fail,
    Hang,
}

/// The course of one step of a sequence. The default is that of a step without a script.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScriptedStep {
    /// The end of the step; absent: `succeed`.
    #[serde(default)]
    pub outcome: ScriptedOutcome,
    /// The reason of a failure; only with `fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The length of the step in milliseconds, or a distribution; absent: the usual length. Not with `hang`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_ms: Option<StepLength>,
    /// The weight in a choice by chance, over 0. If one outcome has a weight, all must.
    #[serde(
        default,
        alias = "probability",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schema(exclusive_minimum = 0))]
    pub weight: Option<f64>,
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
/// `message`, `takes_ms`, `times`), or one after the other gets the next of a `sequence`, or each draws one of a
/// `sequence` with weights.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[must_use = "a script does nothing before it is added"]
pub struct Script {
    /// Its id: up to 64 letters, digits, dots, underscores and hyphens; absent: a generated id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(max_length = 64, pattern = "^[A-Za-z0-9._-]+$"))]
    pub(crate) id: Option<String>,
    /// Its priority: of several that match a step, the highest decides, then the first added; absent: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<i32>,
    /// `false`: it decides nothing until it is enabled; absent: `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    /// The steps it applies to; absent: all steps of runs.
    #[serde(default, rename = "match")]
    pub(crate) pattern: StepPattern,
    /// The end of the steps; absent: `succeed`, unless there is a `sequence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<ScriptedOutcome>,
    /// The reason of a failure; only with `fail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// The length of a step in milliseconds, or a distribution; absent: the usual length. Not with `hang`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) takes_ms: Option<StepLength>,
    /// The number of steps it decides; absent: any number. With a `sequence` only if that has weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(minimum = 1, maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>))]
    pub(crate) times: Option<u64>,
    /// One step after the other, in place of the four fields above; used up after the last. With weights, each step draws
    /// one of the outcomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(min_items = 1))]
    pub(crate) sequence: Option<Vec<ScriptedStep>>,
    /// The probability that it decides a matching step, from 0 to 1; absent: always. Other steps are left to the scripts
    /// behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(minimum = 0, maximum = 1))]
    pub(crate) probability: Option<f64>,
    /// The seed of chance: the same seed draws the same for the same steps in the same order. Absent: drawn from the
    /// world's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>))]
    pub(crate) seed: Option<u64>,
    /// Ignored, so that a script can be sent as it is shown.
    #[serde(default, skip_serializing)]
    #[cfg_attr(test, schema(value_type = Option<usize>))]
    pub(crate) used: Ignored<u64>,
    /// Ignored, as `used`.
    #[serde(default, skip_serializing)]
    #[cfg_attr(test, schema(value_type = Option<bool>))]
    pub(crate) fits: Ignored<bool>,
    /// Ignored, as `used`.
    #[serde(default, skip_serializing)]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub(crate) misfit: Ignored<String>,
    /// Ignored, as `used`.
    #[serde(default, skip_serializing)]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub(crate) nearest: Ignored<String>,
    /// The weight of an outcome that the builder collects into a sequence.
    #[serde(skip)]
    pub(crate) weight: Option<f64>,
    /// The first misuse of the builder, refused when the script is added.
    #[serde(skip)]
    pub(crate) misuse: Option<&'static str>,
}

impl Script {
    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }

    /// The outcomes, of which there is more than one in a sequence.
    pub(crate) fn outcomes(&self) -> Cow<'_, [ScriptedStep]> {
        match &self.sequence {
            Some(steps) => Cow::Borrowed(steps),
            None => Cow::Owned(vec![ScriptedStep {
                outcome: self.outcome.unwrap_or_default(),
                message: self.message.clone(),
                takes_ms: self.takes_ms,
                weight: None,
            }]),
        }
    }

    /// Returns true if each step draws one of the outcomes.
    pub(crate) fn is_choice(&self) -> bool {
        let mut steps = self.sequence.iter().flatten();
        steps.any(|step| step.weight.is_some())
    }

    /// Returns true if anything is left to chance.
    pub(crate) fn has_chance(&self) -> bool {
        let mut outcomes = self.sequence.iter().flatten();
        let is_drawn = |length: Option<StepLength>| length.is_some_and(StepLength::is_drawn);
        self.probability.is_some()
            || self.is_choice()
            || is_drawn(self.takes_ms)
            || outcomes.any(|step| is_drawn(step.takes_ms))
    }

    /// Returns true if it decides no further step after `used` ones.
    pub(super) fn is_used_up(&self, used: u64) -> bool {
        match &self.sequence {
            Some(steps) if !self.is_choice() => used >= steps.len() as u64,
            _ => self.times.is_some_and(|times| used >= times),
        }
    }

    /// The course of the `n`-th step that matches, after it has decided `used` ones; none if chance leaves the step to
    /// others. The length is drawn.
    pub(super) fn course(&self, used: u64, n: u64) -> Option<ScriptedStep> {
        let seed = self.seed.unwrap_or_default();
        let misses = |probability| chance(seed, n, HIT) >= probability;
        if self.probability.is_some_and(misses) {
            return None;
        }
        let outcomes = self.outcomes();
        let chosen = if self.is_choice() {
            let weights = outcomes.iter().map(|step| step.weight.unwrap_or_default());
            let mut left = chance(seed, n, CHOICE) * weights.clone().sum::<f64>();
            let mut weights = weights.enumerate();
            let chosen = weights.find(|(_, weight)| {
                left -= weight;
                left < 0.0
            });
            chosen.map_or(outcomes.len() - 1, |(chosen, _)| chosen)
        } else if self.sequence.is_some() {
            usize::try_from(used).ok()?
        } else {
            0
        };
        let mut step = outcomes.get(chosen)?.clone();
        let length = step.takes_ms.map(|length| length.draw(seed, n));
        step.takes_ms = length.map(StepLength::Fixed);
        Some(step)
    }
}

/// The purposes of the numbers that a step draws, beside those of its length.
const HIT: u64 = 0;
const CHOICE: u64 = 3;

/// A script in force.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ListedScript {
    /// The id that it got when it was added.
    pub id: String,
    /// The script as it was added.
    pub script: Script,
    /// The number of steps it has decided.
    pub used: u64,
    /// The number of steps that have matched, whatever chance made of them.
    pub(super) matched: u64,
    /// The first field of its pattern that fits nothing known, if there is one.
    pub misfit: Option<Misfit>,
}

/// A field of a pattern that fits nothing that a world knows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Misfit {
    /// The field's name.
    pub field: &'static str,
    /// The known name that is nearest to its text, if any is near.
    pub nearest: Option<String>,
    /// False if a request could still name a step that fits: then a near name is all that speaks against the pattern.
    pub is_certain: bool,
}

impl Misfit {
    #[doc(hidden)]
    pub fn new(field: PatternField, nearest: Option<String>) -> Self {
        Self {
            field: field.into(),
            nearest,
            is_certain: true,
        }
    }

    /// A field that fits nothing known, beside a near name, although a request may name more.
    #[doc(hidden)]
    pub fn probable(field: PatternField, nearest: String) -> Self {
        Self {
            is_certain: false,
            ..Self::new(field, Some(nearest))
        }
    }
}

impl Rule for ListedScript {
    fn id(&self) -> &str {
        &self.id
    }

    fn priority(&self) -> i32 {
        self.script.priority.unwrap_or(0)
    }

    fn size(&self) -> usize {
        let Script {
            pattern,
            message,
            sequence,
            ..
        } = &self.script;
        let globs = [
            &pattern.scope,
            &pattern.name,
            &pattern.stage,
            &pattern.service,
            &pattern.step,
        ];
        let globs = globs.into_iter().flatten().map(Glob::size);
        let steps = sequence.iter().flatten();
        let steps = steps.map(|step| {
            let message = step.message.as_ref().map_or(0, String::len);
            size_of::<ScriptedStep>() + block(message)
        });
        size_of::<Self>()
            + block(self.id.len())
            + block(message.as_ref().map_or(0, String::len))
            + globs.sum::<usize>()
            + steps.sum::<usize>()
    }
}

impl ListedScript {
    /// A script that has decided nothing yet.
    #[doc(hidden)]
    pub fn new(id: String, script: Script) -> Self {
        Self {
            id,
            script,
            used: 0,
            matched: 0,
            misfit: None,
        }
    }
}

pack_enums! {
    ScriptedOutcome { 0: Succeed, 1: Fail, 2: Hang }
}

pack_structs! {
    ScriptedStep { outcome, message, takes_ms, weight }
    ListedScript { id, script, used, matched, misfit }
}

/// Without the fields that nothing is read from, and those of the builder.
impl Pack for Script {
    fn pack(&self, packer: &mut Packer) {
        self.id.pack(packer);
        self.priority.pack(packer);
        self.enabled.pack(packer);
        self.pattern.pack(packer);
        self.outcome.pack(packer);
        self.message.pack(packer);
        self.takes_ms.pack(packer);
        self.times.pack(packer);
        self.sequence.pack(packer);
        self.probability.pack(packer);
        self.seed.pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        Ok(Self {
            id: Pack::unpack(unpacker)?,
            priority: Pack::unpack(unpacker)?,
            enabled: Pack::unpack(unpacker)?,
            pattern: Pack::unpack(unpacker)?,
            outcome: Pack::unpack(unpacker)?,
            message: Pack::unpack(unpacker)?,
            takes_ms: Pack::unpack(unpacker)?,
            times: Pack::unpack(unpacker)?,
            sequence: Pack::unpack(unpacker)?,
            probability: Pack::unpack(unpacker)?,
            seed: Pack::unpack(unpacker)?,
            ..Self::default()
        })
    }
}

impl Pack for Misfit {
    fn pack(&self, packer: &mut Packer) {
        packer.text(self.field);
        self.nearest.pack(packer);
        self.is_certain.pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let name = unpacker.text()?;
        let mut fields = PatternField::VARIANTS.iter().map(<&'static str>::from);
        let field = fields.find(|field| *field == name);
        Ok(Self {
            field: field.ok_or(UnpackError::Wrong("field of a pattern"))?,
            nearest: Pack::unpack(unpacker)?,
            is_certain: Pack::unpack(unpacker)?,
        })
    }
}

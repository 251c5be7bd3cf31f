//! The record of a run: the plan that is frozen when it starts, and the commands that it accepts. Its serialized form is
//! that of fixtures.

use serde::{Deserialize, Serialize};

use crate::sim::pack::{pack_enums, pack_structs};
use crate::sim::{Millis, NEVER};

/// The order of the steps of a run. Numbers are positions in [`RunRecord::steps`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    Step(usize),
    /// One after the other; a failure ends the sequence unless the run continues on a failure.
    Seq(Vec<Self>),
    /// All at once; it ends with the last, even if others fail.
    Par(Vec<Self>),
    /// In order, at most so many at once: the next begins when one ends. It ends with the last, even if others fail.
    Pool {
        most: usize,
        nodes: Vec<Self>,
    },
}

/// The plan of a step, frozen when its run starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StepPlan {
    /// Work that takes a while. If it takes [`NEVER`], it hangs.
    Work {
        /// Required in a fixture, although it may be null: nothing should hang by an oversight.
        #[serde(with = "null_for_never")]
        takes: Millis,
        #[serde(default, rename = "fails", skip_serializing_if = "Outcome::is_success")]
        outcome: Outcome,
    },
    /// A wait until it is approved or refused.
    Gate,
    /// Left out, and passed at once.
    Skip,
    /// A success of an earlier run.
    #[serde(rename = "carried")]
    Inherited { begin: Millis, end: Millis },
}

impl StepPlan {
    /// Work that hangs. Its outcome does not matter: it ends only if the run is interrupted.
    pub const HANG: Self = Self::Work {
        takes: NEVER,
        outcome: Outcome::Succeed,
    };
}

/// The rules of a step beside its plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRule {
    pub step: usize,
    /// The time that the step has from its beginning on, without pauses. Then it has failed, unless it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Millis>,
    /// True if a failure other than a refusal counts as a success for the steps after it and for the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignores_failure: bool,
    /// True if a refusal is a failure of the step like any other, and does not interrupt the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fails_alone: bool,
}

impl StepRule {
    /// No rule.
    pub fn none(step: usize) -> Self {
        Self {
            step,
            limit: None,
            ignores_failure: false,
            fails_alone: false,
        }
    }
}

/// The outcome of work; in a fixture the message of a failure, or null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<Box<str>>", into = "Option<Box<str>>")]
pub enum Outcome {
    #[default]
    Succeed,
    /// A failure with its message, which may be empty.
    Fail(Box<str>),
}

impl Outcome {
    fn is_success(&self) -> bool {
        *self == Self::Succeed
    }
}

impl From<Option<Box<str>>> for Outcome {
    fn from(failure: Option<Box<str>>) -> Self {
        failure.map_or(Self::Succeed, Self::Fail)
    }
}

impl From<Outcome> for Option<Box<str>> {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeed => None,
            Outcome::Fail(message) => Some(message),
        }
    }
}

/// The time of a step and its result. An instant that never comes is [`NEVER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub begin: Millis,
    pub end: Millis,
    pub verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its work succeeded, or its gate was approved.
    Succeeded,
    /// Its work failed, or its gate was refused.
    Failed,
    /// It did not end within its own time limit, which is a failure.
    TimedOut,
    /// A refusal, an abort or the time limit of the run ended it.
    Interrupted,
    /// It was left out from the start.
    Skipped,
}

/// A command to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Freeze running work.
    Stop,
    /// Go on after a stop.
    Continue,
    /// Open the gate of a step.
    Approve(usize),
    /// Refuse at the gate of a step, which interrupts the run unless the step fails alone.
    Refuse(usize),
    /// Interrupt the run, which winds down for that long; with [`NEVER`] it hangs in that.
    Abort(#[serde(with = "null_for_never")] Millis),
    /// Let the run's own time go forward by that length, so that everything to come is earlier.
    Forward(Millis),
}

/// An accepted command and its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedCommand {
    pub at: Millis,
    pub command: Command,
}

/// The record of a run, from which its forecast is derived: its start, its plan and the commands it accepted. The plan
/// is frozen when the run starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    pub started: Millis,
    /// The order of the steps.
    pub tree: Node,
    #[serde(rename = "does")]
    pub steps: Vec<StepPlan>,
    /// The rules of some steps, in their order.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub rules: Box<[StepRule]>,
    /// True if steps after a failed one still run; when the run ends, it has failed all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continue_on_failure: bool,
    /// The time before the first step begins (a restart takes some).
    #[serde(default, rename = "lead")]
    pub start_delay: Millis,
    /// The time that a stop takes to become a pause.
    #[serde(default, rename = "brake")]
    pub stop_delay: Millis,
    /// The time after which an unfinished run is interrupted, counted from its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Millis>,
    #[serde(default, rename = "events", skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<AcceptedCommand>,
}

impl RunRecord {
    /// The rule of a step, if it has one.
    pub(super) fn rule(&self, step: usize) -> Option<&StepRule> {
        let found = self.rules.binary_search_by_key(&step, |rule| rule.step);
        found.ok().map(|n| &self.rules[n])
    }

    /// The record of a run that has not started, of just these steps: a failure stops it, and there are no delays and no
    /// limit.
    pub fn new(tree: Node, steps: Vec<StepPlan>) -> Self {
        Self {
            started: 0,
            tree,
            steps,
            rules: Box::default(),
            continue_on_failure: false,
            start_delay: 0,
            stop_delay: 0,
            limit: None,
            commands: Vec::new(),
        }
    }
}

/// For `with`: a length, with null for [`NEVER`].
mod null_for_never {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::sim::{Millis, NEVER};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(
        length: &Millis,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        (*length < NEVER).then_some(length).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Millis, D::Error> {
        Option::deserialize(deserializer).map(|length| length.unwrap_or(NEVER))
    }
}

pack_enums! {
    Node { 0: Step(number), 1: Seq(nodes), 2: Par(nodes), 3: Pool { most, nodes } }
    StepPlan { 0: Work { takes, outcome }, 1: Gate, 2: Skip, 3: Inherited { begin, end } }
    Outcome { 0: Succeed, 1: Fail(message) }
    Command {
        0: Stop,
        1: Continue,
        2: Approve(number),
        3: Refuse(number),
        4: Abort(length),
        5: Forward(length),
    }
}

pack_structs! {
    StepRule { step, limit, ignores_failure, fails_alone }
    AcceptedCommand { at, command }
    RunRecord {
        started, tree, steps, rules, continue_on_failure, start_delay, stop_delay, limit,
        commands,
    }
}

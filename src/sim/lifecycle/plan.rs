//! The facts of a run: the plan that is frozen when it starts, and the commands that it accepts. Their serialized
//! form is that of fixtures.

use serde::{Deserialize, Serialize};

use crate::sim::{Millis, NEVER};

/// The order of the steps of a run. Numbers are positions in [`RunPlan::steps`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    Step(usize),
    /// One after the other; a failure ends the sequence if the run's [`FailurePolicy`] says so.
    Seq(Vec<Self>),
    /// All at once; it ends with the last, even if others fail.
    Par(Vec<Self>),
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

/// The consequence of a failed step for the sequence it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// Later steps never begin.
    #[default]
    Stop,
    /// Later steps still run; when the run ends, it has failed all the same.
    Continue,
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
    /// Refuse at the gate of a step, which interrupts the run.
    Refuse(usize),
    /// Interrupt the run, which winds down for that long; with [`NEVER`] it hangs in that.
    Abort(#[serde(with = "null_for_never")] Millis),
}

/// An accepted command and its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedCommand {
    pub at: Millis,
    pub command: Command,
}

/// The plan of a run: everything that is frozen when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunPlan {
    pub tree: Node,
    pub steps: Vec<StepPlan>,
    pub fail: FailurePolicy,
    /// The time before the first step begins (a restart takes some).
    pub start_delay: Millis,
    /// The time that a stop takes to become a pause.
    pub stop_delay: Millis,
    /// The time after which an unfinished run is interrupted, counted from its start.
    pub limit: Option<Millis>,
}

impl RunPlan {
    /// A plan of just these steps: a failure stops it, and there are no delays and no limit.
    pub fn new(tree: Node, steps: Vec<StepPlan>) -> Self {
        Self {
            tree,
            steps,
            fail: FailurePolicy::Stop,
            start_delay: 0,
            stop_delay: 0,
            limit: None,
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

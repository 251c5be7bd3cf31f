//! The facts of a run: the plan that is frozen when it starts, and the commands that it accepts.

use crate::sim::{Millis, NEVER};

/// How the steps of a run depend on each other. Numbers are positions in [`RunPlan::steps`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// One step.
    Step(usize),
    /// One after the other; a failure ends the sequence if the run's [`FailurePolicy`] says so.
    Seq(Vec<Self>),
    /// All at once; it ends with the last, whatever the others came to.
    Par(Vec<Self>),
}

/// What a step does, frozen when its run starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepPlan {
    /// It works for a while. Work that takes [`NEVER`] hangs.
    Work { takes: Millis, outcome: Outcome },
    /// It waits until it is approved or refused.
    Gate,
    /// It was left out, and is passed at once.
    Skip,
    /// An earlier run did it already.
    Inherited(Span),
}

impl StepPlan {
    /// Work that hangs. What it would come to does not matter: it ends only if the run is cut.
    pub const HANG: Self = Self::Work {
        takes: NEVER,
        outcome: Outcome::Succeed,
    };
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Succeed,
    /// With a failure and its message, which may be empty.
    Fail(Box<str>),
}

/// True if a failed step ends the sequence it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// It does; later steps never begin.
    #[default]
    Stop,
    /// It does not; the run has failed all the same when it ends.
    Continue,
}

/// When a step began and ended, and how. An instant that never comes is [`NEVER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its beginning.
    pub begin: Millis,
    /// Its end.
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

/// What can be said to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Freeze running work where it is.
    Stop,
    /// Go on after a stop.
    Continue,
    /// Open the gate of this step.
    Approve(usize),
    /// Refuse at the gate of this step, which cuts the run.
    Refuse(usize),
    /// Cut the run; it takes that long to wind down, or hangs in that if it takes [`NEVER`].
    Abort(Millis),
}

/// An accepted command and its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptedCommand {
    pub at: Millis,
    pub command: Command,
}

/// What a run is going to do: everything that is frozen when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunPlan {
    /// How the steps depend on each other.
    pub tree: Node,
    pub steps: Vec<StepPlan>,
    pub fail: FailurePolicy,
    /// How long the run leads in before the first step begins (a restart does).
    pub start_delay: Millis,
    /// How long a stop takes to become a pause.
    pub stop_delay: Millis,
    /// After how long an unfinished run is cut, counted from its start.
    pub limit: Option<Millis>,
}

impl RunPlan {
    /// These steps and nothing more: a failure stops, nothing leads in, a stop takes no time, no limit.
    #[must_use]
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

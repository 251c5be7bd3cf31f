//! Runs in the fixture format: what the kernel keeps of a lifecycle, written down and checked when read.

use serde::{Deserialize, Deserializer, Serialize};

use crate::http::json::ValidationError;
use crate::sim::lifecycle::{
    AcceptedCommand, Command, FailurePolicy, Node, Outcome, Run, RunPlan, Span, StepPlan, Verdict,
};
use crate::sim::{Millis, NEVER};
use crate::world::time::rfc3339;

/// A run: when it started, what was frozen then, and the commands it accepted. Instants and lengths are in
/// milliseconds; null stands for what never comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunState {
    pub started: Millis,
    /// The order of the steps.
    pub tree: NodeState,
    pub does: Vec<DoesState>,
    /// True if steps after a failed one still run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continue_on_failure: bool,
    #[serde(default)]
    pub lead: Millis,
    #[serde(default)]
    pub brake: Millis,
    /// After how long it is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Millis>,
    /// The commands it accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventState>,
}

/// A part of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// A step, by position.
    Step(usize),
    /// One after the other.
    Seq(Vec<Self>),
    /// All at once.
    Par(Vec<Self>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DoesState {
    /// It works.
    Work {
        /// The duration; null: for ever. It is required, so that nothing hangs by an oversight.
        #[serde(deserialize_with = "said")]
        takes: Option<Millis>,
        /// The message if it fails; absent: it succeeds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fails: Option<String>,
    },
    /// It waits for an answer.
    Gate,
    /// It was left out.
    Skip,
    /// An earlier run did it.
    Carried {
        /// Its beginning.
        begin: Millis,
        /// Its end.
        end: Millis,
    },
}

/// A command and its instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventState {
    pub at: Millis,
    pub command: CommandState,
}

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandState {
    /// Freeze running work.
    Stop,
    /// Go on.
    Continue,
    /// Open the gate of a step.
    Approve(usize),
    /// Refuse at the gate of a step.
    Refuse(usize),
    /// Cut the run, winding down for so many milliseconds; null: for ever.
    Abort(Option<Millis>),
}

impl From<&Run> for RunState {
    fn from(run: &Run) -> Self {
        let plan = run.plan();
        let events = run.commands().iter().map(|event| EventState {
            at: event.at,
            command: match event.command {
                Command::Stop => CommandState::Stop,
                Command::Continue => CommandState::Continue,
                Command::Approve(step) => CommandState::Approve(step),
                Command::Refuse(step) => CommandState::Refuse(step),
                Command::Abort(takes) => CommandState::Abort(finite(takes)),
            },
        });
        Self {
            started: run.started(),
            tree: NodeState::of(&plan.tree),
            does: plan.steps.iter().map(DoesState::of).collect(),
            continue_on_failure: plan.fail == FailurePolicy::Continue,
            lead: plan.start_delay,
            brake: plan.stop_delay,
            limit: plan.limit,
            events: events.collect(),
        }
    }
}

impl RunState {
    /// Rebuilds the run. A history that lies ahead of the clock does not fit: a command would come before
    /// what was already said, and time goes forward.
    pub fn restore(self, now: Millis) -> Result<Run, ValidationError> {
        let newest = self.events.last().map_or(self.started, |event| event.at);
        if newest.max(self.started) > now {
            let expected = format!("instants up to the present one, {}", rfc3339(now));
            return Err(ValidationError::new("", expected));
        }
        let hangs_and_fails = |does: &DoesState| {
            matches!(
                does,
                DoesState::Work {
                    takes: None,
                    fails: Some(_)
                }
            )
        };
        if let Some(step) = self.does.iter().position(hangs_and_fails) {
            let expected = "nothing, since work that takes for ever does not fail";
            return Err(ValidationError::new(
                format!("does[{step}].work.fails"),
                expected,
            ));
        }
        let plan = RunPlan {
            tree: self.tree.restore(),
            steps: self.does.into_iter().map(DoesState::restore).collect(),
            fail: if self.continue_on_failure {
                FailurePolicy::Continue
            } else {
                FailurePolicy::Stop
            },
            start_delay: self.lead,
            stop_delay: self.brake,
            limit: self.limit,
        };
        let events = self.events.into_iter().map(|event| AcceptedCommand {
            at: event.at,
            command: match event.command {
                CommandState::Stop => Command::Stop,
                CommandState::Continue => Command::Continue,
                CommandState::Approve(step) => Command::Approve(step),
                CommandState::Refuse(step) => Command::Refuse(step),
                CommandState::Abort(takes) => Command::Abort(takes.unwrap_or(NEVER)),
            },
        });
        Run::restore(self.started, plan, &events.collect::<Vec<_>>())
            .map_err(|expected| ValidationError::new("", expected))
    }
}

impl NodeState {
    fn of(node: &Node) -> Self {
        let all = |nodes: &[Node]| nodes.iter().map(Self::of).collect();
        match node {
            Node::Step(step) => Self::Step(*step),
            Node::Seq(nodes) => Self::Seq(all(nodes)),
            Node::Par(nodes) => Self::Par(all(nodes)),
        }
    }

    fn restore(self) -> Node {
        let all = |nodes: Vec<Self>| nodes.into_iter().map(Self::restore).collect();
        match self {
            Self::Step(step) => Node::Step(step),
            Self::Seq(nodes) => Node::Seq(all(nodes)),
            Self::Par(nodes) => Node::Par(all(nodes)),
        }
    }
}

impl DoesState {
    fn of(does: &StepPlan) -> Self {
        match does {
            StepPlan::Work { takes, outcome } => Self::Work {
                takes: finite(*takes),
                fails: match outcome {
                    Outcome::Succeed => None,
                    Outcome::Fail(message) => Some(message.to_string()),
                },
            },
            StepPlan::Gate => Self::Gate,
            StepPlan::Skip => Self::Skip,
            StepPlan::Inherited(span) => Self::Carried {
                begin: span.begin,
                end: span.end,
            },
        }
    }

    fn restore(self) -> StepPlan {
        match self {
            Self::Work { takes, fails } => StepPlan::Work {
                takes: takes.unwrap_or(NEVER),
                outcome: fails.map_or(Outcome::Succeed, |message| Outcome::Fail(message.into())),
            },
            Self::Gate => StepPlan::Gate,
            Self::Skip => StepPlan::Skip,
            // Only what succeeded is ever carried over.
            Self::Carried { begin, end } => StepPlan::Inherited(Span {
                begin,
                end,
                verdict: Verdict::Succeeded,
            }),
        }
    }
}

/// A length as it is written down.
fn finite(length: Millis) -> Option<Millis> {
    (length < NEVER).then_some(length)
}

/// Reads a field that may be null but must be there.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Millis>, D::Error> {
    Option::deserialize(deserializer)
}

//! The stages of a pipeline and their tasks, and the steps of a run made of them.

use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::sim::lifecycle::Node;

/// A stage as far as the emulator acts on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// True if it waits for an approval under its own name before its tasks begin.
    pub gated: bool,
    /// Its tasks. Without any the stage is passed at once.
    pub tasks: Vec<Task>,
}

/// A task as far as the emulator acts on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Its name, unique in the stage.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// Its order number, which is only carried: the order of the array counts.
    pub order_index: i64,
    /// Tasks of one group run one after the other, groups at once. Those without form one group.
    pub group: Option<String>,
    pub approval: bool,
}

/// The stages of a pipeline and the steps they make, shared with the executions that were started with them.
#[derive(Clone, Debug)]
pub struct Stages(Arc<Indexed>);

#[derive(Debug)]
struct Indexed {
    stages: Box<[Stage]>,
    /// Where each step of a run is.
    places: Box<[StepLocation]>,
}

/// Where a step is, by the positions of its stage and of its task in the stage.
#[derive(Clone, Copy, Debug)]
enum StepLocation {
    Gate(usize),
    Task(usize, usize),
    Pass(usize),
    Opaque,
}

impl Stages {
    /// The steps of a run, in the order of the stages; within one the gate first, then the tasks in their order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.0.places.iter().map(|place| self.at(*place))
    }

    pub(crate) fn n_steps(&self) -> usize {
        self.0.places.len()
    }

    /// A step of a run.
    pub(crate) fn step(&self, step: usize) -> Option<Step<'_>> {
        self.0.places.get(step).map(|place| self.at(*place))
    }

    fn at(&self, place: StepLocation) -> Step<'_> {
        match place {
            StepLocation::Gate(stage) => Step::Gate(&self[stage]),
            StepLocation::Task(stage, task) => Step::Task(&self[stage], &self[stage].tasks[task]),
            StepLocation::Pass(stage) => Step::Pass(&self[stage]),
            StepLocation::Opaque => Step::Opaque,
        }
    }
}

impl FromIterator<Stage> for Stages {
    fn from_iter<I: IntoIterator<Item = Stage>>(stages: I) -> Self {
        let stages: Box<[Stage]> = stages.into_iter().collect();
        let mut places = Vec::new();
        for (n, stage) in stages.iter().enumerate() {
            places.extend(stage.gated.then_some(StepLocation::Gate(n)));
            places.extend(stage.tasks.is_empty().then_some(StepLocation::Pass(n)));
            places.extend((0..stage.tasks.len()).map(|k| StepLocation::Task(n, k)));
        }
        if places.is_empty() {
            places.push(StepLocation::Opaque);
        }
        Self(Arc::new(Indexed {
            stages,
            places: places.into(),
        }))
    }
}

impl Default for Stages {
    fn default() -> Self {
        Self::from_iter([])
    }
}

impl Deref for Stages {
    type Target = [Stage];

    fn deref(&self) -> &[Stage] {
        &self.0.stages
    }
}

impl PartialEq for Stages {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Stages {}

/// A stage and tasks of it that are to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectedStage {
    /// The stage's name.
    pub stage: String,
    /// The names of its tasks.
    pub tasks: Vec<String>,
}

/// A name in a selection that the pipeline does not have, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownName {
    /// The stage of an entry.
    Stage(usize),
    /// A task of an entry.
    Task(usize, usize),
}

/// True if a selection names no task at all.
pub(crate) fn is_nothing(selected: &[SelectedStage]) -> bool {
    selected.iter().all(|entry| entry.tasks.is_empty())
}

/// Checks that a selection names only what there is.
pub(crate) fn check_selection(
    stages: &[Stage],
    selected: &[SelectedStage],
) -> Result<(), UnknownName> {
    for (n, entry) in selected.iter().enumerate() {
        let stage = stages
            .iter()
            .find(|stage| stage.name == entry.stage)
            .ok_or(UnknownName::Stage(n))?;
        let unknown = |name: &String| stage.tasks.iter().all(|task| task.name != *name);
        if let Some(k) = entry.tasks.iter().position(unknown) {
            return Err(UnknownName::Task(n, k));
        }
    }
    Ok(())
}

/// True if a selection takes in a task of a stage. No selection takes in everything.
pub(crate) fn is_selected(selected: Option<&[SelectedStage]>, stage: &Stage, task: &Task) -> bool {
    selected.is_none_or(|selected| {
        selected
            .iter()
            .any(|entry| entry.stage == stage.name && entry.tasks.contains(&task.name))
    })
}

/// What a step of a run stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The approval before a stage.
    Gate(&'a Stage),
    /// A task of a stage.
    Task(&'a Stage, &'a Task),
    /// Passing a stage that has no tasks.
    Pass(&'a Stage),
    /// The work of a pipeline whose stages are not known.
    Opaque,
}

impl<'a> Step<'a> {
    /// The stage the step belongs to.
    pub fn stage(self) -> Option<&'a Stage> {
        match self {
            Self::Gate(stage) | Self::Task(stage, _) | Self::Pass(stage) => Some(stage),
            Self::Opaque => None,
        }
    }

    /// The name an approval answers to.
    pub fn gate_name(self) -> Option<&'a str> {
        match self {
            Self::Gate(stage) => Some(&stage.name),
            Self::Task(_, task) if task.approval => Some(&task.name),
            Self::Task(..) | Self::Pass(_) | Self::Opaque => None,
        }
    }
}

/// How these steps depend on each other: stages in sequence, the groups of a stage at once, the tasks of a
/// group in sequence.
pub(crate) fn tree(steps: &[Step]) -> Node {
    let mut stages: Vec<(&str, Option<Node>, Vec<Group>)> = Vec::new();
    for (step, part) in steps.iter().enumerate() {
        let name = part.stage().map_or("", |stage| stage.name.as_str());
        if stages.last().is_none_or(|(last, ..)| *last != name) {
            stages.push((name, None, Vec::new()));
        }
        let (_, gate, groups) = stages.last_mut().expect("one was just pushed");
        let group = match part {
            Step::Gate(_) => {
                *gate = Some(Node::Step(step));
                continue;
            }
            Step::Task(_, task) => task.group.as_deref(),
            Step::Pass(_) | Step::Opaque => None,
        };
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, tasks)) => tasks.push(Node::Step(step)),
            None => groups.push((group, vec![Node::Step(step)])),
        }
    }
    let stage = |(_, gate, groups): (&str, Option<Node>, Vec<Group>)| {
        let groups = groups
            .into_iter()
            .map(|(_, tasks)| Node::Seq(tasks))
            .collect();
        Node::Seq(gate.into_iter().chain([Node::Par(groups)]).collect())
    };
    Node::Seq(stages.into_iter().map(stage).collect())
}

/// A group's name, if it has one, and its steps.
type Group<'a> = (Option<&'a str>, Vec<Node>);

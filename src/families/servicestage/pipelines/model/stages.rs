//! The stages of a pipeline and their tasks, and the steps of a run through them.

use std::slice;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::sim::heap::{Heap, heap_of};
use crate::sim::lifecycle::Node;
use crate::sim::memory::block;
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker, pack_structs};
use crate::sim::step_name::{StepName, Unit};

/// The part of a stage that the emulator acts on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Unique in the pipeline.
    pub name: String,
    /// True if the stage waits for an approval, under its own name, before its tasks begin.
    pub gated: bool,
    /// A stage without tasks is passed at once.
    pub tasks: Vec<StageTask>,
}

/// The part of a task that the emulator acts on or shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageTask {
    /// Unique in the stage.
    pub name: String,
    pub display_name: String,
    /// Only shown: tasks run in the order of the array.
    pub order_index: i64,
    /// The tasks of a group run in sequence, the groups of a stage at once. Tasks without a group form one.
    pub group: Option<String>,
    pub approval: bool,
}

/// The stages of a pipeline and the steps of a run through them, shared with the executions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stages(Arc<Indexed>);

#[derive(Debug, PartialEq, Eq)]
struct Indexed {
    stages: Box<[Stage]>,
    /// The location of each step.
    steps: Box<[StepLocation]>,
    /// The memory that the stages take.
    size: usize,
}

heap_of! {
    Stage { name, tasks }
    StageTask { name, display_name, group }
}

/// All owners together have the stages once. Whoever has them alone counts them.
impl Heap for Stages {
    fn heap(&self) -> usize {
        self.0.size
    }
}

/// The stage and task of a step, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepLocation {
    Gate(usize),
    Task(usize, usize),
    Pass(usize),
    Opaque,
}

impl Stages {
    /// True if both are the same memory.
    pub fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub fn as_slice(&self) -> &[Stage] {
        &self.0.stages
    }

    /// The steps in the order of the stages; within a stage the gate first, then the tasks in their order.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.0.steps.iter().map(|location| self.at(*location))
    }

    pub fn n_steps(&self) -> usize {
        self.0.steps.len()
    }

    pub fn step(&self, step: usize) -> Option<Step<'_>> {
        self.0.steps.get(step).map(|location| self.at(*location))
    }

    fn at(&self, location: StepLocation) -> Step<'_> {
        let stages = &self.0.stages;
        match location {
            StepLocation::Gate(stage) => Step::Gate(&stages[stage]),
            StepLocation::Task(stage, task) => {
                Step::Task(&stages[stage], &stages[stage].tasks[task])
            }
            StepLocation::Pass(stage) => Step::Pass(&stages[stage]),
            StepLocation::Opaque => Step::Opaque,
        }
    }

    /// The order of the steps: stages in sequence, the groups of a stage at once, the tasks of a group in sequence.
    pub fn tree(&self) -> Node {
        // A pipeline with unknown stages has one step, just as a stage without tasks.
        let opaque = Stage::default();
        let stages = match self.as_slice() {
            [] => slice::from_ref(&opaque),
            stages => stages,
        };
        let mut n_steps = 0;
        let mut next_step = || {
            n_steps += 1;
            Node::Step(n_steps - 1)
        };
        let mut nodes = Vec::new();
        for stage in stages {
            let mut node = Vec::new();
            if stage.gated {
                node.push(next_step());
            }
            let mut groups: IndexMap<Option<&str>, Vec<Node>> = IndexMap::new();
            if stage.tasks.is_empty() {
                groups.insert(None, vec![next_step()]);
            }
            for task in &stage.tasks {
                let group = groups.entry(task.group.as_deref()).or_default();
                group.push(next_step());
            }
            node.push(Node::Par(groups.into_values().map(Node::Seq).collect()));
            nodes.push(Node::Seq(node));
        }
        Node::Seq(nodes)
    }
}

impl FromIterator<Stage> for Stages {
    fn from_iter<I: IntoIterator<Item = Stage>>(stages: I) -> Self {
        let mut stages: Box<[Stage]> = stages.into_iter().collect();
        for stage in &mut stages {
            // The list was collected in the place of the tasks of the body, which are several times as large.
            stage.tasks.shrink_to_fit();
        }
        let mut steps = Vec::new();
        for (n, stage) in stages.iter().enumerate() {
            steps.extend(stage.gated.then_some(StepLocation::Gate(n)));
            steps.extend(stage.tasks.is_empty().then_some(StepLocation::Pass(n)));
            steps.extend((0..stage.tasks.len()).map(|k| StepLocation::Task(n, k)));
        }
        if steps.is_empty() {
            steps.push(StepLocation::Opaque);
        }
        let size = stages.heap() + block(steps.len() * size_of::<StepLocation>());
        Self(Arc::new(Indexed {
            size,
            stages,
            steps: steps.into(),
        }))
    }
}

impl Default for Stages {
    fn default() -> Self {
        Self::from_iter([])
    }
}

/// The work of one step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The approval before a stage.
    Gate(&'a Stage),
    Task(&'a Stage, &'a StageTask),
    /// Passing a stage that has no tasks.
    Pass(&'a Stage),
    /// The work of a pipeline with unknown stages.
    Opaque,
}

impl<'a> Step<'a> {
    pub fn stage(self) -> Option<&'a Stage> {
        match self {
            Self::Gate(stage) | Self::Task(stage, _) | Self::Pass(stage) => Some(stage),
            Self::Opaque => None,
        }
    }

    /// The full name. Passing a stage and work with unknown stages have none: they are not shown.
    pub fn name(self) -> Option<StepName<&'a str>> {
        let (stage, step) = match self {
            Self::Gate(stage) => (stage, &stage.name),
            Self::Task(stage, task) => (stage, &task.name),
            Self::Pass(_) | Self::Opaque => return None,
        };
        let unit = Unit::Stage(&*stage.name);
        Some(StepName { unit, step })
    }

    /// The name under which an approval is answered.
    pub fn gate_name(self) -> Option<&'a str> {
        match self {
            Self::Gate(stage) => Some(&stage.name),
            Self::Task(_, task) if task.approval => Some(&task.name),
            Self::Task(..) | Self::Pass(_) | Self::Opaque => None,
        }
    }
}

pack_structs! {
    Stage { name, gated, tasks }
    StageTask { name, display_name, order_index, group, approval }
}

/// Those that share stages share them again. The steps follow from the stages.
impl Pack for Stages {
    fn pack(&self, packer: &mut Packer) {
        packer.shared(&self.0, |indexed, packer| indexed.stages.pack(packer));
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        unpacker.shared(|unpacker| Ok(Vec::unpack(unpacker)?.into_iter().collect()))
    }
}

//! The executions that a pipeline keeps.

use std::collections::{VecDeque, vec_deque};

use super::execution::Execution;
use crate::sim::heap::Heap;
use crate::sim::memory::block;
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};

/// The number of executions that a pipeline keeps; older ones are only counted.
pub(crate) const KEPT_EXECUTIONS: usize = 1_000;

/// The newest executions of a pipeline, oldest first. Only the latest changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Executions {
    kept: VecDeque<Execution>,
    /// The memory of all but the latest.
    older: usize,
}

impl Executions {
    /// Adds the latest, and drops the oldest ones if there are more than `most`.
    pub fn push(&mut self, execution: Execution, most: usize) {
        let latest = self.kept.back();
        self.older += latest.map_or(0, |latest| size(latest, Some(&execution)));
        self.kept.push_back(execution);
        while self.kept.len() > most.max(1)
            && let Some(oldest) = self.kept.pop_front()
        {
            let next = self.kept.front();
            self.older = self.older.saturating_sub(size(&oldest, next));
        }
    }

    pub fn len(&self) -> usize {
        self.kept.len()
    }

    pub fn back(&self) -> Option<&Execution> {
        self.kept.back()
    }

    pub fn back_mut(&mut self) -> Option<&mut Execution> {
        self.kept.back_mut()
    }

    /// Oldest first.
    pub fn iter(&self) -> vec_deque::Iter<'_, Execution> {
        self.kept.iter()
    }
}

/// The cost does not grow with the number of executions.
impl Heap for Executions {
    fn heap(&self) -> usize {
        let latest = self.kept.back().map_or(0, |latest| size(latest, None));
        block(self.kept.len() * size_of::<Execution>()) + self.older + latest
    }
}

/// The memory of an execution. Those of one definition share its stages, which count with the last of them.
fn size(execution: &Execution, next: Option<&Execution>) -> usize {
    let has_stages = next.is_none_or(|next| !next.stages.is_shared_with(&execution.stages));
    let stages = if has_stages {
        execution.stages.heap()
    } else {
        0
    };
    execution.heap() + stages
}

/// The memory is counted anew.
impl Pack for Executions {
    fn pack(&self, packer: &mut Packer) {
        self.kept.pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let mut executions = Self::default();
        for _ in 0..unpacker.count()? {
            executions.push(Execution::unpack(unpacker)?, usize::MAX);
        }
        Ok(executions)
    }
}

#[cfg(test)]
mod tests {
    use super::super::execution::{Attempt, Purpose, Trigger};
    use super::super::stages::Stages;
    use super::*;
    use crate::sim::lifecycle::{Node, Run, RunRecord, StepPlan};

    fn execution(stages: &Stages, n_steps: usize) -> Execution {
        let tree = Node::Seq((0..n_steps).map(Node::Step).collect());
        let steps = vec![StepPlan::Gate; n_steps];
        Execution {
            id: 1,
            version: 1,
            executor: "ann".to_owned(),
            trigger: Trigger::Manual,
            triggered: 0,
            stages: stages.clone(),
            attempts: vec![Attempt {
                purpose: Purpose::Release,
                run: Run::start(0, RunRecord::new(tree, steps)),
            }],
        }
    }

    #[test]
    fn the_memory_is_that_of_the_executions_that_are_kept() {
        let stages = [(); 3].map(|()| Stages::default());
        let all = [(0, 5), (0, 100), (1, 1), (2, 7), (2, 7), (2, 1)];
        let push = |most, all: &[(usize, usize)]| {
            let mut executions = Executions::default();
            for (definition, n_steps) in all {
                executions.push(execution(&stages[*definition], *n_steps), most);
            }
            executions
        };
        for most in 1..=all.len() {
            let (executions, kept) = (push(most, &all), &all[all.len() - most..]);
            assert_eq!(executions, push(100, kept), "{most}");
            assert_eq!(executions.heap(), push(100, kept).heap(), "{most}");
        }
        assert_eq!(push(0, &all).len(), 1, "the latest is always kept");
    }
}

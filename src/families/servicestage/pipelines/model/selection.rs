//! A selection of tasks, as a start or a trigger policy names it.

use serde::{Deserialize, Serialize};

use super::stages::{Stage, StageTask};
use crate::families::servicestage::refusal::{Refusal, RefusalCause};
use crate::http::json::ValidationError;
use crate::sim::heap::{Heap, heap_of};
use crate::sim::pack::{pack_structs, pack_wrappers};
use crate::world::hints::listed;

/// The tasks to run. Without a list (absent or null) all of them run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskSelection(Option<Vec<SelectedTasks>>);

/// A stage and some of its tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = PipelineSelectedTasks))]
pub(crate) struct SelectedTasks {
    /// The stage's name.
    stage_name: String,
    /// The names of its tasks.
    tasks: Vec<String>,
}

impl Heap for TaskSelection {
    fn heap(&self) -> usize {
        self.0.heap()
    }
}

heap_of! {
    SelectedTasks { stage_name, tasks }
}

impl TaskSelection {
    pub const ALL: Self = Self(None);

    pub fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// Checks that at least one task is named, and that the pipeline has every named stage and task.
    pub fn validate(&self, stages: &[Stage]) -> Result<(), Refusal> {
        let Some(entries) = &self.0 else {
            return Ok(());
        };
        if entries.iter().all(|entry| entry.tasks.is_empty()) {
            return Err(Refusal {
                error: ValidationError::new("selected_tasks", "must not be empty"),
                hint: "omit selected_tasks to run every task".to_owned(),
                cause: RefusalCause::Request,
            });
        }
        for (n, entry) in entries.iter().enumerate() {
            entry.validate(n, stages)?;
        }
        Ok(())
    }

    /// The selection without the entries that the stages no longer fit; none if that leaves no task.
    pub fn remaining(&self, stages: &[Stage]) -> Option<Self> {
        let Some(entries) = &self.0 else {
            return Some(Self::ALL);
        };
        let mut remaining = entries.clone();
        remaining.retain(|entry| entry.validate(0, stages).is_ok());
        let has_tasks = remaining.iter().any(|entry| !entry.tasks.is_empty());
        has_tasks.then_some(Self(Some(remaining)))
    }

    /// Returns true if the task runs.
    pub fn includes(&self, stage: &Stage, task: &StageTask) -> bool {
        self.0.as_ref().is_none_or(|entries| {
            entries
                .iter()
                .any(|entry| entry.stage_name == stage.name && entry.tasks.contains(&task.name))
        })
    }

    /// Returns true if any part of the stage runs. A stage without tasks runs if it is named.
    pub fn touches(&self, stage: &Stage) -> bool {
        if stage.tasks.is_empty() {
            self.0
                .as_ref()
                .is_none_or(|entries| entries.iter().any(|entry| entry.stage_name == stage.name))
        } else {
            stage.tasks.iter().any(|task| self.includes(stage, task))
        }
    }
}

impl SelectedTasks {
    /// Checks the entry at a position of the selection.
    fn validate(&self, position: usize, stages: &[Stage]) -> Result<(), Refusal> {
        let place = format!("selected_tasks[{position}]");
        let Some(stage) = stages.iter().find(|stage| stage.name == self.stage_name) else {
            let names: Vec<&str> = stages.iter().map(|stage| &*stage.name).collect();
            return Err(Refusal {
                error: ValidationError::new(place + ".stage_name", "there is no such stage"),
                hint: listed("the stages are", &self.stage_name, &names),
                cause: RefusalCause::Request,
            });
        };
        let names: Vec<&str> = stage.tasks.iter().map(|task| &*task.name).collect();
        match self.tasks.iter().position(|name| !names.contains(&&**name)) {
            None => Ok(()),
            Some(n) => Err(Refusal {
                error: ValidationError::new(
                    format!("{place}.tasks[{n}]"),
                    "the stage has no such task",
                ),
                hint: listed("the tasks are", &self.tasks[n], &names),
                cause: RefusalCause::Request,
            }),
        }
    }
}

pack_structs! {
    SelectedTasks { stage_name, tasks }
}

pack_wrappers!(TaskSelection);

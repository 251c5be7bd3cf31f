//! Query and body of an action.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::families::servicestage::pipelines::model::action::Action;
use crate::families::servicestage::pipelines::model::stages::SelectedStage;
use crate::http::json::ValidationError;

/// The query of an action.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActionQuery {
    /// `start`, `stop`, `continue`, `retry`, `approval` or `rollback`.
    #[param(required, value_type = String, pattern = "^(start|stop|continue|retry|approval|rollback)$")]
    action_id: Option<String>,
}

/// The body of an action; every field is optional.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = PipelineActionBody)]
pub(crate) struct ActionBody {
    /// For `start`: the tasks to run. Absent or null: all. Not empty.
    #[schema(min_items = 1)]
    selected_tasks: Option<Vec<SelectedBody>>,
    /// For `approval`, required: the task that waits, or the stage whose gate does.
    #[serde(default)]
    task_name: Option<String>,
    /// For `approval`, required: `agree` or `refuse`.
    #[serde(default)]
    approval_type: Option<ApprovalWord>,
    /// For `approval`: free text, which nothing shows.
    #[serde(default, rename = "message")]
    _message: Option<String>,
}

/// A stage and tasks of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PipelineSelectedTasks)]
pub(crate) struct SelectedBody {
    /// The stage's name.
    pub stage_name: String,
    /// The names of its tasks.
    pub tasks: Vec<String>,
}

impl SelectedBody {
    pub(super) fn of(entry: &SelectedStage) -> Self {
        Self {
            stage_name: entry.stage.clone(),
            tasks: entry.tasks.clone(),
        }
    }
}

/// What is answered at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PipelineApproval)]
enum ApprovalWord {
    Agree,
    Refuse,
}

impl ActionBody {
    /// Checks query and body together. Errors: 400 with the parameter's name.
    pub(crate) fn action(self, query: &ActionQuery) -> Result<Action, ValidationError> {
        match query.action_id.as_deref() {
            Some("start") => Ok(Action::Start(self.selected_tasks.map(select))),
            Some("stop") => Ok(Action::Stop),
            Some("continue") => Ok(Action::Continue),
            Some("retry") => Ok(Action::Retry),
            Some("rollback") => Ok(Action::Rollback),
            Some("approval") => {
                let required = |field| {
                    ValidationError::new(field, "must not be absent with action_id approval")
                };
                let task = self
                    .task_name
                    .filter(|task| !task.is_empty())
                    .ok_or_else(|| required("task_name"))?;
                let agree = self
                    .approval_type
                    .ok_or_else(|| required("approval_type"))?
                    == ApprovalWord::Agree;
                Ok(Action::Approval { task, agree })
            }
            Some(other) => Err(ValidationError::new(
                "action_id",
                format!("{other} is none of start, stop, continue, retry, approval, rollback"),
            )),
            None => Err(ValidationError::new("action_id", "must not be absent")),
        }
    }
}

pub(super) fn select(selected: Vec<SelectedBody>) -> Vec<SelectedStage> {
    let entry = |entry: SelectedBody| SelectedStage {
        stage: entry.stage_name,
        tasks: entry.tasks,
    };
    selected.into_iter().map(entry).collect()
}

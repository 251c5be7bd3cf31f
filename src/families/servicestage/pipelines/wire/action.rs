//! The query and the body of an action.

use serde::Deserialize;

use crate::families::servicestage::pipelines::model::action::Action;
#[cfg(test)]
use crate::families::servicestage::pipelines::model::selection::SelectedTasks;
use crate::families::servicestage::pipelines::model::selection::TaskSelection;
use crate::http::json::ValidationError;

/// The query of an action.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct ActionQuery {
    /// `start`, `stop`, `continue`, `retry`, `approval` or `rollback`.
    #[cfg_attr(test, param(required, value_type = PipelineAction, inline))]
    action_id: Option<String>,
}

/// An action on a pipeline.
#[cfg_attr(test, derive(utoipa::ToSchema), schema(rename_all = "lowercase"))]
#[expect(dead_code, reason = "only the schema uses it")]
enum PipelineAction {
    Start,
    Stop,
    Continue,
    Retry,
    Approval,
    Rollback,
}

/// The body of an action; every field is optional.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct PipelineActionBody {
    /// For `start`: the tasks to run, not empty. Absent or null: all of them.
    #[serde(default)]
    #[cfg_attr(test, schema(min_items = 1, value_type = Option<Vec<SelectedTasks>>))]
    selected_tasks: TaskSelection,
    /// For `approval`, required: the name of the task that waits, or of the stage.
    task_name: Option<String>,
    /// For `approval`, required: `agree` or `refuse`.
    approval_type: Option<PipelineApproval>,
    /// For `approval`: free text, which no response shows.
    #[expect(dead_code, reason = "checked only")]
    message: Option<String>,
}

/// The answer to an approval.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
enum PipelineApproval {
    Agree,
    Refuse,
}

impl PipelineActionBody {
    pub(crate) fn action(self, query: &ActionQuery) -> Result<Action, ValidationError> {
        match query.action_id.as_deref() {
            Some("start") => Ok(Action::Start(self.selected_tasks)),
            Some("stop") => Ok(Action::Stop),
            Some("continue") => Ok(Action::Continue),
            Some("retry") => Ok(Action::Retry),
            Some("rollback") => Ok(Action::Rollback),
            Some("approval") => {
                let required =
                    |field| ValidationError::new(field, "is required with action_id approval");
                let gate = self
                    .task_name
                    .filter(|name| !name.is_empty())
                    .ok_or_else(|| required("task_name"))?;
                let approval = self
                    .approval_type
                    .ok_or_else(|| required("approval_type"))?;
                let agree = approval == PipelineApproval::Agree;
                Ok(Action::Approval { gate, agree })
            }
            Some(other) => Err(ValidationError::new(
                "action_id",
                format!(
                    "must be start, stop, continue, retry, approval or rollback, not {other:?}"
                ),
            )),
            None => Err(ValidationError::new("action_id", "is required")),
        }
    }
}

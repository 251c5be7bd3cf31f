//! The errors of refused commands and definitions.

use super::model::action::{ActionKind, ActionRefusal};
use super::model::selection::InvalidSelection;
use super::model::status::PipelineStatus;
use super::table::NameTaken;
use crate::families::servicestage::error::{Error, ServiceStageErrorKind};
use crate::http::json::ValidationError;

impl From<ActionRefusal> for Error {
    fn from(action_refusal: ActionRefusal) -> Self {
        match action_refusal {
            ActionRefusal::Status(ActionKind::Edit, status) => {
                ServiceStageErrorKind::ParameterInvalid(not_allowed(ActionKind::Edit, status))
                    .into()
            }
            ActionRefusal::Status(kind, status) => Self::at("action_id", not_allowed(kind, status)),
            ActionRefusal::Selection(invalid_selection) => invalid_selection.into(),
            ActionRefusal::NoGate(gate) => {
                Self::at("task_name", format!("no approval waits under {gate}"))
            }
        }
    }
}

fn not_allowed(kind: ActionKind, status: PipelineStatus) -> String {
    let allowed: Vec<&str> = kind
        .allowed()
        .iter()
        .map(|status| status.as_str())
        .collect();
    let (kind, allowed) = (kind.as_str(), allowed.join(", "));
    format!("{kind} is not allowed in status {status}, only in {allowed}")
}

impl From<InvalidSelection> for Error {
    fn from(invalid_selection: InvalidSelection) -> Self {
        match invalid_selection {
            InvalidSelection::Empty => Self::at("selected_tasks", "must not be empty"),
            InvalidSelection::UnknownStage { entry, .. } => Self::at(
                format_args!("selected_tasks[{entry}].stage_name"),
                "there is no such stage",
            ),
            InvalidSelection::UnknownTask { entry, task, .. } => Self::at(
                format_args!("selected_tasks[{entry}].tasks[{task}]"),
                "the stage has no such task",
            ),
        }
    }
}

impl From<NameTaken> for Error {
    fn from(name_taken: NameTaken) -> Self {
        let hint = format!("the pipeline {} has that name", name_taken.holder);
        Self::from(ValidationError::from(name_taken)).with_hint(hint)
    }
}

impl From<NameTaken> for ValidationError {
    fn from(NameTaken { name, .. }: NameTaken) -> Self {
        let expected = format!("{name:?} is already used in the enterprise project");
        Self::new("name", expected)
    }
}

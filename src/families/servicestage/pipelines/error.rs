//! The answers to refused actions and edits of pipelines.

use super::model::action::ActionRefusal;
use super::model::stages::UnknownName;
use super::model::status::Status;
use crate::families::servicestage::error::{Error, ErrorKind};

impl From<ActionRefusal> for Error {
    fn from(refused: ActionRefusal) -> Self {
        match refused {
            ActionRefusal::Status {
                action,
                status,
                allowed,
            } => Self::at("action_id", not_allowed(action, status, allowed)),
            ActionRefusal::Edit { status, allowed } => {
                ErrorKind::ParameterInvalid(not_allowed("edit", status, allowed)).into()
            }
            ActionRefusal::NothingSelected => Self::at("selected_tasks", "must not be empty"),
            ActionRefusal::UnknownName(UnknownName::Stage(n)) => Self::at(
                format_args!("selected_tasks[{n}].stage_name"),
                "there is no such stage",
            ),
            ActionRefusal::UnknownName(UnknownName::Task(n, k)) => Self::at(
                format_args!("selected_tasks[{n}].tasks[{k}]"),
                "the stage has no such task",
            ),
            ActionRefusal::NoGate(task) => {
                Self::at("task_name", format!("no approval waits under {task}"))
            }
        }
    }
}

fn not_allowed(what: &str, status: Status, allowed: &[Status]) -> String {
    let allowed: Vec<String> = allowed
        .iter()
        .map(|status| status.code().to_string())
        .collect();
    let (status, allowed) = (status.code(), allowed.join(", "));
    format!("{what} is not allowed in status {status}, only in {allowed}")
}

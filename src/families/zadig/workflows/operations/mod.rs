//! The operations on tasks and workflows, and what they share.

pub mod commands;
pub mod definitions;
pub mod manual;
pub mod path;
pub mod tasks;

use axum::response::Response;

use super::hints::TaskName;
use super::messages::TaskError;
use super::model::commands::TaskCaller;
use super::model::task::WorkflowTask;
use crate::families::zadig::error::Error;
use crate::families::zadig::query::{Params, integer};
use crate::families::zadig::response::success;
use crate::families::zadig::table::Table;
use crate::http::{Caller, Rejection};
use crate::sim::Millis;
use crate::sim::scripts::Scripts;
use crate::world::handle::Shared;

/// The permission to run workflows.
const RUN_WORKFLOW: &str = "run_workflow";

fn task_caller(caller: &Caller) -> TaskCaller<'_> {
    TaskCaller {
        id: caller.user_id(),
        name: &caller.name,
        is_admin: caller.actions.is_none(),
    }
}

/// Words a refusal that concerns a task, with its hint.
fn refuse(table: &Table, name: TaskName, refusal: TaskError, now: Millis) -> Error {
    let hint = table.task_hint(name, &refusal, now);
    Error::from(refusal).with_hint(hint)
}

fn bad_request(text: &str, hint: &str) -> Error {
    Error::from(Rejection::BadQuery(text.to_owned())).with_hint(hint.to_owned())
}

/// A number in the query; a malformed one is refused without a body.
fn number(params: &Params, name: &str) -> Result<i64, Error> {
    integer(params.get(name)).map_err(|text| Error::unbound(format!("{name}: {text}")))
}

/// The workflow and the task that a query names.
fn task_of(params: &Params) -> Result<(String, i64), Error> {
    let task_id = number(params, "taskId")?;
    let workflow_key = params.get("workflowKey").unwrap_or_default().to_owned();
    Ok((workflow_key, task_id))
}

/// The workflow and the task in a path.
fn task_in_path((workflow_key, task_id): (String, String)) -> Result<(String, i64), Error> {
    let parsed = integer(Some(&task_id)).ok().filter(|_| !task_id.is_empty());
    let task_id = parsed.ok_or_else(|| {
        bad_request(
            "taksID is invalid",
            "the last part of the path must be the number of a task",
        )
    })?;
    Ok((workflow_key, task_id))
}

/// Applies a command to a task.
fn command(
    table: &mut Table,
    shared: &mut Shared,
    (name, cause): (TaskName, &'static str),
    missing: TaskError,
    now: Millis,
    command: impl FnOnce(&mut WorkflowTask, &mut Scripts) -> Result<(), TaskError>,
) -> Result<Response, Error> {
    let Shared { scripts, log, .. } = shared;
    let change_context = &mut log.context(now, cause);
    let result = table
        .workflows
        .command(name.workflow_key, name.task_id, change_context, |task| {
            command(task, scripts)
        });
    table.note_changed_tasks(cause, now, shared);
    match result.unwrap_or(Err(missing)) {
        Ok(()) => Ok(success()),
        Err(refusal) => Err(refuse(table, name, refusal, now)),
    }
}

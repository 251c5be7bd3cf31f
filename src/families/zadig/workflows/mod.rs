//! Workflows and their tasks.
//!
//! A task runs the jobs of a workflow, stage by stage; some wait for an approval, some stages for somebody who starts
//! them. The tasks of an installation wait for each other in a queue.
//!
//! - [`operations`]: the operations. Requests and responses are in [`wire`], the service's own texts in [`messages`].
//! - [`table`]: the workflows and tasks of a world, and their [`queue`]. [`creation`] checks a request and makes a task,
//!   whose jobs [`jobs`] makes of their types and inputs, with the values of variables from [`rendering`]. [`model`] has the
//!   lifecycle.
//! - [`fixture`]: the fixture format.

pub mod creation;
pub mod fixture;
pub mod hints;
pub mod jobs;
pub mod messages;
pub mod model;
pub mod operations;
pub mod queue;
pub mod rendering;
mod resource;
pub mod table;
pub mod wire;

use super::dialect::Zadig;
use crate::http::routes::{Routes, route};
use operations::{commands, definitions, manual, tasks};

/// The URL table.
pub(super) fn routes() -> Routes<Zadig> {
    Routes::default()
        .with(route!("/openapi/workflows", get(definitions::list_workflows)).or_wrong_method())
        .with(
            route!(
                "/openapi/workflows/custom",
                delete(definitions::delete_workflow)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/workflows/custom/task",
                post(tasks::create_workflow_task),
                get(tasks::get_workflow_task),
                delete(commands::cancel_workflow_task)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/workflows/custom/task/approve",
                post(commands::approve_workflow_task)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/workflows/custom/{name}/detail",
                get(definitions::get_workflow)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/workflows/custom/{name}/tasks",
                get(tasks::list_workflow_tasks)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/workflows/custom/{name}/task/{taskID}",
                post(commands::retry_workflow_task),
                put(commands::remark_workflow_task)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/workflows/custom/{name}/task/{taskID}/manual-exec",
                get(manual::get_manual_stage),
                post(manual::start_manual_stage)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/api/aslan/workflow/v4/workflowtask/manualexec/workflow/{name}/task/{taskID}",
                post(manual::start_manual_stage_internally)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/api/aslan/workflow/v4/workflowtask/handle/error",
                post(manual::handle_job_error_internally)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/api/aslan/workflow/v4/workflowtask/approve",
                post(manual::approve_job_internally)
            )
            .or_wrong_method(),
        )
}

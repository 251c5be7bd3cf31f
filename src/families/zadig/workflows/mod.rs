//! Workflows and their tasks.
//!
//! A task runs the jobs of a workflow, stage by stage; some wait for an approval, some stages for somebody who starts
//! them. The tasks of an installation wait for each other in a queue.
//!
//! - [`operations`]: the operations. Requests and responses are in [`wire`], the service's own texts in [`messages`].
//! - [`table`]: the workflows and tasks of a world, and their [`queue`]. [`creation`] checks a request and makes a task,
//!   whose jobs [`jobs`] makes of their types and inputs. [`model`] has the lifecycle.
//! - [`fixture`]: the fixture format.

pub mod creation;
pub mod fixture;
pub mod hints;
pub mod jobs;
pub mod messages;
pub mod model;
pub mod operations;
pub mod queue;
mod resource;
pub mod table;
pub mod wire;

use serde_json::json;
use strum::VariantArray;
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{OpenApi, RefOr};

use super::dialect::Zadig;
use crate::http::routes::{Routes, route};
use model::status::WorkflowStatus;
use operations::{commands, definitions, manual, tasks};

/// The URL table.
pub(super) fn routes() -> Routes<Zadig> {
    Routes::default()
        .with(route!(definitions::list_workflows).or_wrong_method())
        .with(route!(definitions::delete_workflow).or_wrong_method())
        .with(
            route!(
                tasks::create_workflow_task,
                tasks::get_workflow_task,
                commands::cancel_workflow_task
            )
            .or_wrong_method(),
        )
        .with(route!(commands::approve_workflow_task).or_wrong_method())
        .with(route!(definitions::get_workflow).or_wrong_method())
        .with(route!(tasks::list_workflow_tasks).or_wrong_method())
        .with(
            route!(
                commands::retry_workflow_task,
                commands::remark_workflow_task
            )
            .or_wrong_method(),
        )
        .with(route!(manual::get_manual_stage, manual::start_manual_stage).or_wrong_method())
        .with(route!(manual::start_manual_stage_internally).or_wrong_method())
        .with(route!(manual::handle_job_error_internally).or_wrong_method())
        .with(route!(manual::approve_job_internally).or_wrong_method())
}

/// Declares the empty status, which utoipa shows under its name in Rust.
pub(super) fn follow(api: &mut OpenApi) {
    let components = api.components.as_mut();
    let schema = components.and_then(|all| all.schemas.get_mut(&*WorkflowStatus::name()));
    if let Some(RefOr::T(Schema::Object(schema))) = schema {
        let statuses = WorkflowStatus::VARIANTS.iter();
        schema.enum_values = Some(statuses.map(|status| json!(status)).collect());
    }
}

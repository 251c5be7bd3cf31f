//! The workflow tasks of plans: the one place where plans and workflows meet. No workflow is known yet.

#![expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "workflows will need all of it"
)]

use super::context::{PlanContext, PlanUser};
use super::messages::PlanError;
use super::model::job::{TaskCourse, ZadigTaskRequest, ZadigWorkflowSpec};
use super::model::plan::ZadigPlan;
use crate::families::zadig::error::Error;
use crate::families::zadig::table::Table;
use crate::sim::Millis;
use crate::world::handle::Shared;

/// The plan that a task is started for.
#[derive(Clone, Copy, Debug)]
pub struct PlanRef<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub index: i64,
}

impl Table {
    /// The workflow of a job with its inputs, as it is now.
    pub(super) fn planned_workflow(
        &self,
        request: ZadigTaskRequest,
        _context: &PlanContext,
    ) -> Result<ZadigWorkflowSpec, PlanError> {
        let _ = request;
        let text = "mongo: no documents in result".to_owned();
        Err(PlanError::Workflow(Error::typed(
            6542,
            "查询workflow失败",
            text,
        )))
    }

    /// Starts the task of a job. The error is the service's text.
    pub(super) fn start_plan_task(
        &mut self,
        _request: &ZadigTaskRequest,
        _plan_ref: PlanRef,
        _user: &PlanUser,
        _shared: &mut Shared,
        _now: Millis,
    ) -> Result<(i64, TaskCourse), String> {
        Err("mongo: no documents in result".to_owned())
    }

    /// Retries the task of a job. The error is the service's text.
    pub(super) fn retry_plan_task(
        &mut self,
        _workflow: &str,
        _task_id: i64,
        _shared: &mut Shared,
        _now: Millis,
    ) -> Result<TaskCourse, String> {
        Err("mongo: no documents in result".to_owned())
    }

    /// Cancels the tasks of a plan that goes back to planning.
    pub(super) fn cancel_plan_tasks(
        &mut self,
        _plan: &ZadigPlan,
        _user: &PlanUser,
        _context: &mut PlanContext,
    ) -> Result<(), PlanError> {
        Ok(())
    }
}

//! The workflow tasks of plans: the one place where plans and workflows meet.

use serde::Serialize;

use super::context::{PlanContext, PlanUser};
use super::messages::PlanError;
use super::model::job::{TaskCourse, ZadigTaskRequest, ZadigWorkflowSpec};
use super::model::plan::ZadigPlan;
use crate::families::zadig::error::Error;
use crate::families::zadig::go_json::decode::unmarshal;
use crate::families::zadig::table::Table;
use crate::families::zadig::workflows::creation::{
    TaskRequest, TaskWriteContext, running_jobs, set_parameters,
};
use crate::families::zadig::workflows::jobs::context::JobContext;
use crate::families::zadig::workflows::messages::TaskError;
use crate::families::zadig::workflows::model::commands::{CANCEL, RETRY, TaskCaller};
use crate::families::zadig::workflows::model::status::WorkflowStatus;
use crate::families::zadig::workflows::model::task::{TaskPlan, WorkflowTask, task_key};
use crate::families::zadig::workflows::table::{ChangedTask, WorkflowTable};
use crate::families::zadig::workflows::wire::request::CustomTaskArgs;
use crate::families::zadig::workflows::wire::workflow_view::WorkflowView;
use crate::http::json::RawJson;
use crate::sim::transition::{CLOCK, READ};
use crate::sim::{Millis, NEVER};
use crate::world::handle::Shared;
use crate::world::settings::{Fidelity, References};

impl ZadigTaskRequest {
    /// The request in the form in which workflows take it.
    fn args(&self) -> CustomTaskArgs {
        #[derive(Serialize)]
        struct Kept<'a> {
            parameters: &'a Option<RawJson>,
            inputs: &'a Option<RawJson>,
        }
        let kept = RawJson::new(&Kept {
            parameters: &self.parameters,
            inputs: &self.inputs,
        });
        let args = unmarshal(kept.text().as_bytes(), |_| {});
        args.ok().flatten().unwrap_or_default()
    }

    fn task_request<'a>(
        &'a self,
        args: &'a CustomTaskArgs,
        release_plan: Option<&'a TaskPlan>,
    ) -> TaskRequest<'a> {
        TaskRequest {
            workflow_key: &self.workflow_key,
            project: &self.project_key,
            parameters: &args.parameters,
            inputs: &args.inputs,
            runs_all: self.inputs.is_none(),
            release_plan,
        }
    }
}

impl PlanUser {
    fn task_caller(&self) -> TaskCaller<'_> {
        TaskCaller {
            id: &self.id,
            name: &self.name,
            is_admin: self.is_admin,
        }
    }
}

impl Table {
    /// The workflow of a job with its inputs, as it is now.
    pub(super) fn planned_workflow(
        &self,
        request: ZadigTaskRequest,
        context: &mut PlanContext,
    ) -> Result<ZadigWorkflowSpec, PlanError> {
        let refuse = |error: TaskError| PlanError::Workflow(error.into());
        let user = context.user();
        let task_context = &TaskWriteContext {
            shared: context.shared,
            checks_references: context.settings.checks_references(),
            is_strict: context.settings.fidelity == Fidelity::Strict,
            caller: user.task_caller(),
            now: context.now,
        };
        let args = request.args();
        let task_request = request.task_request(&args, None);
        let mut workflow = self
            .workflow_of(&task_request, task_context)
            .map_err(refuse)?;
        let generation = self.generation();
        set_parameters(&mut workflow, &args.parameters, generation, task_context).map_err(
            |error| match error {
                TaskError::Crash(_) => refuse(error),
                error => PlanError::Parameter(error.to_string()),
            },
        )?;
        let project = workflow.project.clone();
        let job_context = JobContext {
            catalog: &self.catalog,
            checks_references: task_context.checks_references,
            is_strict: task_context.is_strict,
            generation,
            project: &project,
            now: context.now,
        };
        let running = running_jobs(&workflow, &task_request, task_context, &job_context);
        let running = running.map_err(refuse)?;
        for job in workflow.stages.iter_mut().flat_map(|stage| &mut stage.jobs) {
            job.skipped = !running.iter().any(|running| running.job.name == job.name);
        }
        let view = WorkflowView::new(&workflow, &project, generation);
        Ok(ZadigWorkflowSpec {
            workflow: Some(RawJson::new(&view)),
            request,
            ..ZadigWorkflowSpec::default()
        })
    }

    /// Starts the task of a job. The error is the service's text.
    pub(super) fn start_plan_task(
        &mut self,
        request: &ZadigTaskRequest,
        task_plan: &TaskPlan,
        user: &PlanUser,
        shared: &mut Shared,
        now: Millis,
    ) -> Result<(i64, TaskCourse), String> {
        let args = request.args();
        let mut task_context = TaskWriteContext {
            shared,
            checks_references: self.references == References::Checked,
            is_strict: self.fidelity == Fidelity::Strict,
            caller: user.task_caller(),
            now,
        };
        let task_request = request.task_request(&args, Some(task_plan));
        let started = self.run_workflow(&task_request, &mut task_context);
        let (_, task_id) = started.map_err(|error| Error::from(error).as_cause())?;
        Ok((
            task_id,
            task_course(&self.workflows, &request.workflow_key, task_id, now),
        ))
    }

    /// Retries the task of a job. The error is the service's text.
    pub(super) fn retry_plan_task(
        &mut self,
        workflow_key: &str,
        task_id: i64,
        user: &PlanUser,
        shared: &mut Shared,
        now: Millis,
    ) -> Result<TaskCourse, String> {
        let found = self.workflows.find(workflow_key, task_id);
        let is_bare = found.is_some_and(|stored| stored.item.stages.is_empty());
        let stages = if is_bare {
            let task_context = TaskWriteContext {
                shared,
                checks_references: self.references == References::Checked,
                is_strict: self.fidelity == Fidelity::Strict,
                caller: user.task_caller(),
                now,
            };
            self.stages_of_all(workflow_key, &task_context)
        } else {
            Vec::new()
        };
        let Shared { scripts, log, .. } = shared;
        let change_context = &mut log.context(now, RETRY);
        let retried = self
            .workflows
            .command(workflow_key, task_id, change_context, |task| {
                task.retry(stages, scripts, now)
            });
        let retried = retried.unwrap_or(Err(TaskError::NothingToRetry));
        retried.map_err(|error| Error::from(error).as_cause())?;
        Ok(task_course(&self.workflows, workflow_key, task_id, now))
    }

    /// Cancels the tasks of a plan that goes back to planning. Under strict fidelity one that cannot be cancelled, as it has
    /// passed, is in the way.
    pub(super) fn cancel_plan_tasks(
        &mut self,
        plan: &ZadigPlan,
        user: &PlanUser,
        context: &mut PlanContext,
    ) -> Result<(), PlanError> {
        let workflows = plan.jobs.iter().filter_map(|job| job.workflow());
        let tasks = workflows.filter(|workflow| workflow.task_id != 0);
        let tasks: Vec<(&str, i64)> = tasks
            .map(|workflow| (&*workflow.request.workflow_key, workflow.task_id))
            .collect();
        let (now, caller) = (context.now, user.task_caller());
        if context.settings.fidelity == Fidelity::Strict {
            for (workflow_key, task_id) in &tasks {
                let stored = self.workflows.find(workflow_key, *task_id);
                let mut twin = stored.map(|stored| stored.item.clone());
                let cancelled = match &mut twin {
                    Some(twin) => twin.cancel(&caller, now),
                    None => Err(TaskError::NothingToCancel),
                };
                cancelled.map_err(|error| PlanError::CancelTask {
                    workflow: (*workflow_key).to_owned(),
                    task_id: *task_id,
                    why: Error::from(error).as_cause(),
                })?;
            }
        }
        for (workflow_key, task_id) in tasks {
            let change_context = &mut context.shared.log.context(now, CANCEL);
            let cancel = |task: &mut WorkflowTask| task.cancel(&caller, now);
            // Under documented fidelity a task that has passed stays as it is.
            let _ = self
                .workflows
                .command(workflow_key, task_id, change_context, cancel);
        }
        Ok(())
    }

    /// Fires the first timer of a task that is due. Returns true if there was one.
    pub(in crate::families::zadig) fn fire_next_task(
        &mut self,
        now: Millis,
        shared: &mut Shared,
    ) -> bool {
        let due = self.workflows.collection.next_due();
        let has_fired = self.workflows.fire_next(now, &mut shared.log);
        if has_fired {
            self.note_changed_tasks(CLOCK, due, shared);
        }
        has_fired
    }

    /// Moves the tasks of a plan to their next status.
    pub(in crate::families::zadig) fn hasten_plan(
        &mut self,
        id: &str,
        shared: &mut Shared,
        now: Millis,
    ) {
        let Some(stored) = self.release_plans.collection.find(id) else {
            return;
        };
        let running = stored.item.jobs.iter().filter_map(|job| job.running_task());
        let tasks: Vec<String> = running
            .map(|(workflow_key, task_id)| task_key(workflow_key, task_id))
            .collect();
        for task in tasks {
            self.workflows.hasten(&task, &mut shared.log, now);
        }
        self.note_changed_tasks(READ, now, shared);
    }

    /// Lets plans know of tasks of theirs that have changed.
    pub(in crate::families::zadig) fn note_changed_tasks(
        &mut self,
        cause: &str,
        now: Millis,
        shared: &mut Shared,
    ) {
        while !self.workflows.changed.is_empty() {
            // Changes that are due at this instant happen before.
            while self.fire_next_plan(now, shared) {}
            for changed in std::mem::take(&mut self.workflows.changed) {
                self.note_changed_task(&changed, cause, now, shared);
            }
        }
    }

    fn note_changed_task(
        &mut self,
        changed: &ChangedTask,
        cause: &str,
        now: Millis,
        shared: &mut Shared,
    ) {
        let ChangedTask {
            plan_id,
            workflow_key,
            task_id,
        } = changed;
        let Some(stored) = self.release_plans.collection.find(plan_id) else {
            return;
        };
        let mut plan = stored.item.clone();
        plan.settle(now);
        let mut jobs = plan.jobs.iter_mut();
        let job = jobs.find(|job| job.running_task() == Some((workflow_key, *task_id)));
        let Some(workflow) = job.and_then(|job| job.workflow_mut()) else {
            return;
        };
        let course = task_course(&self.workflows, workflow_key, *task_id, now);
        if workflow.course == course {
            return;
        }
        workflow.course = course;
        let change_context = &mut shared.log.context(now, cause);
        self.release_plans.replace(plan_id, plan, change_context);
    }

    /// A plan with the ends of its tasks as far as they can be foreseen, also of those in the queue.
    pub(in crate::families::zadig) fn foreseen_plan(
        &self,
        plan: &ZadigPlan,
        now: Millis,
    ) -> ZadigPlan {
        let mut twin = plan.clone();
        for job in &mut twin.jobs {
            let Some((workflow_key, task_id)) = job.running_task() else {
                continue;
            };
            let end = self.workflows.end_of(workflow_key, task_id, now);
            if let (Some((ends, status)), Some(workflow)) = (end, job.workflow_mut())
                && workflow.course.ends == NEVER
                && has_ended(status)
            {
                workflow.course = course(ends, status);
            }
        }
        twin
    }
}

/// The end of a task if no command comes; that of a task in the queue is not known.
pub(in crate::families::zadig) fn task_course(
    workflows: &WorkflowTable,
    workflow_key: &str,
    task_id: i64,
    now: Millis,
) -> TaskCourse {
    let Some(stored) = workflows.find(workflow_key, task_id) else {
        return TaskCourse::default();
    };
    let task = &stored.item;
    if task.is_queued() {
        return TaskCourse::default();
    }
    let present = task.status(now);
    if has_ended(present) {
        return course(now, present);
    }
    match workflows.end_of(workflow_key, task_id, now) {
        Some((ends, status)) if ends < NEVER && has_ended(status) => course(ends, status),
        _ => TaskCourse::default(),
    }
}

fn course(ends: Millis, status: WorkflowStatus) -> TaskCourse {
    TaskCourse {
        ends,
        status: status.into(),
    }
}

/// True for a status at which a plan takes a task as done or failed.
fn has_ended(status: WorkflowStatus) -> bool {
    status == WorkflowStatus::Passed || status.may_retry()
}

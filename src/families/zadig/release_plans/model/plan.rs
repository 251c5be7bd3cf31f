//! A release plan. Commands move it from status to status; while it is executed, the ends of its workflow tasks and of
//! its window do.

use super::approval::{PASSED, ZadigPlanApproval};
use super::job::ZadigPlanJob;
use super::plan_log::ZadigPlanLog;
use super::status::{ZadigPlanJobStatus, ZadigPlanStatus};
use crate::families::zadig::versions::model::version::FAMILY;
use crate::families::zadig::workflows::model::task::TaskPlan;
use crate::http::json::RawJson;
use crate::sim::collection::Resource;
use crate::sim::heap::heap_of;
use crate::sim::pack::pack_structs;
use crate::sim::step_name::StepName;
use crate::sim::{Millis, NEVER};
use crate::world::settings::ZadigGeneration;

heap_of! {
    ZadigPlan {
        name, manager, manager_id, approver_id, description, created_by, updated_by, jira_sprint_association, approval,
        jobs, instance_code, hook_settings, external_check_failed_reason, callback_description, logs
    }
}

/// A release plan. Its times are in seconds since the epoch, or 0.
#[derive(Clone, Debug, Default)]
pub struct ZadigPlan {
    /// The number of the plan, by which lists are ordered.
    pub index: i64,
    pub name: String,
    /// The account of the manager.
    pub manager: String,
    pub manager_id: String,
    pub approver_id: String,
    /// The window in which jobs can be executed.
    pub start_time: i64,
    pub end_time: i64,
    /// The instant at which the workflows start by themselves.
    pub schedule_execute_time: i64,
    pub description: String,
    pub created_by: String,
    pub create_time: i64,
    pub updated_by: String,
    pub update_time: i64,
    pub jira_sprint_association: Option<RawJson>,
    pub approval: Option<ZadigPlanApproval>,
    pub jobs: Vec<ZadigPlanJob>,
    /// The status as the last command left it; see [`Self::status`].
    pub left_status: ZadigPlanStatus,
    pub planning_time: i64,
    pub finish_planning_time: i64,
    pub approval_time: i64,
    pub executing_time: i64,
    /// The time of success as the last command left it; see [`Self::success_time`].
    pub left_success_time: i64,
    pub instance_code: String,
    pub hook_settings: Option<RawJson>,
    pub wait_for_finish_planning_external_check_time: i64,
    pub wait_for_approve_external_check_time: i64,
    pub wait_for_execute_external_check_time: i64,
    pub wait_for_all_done_external_check_time: i64,
    pub external_check_failed_reason: String,
    pub callback_description: String,
    /// The log, oldest first.
    pub logs: Vec<ZadigPlanLog>,
}

pub const UPDATE: &str = "update";
pub const APPROVE: &str = "approve";
pub const EXECUTE: &str = "execute";
pub const SKIP: &str = "skip";
pub const RETRY: &str = "retry";
pub const DELETE: &str = "delete";

/// The first instant after a second.
pub fn after(seconds: i64) -> Millis {
    seconds.saturating_add(1).saturating_mul(1_000)
}

impl ZadigPlan {
    /// The status. A plan that is executed succeeds with the end of its last task, and times out with its window.
    pub fn status(&self, now: Millis) -> ZadigPlanStatus {
        if self.left_status != ZadigPlanStatus::Executing || now < self.execution_ends() {
            self.left_status
        } else if self.window_ends() <= self.last_task_ends() {
            ZadigPlanStatus::Timeout
        } else {
            ZadigPlanStatus::Success
        }
    }

    /// The plan as its tasks name it.
    pub fn as_task_plan(&self, id: &str) -> TaskPlan {
        TaskPlan {
            id: id.to_owned(),
            name: self.name.clone(),
            index: self.index,
        }
    }

    pub fn success_time(&self, now: Millis) -> i64 {
        let has_succeeded = self.left_status == ZadigPlanStatus::Executing
            && self.status(now) == ZadigPlanStatus::Success;
        if has_succeeded {
            self.last_task_ends().div_euclid(1_000)
        } else {
            self.left_success_time
        }
    }

    /// The status of a job. The end of a task counts as long as the plan is executed.
    pub fn job_status(&self, job: &ZadigPlanJob, now: Millis) -> ZadigPlanJobStatus {
        match self.task_end(job) {
            ends if ends <= now => job
                .workflow()
                .map_or(job.status, |workflow| workflow.course.job_status()),
            _ => job.status,
        }
    }

    /// The status of the task of a job, as the plan has noted it.
    pub fn task_status<'a>(&self, job: &'a ZadigPlanJob, now: Millis) -> &'a str {
        let Some(workflow) = job.workflow() else {
            return "";
        };
        if self.task_end(job) <= now {
            workflow.course.status
        } else {
            &workflow.status
        }
    }

    /// The instant at which the plan notes the end of a job's task, or [`NEVER`].
    fn task_end(&self, job: &ZadigPlanJob) -> Millis {
        if self.left_status != ZadigPlanStatus::Executing {
            return NEVER;
        }
        match running_task_end(job) {
            Some(ends) if ends <= self.window_ends() => ends,
            _ => NEVER,
        }
    }

    /// The instant at which the window is over, or [`NEVER`].
    fn window_ends(&self) -> Millis {
        if self.end_time == 0 {
            NEVER
        } else {
            after(self.end_time)
        }
    }

    /// The instant at which the last task ends, if all jobs have ended then; otherwise [`NEVER`]. The service looks only
    /// at plans with a task, so others do not succeed by themselves.
    fn last_task_ends(&self) -> Millis {
        let mut last = None;
        for job in &self.jobs {
            match running_task_end(job) {
                Some(ends) => last = last.max(Some(ends)),
                None if job.status.is_ended() => {}
                None => return NEVER,
            }
        }
        last.unwrap_or(NEVER)
    }

    /// The instant at which time alone ends the execution, or [`NEVER`].
    fn execution_ends(&self) -> Millis {
        self.window_ends().min(self.last_task_ends())
    }

    /// True if a command on a job comes outside of the window.
    pub fn is_outside_window(&self, seconds: i64) -> bool {
        (self.start_time != 0 || self.end_time != 0)
            && !(self.start_time..=self.end_time).contains(&seconds)
    }

    /// Takes over what time has brought, before a command.
    pub fn settle(&mut self, now: Millis) {
        let status = self.status(now);
        let success_time = self.success_time(now);
        for n in 0..self.jobs.len() {
            let job = &self.jobs[n];
            let job_status = self.job_status(job, now);
            let task_status = self.task_status(job, now).to_owned();
            let job = &mut self.jobs[n];
            job.status = job_status;
            if let Some(workflow) = job.workflow_mut() {
                workflow.status = task_status;
            }
        }
        self.left_status = status;
        self.left_success_time = success_time;
    }

    /// Ends the execution if no job is left.
    pub fn succeed_if_done(&mut self, seconds: i64) {
        if self.jobs.iter().all(|job| job.status.is_ended()) {
            self.left_status = ZadigPlanStatus::Success;
            self.left_success_time = seconds;
        }
    }

    /// Prepares the jobs for an execution. Those that were done before the plan went back to planning stay so.
    pub fn begin_execution(&mut self, seconds: i64) {
        self.left_status = ZadigPlanStatus::Executing;
        self.executing_time = seconds;
        for job in &mut self.jobs {
            if job.last_status == ZadigPlanJobStatus::Done && !job.updated {
                job.status = ZadigPlanJobStatus::Done;
            } else {
                job.executed(ZadigPlanJobStatus::Todo, "", 0);
            }
        }
    }

    /// Takes the plan back to planning.
    pub fn plan_again(&mut self, generation: ZadigGeneration, seconds: i64) {
        self.left_status = ZadigPlanStatus::Planning;
        let is_second = generation == ZadigGeneration::V4;
        for job in &mut self.jobs {
            job.last_status = job.status;
            job.status = ZadigPlanJobStatus::Todo;
            job.updated = false;
            if is_second {
                job.last_status = ZadigPlanJobStatus::Todo;
                job.executed(ZadigPlanJobStatus::Todo, "", 0);
                if let Some(workflow) = job.workflow_mut() {
                    workflow.task_id = 0;
                    super::job::PREPARE.clone_into(&mut workflow.status);
                    workflow.course = super::job::TaskCourse::default();
                }
            }
        }
        if is_second {
            self.planning_time = seconds;
            self.finish_planning_time = 0;
            self.approval_time = 0;
            self.executing_time = 0;
            self.left_success_time = 0;
            self.wait_for_finish_planning_external_check_time = 0;
            self.wait_for_approve_external_check_time = 0;
            self.wait_for_execute_external_check_time = 0;
            self.wait_for_all_done_external_check_time = 0;
            self.external_check_failed_reason.clear();
        }
    }

    /// True if the approval does not stand in the way of an execution.
    pub fn is_approved(&self) -> bool {
        self.approval
            .as_ref()
            .is_none_or(|approval| !approval.enabled || approval.status == PASSED)
    }

    /// The positions of the jobs that a scheduled execution starts.
    pub fn scheduled_jobs(&self) -> Vec<usize> {
        let is_scheduled = |job: &ZadigPlanJob| {
            let is_open = matches!(
                job.status,
                ZadigPlanJobStatus::New | ZadigPlanJobStatus::Todo | ZadigPlanJobStatus::Failed
            );
            job.workflow().is_some() && is_open
        };
        let jobs = self.jobs.iter().enumerate();
        jobs.filter(|(_, job)| is_scheduled(job))
            .map(|(n, _)| n)
            .collect()
    }

    /// The instant of the scheduled execution, if it is after `now` and the plan is still executed then.
    fn scheduled_after(&self, now: Millis) -> Millis {
        if self.left_status != ZadigPlanStatus::Executing || self.schedule_execute_time == 0 {
            return NEVER;
        }
        let at = self.schedule_execute_time.saturating_mul(1_000);
        if now < at && at < self.execution_ends() {
            at
        } else {
            NEVER
        }
    }
}

/// The end of the task that runs for a job, if one does.
fn running_task_end(job: &ZadigPlanJob) -> Option<Millis> {
    job.running_task()?;
    Some(job.workflow()?.course.ends)
}

impl Resource for ZadigPlan {
    const FAMILY: &'static str = FAMILY;
    const KIND: &'static str = "release_plan";

    fn name(&self) -> &str {
        &self.name
    }

    fn next_due(&self, now: Millis) -> Millis {
        if self.left_status != ZadigPlanStatus::Executing || self.execution_ends() <= now {
            return NEVER;
        }
        let ends = self.jobs.iter().map(|job| self.task_end(job));
        ends.chain([self.window_ends(), self.scheduled_after(now)])
            .filter(|due| now < *due)
            .min()
            .unwrap_or(NEVER)
    }

    /// The ends of tasks. The end of the window and the scheduled execution are no progress.
    fn progress_due(&self, now: Millis) -> Millis {
        if self.execution_ends() <= now {
            return NEVER;
        }
        let ends = self.jobs.iter().map(|job| self.task_end(job));
        ends.filter(|due| now < *due).min().unwrap_or(NEVER)
    }

    fn status_label(&self, now: Millis) -> &str {
        self.status(now).into()
    }

    fn n_steps(&self) -> usize {
        self.jobs.len()
    }

    fn step(&self, step: usize, now: Millis) -> Option<(StepName<&str>, &str)> {
        let job = self.jobs.get(step)?;
        let status = self.job_status(job, now);
        Some((StepName::whole(&job.name), status.into()))
    }

    fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        let jobs = self.jobs.iter().enumerate();
        jobs.filter(|(_, job)| self.task_end(job) == due)
            .map(|(n, _)| n)
            .collect()
    }

    fn has_timed_action(&self, now: Millis) -> bool {
        self.scheduled_after(now - 1) == now
    }
}

pack_structs! {
    ZadigPlan {
        index, name, manager, manager_id, approver_id, start_time, end_time,
        schedule_execute_time, description, created_by, create_time, updated_by, update_time,
        jira_sprint_association, approval, jobs, left_status, planning_time, finish_planning_time,
        approval_time, executing_time, left_success_time, instance_code, hook_settings,
        wait_for_finish_planning_external_check_time, wait_for_approve_external_check_time,
        wait_for_execute_external_check_time, wait_for_all_done_external_check_time,
        external_check_failed_reason, callback_description, logs,
    }
}

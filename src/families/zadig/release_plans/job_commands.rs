//! The commands on the jobs of a plan: execute, skip, retry.

use super::context::{PlanContext, PlanEvent, PlanUser};
use super::messages::{JobRefusal, PlanError};
use super::model::job::{TEXT, WORKFLOW, ZadigPlanJob, ZadigPlanJobSpec};
use super::model::plan::{EXECUTE, RETRY, SKIP, ZadigPlan};
use super::model::plan_log::words;
use super::model::status::{ZadigPlanJobStatus, ZadigPlanStatus};
use super::wire::request::{RemarkBody, specification};
use crate::families::zadig::go_json::any_value::AnyValue;
use crate::families::zadig::table::Table;
use crate::sim::Millis;
use crate::sim::transition::SCHEDULE;
use crate::world::handle::Shared;
use crate::world::settings::ZadigGeneration;

/// A command on a job.
#[derive(Clone, Debug)]
pub struct JobCommand {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub spec: AnyValue,
}

/// The effect of a command on a job. The service goes by the type in the request, whatever that of the job is.
enum JobWork {
    Text { remark: String },
    Workflow,
}

impl JobCommand {
    /// The work that an execution or a skip does.
    fn work(&self, doing: &'static str) -> Result<JobWork, PlanError> {
        let refuse = |cause: String| PlanError::JobRequest { doing, cause };
        let invalid = |error: String| refuse(format!("invalid spec: {error}"));
        match &*self.kind {
            TEXT => {
                let body: RemarkBody = specification(&self.spec).map_err(invalid)?;
                Ok(JobWork::Text {
                    remark: body.remark,
                })
            }
            WORKFLOW => Ok(JobWork::Workflow),
            kind => Err(refuse(format!("invalid release job type: {kind}"))),
        }
    }
}

impl ZadigPlan {
    /// Checks that the plan is executed now.
    pub fn may_execute(&self, now: Millis) -> Result<(), PlanError> {
        match self.status(now) {
            ZadigPlanStatus::Executing => self.check_window(now),
            status => Err(PlanError::CannotExecute(status)),
        }
    }

    pub fn may_skip(&self, now: Millis) -> Result<(), PlanError> {
        match self.status(now) {
            ZadigPlanStatus::Executing => self.check_window(now),
            status => Err(PlanError::CannotSkip(status)),
        }
    }

    pub fn may_retry(&self, now: Millis) -> Result<(), PlanError> {
        match self.status(now) {
            ZadigPlanStatus::Executing | ZadigPlanStatus::Success => self.check_window(now),
            status => Err(PlanError::CannotExecute(status)),
        }
    }

    fn check_window(&self, now: Millis) -> Result<(), PlanError> {
        if self.is_outside_window(now.div_euclid(1_000)) {
            return Err(PlanError::OutsideWindow);
        }
        Ok(())
    }

    /// The position of a job.
    fn job_position(&self, id: &str, doing: &'static str) -> Result<usize, PlanError> {
        let position = self.jobs.iter().position(|job| job.id == id);
        position.ok_or_else(|| {
            let cause = JobRefusal::Unknown(id.to_owned());
            PlanError::Job { doing, cause }
        })
    }

    /// Checks that a user may command the jobs.
    fn check_manager(&self, user: &PlanUser) -> Result<(), JobRefusal> {
        if user.manages(self) {
            return Ok(());
        }
        Err(JobRefusal::NotManager {
            user: user.name.clone(),
            plan: self.name.clone(),
        })
    }
}

impl ZadigPlanJob {
    /// Refuses a command that the status does not allow.
    fn refuse(&self, command: &'static str) -> JobRefusal {
        JobRefusal::Status {
            job: self.name.clone(),
            status: self.status,
            command,
        }
    }

    fn set_remark(&mut self, text: String) {
        if let ZadigPlanJobSpec::Text(spec) = &mut self.spec {
            spec.remark = Some(text);
        }
    }
}

impl Table {
    /// Executes a job: a text is done, a workflow starts a task.
    pub fn execute_job(
        &mut self,
        id: &str,
        command: &JobCommand,
        context: &mut PlanContext,
    ) -> Result<(), PlanError> {
        const DOING: &str = "execute";
        let has_manager = self.generation() == ZadigGeneration::V4;
        let stored = self.release_plans.find(id, "get plan: ")?;
        let (id, mut plan) = (stored.id.to_string(), stored.item.clone());
        let (user, seconds) = (context.user(), context.seconds());
        plan.settle(context.now);
        plan.may_execute(context.now)?;
        let work = command.work("executor")?;
        let n = plan.job_position(&command.id, DOING)?;
        let refuse = |cause| PlanError::Job {
            doing: DOING,
            cause,
        };
        if matches!(work, JobWork::Workflow) && plan.jobs[n].workflow().is_none() {
            return Err(refuse(JobRefusal::NoWorkflow));
        }
        if has_manager {
            plan.check_manager(&user).map_err(refuse)?;
        }
        let job = &mut plan.jobs[n];
        match work {
            JobWork::Text { remark } => {
                if job.status != ZadigPlanJobStatus::Todo {
                    return Err(refuse(JobRefusal::NotTodo(job.name.clone())));
                }
                job.set_remark(remark);
                job.executed(ZadigPlanJobStatus::Done, &user.name, seconds);
            }
            JobWork::Workflow => {
                let may_start = matches!(
                    job.status,
                    ZadigPlanJobStatus::Todo | ZadigPlanJobStatus::Failed
                );
                if !may_start {
                    return Err(refuse(job.refuse(EXECUTE)));
                }
                self.start_job(&id, &mut plan, n, &user, context.shared, context.now)
                    .map_err(refuse)?;
            }
        }
        self.end_command(&id, plan, &user, words::EXECUTE, &command.name, context);
        Ok(())
    }

    /// Skips a job.
    pub fn skip_job(
        &mut self,
        id: &str,
        command: &JobCommand,
        context: &mut PlanContext,
    ) -> Result<(), PlanError> {
        const DOING: &str = "skip";
        let stored = self.release_plans.find(id, "get plan: ")?;
        let (id, mut plan) = (stored.id.to_string(), stored.item.clone());
        let (user, seconds) = (context.user(), context.seconds());
        plan.settle(context.now);
        plan.may_skip(context.now)?;
        let work = command.work("skipper")?;
        let n = plan.job_position(&command.id, DOING)?;
        let refuse = |cause| PlanError::Job {
            doing: DOING,
            cause,
        };
        let job = &mut plan.jobs[n];
        let is_todo = job.status == ZadigPlanJobStatus::Todo;
        let by = match work {
            JobWork::Text { .. } if !is_todo => {
                return Err(refuse(JobRefusal::NotTodo(job.name.clone())));
            }
            JobWork::Text { remark } => {
                job.set_remark(remark);
                &user.name
            }
            JobWork::Workflow if job.workflow().is_none() => {
                return Err(refuse(JobRefusal::NoWorkflow));
            }
            JobWork::Workflow if !is_todo => return Err(refuse(job.refuse(SKIP))),
            // The service notes the account here, not the name.
            JobWork::Workflow => &user.account,
        };
        job.executed(ZadigPlanJobStatus::Skipped, by, seconds);
        self.end_command(&id, plan, &user, words::SKIP, &command.name, context);
        Ok(())
    }

    /// Retries the failed task of a job. A plan that has succeeded with it is executed again.
    pub fn retry_job(
        &mut self,
        id: &str,
        command: &JobCommand,
        context: &mut PlanContext,
    ) -> Result<(), PlanError> {
        // The service words its retry like an execution.
        const DOING: &str = "execute";
        let stored = self.release_plans.find(id, "get plan: ")?;
        let (id, mut plan) = (stored.id.to_string(), stored.item.clone());
        let (user, seconds) = (context.user(), context.seconds());
        plan.settle(context.now);
        plan.may_retry(context.now)?;
        let doing = "executor";
        match &*command.kind {
            WORKFLOW => {}
            TEXT => {
                let cause = "text release job does not support retry".to_owned();
                return Err(PlanError::JobRequest { doing, cause });
            }
            kind => {
                let cause = format!("invalid release job type: {kind}");
                return Err(PlanError::JobRequest { doing, cause });
            }
        }
        let n = plan.job_position(&command.id, DOING)?;
        let refuse = |cause| PlanError::Job {
            doing: DOING,
            cause,
        };
        let job = &plan.jobs[n];
        let Some(workflow) = job.workflow() else {
            return Err(refuse(JobRefusal::NoWorkflow));
        };
        if workflow.task_id == 0 {
            return Err(refuse(JobRefusal::NoTask));
        }
        plan.check_manager(&user).map_err(refuse)?;
        if job.status != ZadigPlanJobStatus::Failed {
            return Err(refuse(job.refuse(RETRY)));
        }
        let (key, task_id) = (workflow.request.workflow_key.clone(), workflow.task_id);
        let course = self
            .retry_plan_task(&key, task_id, &user, context.shared, context.now)
            .map_err(|why| {
                refuse(JobRefusal::Task {
                    doing: "retry",
                    workflow: key,
                    why,
                })
            })?;
        plan.jobs[n].started(task_id, course, &user.name, seconds);
        plan.left_status = ZadigPlanStatus::Executing;
        plan.left_success_time = 0;
        self.end_command(&id, plan, &user, words::RETRY, &command.name, context);
        Ok(())
    }

    /// Starts the task of a job.
    fn start_job(
        &mut self,
        id: &str,
        plan: &mut ZadigPlan,
        n: usize,
        user: &PlanUser,
        shared: &mut Shared,
        now: Millis,
    ) -> Result<(), JobRefusal> {
        let job = &plan.jobs[n];
        let request = job
            .workflow()
            .ok_or(JobRefusal::NoWorkflow)?
            .request
            .clone();
        let task_plan = plan.as_task_plan(id);
        let (task_id, course) = self
            .start_plan_task(&request, &task_plan, user, shared, now)
            .map_err(|why| JobRefusal::Task {
                doing: "create",
                workflow: request.workflow_key,
                why,
            })?;
        plan.jobs[n].started(task_id, course, &user.name, now.div_euclid(1_000));
        Ok(())
    }

    /// Notes a command on a job, and replaces the plan.
    fn end_command(
        &mut self,
        id: &str,
        mut plan: ZadigPlan,
        user: &PlanUser,
        verb: &'static str,
        name: &str,
        context: &mut PlanContext,
    ) {
        let seconds = context.seconds();
        let cause = match verb {
            words::SKIP => SKIP,
            words::RETRY => RETRY,
            _ => EXECUTE,
        };
        plan.commanded(id, user, verb, name, seconds);
        let change_context = &mut context.shared.log.context(context.now, cause);
        self.release_plans.replace(id, plan, change_context);
    }

    /// Fires the first timer of a plan that is due. Returns true if there was one.
    pub(in crate::families::zadig) fn fire_next_plan(
        &mut self,
        now: Millis,
        shared: &mut Shared,
    ) -> bool {
        let mut scheduled = None;
        let plans = &mut self.release_plans.collection;
        let has_fired = plans.fire_next(now, &mut shared.log, |_, id, _, at| {
            scheduled = Some((id.to_owned(), at));
        });
        if let Some((id, at)) = scheduled {
            self.execute_scheduled(&id, shared, at);
        }
        has_fired
    }

    /// Starts the workflows of a plan at the instant of its scheduled execution. The service stops at the first that
    /// cannot be started.
    fn execute_scheduled(&mut self, id: &str, shared: &mut Shared, now: Millis) {
        let Ok(stored) = self.release_plans.find(id, "") else {
            return;
        };
        let mut plan = stored.item.clone();
        plan.settle(now);
        if plan.left_status != ZadigPlanStatus::Executing || !plan.is_approved() {
            return;
        }
        let user = PlanUser::system();
        for n in plan.scheduled_jobs() {
            if self
                .start_job(id, &mut plan, n, &user, shared, now)
                .is_err()
            {
                break;
            }
            let name = plan.jobs[n].name.clone();
            plan.commanded(id, &user, words::EXECUTE, &name, now.div_euclid(1_000));
        }
        let change_context = &mut shared.log.context(now, SCHEDULE);
        self.release_plans.replace(id, plan, change_context);
        self.note_changed_tasks(SCHEDULE, now, shared);
    }
}

impl ZadigPlan {
    /// Notes a command on a job.
    fn commanded(
        &mut self,
        id: &str,
        user: &PlanUser,
        verb: &'static str,
        name: &str,
        seconds: i64,
    ) {
        user.name.clone_into(&mut self.updated_by);
        self.update_time = seconds;
        self.succeed_if_done(seconds);
        let event = PlanEvent {
            verb,
            target_type: words::JOB,
            target_name: name,
            ..PlanEvent::default()
        };
        self.note(id, user, seconds, &event);
    }
}

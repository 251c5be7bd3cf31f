//! The effect of commands on a task.

use super::job_task::{JobTask, JobTaskState};
use super::parts::UserRef;
use super::plan::KeptStates;
use super::status::WorkflowStatus;
use super::task::{TaskProgress, TaskStage, WorkflowTask};
use crate::families::zadig::workflows::messages::TaskError;
use crate::sim::Millis;
use crate::sim::lifecycle::{Command, Phase};
use crate::sim::scripts::Scripts;

pub const CREATE: &str = "create";
pub const CANCEL: &str = "cancel";
pub const RETRY: &str = "retry";
pub const APPROVE: &str = "approve";
pub const MANUAL_EXEC: &str = "manual_exec";
pub const HANDLE_ERROR: &str = "handle_error";

/// The time that a cancelled task takes to stop its jobs.
const WIND_DOWN: Millis = 1_000;

/// The user who gives a command.
#[derive(Clone, Copy, Debug)]
pub struct TaskCaller<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub is_admin: bool,
}

/// The decision on a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    Ignore,
    Reject,
}

impl WorkflowTask {
    /// The commands that the task allows. Approvals and decisions need a job that waits for one.
    pub fn allowed(&self, now: Millis) -> Vec<&'static str> {
        let status = self.status(now);
        let waits_for = |wanted| {
            let mut jobs = self.jobs();
            status == WorkflowStatus::Running
                && self.waits(now)
                && jobs.any(|(_, job)| self.job_status(job, now) == wanted)
        };
        let commands = [
            (CANCEL, status != WorkflowStatus::Passed),
            (RETRY, status.may_retry()),
            (APPROVE, waits_for(WorkflowStatus::WaitForApproval)),
            (
                HANDLE_ERROR,
                waits_for(WorkflowStatus::WaitForManualErrorHandling),
            ),
            (
                MANUAL_EXEC,
                status == WorkflowStatus::Pause && self.paused_stage(now).is_some(),
            ),
        ];
        let allowed = commands.into_iter().filter(|(_, is_allowed)| *is_allowed);
        allowed.map(|(command, _)| command).collect()
    }

    /// True while a job waits for somebody.
    fn waits(&self, now: Millis) -> bool {
        matches!(&self.progress, TaskProgress::Begun(run) if run.phase(now) == Phase::Waiting)
    }

    fn can_answer(&self) -> bool {
        matches!(self.progress, TaskProgress::Begun(_))
    }

    /// Cancels the task in any status but `passed`.
    pub fn cancel(&mut self, caller: &TaskCaller, now: Millis) -> Result<(), TaskError> {
        let status = self.status(now);
        if status == WorkflowStatus::Passed {
            return Err(TaskError::Uncancellable {
                workflow: self.workflow_key.clone(),
                task_id: self.task_id,
                status,
            });
        }
        caller.name.clone_into(&mut self.revoker);
        match &mut self.progress {
            TaskProgress::Begun(run) if !run.phase(now).is_ended() => {
                // One that is being cancelled goes on as before.
                let _ = run.apply(now, Command::Abort(WIND_DOWN));
            }
            TaskProgress::Given(given) => given.status = WorkflowStatus::Cancelled,
            TaskProgress::Begun(_) | TaskProgress::Waiting(_) => self.is_cancelled = true,
        }
        Ok(())
    }

    /// Puts the task into the queue again: what has passed stays. `stages` are those of a task of which a fixture told
    /// none.
    pub fn retry(
        &mut self,
        stages: Vec<TaskStage>,
        scripts: &mut Scripts,
        now: Millis,
    ) -> Result<(), TaskError> {
        if !self.status(now).may_retry() {
            return Err(TaskError::NotRetryable);
        }
        if self.stages.is_empty() {
            self.stages = stages;
        }
        let stages = 0..self.stages.len();
        let kept = stages.map(|stage| self.kept_of_stage(stage, now)).collect();
        self.is_restart = true;
        self.queue_again(&kept, scripts, now);
        Ok(())
    }

    /// The states that stay in a retry: of a stage that has passed all, of others those of jobs that have passed.
    fn kept_of_stage(&self, stage: usize, now: Millis) -> Vec<Option<JobTaskState>> {
        let status = self.stage_state(stage, now).status;
        let has_passed = matches!(status, WorkflowStatus::Passed | WorkflowStatus::Skipped);
        let jobs = self.stages[stage].jobs.iter();
        let states = jobs.map(|job| self.job_state(job, now));
        states
            .map(|state| {
                let has_ended = has_passed && state.status != WorkflowStatus::Idle;
                (has_ended || state.status == WorkflowStatus::Passed).then_some(state)
            })
            .collect()
    }

    fn queue_again(&mut self, kept: &KeptStates, scripts: &mut Scripts, now: Millis) {
        self.last_end = self.ended(now);
        self.queued = now;
        self.is_cancelled = false;
        let plan = self.plan(kept, scripts, now);
        self.progress = TaskProgress::Waiting(plan);
    }

    /// Starts the stage that waits for it.
    pub fn execute_stage(
        &mut self,
        stage: usize,
        caller: &TaskCaller,
        scripts: &mut Scripts,
        now: Millis,
    ) {
        let kept: KeptStates = self.stages[..stage]
            .iter()
            .map(|stage| {
                let states = stage.jobs.iter().map(|job| self.job_state(job, now));
                states.map(Some).collect()
            })
            .collect();
        let manual_exec = self.stages[stage].manual_exec.get_or_insert_default();
        manual_exec.is_executed = true;
        caller.id.clone_into(&mut manual_exec.executor_id);
        caller.name.clone_into(&mut manual_exec.executor_name);
        self.queue_again(&kept, scripts, now);
    }

    /// Checks that a user may start a stage.
    pub fn may_execute(&self, stage: usize, caller: &TaskCaller) -> bool {
        let manual_exec = self.stages[stage].manual_exec.as_ref();
        let mut users = manual_exec
            .into_iter()
            .flat_map(|manual| &manual.manual_exec_users);
        caller.is_admin || users.any(|user| user.includes(caller.id, &self.creator.user_id))
    }

    /// The job tasks that wait for an approval, with the names of their stages.
    pub fn approvals(&self, now: Millis) -> impl Iterator<Item = (&str, &JobTask)> {
        let waits = move |job: &JobTask| {
            self.can_answer() && self.job_status(job, now) == WorkflowStatus::WaitForApproval
        };
        let jobs = self.jobs().filter(move |(_, job)| waits(job));
        jobs.map(|(stage, job)| (&*stage.name, job))
    }

    fn job_mut(&mut self, name: &str) -> Option<&mut JobTask> {
        let mut jobs = self.stages.iter_mut().flat_map(|stage| &mut stage.jobs);
        jobs.find(|job| job.name == name)
    }

    /// Notes the answer of a user to an approval that waits. One refusal refuses it, enough approvals approve it.
    pub fn answer(
        &mut self,
        job_name: &str,
        caller: &TaskCaller,
        approves: bool,
        comment: &str,
        now: Millis,
    ) -> Result<(), TaskError> {
        let Some(job) = self.job_mut(job_name) else {
            return Err(TaskError::NoApproval);
        };
        let step = job.steps.work;
        let native = job
            .approval_mut()
            .and_then(|approval| approval.native_approval.as_mut());
        let (Some(step), Some(native)) = (step, native) else {
            return Err(TaskError::NoApproval);
        };
        let mut users = native.approve_users.iter_mut();
        let Some(user) = users.find(|user| user.user_id == caller.id) else {
            return Err(TaskError::NoApprover(caller.name.to_owned()));
        };
        if !user.reject_or_approve.is_empty() {
            return Err(TaskError::AnsweredAlready {
                user: user.user_name.clone(),
                answer: user.reject_or_approve.clone(),
            });
        }
        let answer = if approves { "approve" } else { "reject" };
        answer.clone_into(&mut user.reject_or_approve);
        comment.clone_into(&mut user.comment);
        user.operation_time = now.div_euclid(1_000);
        let approved = native.approve_users.iter();
        let n_approved = approved.filter(|user| user.reject_or_approve == "approve");
        let is_enough =
            i64::try_from(n_approved.count()).unwrap_or(i64::MAX) >= native.needed_approvers;
        if !approves {
            self.apply(now, Command::Refuse(step));
        } else if is_enough {
            self.apply(now, Command::Approve(step));
        }
        Ok(())
    }

    /// Decides on the failure of a job.
    pub fn handle_error(
        &mut self,
        job_name: &str,
        caller: &TaskCaller,
        handling: Handling,
        now: Millis,
    ) -> Result<(), TaskError> {
        let can_answer = self.can_answer();
        let refused = TaskError::NotHandled(job_name.to_owned());
        let waiting = self.jobs().find(|(_, job)| {
            job.name == job_name
                && can_answer
                && self.job_status(job, now) == WorkflowStatus::WaitForManualErrorHandling
        });
        let Some((_, job)) = waiting else {
            return Err(refused);
        };
        let users = job.error_policy.iter();
        let mut users = users.flat_map(|policy| &policy.approval_users);
        if !users.any(|user| user.includes(caller.id, &self.creator.user_id)) {
            return Err(TaskError::NoApprover(caller.name.to_owned()));
        }
        let Some(gate) = job.steps.handling else {
            return Err(refused);
        };
        if let Some(job) = self.job_mut(job_name) {
            job.handler = Some(UserRef::user(caller.id, caller.name));
        }
        self.apply(
            now,
            match handling {
                Handling::Ignore => Command::Approve(gate),
                Handling::Reject => Command::Refuse(gate),
            },
        );
        Ok(())
    }

    fn apply(&mut self, now: Millis, command: Command) {
        if let TaskProgress::Begun(run) = &mut self.progress {
            let applied = run.apply(now, command);
            debug_assert_eq!(applied, Ok(()), "the gate waits");
        }
    }
}

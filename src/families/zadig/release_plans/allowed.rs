//! The commands that a plan allows at an instant.

use super::model::job::ZadigPlanJob;
use super::model::plan::{APPROVE, DELETE, EXECUTE, RETRY, SKIP, UPDATE, ZadigPlan};
use super::model::status::ZadigPlanJobStatus;
use crate::sim::Millis;
use crate::world::settings::ZadigGeneration;

impl ZadigPlan {
    /// The commands that the plan allows to its manager and its approvers, of which the new statuses have their own names.
    pub fn allowed(&self, generation: ZadigGeneration, now: Millis) -> Vec<&'static str> {
        let is_second = generation == ZadigGeneration::V4;
        let has_job = |is_wanted: &dyn Fn(&ZadigPlanJob, ZadigPlanJobStatus) -> bool| {
            let mut jobs = self.jobs.iter();
            jobs.any(|job| is_wanted(job, self.job_status(job, now)))
        };
        let is_todo = |_: &ZadigPlanJob, status| status == ZadigPlanJobStatus::Todo;
        let has_failed = |job: &ZadigPlanJob, status| {
            status == ZadigPlanJobStatus::Failed
                && job.workflow().is_some_and(|workflow| workflow.task_id != 0)
        };
        let may_start = |job: &ZadigPlanJob, status| {
            is_todo(job, status) || status == ZadigPlanJobStatus::Failed && job.workflow().is_some()
        };
        let is_open = self.may_approve(now).is_ok_and(|native| {
            let mut users = native.approve_users.iter();
            users.any(|user| user.reject_or_approve.is_empty())
        });
        let mut allowed = Vec::new();
        let status = self.status(now);
        for target in status.targets(generation) {
            if self.may_become(*target, generation, now).is_ok() {
                allowed.push(target.into());
            }
        }
        let commands = [
            (APPROVE, is_open),
            (
                EXECUTE,
                self.may_execute(now).is_ok() && has_job(&may_start),
            ),
            (SKIP, self.may_skip(now).is_ok() && has_job(&is_todo)),
            (
                RETRY,
                is_second && self.may_retry(now).is_ok() && has_job(&has_failed),
            ),
            (UPDATE, is_second && status.may_be_edited()),
            (DELETE, true),
        ];
        let names = commands.into_iter().filter(|(_, is_allowed)| *is_allowed);
        allowed.extend(names.map(|(name, _)| name));
        allowed
    }
}

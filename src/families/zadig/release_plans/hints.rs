//! Hints for the refusals of plans: what is missing, and the way to a status that allows the command.

use super::messages::{JobRefusal, PlanError};
use super::model::plan::ZadigPlan;
use super::model::status::ZadigPlanStatus;
use super::table::SCOPE;
use crate::families::zadig::table::Table;
use crate::families::zadig::versions::table::is_id;
use crate::sim::Millis;
use crate::world::hints::{advance, did_you_mean};
use crate::world::settings::ZadigGeneration;

const STATUS_PATH: &str = "POST /api/aslan/release_plan/v1/{id}/status";

impl Table {
    /// The hint for a refused request on the plan with that id.
    pub(super) fn plan_hint(&self, refusal: &PlanError, id: &str, now: Millis) -> Option<String> {
        let stored = self.release_plans.find(id, "").ok();
        let plan = stored.map(|stored| &stored.item);
        let text = match refusal {
            PlanError::Unknown { .. } => return Some(self.unknown_plan_hint(id)),
            PlanError::List(_) => "pageNum and pageSize are too large together",
            PlanError::MissingParameters => "name and manager are required",
            PlanError::UnknownUser(_) => {
                "with --references checked the manager must be the account of one of identities.zadig_users"
            }
            PlanError::ManyUsers(_) => {
                "several of identities.zadig_users have that account and identity type"
            }
            PlanError::NotEditable => {
                "a plan can be edited again once it is back in planning: POST .../status/planning"
            }
            PlanError::Convert { to, .. } => return Some(self.target_hint(plan?, to, now)),
            PlanError::NoJobs => match self.generation() {
                ZadigGeneration::V4 => "PATCH /openapi/release_plan/v1/{id} gives a plan its jobs",
                _ => "under --zadig v3 jobs come from zadig.release_plans of the fixtures",
            },
            PlanError::NotManager
            | PlanError::Job {
                cause: JobRefusal::NotManager { .. },
                ..
            } => return Some(manager_hint(plan?)),
            PlanError::NotApproved(_) => {
                return Some(format!(
                    "{STATUS_PATH}/wait_for_approval asks the approvers, who answer with .../approve"
                ));
            }
            PlanError::ClearApproval(_) | PlanError::NotNative | PlanError::CreateApproval(_) => {
                "only an approval of type native, with a native_approval, can be answered"
            }
            PlanError::CannotApprove(_) => return Some(self.way_hint(plan?, Goal::Approval, now)),
            PlanError::CannotExecute(_) | PlanError::CannotSkip(_) => {
                return Some(self.way_hint(plan?, Goal::Execution, now));
            }
            PlanError::OutsideWindow => return Some(window_hint(plan?, now)),
            PlanError::NoApprover(_) => return Some(approvers_hint(plan?)),
            PlanError::AnsweredAlready { .. } => {
                "each approver answers once; a new round begins with .../status/wait_for_approval"
            }
            PlanError::JobRequest { .. } => {
                "type must be that of the job: text or workflow; only workflows can be retried"
            }
            PlanError::UnknownJob(_) => return Some(jobs_hint(plan?)),
            PlanError::Job { cause, .. } => return job_hint(plan?, cause),
            PlanError::CancelTask { .. } => {
                "the service cannot take a plan back to planning once a task has passed"
            }
            PlanError::Window
            | PlanError::Schedule
            | PlanError::Approval(_)
            | PlanError::InvalidSpec(_)
            | PlanError::Parameter(_)
            | PlanError::SameStatus(_)
            | PlanError::EmptyWorkflow
            | PlanError::Workflow(_) => return None,
        };
        Some(text.to_owned())
    }

    fn unknown_plan_hint(&self, id: &str) -> String {
        let plans = self.release_plans.collection.of(SCOPE).rev();
        did_you_mean("release plan", plans, id).unwrap_or_else(|| {
            if is_id(id) {
                "no release plan has that id; it may be deleted".to_owned()
            } else {
                "an id has 24 hexadecimal digits; the list shows it".to_owned()
            }
        })
    }

    /// The statuses that a plan may get, and the flag if only the second generation has the one that was asked for.
    fn target_hint(&self, plan: &ZadigPlan, to: &str, now: Millis) -> String {
        let generation = self.generation();
        let status = plan.status(now);
        let is_second = to.parse().is_ok_and(|to: ZadigPlanStatus| !to.is_of_both());
        if generation == ZadigGeneration::V3 && is_second {
            return format!("{to} exists since Zadig v4: start with --zadig v4");
        }
        let targets = status.targets(generation);
        if targets.is_empty() {
            return format!("{status} is final");
        }
        let targets: Vec<_> = targets.iter().map(ToString::to_string).collect();
        format!("from {status} a plan may become {}", targets.join(", "))
    }

    /// The next request on the way of a plan.
    fn way_hint(&self, plan: &ZadigPlan, goal: Goal, now: Millis) -> String {
        let status = plan.status(now);
        let is_second = self.generation() == ZadigGeneration::V4;
        let target = match status {
            ZadigPlanStatus::Success | ZadigPlanStatus::Cancel => {
                return format!("{status} is final");
            }
            ZadigPlanStatus::Planning if is_second => ZadigPlanStatus::FinishPlanning,
            ZadigPlanStatus::Planning | ZadigPlanStatus::FinishPlanning
                if goal == Goal::Approval || !plan.is_approved() =>
            {
                ZadigPlanStatus::WaitForApproval
            }
            ZadigPlanStatus::Planning | ZadigPlanStatus::FinishPlanning => {
                ZadigPlanStatus::Executing
            }
            ZadigPlanStatus::WaitForApproval => {
                return "POST /api/aslan/release_plan/v1/{id}/approve by enough approvers executes the plan"
                    .to_owned();
            }
            _ => ZadigPlanStatus::Planning,
        };
        format!("{STATUS_PATH}/{target} is the next step from {status}")
    }
}

/// The status that a refused command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Approval,
    Execution,
}

fn manager_hint(plan: &ZadigPlan) -> String {
    format!(
        "the manager is {}, with the id {:?}; an administrator may do it, too",
        plan.manager, plan.manager_id
    )
}

fn window_hint(plan: &ZadigPlan, now: Millis) -> String {
    let begins = plan.start_time.saturating_mul(1_000);
    if now < begins {
        format!("{} leads to the start of the window", advance(begins - now))
    } else {
        "the window is over: PATCH gives the plan another one, once it is back in planning"
            .to_owned()
    }
}

fn approvers_hint(plan: &ZadigPlan) -> String {
    let approval = plan.approval.as_ref();
    let native = approval.and_then(|approval| approval.native());
    let users = native.into_iter().flat_map(|native| &native.approve_users);
    let ids: Vec<_> = users.map(|user| user.user_id.as_str()).collect();
    format!("the ids of the approvers are {}", ids.join(", "))
}

fn job_hint(plan: &ZadigPlan, refusal: &JobRefusal) -> Option<String> {
    let text = match refusal {
        JobRefusal::Unknown(_) => return Some(jobs_hint(plan)),
        JobRefusal::NotTodo(_) => "only a job in status todo can be executed or skipped",
        JobRefusal::Status { command, .. } => match *command {
            "execute" => "a workflow can be executed in status todo or failed",
            "skip" => "a workflow can be skipped in status todo",
            _ => "a workflow can be retried in status failed",
        },
        JobRefusal::NoWorkflow => "the job is a text",
        JobRefusal::NoTask => "the workflow was never executed",
        JobRefusal::NotManager { .. } | JobRefusal::Task { .. } => return None,
    };
    Some(text.to_owned())
}

fn jobs_hint(plan: &ZadigPlan) -> String {
    let jobs = plan.jobs.iter();
    let known: Vec<_> = jobs
        .map(|job| format!("{} ({})", job.id, job.name))
        .collect();
    format!("the jobs of the plan are {}", known.join(", "))
}

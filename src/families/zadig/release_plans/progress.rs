//! The commands that take a plan from status to status: those of its manager, and the answers of its approvers.

use super::context::{PlanContext, PlanEvent, PlanUser};
use super::messages::PlanError;
use super::model::approval::{Answer, ZadigNativeApproval, ZadigPlanApproval};
use super::model::job::ZadigPlanJob;
use super::model::plan::{APPROVE, ZadigPlan};
use super::model::plan_log::words;
use super::model::status::ZadigPlanStatus;
use crate::families::zadig::table::Table;
use crate::sim::Millis;
use crate::world::settings::ZadigGeneration;

impl ZadigPlan {
    /// Checks that a plan may get a status, apart from who asks for it.
    pub fn may_become(
        &self,
        target: ZadigPlanStatus,
        generation: ZadigGeneration,
        now: Millis,
    ) -> Result<(), PlanError> {
        let from = self.status(now);
        if !from.targets(generation).contains(&target) {
            return Err(PlanError::Convert {
                from,
                to: target.to_string(),
            });
        }
        let leaves_planning = || {
            if from == ZadigPlanStatus::Planning && self.jobs.is_empty() {
                return Err(PlanError::NoJobs);
            }
            Ok(())
        };
        // The first generation does the work of the new status before it looks at the old one.
        if generation == ZadigGeneration::V4 {
            leaves_planning()?;
        }
        match target {
            ZadigPlanStatus::FinishPlanning => {
                let is_empty = |job: &ZadigPlanJob| {
                    let workflow = job.workflow();
                    workflow.is_some_and(|workflow| workflow.request.workflow_key.is_empty())
                };
                if self.jobs.iter().any(is_empty) {
                    return Err(PlanError::EmptyWorkflow);
                }
            }
            ZadigPlanStatus::WaitForApproval => {
                ZadigPlanApproval::may_ask(self.approval.as_ref())?;
            }
            ZadigPlanStatus::Executing if !self.is_approved() => {
                let status = self.approval.as_ref().map(|approval| &approval.status);
                return Err(PlanError::NotApproved(status.cloned().unwrap_or_default()));
            }
            _ => {}
        }
        leaves_planning()
    }

    /// The native approval that is waited for.
    pub fn may_approve(&self, now: Millis) -> Result<&ZadigNativeApproval, PlanError> {
        let status = self.status(now);
        if status != ZadigPlanStatus::WaitForApproval {
            return Err(PlanError::CannotApprove(status));
        }
        let approval = self.approval.as_ref();
        approval
            .and_then(ZadigPlanApproval::native)
            .ok_or(PlanError::NotNative)
    }
}

impl Table {
    /// Gives a plan a status.
    pub fn change_plan_status(
        &mut self,
        id: &str,
        target: &str,
        context: &mut PlanContext,
    ) -> Result<(), PlanError> {
        let generation = self.generation();
        let stored = self.release_plans.find(id, "get plan: ")?;
        let (id, mut plan) = (stored.id.to_string(), stored.item.clone());
        let (user, seconds) = (context.user(), context.seconds());
        plan.settle(context.now);
        let from = plan.left_status;
        if generation == ZadigGeneration::V4 && target == from.to_string() {
            return Err(PlanError::SameStatus(from));
        }
        if !user.manages(&plan) {
            return Err(PlanError::NotManager);
        }
        let Ok(target) = target.parse::<ZadigPlanStatus>() else {
            let to = target.to_owned();
            return Err(PlanError::Convert { from, to });
        };
        plan.may_become(target, generation, context.now)?;
        if target == ZadigPlanStatus::Planning && generation == ZadigGeneration::V4 {
            self.cancel_plan_tasks(&plan, &user, context)?;
        }

        if from == ZadigPlanStatus::Planning {
            plan.planning_time = seconds;
        }
        plan.left_status = target;
        match target {
            ZadigPlanStatus::Planning => plan.plan_again(generation, seconds),
            ZadigPlanStatus::FinishPlanning => plan.finish_planning_time = seconds,
            ZadigPlanStatus::Executing => plan.begin_execution(seconds),
            ZadigPlanStatus::WaitForApproval => {
                if let Some(approval) = &mut plan.approval {
                    approval.ask(context.ids.uuid(|_| false));
                }
            }
            _ => {}
        }
        let event = PlanEvent {
            verb: words::UPDATE,
            target_type: words::STATUS,
            target_name: words::STATUS,
            before: from.into(),
            after: target.into(),
            ..PlanEvent::default()
        };
        plan.note(&id, &user, seconds, &event);
        let change_context = &mut context.shared.log.context(context.now, target.into());
        self.release_plans.replace(&id, plan, change_context);
        Ok(())
    }

    /// Notes the answer of an approver, and executes or denies the plan once the answers suffice.
    pub fn approve_plan(
        &mut self,
        id: &str,
        answer: &Answer,
        context: &mut PlanContext,
    ) -> Result<(), PlanError> {
        let stored = self.release_plans.find(id, "get plan: ")?;
        let (user, seconds) = (context.user(), context.seconds());
        let native = stored.item.may_approve(context.now)?;
        native.may_answer(&user.id, &user.name)?;

        let (id, mut plan) = (stored.id.to_string(), stored.item.clone());
        let approval = plan.approval.as_mut();
        let verdict = approval.and_then(|approval| approval.answer(&user.id, answer, seconds));
        if let Some(is_approved) = verdict {
            plan.approval_time = seconds;
            let detail = if is_approved {
                plan.begin_execution(seconds);
                words::APPROVED
            } else {
                plan.left_status = ZadigPlanStatus::Denied;
                words::REJECTED
            };
            let event = PlanEvent {
                verb: words::UPDATE,
                target_type: words::STATUS,
                target_name: words::STATUS,
                before: ZadigPlanStatus::WaitForApproval.into(),
                after: plan.left_status.into(),
                detail,
            };
            plan.note(&id, &PlanUser::system(), seconds, &event);
        }
        let change_context = &mut context.shared.log.context(context.now, APPROVE);
        self.release_plans.replace(&id, plan, change_context);
        Ok(())
    }
}

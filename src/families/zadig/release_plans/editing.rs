//! The creation and the edit of plans.

use super::context::{PlanContext, PlanEvent};
use super::messages::PlanError;
use super::model::approval::ZadigPlanApproval;
use super::model::job::{TEXT, WORKFLOW, ZadigPlanJob, ZadigPlanJobSpec, ZadigTextSpec};
use super::model::plan::{UPDATE, ZadigPlan};
use super::model::plan_log::words;
use super::model::status::ZadigPlanStatus;
use super::wire::request::{
    PlanJobBody, PlanRequest, TextSpecBody, specification, workflow_specification,
};
use crate::families::zadig::table::Table;

const CREATE: &str = "create";

impl PlanRequest {
    /// Checks a request by itself, up to the look-up of its manager.
    fn check_times(&self) -> Result<(), PlanError> {
        let has_window = self.start_time != 0 || self.end_time != 0;
        if has_window && self.start_time > self.end_time {
            return Err(PlanError::Window);
        }
        let window = self.start_time..=self.end_time;
        let scheduled = self.schedule_execute_time;
        if scheduled != 0 && has_window && !window.contains(&scheduled) {
            return Err(PlanError::Schedule);
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), PlanError> {
        if self.name.is_empty() || self.manager.is_empty() {
            return Err(PlanError::MissingParameters);
        }
        Ok(())
    }

    /// The id of the manager. An unknown account is an id, unless references are checked.
    fn manager_id(&self, context: &PlanContext) -> Result<String, PlanError> {
        let identity_type = match &*self.manager_identity_type {
            "" => "system",
            given => given,
        };
        let users = context.shared.identities.zadig_users();
        let mut named = users
            .filter(|user| user.account() == self.manager && user.identity_type() == identity_type);
        match (named.next(), named.next()) {
            (Some(_), Some(_)) => Err(PlanError::ManyUsers(self.manager.clone())),
            (Some(user), None) => Ok(user.uid().to_owned()),
            (None, _) if context.settings.checks_references() => {
                Err(PlanError::UnknownUser(self.manager.clone()))
            }
            (None, _) => Ok(self.manager.clone()),
        }
    }

    fn check_approval(&self) -> Result<(), PlanError> {
        let approval = self.approval.as_ref();
        let lint = approval.map_or(Ok(()), ZadigPlanApproval::lint);
        lint.map_err(PlanError::Approval)
    }

    /// Puts the values of the request into a plan.
    fn fill(self, plan: &mut ZadigPlan, manager_id: String) {
        plan.name = self.name;
        plan.manager = self.manager;
        plan.manager_id = manager_id;
        plan.start_time = self.start_time;
        plan.end_time = self.end_time;
        plan.schedule_execute_time = self.schedule_execute_time;
        plan.description = self.description;
        plan.approval = self.approval;
    }
}

impl Table {
    /// Creates a plan, and returns its id.
    pub fn create_plan(
        &mut self,
        request: PlanRequest,
        context: &mut PlanContext,
    ) -> Result<String, PlanError> {
        request.check_names()?;
        request.check_times()?;
        let manager_id = request.manager_id(context)?;
        request.check_approval()?;

        let (user, seconds) = (context.user(), context.seconds());
        let plans = &self.release_plans;
        let taken = |id: &str| plans.collection.contains(id);
        let id = context.ids.object_id(context.now, taken);
        let mut plan = ZadigPlan {
            index: plans.last_index.saturating_add(1),
            created_by: user.name.clone(),
            create_time: seconds,
            updated_by: user.name.clone(),
            update_time: seconds,
            ..ZadigPlan::default()
        };
        request.fill(&mut plan, manager_id);
        let name = plan.name.clone();
        let event = PlanEvent {
            verb: words::CREATE,
            target_type: words::PLAN,
            target_name: &name,
            ..PlanEvent::default()
        };
        plan.note(&id, &user, seconds, &event);
        let change_context = &mut context.shared.log.context(context.now, CREATE);
        self.release_plans.insert(&id, plan, change_context);
        Ok(id)
    }

    /// Replaces everything that a user writes in a plan, which goes back to planning.
    pub fn update_plan(
        &mut self,
        id: &str,
        request: PlanRequest,
        jobs: &[PlanJobBody],
        context: &mut PlanContext,
    ) -> Result<(), PlanError> {
        let stored = self.release_plans.find(id, "get release plan error: ")?;
        let (id, mut plan) = (stored.id.to_string(), stored.item.clone());
        plan.settle(context.now);
        request.check_names()?;
        if !plan.left_status.may_be_edited() {
            return Err(PlanError::NotEditable);
        }
        request.check_times()?;
        let manager_id = request.manager_id(context)?;
        request.check_approval()?;
        let mut specs = Vec::new();
        for job in jobs {
            specs.push(self.job_spec(job, context)?);
        }

        request.fill(&mut plan, manager_id);
        let named = jobs.iter().zip(specs);
        let jobs = named.filter_map(|(job, spec)| {
            let id = context.ids.uuid(|_| false);
            Some(ZadigPlanJob::new(id, job.name.clone(), spec?))
        });
        plan.jobs = jobs.collect();
        plan.left_status = ZadigPlanStatus::Planning;
        let (user, seconds) = (context.user(), context.seconds());
        plan.updated_by.clone_from(&user.name);
        plan.update_time = seconds;
        let name = plan.name.clone();
        let event = PlanEvent {
            verb: words::UPDATE,
            target_type: words::PLAN,
            target_name: &name,
            ..PlanEvent::default()
        };
        plan.note(&id, &user, seconds, &event);
        let change_context = &mut context.shared.log.context(context.now, UPDATE);
        self.release_plans.replace(&id, plan, change_context);
        Ok(())
    }

    /// The specification of a job in an edit; none for a type that the service drops.
    fn job_spec(
        &self,
        job: &PlanJobBody,
        context: &mut PlanContext,
    ) -> Result<Option<ZadigPlanJobSpec>, PlanError> {
        match &*job.r#type {
            TEXT => {
                let text: TextSpecBody =
                    specification(&job.spec).map_err(PlanError::InvalidSpec)?;
                Ok(Some(ZadigPlanJobSpec::Text(ZadigTextSpec {
                    content: text.content,
                    remark: Some(text.remark),
                })))
            }
            WORKFLOW => {
                let request = workflow_specification(&job.spec).map_err(PlanError::InvalidSpec)?;
                let spec = self.planned_workflow(request, context)?;
                Ok(Some(ZadigPlanJobSpec::Workflow(Box::new(spec))))
            }
            _ => Ok(None),
        }
    }
}

//! Request and response bodies, field by field.
//!
//! Source: ServiceStage API reference, "Release Management" (pages 0230 to 0236 and 0251), read 2026-08.
//! All times are milliseconds since the Unix epoch, or 0.

use serde::{Deserialize, Serialize};

use super::model::batch_run::Job;
use super::model::component::{Component, required};
#[cfg(test)]
use super::model::component::{ReleasePlanComponent, RequestedComponent};
use super::model::plan::Plan;
use super::model::progress::{ComponentProgress, PlanProgress};
use super::model::spec::{PlanSpec, check_desc};
use super::model::vocabulary::{FailStrategy, JobStatus, PlanAction, PlanStatus};
use crate::families::servicestage::names::check_name;
use crate::http::json::{RawJson, ValidationError};
use crate::sim::Millis;
use crate::sim::collection::Stored;

/// The path of the list.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Path))]
pub struct ProjectPath {
    /// The project's id.
    pub project_id: String,
}

/// The path of a plan.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Path, names("project_id", "release_plan_id")))]
pub struct PlanPath(
    /// The project's id.
    pub String,
    /// The plan's id, a uuid.
    pub String,
);

/// A plan to create. The page of the operation could not be read: this is the body of an edit, with the two fields of the
/// detail that an edit cannot change.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct CreateReleasePlanBody {
    /// The plan's name, unique in the project: 2 to 64 letters, digits, `-` and `_`; the first a letter, the
    /// last a letter or a digit.
    #[cfg_attr(test, schema(value_type = String, required = true, pattern = "^[A-Za-z][A-Za-z0-9_-]{0,62}[A-Za-z0-9]$"))]
    name: Option<String>,
    /// At least one component; at most 64 for an upgrade.
    #[cfg_attr(test, schema(value_type = Vec<RequestedComponent>, required = true, min_items = 1))]
    components: Option<Vec<RawJson>>,
    /// A description of at most 128 characters.
    #[cfg_attr(test, schema(max_length = 128))]
    desc: Option<String>,
    /// The treatment of later batches after a failure; absent: `stop`.
    fail_strategy: Option<FailStrategy>,
    /// The action on the components; absent: `create`.
    action: Option<PlanAction>,
    /// The lane.
    swimlane_id: Option<String>,
}

/// The new values of a plan. An absent field gets its default, not its old value.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct EditReleasePlanBody {
    /// The plan's name, as for a creation.
    #[cfg_attr(test, schema(value_type = String, required = true, pattern = "^[A-Za-z][A-Za-z0-9_-]{0,62}[A-Za-z0-9]$"))]
    name: Option<String>,
    /// The components, as for a creation.
    #[cfg_attr(test, schema(value_type = Vec<RequestedComponent>, required = true, min_items = 1))]
    components: Option<Vec<RawJson>>,
    /// A description of at most 128 characters.
    #[cfg_attr(test, schema(max_length = 128))]
    desc: Option<String>,
    /// The treatment of later batches after a failure; absent: `stop`.
    fail_strategy: Option<FailStrategy>,
}

impl CreateReleasePlanBody {
    /// Checks the body by itself, not against other plans. The plan has yet to be given the time of its creation.
    pub fn plan(self, creator: String) -> Result<Plan, ValidationError> {
        let edit = EditReleasePlanBody {
            name: self.name,
            components: self.components,
            desc: self.desc,
            fail_strategy: self.fail_strategy,
        };
        let spec = edit.spec()?;
        let action = self.action.unwrap_or(PlanAction::Create);
        spec.check(action)?;
        Ok(Plan {
            action,
            swimlane_id: self.swimlane_id.unwrap_or_default(),
            creator,
            create_time: 0,
            modify_time: 0,
            execute_time: 0,
            spec,
            progress: PlanProgress::given(PlanStatus::Created),
        })
    }
}

impl EditReleasePlanBody {
    /// Checks the body by itself, not against the plan.
    pub fn spec(self) -> Result<PlanSpec, ValidationError> {
        let name = self.name.ok_or_else(|| required("name"))?;
        check_name(&name)?;
        let components = self.components.ok_or_else(|| required("components"))?;
        let components = Component::requested(components)?;
        let desc = self.desc.unwrap_or_default();
        check_desc(&desc)?;
        Ok(PlanSpec {
            name,
            desc,
            fail_strategy: self.fail_strategy.unwrap_or(FailStrategy::Stop),
            components,
        })
    }
}

/// A page of the list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReleasePlanList<'a> {
    /// The number of plans in the project, before paging.
    pub count: usize,
    /// The plans, newest first by default.
    pub release_plans: Vec<ReleasePlanRow<'a>>,
}

/// A plan in the list: the seven documented keys in the order of the documented example.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReleasePlanRow<'a> {
    /// The plan's name.
    name: &'a str,
    /// The plan's id.
    id: &'a str,
    /// The action on its components.
    action: PlanAction,
    /// The time of creation.
    create_time: i64,
    /// The status.
    status: PlanStatus,
    /// The user who created it.
    creator: &'a str,
    /// The start of its last execution.
    execute_time: i64,
}

impl<'a> ReleasePlanRow<'a> {
    /// The usual maximum size of a row in bytes.
    pub const SIZE: usize = 224;

    pub fn new(stored: &'a Stored<Plan>, now: Millis) -> Self {
        let plan = &stored.item;
        Self {
            name: &plan.spec.name,
            id: &stored.id,
            action: plan.action,
            create_time: plan.create_time,
            status: plan.progress.status(now),
            creator: &plan.creator,
            execute_time: plan.execute_time,
        }
    }
}

/// A plan in detail.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ReleasePlan))]
pub struct ReleasePlanDetail<'a> {
    /// The plan's id.
    id: &'a str,
    /// The action on its components.
    action: PlanAction,
    /// The lane; may be empty.
    swimlane_id: &'a str,
    /// The description; may be empty.
    desc: &'a str,
    /// The components as given, in the given order.
    #[cfg_attr(test, schema(value_type = Vec<ReleasePlanComponent>))]
    components: Vec<&'a RawJson>,
    /// The plan's name.
    name: &'a str,
    /// The treatment of later batches after a failure.
    fail_strategy: FailStrategy,
    /// The status.
    status: PlanStatus,
    /// The time of creation.
    create_time: i64,
    /// The time of the last edit.
    modify_time: i64,
    /// The start of its last execution.
    execute_time: i64,
    /// The user who created it.
    creator: &'a str,
}

impl<'a> ReleasePlanDetail<'a> {
    pub fn new(id: &'a str, plan: &'a Plan, now: Millis) -> Self {
        let spec = &plan.spec;
        Self {
            id,
            action: plan.action,
            swimlane_id: &plan.swimlane_id,
            desc: &spec.desc,
            components: spec
                .components
                .iter()
                .map(|component| &component.text)
                .collect(),
            name: &spec.name,
            fail_strategy: spec.fail_strategy,
            status: plan.progress.status(now),
            create_time: plan.create_time,
            modify_time: plan.modify_time,
            execute_time: plan.execute_time,
            creator: &plan.creator,
        }
    }

    /// The approximate size in bytes.
    pub fn size(&self) -> usize {
        let components = self.components.iter().map(|text| text.text().len() + 1);
        512 + self.desc.len() + components.sum::<usize>()
    }
}

/// The deployment of a plan.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReleasePlanDeployInfo<'a> {
    /// The plan's id.
    id: &'a str,
    /// The components, in the plan's order.
    components: Vec<ReleasePlanComponentInfo<'a>>,
}

/// The deployment of a component. Source: page 0234, read 2026-08, up to `rollback_fail_message`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReleasePlanComponentInfo<'a> {
    /// The job that releases it, `JOB` and a uuid; empty until it starts.
    job_id: &'a str,
    /// The status of the component.
    status: PlanStatus,
    /// The status of its job.
    job_status: JobStatus,
    /// The component's name.
    name: &'a str,
    /// The component's id.
    id: &'a str,
    /// The batch: a text here, as in the table, though a number everywhere else.
    seq: &'a str,
    /// The version; may be empty.
    version: &'a str,
    /// The job that rolls it back; empty until it starts.
    rollback_job_id: &'a str,
    /// The start of its release.
    start_time: i64,
    /// The end of its release.
    end_time: i64,
    /// The status of the job that rolls it back; empty if it is not rolled back.
    rollback_job_status: &'static str,
    /// The start of its rollback: a number, though the table has a text.
    rollback_start_time: i64,
    /// The end of its rollback: a number, though the table has a text.
    rollback_end_time: i64,
    /// The reason for the failure of its release; may be empty.
    fail_message: &'a str,
    /// The reason for the failure of its rollback; may be empty.
    rollback_fail_message: &'a str,
}

impl<'a> ReleasePlanDeployInfo<'a> {
    pub fn new(id: &'a str, plan: &'a Plan, now: Millis) -> Self {
        let components = plan.spec.components.iter().enumerate();
        let components = components.map(|(n, component)| {
            ReleasePlanComponentInfo::new(component, plan.progress.component(n, now))
        });
        Self {
            id,
            components: components.collect(),
        }
    }

    /// The approximate size in bytes.
    pub fn size(&self) -> usize {
        64 + self.components.len() * 512
    }
}

impl<'a> ReleasePlanComponentInfo<'a> {
    fn new(component: &'a Component, progress: ComponentProgress<'a>) -> Self {
        let (job, rollback) = (progress.job, progress.rollback);
        let rollback_job_status = rollback.map_or("", |job| job.status.as_str());
        let rollback = rollback.unwrap_or(Job::unknown(JobStatus::Created));
        Self {
            job_id: job.id,
            status: progress.status,
            job_status: job.status,
            name: &component.name,
            id: component.id.as_deref().unwrap_or_default(),
            seq: &component.batch,
            version: &component.version,
            rollback_job_id: rollback.id,
            start_time: job.start,
            end_time: job.end,
            rollback_job_status,
            rollback_start_time: rollback.start,
            rollback_end_time: rollback.end,
            fail_message: job.message,
            rollback_fail_message: rollback.message,
        }
    }
}

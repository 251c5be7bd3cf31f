//! Request and response bodies, field by field.
//!
//! Source: ServiceStage API reference, "Release Management" (pages 0230 to 0236 and 0251), read 2026-08.
//! All times are milliseconds since the Unix epoch, 0 if not reached.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::batch_run::Job;
use super::model::component::{Component, ReleasePlanComponent, RequestedComponent, required};
use super::model::plan::{NewPlan, Plan};
use super::model::progress::ComponentProgress;
use super::model::spec::{PlanSpec, check_desc};
use super::model::vocabulary::{Action, FailStrategy, JobStatus, Status};
use crate::families::servicestage::names::check_name;
use crate::http::json::{RawJson, ValidationError};
use crate::sim::Millis;
use crate::sim::collection::Stored;

/// The path of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ProjectPath {
    /// The project's id.
    pub project_id: String,
}

/// The path of a plan.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PlanPath {
    /// The project's id.
    pub project_id: String,
    /// The plan's id, a uuid.
    pub release_plan_id: String,
}

/// A plan to create. The page could not be read: this is the body of an edit plus the two fields of the
/// detail that an edit cannot change.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateReleasePlanBody {
    /// The plan's name, unique in the project: 2 to 64 letters, digits, `-` and `_`; the first a letter, the
    /// last a letter or a digit.
    #[schema(value_type = String, required = true, pattern = "^[A-Za-z][A-Za-z0-9_-]{0,62}[A-Za-z0-9]$")]
    name: Option<String>,
    /// At least one component; at most 64 for an upgrade.
    #[schema(value_type = Vec<RequestedComponent>, required = true, min_items = 1)]
    components: Option<Vec<RawJson>>,
    /// A description of at most 128 characters.
    #[schema(max_length = 128)]
    desc: Option<String>,
    /// The strategy after a failure; `stop` if absent.
    fail_strategy: Option<FailStrategy>,
    /// The plan's action on its components; `create` if absent.
    action: Option<Action>,
    /// The id of the plan's swimlane.
    swimlane_id: Option<String>,
}

/// The new content of a plan. Absent fields get their defaults, not their previous values.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EditReleasePlanBody {
    /// The plan's name, as when it is created.
    #[schema(value_type = String, required = true, pattern = "^[A-Za-z][A-Za-z0-9_-]{0,62}[A-Za-z0-9]$")]
    name: Option<String>,
    /// The components, as when it is created.
    #[schema(value_type = Vec<RequestedComponent>, required = true, min_items = 1)]
    components: Option<Vec<RawJson>>,
    /// A description of at most 128 characters.
    #[schema(max_length = 128)]
    desc: Option<String>,
    /// The strategy after a failure; `stop` if absent.
    fail_strategy: Option<FailStrategy>,
}

impl CreateReleasePlanBody {
    /// Checks everything that does not depend on other plans.
    pub fn new_plan(self) -> Result<NewPlan, ValidationError> {
        let edit = EditReleasePlanBody {
            name: self.name,
            components: self.components,
            desc: self.desc,
            fail_strategy: self.fail_strategy,
        };
        Ok(NewPlan {
            action: self.action.unwrap_or(Action::Create),
            swimlane_id: self.swimlane_id.unwrap_or_default(),
            spec: edit.spec()?,
        })
    }
}

impl EditReleasePlanBody {
    /// Checks everything that does not depend on the stored plan.
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

/// A page of the list, with rows that are serialized one by one.
#[derive(Serialize)]
pub struct Listed<T> {
    /// The number of plans in the project.
    pub count: usize,
    /// The rows of the page.
    pub release_plans: T,
}

/// A page of the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleasePlanList<'a> {
    /// The number of plans in the project, before paging.
    count: usize,
    /// The plans, newest first by default.
    release_plans: Vec<ReleasePlanRow<'a>>,
}

/// A plan in the list: the seven documented keys in the order of the documented example.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleasePlanRow<'a> {
    /// The plan's name.
    name: &'a str,
    /// The plan's id.
    id: &'a str,
    /// The plan's action on its components.
    action: Action,
    /// The time of creation.
    #[schema(value_type = i64)]
    create_time: Millis,
    /// The plan's status.
    status: Status,
    /// The creator's name.
    creator: &'a str,
    /// The start of the last execution.
    #[schema(value_type = i64)]
    execute_time: Millis,
}

impl<'a> ReleasePlanRow<'a> {
    /// The usual maximum size of a row in bytes.
    pub const SIZE: usize = 224;

    /// The row of a plan.
    #[must_use]
    pub fn of(stored: &'a Stored<Plan>, now: Millis) -> Self {
        let plan = &stored.item;
        Self {
            name: &plan.spec.name,
            id: &stored.id,
            action: plan.action,
            create_time: plan.create_time,
            status: plan.status(now),
            creator: &plan.creator,
            execute_time: plan.execute_time,
        }
    }
}

/// The detail of a plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleasePlan)]
pub struct ReleasePlanDetail<'a> {
    /// The plan's id.
    id: &'a str,
    /// The plan's action on its components.
    action: Action,
    /// The id of its swimlane; may be empty.
    swimlane_id: &'a str,
    /// Its description; may be empty.
    desc: &'a str,
    /// Its components, unchanged and in their original order.
    #[schema(value_type = Vec<ReleasePlanComponent>)]
    components: Vec<&'a RawJson>,
    /// Its name.
    name: &'a str,
    /// The strategy after a failure.
    fail_strategy: FailStrategy,
    /// The plan's status.
    status: Status,
    /// The time of creation.
    #[schema(value_type = i64)]
    create_time: Millis,
    /// The time of the last edit.
    #[schema(value_type = i64)]
    modify_time: Millis,
    /// The start of the last execution.
    #[schema(value_type = i64)]
    execute_time: Millis,
    /// The creator's name.
    creator: &'a str,
}

impl<'a> ReleasePlanDetail<'a> {
    /// The detail of a plan.
    #[must_use]
    pub fn of(id: &'a str, plan: &'a Plan, now: Millis) -> Self {
        let spec = &plan.spec;
        Self {
            id,
            action: plan.action,
            swimlane_id: &plan.swimlane_id,
            desc: &spec.desc,
            components: spec.components.iter().map(|it| &it.text).collect(),
            name: &spec.name,
            fail_strategy: spec.fail_strategy,
            status: plan.status(now),
            create_time: plan.create_time,
            modify_time: plan.modify_time,
            execute_time: plan.execute_time,
            creator: &plan.creator,
        }
    }

    /// The approximate size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let components = self.components.iter().map(|text| text.text().len() + 1);
        512 + self.desc.len() + components.sum::<usize>()
    }
}

/// The deployment of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleasePlanDeployInfo<'a> {
    /// The plan's id.
    id: &'a str,
    /// Its components, in the plan's order.
    components: Vec<ReleasePlanComponentInfo<'a>>,
}

/// The deployment of a component. Source: page 0234, read 2026-08, up to `rollback_fail_message`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleasePlanComponentInfo<'a> {
    /// The job that releases it, `JOB` and a uuid; empty until it begins.
    job_id: &'a str,
    /// The component's status.
    status: Status,
    /// The status of its job.
    job_status: JobStatus,
    /// The component's name.
    name: &'a str,
    /// The component's id.
    id: &'a str,
    /// Its batch: a text here, as in the table, though a number everywhere else.
    #[schema(value_type = String)]
    seq: Digits,
    /// Its version; empty if it has none.
    version: &'a str,
    /// The job that rolls it back; empty until it begins.
    rollback_job_id: &'a str,
    /// The start of its release.
    #[schema(value_type = i64)]
    start_time: Millis,
    /// The end of its release.
    #[schema(value_type = i64)]
    end_time: Millis,
    /// The status of the job that rolls it back; empty if there is none.
    rollback_job_status: &'static str,
    /// The start of its rollback: a number, though the table has a text.
    #[schema(value_type = i64)]
    rollback_start_time: Millis,
    /// The end of its rollback: a number, though the table has a text.
    #[schema(value_type = i64)]
    rollback_end_time: Millis,
    /// The reason why its release failed; may be empty.
    fail_message: &'a str,
    /// The reason why its rollback failed; may be empty.
    rollback_fail_message: &'a str,
}

impl<'a> ReleasePlanDeployInfo<'a> {
    /// The deployment of a plan at `now`.
    #[must_use]
    pub fn of(id: &'a str, plan: &'a Plan, now: Millis) -> Self {
        let components = plan.components(now);
        Self {
            id,
            components: components.map(ReleasePlanComponentInfo::of).collect(),
        }
    }

    /// The approximate size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        64 + self.components.len() * 512
    }
}

impl<'a> ReleasePlanComponentInfo<'a> {
    fn of((component, progress): (&'a Component, ComponentProgress<'a>)) -> Self {
        let ComponentProgress {
            status,
            job_status,
            job,
            rollback_status,
            rollback,
        } = progress;
        let Job {
            id: job_id,
            start: start_time,
            end: end_time,
            message: fail_message,
        } = job;
        Self {
            job_id,
            status,
            job_status,
            name: &component.name,
            id: component.id.as_deref().unwrap_or_default(),
            seq: Digits(component.seq),
            version: &component.version,
            rollback_job_id: rollback.id,
            start_time,
            end_time,
            rollback_job_status: rollback_status.map_or("", JobStatus::as_str),
            rollback_start_time: rollback.start,
            rollback_end_time: rollback.end,
            fail_message,
            rollback_fail_message: rollback.message,
        }
    }
}

/// A number that is serialized as a text.
#[derive(Debug)]
struct Digits(i64);

impl Serialize for Digits {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

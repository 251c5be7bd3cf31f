//! Bodies of responses.

use serde::{Serialize, Serializer};

use crate::families::zadig::release_plans::model::approval::ZadigPlanApproval;
use crate::families::zadig::release_plans::model::job::{ZadigPlanJob, ZadigPlanJobSpec};
use crate::families::zadig::release_plans::model::plan::ZadigPlan;
use crate::families::zadig::release_plans::model::status::{ZadigPlanJobStatus, ZadigPlanStatus};
use crate::http::json::RawJson;
use crate::http::response::StreamedArray;
use crate::sim::Millis;
use crate::world::settings::ZadigGeneration;

/// The plans of a page.
type PagePlans<'a> = Box<dyn Iterator<Item = ZadigPlanRow<'a>> + 'a>;

/// A page of plans.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigReleasePlanList))]
pub struct ZadigPlanList<'a> {
    /// The plans, that with the highest number first.
    #[cfg_attr(test, schema(value_type = Vec<ZadigPlanRow>))]
    pub list: StreamedArray<PagePlans<'a>>,
    /// The number of plans of the installation.
    pub total: usize,
}

/// A plan in the list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigReleasePlanRow))]
pub struct ZadigPlanRow<'a> {
    /// The id, 24 hexadecimal digits.
    pub id: &'a str,
    /// The number of the plan.
    pub index: i64,
    /// The name.
    pub name: &'a str,
    /// The account of the manager.
    pub manager: &'a str,
    /// The description.
    pub description: &'a str,
    /// The creator's name.
    pub created_by: &'a str,
    /// The creation time, in seconds since the epoch.
    pub create_time: i64,
}

impl<'a> ZadigPlanRow<'a> {
    pub fn new(id: &'a str, plan: &'a ZadigPlan) -> Self {
        Self {
            id,
            index: plan.index,
            name: &plan.name,
            manager: &plan.manager,
            description: &plan.description,
            created_by: &plan.created_by,
            create_time: plan.create_time,
        }
    }
}

/// The answer to a creation: `{"message":"success"}` under v3, the id since v4.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigReleasePlanCreated))]
pub struct ZadigPlanCreated<'a> {
    /// The new plan's id; absent under v3.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub id: Option<&'a str>,
    /// `success`; absent since v4.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false, extensions(("x-evidence" = json!("observed")))))]
    pub message: Option<&'static str>,
}

/// A plan. The fields that only v4 has are absent under v3.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigReleasePlan))]
pub struct ZadigPlanDetail<'a> {
    /// The id, 24 hexadecimal digits.
    pub id: &'a str,
    /// The number of the plan.
    pub index: i64,
    /// The name.
    pub name: &'a str,
    /// The account of the manager.
    pub manager: &'a str,
    /// The id of the manager.
    pub manager_id: &'a str,
    /// Not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false, extensions(("x-evidence" = json!("observed")))))]
    pub approver_id: Option<&'a str>,
    /// The start of the window, in seconds since the epoch, or 0.
    pub start_time: i64,
    /// The end of the window, in seconds since the epoch, or 0.
    pub end_time: i64,
    /// The instant at which the workflows start by themselves, in seconds since the epoch, or 0.
    pub schedule_execute_time: i64,
    /// The description.
    pub description: &'a str,
    /// The creator's name.
    pub created_by: &'a str,
    /// The creation time, in seconds since the epoch.
    pub create_time: i64,
    /// The name of the user of the last edit or command on a job.
    pub updated_by: &'a str,
    /// The time of it, in seconds since the epoch.
    pub update_time: i64,
    /// The sprints of Jira that the plan belongs to. Only fixtures have some.
    #[cfg_attr(test, schema(required = false, value_type = RawJson, extensions(("x-evidence" = json!("observed")))))]
    pub jira_sprint_association: Option<&'a RawJson>,
    /// The approval; absent: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub approval: Option<&'a ZadigPlanApproval>,
    /// The jobs.
    pub jobs: Vec<ZadigPlanJobView<'a>>,
    /// The status.
    pub status: ZadigPlanStatus,
    /// The time at which planning ended, in seconds since the epoch, or 0.
    pub planning_time: i64,
    /// The time at which the plan was finished, in seconds since the epoch, or 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false, extensions(("x-evidence" = json!("observed")))))]
    pub finish_planning_time: Option<i64>,
    /// The time of the approval, in seconds since the epoch, or 0.
    pub approval_time: i64,
    /// The time at which the execution began, in seconds since the epoch, or 0.
    pub executing_time: i64,
    /// The time of the success, in seconds since the epoch, or 0.
    pub success_time: i64,
    /// A code of the plan's contents. Only fixtures have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false, extensions(("x-evidence" = json!("observed")))))]
    pub instance_code: Option<&'a str>,
    /// The settings of the hooks. Only fixtures have some.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(required = false, value_type = RawJson, extensions(("x-evidence" = json!("observed")))))]
    pub hook_settings: Option<Option<&'a RawJson>>,
    /// The time of an external check, in seconds since the epoch, or 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false, extensions(("x-evidence" = json!("observed")))))]
    pub wait_for_finish_planning_external_check_time: Option<i64>,
    /// The time of an external check, in seconds since the epoch, or 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false, extensions(("x-evidence" = json!("observed")))))]
    pub wait_for_approve_external_check_time: Option<i64>,
    /// The time of an external check, in seconds since the epoch, or 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false, extensions(("x-evidence" = json!("observed")))))]
    pub wait_for_execute_external_check_time: Option<i64>,
    /// The time of an external check, in seconds since the epoch, or 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false, extensions(("x-evidence" = json!("observed")))))]
    pub wait_for_all_done_external_check_time: Option<i64>,
    /// The reason of a failed external check.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false, extensions(("x-evidence" = json!("observed")))))]
    pub external_check_failed_reason: Option<&'a str>,
    /// The description of an external check.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false, extensions(("x-evidence" = json!("observed")))))]
    pub callback_description: Option<&'a str>,
}

/// A job of a plan.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigReleasePlanJob))]
pub struct ZadigPlanJobView<'a> {
    /// The id, a uuid.
    pub id: &'a str,
    /// The name.
    pub name: &'a str,
    /// `text` or `workflow`.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// Of a text `{content, remark}`; of a workflow `{status, task_id, workflow}`, each absent if there is none.
    #[cfg_attr(test, schema(value_type = Object))]
    pub spec: ZadigPlanJobSpecView<'a>,
    /// The status.
    pub status: ZadigPlanJobStatus,
    /// The status before the plan went back to planning.
    pub last_status: ZadigPlanJobStatus,
    /// True if the job was edited since then.
    pub updated: bool,
    /// The user who executed or skipped it, or empty.
    pub executed_by: &'a str,
    /// The time of it, in seconds since the epoch, or 0.
    pub executed_time: i64,
}

/// The specification of a job.
#[derive(Debug)]
pub enum ZadigPlanJobSpecView<'a> {
    Text {
        content: &'a str,
        remark: Option<&'a str>,
    },
    Workflow {
        status: &'a str,
        task_id: i64,
        workflow: Option<&'a RawJson>,
    },
}

impl Serialize for ZadigPlanJobSpecView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Text<'a> {
            content: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            remark: Option<&'a str>,
        }
        // The database gives the keys of such a map in alphabetical order.
        #[derive(Serialize)]
        struct Started<'a> {
            #[serde(skip_serializing_if = "str::is_empty")]
            status: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            task_id: Option<i64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            workflow: Option<&'a RawJson>,
        }
        match *self {
            Self::Text { content, remark } => Text { content, remark }.serialize(serializer),
            Self::Workflow {
                status,
                task_id,
                workflow,
            } => {
                let task_id = (task_id != 0).then_some(task_id);
                let view = Started {
                    status,
                    task_id,
                    workflow,
                };
                view.serialize(serializer)
            }
        }
    }
}

impl<'a> ZadigPlanJobSpecView<'a> {
    fn new(plan: &ZadigPlan, job: &'a ZadigPlanJob, now: Millis) -> Self {
        match &job.spec {
            ZadigPlanJobSpec::Text(text) => Self::Text {
                content: &text.content,
                remark: text.remark.as_deref(),
            },
            ZadigPlanJobSpec::Workflow(workflow) => Self::Workflow {
                status: plan.task_status(job, now),
                task_id: workflow.task_id,
                workflow: workflow.workflow.as_ref(),
            },
        }
    }
}

impl<'a> ZadigPlanJobView<'a> {
    pub fn new(plan: &ZadigPlan, job: &'a ZadigPlanJob, now: Millis) -> Self {
        Self {
            id: &job.id,
            name: &job.name,
            kind: job.kind(),
            spec: ZadigPlanJobSpecView::new(plan, job, now),
            status: plan.job_status(job, now),
            last_status: job.last_status,
            updated: job.updated,
            executed_by: &job.executed_by,
            executed_time: job.executed_time,
        }
    }
}

impl<'a> ZadigPlanDetail<'a> {
    pub fn new(id: &'a str, plan: &'a ZadigPlan, generation: ZadigGeneration, now: Millis) -> Self {
        let is_second = generation == ZadigGeneration::V4;
        let text = |text: &'a str| is_second.then_some(text);
        let time = |seconds: i64| is_second.then_some(seconds);
        let jobs = plan.jobs.iter();
        let jobs = jobs.map(|job| ZadigPlanJobView::new(plan, job, now));
        Self {
            id,
            index: plan.index,
            name: &plan.name,
            manager: &plan.manager,
            manager_id: &plan.manager_id,
            approver_id: text(&plan.approver_id),
            start_time: plan.start_time,
            end_time: plan.end_time,
            schedule_execute_time: plan.schedule_execute_time,
            description: &plan.description,
            created_by: &plan.created_by,
            create_time: plan.create_time,
            updated_by: &plan.updated_by,
            update_time: plan.update_time,
            jira_sprint_association: plan.jira_sprint_association.as_ref(),
            approval: plan.approval.as_ref(),
            jobs: jobs.collect(),
            status: plan.status(now),
            planning_time: plan.planning_time,
            finish_planning_time: time(plan.finish_planning_time),
            approval_time: plan.approval_time,
            executing_time: plan.executing_time,
            success_time: plan.success_time(now),
            instance_code: text(&plan.instance_code),
            hook_settings: is_second.then_some(plan.hook_settings.as_ref()),
            wait_for_finish_planning_external_check_time: time(
                plan.wait_for_finish_planning_external_check_time,
            ),
            wait_for_approve_external_check_time: time(plan.wait_for_approve_external_check_time),
            wait_for_execute_external_check_time: time(plan.wait_for_execute_external_check_time),
            wait_for_all_done_external_check_time: time(plan.wait_for_all_done_external_check_time),
            external_check_failed_reason: text(&plan.external_check_failed_reason),
            callback_description: text(&plan.callback_description),
        }
    }
}

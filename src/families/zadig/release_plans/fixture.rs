//! Plans in the fixture format: an item of the list, or a detail.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::model::approval::ZadigPlanApproval;
use super::model::job::{
    TEXT, TaskCourse, WORKFLOW, ZadigPlanJob, ZadigPlanJobSpec, ZadigTaskRequest, ZadigTextSpec,
    ZadigWorkflowSpec,
};
use super::model::plan::ZadigPlan;
use super::model::plan_log::ZadigPlanLog;
use super::model::status::{ZadigPlanJobStatus, ZadigPlanStatus};
use super::table::{SCOPE, ZadigPlanTable};
use super::tasks::task_course;
use crate::families::zadig::versions::table::is_id;
use crate::families::zadig::workflows::table::WorkflowTable;
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::collection::Stored;
use crate::sim::ids::Ids;
use crate::sim::transition::ChangeContext;
use crate::world::fixture::ValidationError;
use crate::world::identities::UNKNOWN_CALLER;
use crate::world::settings::ZadigGeneration;

/// Declares the fields of a plan in a fixture, all of which may be absent.
macro_rules! plan_fixture {
    ($($(#[$attribute:meta])* $field:ident: $type:ty,)*) => {
        /// A plan: an item of the list, or a detail.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct ZadigPlanFixture {
            $($(#[$attribute])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)*
        }
    };
}

plan_fixture! {
    /// 24 hexadecimal digits in lower case; absent: a new id is drawn.
    id: String,
    /// Unique; absent: the next number.
    index: i64,
    name: String,
    manager: String,
    /// Absent: the manager's account.
    manager_id: String,
    approver_id: String,
    start_time: i64,
    end_time: i64,
    schedule_execute_time: i64,
    description: String,
    created_by: String,
    /// In seconds since the epoch; absent: now.
    create_time: i64,
    /// Absent: the creator.
    updated_by: String,
    /// Absent: the creation time.
    update_time: i64,
    jira_sprint_association: RawJson,
    approval: ZadigPlanApproval,
    jobs: Vec<ZadigPlanJobFixture>,
    /// Absent: `planning`.
    status: ZadigPlanStatus,
    planning_time: i64,
    finish_planning_time: i64,
    approval_time: i64,
    executing_time: i64,
    success_time: i64,
    instance_code: String,
    hook_settings: RawJson,
    wait_for_finish_planning_external_check_time: i64,
    wait_for_approve_external_check_time: i64,
    wait_for_execute_external_check_time: i64,
    wait_for_all_done_external_check_time: i64,
    external_check_failed_reason: String,
    callback_description: String,
    /// The log, oldest first.
    logs: Vec<ZadigPlanLog>,
}

/// A job of a plan, in the form of the detail or of an edit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ZadigPlanJobFixture {
    /// Absent: a new id is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub name: String,
    /// `text` or `workflow`.
    #[serde(rename = "type")]
    pub kind: String,
    pub spec: ZadigPlanJobSpecFixture,
    pub status: ZadigPlanJobStatus,
    pub last_status: ZadigPlanJobStatus,
    pub updated: bool,
    pub executed_by: String,
    pub executed_time: i64,
}

/// The specification of a job, in the form of the detail or of an edit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ZadigPlanJobSpecFixture {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// The workflow of the detail, in which jobs that are not `skipped` run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<i64>,
    /// The keys of an edit; absent: those of the workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<RawJson>,
}

impl ZadigPlanTable {
    pub fn load(
        &mut self,
        fixture: ZadigPlanFixture,
        generation: ZadigGeneration,
        ids: &Ids,
        workflows: &mut WorkflowTable,
        change_context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        let now = change_context.now;
        if let Some(id) = &fixture.id {
            if !is_id(id) || id.bytes().any(|byte| byte.is_ascii_uppercase()) {
                let expected = format!("must be 24 hexadecimal digits in lower case, not {id:?}");
                return Err(ValidationError::new("id", expected));
            }
            if self.collection.contains(id) {
                return Err(ValidationError::new("id", format!("duplicate {id:?}")));
            }
        }
        if let Some(index) = fixture.index {
            let mut plans = self.collection.of(SCOPE);
            if plans.any(|stored| stored.item.index == index) {
                return Err(ValidationError::new("index", format!("duplicate {index}")));
            }
        }
        let status = fixture.status.unwrap_or_default();
        if generation == ZadigGeneration::V3 && !status.is_of_both() {
            let message = format!("\"{status}\" exists only with --zadig v4");
            return Err(ValidationError::new("status", message));
        }
        let mut job_ids = HashSet::new();
        let jobs = fixture.jobs.unwrap_or_default().into_iter().enumerate();
        let jobs = jobs.map(|(n, job)| {
            let at = |error: ValidationError| error.nested_in(format!("jobs[{n}]"));
            let mut job = job.load(ids).map_err(at)?;
            let running = job
                .running_task()
                .map(|(key, task_id)| task_course(workflows, key, task_id, now));
            if let (Some(course), Some(workflow)) = (running, job.workflow_mut()) {
                workflow.course = course;
            }
            if !job_ids.insert(job.id.clone()) {
                let message = format!("duplicate {:?}", job.id);
                return Err(at(ValidationError::new("id", message)));
            }
            Ok(job)
        });
        let jobs = jobs.collect::<Result<_, _>>()?;

        let create_time = fixture.create_time.unwrap_or(now.div_euclid(1_000));
        let id = fixture.id.unwrap_or_else(|| {
            ids.object_id(create_time.saturating_mul(1_000), |id| {
                self.collection.contains(id)
            })
        });
        let manager = fixture.manager.unwrap_or_default();
        let created_by = fixture
            .created_by
            .unwrap_or_else(|| UNKNOWN_CALLER.to_owned());
        let plan = ZadigPlan {
            index: fixture
                .index
                .unwrap_or_else(|| self.last_index.saturating_add(1)),
            name: fixture.name.unwrap_or_default(),
            manager_id: fixture.manager_id.unwrap_or_else(|| manager.clone()),
            manager,
            approver_id: fixture.approver_id.unwrap_or_default(),
            start_time: fixture.start_time.unwrap_or_default(),
            end_time: fixture.end_time.unwrap_or_default(),
            schedule_execute_time: fixture.schedule_execute_time.unwrap_or_default(),
            description: fixture.description.unwrap_or_default(),
            create_time,
            updated_by: fixture.updated_by.unwrap_or_else(|| created_by.clone()),
            created_by,
            update_time: fixture.update_time.unwrap_or(create_time),
            jira_sprint_association: fixture.jira_sprint_association,
            approval: fixture.approval,
            jobs,
            left_status: status,
            planning_time: fixture.planning_time.unwrap_or_default(),
            finish_planning_time: fixture.finish_planning_time.unwrap_or_default(),
            approval_time: fixture.approval_time.unwrap_or_default(),
            executing_time: fixture.executing_time.unwrap_or_default(),
            left_success_time: fixture.success_time.unwrap_or_default(),
            instance_code: fixture.instance_code.unwrap_or_default(),
            hook_settings: fixture.hook_settings,
            wait_for_finish_planning_external_check_time: fixture
                .wait_for_finish_planning_external_check_time
                .unwrap_or_default(),
            wait_for_approve_external_check_time: fixture
                .wait_for_approve_external_check_time
                .unwrap_or_default(),
            wait_for_execute_external_check_time: fixture
                .wait_for_execute_external_check_time
                .unwrap_or_default(),
            wait_for_all_done_external_check_time: fixture
                .wait_for_all_done_external_check_time
                .unwrap_or_default(),
            external_check_failed_reason: fixture.external_check_failed_reason.unwrap_or_default(),
            callback_description: fixture.callback_description.unwrap_or_default(),
            logs: fixture.logs.unwrap_or_default(),
        };
        for workflow in plan.jobs.iter().filter_map(|job| job.workflow()) {
            let workflow_key = &workflow.request.workflow_key;
            let task_plan = plan.as_task_plan(&id);
            workflows.adopt(workflow_key, workflow.task_id, task_plan, change_context);
        }
        self.insert(&id, plan, change_context);
        Ok(())
    }

    /// The plans in the fixture format, oldest first.
    pub fn save(&self, now: Millis) -> Vec<ZadigPlanFixture> {
        let plans = self.collection.of(SCOPE);
        plans
            .map(|stored| ZadigPlanFixture::new(stored, now))
            .collect()
    }

    /// The number of the newest plan that there ever was, unless the plans tell it.
    pub fn saved_index(&self) -> Option<i64> {
        let newest = self.collection.of(SCOPE).next_back();
        let newest = newest.map_or(0, |stored| stored.item.index);
        (self.last_index > newest).then_some(self.last_index)
    }
}

/// A value, unless it is that of a plan without it.
fn unless_default<T: Clone + Default + PartialEq>(value: &T) -> Option<T> {
    (*value != T::default()).then(|| value.clone())
}

impl ZadigPlanFixture {
    fn new(stored: &Stored<ZadigPlan>, now: Millis) -> Self {
        let mut plan = stored.item.clone();
        plan.settle(now);
        Self {
            id: Some(stored.id.to_string()),
            index: Some(plan.index),
            name: Some(plan.name),
            manager: Some(plan.manager),
            manager_id: Some(plan.manager_id),
            approver_id: unless_default(&plan.approver_id),
            start_time: Some(plan.start_time),
            end_time: Some(plan.end_time),
            schedule_execute_time: Some(plan.schedule_execute_time),
            description: Some(plan.description),
            created_by: Some(plan.created_by),
            create_time: Some(plan.create_time),
            updated_by: Some(plan.updated_by),
            update_time: Some(plan.update_time),
            jira_sprint_association: plan.jira_sprint_association,
            approval: plan.approval,
            jobs: Some(plan.jobs.into_iter().map(Into::into).collect()),
            status: Some(plan.left_status),
            planning_time: Some(plan.planning_time),
            finish_planning_time: unless_default(&plan.finish_planning_time),
            approval_time: Some(plan.approval_time),
            executing_time: Some(plan.executing_time),
            success_time: Some(plan.left_success_time),
            instance_code: unless_default(&plan.instance_code),
            hook_settings: plan.hook_settings,
            wait_for_finish_planning_external_check_time: unless_default(
                &plan.wait_for_finish_planning_external_check_time,
            ),
            wait_for_approve_external_check_time: unless_default(
                &plan.wait_for_approve_external_check_time,
            ),
            wait_for_execute_external_check_time: unless_default(
                &plan.wait_for_execute_external_check_time,
            ),
            wait_for_all_done_external_check_time: unless_default(
                &plan.wait_for_all_done_external_check_time,
            ),
            external_check_failed_reason: unless_default(&plan.external_check_failed_reason),
            callback_description: unless_default(&plan.callback_description),
            logs: (!plan.logs.is_empty()).then_some(plan.logs),
        }
    }
}

impl ZadigPlanJobFixture {
    fn load(self, ids: &Ids) -> Result<ZadigPlanJob, ValidationError> {
        let spec = self.spec;
        let spec = match &*self.kind {
            TEXT => ZadigPlanJobSpec::Text(ZadigTextSpec {
                content: spec.content.unwrap_or_default(),
                remark: spec.remark,
            }),
            WORKFLOW => ZadigPlanJobSpec::Workflow(Box::new(spec.workflow()?)),
            kind => {
                let message = format!("must be text or workflow, not {kind:?}");
                return Err(ValidationError::new("type", message));
            }
        };
        Ok(ZadigPlanJob {
            id: self.id.unwrap_or_else(|| ids.uuid(|_| false)),
            name: self.name,
            spec,
            status: self.status,
            last_status: self.last_status,
            updated: self.updated,
            executed_by: self.executed_by,
            executed_time: self.executed_time,
        })
    }
}

/// The parts of a pasted workflow that a request for its task has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PastedWorkflow {
    #[serde(alias = "name")]
    workflow_key: String,
    #[serde(alias = "project")]
    project_key: String,
    stages: Vec<PastedStage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PastedStage {
    jobs: Vec<PastedJob>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PastedJob {
    name: String,
    r#type: String,
    skipped: bool,
}

/// An input of a task without parameters.
#[derive(Debug, Serialize)]
struct PlainInput {
    job_name: String,
    job_type: String,
}

impl ZadigPlanJobSpecFixture {
    fn workflow(self) -> Result<ZadigWorkflowSpec, ValidationError> {
        let pasted: PastedWorkflow = match &self.workflow {
            Some(workflow) => workflow
                .read()
                .map_err(|error| error.nested_in("spec.workflow"))?,
            None => PastedWorkflow::default(),
        };
        let jobs = pasted.stages.into_iter().flat_map(|stage| stage.jobs);
        let inputs: Vec<_> = jobs
            .filter(|job| !job.skipped)
            .map(|job| PlainInput {
                job_name: job.name,
                job_type: job.r#type,
            })
            .collect();
        let is_pasted = self.inputs.is_none() && self.workflow.is_some();
        let request = ZadigTaskRequest {
            workflow_key: self.workflow_key.unwrap_or(pasted.workflow_key),
            project_key: self.project_key.unwrap_or(pasted.project_key),
            parameters: self.parameters,
            inputs: if is_pasted {
                Some(RawJson::new(&inputs))
            } else {
                self.inputs
            },
            remark: self.remark.unwrap_or_default(),
        };
        if request.workflow_key.is_empty() {
            let message = "is required, or a workflow";
            return Err(ValidationError::new("spec.workflow_key", message));
        }
        Ok(ZadigWorkflowSpec {
            request,
            workflow: self.workflow,
            status: self.status.unwrap_or_default(),
            task_id: self.task_id.unwrap_or_default(),
            course: TaskCourse::default(),
        })
    }
}

impl From<ZadigPlanJob> for ZadigPlanJobFixture {
    fn from(job: ZadigPlanJob) -> Self {
        let kind = job.kind().to_owned();
        let spec = match job.spec {
            ZadigPlanJobSpec::Text(text) => ZadigPlanJobSpecFixture {
                content: Some(text.content),
                remark: text.remark,
                ..ZadigPlanJobSpecFixture::default()
            },
            ZadigPlanJobSpec::Workflow(workflow) => ZadigPlanJobSpecFixture {
                remark: unless_default(&workflow.request.remark),
                workflow: workflow.workflow,
                status: unless_default(&workflow.status),
                task_id: unless_default(&workflow.task_id),
                workflow_key: Some(workflow.request.workflow_key),
                project_key: unless_default(&workflow.request.project_key),
                parameters: workflow.request.parameters,
                inputs: workflow.request.inputs,
                ..ZadigPlanJobSpecFixture::default()
            },
        };
        Self {
            id: Some(job.id),
            name: job.name,
            kind,
            spec,
            status: job.status,
            last_status: job.last_status,
            updated: job.updated,
            executed_by: job.executed_by,
            executed_time: job.executed_time,
        }
    }
}

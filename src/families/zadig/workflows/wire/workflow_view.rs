//! Workflows on the wire.

use serde::Serialize;

use crate::families::zadig::workflows::model::definition::{Workflow, WorkflowJob, WorkflowStage};
use crate::families::zadig::workflows::model::parts::{ErrorPolicy, WorkflowParam};
use crate::http::json::RawJson;
use crate::world::settings::ZadigGeneration;

/// The workflows of a project.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigWorkflowList))]
pub struct WorkflowList<'a> {
    /// In the order in which they were added.
    pub workflows: Vec<WorkflowRow<'a>>,
}

/// A workflow in the list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigWorkflowRow))]
pub struct WorkflowRow<'a> {
    /// The key of the workflow.
    pub workflow_key: &'a str,
    /// The name of the workflow.
    pub workflow_name: &'a str,
    /// The last who has changed it.
    pub update_by: &'a str,
    /// In seconds since the epoch.
    pub update_time: i64,
    /// `custom`.
    #[serde(rename = "type")]
    pub kind: &'a str,
}

impl<'a> From<&'a Workflow> for WorkflowRow<'a> {
    fn from(workflow: &'a Workflow) -> Self {
        Self {
            workflow_key: &workflow.key,
            workflow_name: &workflow.name,
            update_by: &workflow.update_by,
            update_time: workflow.update_time,
            kind: &workflow.kind,
        }
    }
}

/// A workflow.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigWorkflow))]
pub struct WorkflowView<'a> {
    /// The key of the workflow.
    pub workflow_key: &'a str,
    /// The name of the workflow.
    pub workflow_name: &'a str,
    /// The project of the query.
    pub project_key: &'a str,
    /// The description.
    pub description: &'a str,
    /// The user who has created it.
    pub created_by: &'a str,
    /// In seconds since the epoch.
    pub create_time: i64,
    /// Always empty.
    pub updated_by: &'a str,
    /// In seconds since the epoch.
    pub update_time: i64,
    /// The variables.
    pub params: &'a [WorkflowParam],
    /// The stages, in order.
    pub stages: Vec<WorkflowStageView<'a>>,
    /// The notifications.
    #[cfg_attr(test, schema(value_type = Vec<serde_json::Value>))]
    pub notify_ctls: RawJson,
    /// The shared storages.
    #[cfg_attr(test, schema(value_type = Vec<serde_json::Value>))]
    pub share_storages: RawJson,
    /// The most tasks of the workflow that run at once; -1: any number.
    pub concurrency_limit: i64,
}

impl<'a> WorkflowView<'a> {
    pub fn new(workflow: &'a Workflow, project: &'a str, generation: ZadigGeneration) -> Self {
        let or_empty = |list: &Option<RawJson>| list.clone().unwrap_or_else(RawJson::empty_list);
        let stages = workflow.stages.iter();
        Self {
            workflow_key: &workflow.key,
            workflow_name: &workflow.name,
            project_key: project,
            description: &workflow.description,
            created_by: &workflow.created_by,
            create_time: workflow.create_time,
            updated_by: "",
            update_time: workflow.update_time,
            params: &workflow.params,
            stages: stages
                .map(|stage| WorkflowStageView::new(stage, generation))
                .collect(),
            notify_ctls: or_empty(&workflow.notify_ctls),
            share_storages: or_empty(&workflow.share_storages),
            concurrency_limit: workflow.concurrency_limit,
        }
    }
}

/// A stage of a workflow.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigWorkflowStage))]
pub struct WorkflowStageView<'a> {
    /// The name.
    pub name: &'a str,
    /// True if its jobs run at once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, schema(required = false))]
    pub parallel: bool,
    /// The jobs, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schema(required = false))]
    pub jobs: Vec<WorkflowJobView<'a>>,
}

impl<'a> WorkflowStageView<'a> {
    fn new(stage: &'a WorkflowStage, generation: ZadigGeneration) -> Self {
        let jobs = stage.jobs.iter();
        Self {
            name: &stage.name,
            parallel: stage.parallel,
            jobs: jobs
                .map(|job| WorkflowJobView::new(job, generation))
                .collect(),
        }
    }
}

/// A job of a workflow.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigWorkflowJob))]
pub struct WorkflowJobView<'a> {
    /// The name.
    pub name: &'a str,
    /// The type.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// True if the job is left out by default.
    pub skipped: bool,
    /// The settings, whose fields depend on the type.
    #[cfg_attr(test, schema(required = true, value_type = Option<serde_json::Value>))]
    pub spec: Option<&'a RawJson>,
    /// `default_not_run`, `force_run`, `skip` or empty.
    pub run_policy: &'a str,
    /// The consequence of a failure; null: the jobs after it do not run.
    #[cfg_attr(test, schema(required = true))]
    pub error_policy: Option<&'a ErrorPolicy>,
    /// Only in generation 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<serde_json::Value>))]
    pub execute_policy: Option<Option<&'a RawJson>>,
    /// Only in generation 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<serde_json::Value>))]
    pub service_modules: Option<Option<&'a RawJson>>,
}

impl<'a> WorkflowJobView<'a> {
    fn new(job: &'a WorkflowJob, generation: ZadigGeneration) -> Self {
        let is_second = generation == ZadigGeneration::V4;
        Self {
            name: &job.name,
            kind: &job.kind,
            skipped: job.skipped,
            spec: job.spec.as_ref(),
            run_policy: &job.run_policy,
            error_policy: job.error_policy.as_ref(),
            execute_policy: is_second.then_some(job.execute_policy.as_ref()),
            service_modules: is_second.then_some(job.service_modules.as_ref()),
        }
    }
}

//! A workflow as it is defined. The serialized form is that of fixtures, and of the service's detail.

use serde::{Deserialize, Serialize};

use super::parts::{ErrorPolicy, ManualExec, WorkflowParam};
use crate::families::zadig::workflows::fixture::TaskFixture;
use crate::http::json::RawJson;
use crate::sim::heap::heap_of;
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker, pack_structs};
use crate::world::fixture::upsert;

/// A workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// Unique in the installation.
    #[serde(rename = "workflow_key")]
    pub key: String,
    /// The name that is shown; absent: the key.
    #[serde(rename = "workflow_name", default)]
    pub name: String,
    /// The project: always that of the fixture in which the workflow stands.
    #[serde(
        rename = "project_key",
        default,
        skip_serializing_if = "String::is_empty"
    )]
    pub project: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub created_by: String,
    /// In seconds since the epoch.
    #[serde(default)]
    pub create_time: i64,
    #[serde(alias = "updated_by", default)]
    pub update_by: String,
    /// In seconds since the epoch.
    #[serde(default)]
    pub update_time: i64,
    #[serde(default)]
    pub params: Vec<WorkflowParam>,
    #[serde(default)]
    pub stages: Vec<WorkflowStage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify_ctls: Option<RawJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_storages: Option<RawJson>,
    /// The most tasks of the workflow that run at once; -1: any number.
    #[serde(default = "no_limit")]
    pub concurrency_limit: i64,
    #[serde(rename = "type", default = "custom")]
    pub kind: String,
    #[serde(
        rename = "disabled",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub is_disabled: bool,
    /// True if every task needs an approval ticket, which the calls of this API cannot name.
    #[serde(
        rename = "enable_approval_ticket",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub needs_ticket: bool,
    /// True if the workflow was made up of the inputs of a task; the next task replaces its stages.
    #[serde(
        rename = "made_up",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub is_made_up: bool,
    /// The number of the next task; absent: one more than the highest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_task_id: Option<i64>,
    /// The tasks, only in a fixture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskFixture>,
}

fn no_limit() -> i64 {
    -1
}

fn custom() -> String {
    "custom".to_owned()
}

/// A stage of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowStage {
    pub name: String,
    /// True if its jobs run at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parallel: bool,
    /// The approval of a stage in the documents. In versions since v3.1 it is a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<RawJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual_exec: Option<ManualExec>,
    #[serde(default)]
    pub jobs: Vec<WorkflowJob>,
}

/// A job of a stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowJob {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub skipped: bool,
    /// The job's settings, whose fields depend on the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<RawJson>,
    /// `default_not_run`, `force_run`, `skip` or empty.
    #[serde(default)]
    pub run_policy: String,
    #[serde(default)]
    pub error_policy: Option<ErrorPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execute_policy: Option<RawJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_modules: Option<RawJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify_ctls: Option<RawJson>,
}

heap_of! {
    Workflow {
        key, name, project, description, created_by, update_by, params, stages, notify_ctls, share_storages, kind
    }
    WorkflowStage { name, approval, manual_exec, jobs }
    WorkflowJob { name, kind, spec, run_policy, error_policy, execute_policy, service_modules, notify_ctls }
}

impl Workflow {
    /// A workflow that is only known by its key.
    pub fn new(key: &str, project: &str) -> Self {
        Self {
            key: key.to_owned(),
            name: key.to_owned(),
            project: project.to_owned(),
            description: String::new(),
            created_by: String::new(),
            create_time: 0,
            update_by: String::new(),
            update_time: 0,
            params: Vec::new(),
            stages: Vec::new(),
            notify_ctls: None,
            share_storages: None,
            concurrency_limit: no_limit(),
            kind: custom(),
            is_disabled: false,
            needs_ticket: false,
            is_made_up: false,
            next_task_id: None,
            tasks: Vec::new(),
        }
    }

    /// Applies a patch: it replaces the workflow, and the tasks with the same numbers.
    pub fn merge(&mut self, patch: Self) {
        let mut tasks = std::mem::take(&mut self.tasks);
        *self = patch;
        upsert(&mut tasks, std::mem::take(&mut self.tasks), |task| {
            &task.task_id
        });
        self.tasks = tasks;
    }

    /// Puts the approvals of stages, as the documents show them, into stages of their own in front.
    pub fn separate_approvals(&mut self) {
        for stage in std::mem::take(&mut self.stages) {
            if let Some(approval) = &stage.approval
                && is_enabled(approval)
            {
                self.stages.push(WorkflowStage {
                    name: format!("{}-approval", stage.name),
                    jobs: vec![WorkflowJob {
                        name: format!("{}-approval", stage.name),
                        kind: APPROVAL.to_owned(),
                        spec: Some(approval.clone()),
                        ..WorkflowJob::default()
                    }],
                    ..WorkflowStage::default()
                });
            }
            self.stages.push(WorkflowStage {
                approval: None,
                ..stage
            });
        }
    }
}

/// The type of a job that waits for an approval.
pub const APPROVAL: &str = "approval";

/// True if the approval of a stage is in force.
fn is_enabled(approval: &RawJson) -> bool {
    #[derive(Deserialize)]
    struct Enabled {
        #[serde(default)]
        enabled: bool,
    }
    approval
        .read::<Enabled>()
        .is_ok_and(|approval| approval.enabled)
}

pack_structs! {
    WorkflowStage { name, parallel, approval, manual_exec, jobs }
    WorkflowJob {
        name, kind, skipped, spec, run_policy, error_policy, execute_policy, service_modules,
        notify_ctls,
    }
}

/// Without the tasks, which only a fixture has.
impl Pack for Workflow {
    fn pack(&self, packer: &mut Packer) {
        let Self {
            key,
            name,
            project,
            description,
            created_by,
            create_time,
            update_by,
            update_time,
            params,
            stages,
            notify_ctls,
            share_storages,
            concurrency_limit,
            kind,
            is_disabled,
            needs_ticket,
            is_made_up,
            next_task_id,
            tasks: _,
        } = self;
        for text in [key, name, project, description, created_by] {
            text.pack(packer);
        }
        create_time.pack(packer);
        update_by.pack(packer);
        update_time.pack(packer);
        params.pack(packer);
        stages.pack(packer);
        notify_ctls.pack(packer);
        share_storages.pack(packer);
        concurrency_limit.pack(packer);
        kind.pack(packer);
        for flag in [is_disabled, needs_ticket, is_made_up] {
            flag.pack(packer);
        }
        next_task_id.pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        Ok(Self {
            key: Pack::unpack(unpacker)?,
            name: Pack::unpack(unpacker)?,
            project: Pack::unpack(unpacker)?,
            description: Pack::unpack(unpacker)?,
            created_by: Pack::unpack(unpacker)?,
            create_time: Pack::unpack(unpacker)?,
            update_by: Pack::unpack(unpacker)?,
            update_time: Pack::unpack(unpacker)?,
            params: Pack::unpack(unpacker)?,
            stages: Pack::unpack(unpacker)?,
            notify_ctls: Pack::unpack(unpacker)?,
            share_storages: Pack::unpack(unpacker)?,
            concurrency_limit: Pack::unpack(unpacker)?,
            kind: Pack::unpack(unpacker)?,
            is_disabled: Pack::unpack(unpacker)?,
            needs_ticket: Pack::unpack(unpacker)?,
            is_made_up: Pack::unpack(unpacker)?,
            next_task_id: Pack::unpack(unpacker)?,
            tasks: Vec::new(),
        })
    }
}

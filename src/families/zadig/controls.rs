//! The requests about versions, tasks of workflows and release plans, for people.

use serde::Serialize;
use serde_json::{Value, json};

use super::release_plans::model::approval::ZadigPlanApproval;
use super::release_plans::model::job::{TEXT, WORKFLOW, ZadigPlanJob, ZadigPlanJobSpec};
use super::release_plans::model::plan::{self, ZadigPlan};
use super::release_plans::model::status::ZadigPlanJobStatus;
use super::table::Table;
use super::versions::model::rows::VersionKind;
use super::versions::model::version::{self, Version};
use super::workflows::model::commands;
use super::workflows::model::status::WorkflowStatus;
use super::workflows::model::task::WorkflowTask;
use crate::sim::Millis;
use crate::sim::collection::Stored;
use crate::world::controls::{ResourceControls, encoded};
use crate::world::settings::ZadigGeneration;

const CREDENTIAL: &str = "Authorization";

/// The length of the longest name that a request repeats, in bytes.
const LONGEST_NAME: usize = 200;

/// The requests about a version.
pub(super) fn of_version(stored: &Stored<Version>, table: &Table, now: Millis) -> ResourceControls {
    let versions = "/openapi/delivery/releases";
    let (project, id) = (encoded(&stored.scope), encoded(&stored.id));
    let is_second = table.generation() == ZadigGeneration::V4;
    let detail = if is_second {
        let name = encoded(&stored.item.name);
        format!("{versions}/detail?versionName={name}&projectKey={project}")
    } else {
        format!("{versions}/{id}?projectKey={project}")
    };
    let mut controls = ResourceControls::new(CREDENTIAL)
        .reading("Detail", detail)
        .reading(
            "List",
            format!("{versions}?projectKey={project}&pageNum=1&pageSize=20"),
        );
    for command in stored.item.allowed(now) {
        match command {
            version::RETRY if is_second => {
                let path = format!("{versions}/retry?id={id}&projectKey={project}");
                controls.post(command, "Retry", path, None);
            }
            // In generation 1 it is the creation once more, of which it uses the project and the name.
            version::RETRY => {
                let kind = match stored.item.kind {
                    VersionKind::K8sYaml => "k8s",
                    VersionKind::HelmChart => "helm",
                };
                let body = json!({
                    "project_key": &*stored.scope, "version_name": stored.item.name, "retry": true,
                    "env_name": stored.item.environment, "production": stored.item.production,
                });
                controls.post(command, "Retry", format!("{versions}/{kind}"), Some(body));
            }
            version::DELETE => {
                let path = format!("{versions}/{id}?projectKey={project}");
                controls.add(command, "Delete", "DELETE", path, None);
            }
            _ => {}
        }
    }
    controls
}

/// The requests about a task.
pub(super) fn of_task(stored: &Stored<WorkflowTask>, now: Millis) -> ResourceControls {
    let task = &stored.item;
    let (key, task_id) = (&task.workflow_key, task.task_id);
    let tasks = "/openapi/workflows/custom/task";
    let (workflow, project) = (encoded(key), encoded(&task.project));
    let named = format!("{tasks}?workflowKey={workflow}&taskId={task_id}");
    let own = format!("/openapi/workflows/custom/{workflow}/task/{task_id}");
    let mut controls = ResourceControls::new(CREDENTIAL)
        .reading("Detail", named.clone())
        .reading(
            "List",
            format!(
                "/openapi/workflows/custom/{workflow}/tasks?projectKey={project}&pageNum=1&pageSize=20"
            ),
        );
    for command in task.allowed(now) {
        match command {
            commands::CANCEL => controls.add(command, "Cancel", "DELETE", named.clone(), None),
            commands::RETRY => controls.post(command, "Retry", own.clone(), None),
            commands::APPROVE => {
                for (_, job) in task.approvals(now) {
                    for (approve, verb) in [(true, "Approve"), (false, "Refuse")] {
                        let body = json!({"stage_name": job.name, "workflow_key": key, "task_id": task_id, "approve": approve});
                        let label = format!("{verb} {}", job.origin_name);
                        controls.post(command, label, format!("{tasks}/approve"), Some(body));
                    }
                }
            }
            commands::HANDLE_ERROR => {
                let failed = task.jobs().filter(|(_, job)| {
                    task.job_status(job, now) == WorkflowStatus::WaitForManualErrorHandling
                });
                for (_, job) in failed {
                    for (decision, verb) in
                        [("ignore", "Ignore the failure of"), ("reject", "Fail at")]
                    {
                        let body = json!({"job_name": job.name, "workflow_name": key, "task_id": task_id, "decision": decision});
                        let label = format!("{verb} {}", job.origin_name);
                        let path = "/api/aslan/workflow/v4/workflowtask/handle/error";
                        controls.post(command, label, path.to_owned(), Some(body));
                    }
                }
            }
            commands::MANUAL_EXEC => {
                if let Some(stage) = task.paused_stage(now) {
                    let stage = &task.stages[stage].name;
                    let path = format!(
                        "/api/aslan/workflow/v4/workflowtask/manualexec/workflow/{workflow}/task/{task_id}?stageName={}&projectName={project}",
                        encoded(stage)
                    );
                    controls.post(command, format!("Start {stage}"), path, None);
                }
            }
            _ => {}
        }
    }
    controls
}

/// The requests about a release plan.
pub(super) fn of_plan(stored: &Stored<ZadigPlan>, table: &Table, now: Millis) -> ResourceControls {
    let id = encoded(&stored.id);
    let open = format!("/openapi/release_plan/v1/{id}");
    let own = format!("/api/aslan/release_plan/v1/{id}");
    let mut controls = ResourceControls::new(CREDENTIAL)
        .reading("Detail", open.clone())
        .reading("Log", format!("{own}/logs"))
        .reading(
            "List",
            "/openapi/release_plan/v1?pageNum=1&pageSize=20".to_owned(),
        );
    let item = &stored.item;
    for command in item.allowed(table.generation(), now) {
        match command {
            plan::APPROVE => {
                for (approve, verb) in [(true, "Approve"), (false, "Reject")] {
                    let body = json!({ "approve": approve });
                    controls.post(command, verb, format!("{own}/approve"), Some(body));
                }
            }
            plan::EXECUTE | plan::SKIP | plan::RETRY => {
                for job in &item.jobs {
                    if takes(command, job, item.job_status(job, now)) {
                        command_job(&mut controls, command, job, &own);
                    }
                }
            }
            plan::DELETE => controls.add(command, "Delete", "DELETE", own.clone(), None),
            plan::UPDATE => {
                controls.edit(command, "Edit", "PATCH", open.clone(), &PlanEdit::new(item));
            }
            status => {
                let label = format!("Make it {}", status.replace('_', " "));
                controls.post(command, label, format!("{own}/status/{status}"), None);
            }
        }
    }
    controls
}

/// The body of an edit of a release plan.
#[derive(Serialize)]
struct PlanEdit<'a> {
    name: &'a str,
    manager: &'a str,
    description: &'a str,
    start_time: i64,
    end_time: i64,
    schedule_execute_time: i64,
    approval: Option<&'a ZadigPlanApproval>,
    jobs: Vec<JobEdit<'a>>,
}

#[derive(Serialize)]
struct JobEdit<'a> {
    name: &'a str,
    r#type: &'static str,
    spec: Value,
}

impl<'a> PlanEdit<'a> {
    fn new(plan: &'a ZadigPlan) -> Self {
        let jobs = plan.jobs.iter().map(|job| JobEdit {
            name: &job.name,
            r#type: job.kind(),
            spec: match &job.spec {
                ZadigPlanJobSpec::Text(text) => {
                    json!({ "content": text.content, "remark": text.remark.as_deref().unwrap_or_default() })
                }
                ZadigPlanJobSpec::Workflow(workflow) => {
                    let request = &workflow.request;
                    json!({
                        "workflow_key": request.workflow_key, "project_key": request.project_key,
                        "parameters": request.parameters, "inputs": request.inputs, "remark": request.remark,
                    })
                }
            },
        });
        Self {
            name: &plan.name,
            manager: &plan.manager,
            description: &plan.description,
            start_time: plan.start_time,
            end_time: plan.end_time,
            schedule_execute_time: plan.schedule_execute_time,
            approval: plan.approval.as_ref(),
            jobs: jobs.collect(),
        }
    }
}

/// True if a job of a plan takes a command in this status.
fn takes(command: &str, job: &ZadigPlanJob, status: ZadigPlanJobStatus) -> bool {
    let task_id = job.workflow().map(|workflow| workflow.task_id);
    match status {
        ZadigPlanJobStatus::Todo => command != plan::RETRY,
        ZadigPlanJobStatus::Failed if command == plan::RETRY => task_id.is_some_and(|id| id != 0),
        ZadigPlanJobStatus::Failed => command == plan::EXECUTE && task_id.is_some(),
        _ => false,
    }
}

fn command_job(
    controls: &mut ResourceControls,
    command: &'static str,
    job: &ZadigPlanJob,
    own: &str,
) {
    let verb = match command {
        plan::EXECUTE => "Execute",
        plan::SKIP => "Skip",
        _ => "Retry",
    };
    let is_text = job.workflow().is_none();
    let kind = if is_text { TEXT } else { WORKFLOW };
    let mut body = json!({ "id": job.id, "type": kind });
    // It is for the log only.
    if job.name.len() <= LONGEST_NAME {
        body["name"] = json!(job.name);
    }
    if is_text {
        body["spec"] = json!({ "remark": "" });
    }
    let label = format!("{verb} {}", job.name);
    controls.post(command, label, format!("{own}/{command}"), Some(body));
}

//! The requests about release plans and pipelines, for people.

use serde::Serialize;
use serde_json::json;

use super::commands::Commanded;
use super::pipelines::{ConfigMode, FailMode, Pipeline};
use super::plans::Plan;
use super::plans::model::vocabulary::FailStrategy;
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::collection::Stored;
use crate::world::controls::{ResourceControls, encoded};

/// The body of an edit of a plan.
#[derive(Serialize)]
struct PlanEdit<'a> {
    name: &'a str,
    desc: &'a str,
    fail_strategy: FailStrategy,
    components: Vec<&'a RawJson>,
}

/// The body of an edit of a pipeline.
#[derive(Serialize)]
struct PipelineEdit<'a> {
    name: &'a str,
    description: &'a str,
    model_version: u8,
    config_mode: ConfigMode,
    enterprise_project_id: &'a str,
    fail_mode: FailMode,
    sources: &'a RawJson,
    stages: &'a RawJson,
}

/// The requests about a plan.
pub(super) fn of_plan(stored: &Stored<Plan>, now: Millis) -> ResourceControls {
    let plans = format!("/v3/{}/cas/release-plans", encoded(&stored.scope));
    let path = format!("{plans}/{}", encoded(&stored.id));
    let mut controls = ResourceControls::new("X-Auth-Token")
        .reading("Detail", path.clone())
        .reading("Deploy info", format!("{path}/deploy-info"))
        .reading("List", plans);
    for command in stored.item.allowed(now) {
        let label = match command {
            "execute" => "Execute",
            "rollback" => "Roll back",
            "abort" => "Abort",
            "delete" => {
                controls.add(command, "Delete", "DELETE", path.clone(), None);
                continue;
            }
            _ => {
                let spec = &stored.item.spec;
                let components = spec.components.iter().map(|component| &component.text);
                let body = PlanEdit {
                    name: &spec.name,
                    desc: &spec.desc,
                    fail_strategy: spec.fail_strategy,
                    components: components.collect(),
                };
                controls.edit(command, "Edit", "PUT", path.clone(), &body);
                continue;
            }
        };
        controls.post(command, label, format!("{path}/{command}"), None);
    }
    controls
}

/// The requests about a pipeline.
pub(super) fn of_pipeline(stored: &Stored<Pipeline>, now: Millis) -> ResourceControls {
    let pipelines = format!("/v3/{}/pipeline/pipelines", encoded(&stored.scope));
    let path = format!("{pipelines}/{}", encoded(&stored.id));
    let mut controls = ResourceControls::new("X-Auth-Token")
        .reading("Detail", path.clone())
        .reading("Records", format!("{path}/records"))
        .reading("List", pipelines);
    for command in stored.item.allowed(now) {
        let action = format!("{path}/action?action_id={command}");
        let label = match command {
            "start" => "Start",
            "stop" => "Stop",
            "continue" => "Continue",
            "retry" => "Retry",
            "rollback" => "Roll back",
            "approval" => {
                for gate in stored.item.gates(now) {
                    for (answer, verb) in [("agree", "Approve"), ("refuse", "Refuse")] {
                        let body = json!({ "task_name": gate, "approval_type": answer });
                        let label = format!("{verb} {gate}");
                        controls.post(command, label, action.clone(), Some(body));
                    }
                }
                continue;
            }
            _ => {
                let definition = &stored.item.definition;
                let body = PipelineEdit {
                    name: &definition.name,
                    description: &definition.description,
                    model_version: 2,
                    config_mode: definition.config_mode,
                    enterprise_project_id: &definition.enterprise_project,
                    fail_mode: definition.fail_mode,
                    sources: &definition.sources,
                    stages: &definition.declared_stages,
                };
                controls.edit(command, "Edit", "PUT", path.clone(), &body);
                continue;
            }
        };
        controls.post(command, label, action, None);
    }
    controls
}

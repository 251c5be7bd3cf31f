//! The requests about release plans and pipelines, for people.

use serde_json::json;

use super::commands::Commanded;
use super::pipelines::Pipeline;
use super::plans::Plan;
use crate::sim::Millis;
use crate::sim::collection::Stored;
use crate::world::controls::{ResourceControls, encoded};

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
            // An edit needs the whole plan.
            _ => continue,
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
            // An edit needs the whole pipeline.
            _ => continue,
        };
        controls.post(command, label, action, None);
    }
    controls
}

//! The check that a service accepts the commands that a timeline allows, and refuses all others.

use serde_json::{Value, json};

use super::lists::ANY_TOKEN;
use super::{Checks, Failure, fail};
use crate::document::{array, text};
use crate::emulator::Fork;
use crate::generate::{PROJECT, escaped};
use crate::step::Step;

/// A command, and the requests that give it.
type Command = (&'static str, Vec<Step>);

/// The most resources that are tried in one go.
const MOST: usize = 2;

impl Checks<'_> {
    pub(super) async fn check_commands(
        &mut self,
        now: i64,
        resources: &[Value],
    ) -> Result<(), Failure> {
        let state: Value = serde_json::from_str(&self.state).unwrap_or_default();
        let skipped = (self.n_deep * MOST) % resources.len().max(1);
        let turned = resources.iter().cycle().skip(skipped);
        for resource in turned.take(MOST.min(resources.len())) {
            self.try_commands(now, &state, resource).await?;
        }
        Ok(())
    }

    async fn try_commands(
        &mut self,
        now: i64,
        state: &Value,
        resource: &Value,
    ) -> Result<(), Failure> {
        let check = "the commands that are allowed are those that are accepted";
        // A version of a project without a key cannot be named in a path.
        if ["scope", "id", "name"]
            .iter()
            .any(|field| resource[*field] == "")
            && resource["kind"] != "mesh"
        {
            return Ok(());
        }
        let allowed: Vec<String> = array(&resource["allowed"]).map(text).collect();
        let first = self.fork(now)?;
        let commands = self.commands(&first, state, resource).await;
        for (command, steps) in commands {
            let is_allowed = allowed.iter().any(|word| word == command);
            let fork = if is_allowed { &self.fork(now)? } else { &first };
            self.count(check);
            let mut answer = None;
            for step in steps {
                self.tally.n_requests += 1;
                let own = fork.send(&step.with_token(ANY_TOKEN)).await;
                if answer.is_none() || own.is_success() {
                    answer = Some(own);
                }
            }
            let Some(answer) = answer else {
                continue;
            };
            if answer.is_success() != is_allowed {
                let text = format!(
                    "{command} is {} and was answered {} {}\n{resource}",
                    if is_allowed { "allowed" } else { "not allowed" },
                    answer.status,
                    answer.text()
                );
                return fail(check, text);
            }
            if !is_allowed && fork.state() != self.state {
                let text = super::difference(&self.state, &fork.state());
                return fail("a refused command changes nothing", text);
            }
        }
        Ok(())
    }

    /// The commands of a resource as requests, of which one must be accepted if the command is allowed.
    async fn commands(&mut self, fork: &Fork, state: &Value, resource: &Value) -> Vec<Command> {
        let scope = escaped(&text(&resource["scope"]));
        let name = text(&resource["name"]);
        let id = escaped(&text(&resource["id"]));
        let post = |path: String| Step::new("POST", &path);
        match resource["kind"].as_str() {
            Some("plan") => {
                let path = format!("/v3/{scope}/cas/release-plans/{id}");
                let edited = json!({"name": name,
                    "components": [{"seq": 0, "name": "web", "runtime_stack": {"name": "java"},
                        "component_id": "0a1b2c3d-0000-4000-8000-000000000000"}]});
                let mut commands = vec![
                    ("edit", vec![Step::new("PUT", &path).with_json(&edited)]),
                    ("delete", vec![Step::new("DELETE", &path)]),
                ];
                for command in ["execute", "rollback", "abort"] {
                    commands.push((command, vec![post(format!("{path}/{command}"))]));
                }
                commands
            }
            Some("pipeline") => {
                let path = format!("/v3/{scope}/pipeline/pipelines/{id}");
                let detail = self.look(fork, &path).await;
                pipeline_commands(&path, &name, &detail)
            }
            Some("version") => {
                let path = format!("/openapi/delivery/releases/{id}?projectKey={scope}");
                let detail = self.look(fork, &path).await;
                let kind = match detail.pointer("/version_info/type").and_then(Value::as_str) {
                    Some("K8SYaml") => "k8s",
                    _ => "helm",
                };
                let retry =
                    json!({"project_key": resource["scope"], "version_name": name, "retry": true});
                let retry = post(format!("/openapi/delivery/releases/{kind}")).with_json(&retry);
                // That of the second generation.
                let by_query = post(format!(
                    "/openapi/delivery/releases/retry?id={id}&projectKey={scope}"
                ));
                vec![
                    ("retry", vec![retry, by_query]),
                    ("delete", vec![Step::new("DELETE", &path)]),
                ]
            }
            Some("task") => {
                let (workflow, task_id) = text(&resource["id"])
                    .rsplit_once(':')
                    .map(|(workflow, task_id)| (escaped(workflow), task_id.to_owned()))
                    .unwrap_or_default();
                let path = "/openapi/workflows/custom";
                let task = format!("{path}/task?workflowKey={workflow}&taskId={task_id}");
                vec![
                    ("cancel", vec![Step::new("DELETE", &task)]),
                    (
                        "retry",
                        vec![post(format!("{path}/{workflow}/task/{task_id}"))],
                    ),
                ]
            }
            Some("release") => release_commands(&scope, &id, state),
            Some("mesh") => {
                let mut meshes = array(&state["asm"]["meshes"]);
                let own = meshes.find(|mesh| mesh["id"] == resource["id"]);
                let project = own.and_then(|mesh| mesh.pointer("/emulator/project"));
                let project = project.and_then(Value::as_str).unwrap_or(PROJECT);
                let path = format!("/v1/{}/meshes/{id}", escaped(project));
                vec![("delete", vec![Step::new("DELETE", &path)])]
            }
            _ => Vec::new(),
        }
    }
}

fn pipeline_commands(path: &str, name: &str, detail: &Value) -> Vec<Command> {
    // In another enterprise project the name may be taken.
    let edited = json!({"name": name, "model_version": 2, "config_mode": "ui",
        "enterprise_project_id": detail["enterprise_project_id"],
        "stages": [{"name": "s", "tasks": [{"name": "t"}]}]});
    let mut commands = vec![("edit", vec![Step::new("PUT", path).with_json(&edited)])];
    let action = |word: &str| Step::new("POST", &format!("{path}/action?action_id={word}"));
    for command in ["start", "stop", "continue", "retry", "rollback"] {
        commands.push((command, vec![action(command)]));
    }
    let stages = array(&detail["pipeline_declaration"]["stages"]);
    // Whichever of them waits.
    let approvals = stages.map(|stage| {
        let agreed = json!({"task_name": stage["name"], "approval_type": "agree"});
        action("approval").with_json(&agreed)
    });
    commands.push(("approval", approvals.collect()));
    commands
}

fn release_commands(mesh: &str, id: &str, state: &Value) -> Vec<Command> {
    let releases = array(&state["asm"]["meshes"]).flat_map(|mesh| array(&mesh["releases"]));
    let mut metadata = releases.map(|release| &release["metadata"]);
    let own = metadata.find(|metadata| metadata["uid"] == *id);
    let namespace = own.and_then(|own| own["namespace"].as_str());
    let Some(namespace) = namespace else {
        return Vec::new();
    };
    let path = format!(
        "/v2/meshes/{mesh}/namespaces/{}/releases/{id}",
        escaped(namespace)
    );
    let mut commands = vec![(
        "update",
        vec![Step::new("PUT", &path).with_json(&json!({"spec": {"version": "v3"}}))],
    )];
    for command in ["cancel", "end"] {
        let ended = format!("{path}?action={command}");
        commands.push((command, vec![Step::new("DELETE", &ended)]));
    }
    commands
}

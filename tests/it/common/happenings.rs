//! Random happenings in a world: requests to all families and to the control plane, and time that passes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use release_emulator::ZadigGeneration;
use release_emulator::internals::Settings;
use release_emulator::internals::world::settings::{Fidelity, Progress};
use serde_json::{Value, json};

use super::{App, NOON, PROJECT, Reply};

/// A world and what happens in it.
#[derive(Clone, Debug)]
pub struct Story {
    pub settings: Settings,
    pub happenings: Vec<Happening>,
}

/// A request, before the ids are known that it is about.
#[derive(Clone, Debug)]
pub struct Happening {
    kind: Kind,
    /// Chooses among the resources of the kind.
    which: Index,
    /// Chooses among the variants of the request.
    variant: Index,
    /// The milliseconds before it.
    wait: i64,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Pipeline,
    Plan,
    Mesh,
    Version,
    Workflow,
    ZadigPlan,
    Identity,
    Control,
    Read,
}

const KINDS: [Kind; 9] = [
    Kind::Pipeline,
    Kind::Plan,
    Kind::Mesh,
    Kind::Version,
    Kind::Workflow,
    Kind::ZadigPlan,
    Kind::Identity,
    Kind::Control,
    Kind::Read,
];

/// Up to so many happenings.
pub fn stories(most: usize) -> impl Strategy<Value = Story> {
    let settings = (any::<[bool; 4]>(), any::<u64>());
    (settings, vec(happenings(), 1..most)).prop_map(|((flags, seed), happenings)| Story {
        settings: settings_of(flags, seed),
        happenings,
    })
}

fn settings_of([is_v4, by_reads, is_real, has_long_steps]: [bool; 4], seed: u64) -> Settings {
    Settings {
        freeze: Some(NOON),
        seed,
        zadig: is_v4.then_some(ZadigGeneration::V4),
        progress: if by_reads {
            Progress::Reads
        } else {
            Progress::Clock
        },
        fidelity: if is_real {
            Fidelity::Strict
        } else {
            Fidelity::Documented
        },
        step: if has_long_steps { 60_000 } else { 2_000 },
        ..Settings::default()
    }
}

fn happenings() -> impl Strategy<Value = Happening> {
    let wait = prop_oneof![
        3 => Just(0),
        5 => 1..5_000_i64,
        1 => select(vec![60_000, 3_600_000, 40 * 86_400_000]),
    ];
    (select(KINDS.to_vec()), any::<Index>(), any::<Index>(), wait).prop_map(
        |(kind, which, variant, wait)| Happening {
            kind,
            which,
            variant,
            wait,
        },
    )
}

/// Users, workflows, an environment, and what the families need besides.
pub fn fixtures() -> Value {
    let user = |id: &str| json!({"type": "user", "user_id": id, "user_name": id});
    let job = |name: &str| json!({"name": name, "type": "freestyle"});
    let image = |name: &str| json!({"name": name, "image": format!("reg.example/shop/{name}:cur")});
    json!({
        "identities": {
            "users": [{"name": "ann", "password": "of-ann", "projects": [{"id": PROJECT, "name": "cn-north-4"}]}],
            "zadig_users": [{"name": "zoe", "uid": "u1", "token": "t", "admin": true}],
        },
        "servicestage": {"projects": [{"id": PROJECT,
            "pipelines": [{"id": "given-pipeline", "name": "given", "status": 3}],
            "release_plans": [{"id": "given-plan", "status": "FAILED", "components": []}]}]},
        "asm": {"meshes": [{"id": "given-mesh", "releases": [{"metadata": {"name": "given"}, "status": {"phase": "Odd"}}]}]},
        "zadig": {"projects": [{
            "key": "shop",
            "environments": [{"name": "dev", "services": [{"name": "web", "containers": [image("web")]}]}],
            "registries": [{"id": "62ce6231e0281143de477e60", "address": "https://reg.example", "namespace": "shop"}],
            "workflow_views": [{"name": "release", "workflows": ["hotfix"]}],
            "workflows": [
                {"workflow_key": "deploy", "concurrency_limit": 1, "params": [{"name": "version", "type": "string", "value": "1"}],
                 "stages": [
                    {"name": "build", "parallel": true, "jobs": [job("build"), job("lint")]},
                    {"name": "gate", "jobs": [{"name": "sign-off", "type": "approval", "spec": {"type": "native", "timeout": 5,
                        "native_approval": {"needed_approvers": 1, "approve_users": [user("u1")]}}}]},
                    {"name": "ship", "jobs": [job("ship")]}]},
                {"workflow_key": "hotfix", "stages": [{"name": "fix", "jobs": [
                    {"name": "fix", "type": "freestyle", "error_policy": {"policy": "manual_check", "maximum_retry": 1,
                        "approval_users": [user("u1")]}}, job("check")]}]}]
        }]},
        "scripts": [{"id": "unlucky", "match": {"family": "zadig"}, "outcome": "fail", "probability": 0.123_456_789_012_345_67, "seed": 5}],
    })
}

/// The ids of the resources of a family, and of those that have a name.
async fn known(app: &App, family: &str) -> Vec<Value> {
    let path = format!("/_emulator/v1/resources?family={family}&limit=1000");
    let listed = app.get(&path).await.assert_status(200);
    listed["resources"].as_array().expect("resources").clone()
}

impl Happening {
    /// Lets it happen. The request may be refused.
    pub async fn happen(&self, app: &App, n: usize) -> Reply {
        let wait = json!({ "ms": self.wait });
        let advanced = app.post("/_emulator/v1/clock/advance", wait).await;
        advanced.assert_status(200);
        match self.kind {
            Kind::Pipeline => self.pipeline(app, n).await,
            Kind::Plan => self.plan(app, n).await,
            Kind::Mesh => self.mesh(app, n).await,
            Kind::Version => self.version(app, n).await,
            Kind::Workflow => self.workflow(app).await,
            Kind::ZadigPlan => self.zadig_plan(app, n).await,
            Kind::Identity => self.identity(app).await,
            Kind::Control => self.control(app, n).await,
            Kind::Read => {
                let paths = reads(app).await;
                app.get(self.which.get::<String>(&paths)).await
            }
        }
    }

    /// The id of a resource of a family.
    async fn id(&self, app: &App, family: &str) -> String {
        let resources = known(app, family).await;
        if resources.is_empty() {
            return "none".to_owned();
        }
        let chosen = self.which.get(&resources);
        chosen["id"].as_str().expect("an id").to_owned()
    }

    async fn pipeline(&self, app: &App, n: usize) -> Reply {
        let all = format!("/v3/{PROJECT}/pipeline/pipelines");
        let id = self.id(app, "pipelines").await;
        let stages = match self.which.index(3) {
            0 => {
                json!([{"name": "s", "tasks": [{"name": "t"}, {"name": "t2", "task_group": "a"}]}])
            }
            1 => json!([{"name": "g", "approval_type": 1, "tasks": [{"name": "t"}]}]),
            _ => json!([]),
        };
        let body = json!({"name": format!("shop-{n}"), "model_version": 2, "config_mode": "ui", "stages": stages});
        let hook = json!({"schedule": "0 0 0 1 * ?", "timezone_operator": "-", "timezone_hour": 3});
        let commands = [
            "start", "start", "stop", "continue", "retry", "rollback", "approval",
        ];
        match self.variant.index(13) {
            0..3 => app.post(&all, body).await,
            3 => app.put(&format!("{all}/{id}"), body).await,
            4 => app.get(&format!("{all}/{id}")).await,
            5 => {
                let body = json!({"strategy_type": 1, "hooks": [hook]});
                app.post(&format!("{all}/{id}/hooks"), body).await
            }
            k => {
                let command = commands[k - 6];
                let body = match command {
                    "approval" => json!({"task_name": "g", "approval_type": "agree"}),
                    _ => json!({}),
                };
                app.post(&format!("{all}/{id}/action?action_id={command}"), body)
                    .await
            }
        }
    }

    async fn plan(&self, app: &App, n: usize) -> Reply {
        let all = format!("/v3/{PROJECT}/cas/release-plans");
        let one = format!("{all}/{}", self.id(app, "plans").await);
        let component = |name: &str, seq: usize| json!({"name": name, "seq": seq, "runtime_stack": {"a": 1.50}});
        let components = [component("web", 0), component("db", self.which.index(2))];
        let body = json!({"name": format!("plan-{n}"), "components": components});
        match self.variant.index(8) {
            0..3 => app.post(&all, body).await,
            3 => app.put(&one, body).await,
            4 => app.delete(&one).await,
            k => {
                let command = ["execute", "rollback", "abort"][k - 5];
                app.post(&format!("{one}/{command}"), json!({})).await
            }
        }
    }

    async fn mesh(&self, app: &App, n: usize) -> Reply {
        let resources = known(app, "asm").await;
        let meshes: Vec<_> = resources
            .iter()
            .filter(|resource| {
                !resource["scope"]
                    .as_str()
                    .is_some_and(|scope| known_id(&resources, scope))
            })
            .collect();
        let mesh = match meshes.len() {
            0 => "none",
            _ => self.which.get(&meshes)["id"].as_str().expect("an id"),
        };
        let release = resources.iter().find(|resource| resource["scope"] == mesh);
        let release = release.map_or("none", |release| release["id"].as_str().expect("an id"));
        let all = format!("/v2/meshes/{mesh}/namespaces/default/releases");
        let gray = json!([{"template": {"kind": "Deployment", "spec": {"replicas": 1.50}}}]);
        let body = json!({"metadata": {"name": format!("gray-{n}")},
            "spec": {"serviceName": format!("s-{n}"), "grayDeployments": gray}});
        match self.variant.index(9) {
            0 | 1 => {
                let body = crate::asm::minimal_mesh(&format!("mesh-{n}"));
                app.post(&format!("/v1/{PROJECT}/meshes"), body).await
            }
            2 => app.delete(&format!("/v1/{PROJECT}/meshes/{mesh}")).await,
            3..6 => app.post(&all, body).await,
            6 => {
                let body = json!({"spec": {"version": format!("v{n}")}});
                app.put(&format!("{all}/{release}"), body).await
            }
            7 => {
                let action = self.which.get(&["end", "cancel"]);
                app.delete(&format!("{all}/{release}?action={action}"))
                    .await
            }
            _ => {
                let path = format!("/_emulator/v1/asm/{mesh}/default/{release}/traffic");
                app.put(&path, json!({"gray": n % 101})).await
            }
        }
    }

    async fn version(&self, app: &App, n: usize) -> Reply {
        let all = "/openapi/delivery/releases";
        let id = self.id(app, "zadig").await;
        let image = json!({"container_name": "web", "image_name": "web", "image_tag": "1",
            "target_image": "reg.example/shop/web:1", "target_image_tag": "1", "push_image": true});
        let body = json!({"project_key": "shop", "version_name": format!("v{n}"), "env_name": "dev", "source": "from_env",
            "image_registry_id": "62ce6231e0281143de477e60",
            "yaml_datas": [{"service_name": "web", "image_datas": [image]}],
            "services": [{"service_name": "web", "images": [image]}]});
        match self.variant.index(5) {
            0..3 => app.post(&format!("{all}/k8s"), body).await,
            3 => {
                let name = format!("v{}", self.which.index(n.max(1)));
                let body = json!({"project_key": "shop", "version_name": name, "retry": true});
                app.post(&format!("{all}/k8s"), body).await
            }
            _ => app.delete(&format!("{all}/{id}?projectKey=shop")).await,
        }
    }

    async fn workflow(&self, app: &App) -> Reply {
        let key = self.which.get(&["deploy", "hotfix"]);
        let task = 1 + self.which.index(3);
        let tasks = "/openapi/workflows/custom/task";
        let one = format!("/openapi/workflows/custom/{key}/task/{task}?projectKey=shop");
        let jobs = match *key {
            "deploy" => ["build", "sign-off", "ship"].as_slice(),
            _ => &["fix", "check"],
        };
        let inputs: Value = jobs
            .iter()
            .map(|job| {
                let kind = if *job == "sign-off" {
                    "approval"
                } else {
                    "freestyle"
                };
                json!({"job_name": job, "job_type": kind})
            })
            .collect();
        match self.variant.index(9) {
            0..4 => {
                let body = json!({"workflow_key": key, "project_key": "shop", "inputs": inputs});
                app.post(tasks, body).await
            }
            4 | 5 => {
                let body = json!({"stage_name": "gate", "workflow_key": "deploy", "task_id": task, "approve": true});
                app.post(&format!("{tasks}/approve"), body).await
            }
            6 => {
                let path = format!("{tasks}?workflowKey={key}&taskId={task}&projectKey=shop");
                app.delete(&path).await
            }
            7 => app.post(&one, json!({})).await,
            _ if self.which.index(8) == 0 => {
                let path = format!("/openapi/workflows/custom?workflowKey={key}&projectKey=shop");
                app.delete(&path).await
            }
            _ => app.post(&one, json!({})).await,
        }
    }

    async fn zadig_plan(&self, app: &App, n: usize) -> Reply {
        let (all, inside) = ("/openapi/release_plan/v1", "/api/aslan/release_plan/v1");
        let resources = known(app, "zadig").await;
        let plans: Vec<_> = resources
            .iter()
            .filter(|resource| resource["scope"] == "release_plan")
            .collect();
        let id = match plans.len() {
            0 => "none",
            _ => self.which.get(&plans)["id"].as_str().expect("an id"),
        };
        let jobs = json!([
            {"name": "say", "type": "text", "spec": {"content": "do it", "remark": ""}},
            {"name": "roll out", "type": "workflow", "spec": {"workflow_key": "hotfix", "project_key": "shop",
                "inputs": [{"job_name": "fix", "job_type": "freestyle"}]}}]);
        let is_v4 = app.world.settled_settings().zadig == Some(ZadigGeneration::V4);
        let bare = json!({"name": format!("weekly-{n}"), "manager": "zoe"});
        let mut body = bare.clone();
        body["jobs"] = jobs;
        match self.variant.index(10) {
            0 => app.post(all, bare).await,
            1 | 2 => {
                // One whose jobs can be executed.
                let first = if is_v4 { &bare } else { &body };
                let created = app.post(all, first.clone()).await;
                if created.status != 200 {
                    return created;
                }
                let id = created.json()["id"].as_str().unwrap_or("none").to_owned();
                if is_v4 {
                    app.patch(&format!("{all}/{id}"), body).await;
                }
                let status = format!("{inside}/{id}/status");
                app.post(&format!("{status}/finish_planning"), json!({}))
                    .await;
                app.post(&format!("{status}/executing"), json!({})).await;
                let shown = app.get(&format!("{all}/{id}")).await;
                let job = &shown.json()["jobs"][self.which.index(2)];
                let body = json!({"id": job["id"], "name": job["name"], "type": job["type"], "spec": {"remark": "r"}});
                app.post(&format!("{inside}/{id}/execute"), body).await
            }
            3 => app.patch(&format!("{all}/{id}"), body).await,
            4 => {
                let status = ["finish_planning", "planning", "wait_for_approval"];
                let status = self.which.get(&status);
                app.post(&format!("{inside}/{id}/status/{status}"), json!({}))
                    .await
            }
            5 => {
                app.post(&format!("{inside}/{id}/status/executing"), json!({}))
                    .await
            }
            6..9 => {
                let shown = app.get(&format!("{all}/{id}")).await;
                let job = match shown.status {
                    200 => shown.json()["jobs"][self.which.index(2)].clone(),
                    _ => Value::Null,
                };
                let body = json!({"id": job["id"], "name": job["name"], "type": job["type"], "spec": {"remark": "r"}});
                let command = ["execute", "execute", "skip", "retry"];
                let command = self.which.get(&command);
                app.post(&format!("{inside}/{id}/{command}"), body).await
            }
            _ => app.delete(&format!("{inside}/{id}")).await,
        }
    }

    async fn identity(&self, app: &App) -> Reply {
        let user = json!({"name": "ann", "password": "of-ann", "domain": {"name": "emulator"}});
        match self.variant.index(3) {
            0 | 1 => {
                let body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
                app.post("/v3/auth/tokens", body).await
            }
            _ => {
                let token = json!({"duration_seconds": 900 + 60 * self.which.index(1_000)});
                let body = json!({"auth": {"identity": {"methods": ["token"], "token": token}}});
                app.post("/v3.0/OS-CREDENTIAL/securitytokens", body).await
            }
        }
    }

    async fn control(&self, app: &App, n: usize) -> Reply {
        match self.variant.index(12) {
            0..3 => {
                let script = match self.which.index(5) {
                    0 => json!({"match": {}, "outcome": "fail", "message": "no", "times": 2}),
                    1 => json!({"match": {}, "outcome": "hang", "times": 1}),
                    2 => {
                        json!({"match": {"name": "shop-*"}, "takes_ms": {"median": 3_000, "sigma": 0.3}})
                    }
                    3 => {
                        json!({"sequence": [{"outcome": "fail", "weight": 0.3}, {"outcome": "succeed", "weight": 0.7}]})
                    }
                    _ => json!({"match": {"work": "rollback"}, "takes_ms": 9_000, "priority": 3}),
                };
                app.post("/_emulator/v1/scripts", script).await
            }
            3..5 => {
                let fault = match self.which.index(3) {
                    0 => {
                        json!({"match": {"method": "GET", "family": "pipelines"}, "do": {"status": 503}, "times": 2})
                    }
                    1 => {
                        json!({"match": {"family": "asm"}, "do": {"status": 429}, "probability": 0.3, "seed": n, "times": 3})
                    }
                    _ => {
                        json!({"match": {"family": "plans", "method": "POST"}, "do": {"body": {"b": 1.50, "a": [1]}}, "after": 1, "times": 1})
                    }
                };
                app.post("/_emulator/v1/faults", fault).await
            }
            5 => {
                let scripts = app.get("/_emulator/v1/scripts").await.assert_status(200);
                let scripts = scripts["scripts"].as_array().cloned().unwrap_or_default();
                let id = match scripts.len() {
                    0 => "none",
                    _ => self.which.get(&scripts)["id"].as_str().expect("an id"),
                };
                app.delete(&format!("/_emulator/v1/scripts/{id}")).await
            }
            6 => {
                let update = match self.which.index(3) {
                    0 => json!({"pace": 2.5}),
                    _ => json!({"now": "2026-03-01T00:00:00Z"}),
                };
                app.put("/_emulator/v1/clock", update).await
            }
            7 => {
                let pipeline = json!({"id": format!("patched-{}", n % 3), "name": format!("patched-{}", n % 3)});
                let patch = json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines": [pipeline]}]}});
                app.patch("/_emulator/v1/state", patch).await
            }
            8 => {
                let state = app.state().await;
                app.put("/_emulator/v1/state", state).await
            }
            9 if self.which.index(3) == 0 => app.post("/_emulator/v1/reset", json!({})).await,
            _ => {
                let until = self.which.get(&["idle", "next"]);
                app.post("/_emulator/v1/clock/advance", json!({ "until": until }))
                    .await
            }
        }
    }
}

fn known_id(resources: &[Value], id: &str) -> bool {
    resources.iter().any(|resource| resource["id"] == id)
}

/// Reads of everything that a world holds.
pub async fn reads(app: &App) -> Vec<String> {
    let mut paths = vec![
        "/_emulator/v1/clock".to_owned(),
        "/_emulator/v1/scripts".to_owned(),
        "/_emulator/v1/faults".to_owned(),
        "/_emulator/v1/resources?limit=1000".to_owned(),
        "/_emulator/v1/state".to_owned(),
        format!("/v1/{PROJECT}/meshes"),
        format!("/v3/{PROJECT}/pipeline/pipelines"),
        format!("/v3/{PROJECT}/cas/release-plans"),
        "/openapi/delivery/releases?projectKey=shop&pageNum=1&pageSize=100".to_owned(),
        "/openapi/workflows?projectKey=shop&viewName=release".to_owned(),
        "/openapi/release_plan/v1?pageNum=1&pageSize=100".to_owned(),
        "/v3/auth/projects".to_owned(),
    ];
    for key in ["deploy", "hotfix"] {
        paths.push(format!(
            "/openapi/workflows/custom/{key}/tasks?projectKey=shop&pageNum=1&pageSize=100"
        ));
        paths.push(format!(
            "/openapi/workflows/custom/{key}/detail?projectKey=shop"
        ));
    }
    for resource in known_all(app).await {
        let text = |name: &str| resource[name].as_str().expect("a text").to_owned();
        let (family, id, scope) = (text("family"), text("id"), text("scope"));
        let escaped = id.replace('/', "%2F");
        paths.push(format!(
            "/_emulator/v1/resources/{family}/{escaped}/timeline"
        ));
        paths.extend(match &*family {
            "pipelines" => vec![
                format!("/v3/{PROJECT}/pipeline/pipelines/{id}"),
                format!("/v3/{PROJECT}/pipeline/pipelines/{id}/records"),
            ],
            "plans" => vec![
                format!("/v3/{PROJECT}/cas/release-plans/{id}"),
                format!("/v3/{PROJECT}/cas/release-plans/{id}/deploy-info"),
            ],
            "asm" => vec![
                format!("/v1/{PROJECT}/meshes/{id}"),
                format!("/v2/meshes/{id}/namespaces/default/releases"),
                format!("/v2/meshes/{scope}/namespaces/default/releases/{id}"),
            ],
            _ => {
                let mut paths = vec![
                    format!("/openapi/delivery/releases/{id}?projectKey=shop"),
                    format!("/openapi/release_plan/v1/{id}"),
                ];
                if let Some((key, task)) = id.split_once(':') {
                    paths.push(format!(
                        "/openapi/workflows/custom/task?workflowKey={key}&taskId={task}"
                    ));
                }
                paths
            }
        });
    }
    paths
}

async fn known_all(app: &App) -> Vec<Value> {
    let path = "/_emulator/v1/resources?limit=1000";
    let listed = app.get(path).await.assert_status(200);
    listed["resources"].as_array().expect("resources").clone()
}

//! The resources whose lifecycles are charted: the requests that create and command them, and the places of their statuses
//! in the drawing.

use serde_json::{Value, json};

use crate::common::{App, CREDENTIALS, NOON, Reply};

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Pipeline,
    Plan,
    Release,
    Mesh,
    Version,
    Task,
    ReleasePlan,
    Token,
}

/// A status with its meaning, and the column and row of its box.
pub struct Status {
    pub name: &'static str,
    pub meaning: &'static str,
    pub place: (i32, i32),
}

const fn status(name: &'static str, place: (i32, i32), meaning: &'static str) -> Status {
    Status {
        name,
        meaning,
        place,
    }
}

const PIPELINE: &[Status] = &[
    status("1", (0, 4), "created, never started"),
    status("2", (8, 0), "every selected task has succeeded"),
    status("3", (8, 4), "a task has failed, or an approval was refused"),
    status("4", (4, 2), "tasks are running"),
    status("5", (4, 0), "a stage or a task waits for an approval"),
    status("7", (0, 2), "stopped; its open tasks wait"),
    status("10", (12, 2), "the release is being rolled back"),
    status("11", (16, 0), "the release was rolled back"),
    status("12", (16, 4), "the rollback has failed"),
    status("13", (0, 0), "the stop takes one step"),
    status("14", (4, 4), "a retry takes one step to begin"),
];

const PLAN: &[Status] = &[
    status(
        "CREATED",
        (0, 2),
        "not executed since it was created or edited",
    ),
    status("RUNNING", (4, 2), "batches are being released"),
    status("SUCCESS", (8, 0), "every component is released"),
    status("FAILED", (8, 4), "the release has failed"),
    status(
        "PARTIALLY_FAILED",
        (8, 2),
        "some components have failed, and some are released",
    ),
    status("ABORTING", (0, 4), "the abort takes one step"),
    status("ABORTED", (4, 4), "ended by an abort"),
    status(
        "ROLLING_BACK",
        (12, 2),
        "batches are being rolled back, in reverse order",
    ),
    status(
        "ROLLBACK_SUCCEED",
        (16, 0),
        "every released component is rolled back",
    ),
    status("ROLLBACK_FAILED", (16, 4), "the rollback has failed"),
];

const RELEASE: &[Status] = &[
    status(
        "Creating",
        (0, 2),
        "the grayscale version is being deployed",
    ),
    status("Running", (5, 0), "both versions take traffic"),
    status("Failed", (5, 4), "the deployment has failed"),
];

const MESH: &[Status] = &[
    status("Creating", (0, 2), "the mesh is being created"),
    status("Running", (5, 0), "the mesh works"),
    status("CreateFailed", (5, 4), "the creation has failed"),
    status(
        "Deleting",
        (10, 2),
        "the mesh is being deleted, with its releases",
    ),
    status(
        "DeleteFailed",
        (15, 4),
        "the deletion has failed; it can be deleted again",
    ),
];

const VERSION: &[Status] = &[
    status(
        "creating",
        (0, 2),
        "images are being pushed, one after the other",
    ),
    status("success", (5, 0), "every image is pushed"),
    status("failed", (5, 4), "a push has failed, or an hour has passed"),
    status(
        "retrying",
        (10, 2),
        "the images that are missing are being pushed again",
    ),
];

const TASK: &[Status] = &[
    status("waiting", (0, 3), "the task waits in the queue"),
    status("running", (5, 6), "jobs are running"),
    status(
        "wait_for_approval",
        (5, 0),
        "that of a job which waits for an approval; the task itself is `running`",
    ),
    status("pause", (10, 0), "a stage waits for somebody who starts it"),
    status(
        "passed",
        (10, 6),
        "every job has passed, or its failure is ignored",
    ),
    status("reject", (10, 3), "an approval was refused"),
    status("failed", (15, 6), "a job has failed"),
    status(
        "timeout",
        (15, 3),
        "a job or an approval has taken too long",
    ),
    status("cancelled", (15, 0), "somebody has cancelled the task"),
];

const RELEASE_PLAN: &[Status] = &[
    status("planning", (0, 4), "the plan is being written"),
    status("finish_planning", (5, 7), "the plan is written"),
    status("wait_for_approval", (5, 2), "the approvers are asked"),
    status("executing", (11, 4), "its jobs can be executed"),
    status("denied", (11, 0), "an approver has rejected it"),
    status(
        "success",
        (18, 4),
        "every job is done, skipped or failed, or the manager says so",
    ),
    status("timeout", (18, 7), "the window is over"),
    status("cancel", (18, 2), "the plan was given up"),
];

const TOKEN: &[Status] = &[
    status("valid", (0, 2), "passes as `X-Auth-Token`"),
    status("expired", (5, 0), "401 `token expires`"),
    status("revoked", (5, 4), "401 `APIGW.0307`"),
];

const MESHES: &str = "/v1/p1/meshes";
const RELEASES: &str = "/v2/meshes/m1/namespaces/default/releases";
const PLANS: &str = "/v3/p1/cas/release-plans";
const PIPELINES: &str = "/v3/p1/pipeline/pipelines";
const VERSIONS: &str = "/openapi/delivery/releases";
const TASKS: &str = "/openapi/workflows/custom/task";
const RELEASE_PLANS: &str = "/openapi/release_plan/v1";
const INTERNAL_PLANS: &str = "/api/aslan/release_plan/v1";
const TOKENS: &str = "/v3/auth/tokens";

impl Subject {
    /// The name of the drawing.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::Plan => "plan",
            Self::Release => "release",
            Self::Mesh => "mesh",
            Self::Version => "version",
            Self::Task => "task",
            Self::ReleasePlan => "zadig-plan",
            Self::Token => "token",
        }
    }

    pub fn page(self) -> &'static str {
        match self {
            Self::Pipeline => "pipelines",
            Self::Plan => "plans",
            Self::Release | Self::Mesh => "asm",
            Self::Version => "zadig",
            Self::Task => "zadig-workflows",
            Self::ReleasePlan => "zadig-release-plans",
            Self::Token => "iam",
        }
    }

    pub fn statuses(self) -> &'static [Status] {
        match self {
            Self::Pipeline => PIPELINE,
            Self::Plan => PLAN,
            Self::Release => RELEASE,
            Self::Mesh => MESH,
            Self::Version => VERSION,
            Self::Task => TASK,
            Self::ReleasePlan => RELEASE_PLAN,
            Self::Token => TOKEN,
        }
    }

    /// The family in paths of the control plane; none for a token, which has no timeline.
    pub fn family(self) -> Option<&'static str> {
        match self {
            Self::Pipeline => Some("pipelines"),
            Self::Plan => Some("plans"),
            Self::Release | Self::Mesh => Some("asm"),
            Self::Version | Self::Task | Self::ReleasePlan => Some("zadig"),
            Self::Token => None,
        }
    }

    /// All commands.
    pub fn commands(self) -> &'static [&'static str] {
        match self {
            Self::Pipeline => &[
                "edit", "start", "stop", "continue", "retry", "approval", "rollback",
            ],
            Self::Plan => &["edit", "delete", "execute", "rollback", "abort"],
            Self::Release => &["update", "cancel", "end"],
            Self::Mesh | Self::Token => &["delete"],
            Self::Version => &["retry", "delete"],
            Self::Task => &["cancel", "retry", "approve", "manual_exec"],
            Self::ReleasePlan => &[
                "planning",
                "finish_planning",
                "wait_for_approval",
                "executing",
                "success",
                "cancel",
                "approve",
                "execute",
                "skip",
                "retry",
                "update",
                "delete",
            ],
        }
    }

    /// Groups of scripts, each for a world of its own, that together bring about every end.
    pub fn scripts(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Pipeline => &[
                &[],
                &[
                    r#"{"match": {"step": "roll-out"}, "outcome": "fail", "times": 1}"#,
                    r#"{"match": {"work": "rollback"}, "outcome": "fail"}"#,
                ],
            ],
            Self::Plan => &[
                &[],
                &[
                    r#"{"match": {"step": "*"}, "outcome": "fail", "times": 2}"#,
                    r#"{"match": {"work": "rollback"}, "outcome": "fail"}"#,
                ],
                &[r#"{"match": {"step": "db"}, "outcome": "fail", "times": 1}"#],
            ],
            Self::Release => &[
                &[],
                &[r#"{"match": {"work": "create"}, "outcome": "fail"}"#],
            ],
            Self::Mesh => &[
                &[],
                &[r#"{"match": {"work": "create"}, "outcome": "fail"}"#],
                &[r#"{"match": {"work": "delete"}, "outcome": "fail"}"#],
            ],
            Self::Version => &[
                &[],
                &[r#"{"outcome": "fail", "times": 2}"#],
                &[r#"{"outcome": "fail"}"#],
            ],
            Self::Task => &[
                &[],
                &[r#"{"match": {"step": "build"}, "outcome": "fail", "times": 1}"#],
                &[r#"{"match": {"step": "build"}, "outcome": "hang", "times": 1}"#],
            ],
            Self::ReleasePlan | Self::Token => &[&[]],
        }
    }

    /// Creates a resource and returns its id.
    pub async fn create(self, app: &App) -> String {
        let created = match self {
            Self::Pipeline => app.post(PIPELINES, pipeline()).await,
            Self::Plan => app.post(PLANS, plan()).await,
            Self::Release => app.post(RELEASES, release()).await,
            Self::Mesh => app.post(MESHES, mesh()).await,
            Self::Version => {
                let path = format!("{VERSIONS}/k8s");
                app.post(&path, version()).await.assert_status(200);
                let list = format!("{VERSIONS}?projectKey=shop&pageNum=1&pageSize=20");
                let listed = app.get(&list).await.assert_status(200);
                return text(&listed["list"][0]["id"]);
            }
            Self::Task => {
                // Another task holds the one place that the workflow has.
                let state =
                    json!({"zadig": {"projects": [{"key": "shop", "workflows": [workflow()]}]}});
                app.put("/_emulator/v1/state", state)
                    .await
                    .assert_status(204);
                for (task_id, jobs) in [(1, ["first"].as_slice()), (2, &["build", "ask", "deploy"])]
                {
                    let jobs = jobs.iter().map(|job| json!({"job_name": job}));
                    let inputs: Vec<_> = jobs.collect();
                    let body =
                        json!({"workflow_key": "release", "project_key": "shop", "inputs": inputs});
                    let created = app.post(TASKS, body).await.assert_status(200);
                    assert_eq!(created["task_id"], task_id);
                }
                return "release:2".to_owned();
            }
            Self::ReleasePlan => {
                app.put(
                    "/_emulator/v1/state",
                    json!({"zadig": {"generation": "v4"}}),
                )
                .await
                .assert_status(204);
                let created = app.post(RELEASE_PLANS, release_plan()).await;
                let id = text(&created.assert_status(200)["id"]);
                let path = format!("{RELEASE_PLANS}/{id}");
                app.patch(&path, release_plan()).await.assert_status(200);
                return id;
            }
            Self::Token => {
                let reply = app.send("POST", TOKENS, &[], login().to_string()).await;
                reply.assert_status(201);
                return reply.header("x-subject-token").to_owned();
            }
        };
        assert!(matches!(created.status, 200 | 201), "{created:?}");
        let created = created.json();
        match self {
            Self::Release | Self::Mesh => text(&created["metadata"]["uid"]),
            _ => text(&created["id"]),
        }
    }

    /// Sends a command.
    pub async fn command(self, app: &App, id: &str, command: &str) -> Reply {
        match (self, command) {
            (Self::Pipeline, "edit") => app.put(&format!("{PIPELINES}/{id}"), pipeline()).await,
            (Self::Pipeline, _) => {
                let action = format!("{PIPELINES}/{id}/action?action_id={command}");
                let approval = json!({"task_name": "deploy", "approval_type": "agree"});
                app.post(&action, approval).await
            }
            (Self::Plan, "edit") => app.put(&format!("{PLANS}/{id}"), plan()).await,
            (Self::Plan, "delete") => app.delete(&format!("{PLANS}/{id}")).await,
            (Self::Plan, _) => {
                app.post(&format!("{PLANS}/{id}/{command}"), Value::Null)
                    .await
            }
            (Self::Release, "update") => app.put(&format!("{RELEASES}/{id}"), updated()).await,
            (Self::Release, _) => {
                app.delete(&format!("{RELEASES}/{id}?action={command}"))
                    .await
            }
            (Self::Mesh, _) => app.delete(&format!("{MESHES}/{id}")).await,
            (Self::Version, "retry") => {
                let mut retry = version();
                retry["retry"] = json!(true);
                app.post(&format!("{VERSIONS}/k8s"), retry).await
            }
            (Self::Version, _) => {
                app.delete(&format!("{VERSIONS}/{id}?projectKey=shop"))
                    .await
            }
            (Self::Task, "cancel") => {
                app.delete(&format!("{TASKS}?workflowKey=release&taskId=2"))
                    .await
            }
            (Self::Task, "retry") => {
                app.post("/openapi/workflows/custom/release/task/2", json!({}))
                    .await
            }
            (Self::Task, "approve") => app.post(&format!("{TASKS}/approve"), answer(true)).await,
            (Self::Task, _) => {
                let path = "/openapi/workflows/custom/release/task/2/manual-exec?projectKey=shop";
                app.post(path, json!({"stage_name": "deploy"})).await
            }
            (Self::ReleasePlan, "update") => {
                app.patch(&format!("{RELEASE_PLANS}/{id}"), release_plan())
                    .await
            }
            (Self::ReleasePlan, "delete") => app.delete(&format!("{INTERNAL_PLANS}/{id}")).await,
            (Self::ReleasePlan, "approve") => {
                let path = format!("{INTERNAL_PLANS}/{id}/approve");
                app.post(&path, json!({"approve": true})).await
            }
            (Self::ReleasePlan, "execute" | "skip" | "retry") => {
                let shown = app.get(&format!("{RELEASE_PLANS}/{id}")).await;
                let job = shown.assert_status(200)["jobs"][0].clone();
                let path = format!("{INTERNAL_PLANS}/{id}/{command}");
                app.post(&path, json!({"id": job["id"], "type": job["type"]}))
                    .await
            }
            (Self::ReleasePlan, _) => {
                let path = format!("{INTERNAL_PLANS}/{id}/status/{command}");
                app.post(&path, Value::Null).await
            }
            (Self::Token, _) => {
                let headers = [("x-auth-token", id), ("x-subject-token", id)];
                app.send("DELETE", TOKENS, &headers, "").await
            }
        }
    }

    /// Refuses the approval that a pipeline, a task or a plan waits for, which is the other answer to it.
    pub async fn refuse(self, app: &App, id: &str) -> Reply {
        if self == Self::ReleasePlan {
            let path = format!("{INTERNAL_PLANS}/{id}/approve");
            return app.post(&path, json!({"approve": false})).await;
        }
        if self == Self::Task {
            return app.post(&format!("{TASKS}/approve"), answer(false)).await;
        }
        let action = format!("{PIPELINES}/{id}/action?action_id=approval");
        let refusal = json!({"task_name": "deploy", "approval_type": "refuse"});
        app.send("POST", &action, CREDENTIALS, refusal.to_string())
            .await
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn pipeline() -> Value {
    json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [
        {"name": "build", "tasks": [{"name": "compile"}]},
        {"name": "deploy", "approval_type": 1, "tasks": [{"name": "roll-out"}]}]})
}

fn plan() -> Value {
    json!({"name": "spring", "fail_strategy": "continue", "components": [
        {"seq": 0, "name": "web", "runtime_stack": {"name": "java"}},
        {"seq": 1, "name": "db", "runtime_stack": {"name": "java"}}]})
}

fn release() -> Value {
    json!({"metadata": {"name": "reviews-v2"}, "spec": {"serviceName": "reviews", "version": "v2", "grayDeployments": [
        {"template": {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [
            {"name": "app", "image": "shop/reviews:2"}]}}}}}]}})
}

fn updated() -> Value {
    json!({"spec": {"grayDeployments": [{"template": {"spec": {"template": {"spec": {"containers": [
        {"name": "app", "image": "shop/reviews:3"}]}}}}}]}})
}

fn mesh() -> Value {
    json!({"kind": "Mesh", "apiVersion": "v1", "metadata": {"name": "mesh-one"}, "spec": {"type": "InCluster",
        "version": "v1.18.7-r5", "extendParams": {"clusters": [{"clusterID": "c1", "installation": {"nodes": {
            "fieldSelector": {"key": "UID", "operator": "In", "values": ["n1"]}}}}]}}})
}

fn version() -> Value {
    json!({"project_key": "shop", "version_name": "v1", "env_name": "prod", "image_registry_id": "r1", "yaml_datas": [
        {"service_name": "web", "image_datas": [
            {"container_name": "web", "image_name": "web", "image_tag": "1.0"},
            {"container_name": "proxy", "image_name": "proxy", "image_tag": "1.0"}]}]})
}

/// A workflow with a job that waits, a build, an approval, and a deployment that somebody starts.
fn workflow() -> Value {
    let job = |name: &str| json!({"name": name, "type": "freestyle"});
    json!({"workflow_key": "release", "concurrency_limit": 1, "stages": [
        {"name": "first", "jobs": [job("first")]},
        {"name": "build", "jobs": [job("build")]},
        {"name": "ask", "jobs": [{"name": "ask", "type": "approval", "spec": {"type": "native", "native_approval": {
            "needed_approvers": 1, "approve_users": [{"type": "user", "user_id": "emulator", "user_name": "emulator"}]}}}]},
        {"name": "deploy", "manual_exec": {"enabled": true, "manual_exec_users": [{"type": "task_creator"}]},
         "jobs": [job("deploy")]}]})
}

/// A plan of Zadig with a text, whose approval may be left out, and which has a window.
fn release_plan() -> Value {
    json!({"name": "weekly", "manager": "emulator", "end_time": NOON / 1_000 + 60,
        "approval": {"enabled": false, "type": "native", "native_approval": {"needed_approvers": 1,
            "approve_users": [{"type": "user", "user_id": "emulator", "user_name": "emulator"}]}},
        "jobs": [{"name": "check", "type": "text", "spec": {"content": "Look at the graphs."}}]})
}

/// An answer to the approval of the workflow's task.
fn answer(approve: bool) -> Value {
    json!({"workflow_key": "release", "task_id": 2, "stage_name": "job-2-0-0-ask", "approve": approve})
}

fn login() -> Value {
    json!({"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": "ann", "password": "secret", "domain": {"name": "acme"}}}},
        "scope": {"project": {"name": "cn-north-4"}}}})
}

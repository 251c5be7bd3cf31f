//! Workflows and their tasks.

mod commands;
mod errors;
mod fixtures;
mod jobs;
mod queue;
mod reading;
mod stories;

use serde_json::{Value, json};

use crate::common::{App, Reply};

const TASK: &str = "/openapi/workflows/custom/task";
const SUCCESS: &str = r#"{"message":"success"}"#;

/// A workflow that builds two services at once, waits for an approval by two of three users, and deploys.
fn shop() -> Value {
    let user = |id: &str| json!({"type": "user", "user_id": id, "user_name": id.to_uppercase()});
    let token = |id: &str, admin: bool| {
        json!({"token": format!("token-{id}"), "uid": id, "name": id.to_uppercase(), "admin": admin,
            "projects": {"shop": ["run_workflow"]}})
    };
    json!({
        "identities": {"zadig_users": [token("u1", false), token("u2", false), token("u3", false), token("root", true)]},
        "zadig": {"projects": [{
            "key": "shop",
            "environments": [{"name": "dev", "services": [{"name": "web", "containers": [{"name": "web"}]}]}],
            "registries": [{"id": "62ce6231e0281143de477e60", "address": "https://registry.example", "namespace": "shop"}],
            "workflow_views": [{"name": "release", "workflows": ["hotfix"]}],
            "workflows": [
                {"workflow_key": "build-deploy", "workflow_name": "Build and deploy", "update_by": "ann", "update_time": 1_686_217_885,
                 "concurrency_limit": 1,
                 "params": [
                    {"name": "version", "type": "string", "value": "1.0"},
                    {"name": "level", "type": "choice", "value": "low", "choice_option": ["low", "high"]},
                    {"name": "source", "type": "repo"}, {"name": "notes", "type": "file"}],
                 "stages": [
                    {"name": "build", "parallel": true, "jobs": [
                        {"name": "build", "type": "zadig-build", "spec": {"service_and_builds": [
                            {"service_name": "web", "service_module": "web"}, {"service_name": "api", "service_module": "api"}]}},
                        {"name": "lint", "type": "freestyle"}]},
                    {"name": "gate", "jobs": [{"name": "sign-off", "type": "approval", "spec": {"type": "native", "timeout": 5,
                        "native_approval": {"needed_approvers": 2, "approve_users": [user("u1"), user("u2"), user("u3")]}}}]},
                    {"name": "deploy", "jobs": [
                        {"name": "deploy", "type": "zadig-deploy", "spec": {"env": "dev", "source": "fromjob", "job_name": "build"}},
                        {"name": "notify", "type": "jira"}]}]},
                {"workflow_key": "hotfix", "update_time": 1_686_193_453, "stages": [
                    {"name": "fix", "jobs": [{"name": "fix", "type": "freestyle"}, {"name": "check", "type": "freestyle"}]}]}
            ]}]}
    })
}

/// The inputs of jobs that take none.
fn inputs(jobs: &[&str]) -> Value {
    let inputs = jobs
        .iter()
        .map(|job| json!({"job_name": job, "job_type": "freestyle"}));
    inputs.collect()
}

/// The inputs of a whole run of `build-deploy`.
fn whole() -> Value {
    json!([
        {"job_name": "build", "job_type": "zadig-build", "parameters": {"registry": "registry.example/shop", "service_list": [
            {"service_name": "web", "service_module": "web", "repo_info": [{"repo_name": "web", "branch": "main"}]},
            {"service_name": "api", "service_module": "api"},
            {"service_name": "gone", "service_module": "gone"}]}},
        {"job_name": "lint", "job_type": "freestyle", "parameters": {"kv": [{"key": "LEVEL", "value": "high"}]}},
        {"job_name": "sign-off", "job_type": "approval"},
        {"job_name": "deploy", "job_type": "zadig-deploy", "parameters": {"env_name": "dev"}}
    ])
}

fn created(workflow_key: &str, task_id: i64) -> String {
    format!(r#"{{"project_name":"shop","workflow_name":"{workflow_key}","task_id":{task_id}}}"#)
}

fn typed(code: u16, message: &str, description: &str) -> String {
    format!(
        r#"{{"code":{code},"description":"{description}","extra":{{}},"message":"{message}","type":"error"}}"#
    )
}

fn bad_request(description: &str) -> String {
    typed(400, "Bad Request", description)
}

fn untyped(description: &str) -> String {
    format!(r#"{{"code":500,"description":"{description}","message":"Internal Error: "}}"#)
}

impl Reply {
    #[track_caller]
    fn assert_body(&self, status: u16, body: &str) {
        assert_eq!(
            (self.status, self.text().as_str()),
            (status, body),
            "{}",
            self.request
        );
    }
}

impl App {
    async fn run(&self, workflow_key: &str, inputs: Value) -> Reply {
        let body = json!({"workflow_key": workflow_key, "project_key": "shop", "inputs": inputs});
        self.post(TASK, body).await
    }

    async fn task(&self, workflow_key: &str, task_id: i64) -> Value {
        let path = format!("{TASK}?workflowKey={workflow_key}&taskId={task_id}");
        self.get(&path).await.assert_status(200)
    }

    /// The statuses of a task, its stages and its jobs, in one line.
    async fn line(&self, workflow_key: &str, task_id: i64) -> String {
        let task = self.task(workflow_key, task_id).await;
        let text = |value: &Value| match value.as_str().expect("a status") {
            "" => "-".to_owned(),
            status => status.to_owned(),
        };
        let stages = task["stages"].as_array().expect("stages").iter();
        let stages = stages.map(|stage| {
            let jobs = stage["jobs"].as_array().expect("jobs").iter();
            let jobs: Vec<_> = jobs.map(|job| text(&job["status"])).collect();
            format!("{}: {}", text(&stage["status"]), jobs.join(" "))
        });
        let stages: Vec<_> = stages.collect();
        format!("{} [{}]", text(&task["status"]), stages.join(", "))
    }

    async fn cancel(&self, workflow_key: &str, task_id: i64) -> Reply {
        self.delete(&format!(
            "{TASK}?workflowKey={workflow_key}&taskId={task_id}"
        ))
        .await
    }

    async fn retry(&self, workflow_key: &str, task_id: i64) -> Reply {
        let path = format!("/openapi/workflows/custom/{workflow_key}/task/{task_id}");
        self.post(&path, json!({})).await
    }

    /// Answers the approval of task 1 of `build-deploy` as a user.
    async fn answer(&self, user: &str, stage_name: &str, approve: bool) -> Reply {
        let body = json!({"stage_name": stage_name, "workflow_key": "build-deploy", "task_id": 1,
            "approve": approve, "comment": "so"});
        let token = format!("Bearer token-{user}");
        let headers = [("authorization", token.as_str())];
        self.send(
            "POST",
            &format!("{TASK}/approve"),
            &headers,
            body.to_string(),
        )
        .await
    }
}

/// Sends a body as it is.
async fn raw(app: &App, path: &str, body: &str) -> Reply {
    let headers = [("authorization", "Bearer t")];
    app.send("POST", path, &headers, body.to_owned()).await
}

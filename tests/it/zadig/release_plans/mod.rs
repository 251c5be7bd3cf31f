//! Release plans of Zadig.

mod approvals;
mod editing;
mod fixtures;
mod jobs;
mod progress;
mod reading;
mod workflows;

use serde_json::{Value, json};

use super::{SUCCESS, bad_request, internal};
use crate::common::{App, NOON, Reply};

/// The public operations.
const PLANS: &str = "/openapi/release_plan/v1";

/// The internal operations.
const INTERNAL: &str = "/api/aslan/release_plan/v1";

/// The instant at which the tests begin, in seconds.
const NOON_SECONDS: i64 = NOON / 1_000;

/// An emulator of the second generation, in which users have these tokens: `root` is an administrator, `mia` the manager of
/// plans, `ann` and `ben` are approvers, `guest` is a user without roles.
fn v4() -> App {
    App::load(&with_users(&json!({"generation": "v4"})))
}

/// The same of the first generation, with a plan of a text that fixtures provide.
fn v3(plans: &Value) -> App {
    App::load(&with_users(
        &json!({"generation": "v3", "release_plans": plans}),
    ))
}

fn with_users(zadig: &Value) -> Value {
    json!({"zadig": zadig, "identities": {"zadig_users": [
        {"token": "root", "name": "root", "uid": "u-root", "admin": true},
        {"token": "mia", "name": "Mia", "uid": "u-mia", "account": "mia",
         "roles": ["create_release_plan", "edit_release_plan_metadata", "edit_release_plan_approval",
                   "edit_release_plan_subtasks", "get_release_plan", "delete_release_plan"]},
        {"token": "ann", "name": "Ann", "uid": "u-ann"},
        {"token": "ben", "name": "Ben", "uid": "u-ben"},
        {"token": "guest", "name": "Guest", "uid": "u-guest", "identity_type": "ldap"}
    ]}})
}

/// The body of a plan of Mia's.
fn plan(name: &str) -> Value {
    json!({"name": name, "manager": "mia"})
}

/// The body of a plan with jobs.
fn with_jobs(mut plan: Value, jobs: Value) -> Value {
    plan["jobs"] = jobs;
    plan
}

fn text_job(name: &str) -> Value {
    json!({"name": name, "type": "text", "spec": {"content": format!("do {name}"), "remark": ""}})
}

/// An approval by Ann and Ben.
fn approval(needed: i64) -> Value {
    json!({"enabled": true, "type": "native", "native_approval": {
        "timeout": 5, "needed_approvers": needed, "approve_users": [
            {"type": "user", "user_id": "u-ann", "user_name": "Ann"},
            {"type": "user", "user_id": "u-ben", "user_name": "Ben"}]}})
}

impl App {
    /// Sends a request with a token.
    async fn as_user(&self, token: &str, method: &str, path: &str, body: Value) -> Reply {
        let bearer = format!("Bearer {token}");
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        self.send(method, path, &[("authorization", &bearer)], body)
            .await
    }

    async fn create_plan(&self, body: Value) -> String {
        let created = self.as_user("mia", "POST", PLANS, body).await;
        let created = created.assert_status(200);
        created["id"].as_str().expect("an id").to_owned()
    }

    /// Creates a plan with jobs, and returns its id.
    async fn plan_with_jobs(&self, plan: Value, jobs: Value) -> String {
        let id = self.create_plan(plan.clone()).await;
        self.edit_plan(&id, with_jobs(plan, jobs))
            .await
            .assert_reply(200, SUCCESS);
        id
    }

    async fn edit_plan(&self, id: &str, body: Value) -> Reply {
        self.as_user("mia", "PATCH", &format!("{PLANS}/{id}"), body)
            .await
    }

    async fn shown(&self, id: &str) -> Value {
        self.get(&format!("{PLANS}/{id}")).await.assert_status(200)
    }

    /// The statuses of a plan and of its jobs.
    async fn statuses(&self, id: &str) -> String {
        let shown = self.shown(id).await;
        let text = |value: &Value| value["status"].as_str().expect("a status").to_owned();
        let jobs = shown["jobs"].as_array().expect("jobs");
        let jobs: Vec<_> = jobs.iter().map(text).collect();
        format!("{} [{}]", text(&shown), jobs.join(", "))
    }

    async fn timeline(&self, id: &str) -> Value {
        let path = format!("/_emulator/v1/resources/zadig/{id}/timeline");
        self.get(&path).await.assert_status(200)
    }

    async fn change_status(&self, token: &str, id: &str, status: &str) -> Reply {
        let path = format!("{INTERNAL}/{id}/status/{status}");
        self.as_user(token, "POST", &path, Value::Null).await
    }

    /// Gives a plan each of these statuses.
    async fn go(&self, id: &str, statuses: &[&str]) {
        for status in statuses {
            self.change_status("mia", id, status)
                .await
                .assert_reply(200, SUCCESS);
        }
    }

    async fn approve(&self, token: &str, id: &str, approve: bool) -> Reply {
        let body = json!({"approve": approve, "comment": format!("says {token}")});
        self.as_user(token, "POST", &format!("{INTERNAL}/{id}/approve"), body)
            .await
    }

    /// Sends a command on the n-th job.
    async fn job_command(&self, token: &str, command: &str, id: &str, n: usize) -> Reply {
        let job = self.shown(id).await["jobs"][n].clone();
        let body = json!({"id": job["id"], "name": job["name"], "type": job["type"], "spec": {"remark": "as planned"}});
        self.command(token, command, id, body).await
    }

    async fn command(&self, token: &str, command: &str, id: &str, body: Value) -> Reply {
        self.as_user(token, "POST", &format!("{INTERNAL}/{id}/{command}"), body)
            .await
    }
}

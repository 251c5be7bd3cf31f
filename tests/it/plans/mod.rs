//! Release plans.

mod constraints;
mod fixtures;
mod list;
mod model;
mod requests;
mod statuses;
mod stories;

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::common::{App, NOON, PROJECT, Reply};

/// A path below the list.
fn path(rest: &str) -> String {
    format!("/v3/{PROJECT}/cas/release-plans{rest}")
}

/// A component with the required fields.
fn component(seq: i64, name: &str) -> Value {
    json!({"seq": seq, "component_id": format!("id-{name}"), "name": name, "runtime_stack": {}})
}

/// The body of a plan with these components.
fn body(name: &str, components: &[Value]) -> Value {
    json!({"name": name, "components": components})
}

/// Five components in three batches: `db` and `cache`, then `api` and `worker`, then `web`.
fn five() -> Vec<Value> {
    [
        (3, "web"),
        (1, "db"),
        (2, "api"),
        (1, "cache"),
        (2, "worker"),
    ]
    .map(|(seq, name)| component(seq, name))
    .to_vec()
}

/// A plan of five components.
struct Five {
    app: App,
    id: String,
    jobs: HashMap<String, String>,
}

impl Five {
    async fn new(fail_strategy: &str) -> Self {
        let app = App::new();
        let mut body = body("release-five", &five());
        body["fail_strategy"] = json!(fail_strategy);
        let id = create(&app, body).await;
        Self::of(app, &id)
    }

    fn of(app: App, id: &str) -> Self {
        Self {
            app,
            id: id.to_owned(),
            jobs: HashMap::new(),
        }
    }

    async fn post(&self, command: &str) -> Reply {
        self.app
            .post(&path(&format!("/{}/{command}", self.id)), Value::Null)
            .await
    }

    /// Asserts that a command is accepted with an empty body.
    async fn assert_accepted(&self, command: &str) {
        let reply = self.post(command).await;
        assert_eq!((reply.status, reply.text().as_str()), (200, ""));
    }

    /// Asserts that a command is refused and changes nothing.
    async fn assert_refused(&self, command: &str, why: &str) {
        let before = self.app.state().await;
        let reply = self.post(command).await;
        assert_eq!(
            reply.assert_status(400),
            json!({"error_code": "SVCSTG.00100400", "error_msg": format!("parameter invalid: {why}")})
        );
        assert_eq!(self.app.state().await, before);
    }

    async fn detail(&self) -> Value {
        self.app
            .get(&path(&format!("/{}", self.id)))
            .await
            .assert_status(200)
    }

    async fn status(&self) -> String {
        self.detail().await["status"]
            .as_str()
            .expect("a word")
            .to_owned()
    }

    /// The components of the deployment information. Job ids are replaced by `job 1`, `job 2`, … in order of appearance.
    async fn deploy_info(&mut self) -> Value {
        let info = self
            .app
            .get(&path(&format!("/{}/deploy-info", self.id)))
            .await;
        let mut info = info.assert_status(200);
        assert_eq!(info["id"], json!(self.id));
        for component in info["components"].as_array_mut().expect("components") {
            for key in ["job_id", "rollback_job_id"] {
                let job = component[key].as_str().expect("a text").to_owned();
                if let Some(uuid) = job.strip_prefix("JOB") {
                    assert_eq!(
                        uuid::Uuid::parse_str(uuid).expect("a uuid").to_string(),
                        uuid
                    );
                    let number = self.jobs.len() + 1;
                    let name = self.jobs.entry(job).or_insert(format!("job {number}"));
                    component[key] = json!(name);
                }
            }
        }
        info["components"].take()
    }

    async fn script(&self, step: &str, rule: Value) {
        let mut rule = rule;
        rule["match"]["family"] = json!("plans");
        rule["match"]["step"] = json!(step);
        self.app.script(rule).await;
    }
}

/// Creates a plan. Returns its id.
async fn create(app: &App, body: Value) -> String {
    let created = app.post(&path(""), body).await.assert_status(200);
    created["id"].as_str().expect("an id").to_owned()
}

/// The initial deployment information of a component of the plan of five.
fn row(name: &str) -> Value {
    let seq = match name {
        "web" => "3",
        "api" | "worker" => "2",
        _ => "1",
    };
    json!({
        "job_id": "", "status": "CREATED", "job_status": "CREATED", "name": name, "id": format!("id-{name}"),
        "seq": seq, "version": "", "rollback_job_id": "", "start_time": 0, "end_time": 0,
        "rollback_job_status": "", "rollback_start_time": 0, "rollback_end_time": 0,
        "fail_message": "", "rollback_fail_message": "",
    })
}

/// An instant in milliseconds after [`NOON`].
fn at(ms: i64) -> Value {
    json!(NOON + ms)
}

/// The row with its release under way.
fn running(mut row: Value, job: &str, start: i64) -> Value {
    row["job_id"] = json!(job);
    row["status"] = json!("RUNNING");
    row["job_status"] = json!("RUNNING");
    row["start_time"] = at(start);
    row
}

/// The row with its release ended.
fn ended(row: Value, status: &str, job: &str, (start, end): (i64, i64), message: &str) -> Value {
    let mut row = running(row, job, start);
    row["status"] = json!(status);
    row["job_status"] = json!(if status == "SUCCESS" {
        "SUCCEEDED"
    } else {
        "FAILED"
    });
    row["end_time"] = at(end);
    row["fail_message"] = json!(message);
    row
}

/// The row before its rollback.
fn to_roll_back(mut row: Value) -> Value {
    row["rollback_job_status"] = json!("CREATED");
    row
}

/// The row with its rollback under way.
fn rolling(mut row: Value, job: &str, start: i64) -> Value {
    row["rollback_job_id"] = json!(job);
    row["status"] = json!("ROLLING_BACK");
    row["rollback_job_status"] = json!("RUNNING");
    row["rollback_start_time"] = at(start);
    row
}

/// The row with its rollback ended.
fn rolled(row: Value, status: &str, job: &str, (start, end): (i64, i64), message: &str) -> Value {
    let mut row = rolling(row, job, start);
    row["status"] = json!(status);
    row["rollback_job_status"] = json!(if status == "ROLLBACK_SUCCEED" {
        "SUCCEEDED"
    } else {
        "FAILED"
    });
    row["rollback_end_time"] = at(end);
    row["rollback_fail_message"] = json!(message);
    row
}

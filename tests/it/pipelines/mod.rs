//! `ServiceStage` pipelines over HTTP.

mod fixtures;
mod model;
mod operations;
mod schedule;
pub mod status;
mod stories;

use serde_json::{Value, json};

use crate::common::{App, PROJECT};

/// The collection's path.
pub fn pipelines() -> String {
    format!("/v3/{PROJECT}/pipeline/pipelines")
}

/// A body with these stages.
pub fn body(name: &str, stages: Value) -> Value {
    let mut body = json!({"name": name, "model_version": 2, "config_mode": "ui"});
    body["stages"] = stages;
    body
}

/// Three stages: one task; one task behind an approval; two groups at once, of two tasks and of one.
pub fn three_stages() -> Value {
    json!([
        {"name": "build", "tasks": [{"name": "compile"}]},
        {"name": "verify", "approval_type": 1, "tasks": [{"name": "smoke"}]},
        {"name": "deploy", "tasks": [
            {"name": "a1", "task_group": "a"},
            {"name": "b1", "task_group": "b"},
            {"name": "a2", "task_group": "a"}
        ]}
    ])
}

/// A pipeline in an app.
pub struct TestPipeline<'a> {
    pub app: &'a App,
    pub id: String,
}

impl<'a> TestPipeline<'a> {
    /// A new pipeline.
    pub async fn create(app: &'a App, body: Value) -> Self {
        let created = app.post(&pipelines(), body).await.assert_status(200);
        Self {
            app,
            id: created["id"].as_str().expect("an id").to_owned(),
        }
    }

    pub fn path(&self) -> String {
        format!("{}/{}", pipelines(), self.id)
    }

    /// Says an action; answers the status it answers.
    pub async fn assert_accepts(&self, action: &str, body: Value) -> u64 {
        let answer = self.act(action, body).await.assert_status(200);
        assert_eq!(answer["pipeline_id"], self.id.as_str());
        answer["status"].as_u64().expect("a status")
    }

    pub async fn act(&self, action: &str, body: Value) -> crate::common::Reply {
        self.app
            .post(&format!("{}/action?action_id={action}", self.path()), body)
            .await
    }

    pub async fn assert_accepts_approval(&self, gate: &str, answer: &str) -> u64 {
        self.assert_accepts(
            "approval",
            json!({"task_name": gate, "approval_type": answer}),
        )
        .await
    }

    /// The status the detail shows.
    pub async fn status(&self) -> u64 {
        self.app.get(&self.path()).await.assert_status(200)["status"]
            .as_u64()
            .expect("a status")
    }

    /// The row of the list.
    pub async fn row(&self) -> Value {
        let rows = self.app.get(&pipelines()).await.assert_status(200);
        let rows = rows.as_array().expect("an array");
        rows.iter()
            .find(|row| row["id"] == self.id.as_str())
            .expect("it is listed")
            .clone()
    }

    /// The statuses of the stages and, behind a slash, of their tasks: `build=2 build/compile=2 …`.
    pub async fn steps(&self) -> String {
        let row = self.row().await;
        let mut words = Vec::new();
        for stage in row["extend_info"]["latest_pipeline_state"]["stage_states"]
            .as_array()
            .expect("stages")
        {
            let name = stage["name"].as_str().expect("a name");
            words.push(format!("{name}={}", stage["status"]));
            for task in stage["task_states"].as_array().expect("tasks") {
                words.push(format!(
                    "{name}/{}={}",
                    task["name"].as_str().expect("a name"),
                    task["status"]
                ));
            }
        }
        words.join(" ")
    }

    pub async fn records(&self) -> Value {
        self.app
            .get(&format!("{}/records", self.path()))
            .await
            .assert_status(200)
    }
}

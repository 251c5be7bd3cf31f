//! Equal answers, in which nothing is found.

use release_emulator::internals::drift::text;
use serde_json::{Value, json};

use super::session::Recording;
use crate::common::PROJECT;

/// Records a session of everyday use.
async fn everyday(recording: &mut Recording, n: usize) {
    let pipelines = format!("/v3/{PROJECT}/pipeline/pipelines");
    let plans = format!("/v3/{PROJECT}/cas/release-plans");
    let stages = json!([{"name": "build", "tasks": [{"name": "compile"}]},
        {"name": "deploy", "approval_type": 1, "tasks": [{"name": "roll-out"}]}]);
    let shop = json!({"name": format!("shop-{n}"), "model_version": 2, "config_mode": "ui", "stages": stages});
    let created = recording.ask("POST", &pipelines, shop).await.json();
    let shop = format!("{pipelines}/{}", created["id"].as_str().unwrap());
    recording.get(&shop).await;
    recording
        .ask(
            "POST",
            &format!("{shop}/action?action_id=start"),
            Value::Null,
        )
        .await;
    recording.get(&shop).await;
    recording.get(&pipelines).await;
    recording.get(&format!("{pipelines}/unknown-{n}")).await;
    recording
        .ask("POST", &pipelines, json!({"name": "-"}))
        .await;
    let plan = json!({"name": format!("plan-{n}"), "components": [
        {"seq": 0, "name": "web", "version": "1.0.0", "runtime_stack": {"name": "java"}}]});
    let made = recording.ask("POST", &plans, plan).await.json();
    let plan = format!("{plans}/{}", made["id"].as_str().unwrap());
    recording.get(&plan).await;
    recording
        .ask("POST", &format!("{plan}/execute"), Value::Null)
        .await;
    recording.get(&plan).await;
    recording.get(&format!("{plans}?limit=2&offset=1")).await;
    recording.get(&format!("{plans}?limit=many")).await;
    recording
        .get("/openapi/delivery/releases?projectKey=demo&pageNum=1&pageSize=1")
        .await;
    recording
        .get("/openapi/delivery/releases/66287b110b8b8a631910f5ae?projectKey=demo")
        .await;
    recording
        .get("/openapi/delivery/releases/66287b110b8b8a631910ffff?projectKey=demo")
        .await;
    recording.get("/v2/meshes/mesh-demo/releases").await;
    recording.get("/v2/meshes/elsewhere/releases").await;
    recording.get(&format!("/v1/{PROJECT}/meshes")).await;
    recording.get("/v3/regions").await;
    recording.sent("GET", &pipelines, &[], "", |_| {}).await;
}

#[tokio::test]
async fn nothing_is_found_in_a_thousand_equal_exchanges() {
    let mut recording = Recording::documented();
    let mut n = 0;
    while recording.lines.lines().count() < 1_000 {
        n += 1;
        everyday(&mut recording, n).await;
        // The service works on while nobody asks.
        if n.is_multiple_of(3) {
            recording.app.advance(2_500).await;
        }
    }
    let report = recording.verify().await;
    assert!(report.summary.exchanges >= 1_000);
    assert!(
        report.summary.agrees == report.summary.operations,
        "{}",
        text(&report)
    );
}

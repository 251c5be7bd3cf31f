//! The six actions.

use serde_json::{Value, json};

use super::{NOBODY, assert_not_found, assert_refused, keys, send};
use crate::common::{App, PROJECT, assert_same, golden};
use crate::pipelines::status::{
    FAILED, INITIALISED, PAUSED, RELEASING, RESTARTING, ROLLBACK_FAILED, ROLLED_BACK, ROLLING_BACK,
    STOPPING, SUCCEEDED, TO_BE_APPROVED,
};
use crate::pipelines::{TestPipeline, body, pipelines, three_stages};

/// A stage behind an approval, of one task.
fn gated() -> Value {
    json!([{"name": "s", "approval_type": 1, "tasks": [{"name": "t"}]}])
}

/// The status each action answers in each status of a pipeline; 0: refused.
const ANSWERS: [(u64, [u64; 7]); 11] = [
    // start, stop, continue, retry, agree, refuse, rollback
    (INITIALISED, [4, 0, 0, 0, 0, 0, 0]),
    (SUCCEEDED, [4, 0, 0, 0, 0, 0, 10]),
    (FAILED, [4, 0, 0, 14, 0, 0, 10]),
    (RELEASING, [0, 13, 0, 0, 0, 0, 0]),
    (TO_BE_APPROVED, [0, 13, 0, 0, 4, 3, 0]),
    (PAUSED, [4, 0, 4, 0, 0, 0, 0]),
    (ROLLING_BACK, [0, 0, 0, 0, 0, 0, 0]),
    (ROLLED_BACK, [4, 0, 0, 0, 0, 0, 0]),
    (ROLLBACK_FAILED, [4, 0, 0, 0, 0, 0, 0]),
    (STOPPING, [0, 0, 0, 0, 0, 0, 0]),
    (RESTARTING, [0, 0, 0, 0, 0, 0, 0]),
];

/// The actions of the table, each with the statuses that a refusal names.
fn actions() -> [(&'static str, Value, &'static str); 7] {
    let approval = |answer: &str| json!({"task_name": "s", "approval_type": answer});
    [
        ("start", json!({}), "1, 2, 3, 7, 11, 12"),
        ("stop", json!({}), "4, 5"),
        ("continue", json!({}), "7"),
        ("retry", json!({}), "3"),
        ("approval", approval("agree"), "5"),
        ("approval", approval("refuse"), "5"),
        ("rollback", json!({}), "2, 3"),
    ]
}

async fn assert_row(status: u64, answers: [u64; 7], pipeline: &TestPipeline<'_>) {
    let before = pipeline.app.state().await;
    for ((action, body, allowed), answer) in actions().into_iter().zip(answers) {
        pipeline
            .app
            .put("/_emulator/v1/state", before.clone())
            .await
            .assert_status(204);
        assert_eq!(pipeline.status().await, status);

        let reply = pipeline.act(action, body).await;

        if answer == 0 {
            let expected =
                format!("action_id: {action} is not allowed in status {status}, only in {allowed}");
            assert_eq!(assert_refused(&reply), expected);
            assert_same(&pipeline.app.state().await, &before);
        } else {
            assert_eq!(
                reply.assert_status(200)["status"],
                answer,
                "{action} in {status}"
            );
        }
    }
}

#[tokio::test]
async fn each_action_is_allowed_in_just_its_statuses() {
    for (status, answers) in ANSWERS {
        let app = App::new();
        let pipeline = TestPipeline::create(&app, body("release-a", gated())).await;
        app.script(json!({"match": {"work": "rollback"}, "outcome": if status == 12 { "fail" } else { "succeed" }})).await;
        app.script(json!({"match": {"step": "t"}, "outcome": if matches!(status, 3 | 14) { "fail" } else { "succeed" }})).await;
        let path: &[&str] = match status {
            1 => &[],
            2 | 3 => &["start", "agree", "wait"],
            4 => &["start", "agree"],
            5 => &["start"],
            7 => &["start", "stop", "wait"],
            10 => &["start", "agree", "wait", "rollback"],
            11 | 12 => &["start", "agree", "wait", "rollback", "wait"],
            13 => &["start", "stop"],
            14 => &["start", "agree", "wait", "retry"],
            _ => unreachable!("{status} is no status of a pipeline"),
        };
        for word in path {
            match *word {
                "agree" => _ = pipeline.assert_accepts_approval("s", "agree").await,
                "wait" => _ = app.advance(2_000).await,
                action => _ = pipeline.assert_accepts(action, json!({})).await,
            }
        }
        // A retry begins with the task: the gate is passed, and so nothing changes in the table.
        assert_row(status, answers, &pipeline).await;
    }
}

#[tokio::test]
async fn a_status_from_a_fixture_allows_the_same_actions() {
    for (status, answers) in ANSWERS {
        let app = App::load(
            &json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines": [{
                "id": NOBODY, "name": "release-a", "status": status, "pipeline_declaration": {"stages": gated()}
            }]}]}}),
        );
        let pipeline = TestPipeline {
            app: &app,
            id: NOBODY.to_owned(),
        };
        assert_row(status, answers, &pipeline).await;
    }
}

#[tokio::test]
async fn the_documented_request_gets_the_documented_answer() {
    let task = |name: &str| json!({"name": name});
    let app = App::new();
    let stages = json!([
        {"name": "899tih", "tasks": [task("ujgdh4"), task("other1")]},
        {"name": "uipfzw", "tasks": [task("other2"), task("ax8hus")]}
    ]);
    let pipeline = TestPipeline::create(&app, body("release-a", stages)).await;
    let request = std::fs::read_to_string(format!(
        "{}/src/registry/documented/servicestage_action_request.json",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap();
    let mut documented = golden("servicestage_action_response.json");
    documented["pipeline_id"] = json!(pipeline.id);

    let path = format!("{}/action?action_id=start", pipeline.path());
    let reply = send(&app, "POST", &path, &request).await;

    assert_same(&reply.assert_status(200), &documented);
    assert_eq!(
        reply.text(),
        format!(
            r#"{{"id":286541,"pipeline_id":"{}","status":4}}"#,
            pipeline.id
        )
    );
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("x-emulator-hint"), "");
    assert_eq!(
        pipeline.steps().await,
        "899tih=4 899tih/ujgdh4=4 899tih/other1=9 uipfzw=1 uipfzw/other2=9 uipfzw/ax8hus=1"
    );
}

#[tokio::test]
async fn the_body_of_every_action_but_approval_may_be_absent() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", json!([three_stages()[0]]))).await;
    app.script(json!({"match": {"step": "compile"}, "outcome": "fail", "times": 1}))
        .await;
    let empty = async |action: &str, text: &str| {
        let path = format!("{}/action?action_id={action}", pipeline.path());
        send(&app, "POST", &path, text).await
    };

    let answer = empty("start", "").await.assert_status(200);
    assert_eq!(keys(&answer), ["id", "pipeline_id", "status"]);
    assert_eq!(
        empty("stop", " \n").await.assert_status(200)["status"],
        STOPPING
    );
    app.advance(2_000).await;
    assert_eq!(
        empty("continue", "").await.assert_status(200)["status"],
        RELEASING
    );
    app.advance(2_000).await;
    assert_eq!(
        empty("retry", "").await.assert_status(200)["status"],
        RESTARTING
    );
    app.advance(4_000).await;
    assert_eq!(
        empty("rollback", "").await.assert_status(200)["status"],
        ROLLING_BACK
    );
    assert_eq!(
        assert_refused(&empty("approval", "").await),
        "task_name: is required with action_id approval"
    );
}

#[tokio::test]
async fn every_action_answers_the_number_of_the_same_execution() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", gated())).await;
    let mut ids = Vec::new();
    for (action, body, wait) in [
        ("start", json!({}), 0),
        ("stop", json!({}), 2_000),
        ("continue", json!({}), 0),
        (
            "approval",
            json!({"task_name": "s", "approval_type": "refuse"}),
            0,
        ),
        ("retry", json!({}), 2_000),
        (
            "approval",
            json!({"task_name": "s", "approval_type": "agree"}),
            2_000,
        ),
        ("rollback", json!({}), 2_000),
        ("start", json!({}), 0),
    ] {
        ids.push(
            pipeline.act(action, body).await.assert_status(200)["id"]
                .as_i64()
                .unwrap()
                - 286_540,
        );
        app.advance(wait).await;
    }

    assert_eq!(ids, [1, 1, 1, 1, 1, 1, 1, 2]);
    assert_eq!(pipeline.records().await["count"], 2);
}

#[tokio::test]
async fn an_action_must_be_one_of_the_six() {
    const ONE_OF: &str = "action_id: must be start, stop, continue, retry, approval or rollback";
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    let before = app.state().await;
    for (query, expected) in [
        ("", "action_id: is required".to_owned()),
        ("?actionId=start", "action_id: is required".to_owned()),
        ("?action_id=", format!("{ONE_OF}, not \"\"")),
        ("?action_id=delete", format!("{ONE_OF}, not \"delete\"")),
        ("?action_id=Start", format!("{ONE_OF}, not \"Start\"")),
        ("?action_id=skip", format!("{ONE_OF}, not \"skip\"")),
        (
            "?action_id=skip&action_id=start",
            format!("{ONE_OF}, not \"skip\""),
        ),
    ] {
        // An action in the body does not count: it is a parameter of the query.
        let reply = app
            .post(
                &format!("{}/action{query}", pipeline.path()),
                json!({"action_id": "start"}),
            )
            .await;
        assert_eq!(assert_refused(&reply), expected, "{query}");
    }
    assert_same(&app.state().await, &before);
}

#[tokio::test]
async fn an_action_on_what_is_not_there_is_404() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    for action in ["start", "stop", "continue", "retry", "rollback"] {
        assert_not_found(
            &app.post(
                &format!("{}/{NOBODY}/action?action_id={action}", pipelines()),
                json!({}),
            )
            .await,
        );
    }
    let path = format!(
        "/v3/another/pipeline/pipelines/{}/action?action_id=start",
        pipeline.id
    );
    assert_not_found(&app.post(&path, json!({})).await);
    assert_eq!(pipeline.status().await, INITIALISED);
}

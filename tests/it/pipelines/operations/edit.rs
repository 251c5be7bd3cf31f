//! Edits.

use serde_json::{Value, json};

use super::{NOBODY, assert_not_found, assert_refused, with, without};
use crate::common::{App, NOON, PROJECT, assert_same};
use crate::pipelines::status::SUCCEEDED;
use crate::pipelines::{TestPipeline, body, pipelines, three_stages};

/// A pipeline of that status, as a fixture gives it.
fn given(status: u8) -> Value {
    json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines": [
        {"id": NOBODY, "name": "release-a", "create_time": 1_000, "status": status}
    ]}]}})
}

#[tokio::test]
async fn an_edit_replaces_the_definition_and_counts_the_version() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    app.advance(7_000).await;
    let stages = json!([{"name": "only", "tasks": []}]);
    let new = json!({"name": "release-b", "description": "d", "model_version": 2, "config_mode": "ui",
        "stages": stages, "enterprise_project_id": "e-1", "fail_mode": "continue"});

    let edited = app.put(&pipeline.path(), new).await.assert_status(200);

    let expected = json!({
        "name": "release-b", "description": "d", "model_version": 2, "config_mode": "ui", "id": pipeline.id,
        "fail_mode": "continue", "enterprise_project_id": "e-1",
        "pipeline_declaration": {"sources": [], "stages": stages},
        "status": 1, "version": 2, "creator": "emulator",
        "create_time": NOON, "update_time": NOON + 7_000, "last_trigger_at": 0
    });
    assert_same(&edited, &expected);
    assert_same(
        &app.get(&pipeline.path()).await.assert_status(200),
        &expected,
    );
    let row = pipeline.row().await;
    assert_eq!(
        (&row["version"], &row["update_time"], &row["create_time"]),
        (&json!(2), &json!(NOON + 7_000), &json!(NOON))
    );

    let again = app
        .put(&pipeline.path(), body("release-b", three_stages()))
        .await
        .assert_status(200);
    assert_eq!(again["version"], 3);
    assert_eq!(
        again["description"], "",
        "what an edit leaves out is not kept"
    );
    assert_eq!(again["fail_mode"], "stop");
    assert_eq!(again["enterprise_project_id"], "0");
}

#[tokio::test]
async fn an_edit_checks_its_body_like_a_creation() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    let before = app.state().await;
    let good = body("release-a", three_stages());
    for (bad, expected) in [
        (without(&good, "name"), "name: is required"),
        (
            with(&good, "name", json!("a")),
            "name: must have 2 to 64 letters, digits, - and _, begin with a letter and end with a letter or digit, not \"a\"",
        ),
        (
            with(&good, "model_version", json!(1)),
            "model_version: must be 2, not 1",
        ),
        (
            with(&good, "stages", json!([])),
            "stages: must not be empty with config_mode ui",
        ),
        (
            with(&good, "config_mode", json!("template")),
            "sources: must not be empty with config_mode template",
        ),
        (
            with(&good, "stages", json!([{"name": "s", "tasks": [{}]}])),
            "stages[0].tasks[0].name: is required",
        ),
        (
            with(&good, "fail_mode", json!("x")),
            "fail_mode: must be stop or continue, not \"x\"",
        ),
    ] {
        let reply = app.put(&pipeline.path(), bad).await;
        assert_eq!(assert_refused(&reply), expected);
    }
    assert_same(&app.state().await, &before);
}

#[tokio::test]
async fn an_unknown_field_of_an_edit_is_named_in_a_hint() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;

    let reply = app
        .put(
            &pipeline.path(),
            with(&body("release-a", three_stages()), "version", json!(9)),
        )
        .await;

    assert_eq!(reply.assert_status(200)["version"], 2);
    assert_eq!(
        reply.header("x-emulator-hint"),
        "unknown field version was ignored"
    );
}

#[tokio::test]
async fn an_edit_is_refused_while_something_is_under_way_and_only_then() {
    for (status, allowed) in [
        (1, true),
        (2, true),
        (3, true),
        (4, false),
        (5, false),
        (7, true),
        (10, false),
        (11, true),
        (12, true),
        (13, false),
        (14, false),
    ] {
        let app = App::load(&given(status));
        let before = app.state().await;
        let path = format!("{}/{NOBODY}", pipelines());

        let reply = app.put(&path, body("release-b", three_stages())).await;

        if allowed {
            let edited = reply.assert_status(200);
            assert_eq!(
                (&edited["status"], &edited["version"]),
                (&json!(status), &json!(2)),
                "an edit is no command"
            );
        } else {
            assert_eq!(
                assert_refused(&reply),
                format!("edit is not allowed in status {status}, only in 1, 2, 3, 7, 11, 12")
            );
            assert_same(&app.state().await, &before);
        }
    }
}

#[tokio::test]
async fn an_edit_is_possible_again_once_the_run_has_ended() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", json!([three_stages()[0]]))).await;
    pipeline.assert_accepts("start", json!({})).await;
    let new = body("release-a", three_stages());

    app.advance(1_999).await;
    let reply = app.put(&pipeline.path(), new.clone()).await;
    assert_eq!(
        assert_refused(&reply),
        "edit is not allowed in status 4, only in 1, 2, 3, 7, 11, 12"
    );
    app.advance(1).await;
    app.put(&pipeline.path(), new).await.assert_status(200);

    assert_eq!(
        pipeline.steps().await,
        "build=2 build/compile=2",
        "the run is that of the old stages"
    );
    pipeline.assert_accepts("start", json!({})).await;
    assert!(
        pipeline
            .steps()
            .await
            .starts_with("build=4 build/compile=4 verify=1")
    );
}

#[tokio::test]
async fn a_paused_run_goes_on_with_the_stages_it_was_started_with() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", json!([three_stages()[0]]))).await;
    pipeline.assert_accepts("start", json!({})).await;
    app.advance(500).await;
    pipeline.assert_accepts("stop", json!({})).await;
    app.advance(2_000).await;

    app.put(&pipeline.path(), body("release-a", three_stages()))
        .await
        .assert_status(200);
    pipeline.assert_accepts("continue", json!({})).await;
    app.advance(1_500).await;

    assert_eq!(pipeline.status().await, SUCCEEDED);
    assert_eq!(pipeline.steps().await, "build=2 build/compile=2");
    assert_eq!(pipeline.records().await["records"][0]["version"], 1);
}

#[tokio::test]
async fn a_change_of_name_frees_the_old_one_and_takes_the_new() {
    let app = App::new();
    let first = TestPipeline::create(&app, body("release-a", three_stages())).await;
    let second = TestPipeline::create(&app, body("release-b", three_stages())).await;

    let taken = app
        .put(&first.path(), body("release-b", three_stages()))
        .await;
    assert_eq!(
        assert_refused(&taken),
        "name: \"release-b\" is already used in the enterprise project"
    );
    assert_eq!(
        app.get(&first.path()).await.assert_status(200)["version"],
        1
    );

    app.put(&first.path(), body("release-c", three_stages()))
        .await
        .assert_status(200);
    app.put(&second.path(), body("release-a", three_stages()))
        .await
        .assert_status(200);
    let taken = app
        .post(&pipelines(), body("release-c", three_stages()))
        .await;
    assert_eq!(
        assert_refused(&taken),
        "name: \"release-c\" is already used in the enterprise project"
    );
    app.post(&pipelines(), body("release-b", three_stages()))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_change_of_the_enterprise_project_moves_the_name() {
    let app = App::new();
    let elsewhere = with(
        &body("release-a", three_stages()),
        "enterprise_project_id",
        json!("e-1"),
    );
    let first = TestPipeline::create(&app, body("release-a", three_stages())).await;

    app.put(&first.path(), elsewhere.clone())
        .await
        .assert_status(200);

    let taken = app.post(&pipelines(), elsewhere).await;
    assert_eq!(
        assert_refused(&taken),
        "name: \"release-a\" is already used in the enterprise project"
    );
    app.post(&pipelines(), body("release-a", three_stages()))
        .await
        .assert_status(200);
    let back = app
        .put(&first.path(), body("release-a", three_stages()))
        .await;
    assert_eq!(
        assert_refused(&back),
        "name: \"release-a\" is already used in the enterprise project"
    );
}

#[tokio::test]
async fn the_name_of_an_enterprise_project_goes_when_the_pipeline_leaves_it() {
    let app = App::load(
        &json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines": [
            {"id": NOBODY, "name": "release-a", "enterprise_project_id": "e-1", "enterprise_project": "shop"}
        ]}]}}),
    );
    let pipeline = TestPipeline {
        app: &app,
        id: NOBODY.to_owned(),
    };
    let stays = with(
        &body("release-b", three_stages()),
        "enterprise_project_id",
        json!("e-1"),
    );

    app.put(&pipeline.path(), stays).await.assert_status(200);
    assert_eq!(pipeline.row().await["enterprise_project"], "shop");

    app.put(&pipeline.path(), body("release-b", three_stages()))
        .await
        .assert_status(200);
    assert_eq!(pipeline.row().await["enterprise_project"], Value::Null);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_edited() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;

    assert_not_found(
        &app.put(
            &format!("{}/{NOBODY}", pipelines()),
            body("release-b", three_stages()),
        )
        .await,
    );
    let path = format!("/v3/another/pipeline/pipelines/{}", pipeline.id);
    assert_not_found(&app.put(&path, body("release-b", three_stages())).await);
}

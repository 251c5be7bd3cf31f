//! Bodies of actions: selected tasks, and answers to approvals.

use serde_json::json;

use super::assert_refused;
use crate::common::{App, assert_same};
use crate::pipelines::status::{FAILED, RELEASING, SUCCEEDED};
use crate::pipelines::{TestPipeline, body, three_stages};

/// A stage behind an approval, of one task.
fn gated() -> serde_json::Value {
    json!([{"name": "s", "approval_type": 1, "tasks": [{"name": "t"}]}])
}

#[tokio::test]
async fn a_selection_of_null_takes_in_everything() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;

    pipeline
        .assert_accepts("start", json!({"selected_tasks": null}))
        .await;

    assert!(!pipeline.steps().await.contains("=9"));
}

#[tokio::test]
async fn a_selection_that_breaks_a_rule_is_refused_with_its_place() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    let before = app.state().await;
    let entry = |stage: &str, tasks: &[&str]| json!({"stage_name": stage, "tasks": tasks});
    for (selected, expected) in [
        (json!([]), "selected_tasks: must not be empty"),
        (
            json!([entry("build", &[])]),
            "selected_tasks: must not be empty",
        ),
        (
            json!([entry("build", &["compile"]), entry("nowhere", &["compile"])]),
            "selected_tasks[1].stage_name: there is no such stage",
        ),
        (
            json!([entry("build", &["compile", "smoke"])]),
            "selected_tasks[0].tasks[1]: the stage has no such task",
        ),
        (
            json!([entry("compile", &["compile"])]),
            "selected_tasks[0].stage_name: there is no such stage",
        ),
        (
            json!({"stage_name": "build", "tasks": ["compile"]}),
            "selected_tasks: must be an array, not an object",
        ),
        (
            json!("build"),
            "selected_tasks: must be an array, not \"build\"",
        ),
        (
            json!([["build", ["compile"]]]),
            "selected_tasks[0]: must be an object, not an array",
        ),
        (
            json!(["compile"]),
            "selected_tasks[0]: must be an object, not \"compile\"",
        ),
        (
            json!([{"tasks": ["compile"]}]),
            "selected_tasks[0].stage_name: is required",
        ),
        (
            json!([{"stage_name": "build"}]),
            "selected_tasks[0].tasks: is required",
        ),
        (
            json!([{"stage_name": "build", "tasks": "compile"}]),
            "selected_tasks[0].tasks: must be an array, not \"compile\"",
        ),
        (
            json!([{"stage_name": "build", "tasks": [{"name": "compile"}]}]),
            "selected_tasks[0].tasks[0]: must be a string, not an object",
        ),
        (
            json!([{"stage_name": "build", "tasks": null}]),
            "selected_tasks[0].tasks: must be an array, not null",
        ),
    ] {
        let reply = pipeline
            .act("start", json!({"selected_tasks": selected}))
            .await;
        assert_eq!(assert_refused(&reply), expected, "{selected}");
    }
    let array = pipeline.act("start", json!([])).await;
    assert_eq!(assert_refused(&array), "must be an object, not an array");
    assert_same(&app.state().await, &before);
}

#[tokio::test]
async fn unknown_fields_of_an_action_are_accepted_and_named_in_a_hint() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;

    let reply = pipeline
        .act(
            "start",
            json!({"selectedTasks": [], "selected_tasks": [
                {"stage_name": "build", "tasks": ["compile"], "stage_id": 7}
            ]}),
        )
        .await;

    reply.assert_status(200);
    let hint = reply.header("x-emulator-hint");
    assert!(
        hint.contains("selectedTasks") && hint.contains("stage_id"),
        "{hint}"
    );
}

#[tokio::test]
async fn a_stage_named_twice_is_selected_as_a_whole() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", json!([three_stages()[2]]))).await;

    pipeline.assert_accepts("start", json!({"selected_tasks": [
        {"stage_name": "deploy", "tasks": ["a1", "a1"]}, {"stage_name": "deploy", "tasks": ["b1"]}
    ]})).await;

    assert_eq!(
        pipeline.steps().await,
        "deploy=4 deploy/a1=4 deploy/b1=4 deploy/a2=9"
    );
}

#[tokio::test]
async fn an_approval_needs_a_task_and_an_answer() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", gated())).await;
    pipeline.assert_accepts("start", json!({})).await;
    let before = app.state().await;
    for (body, expected) in [
        (json!({}), "task_name: is required with action_id approval"),
        (
            json!({"approval_type": "agree"}),
            "task_name: is required with action_id approval",
        ),
        (
            json!({"task_name": null, "approval_type": "agree"}),
            "task_name: is required with action_id approval",
        ),
        (
            json!({"task_name": "", "approval_type": "agree"}),
            "task_name: is required with action_id approval",
        ),
        (
            json!({"task_name": "s"}),
            "approval_type: is required with action_id approval",
        ),
        (
            json!({"task_name": "s", "approval_type": null}),
            "approval_type: is required with action_id approval",
        ),
        (
            json!({"task_name": "s", "approval_type": "yes"}),
            "approval_type: must be agree or refuse, not \"yes\"",
        ),
        (
            json!({"task_name": 7, "approval_type": "agree"}),
            "task_name: must be a string, not 7",
        ),
        (
            json!({"task_name": "s", "approval_type": "agree", "message": 7}),
            "message: must be a string, not 7",
        ),
        (
            json!({"task_name": "t", "approval_type": "agree"}),
            "task_name: no approval named t is pending",
        ),
        (
            json!({"task_name": "nobody", "approval_type": "refuse"}),
            "task_name: no approval named nobody is pending",
        ),
    ] {
        let reply = pipeline.act("approval", body.clone()).await;
        assert_eq!(assert_refused(&reply), expected, "{body}");
    }
    assert_same(&app.state().await, &before);

    let body = json!({"task_name": "s", "approval_type": "agree", "message": "go"});
    assert_eq!(pipeline.assert_accepts("approval", body).await, RELEASING);
}

#[tokio::test]
async fn gates_of_one_name_are_answered_one_after_the_other() {
    let gate = |name: &str| json!({"name": name, "task_type_id": {"category": "approval"}});
    let app = App::new();
    let stages = json!([
        {"name": "ask", "approval_type": 1, "tasks": [gate("ask")]},
        {"name": "again", "tasks": [gate("ask")]}
    ]);
    let pipeline = TestPipeline::create(&app, body("release-a", stages)).await;
    pipeline.assert_accepts("start", json!({})).await;

    for expected in [
        "ask=5 ask/ask=1 again=1 again/ask=1",
        "ask=5 ask/ask=5 again=1 again/ask=1",
        "ask=2 ask/ask=2 again=5 again/ask=5",
    ] {
        assert_eq!(pipeline.steps().await, expected);
        assert_eq!(
            pipeline.assert_accepts_approval("ask", "agree").await,
            RELEASING
        );
    }
    assert_eq!(pipeline.status().await, SUCCEEDED);
}

#[tokio::test]
async fn a_refusal_cuts_whatever_runs_beside_the_gate() {
    let app = App::new();
    let stages = json!([{"name": "s", "tasks": [
        {"name": "ask", "task_group": "a", "task_type_id": {"category": "approval"}},
        {"name": "also", "task_group": "b", "task_type_id": {"category": "approval"}},
        {"name": "work", "task_group": "c"},
        {"name": "later", "task_group": "c"}
    ]}]);
    let mut given = body("release-a", stages);
    given["fail_mode"] = json!("continue");
    let pipeline = TestPipeline::create(&app, given).await;
    pipeline.assert_accepts("start", json!({})).await;
    app.advance(1_000).await;

    assert_eq!(
        pipeline.assert_accepts_approval("ask", "refuse").await,
        FAILED
    );

    assert_eq!(
        pipeline.steps().await,
        "s=3 s/ask=3 s/also=3 s/work=3 s/later=1"
    );
    app.advance(60_000).await;
    assert_eq!(
        pipeline.steps().await,
        "s=3 s/ask=3 s/also=3 s/work=3 s/later=1"
    );
}

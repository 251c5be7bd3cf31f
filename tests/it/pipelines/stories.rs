//! Stories of pipelines, with exact times. A step of work takes two seconds.

use serde_json::json;

use super::status::{
    FAILED, INITIALISED, PAUSED, RELEASING, RESTARTING, ROLLBACK_FAILED, ROLLED_BACK, ROLLING_BACK,
    STOPPING, SUCCEEDED, TO_BE_APPROVED,
};
use super::{TestPipeline, body, three_stages};
use crate::common::{App, NOON, assert_same};

const START: &str = "start";

#[tokio::test]
async fn three_stages_run_from_start_to_success() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    assert_eq!(pipeline.status().await, INITIALISED);

    assert_eq!(pipeline.assert_accepts(START, json!({})).await, RELEASING);
    assert_eq!(pipeline.status().await, RELEASING);
    app.advance(1_999).await;
    assert_eq!(pipeline.status().await, RELEASING);
    app.advance(1).await;
    assert_eq!(
        pipeline.status().await,
        TO_BE_APPROVED,
        "the gate of the second stage waits"
    );
    assert_eq!(
        pipeline.steps().await,
        "build=2 build/compile=2 verify=5 verify/smoke=1 deploy=1 deploy/a1=1 deploy/b1=1 deploy/a2=1"
    );

    app.advance(58_000).await;
    assert_eq!(
        pipeline.status().await,
        TO_BE_APPROVED,
        "a gate waits for ever"
    );
    assert_eq!(
        pipeline.assert_accepts_approval("verify", "agree").await,
        RELEASING
    );
    app.advance(2_000).await;
    assert_eq!(
        pipeline.steps().await,
        "build=2 build/compile=2 verify=2 verify/smoke=2 deploy=4 deploy/a1=4 deploy/b1=4 deploy/a2=1"
    );
    app.advance(2_000).await;
    assert_eq!(
        pipeline.steps().await,
        "build=2 build/compile=2 verify=2 verify/smoke=2 deploy=4 deploy/a1=2 deploy/b1=2 deploy/a2=4"
    );
    app.advance(1_999).await;
    assert_eq!(pipeline.status().await, RELEASING);
    app.advance(1).await;
    assert_eq!(pipeline.status().await, SUCCEEDED);

    let expected = json!({"count": 1, "records": [{
        "id": 286_541, "pipeline_id": pipeline.id, "version": 1, "trigger": "emulator", "trigger_type": 0,
        "trigger_at": NOON, "status": 2, "end_at": NOON + 66_000
    }]});
    assert_same(&pipeline.records().await, &expected);
}

#[tokio::test]
async fn a_refusal_at_the_gate_fails_the_run_at_once() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    pipeline.assert_accepts(START, json!({})).await;
    app.advance(2_000).await;

    assert_eq!(
        pipeline.assert_accepts_approval("verify", "refuse").await,
        FAILED
    );

    assert_eq!(pipeline.status().await, FAILED);
    assert_eq!(
        pipeline.steps().await,
        "build=2 build/compile=2 verify=3 verify/smoke=1 deploy=1 deploy/a1=1 deploy/b1=1 deploy/a2=1"
    );
    assert_eq!(
        pipeline.records().await["records"][0]["end_at"],
        NOON + 2_000
    );
}

#[tokio::test]
async fn a_failure_in_the_second_stage_stops_there_by_default() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    app.script(json!({"match": {"step": "smoke"}, "outcome": "fail", "message": "no route", "takes_ms": 500})).await;
    pipeline.assert_accepts(START, json!({})).await;
    app.advance(2_000).await;
    pipeline.assert_accepts_approval("verify", "agree").await;

    app.advance(499).await;
    assert_eq!(pipeline.status().await, RELEASING);
    app.advance(1).await;

    assert_eq!(pipeline.status().await, FAILED);
    assert_eq!(
        pipeline.steps().await,
        "build=2 build/compile=2 verify=3 verify/smoke=3 deploy=1 deploy/a1=1 deploy/b1=1 deploy/a2=1"
    );
    assert_eq!(
        pipeline.records().await["records"][0]["end_at"],
        NOON + 2_500
    );
}

#[tokio::test]
async fn with_fail_mode_continue_later_stages_run_and_the_run_fails_at_its_end() {
    let app = App::new();
    let mut definition = body("release-a", three_stages());
    definition["fail_mode"] = json!("continue");
    let pipeline = TestPipeline::create(&app, definition).await;
    app.script(json!({"match": {"step": "smoke"}, "outcome": "fail"}))
        .await;
    pipeline.assert_accepts(START, json!({})).await;
    app.advance(2_000).await;
    pipeline.assert_accepts_approval("verify", "agree").await;

    app.advance(2_000).await;
    assert_eq!(pipeline.status().await, RELEASING);
    app.advance(3_999).await;
    assert_eq!(pipeline.status().await, RELEASING);
    app.advance(1).await;

    assert_eq!(pipeline.status().await, FAILED);
    assert_eq!(
        pipeline.steps().await,
        "build=2 build/compile=2 verify=3 verify/smoke=3 deploy=2 deploy/a1=2 deploy/b1=2 deploy/a2=2"
    );
}

#[tokio::test]
async fn a_failing_task_ends_its_group_while_its_siblings_run_to_their_end() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", json!([three_stages()[2]]))).await;
    app.script(json!({"match": {"step": "a1"}, "outcome": "fail", "takes_ms": 1_000}))
        .await;
    app.script(json!({"match": {"step": "b1"}, "takes_ms": 9_000}))
        .await;
    pipeline.assert_accepts(START, json!({})).await;

    app.advance(8_999).await;
    assert_eq!(pipeline.status().await, RELEASING);
    assert_eq!(
        pipeline.steps().await,
        "deploy=4 deploy/a1=3 deploy/b1=4 deploy/a2=1"
    );
    app.advance(1).await;
    assert_eq!(pipeline.status().await, FAILED);
    assert_eq!(
        pipeline.steps().await,
        "deploy=3 deploy/a1=3 deploy/b1=2 deploy/a2=1"
    );
}

#[tokio::test]
async fn a_retry_resumes_at_the_failed_task() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    app.script(json!({"match": {"step": "a1"}, "outcome": "fail", "times": 1}))
        .await;
    pipeline.assert_accepts(START, json!({})).await;
    app.advance(2_000).await;
    pipeline.assert_accepts_approval("verify", "agree").await;
    app.advance(4_000).await;
    assert_eq!(pipeline.status().await, FAILED);

    assert_eq!(
        pipeline.assert_accepts("retry", json!({})).await,
        RESTARTING
    );

    assert_eq!(pipeline.status().await, RESTARTING);
    assert_eq!(
        pipeline.steps().await,
        "build=2 build/compile=2 verify=2 verify/smoke=2 deploy=4 deploy/a1=1 deploy/b1=2 deploy/a2=1"
    );
    app.advance(1_999).await;
    assert_eq!(
        pipeline.status().await,
        RESTARTING,
        "restarting takes one step"
    );
    app.advance(1).await;
    assert_eq!(pipeline.status().await, RELEASING);
    assert_eq!(
        pipeline.steps().await,
        "build=2 build/compile=2 verify=2 verify/smoke=2 deploy=4 deploy/a1=4 deploy/b1=2 deploy/a2=1"
    );
    app.advance(4_000).await;
    assert_eq!(pipeline.status().await, SUCCEEDED);

    let records = pipeline.records().await;
    assert_eq!(records["count"], 1, "a retry keeps the execution");
    assert_eq!(records["records"][0]["id"], 286_541);
    assert_eq!(records["records"][0]["trigger_at"], NOON);
    assert_eq!(records["records"][0]["end_at"], NOON + 12_000);
}

#[tokio::test]
async fn a_stop_freezes_running_tasks_and_continue_gives_them_the_time_they_still_needed() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", json!([three_stages()[2]]))).await;
    pipeline.assert_accepts(START, json!({})).await;
    app.advance(500).await;

    assert_eq!(pipeline.assert_accepts("stop", json!({})).await, STOPPING);
    assert_eq!(pipeline.status().await, STOPPING);
    assert_eq!(
        pipeline.steps().await,
        "deploy=13 deploy/a1=13 deploy/b1=13 deploy/a2=1"
    );
    app.advance(1_999).await;
    assert_eq!(pipeline.status().await, STOPPING, "stopping takes one step");
    app.advance(1).await;
    assert_eq!(pipeline.status().await, PAUSED);
    assert_eq!(
        pipeline.steps().await,
        "deploy=7 deploy/a1=7 deploy/b1=7 deploy/a2=1"
    );

    app.advance(100_000).await;
    assert_eq!(pipeline.status().await, PAUSED);
    assert_eq!(
        pipeline.assert_accepts("continue", json!({})).await,
        RELEASING
    );
    app.advance(1_499).await;
    assert_eq!(
        pipeline.steps().await,
        "deploy=4 deploy/a1=4 deploy/b1=4 deploy/a2=1"
    );
    app.advance(1).await;
    assert_eq!(
        pipeline.steps().await,
        "deploy=4 deploy/a1=2 deploy/b1=2 deploy/a2=4"
    );
    app.advance(2_000).await;
    assert_eq!(pipeline.status().await, SUCCEEDED);
    assert_eq!(
        pipeline.records().await["records"][0]["end_at"],
        NOON + 4_000 + 102_000
    );
}

#[tokio::test]
async fn a_gate_can_be_stopped_and_waits_again_after_continue() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    pipeline.assert_accepts(START, json!({})).await;
    app.advance(3_000).await;

    assert_eq!(pipeline.assert_accepts("stop", json!({})).await, STOPPING);
    app.advance(2_000).await;
    assert_eq!(pipeline.status().await, PAUSED);
    pipeline
        .act(
            "approval",
            json!({"task_name": "verify", "approval_type": "agree"}),
        )
        .await
        .assert_status(400);

    assert_eq!(
        pipeline.assert_accepts("continue", json!({})).await,
        RELEASING,
        "the answer comes from a table"
    );
    assert_eq!(pipeline.status().await, TO_BE_APPROVED);
    assert_eq!(
        pipeline.assert_accepts_approval("verify", "agree").await,
        RELEASING
    );
}

#[tokio::test]
async fn a_gate_that_waits_beside_running_work_makes_the_run_wait() {
    let app = App::new();
    let gate = |name: &str, group: &str| json!({"name": name, "task_group": group, "task_type_id": {"category": "approval"}});
    let stages = json!([{"name": "s", "tasks": [
        gate("first", "a"), gate("second", "b"), {"name": "work", "task_group": "c"}
    ]}]);
    let pipeline = TestPipeline::create(&app, body("release-a", stages)).await;

    assert_eq!(pipeline.assert_accepts(START, json!({})).await, RELEASING);
    assert_eq!(pipeline.steps().await, "s=5 s/first=5 s/second=5 s/work=4");
    assert_eq!(
        pipeline.assert_accepts_approval("first", "agree").await,
        RELEASING
    );
    assert_eq!(
        pipeline.status().await,
        TO_BE_APPROVED,
        "the second gate still waits"
    );
    assert_eq!(
        pipeline.assert_accepts_approval("second", "agree").await,
        RELEASING
    );
    assert_eq!(pipeline.status().await, RELEASING);

    let again = pipeline
        .act(
            "approval",
            json!({"task_name": "first", "approval_type": "agree"}),
        )
        .await;
    again.assert_status(400);
    app.advance(2_000).await;
    assert_eq!(pipeline.status().await, SUCCEEDED);
}

#[tokio::test]
async fn a_rollback_takes_one_step_and_can_fail() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", json!([three_stages()[0]]))).await;
    pipeline.assert_accepts(START, json!({})).await;
    app.advance(2_000).await;

    assert_eq!(
        pipeline.assert_accepts("rollback", json!({})).await,
        ROLLING_BACK
    );
    assert_eq!(pipeline.status().await, ROLLING_BACK);
    app.advance(1_999).await;
    assert_eq!(pipeline.status().await, ROLLING_BACK);
    app.advance(1).await;
    assert_eq!(pipeline.status().await, ROLLED_BACK);
    assert_eq!(
        pipeline.records().await["records"][0]["status"],
        ROLLED_BACK
    );

    app.script(json!({"match": {"work": "rollback"}, "outcome": "fail"}))
        .await;
    pipeline.assert_accepts(START, json!({})).await;
    app.advance(2_000).await;
    assert_eq!(
        pipeline.assert_accepts("rollback", json!({})).await,
        ROLLING_BACK
    );
    app.advance(2_000).await;
    assert_eq!(pipeline.status().await, ROLLBACK_FAILED);
}

#[tokio::test]
async fn tasks_that_are_not_selected_show_as_skipped_from_the_start() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    let selected = json!({"selected_tasks": [
        {"stage_name": "build", "tasks": ["compile"]},
        {"stage_name": "deploy", "tasks": ["a2"]}
    ]});

    assert_eq!(pipeline.assert_accepts(START, selected).await, RELEASING);

    assert_eq!(
        pipeline.steps().await,
        "build=4 build/compile=4 verify=9 verify/smoke=9 deploy=1 deploy/a1=9 deploy/b1=9 deploy/a2=1"
    );
    app.advance(2_000).await;
    assert_eq!(
        pipeline.steps().await,
        "build=2 build/compile=2 verify=9 verify/smoke=9 deploy=4 deploy/a1=9 deploy/b1=9 deploy/a2=4",
        "the gate of a stage without selected tasks is passed"
    );
    app.advance(2_000).await;
    assert_eq!(pipeline.status().await, SUCCEEDED);
}

#[tokio::test]
async fn records_list_every_run_with_its_times() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", json!([three_stages()[0]]))).await;
    pipeline.assert_accepts(START, json!({})).await;
    app.advance(10_000).await;
    app.put(
        &pipeline.path(),
        body("release-a", json!([three_stages()[0]])),
    )
    .await
    .assert_status(200);
    pipeline.assert_accepts(START, json!({})).await;
    app.advance(1_000).await;

    let record = |id: i64, version: i64, at: i64, status: u8, end: i64| {
        json!({"id": id, "pipeline_id": pipeline.id, "version": version, "trigger": "emulator",
            "trigger_type": 0, "trigger_at": at, "status": status, "end_at": end})
    };
    let expected = json!({"count": 2, "records": [
        record(286_542, 2, NOON + 10_000, 4, 0),
        record(286_541, 1, NOON, 2, NOON + 2_000)
    ]});
    assert_same(&pipeline.records().await, &expected);
    assert_eq!(pipeline.row().await["last_trigger_at"], NOON + 10_000);

    let oldest = app
        .get(&format!("{}/records?order=asc&limit=1", pipeline.path()))
        .await
        .assert_status(200);
    assert_eq!(
        (&oldest["count"], &oldest["records"][0]["id"]),
        (&json!(2), &json!(286_541))
    );
}

#[tokio::test]
async fn with_steps_of_no_length_the_next_read_shows_the_end() {
    let app = App::with(|settings| settings.step = 0);
    let pipeline = TestPipeline::create(&app, body("release-a", json!([three_stages()[2]]))).await;

    assert_eq!(pipeline.assert_accepts(START, json!({})).await, RELEASING);
    assert_eq!(pipeline.status().await, SUCCEEDED);
    assert_eq!(
        pipeline.assert_accepts("rollback", json!({})).await,
        ROLLING_BACK
    );
    assert_eq!(pipeline.status().await, ROLLED_BACK);
}

#[tokio::test]
async fn a_stage_without_tasks_is_passed_at_once() {
    let app = App::new();
    let stages = json!([{"name": "empty", "tasks": []}, {"name": "gated", "approval_type": 1, "tasks": []},
        {"name": "last", "tasks": [{"name": "t"}]}]);
    let pipeline = TestPipeline::create(&app, body("release-a", stages)).await;

    pipeline.assert_accepts(START, json!({})).await;
    assert_eq!(pipeline.steps().await, "empty=2 gated=5 last=1 last/t=1");
    pipeline.assert_accepts_approval("gated", "agree").await;
    assert_eq!(pipeline.steps().await, "empty=2 gated=2 last=4 last/t=4");
}

#[tokio::test]
async fn an_advance_tells_what_happened_on_the_way() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", json!([three_stages()[0]]))).await;
    pipeline.assert_accepts(START, json!({})).await;

    let transitions = app.advance(5_000).await;

    let event = |n: u64, step: Option<&str>, from: &str, to: &str| {
        let mut event = json!({"id": n, "time": "2026-01-01T12:00:02Z", "family": "pipelines",
            "scope": crate::common::PROJECT, "resource": pipeline.id, "name": "release-a"});
        if let Some(step) = step {
            event["stage"] = json!("build");
            event["step"] = json!(step);
        }
        for (key, value) in [("from", from), ("to", to), ("cause", "clock")] {
            event[key] = json!(value);
        }
        event
    };
    assert_same(
        &json!(transitions),
        &json!([
            // The creation was the first, and the start changed two.
            event(4, None, "4", "2"),
            event(5, Some("compile"), "4", "2")
        ]),
    );
}

//! The queue: tasks that wait for each other.

use serde_json::json;

use super::*;
use crate::common::NOON;

async fn statuses(app: &App, tasks: &[(&str, i64)]) -> Vec<String> {
    let mut statuses = Vec::new();
    for (workflow_key, task_id) in tasks {
        let task = app.task(workflow_key, *task_id).await;
        statuses.push(task["status"].as_str().unwrap().to_owned());
    }
    statuses
}

#[tokio::test]
async fn two_tasks_behind_a_concurrency_of_one_run_one_after_the_other() {
    let app = App::load(&shop());
    for task_id in 1..=3 {
        app.run("build-deploy", inputs(&["lint"]))
            .await
            .assert_body(200, &created("build-deploy", task_id));
        app.advance(100).await;
    }
    let tasks = [1, 2, 3].map(|task_id| ("build-deploy", task_id));
    assert_eq!(
        statuses(&app, &tasks).await,
        ["running", "waiting", "waiting"]
    );
    let waiting = app.task("build-deploy", 2).await;
    assert_eq!(waiting["stages"][0]["jobs"][0]["status"], "");

    app.advance(1_700).await;
    assert_eq!(
        statuses(&app, &tasks).await,
        ["passed", "running", "waiting"]
    );
    let begun = app.task("build-deploy", 2).await;
    assert_eq!(
        (&begun["create_time"], &begun["start_time"]),
        (&json!(NOON / 1_000), &json!(NOON / 1_000 + 2))
    );
    app.advance(2_000).await;
    assert_eq!(
        statuses(&app, &tasks).await,
        ["passed", "passed", "running"]
    );
    app.advance(2_000).await;
    assert_eq!(statuses(&app, &tasks).await, ["passed", "passed", "passed"]);
}

#[tokio::test]
async fn an_installation_runs_two_tasks_at_once_and_the_oldest_goes_first() {
    let app = App::load(&shop());
    for workflow_key in ["hotfix", "hotfix", "build-deploy", "hotfix"] {
        let jobs = if workflow_key == "hotfix" {
            ["fix"]
        } else {
            ["lint"]
        };
        app.run(workflow_key, inputs(&jobs))
            .await
            .assert_status(200);
        app.advance(1).await;
    }
    let tasks = [
        ("hotfix", 1),
        ("hotfix", 2),
        ("build-deploy", 1),
        ("hotfix", 3),
    ];
    assert_eq!(
        statuses(&app, &tasks).await,
        ["running", "running", "waiting", "waiting"]
    );
    // A cancelled task holds its place until its jobs have stopped; one in the queue never begins.
    app.cancel("hotfix", 1).await.assert_status(200);
    assert_eq!(statuses(&app, &tasks[2..3]).await, ["waiting"]);
    app.advance(1_000).await;
    assert_eq!(
        statuses(&app, &tasks).await,
        ["cancelled", "running", "running", "waiting"]
    );
    app.cancel("hotfix", 3).await.assert_status(200);
    let cancelled = app.task("hotfix", 3).await;
    assert_eq!(cancelled["end_time"], json!(null));
    app.advance(10_000).await;
    assert_eq!(
        statuses(&app, &tasks).await,
        ["cancelled", "passed", "passed", "cancelled"]
    );
}

#[tokio::test]
async fn a_task_that_waits_for_an_approval_holds_its_place_and_a_paused_one_does_not() {
    let stages = json!([{"name": "s", "jobs": [{"name": "a", "type": "freestyle"}]},
        {"name": "m", "manual_exec": {"enabled": true}, "jobs": [{"name": "b", "type": "freestyle"}]}]);
    let app = App::load(
        &json!({"zadig": {"workflow_concurrency": 1, "projects": [{"key": "shop", "workflows": [
        {"workflow_key": "w", "stages": stages}]}]}}),
    );
    for _ in 0..2 {
        app.run("w", inputs(&["a", "b"])).await.assert_status(200);
    }
    app.advance(2_000).await;
    assert_eq!(
        statuses(&app, &[("w", 1), ("w", 2)]).await,
        ["pause", "running"]
    );
    let state = app.state().await;
    assert_eq!(state["zadig"]["workflow_concurrency"], 1);
}

#[tokio::test]
async fn the_start_of_a_task_in_the_queue_is_foreseen_and_reached() {
    let app = App::load(&shop());
    for _ in 0..3 {
        app.run("build-deploy", inputs(&["lint"]))
            .await
            .assert_status(200);
    }
    let timeline = app
        .get("/_emulator/v1/resources/zadig/build-deploy:3/timeline")
        .await;
    let timeline = timeline.assert_status(200);
    assert_eq!(
        (&timeline["kind"], &timeline["status"]),
        (&json!("task"), &json!("waiting"))
    );
    assert_eq!(
        timeline["next"],
        json!({"time": "2026-01-01T12:00:04Z", "to": "running"})
    );
    let until = json!({"until": {"family": "zadig", "id": "build-deploy:3", "status": "passed"}});
    let reply = app.post("/_emulator/v1/clock/advance", until).await;
    assert_eq!(reply.assert_status(200)["now"], "2026-01-01T12:00:06Z");
    assert_eq!(statuses(&app, &[("build-deploy", 3)]).await, ["passed"]);
}

#[tokio::test]
async fn a_task_in_the_queue_with_nothing_to_do_is_foreseen_to_be_skipped() {
    let app = App::load(
        &json!({"zadig": {"workflow_concurrency": 1, "projects": [{"key": "shop", "workflows": [
            {"workflow_key": "busy", "stages": [{"name": "s", "jobs": [{"name": "a", "type": "freestyle"}]}]},
            {"workflow_key": "bare", "tasks": [{"task_id": 1, "status": "failed"}]}]}]}}),
    );
    app.run("busy", inputs(&["a"])).await.assert_status(200);
    app.retry("bare", 1).await.assert_status(200);
    let next = json!({"time": "2026-01-01T12:00:02Z", "to": "skipped"});
    let timeline = app
        .get("/_emulator/v1/resources/zadig/bare:1/timeline")
        .await;
    assert_eq!(timeline.assert_status(200)["next"], next);
    let listed = app.get("/_emulator/v1/resources").await;
    let resources = listed.assert_status(200)["resources"].as_array().cloned();
    let mut resources = resources.unwrap().into_iter();
    let bare = resources.find(|resource| resource["id"] == "bare:1");
    assert_eq!(bare.unwrap()["next"], next);
    app.advance(2_000).await;
    assert_eq!(statuses(&app, &[("bare", 1)]).await, ["skipped"]);
}

#[tokio::test]
async fn reads_move_what_they_show_and_a_task_in_the_queue_by_the_one_before_it() {
    let app = App::build(
        |settings| settings.progress = release_emulator::Progress::Reads,
        &shop(),
    );
    for _ in 0..2 {
        app.run("build-deploy", inputs(&["lint"]))
            .await
            .assert_status(200);
    }
    let seen = [
        statuses(&app, &[("build-deploy", 2)]).await,
        statuses(&app, &[("build-deploy", 2)]).await,
        statuses(&app, &[("build-deploy", 2)]).await,
    ];
    assert_eq!(seen.concat(), ["waiting", "running", "passed"]);
}

#[tokio::test]
async fn a_deleted_workflow_takes_its_tasks_along_and_gives_their_places_back() {
    let app = App::load(&shop());
    for _ in 0..2 {
        app.run("hotfix", inputs(&["fix"])).await.assert_status(200);
    }
    app.run("build-deploy", inputs(&["lint"]))
        .await
        .assert_status(200);
    assert_eq!(statuses(&app, &[("build-deploy", 1)]).await, ["waiting"]);
    app.delete("/openapi/workflows/custom?workflowKey=hotfix&projectKey=shop")
        .await
        .assert_body(200, SUCCESS);
    assert_eq!(statuses(&app, &[("build-deploy", 1)]).await, ["running"]);
    app.delete("/openapi/workflows/custom?workflowKey=hotfix&projectKey=shop")
        .await
        .assert_body(
            400,
            &typed(6543, "删除workflow失败", "mongo: no documents in result"),
        );
}

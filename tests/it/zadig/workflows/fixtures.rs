//! Fixtures, exports and imports.

use serde_json::json;

use super::*;
use crate::common::NOON;
use release_emulator::internals::{Settings, State, World};

/// An emulator of a state, at a later instant.
fn again(state: &Value, later: i64) -> App {
    let settings = Settings {
        freeze: Some(NOON + later),
        ..Settings::default()
    };
    let state = State::from_json(&state.to_string()).expect("a state");
    App::of(World::new(settings, state).expect("a consistent state"))
}

#[tokio::test]
async fn a_state_in_the_middle_of_everything_is_restored_as_it_was() {
    let app = App::load(&shop());
    app.script(json!({"match": {"family": "zadig", "step": "check"}, "outcome": "fail", "message": "no", "times": 1}))
        .await;
    app.run("build-deploy", whole()).await.assert_status(200);
    app.run("build-deploy", inputs(&["lint"]))
        .await
        .assert_status(200);
    app.run("hotfix", inputs(&["fix", "check"]))
        .await
        .assert_status(200);
    app.run("hotfix", inputs(&["fix"])).await.assert_status(200);
    app.advance(2_500).await;
    app.answer("u2", "job-1-0-0-sign-off", true)
        .await
        .assert_status(200);
    app.advance(1_500).await;

    let state = app.state().await;
    let twin = again(&state, 4_000);
    assert_eq!(twin.state().await, state);
    for app in [&app, &twin] {
        app.answer("u1", "job-1-0-0-sign-off", true)
            .await
            .assert_status(200);
        app.retry("hotfix", 1).await.assert_status(200);
        app.advance(20_000).await;
    }
    for (workflow_key, task_id) in [
        ("build-deploy", 1),
        ("build-deploy", 2),
        ("hotfix", 1),
        ("hotfix", 2),
    ] {
        let task = app.task(workflow_key, task_id).await;
        assert_eq!(task["status"], "passed", "{workflow_key} {task_id}");
        assert_eq!(twin.task(workflow_key, task_id).await, task);
    }
    assert_eq!(twin.state().await, app.state().await);
}

#[tokio::test]
async fn tasks_of_one_instant_keep_their_order() {
    let app = App::load(&shop());
    for workflow_key in ["hotfix", "build-deploy", "hotfix", "build-deploy"] {
        let jobs = if workflow_key == "hotfix" {
            ["fix"]
        } else {
            ["lint"]
        };
        app.run(workflow_key, inputs(&jobs))
            .await
            .assert_status(200);
    }
    let state = app.state().await;
    let twin = again(&state, 0);
    let ids = async |app: &App| {
        let listed = app.get("/_emulator/v1/resources").await.assert_status(200);
        let resources = listed["resources"].as_array().unwrap().clone();
        resources
            .iter()
            .map(|resource| resource["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let order = ["hotfix:1", "build-deploy:1", "hotfix:2", "build-deploy:2"];
    assert_eq!(ids(&twin).await, order);
    assert_eq!(twin.state().await, state);
    for app in [&app, &twin] {
        app.advance(2_000).await;
        assert_eq!(app.task("hotfix", 2).await["status"], "running");
    }
}

#[tokio::test]
async fn tasks_of_fixtures_keep_their_place_among_those_that_go_on() {
    let mut fixtures = shop();
    let paused =
        json!({"task_id": 1, "status": "pause", "stages": [{"name": "deploy", "status": "pause"}]});
    let tasks = json!([{"task_id": 4}, paused, {"task_id": 3}, {"task_id": 2, "create_time": 1}]);
    fixtures["zadig"]["projects"][0]["workflows"][1]["tasks"] = tasks;
    let app = App::load(&fixtures);
    let path = "/api/aslan/workflow/v4/workflowtask/manualexec/workflow/hotfix/task/1?stageName=deploy&projectName=shop";
    app.post(path, json!({"jobs": []})).await.assert_status(200);

    let state = app.state().await;
    let listed = state["zadig"]["projects"][0]["workflows"][1]["tasks"].clone();
    let ids: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|task| &task["task_id"])
        .collect();
    assert_eq!(ids, [2, 4, 1, 3]);
    assert_eq!(again(&state, 0).state().await, state);
}

#[tokio::test]
async fn a_task_as_the_service_shows_it_is_a_fixture() {
    let app = App::load(&shop());
    app.script(json!({"match": {"family": "zadig", "step": "check"}, "outcome": "fail", "message": "no", "times": 1}))
        .await;
    app.run("hotfix", inputs(&["fix", "check"]))
        .await
        .assert_status(200);
    app.advance(4_000).await;
    let shown = app.task("hotfix", 1).await;
    let mut fixtures = shop();
    fixtures["zadig"]["projects"][0]["workflows"][1]["tasks"] = json!([shown]);

    let twin = again(&fixtures, 60_000);
    assert_eq!(twin.task("hotfix", 1).await, shown);
    // A retry keeps what has passed.
    twin.retry("hotfix", 1).await.assert_status(200);
    assert_eq!(
        twin.line("hotfix", 1).await,
        "running [running: passed running]"
    );
    twin.advance(2_000).await;
    assert_eq!(
        twin.line("hotfix", 1).await,
        "passed [passed: passed passed]"
    );
    twin.run("hotfix", inputs(&["fix"]))
        .await
        .assert_body(200, &created("hotfix", 2));
}

#[tokio::test]
async fn a_task_that_only_the_list_shows_is_retried_from_the_start() {
    let mut fixtures = shop();
    fixtures["zadig"]["projects"][0]["workflows"][1]["tasks"] = json!([{"task_id": 5, "status": "failed", "create_time": 1, "start_time": 2, "end_time": 3}]);
    let app = App::load(&fixtures);
    app.retry("hotfix", 5).await.assert_status(200);
    assert_eq!(app.line("hotfix", 5).await, "running [running: running -]");
    app.advance(4_000).await;
    assert_eq!(
        app.line("hotfix", 5).await,
        "passed [passed: passed passed]"
    );
}

#[tokio::test]
async fn the_approval_of_a_stage_in_the_documents_becomes_a_job() {
    let approval = json!({"enabled": true, "type": "native", "description": "", "native_approval": {
        "timeout": 60, "needed_approvers": 1, "approve_users": [{"type": "user", "user_id": "u1", "user_name": "U1"}]}});
    let app = App::load(
        &json!({"zadig": {"projects": [{"key": "shop", "workflows": [{"workflow_key": "w", "stages": [
        {"name": "deploy", "approval": approval, "jobs": [{"name": "a", "type": "freestyle"}]}]}]}]}}),
    );
    app.run("w", inputs(&["deploy-approval", "a"]))
        .await
        .assert_status(200);
    let body = json!({"stage_name": "deploy", "workflow_key": "w", "task_id": 1, "approve": true});
    let approve = async |uid: &str| {
        let claims = format!("{{\"name\":\"{uid}\",\"uid\":\"{uid}\"}}");
        let token = format!("Bearer e30.{}.x", base64(&claims));
        app.send(
            "POST",
            &format!("{TASK}/approve"),
            &[("authorization", &token)],
            body.to_string(),
        )
        .await
    };
    approve("u2").await.assert_body(
        400,
        &typed(
            6169,
            "批准工作流任务失败",
            "user u2 has no authority to Approve",
        ),
    );
    approve("u1").await.assert_body(200, SUCCESS);
    app.advance(2_000).await;
    assert_eq!(
        app.line("w", 1).await,
        "passed [passed: passed, passed: passed]"
    );
}

/// Base64 for URLs, without padding.
fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bytes = [
            chunk[0],
            *chunk.get(1).unwrap_or(&0),
            *chunk.get(2).unwrap_or(&0),
        ];
        let bits = u32::from(bytes[0]) << 16 | u32::from(bytes[1]) << 8 | u32::from(bytes[2]);
        for n in 0..=chunk.len() {
            let digit = (bits >> (18 - 6 * n)) & 63;
            encoded.push(char::from(DIGITS[digit as usize]));
        }
    }
    encoded
}

#[tokio::test]
async fn a_wrong_fixture_is_refused_with_its_place() {
    let refusal = |workflows: Value| {
        let state = json!({"zadig": {"projects": [{"key": "shop", "workflows": workflows}]}});
        let state = State::from_json(&state.to_string());
        let built = state.map(|state| World::new(Settings::default(), state));
        match built {
            Err(error) | Ok(Err(error)) => error.to_string(),
            Ok(Ok(_)) => panic!("it is accepted"),
        }
    };
    let w = |rest: Value| {
        let mut workflow = json!({"workflow_key": "w"});
        for (key, value) in rest.as_object().unwrap() {
            workflow[key] = value.clone();
        }
        workflow
    };
    for (workflows, expected) in [
        (
            json!([w(json!({})), w(json!({}))]),
            "zadig.projects[0].workflows[1].workflow_key: duplicate \"w\"",
        ),
        (
            json!([{"workflow_key": ""}]),
            "zadig.projects[0].workflows[0].workflow_key: must not be empty",
        ),
        (
            json!([w(json!({"project_key": "other"}))]),
            "zadig.projects[0].workflows[0].project_key: must be \"shop\", the project that it stands in",
        ),
        (
            json!([w(json!({"tasks": [{"task_id": 0}]}))]),
            "zadig.projects[0].workflows[0].tasks[0].task_id: must be positive",
        ),
        (
            json!([w(json!({"tasks": [{"task_id": 1}, {"task_id": 1}]}))]),
            "zadig.projects[0].workflows[0].tasks[1].task_id: duplicate 1",
        ),
        (
            json!([w(json!({"tasks": [{"task_id": 1, "workflow_key": "x"}]}))]),
            "zadig.projects[0].workflows[0].tasks[0].workflow_key: must be \"w\", the workflow that it stands in",
        ),
    ] {
        assert_eq!(refusal(workflows), expected);
    }
}

#[tokio::test]
async fn a_patch_replaces_workflows_by_key_and_tasks_by_number() {
    let app = App::load(&shop());
    app.run("hotfix", inputs(&["fix"])).await.assert_status(200);
    let patch = json!({"zadig": {"projects": [{"key": "shop", "workflows": [{"workflow_key": "hotfix", "workflow_name": "Renamed",
        "stages": [{"name": "fix", "jobs": [{"name": "fix", "type": "freestyle"}]}],
        "tasks": [{"task_id": 7, "status": "failed"}]}]}]}});
    app.patch("/_emulator/v1/state", patch)
        .await
        .assert_status(204);
    assert_eq!(app.task("hotfix", 1).await["status"], "running");
    assert_eq!(app.task("hotfix", 7).await["status"], "failed");
    app.run("hotfix", inputs(&["fix"]))
        .await
        .assert_body(200, &created("hotfix", 8));
}

//! A story of each family, with every change and its cause.

use serde_json::{Value, json};

use super::*;

/// A build, then a roll-out behind an approval.
fn gated() -> Value {
    json!([
        {"name": "build", "tasks": [{"name": "compile"}]},
        {"name": "deploy", "approval_type": 1, "tasks": [{"name": "roll-out"}]}
    ])
}

#[tokio::test]
async fn a_pipeline_is_stopped_continued_approved_retried_and_rolled_back() {
    let app = App::new();
    app.script(json!({"match": {"step": "roll-out"}, "outcome": "fail", "times": 1}))
        .await;
    let id = create_pipeline(&app, "release-a", gated()).await;

    act(&app, &id, "start", json!({})).await;
    app.advance(1_000).await;
    act(&app, &id, "stop", json!({})).await;
    app.advance(4_000).await;
    act(&app, &id, "continue", json!({})).await;
    app.advance(2_000).await;
    let agree = json!({"task_name": "deploy", "approval_type": "agree"});
    act(&app, &id, "approval", agree).await;
    app.advance(3_000).await;
    act(&app, &id, "retry", json!({})).await;
    app.advance(5_000).await;
    act(&app, &id, "rollback", json!({})).await;
    app.advance(2_000).await;

    assert_eq!(
        story(&app, "pipelines", &id).await,
        [
            "00 -1 create",
            "00 1-4 start",
            "00 compile -4 start",
            "00 deploy -1 start",
            "00 roll-out -1 start",
            "01 4-13 stop",
            "01 compile 4-13 stop",
            "03 13-7 clock",
            "03 compile 13-7 clock",
            "05 7-4 continue",
            "05 compile 7-4 continue",
            "06 4-5 clock",
            "06 compile 4-2 clock",
            "06 deploy 1-5 clock",
            "07 5-4 approval",
            "07 deploy 5-2 approval",
            "07 roll-out 1-4 approval",
            "09 4-3 clock",
            "09 roll-out 4-3 clock",
            "10 3-14 retry",
            "10 roll-out 3-1 retry",
            "12 14-4 clock",
            "12 roll-out 1-4 clock",
            "14 4-2 clock",
            "14 roll-out 4-2 clock",
            "15 2-10 rollback",
            "17 10-11 clock",
        ]
    );
    assert_in_order(&timeline(&app, "pipelines", &id).await);
}

#[tokio::test]
async fn a_refusal_cuts_and_an_edit_gives_the_next_start_other_steps() {
    let app = App::new();
    let id = create_pipeline(&app, "release-a", gated()).await;
    act(&app, &id, "start", json!({})).await;
    app.advance(2_000).await;
    let refuse = json!({"task_name": "deploy", "approval_type": "refuse"});
    act(&app, &id, "approval", refuse).await;
    let stages = json!([{"name": "deploy", "tasks": [{"name": "roll-out"}, {"name": "verify"}]}]);
    let body =
        json!({"name": "release-b", "model_version": 2, "config_mode": "ui", "stages": stages});
    app.put(&format!("{PIPELINES}/{id}"), body)
        .await
        .assert_status(200);
    act(&app, &id, "start", json!({})).await;

    let timeline = timeline(&app, "pipelines", &id).await;

    assert_eq!(
        short(&timeline["transitions"])[5..],
        [
            "02 4-5 clock",
            "02 compile 4-2 clock",
            "02 deploy 1-5 clock",
            "02 5-3 approval",
            "02 deploy 5-3 approval",
            "02 3-4 start",
            "02 roll-out 1-4 start",
            "02 verify -1 start",
            "02 compile 2- start",
            "02 deploy 3- start",
        ]
    );
    assert_eq!(
        (&timeline["name"], &timeline["transitions"][0]["name"]),
        (&json!("release-b"), &json!("release-b")),
        "the past goes by the present name"
    );
}

#[tokio::test]
async fn a_schedule_is_a_cause_of_its_own() {
    let app = App::new();
    let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
    let id = create_pipeline(&app, "release-a", stages).await;
    let hook = json!({"schedule": "0/5 * * * * ?", "timezone_operator": "+", "timezone_hour": 0});
    app.post(
        &format!("{PIPELINES}/{id}/hooks"),
        json!({"strategy_type": 1, "hooks": [hook]}),
    )
    .await
    .assert_status(200);

    app.advance(11_000).await;

    assert_eq!(
        story(&app, "pipelines", &id).await,
        [
            "00 -1 create",
            "05 1-4 schedule",
            "05 t -4 schedule",
            "07 4-2 clock",
            "07 t 4-2 clock",
            "10 2-4 schedule",
            "10 t 2-4 schedule",
        ]
    );
}

#[tokio::test]
async fn tasks_that_are_left_out_go_by_it() {
    let app = App::new();
    let stages = json!([{"name": "s", "tasks": [{"name": "t0"}, {"name": "t1"}]}]);
    let id = create_pipeline(&app, "release-a", stages).await;
    let selected = json!({"selected_tasks": [{"stage_name": "s", "tasks": ["t1"]}]});

    act(&app, &id, "start", selected).await;

    let expected = [
        "00 -1 create",
        "00 1-4 start",
        "00 t0 -9 start",
        "00 t1 -4 start",
    ];
    assert_eq!(story(&app, "pipelines", &id).await, expected);
}

#[tokio::test]
async fn with_steps_of_no_length_a_start_goes_straight_to_its_end() {
    let app = App::with(|settings| settings.step = 0);
    let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
    let id = create_pipeline(&app, "release-a", stages).await;

    act(&app, &id, "start", json!({})).await;

    let expected = ["00 -1 create", "00 1-2 start", "00 t -2 start"];
    assert_eq!(story(&app, "pipelines", &id).await, expected);
}

#[tokio::test]
async fn a_plan_is_executed_aborted_edited_executed_rolled_back_and_deleted() {
    let app = App::new();
    let id = create_plan(&app, "plan-a", &[component(0, "web"), component(1, "db")]).await;
    let path = format!("{PLANS}/{id}");
    let say = async |command: &str| {
        app.post(&format!("{path}/{command}"), Value::Null)
            .await
            .assert_status(200);
    };

    say("execute").await;
    app.advance(3_000).await;
    say("abort").await;
    app.advance(2_000).await;
    let edited =
        json!({"name": "plan-a", "components": [component(0, "db"), component(0, "cache")]});
    app.put(&path, edited).await.assert_status(200);
    say("execute").await;
    app.advance(2_000).await;
    say("rollback").await;
    app.advance(2_000).await;

    assert_eq!(
        story(&app, "plans", &id).await,
        [
            "00 -CREATED create",
            "00 web -CREATED create",
            "00 db -CREATED create",
            "00 CREATED-RUNNING execute",
            "00 web CREATED-RUNNING execute",
            "02 web RUNNING-SUCCESS clock",
            "02 db CREATED-RUNNING clock",
            "03 RUNNING-ABORTING abort",
            "03 db RUNNING-ABORTED abort",
            "05 ABORTING-ABORTED clock",
            "05 ABORTED-CREATED edit",
            "05 db ABORTED-CREATED edit",
            "05 cache -CREATED edit",
            "05 web SUCCESS- edit",
            "05 CREATED-RUNNING execute",
            "05 db CREATED-RUNNING execute",
            "05 cache CREATED-RUNNING execute",
            "07 RUNNING-SUCCESS clock",
            "07 db RUNNING-SUCCESS clock",
            "07 cache RUNNING-SUCCESS clock",
            "07 SUCCESS-ROLLING_BACK rollback",
            "07 db SUCCESS-ROLLING_BACK rollback",
            "07 cache SUCCESS-ROLLING_BACK rollback",
            "09 ROLLING_BACK-ROLLBACK_SUCCEED clock",
            "09 db ROLLING_BACK-ROLLBACK_SUCCEED clock",
            "09 cache ROLLING_BACK-ROLLBACK_SUCCEED clock",
        ]
    );
    assert_in_order(&timeline(&app, "plans", &id).await);
    app.delete(&path).await.assert_status(200);
    let gone = format!("/_emulator/v1/resources/plans/{id}/timeline");
    app.get(&gone).await.assert_status(404);
}

#[tokio::test]
async fn a_release_makes_its_mesh_known_and_goes_with_it() {
    let app = App::new();
    app.script(json!({"match": {"name": "gray-b", "work": "create"}, "outcome": "fail"}))
        .await;
    let (a, b) = (
        create_release(&app, "gray-a").await,
        create_release(&app, "gray-b").await,
    );
    app.put(
        &format!("{RELEASES}/{a}"),
        json!({"spec": {"version": "v2"}}),
    )
    .await
    .assert_status(200);
    app.advance(3_000).await;

    let running = ["00 -Creating create", "02 Creating-Running clock"];
    assert_eq!(story(&app, "asm", &a).await, running);
    let failed = ["00 -Creating create", "02 Creating-Failed clock"];
    assert_eq!(story(&app, "asm", &b).await, failed);

    app.delete(&format!("{MESHES}/mesh-demo"))
        .await
        .assert_status(200);
    let mesh = ["00 -Running create", "03 Running-Deleting delete"];
    assert_eq!(story(&app, "asm", "mesh-demo").await, mesh);
    for id in [&a, &b, "mesh-demo"] {
        assert_in_order(&timeline(&app, "asm", id).await);
    }

    let gone = app.advance(2_000).await;

    let transitions: Vec<_> = gone.iter().map(|change| &change["resource"]).collect();
    assert_eq!(transitions, ["mesh-demo", &a, &b]);
    let expected = [
        "05 Deleting- clock",
        "05 Running- clock",
        "05 Failed- clock",
    ];
    assert_eq!(short(&json!(gone)), expected);
    for id in [&a, &b, "mesh-demo"] {
        let gone = format!("/_emulator/v1/resources/asm/{id}/timeline");
        app.get(&gone).await.assert_status(404);
    }
}

#[tokio::test]
async fn a_version_fails_and_is_retried() {
    let app = App::new();
    app.script(
        json!({"match": {"family": "zadig", "step": "proxy"}, "outcome": "fail", "times": 1}),
    )
    .await;
    let path = format!("{VERSIONS}/k8s");
    app.post(&path, version("v1")).await.assert_status(200);
    let id = newest_version(&app).await;
    app.advance(4_000).await;
    let retry = json!({"project_key": "demo", "version_name": "v1", "retry": true});
    app.post(&path, retry).await.assert_status(200);
    app.advance(2_000).await;

    assert_eq!(
        story(&app, "zadig", &id.to_uppercase()).await,
        [
            "00 -creating create",
            "00 web -running create",
            "00 proxy -waiting create",
            "02 web running-passed clock",
            "02 proxy waiting-running clock",
            "04 creating-failed clock",
            "04 proxy running-failed clock",
            "04 failed-retrying retry",
            "04 proxy failed-running retry",
            "06 retrying-success clock",
            "06 proxy running-passed clock",
        ]
    );
    assert_in_order(&timeline(&app, "zadig", &id).await);

    app.delete(&format!("{VERSIONS}/{id}?projectKey=demo"))
        .await
        .assert_status(200);
    let gone = format!("/_emulator/v1/resources/zadig/{id}/timeline");
    app.get(&gone).await.assert_status(404);
}

#[tokio::test]
async fn a_version_that_is_stopped_before_its_pushes_is_created_as_failed() {
    let app = App::new();
    app.script(
        json!({"match": {"family": "zadig", "step": "chart"}, "outcome": "fail", "times": 1}),
    )
    .await;
    let chart = json!({"service_name": "chart", "version": "1", "image_datas": [
        {"container_name": "c", "image_name": "web", "image_tag": "1"}]});
    let order = json!({"project_key": "demo", "version_name": "v1", "env_name": "dev", "image_registry_id": "r",
        "chart_repo_name": "repo", "chart_datas": [chart]});
    let path = format!("{VERSIONS}/helm");
    app.post(&path, order).await.assert_status(500);
    let id = newest_version(&app).await;
    let retry = json!({"project_key": "demo", "version_name": "v1", "retry": true});
    app.post(&path, retry).await.assert_status(200);

    let expected = [
        "00 -failed create",
        "00 failed-retrying retry",
        "00 web -running retry",
    ];
    assert_eq!(story(&app, "zadig", &id).await, expected);
}

#[tokio::test]
async fn every_command_takes_its_numbers_in_between_what_an_advance_answers() {
    let app = App::new();
    let first = create_release(&app, "gray-a").await; // 1: the mesh, 2: the release.
    let transitions = app.advance(2_000).await;
    assert_eq!(
        transitions
            .iter()
            .map(|change| &change["id"])
            .collect::<Vec<_>>(),
        [3]
    );
    app.delete(&format!("{RELEASES}/{first}?action=cancel")) // 4.
        .await
        .assert_status(200);
    app.delete(&format!("{RELEASES}/{first}?action=cancel"))
        .await
        .assert_status(404);
    create_release(&app, "gray-a").await; // 5.

    let transitions = app.advance(2_000).await;

    assert_eq!(
        transitions
            .iter()
            .map(|change| &change["id"])
            .collect::<Vec<_>>(),
        [6]
    );
    assert_eq!(short(&json!(transitions)), ["04 Creating-Running clock"]);
}

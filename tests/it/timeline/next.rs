//! Upcoming transitions in a timeline.

use serde_json::{Value, json};

use super::*;

async fn next(app: &App, family: &str, id: &str) -> Value {
    timeline(app, family, id).await["next"].clone()
}

/// Sets a trigger policy on a pipeline.
async fn schedule(app: &App, id: &str, every: &str, selected: Value) {
    let hook = json!({"schedule": every, "timezone_operator": "+", "timezone_hour": 0});
    let mut policy = json!({"strategy_type": 1, "hooks": [hook]});
    if !selected.is_null() {
        policy["selected_tasks"] = selected;
    }
    app.post(&format!("{PIPELINES}/{id}/hooks"), policy)
        .await
        .assert_status(200);
}

/// A stage of these tasks.
fn stage(tasks: &[&str]) -> Value {
    let tasks = tasks.iter().map(|name| json!({"name": name}));
    json!([{"name": "s", "tasks": tasks.collect::<Vec<_>>()}])
}

#[tokio::test]
async fn a_step_comes_next_where_the_resource_stays_as_it_is() {
    let app = App::new();
    let id = create_pipeline(&app, "release-a", stage(&["t0", "t1"])).await;
    assert_eq!(next(&app, "pipelines", &id).await, Value::Null);
    act(&app, &id, "start", json!({})).await;

    let first = json!({"time": "2026-01-01T12:00:02Z", "stage": "s", "step": "t0", "to": "2"});
    assert_eq!(next(&app, "pipelines", &id).await, first);
    app.advance(2_000).await;
    let last = json!({"time": "2026-01-01T12:00:04Z", "to": "2"});
    assert_eq!(next(&app, "pipelines", &id).await, last);
    app.advance(2_000).await;
    assert_eq!(next(&app, "pipelines", &id).await, Value::Null);
}

#[tokio::test]
async fn nothing_comes_of_what_waits_is_paused_or_was_given() {
    let app = App::new();
    let gated = json!([{"name": "s", "approval_type": 1, "tasks": [{"name": "t"}]}]);
    let id = create_pipeline(&app, "release-a", gated).await;
    act(&app, &id, "start", json!({})).await;
    assert_eq!(next(&app, "pipelines", &id).await, Value::Null);
    act(&app, &id, "stop", json!({})).await;
    let paused = json!({"time": "2026-01-01T12:00:02Z", "to": "7"});
    assert_eq!(next(&app, "pipelines", &id).await, paused);
    app.advance(2_000).await;
    assert_eq!(next(&app, "pipelines", &id).await, Value::Null);

    let given = App::load(&pipeline_state(&json!({"id": "p-1", "status": 4})));
    assert_eq!(next(&given, "pipelines", "p-1").await, Value::Null);
}

#[tokio::test]
async fn a_scheduled_start_comes_next_unless_a_run_is_open() {
    let app = App::new();
    let id = create_pipeline(&app, "release-a", stage(&["t"])).await;
    schedule(&app, &id, "0/10 * * * * ?", Value::Null).await;
    let start = json!({"time": "2026-01-01T12:00:10Z", "to": "4"});
    assert_eq!(next(&app, "pipelines", &id).await, start);

    app.script(json!({"match": {"step": "t"}, "takes_ms": 15_000, "times": 1}))
        .await;
    app.advance(10_000).await;
    let end = json!({"time": "2026-01-01T12:00:25Z", "to": "2"});
    assert_eq!(
        next(&app, "pipelines", &id).await,
        end,
        "the start at :20 will be skipped"
    );
    app.advance(15_000).await;
    let start = json!({"time": "2026-01-01T12:00:30Z", "to": "4"});
    assert_eq!(next(&app, "pipelines", &id).await, start);

    let transitions = app.advance(5_000).await;
    assert_eq!(
        (&transitions[0]["time"], &transitions[0]["to"]),
        (&start["time"], &start["to"])
    );
}

#[tokio::test]
async fn looking_ahead_uses_no_script_up_and_starts_nothing() {
    let app = App::new();
    let id = create_pipeline(&app, "release-a", stage(&["t"])).await;
    schedule(&app, &id, "0/10 * * * * ?", Value::Null).await;
    app.script(json!({"outcome": "fail", "takes_ms": 0, "times": 1}))
        .await;
    let before = app.state().await;

    let fails = json!({"time": "2026-01-01T12:00:10Z", "to": "3"});
    assert_eq!(next(&app, "pipelines", &id).await, fails);
    assert_eq!(next(&app, "pipelines", &id).await, fails);

    assert_eq!(app.state().await, before);
    let scripts = app.get("/_emulator/v1/scripts").await;
    assert!(scripts.text().contains("\"used\":0"), "{}", scripts.text());
}

#[tokio::test]
async fn a_schedule_of_which_nothing_is_left_brings_nothing() {
    let app = App::new();
    let id = create_pipeline(&app, "release-a", stage(&["t"])).await;
    let selected = json!([{"stage_name": "s", "tasks": ["t"]}]);
    schedule(&app, &id, "0/10 * * * * ?", selected).await;
    let body = json!({"name": "release-a", "model_version": 2, "config_mode": "ui", "stages": stage(&["u"])});
    app.put(&format!("{PIPELINES}/{id}"), body)
        .await
        .assert_status(200);

    assert_eq!(next(&app, "pipelines", &id).await, Value::Null);
}

#[tokio::test]
async fn of_every_other_family_too() {
    let app = App::new();
    let release = create_release(&app, "gray-a").await;
    let plan = create_plan(&app, "plan-a", &[component(0, "web"), component(1, "db")]).await;
    app.post(&format!("{PLANS}/{plan}/execute"), Value::Null)
        .await
        .assert_status(200);
    app.post(&format!("{VERSIONS}/k8s"), version("v1"))
        .await
        .assert_status(200);
    let version = newest_version(&app).await;
    app.delete(&format!("{MESHES}/mesh-demo"))
        .await
        .assert_status(200);

    let soon = "2026-01-01T12:00:02Z";
    for (family, id, expected) in [
        ("asm", &*release, json!({"time": soon, "to": "Running"})),
        ("asm", "mesh-demo", json!({"time": soon, "to": ""})),
        (
            "plans",
            &plan,
            json!({"time": soon, "stage": "0", "step": "web", "to": "SUCCESS"}),
        ),
        (
            "zadig",
            &version,
            json!({"time": soon, "service": "web", "step": "web", "to": "passed"}),
        ),
    ] {
        assert_eq!(next(&app, family, id).await, expected, "{family} {id}");
    }
}

#[tokio::test]
async fn a_release_is_removed_with_its_mesh() {
    let app = App::new();
    let id = create_release(&app, "gray-a").await;
    app.script(
        json!({"match": {"work": "delete"}, "outcome": "fail", "takes_ms": 4_000, "times": 1}),
    )
    .await;
    delete_mesh(&app).await;
    let created = json!({"time": "2026-01-01T12:00:02Z", "to": "Running"});
    assert_eq!(next(&app, "asm", &id).await, created);
    app.advance(2_000).await;
    assert_eq!(
        next(&app, "asm", &id).await,
        Value::Null,
        "the deletion will fail"
    );
    app.advance(2_000).await;

    delete_mesh(&app).await;

    let removed = json!({"time": "2026-01-01T12:00:06Z", "to": ""});
    assert_eq!(next(&app, "asm", &id).await, removed);
    let transitions = app.advance(2_000).await;
    let last = transitions.last().expect("a transition");
    assert_eq!(
        json!([last["resource"], last["time"], last["to"]]),
        json!([id, removed["time"], removed["to"]])
    );
}

#[tokio::test]
async fn the_deletion_of_a_mesh_may_precede_the_end_of_a_creation() {
    let app = App::new();
    app.script(json!({"match": {"work": "create"}, "takes_ms": 5_000}))
        .await;
    let id = create_release(&app, "gray-a").await;

    delete_mesh(&app).await;

    let removed = json!({"time": "2026-01-01T12:00:02Z", "to": ""});
    assert_eq!(next(&app, "asm", &id).await, removed);
}

async fn delete_mesh(app: &App) {
    app.delete(&format!("{MESHES}/mesh-demo"))
        .await
        .assert_status(200);
}

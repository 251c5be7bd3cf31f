//! The control plane.

use axum::body::Body;
use axum::http::Request;
use release_emulator::internals::registry::Wait;
use release_emulator::internals::{Settings, State, World};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::common::{App, NOON, PROJECT, assert_same};

/// Asserts that a call of the control plane is refused with a problem, and returns its detail.
async fn assert_refused(app: &App, method: &str, path: &str, body: Value, status: u16) -> String {
    let reply = app
        .send(
            method,
            &format!("/_emulator/v1/{path}"),
            &[],
            body.to_string(),
        )
        .await;
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let problem = reply.assert_status(status);
    assert_eq!(
        (&problem["type"], &problem["status"]),
        (&json!("about:blank"), &json!(status))
    );
    problem["detail"].as_str().expect("a detail").to_owned()
}

#[tokio::test]
async fn health_and_ready_answer_once_the_world_is_open() {
    let app = App::new();
    assert_same(
        &app.get("/_emulator/v1/health").await.assert_status(200),
        &json!({"status": "ok"}),
    );
    assert_same(
        &app.get("/_emulator/v1/ready").await.assert_status(200),
        &json!({"status": "ready"}),
    );
}

#[tokio::test]
async fn a_frozen_clock_advances_by_what_it_is_told() {
    let app = App::new();
    let clock = json!({"now": "2026-01-01T12:00:00Z", "mode": "frozen", "pace": 1.0});
    assert_same(
        &app.get("/_emulator/v1/clock").await.assert_status(200),
        &clock,
    );

    let advanced = app
        .post("/_emulator/v1/clock/advance", json!({"ms": 1_500}))
        .await
        .assert_status(200);

    assert_same(
        &advanced,
        &json!({"now": "2026-01-01T12:00:01.500Z", "transitions": [], "truncated": 0}),
    );
}

#[tokio::test]
async fn a_world_that_is_not_open_is_alive_but_not_ready() {
    let world = World::new(Settings::default(), State::default()).unwrap();
    let ask = |path: &str| {
        let request = Request::builder()
            .uri(format!("/_emulator/v1/{path}"))
            .body(Body::empty())
            .unwrap();
        release_emulator::internals::app(&world).oneshot(request)
    };
    assert_eq!(ask("health").await.unwrap().status(), 200);
    assert_eq!(ask("ready").await.unwrap().status(), 503);
    world.open();
    assert_eq!(ask("ready").await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_clock_is_set_frozen_and_set_running() {
    let app = App::new();
    let set = json!({"now": "2026-01-02T00:00:00+08:00", "pace": 60.0});
    let set = app.put("/_emulator/v1/clock", set).await.assert_status(200);
    assert_same(
        &set,
        &json!({"now": "2026-01-01T16:00:00Z", "mode": "frozen", "pace": 60.0}),
    );

    let running = app
        .put("/_emulator/v1/clock", json!({"mode": "running"}))
        .await
        .assert_status(200);
    assert_eq!(running["mode"], "running");
    let frozen = app
        .put("/_emulator/v1/clock", json!({"mode": "frozen"}))
        .await
        .assert_status(200);
    assert_same(
        &app.get("/_emulator/v1/clock").await.assert_status(200),
        &frozen,
    );
}

#[tokio::test]
async fn what_is_due_on_a_clock_that_hardly_moves_is_foreseen() {
    let app = App::with(|settings| {
        settings.freeze = None;
        settings.pace = 1e-30;
    });
    let release = json!({"metadata": {"name": "reviews-v2"},
        "spec": {"serviceName": "reviews", "grayDeployments": [{"template": {}}]}});
    let releases = "/v2/meshes/m/namespaces/default/releases";
    app.post(releases, release).await.assert_status(201);
    assert!(matches!(app.world.tick(), Wait::For(_)));
}

#[test]
fn to_advance_a_clock_that_runs_is_never_to_go_back() {
    let app = App::with(|settings| settings.freeze = None);
    for _ in 0..50_000 {
        let advanced = app.world.advance(0, &mut |_| {});
        assert!(advanced.is_ok(), "{advanced:?}");
    }
}

#[tokio::test]
async fn time_goes_back_only_by_a_reset() {
    let app = App::new();
    let detail = assert_refused(
        &app,
        "PUT",
        "clock",
        json!({"now": "2026-01-01T11:59:59.999Z", "mode": "running"}),
        409,
    )
    .await;
    assert!(
        detail.starts_with("now: the clock is already at 2026-01-01T12:00:00Z"),
        "{detail}"
    );
    assert_eq!(
        app.get("/_emulator/v1/clock").await.assert_status(200)["mode"],
        "frozen",
        "nothing has changed"
    );
}

#[tokio::test]
async fn what_no_clock_can_do_is_refused() {
    let app = App::new();
    for (method, path, body, expected) in [
        (
            "PUT",
            "clock",
            json!({"now": "noon"}),
            "now: \"noon\" is not an RFC 3339 timestamp (example: 2030-01-01T00:00:00Z)",
        ),
        (
            "PUT",
            "clock",
            json!({"pace": 0}),
            "pace: must be over 0 and at most 1000000",
        ),
        (
            "PUT",
            "clock",
            json!({"mode": "fast"}),
            "mode: must be running or frozen, not \"fast\"",
        ),
        (
            "PUT",
            "clock",
            json!({"noww": 1}),
            "noww: is not a known field",
        ),
        ("POST", "clock/advance", json!({}), "ms: is required"),
        (
            "POST",
            "clock/advance",
            json!({"ms": -1}),
            "ms: must be from 0 to 316224000000, ten years",
        ),
        (
            "POST",
            "clock/advance",
            json!({"ms": 316_224_000_001_i64}),
            "ms: must be from 0 to 316224000000, ten years",
        ),
        (
            "POST",
            "clock/advance",
            json!({"ms": "1"}),
            "ms: must be an integer, not \"1\"",
        ),
    ] {
        let detail = assert_refused(&app, method, path, body, 400).await;
        assert!(detail.starts_with(expected), "{detail}");
    }
    let far = json!({"now": "2036-01-10T12:00:00.001Z"});
    let detail = assert_refused(&app, "PUT", "clock", far, 400).await;
    assert_eq!(
        detail,
        "now: must be from 0 to 316224000000 ms from the present instant, ten years"
    );
    let app = App::with(|settings| settings.freeze = Some(253_402_300_799_000));
    let detail = assert_refused(&app, "POST", "clock/advance", json!({"ms": 1_000}), 400).await;
    assert_eq!(detail, "the clock ends with the year 9999");
}

/// A pipeline of one stage whose tasks run one after the other.
fn pipeline(name: &str, n_tasks: usize) -> Value {
    let tasks: Vec<Value> = (0..n_tasks)
        .map(|n| json!({"name": format!("t{n}")}))
        .collect();
    json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": [{"name": "s", "tasks": tasks}]})
}

async fn start(app: &App, name: &str, n_tasks: usize) -> String {
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    let id = app
        .post(&path, pipeline(name, n_tasks))
        .await
        .assert_status(200)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.post(&format!("{path}/{id}/action?action_id=start"), json!({}))
        .await
        .assert_status(200);
    id
}

#[tokio::test]
async fn an_advance_answers_a_thousand_transitions_and_how_many_more_there_were() {
    let app = App::new();
    start(&app, "release-a", 800).await;

    let advanced = app
        .post("/_emulator/v1/clock/advance", json!({"ms": 10_000_000}))
        .await
        .assert_status(200);

    // Each task begins and ends, but the first had begun; the pipeline ends once.
    assert_eq!(advanced["transitions"].as_array().unwrap().len(), 1_000);
    assert_eq!(advanced["truncated"], 2 * 800 - 1 + 1 - 1_000);
    let ids: Vec<u64> = advanced["transitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["id"].as_u64().unwrap())
        .collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "in the order of time");
}

#[tokio::test]
async fn the_coverage_names_every_operation_with_its_evidence() {
    let app = App::new();
    let coverage = app.get("/_emulator/v1/operations").await.assert_status(200);
    let rows = coverage["operations"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["id"] == "OperatePipeline")
        .unwrap();
    let keys: Vec<&str> = row
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "id",
        "family",
        "method",
        "path",
        "summary",
        "commands",
        "action",
        "alias",
        "evidence",
        "undocumented",
        "source",
        "differences",
    ];
    assert_eq!(keys, expected);
    assert_eq!(
        (&row["method"], &row["evidence"]),
        (&json!("POST"), &json!("documented"))
    );

    let list = format!("/v3/{PROJECT}/pipeline/pipelines");
    assert_eq!(
        app.get(&list).await.header("x-emulator-evidence"),
        "documented"
    );
    assert_eq!(
        app.post(&list, pipeline("release-a", 1))
            .await
            .header("x-emulator-evidence"),
        "inferred; operation=CreatePipeline; fields=*; parameters=stages.tasks"
    );
}

#[tokio::test]
async fn hints_are_one_line_of_ascii_that_clients_can_take() {
    let app = App::new();
    let list = format!("/v3/{PROJECT}/pipeline/pipelines");
    let mut body = pipeline("release-a", 1);
    body["n\u{e9}\n"] = json!(1);
    let reply = app.post(&list, body.clone()).await;
    assert_eq!(
        reply.header("x-emulator-hint"),
        "unknown field n%C3%A9%0A was ignored"
    );

    for n in 0..5_000 {
        body[format!("field{n}")] = json!(1);
    }
    body["name"] = json!("release-b");
    let hint = app.post(&list, body).await;
    hint.assert_status(200);
    let hint = hint.header("x-emulator-hint");
    assert!(hint.len() < 2_100 && hint.ends_with(" ..."), "{hint}");
}

#[tokio::test]
async fn reading_changes_nothing_even_the_ids_to_come() {
    let (app, twin) = (App::new(), App::new());
    for _ in 0..10 {
        app.get(&format!("/v3/{PROJECT}/pipeline/pipelines"))
            .await
            .assert_status(200);
        app.get("/nowhere").await.assert_status(404);
        app.script(json!({"takes_ms": 1, "match": {"name": "nobody"}}))
            .await;
    }
    assert_eq!(
        start(&app, "release-a", 1).await,
        start(&twin, "release-a", 1).await
    );
    assert_same(&app.state().await, &twin.state().await);
    assert_eq!(app.world.clock().now, NOON);
}

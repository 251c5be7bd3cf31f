//! Advances of the clock until something holds.

use serde_json::{Value, json};

use crate::common::{App, PROJECT, Reply};

const ADVANCE: &str = "/_emulator/v1/clock/advance";

fn pipelines(rest: &str) -> String {
    format!("/v3/{PROJECT}/pipeline/pipelines{rest}")
}

async fn create(app: &App, name: &str, stages: Value) -> String {
    let body = json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages});
    let created = app.post(&pipelines(""), body).await.assert_status(200);
    created["id"].as_str().expect("an id").to_owned()
}

async fn act(app: &App, id: &str, action: &str, body: Value) {
    let path = pipelines(&format!("/{id}/action?action_id={action}"));
    app.post(&path, body).await.assert_status(200);
}

/// Two tasks, then a stage behind an approval.
fn gated() -> Value {
    json!([{"name": "build", "tasks": [{"name": "t0"}, {"name": "t1"}]},
        {"name": "prod", "approval_type": 1, "tasks": [{"name": "t2"}]}])
}

async fn advance(app: &App, body: Value) -> Reply {
    app.post(ADVANCE, body).await
}

/// Advances until a target, and returns the present instant without its date.
async fn reach(app: &App, until: Value) -> String {
    let advanced = advance(app, json!({ "until": until }))
        .await
        .assert_status(200);
    let now = advanced["now"].as_str().expect("an instant");
    now.trim_start_matches("2026-01-01T").to_owned()
}

/// Asserts that a target is not reached and that the clock stays; returns the text.
async fn miss(app: &App, body: Value) -> String {
    let clock = "/_emulator/v1/clock";
    let before = app.get(clock).await.assert_status(200);
    let state = app.state().await;
    let reply = advance(app, body).await;
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let refused = reply.assert_status(409);
    assert_eq!(app.get(clock).await.assert_status(200), before);
    assert_eq!(app.state().await, state);
    refused["detail"].as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn the_next_change_is_reached_one_after_the_other() {
    let app = App::new();
    let id = create(&app, "shop", gated()).await;
    act(&app, &id, "start", json!({})).await;
    assert_eq!(reach(&app, json!("next")).await, "12:00:02Z");
    let last = advance(&app, json!({"until": "next"}))
        .await
        .assert_status(200);
    assert_eq!(last["now"], "2026-01-01T12:00:04Z");
    let told = last["transitions"].as_array().expect("transitions");
    assert_eq!(told[0]["to"], "5", "{told:?}");

    let text = miss(&app, json!({"until": "next"})).await;
    assert_eq!(
        text,
        "until: is not reached within 86400000 ms: no change comes by time alone; the clock stands at 2026-01-01T12:00:04Z"
    );
}

#[tokio::test]
async fn a_bound_in_virtual_time_is_kept() {
    let app = App::new();
    let id = create(&app, "shop", gated()).await;
    act(&app, &id, "start", json!({})).await;
    let next = miss(&app, json!({"until": "next", "within_ms": 1_999})).await;
    assert_eq!(
        next,
        "until: is not reached within 1999 ms: the next change is due at 2026-01-01T12:00:02Z; the clock stands at 2026-01-01T12:00:00Z"
    );
    let idle = miss(&app, json!({"until": "idle", "within_ms": 3_999})).await;
    assert!(
        idle.contains(&format!(
            "pipelines {id}, named shop, is under way for longer"
        )),
        "{idle}"
    );
    let status = json!({"family": "pipelines", "id": id, "status": 5});
    let late = miss(&app, json!({"until": status, "within_ms": 3_999})).await;
    assert!(
        late.contains(
            "has the status 4 (releasing), and its next change is due at 2026-01-01T12:00:04Z"
        ),
        "{late}"
    );
    advance(&app, json!({"until": status, "within_ms": 4_000}))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn idle_is_when_all_have_ended_or_wait() {
    let app = App::new();
    assert_eq!(reach(&app, json!("idle")).await, "12:00:00Z", "at once");
    let id = create(&app, "shop", gated()).await;
    act(&app, &id, "start", json!({})).await;
    let other = create(
        &app,
        "slow",
        json!([{"name": "s", "tasks": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}]),
    )
    .await;
    act(&app, &other, "start", json!({})).await;

    assert_eq!(reach(&app, json!("idle")).await, "12:00:06Z");
    let approval = json!({"task_name": "prod", "approval_type": "agree"});
    act(&app, &id, "approval", approval).await;
    assert_eq!(reach(&app, json!("idle")).await, "12:00:08Z");
}

#[tokio::test]
async fn idle_takes_the_runs_that_schedules_begin_on_the_way() {
    let app = App::new();
    let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
    let scheduled = create(&app, "nightly", stages.clone()).await;
    let hook = json!({"schedule": "0/10 * * * * ?", "timezone_operator": "+", "timezone_hour": 0});
    let policy = json!({"strategy_type": 1, "hooks": [hook]});
    app.post(&pipelines(&format!("/{scheduled}/hooks")), policy)
        .await
        .assert_status(200);
    assert_eq!(
        reach(&app, json!("idle")).await,
        "12:00:00Z",
        "only a start is due"
    );
    app.script(json!({"match": {"name": "shop"}, "takes_ms": 11_000}))
        .await;
    let id = create(&app, "shop", stages).await;
    act(&app, &id, "start", json!({})).await;

    assert_eq!(reach(&app, json!("idle")).await, "12:00:12Z");
    assert_eq!(reach(&app, json!("next")).await, "12:00:20Z");
    let done = json!({"family": "pipelines", "id": scheduled, "status": "succeeded"});
    assert_eq!(reach(&app, done.clone()).await, "12:00:22Z");
    let running = json!({"family": "pipelines", "id": scheduled, "status": 4});
    assert_eq!(reach(&app, running).await, "12:00:30Z");
    let failed = json!({"family": "pipelines", "id": scheduled, "status": 3});
    miss(&app, json!({"until": failed})).await;
}

#[tokio::test]
async fn a_status_is_a_code_or_a_word() {
    for status in [
        json!(5),
        json!("5"),
        json!("to be approved"),
        json!("To_Be-Approved"),
    ] {
        let app = App::new();
        let id = create(&app, "shop", gated()).await;
        act(&app, &id, "start", json!({})).await;
        let until = json!({"family": "pipelines", "id": id, "status": status});
        assert_eq!(reach(&app, until.clone()).await, "12:00:04Z");
        assert_eq!(reach(&app, until).await, "12:00:04Z", "it is there");
    }
}

#[tokio::test]
async fn a_gate_in_the_way_is_named() {
    let app = App::new();
    let id = create(&app, "shop", gated()).await;
    act(&app, &id, "start", json!({})).await;
    let succeeded = json!({"until": {"family": "pipelines", "id": id, "status": "succeeded"}});
    assert_eq!(
        miss(&app, succeeded.clone()).await,
        format!(
            "until: is not reached within 86400000 ms: pipelines {id} does not get the status 2 (succeeded): from \
             2026-01-01T12:00:04Z on it has the status 5 (to be approved), which time alone does not change, and waits for \
             the approval of prod; it then allows stop, approval; the clock stands at 2026-01-01T12:00:00Z"
        )
    );
    reach(&app, json!("idle")).await;
    let approval = json!({"task_name": "prod", "approval_type": "agree"});
    act(&app, &id, "approval", approval).await;
    let reached = advance(&app, succeeded).await.assert_status(200);
    assert_eq!(reached["now"], "2026-01-01T12:00:06Z");

    app.script(json!({"outcome": "hang"})).await;
    act(&app, &id, "start", json!({})).await;
    let text = miss(
        &app,
        json!({"until": {"family": "pipelines", "id": id, "status": 2}}),
    )
    .await;
    assert!(
        text.contains(
            "the status 4 (releasing), which time alone does not change; it then allows stop;"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn every_family_is_waited_for() {
    let app = App::new();
    let release = json!({"metadata": {"name": "gray-r"}, "spec": {"serviceName": "reviews", "grayDeployments": [{"template": {}}]}});
    let created = app
        .post("/v2/meshes/m1/namespaces/default/releases", release)
        .await
        .assert_status(201);
    let uid = created["metadata"]["uid"]
        .as_str()
        .expect("a uid")
        .to_owned();
    let plan =
        json!({"name": "spring", "components": [{"seq": 0, "name": "web", "runtime_stack": {}}]});
    let plans = format!("/v3/{PROJECT}/cas/release-plans");
    let plan = app.post(&plans, plan).await.assert_status(200)["id"].clone();
    let plan = plan.as_str().expect("an id");
    app.post(&format!("{plans}/{plan}/execute"), json!({}))
        .await
        .assert_status(200);
    let version = json!({"project_key": "demo", "version_name": "v1", "env_name": "dev", "image_registry_id": "r",
        "yaml_datas": [{"service_name": "web", "image_datas": [
            {"container_name": "web", "image_name": "web", "image_tag": "1"}]}]});
    app.post("/openapi/delivery/releases/k8s", version)
        .await
        .assert_status(200);
    let listed = app
        .get("/_emulator/v1/resources?family=zadig")
        .await
        .assert_status(200);
    let version = listed["resources"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();

    for (family, id, status) in [
        ("asm", &*uid, "running"),
        ("plans", plan, "success"),
        ("zadig", &version, "Success"),
    ] {
        let until = json!({"family": family, "id": id, "status": status});
        assert_eq!(reach(&app, until).await, "12:00:02Z", "{family}");
    }
    app.delete(&format!("/v1/{PROJECT}/meshes/m1"))
        .await
        .assert_status(200);
    let gone = json!({"family": "asm", "id": uid, "status": "gone"});
    assert_eq!(reach(&app, gone.clone()).await, "12:00:04Z");
    advance(&app, json!({ "until": gone }))
        .await
        .assert_status(404);
}

#[tokio::test]
async fn a_target_that_makes_no_sense_is_refused() {
    let app = App::new();
    let id = create(&app, "shop", gated()).await;
    let status = |family: &str, id: &str, status: Value| json!({"until": {"family": family, "id": id, "status": status}});
    for (body, code, said) in [
        (json!({}), 400, "ms: is required, or until"),
        (
            json!({"ms": 1, "until": "next"}),
            400,
            "ms: goes without until",
        ),
        (
            json!({"ms": 1, "within_ms": 1}),
            400,
            "within_ms: goes with until",
        ),
        (
            json!({"until": "next", "within_ms": -1}),
            400,
            "within_ms: must be from 0 to 316224000000, ten years",
        ),
        (
            json!({"until": "nxt"}),
            400,
            "until: must be next, idle, or an object with family, id and status",
        ),
        (
            json!({"until": ["pipelines", id, 2]}),
            400,
            "until: must be next, idle, or an object with family, id and status",
        ),
        (
            status("pipelines", &id, json!(6)),
            400,
            "until.status: must be one of 1 (initialised), 2 (succeeded), ",
        ),
        (
            status("plans", &id, json!(2)),
            404,
            &*format!("there is no resource {id} of plans"),
        ),
        (
            status("iam", &id, json!(2)),
            404,
            "there is no family iam; there are asm, plans, pipelines and zadig",
        ),
    ] {
        let refused = advance(&app, body.clone()).await.assert_status(code);
        let detail = refused["detail"].as_str().expect("a text");
        assert!(detail.starts_with(said), "{body}: {detail}");
    }
}

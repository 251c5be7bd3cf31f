//! Reads that move what they show: `--progress reads`.

use axum::body::Body;
use proptest::prelude::*;
use release_emulator::internals::world::settings::Progress;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::common::{App, CREDENTIALS, PROJECT, assert_same, cases};

const MESHES: &str = "/v1/0605767aee00d2562f3cc0123456789a/meshes";
const RELEASES: &str = "/v2/meshes/m1/namespaces/default/releases";
const VERSIONS: &str = "/openapi/delivery/releases";

fn polled() -> App {
    App::with(|settings| settings.progress = Progress::Reads)
}

fn pipelines(rest: &str) -> String {
    format!("/v3/{PROJECT}/pipeline/pipelines{rest}")
}

fn plans(rest: &str) -> String {
    format!("/v3/{PROJECT}/cas/release-plans{rest}")
}

async fn start_pipeline(app: &App, name: &str, stages: Value) -> String {
    let body = json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages});
    let created = app.post(&pipelines(""), body).await.assert_status(200);
    let id = created["id"].as_str().expect("an id").to_owned();
    act(app, &id, "start", json!({})).await;
    id
}

async fn act(app: &App, id: &str, action: &str, body: Value) {
    let path = pipelines(&format!("/{id}/action?action_id={action}"));
    app.post(&path, body).await.assert_status(200);
}

async fn start_plan(app: &App, components: &[Value]) -> String {
    let body = json!({"name": "spring", "components": components});
    let created = app.post(&plans(""), body).await.assert_status(200);
    let id = created["id"].as_str().expect("an id").to_owned();
    app.post(&plans(&format!("/{id}/execute")), json!({}))
        .await
        .assert_status(200);
    id
}

fn component(seq: usize, name: &str) -> Value {
    json!({"seq": seq, "name": name, "runtime_stack": {}})
}

fn stage(name: &str, tasks: &[&str]) -> Value {
    let tasks: Vec<_> = tasks.iter().map(|name| json!({"name": name})).collect();
    json!({"name": name, "tasks": tasks})
}

/// The statuses that a poller sees at a pointer into the answer.
async fn poll(app: &App, path: &str, pointer: &str, n: usize) -> Vec<Value> {
    let mut seen = Vec::new();
    for _ in 0..n {
        let shown = app.get(path).await.assert_status(200);
        seen.push(shown.pointer(pointer).expect(pointer).clone());
    }
    seen
}

/// The present statuses of all resources, by the control plane.
async fn statuses(app: &App) -> Vec<Value> {
    let listed = app.get("/_emulator/v1/resources").await.assert_status(200);
    let rows = listed["resources"].as_array().expect("resources").iter();
    rows.map(|row| row["status"].clone()).collect()
}

#[tokio::test]
async fn a_poller_sees_each_status_once_while_the_clock_stands() {
    let app = polled();
    let mut gated = stage("prod", &["t2"]);
    gated["approval_type"] = json!(1);
    let stages = json!([stage("build", &["t0", "t1"]), gated]);
    let id = start_pipeline(&app, "shop", stages).await;
    let path = pipelines(&format!("/{id}"));

    assert_eq!(poll(&app, &path, "/status", 3).await, [4, 5, 5]);
    let approval = json!({"task_name": "prod", "approval_type": "agree"});
    act(&app, &id, "approval", approval).await;
    assert_eq!(poll(&app, &path, "/status", 3).await, [4, 2, 2]);

    let timeline = format!("/_emulator/v1/resources/pipelines/{id}/timeline");
    let timeline = app.get(&timeline).await.assert_status(200);
    crate::timeline::assert_in_order(&timeline);
    let told = timeline["transitions"]
        .as_array()
        .expect("transitions")
        .iter();
    let told: Vec<_> = told
        .filter(|told| told["cause"] == "read")
        .map(|told| {
            assert_eq!(told["time"], "2026-01-01T12:00:00Z");
            let text = |key: &str| told.get(key).and_then(Value::as_str).unwrap_or("-");
            format!("{} {}", text("step"), text("to"))
        })
        .collect();
    assert_eq!(
        told,
        ["t0 2", "t1 4", "- 5", "t1 2", "prod 5", "- 2", "t2 2"]
    );
}

#[tokio::test]
async fn a_list_moves_each_that_it_shows() {
    let app = polled();
    for name in ["shop-a", "shop-b", "shop-c"] {
        start_pipeline(&app, name, json!([stage("s", &["t"])])).await;
    }
    let newest = pipelines("?limit=1");
    app.get(&newest).await.assert_status(200);
    assert_eq!(statuses(&app).await, ["4", "4", "2"]);
    let listed = app.get(&pipelines("")).await.assert_status(200);
    let shown: Vec<_> = listed
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| &row["status"])
        .collect();
    assert_eq!(shown, [2, 4, 4], "as it was before");
    assert_eq!(statuses(&app).await, ["2", "2", "2"]);
}

#[tokio::test]
async fn each_family_is_moved_by_its_own_reads() {
    let app = polled();
    let mesh = app
        .post(MESHES, crate::asm::minimal_mesh("mesh-a"))
        .await
        .assert_status(201);
    let mesh = mesh["metadata"]["uid"].as_str().expect("a uid");
    let mesh = format!("{MESHES}/{mesh}");
    assert_eq!(
        poll(&app, &mesh, "/status/phase", 3).await,
        ["Creating", "Running", "Running"]
    );
    app.delete(&mesh).await.assert_status(200);
    assert_eq!(poll(&app, &mesh, "/status/phase", 1).await, ["Deleting"]);
    app.get(&mesh).await.assert_status(404);

    let release = json!({"metadata": {"name": "gray-r"}, "spec": {"serviceName": "reviews", "grayDeployments": [{"template": {}}]}});
    app.post(RELEASES, release).await.assert_status(201);
    assert_eq!(
        poll(&app, "/v2/meshes/m1/releases", "/items/0/status/phase", 2).await,
        ["Creating", "Running"]
    );

    let plan = start_plan(&app, &[component(0, "web"), component(1, "db")]).await;
    let plan = plans(&format!("/{plan}"));
    assert_eq!(
        poll(&app, &plan, "/status", 2).await,
        ["RUNNING", "SUCCESS"]
    );
    app.post(&format!("{plan}/rollback"), json!({}))
        .await
        .assert_status(200);
    let info = format!("{plan}/deploy-info");
    assert_eq!(
        poll(&app, &info, "/components/0/status", 2).await,
        ["SUCCESS", "ROLLBACK_SUCCEED"],
        "the last batch is the first that is rolled back"
    );

    let image = |name: &str| json!({"container_name": name, "image_name": name, "image_tag": "1"});
    let version = json!({"project_key": "demo", "version_name": "v1", "env_name": "dev", "image_registry_id": "r",
        "yaml_datas": [{"service_name": "web", "image_datas": [image("web"), image("proxy")]}]});
    app.post(&format!("{VERSIONS}/k8s"), version)
        .await
        .assert_status(200);
    let list = format!("{VERSIONS}?projectKey=demo&pageNum=1&pageSize=9");
    assert_eq!(
        poll(&app, &list, "/list/0/status", 3).await,
        ["creating", "success", "success"]
    );
}

#[tokio::test]
async fn what_is_no_answer_to_a_get_of_a_family_moves_nothing() {
    let app = polled();
    let id = start_pipeline(&app, "shop", json!([stage("s", &["t"])])).await;
    let path = pipelines(&format!("/{id}"));
    let version = json!({"project_key": "demo", "version_name": "v1", "env_name": "dev", "image_registry_id": "r",
        "yaml_datas": [{"service_name": "web", "image_datas": [
            {"container_name": "web", "image_name": "web", "image_tag": "1"}]}]});
    app.post(&format!("{VERSIONS}/k8s"), version)
        .await
        .assert_status(200);
    let before = (app.state().await, statuses(&app).await);

    app.get(&pipelines("?limit=x")).await.assert_status(400);
    app.get(&pipelines("/nothing")).await.assert_status(404);
    app.get(&format!("{path}/hooks")).await.assert_status(200);
    app.send("GET", &path, &[], Body::empty())
        .await
        .assert_status(401);
    app.get(&format!("/v3/elsewhere/pipeline/pipelines/{id}"))
        .await
        .assert_status(404);
    let list = format!("{VERSIONS}?projectKey=demo&pageNum=1&pageSize=9");
    app.send("HEAD", &list, CREDENTIALS, Body::empty()).await;
    app.send("HEAD", &path, CREDENTIALS, Body::empty()).await;
    app.get(&format!("/_emulator/v1/resources/pipelines/{id}/timeline"))
        .await
        .assert_status(200);
    app.post(
        "/_emulator/v1/faults",
        json!({"do": {"status": 503}, "times": 2}),
    )
    .await
    .assert_status(201);
    app.get(&path).await.assert_status(503);
    app.get(&list).await.assert_status(503);

    assert_eq!((app.state().await, statuses(&app).await), before);
}

#[tokio::test]
async fn without_the_flag_a_read_moves_nothing() {
    let app = App::new();
    let id = start_pipeline(&app, "shop", json!([stage("s", &["t"])])).await;
    let path = pipelines(&format!("/{id}"));
    assert_eq!(poll(&app, &path, "/status", 3).await, [4, 4, 4]);
}

#[tokio::test]
async fn what_follows_a_read_is_earlier_by_as_much() {
    let app = polled();
    let mut gated = stage("prod", &["t2"]);
    gated["approval_type"] = json!(1);
    let id = start_pipeline(&app, "shop", json!([stage("build", &["t0"]), gated])).await;
    let path = pipelines(&format!("/{id}"));
    app.advance(500).await;
    app.get(&path).await.assert_status(200);
    let approval = json!({"task_name": "prod", "approval_type": "agree"});
    act(&app, &id, "approval", approval).await;
    act(&app, &id, "stop", json!({})).await;
    assert_eq!(
        poll(&app, &path, "/status", 3).await,
        [13, 7, 7],
        "a pause lasts"
    );
    act(&app, &id, "continue", json!({})).await;

    // A twin has the same future, and the clock brings it as usual.
    let twin = App::with(|settings| settings.progress = Progress::Reads);
    twin.advance(500).await;
    let state = app.state().await;
    twin.put("/_emulator/v1/state", state.clone())
        .await
        .assert_status(204);
    assert_same(&twin.state().await, &state);
    for app in [&app, &twin] {
        assert_eq!(app.advance(1_999).await, Vec::<Value>::new());
        assert_eq!(app.advance(1).await[0]["time"], "2026-01-01T12:00:02.500Z");
        assert_eq!(statuses(app).await, ["2"]);
    }
}

#[tokio::test]
async fn work_beside_a_gate_goes_on_step_by_step() {
    let app = polled();
    let tasks = json!([{"name": "a0", "task_group": "a"}, {"name": "a1", "task_group": "a"},
        {"name": "gate", "task_group": "b", "task_type_id": {"category": "approval"}}]);
    let id = start_pipeline(&app, "shop", json!([{"name": "s", "tasks": tasks}])).await;
    let path = pipelines("");
    let states = "/0/extend_info/latest_pipeline_state/stage_states/0/task_states";
    let seen = poll(&app, &path, states, 4).await;
    let seen: Vec<_> = seen
        .iter()
        .map(|tasks| [0, 1].map(|n| tasks[n]["status"].as_u64().expect("a status")))
        .collect();
    assert_eq!(seen, [[4, 1], [2, 4], [2, 2], [2, 2]]);
    assert_eq!(
        poll(&app, &pipelines(&format!("/{id}")), "/status", 1).await,
        [5]
    );
}

/// The statuses of resources as time brings them.
async fn by_the_clock(app: &App, paths: &[String; 2]) -> [Vec<Value>; 2] {
    let mut seen = [Vec::new(), Vec::new()];
    for _ in 0..60 {
        for (seen, path) in seen.iter_mut().zip(paths) {
            seen.extend(poll(app, path, "/status", 1).await);
        }
        app.advance(500).await;
    }
    seen.map(|mut seen| {
        seen.dedup();
        seen
    })
}

/// Starts a plan and a pipeline, under scripts.
async fn start(app: &App, scripts: &[Value], batches: &[usize], stages: &[usize]) -> [String; 2] {
    for script in scripts {
        app.script(script.clone()).await;
    }
    let components: Vec<_> = batches
        .iter()
        .enumerate()
        .map(|(n, seq)| component(*seq, &format!("c{n}")))
        .collect();
    let plan = start_plan(app, &components).await;
    let stages: Vec<_> = stages
        .iter()
        .enumerate()
        .map(|(n, tasks)| stage(&format!("s{n}"), &["t0", "t1", "t2"][..*tasks]))
        .collect();
    let pipeline = start_pipeline(app, "shop", json!(stages)).await;
    [
        plans(&format!("/{plan}")),
        pipelines(&format!("/{pipeline}")),
    ]
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn reads_bring_the_statuses_that_time_brings_in_the_same_order(
        ends in proptest::collection::vec((0..3_u8, 1..6_i64), 0..4),
        batches in proptest::collection::vec(0..3_usize, 1..5),
        stages in proptest::collection::vec(1..4_usize, 1..3),
    ) {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let scripts: Vec<_> = ends
            .iter()
            .map(|(kind, seconds)| match kind {
                0 => json!({"outcome": "fail", "takes_ms": 500 * seconds, "times": 1}),
                1 => json!({"outcome": "hang", "times": 1}),
                _ => json!({"takes_ms": 500 * seconds, "times": 1}),
            })
            .collect();
        runtime.block_on(async {
            let (timed, read) = (App::new(), polled());
            let paths = start(&timed, &scripts, &batches, &stages).await;
            assert_eq!(start(&read, &scripts, &batches, &stages).await, paths);
            let expected = by_the_clock(&timed, &paths).await;
            for (expected, path) in expected.iter().zip(&paths) {
                let seen = poll(&read, path, "/status", 16).await;
                // While it is under way every read shows another status.
                assert_eq!(&seen[..expected.len()], &expected[..]);
                assert!(seen[expected.len()..].iter().all(|status| Some(status) == expected.last()));
            }
            let now = read.get("/_emulator/v1/clock").await.assert_status(200);
            assert_eq!(now["now"], "2026-01-01T12:00:00Z", "the clock stands");
            let twin = polled();
            twin.put("/_emulator/v1/state", read.state().await).await.assert_status(204);
            assert_same(&twin.state().await, &read.state().await);
        });
    }
}

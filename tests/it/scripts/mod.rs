//! Scripts: outcomes set in advance for coming work.

mod as_rules;
mod chance;
mod hanging;
mod matching;
mod rules;
mod units;

use serde_json::{Value, json};

use crate::asm::minimal_mesh as mesh;
use crate::common::{App, PROJECT, Reply, assert_same};

const SCRIPTS: &str = "/_emulator/v1/scripts";
const MESHES: &str = "/v1/0605767aee00d2562f3cc0123456789a/meshes";
const RELEASES: &str = "/v2/meshes/m1/namespaces/default/releases";
const VERSIONS: &str = "/openapi/delivery/releases";

/// Ten years, the furthest that one advance goes.
const FURTHEST: i64 = 10 * 366 * 86_400_000;

fn plans(rest: &str) -> String {
    format!("/v3/{PROJECT}/cas/release-plans{rest}")
}

fn pipelines(rest: &str) -> String {
    format!("/v3/{PROJECT}/pipeline/pipelines{rest}")
}

fn release(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"serviceName": name, "grayDeployments": [{"template": {}}]}})
}

/// A plan of one component a batch.
fn plan(name: &str, components: &[&str]) -> Value {
    let component =
        |(seq, name): (usize, &&str)| json!({"seq": seq, "name": name, "runtime_stack": {}});
    let components: Vec<_> = components.iter().enumerate().map(component).collect();
    json!({"name": name, "components": components})
}

/// A pipeline of one stage; tasks of different first letters run at once.
fn pipeline(name: &str, tasks: &[&str]) -> Value {
    let task = |name: &&str| json!({"name": name, "task_group": &name[..1]});
    let tasks: Vec<_> = tasks.iter().map(task).collect();
    json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": [{"name": "s", "tasks": tasks}]})
}

fn k8s(name: &str, images: &[&str]) -> Value {
    let image = |name: &&str| json!({"container_name": name, "image_name": name, "image_tag": "1"});
    let images: Vec<_> = images.iter().map(image).collect();
    json!({"project_key": "demo", "version_name": name, "env_name": "dev", "image_registry_id": "r1",
        "yaml_datas": [{"service_name": "s", "image_datas": images}]})
}

fn helm(name: &str, chart: &str, image: &str) -> Value {
    json!({"project_key": "demo", "version_name": name, "env_name": "dev", "image_registry_id": "r1",
        "chart_repo_name": "repo", "chart_datas": [{"service_name": chart, "version": "1", "image_datas": [
            {"container_name": "c", "image_name": image, "image_tag": "1"}]}]})
}

/// The text of a key, wherever in an answer it is.
fn text(answer: &Value, pointer: &str) -> String {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("no {pointer} in {answer}"))
        .to_owned()
}

/// Creates a plan; answers its id.
async fn create_plan(app: &App, name: &str, components: &[&str]) -> String {
    let created = app.post(&plans(""), plan(name, components)).await;
    text(&created.assert_status(200), "/id")
}

/// Creates a pipeline; answers its id.
async fn create_pipeline(app: &App, name: &str, tasks: &[&str]) -> String {
    let created = app.post(&pipelines(""), pipeline(name, tasks)).await;
    text(&created.assert_status(200), "/id")
}

/// Says a command to a plan.
async fn tell(app: &App, id: &str, command: &str) -> Reply {
    app.post(&plans(&format!("/{id}/{command}")), json!({}))
        .await
}

/// Says an action to a pipeline.
async fn act(app: &App, id: &str, action: &str) -> Reply {
    app.post(
        &pipelines(&format!("/{id}/action?action_id={action}")),
        json!({}),
    )
    .await
}

/// The status of a plan and of its components in their order.
async fn plan_status(app: &App, id: &str) -> Vec<String> {
    let plan = app.get(&plans(&format!("/{id}"))).await.assert_status(200);
    let info = app
        .get(&plans(&format!("/{id}/deploy-info")))
        .await
        .assert_status(200);
    let components = info["components"].as_array().expect("components");
    let components = components.iter().map(|it| text(it, "/status"));
    std::iter::once(text(&plan, "/status"))
        .chain(components)
        .collect()
}

/// The status of a pipeline.
async fn pipeline_status(app: &App, id: &str) -> u64 {
    let shown = app
        .get(&pipelines(&format!("/{id}")))
        .await
        .assert_status(200);
    shown["status"].as_u64().expect("a status")
}

/// The status, the pushed images and the error of the only version.
async fn version_status(app: &App) -> (String, u64, String) {
    let page = format!("{VERSIONS}?projectKey=demo&pageNum=1&pageSize=20");
    let id = text(&app.get(&page).await.assert_status(200), "/list/0/id");
    let shown = app.get(&format!("{VERSIONS}/{id}?projectKey=demo")).await;
    let info = &shown.assert_status(200)["version_info"];
    let pushed = info["progress"]["success_count"].as_u64();
    let error = text(info, "/progress/error");
    (text(info, "/status"), pushed.expect("a count"), error)
}

/// The number of uses of each rule, in order.
async fn used(app: &App) -> Vec<u64> {
    let listed = app.get(SCRIPTS).await.assert_status(200);
    let rules = listed["scripts"].as_array().expect("rules");
    let used = rules.iter().map(|rule| rule["used"].as_u64());
    used.map(|used| used.expect("a count")).collect()
}

/// Asserts that a new app restores the state of this one, and returns it with its clock set to the same instant.
async fn assert_restores(app: &App) -> App {
    let now = app.world.clock().now;
    let twin = App::with(|settings| settings.freeze = Some(now));
    let state = app.state().await;
    let put = twin.put("/_emulator/v1/state", state.clone()).await;
    put.assert_status(204);
    assert_same(&twin.state().await, &state);
    twin
}

/// Asserts that nothing changes within ten years, and returns an app with the exported state.
async fn assert_hangs(app: &App) -> App {
    assert_eq!(app.advance(FURTHEST).await, Vec::<Value>::new());
    assert_restores(app).await
}

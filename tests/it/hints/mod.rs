//! Hints (`x-emulator-hint`) on refused requests, family by family.

mod bodies;
mod fields;
mod ids;
mod names;
mod statuses;

use serde_json::{Value, json};

use crate::asm::minimal_mesh as mesh;
use crate::common::{App, CREDENTIALS, PROJECT, Reply};

/// A project that is not [`PROJECT`].
const OTHER: &str = "p-2";

/// Path of the releases of a namespace.
const RELEASES: &str = "/v2/meshes/mesh-demo/namespaces/default/releases";

/// Path of the delivery versions.
const VERSIONS: &str = "/openapi/delivery/releases";

fn plans(rest: &str) -> String {
    format!("/v3/{PROJECT}/cas/release-plans{rest}")
}

fn pipelines(rest: &str) -> String {
    format!("/v3/{PROJECT}/pipeline/pipelines{rest}")
}

fn plan(name: &str) -> Value {
    let component = json!({"seq": 0, "component_id": "id-web", "name": "web", "runtime_stack": {}});
    json!({"name": name, "components": [component]})
}

fn pipeline(name: &str, stages: Value) -> Value {
    let mut body = json!({"name": name, "model_version": 2, "config_mode": "ui"});
    body["stages"] = stages;
    body
}

/// One stage of one task.
fn simple(name: &str) -> Value {
    pipeline(
        name,
        json!([{"name": "build", "tasks": [{"name": "compile"}]}]),
    )
}

fn release(name: &str, service: &str) -> Value {
    json!({"metadata": {"name": name},
        "spec": {"serviceName": service, "grayDeployments": [{"template": {}}]}})
}

/// A K8s version with one image, which is pushed.
fn version(name: &str) -> Value {
    json!({"project_key": "demo", "version_name": name, "image_registry_id": "r-1", "yaml_datas": [
        {"service_name": "web", "image_datas": [{"container_name": "c", "image_name": "web", "image_tag": "1"}]}]})
}

/// Creates a resource. Returns its id.
async fn create(app: &App, path: &str, body: Value) -> String {
    let reply = app.post(path, body).await;
    assert!(reply.status < 300, "{}", reply.text());
    let created = reply.json();
    let uid = created["metadata"]["uid"].as_str();
    let id = uid.or_else(|| created["id"].as_str());
    id.expect("an id").to_owned()
}

/// The id of a delivery version.
async fn id_of_version(app: &App, name: &str) -> String {
    let path = format!("{VERSIONS}?projectKey=demo&pageNum=1&pageSize=9");
    let list = app.get(&path).await.assert_status(200);
    let mut versions = list["list"].as_array().expect("a list").iter();
    let version = versions.find(|version| version["version_name"] == name);
    version.expect(name)["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

/// The id with its last character changed.
fn off_by_one(id: &str) -> String {
    let last = if id.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &id[..id.len() - 1])
}

/// Asserts status and hint.
#[track_caller]
fn assert_hint(reply: &Reply, status: u16, hint: &str) {
    let actual = (reply.status, reply.header("x-emulator-hint"));
    assert_eq!(actual, (status, hint), "{} {}", reply.request, reply.text());
}

//! ASM over HTTP.

mod fixtures;
mod meshes;
mod refusals;
mod releases;
mod traffic;
mod updates;

use serde_json::{Value, json};

use crate::common::{App, PROJECT};

/// The error codes of ASM.
const INVALID_REQUEST: &str = "ASM.01010001";
const NOT_FOUND: &str = "ASM.01010002";
const ALREADY_EXISTS: &str = "ASM.01010003";
const UNAUTHENTICATED: &str = "ASM.01000001";
const FORBIDDEN: &str = "ASM.01000002";

/// The mesh in most tests.
const MESH: &str = "mesh-demo";

/// The paths of releases.
const RELEASES: &str = "/v2/meshes/mesh-demo/namespaces/bookinfo/releases";

/// The list of all releases of the mesh.
const ALL: &str = "/v2/meshes/mesh-demo/releases";

/// A Deployment of one container.
fn deployment(image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "reviews-v2"},
        "spec": {"template": {"spec": {"containers": [{"name": "reviews", "image": image}]}}},
    })
}

/// A request with only the fields that creating a release requires.
fn minimal_release(name: &str, service: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "serviceName": service,
            "grayDeployments": [{"template": deployment("swr.example.com/bookinfo/reviews:2.0")}],
        },
    })
}

/// The path of a release.
fn release(id: &str) -> String {
    format!("{RELEASES}/{id}")
}

/// The path of the project's meshes, or of one of them.
fn meshes(rest: &str) -> String {
    format!("/v1/{PROJECT}/meshes{rest}")
}

/// A request with only the fields that creating a mesh requires.
pub fn minimal_mesh(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Mesh",
        "metadata": {"name": name},
        "spec": {
            "type": "InCluster",
            "extendParams": {"clusters": [{
                "clusterID": "c-1",
                "installation": {"nodes": {"fieldSelector": {"key": "UID", "operator": "In", "values": ["n-1"]}}},
            }]},
        },
    })
}

/// Creates a release and returns its uid.
async fn create(app: &App, name: &str, service: &str) -> String {
    let created = app
        .post(RELEASES, minimal_release(name, service))
        .await
        .assert_status(201);
    uid(&created)
}

/// Creates a mesh and returns its id.
async fn create_mesh(app: &App, name: &str) -> String {
    let created = app
        .post(&meshes(""), minimal_mesh(name))
        .await
        .assert_status(201);
    uid(&created)
}

fn uid(response: &Value) -> String {
    response["metadata"]["uid"]
        .as_str()
        .expect("a uid")
        .to_owned()
}

/// The phase of the mesh or release at a path.
async fn phase(app: &App, path: &str) -> Value {
    app.get(path).await.assert_status(200)["status"]["phase"].clone()
}

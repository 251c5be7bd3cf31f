//! ASM over HTTP.

mod fixtures;
mod meshes;
mod refusals;
mod releases;
mod traffic;
mod updates;

use serde_json::{Value, json};

use crate::common::{App, PROJECT};

/// The mesh that tests live in.
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

/// The least that creates a release.
fn order(name: &str, service: &str) -> Value {
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

/// The least that creates a mesh.
pub fn mesh_order(name: &str) -> Value {
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

/// Creates a release and answers its uid.
async fn create(app: &App, name: &str, service: &str) -> String {
    let created = app
        .post(RELEASES, order(name, service))
        .await
        .assert_status(201);
    uid(&created)
}

/// Creates a mesh and answers its id.
async fn create_mesh(app: &App, name: &str) -> String {
    let created = app
        .post(&meshes(""), mesh_order(name))
        .await
        .assert_status(201);
    uid(&created)
}

fn uid(answer: &Value) -> String {
    answer["metadata"]["uid"]
        .as_str()
        .expect("a uid")
        .to_owned()
}

/// The phase of whatever is at a path.
async fn phase(app: &App, path: &str) -> Value {
    app.get(path).await.assert_status(200)["status"]["phase"].clone()
}

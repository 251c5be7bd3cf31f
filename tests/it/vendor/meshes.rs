//! The story that the examples of the mesh operations tell: a mesh is created, runs, and is deleted.

use serde_json::{Value, json};

use super::document::VendorDocument;
use crate::common::{App, PROJECT, Reply};

/// The creation in the examples: 2025-04-10T07:48:37Z.
const CREATED: i64 = 1_744_271_317_000;

/// The time from then until the mesh runs.
const CREATION_MS: i64 = 606_000;

/// The time from then until the mesh is deleted.
const LIFE_MS: i64 = 722_000;

async fn send(app: &App, name: &str, mesh: &str) -> Reply {
    let document = VendorDocument::read("ASM", name);
    let path = document.path.replace("{project_id}", PROJECT);
    let path = path.replace("{mesh_id}", mesh);
    match &*document.method {
        "post" => {
            let example = document.request_examples().next().expect("an example");
            app.post(&path, example.clone()).await
        }
        "get" => app.get(&path).await,
        "delete" => app.delete(&path).await,
        other => panic!("{other}"),
    }
}

/// Asserts that an answer is the example, but for the id of the mesh.
#[track_caller]
fn assert_example(name: &str, reply: &Reply, mesh: &str) {
    let document = VendorDocument::read("ASM", name);
    let (status, _) = document.success();
    assert_eq!(reply.status.to_string(), status, "{reply:?}");
    let example = document.response_examples(status).next();
    let example = example.expect("an example").to_string();
    let example = example.replace("a1efdc3e-xxxx-xxxx-xxxx-94bef433347e", mesh);
    let example: Value = serde_json::from_str(&example).expect("JSON");
    assert_eq!(reply.json(), example);
    assert_eq!(reply.header("x-emulator-evidence"), "documented");
}

#[tokio::test]
async fn a_mesh_answers_as_the_examples_from_its_creation_to_its_deletion() {
    let app = App::with(|settings| settings.freeze = Some(CREATED));
    app.script(json!({"match": {"work": "create"}, "takes_ms": CREATION_MS}))
        .await;

    let created = send(&app, "CreateMesh", "").await;
    let mesh = created.json()["metadata"]["uid"].clone();
    let mesh = mesh.as_str().expect("a uid");
    assert_example("CreateMesh", &created, mesh);

    app.advance(CREATION_MS).await;
    for name in ["ShowMesh", "ListMeshes"] {
        assert_example(name, &send(&app, name, mesh).await, mesh);
    }

    app.advance(LIFE_MS).await;
    assert_example("DeleteMesh", &send(&app, "DeleteMesh", mesh).await, mesh);
}

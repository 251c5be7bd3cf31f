//! Bodies that are not JSON, or lack required fields; and projects that nobody knows.

use serde_json::json;

use crate::common::{App, CREDENTIALS, PROJECT};

fn pipelines() -> String {
    format!("/v3/{PROJECT}/pipeline/pipelines")
}

#[tokio::test]
async fn a_body_that_is_not_json_is_told_what_it_looks_like() {
    let app = App::new();
    for (body, guess) in [
        ("name=shop&mode=ui", "it looks like a form"),
        ("name: shop\nstages: []\n", "it looks like YAML"),
        ("<pipeline/>", "it looks like XML or HTML"),
        (
            "{'name': 'shop'}",
            "it has single quotes in place of double ones",
        ),
    ] {
        for (path, field) in [
            (&*pipelines(), "error_msg"),
            ("/v2/meshes/m1/namespaces/default/releases", "errorMsg"),
            ("/_emulator/v1/scripts", "detail"),
        ] {
            let refused = app
                .send("POST", path, CREDENTIALS, body)
                .await
                .assert_status(400);
            let text = refused[field].as_str().unwrap();
            assert!(text.contains("the body is not JSON: "), "{path}: {text}");
            assert!(text.ends_with(&format!(", {guess}")), "{path}: {text}");
        }
        // The texts of these are the services' own.
        for path in ["/v3/auth/tokens", "/openapi/delivery/releases/k8s"] {
            let refused = app.send("POST", path, CREDENTIALS, body).await;
            refused.assert_status(400);
            let hint = refused.header("x-emulator-hint");
            assert!(hint.contains(guess), "{path}: {hint}");
        }
    }
}

#[tokio::test]
async fn all_missing_fields_are_named_at_once_with_the_values_they_may_have() {
    let app = App::new();
    let refused = app.post(&pipelines(), json!({})).await.assert_status(400);
    assert_eq!(
        refused["error_msg"],
        "parameter invalid: name: is required; model_version: is required; \
         config_mode: is required, ui or template"
    );
    let task = json!({"name": "shop", "model_version": 2, "config_mode": "ui",
        "stages": [{"tasks": [{}]}]});
    let refused = app.post(&pipelines(), task).await.assert_status(400);
    let text = refused["error_msg"].as_str().unwrap();
    assert!(
        text.contains("stages[0].tasks[0].name: is required"),
        "{text}"
    );
    let mesh = app.post("/v1/p/meshes", json!({})).await.assert_status(400);
    let text = mesh["errorMsg"].as_str().unwrap();
    for field in ["apiVersion", "kind", "metadata", "spec"] {
        assert!(text.contains(&format!("{field}: is required")), "{text}");
    }
}

#[tokio::test]
async fn a_list_of_an_unknown_zadig_project_is_hinted() {
    let app = App::new();
    let list = async |project: &str| {
        let path = format!("/openapi/delivery/releases?projectKey={project}&pageNum=1&pageSize=20");
        let reply = app.get(&path).await;
        reply.assert_status(200);
        reply.header("x-emulator-hint").to_owned()
    };
    assert_eq!(
        list("shop").await,
        "there is no project shop; a project begins with its first version, or with fixtures"
    );
    let state = json!({"zadig": {"projects": [{"key": "shop", "versions": []}, {"key": "bank"}]}});
    app.send("PATCH", "/_emulator/v1/state", &[], state.to_string())
        .await
        .assert_status(204);
    let version = json!({"project_key": "shop", "version_name": "v1", "env_name": "prod",
        "image_registry_id": "r1", "yaml_datas": []});
    app.post("/openapi/delivery/releases/k8s", version)
        .await
        .assert_status(200);
    assert_eq!(list("shop").await, "");
    assert_eq!(
        list("shpo").await,
        "there is no project shpo, did you mean shop?"
    );
    let far = list("unrelated").await;
    assert!(
        far.starts_with("there is no project unrelated; there are "),
        "{far}"
    );
}

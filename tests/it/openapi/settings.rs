//! The document follows the world: its address and its settings.

use release_emulator::internals::Settings;
use release_emulator::{Fidelity, PipelinesList, State};
use serde_json::{Value, json};

use super::{BASE, Document};
use crate::common::{App, CREDENTIALS, PROJECT};

/// The document that an app serves under a name.
async fn served(app: &App, host: &str) -> Value {
    let path = "/_emulator/v1/openapi.json";
    let reply = app.send("GET", path, &[("host", host)], "").await;
    reply.assert_status(200)
}

#[tokio::test]
async fn the_served_document_names_the_host_that_was_asked() {
    let app = App::new();
    for host in ["127.0.0.1:4601", "emulator.internal", "[::1]:80"] {
        let document = served(&app, host).await;
        assert_eq!(document["servers"][0]["url"], format!("http://{host}"));
    }
    assert_eq!(Document::new().0["servers"][0]["url"], BASE);
}

/// The password of an example is no secret, even if a user has it.
#[tokio::test]
async fn the_served_document_is_the_printed_one() {
    let user =
        json!({"name": "demo", "password": "demo-password", "domain": "demo", "projects": []});
    let app = App::load(&json!({"identities": {"users": [user]}}));
    let mut printed = Document::new().0;
    printed["servers"][0]["url"] = json!("http://h");
    assert!(printed.to_string().contains("demo-password"));
    assert!(served(&app, "h").await == printed);
}

#[tokio::test]
async fn the_list_of_pipelines_has_the_form_of_the_world() {
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    for list in [PipelinesList::Array, PipelinesList::Object] {
        let app = App::with(|settings| settings.pipelines_list = list);
        let document = Document(served(&app, "h").await);
        let template = "/v3/{project_id}/pipeline/pipelines";
        let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
        let body =
            json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": stages});
        document.assert_declared(template, "post", &app.post(&path, body).await);
        document.assert_declared(template, "get", &app.get(&path).await);
        let (_, operation) = document.operation("ListPipelines");
        let content = &operation["responses"]["200"]["content"]["application/json"];
        let example = &content["examples"]["documented"]["value"];
        assert_eq!(
            document.violations(&content["schema"], example, "$"),
            [""; 0]
        );
        assert_eq!(example.is_array(), list == PipelinesList::Array);
    }
}

#[test]
fn strict_fidelity_requires_the_project_of_a_version() {
    for (fidelity, required) in [(Fidelity::Documented, false), (Fidelity::Strict, true)] {
        let document = Document::of(&Settings {
            fidelity,
            ..Settings::default()
        });
        let (_, operation) = document.operation("GetVersion");
        let parameters = operation["parameters"].as_array().expect("parameters");
        let project = parameters.iter().find(|one| one["name"] == "projectKey");
        assert_eq!(project.expect("projectKey")["required"], required);
    }
}

#[tokio::test]
async fn a_literal_null_is_as_no_body_where_a_body_is_optional() {
    let document = Document::new();
    let optional = document.operations().into_iter().filter(|(_, operation)| {
        operation.contains_key("requestBody") && operation["requestBody"]["required"] != true
    });
    let optional: Vec<&str> = optional
        .map(|(_, operation)| operation["operationId"].as_str().expect("an id"))
        .collect();
    let known = [
        "AddScript",
        "AddWorld",
        "OperatePipeline",
        "Reset",
        "SetClock",
        "UpdateRelease",
    ];
    for id in known {
        assert!(optional.contains(&id), "{id}");
    }
    let pipeline = "4105b37a-947e-4aca-90d8-cec7c04c6f38";
    let start = format!("/v3/{PROJECT}/pipeline/pipelines/{pipeline}/action?action_id=start");
    let releases = "/v2/meshes/mesh-demo/namespaces/bookinfo/releases";
    let release = format!("{releases}/web-gray");
    let order = json!({"metadata": {"name": "web-gray"},
        "spec": {"serviceName": "web", "grayDeployments": [{"template": {}}]}});
    let state = State::from_json(include_str!("../../../src/registry/documented.json"));
    let fixtures = crate::common::json_of(&state.expect("a state"));
    for (method, path, status) in [
        ("POST", "/_emulator/v1/reset", 204),
        ("POST", "/_emulator/v1/scripts", 201),
        ("PUT", "/_emulator/v1/clock", 200),
        ("POST", "/_emulator/v1/worlds", 501),
        ("PUT", &release, 200),
        ("POST", &start, 200),
    ] {
        let mut answers = Vec::new();
        for body in ["", "null", " null\n", "{}"] {
            let app = App::load(&fixtures);
            let created = app.post(releases, order.clone()).await;
            created.assert_status(201);
            let reply = app.send(method, path, CREDENTIALS, body).await;
            reply.assert_status(status);
            answers.push(reply.text());
        }
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{path}: {answers:?}"
        );
    }
    let app = App::new();
    let advance = app.post("/_emulator/v1/clock/advance", Value::Null).await;
    advance.assert_status(400);
}

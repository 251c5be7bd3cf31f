//! What belongs to the other generation.

use release_emulator::Fidelity;
use serde_json::{Value, json};

use super::*;
use crate::common::CREDENTIALS;
use crate::zadig::{SUCCESS, bad_request};

fn of(generation: ZadigGeneration, fidelity: Fidelity) -> App {
    App::with(|settings| {
        settings.zadig = Some(generation);
        settings.fidelity = fidelity;
    })
}

#[track_caller]
fn assert_flag(reply: &Reply, flag: &str) {
    let hint = reply.header("x-emulator-hint");
    assert!(
        hint.contains(&format!("start with --zadig {flag}")),
        "{hint}"
    );
}

fn v3_body(kind: &str, name: &str) -> Value {
    let mut body = json!({"project_key": "demo", "version_name": name, "env_name": "dev", "image_registry_id": "r"});
    let services = json!([{"service_name": "web", "image_datas": []}]);
    let key = if kind == "k8s" {
        "yaml_datas"
    } else {
        "chart_datas"
    };
    body[key] = services;
    body
}

#[tokio::test]
async fn its_bodies_are_refused_in_documented_fidelity() {
    let v3 = of(ZadigGeneration::V3, Fidelity::Documented);
    let v4 = of(ZadigGeneration::V4, Fidelity::Documented);
    for kind in ["k8s", "helm"] {
        let own = if kind == "k8s" { k8s("v1") } else { helm("v1") };
        let reply = v3.deliver(kind, own).await;
        reply.assert_reply(
            400,
            &bad_request("only Zadig v4 has the fields source, services"),
        );
        assert_flag(&reply, "v4");
        let field = if kind == "k8s" {
            "yaml_datas"
        } else {
            "chart_datas"
        };
        let reply = v4.deliver(kind, v3_body(kind, "v1")).await;
        reply.assert_reply(
            400,
            &bad_request(&format!("only Zadig v3 has the fields {field}")),
        );
        assert_flag(&reply, "v3");
        let retry = json!({"project_key": "demo", "version_name": "v1", "retry": true});
        let reply = v4.deliver(kind, retry).await;
        reply.assert_reply(400, &bad_request("only Zadig v3 has the fields retry"));
    }
    for app in [v3, v4] {
        assert_eq!(app.list().await["total"], 0);
    }
}

#[tokio::test]
async fn its_bodies_are_answered_as_by_the_service_in_strict_fidelity() {
    let v3 = of(ZadigGeneration::V3, Fidelity::Strict);
    let reply = v3.deliver("k8s", k8s("v1")).await;
    reply.assert_reply(200, SUCCESS);
    assert_flag(&reply, "v4");
    assert_eq!(
        v3.list().await["list"][0]["status"],
        "success",
        "an empty version"
    );
    let v4 = of(ZadigGeneration::V4, Fidelity::Strict);
    let reply = v4.deliver("k8s", v3_body("k8s", "v1")).await;
    reply.assert_reply(200, SUCCESS);
    assert_flag(&reply, "v3");
    assert_eq!(v4.image_statuses("v1").await, "success");
    let reply = v4.deliver("helm", v3_body("helm", "v2")).await;
    reply.assert_reply(400, &not_created("no service info appointed"));
    assert_flag(&reply, "v3");
}

#[tokio::test]
async fn its_paths_are_refused_in_documented_fidelity() {
    let app = of(ZadigGeneration::V3, Fidelity::Documented);
    for (method, path) in [("GET", "detail"), ("POST", "retry")] {
        let path = format!("{RELEASES}/{path}");
        let reply = app.send(method, &path, CREDENTIALS, "").await;
        reply.assert_reply(
            400,
            &bad_request(&format!("only Zadig v4 has {method} {path}")),
        );
        assert_flag(&reply, "v4");
    }
}

#[tokio::test]
async fn its_paths_are_answered_as_by_the_service_in_strict_fidelity() {
    let app = of(ZadigGeneration::V3, Fidelity::Strict);
    let path = format!("{RELEASES}/detail?projectKey=demo");
    let reply = app.get(&path).await;
    reply.assert_reply(
        500,
        &internal("failed to get delivery version, ID: detail, error: 查询交付中心版本失败: "),
    );
    assert_flag(&reply, "v4");
    let path = format!("{RELEASES}/retry");
    let reply = app.send("POST", &path, CREDENTIALS, "").await;
    reply.assert_reply(405, &format!("Method not allowed: POST {path}"));
    assert_flag(&reply, "v4");
}

#[tokio::test]
async fn the_document_of_a_world_names_its_generation_alone() {
    for (fixtures, generation) in [(json!({}), "v3"), (references(), "v4")] {
        let document = App::load(&fixtures)
            .get("/_emulator/v1/openapi.json")
            .await
            .assert_status(200);
        let paths = document["paths"].as_object().unwrap();
        for path in ["detail", "retry"] {
            assert_eq!(
                paths.contains_key(&format!("{RELEASES}/{path}")),
                generation == "v4",
                "{path}"
            );
        }
        let body = &paths[&format!("{RELEASES}/k8s")]["post"]["requestBody"]["content"]["application/json"];
        let schema = body["schema"]["$ref"]
            .as_str()
            .expect("a name")
            .rsplit('/')
            .next()
            .unwrap();
        let (own, other) = ("ZadigCreateK8sVersion", "ZadigCreateK8sVersionV4");
        let (own, other) = if generation == "v4" {
            (other, own)
        } else {
            (own, other)
        };
        assert_eq!(schema, own);
        let schemas = document["components"]["schemas"].as_object().unwrap();
        assert!(schemas.contains_key(own) && !schemas.contains_key(other));
        assert_eq!(
            body["example"].get("services").is_some(),
            generation == "v4"
        );
    }
}

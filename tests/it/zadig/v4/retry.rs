//! Refused retries.

use serde_json::json;

use super::*;
use crate::common::CREDENTIALS;
use crate::zadig::{SUCCESS, bad_request};

async fn retry(app: &App, query: &str) -> Reply {
    let path = format!("{RELEASES}/retry?{query}");
    app.send("POST", &path, CREDENTIALS, "").await
}

fn refused(id: &str, cause: &str) -> String {
    internal(&format!(
        "failed to retry create delivery version, id: {id}, error: {cause}"
    ))
}

#[tokio::test]
async fn the_id_comes_before_the_project() {
    let app = lenient();
    retry(&app, "")
        .await
        .assert_reply(400, &bad_request("id can't be empty!"));
    retry(&app, "projectKey=demo&id=")
        .await
        .assert_reply(400, &bad_request("id can't be empty!"));
    retry(&app, "id=x")
        .await
        .assert_reply(400, &bad_request("projectName can't be empty!"));
}

#[tokio::test]
async fn an_id_must_be_known_and_well_formed() {
    let app = lenient();
    let query = "failed to query delivery version data, id:";
    for (id, why) in [
        ("66287b110b8b8a631910f5ae", "mongo: no documents in result"),
        ("x", "the provided hex string is not a valid ObjectID"),
        (
            "66287b110b8b8a631910f5ax",
            "encoding/hex: invalid byte: U+0078 'x'",
        ),
    ] {
        let reply = retry(&app, &format!("id={id}&projectKey=demo")).await;
        reply.assert_reply(500, &refused(id, &format!("{query} {id}, error: {why}")));
    }
}

#[tokio::test]
async fn only_a_failed_version_with_a_task_is_retried() {
    let app = checked();
    app.deliver("k8s", k8s("v1"))
        .await
        .assert_reply(200, SUCCESS);
    let id = app.id("v1").await;
    for status in ["creating", "success"] {
        let reply = app.redeliver("v1").await;
        let cause = format!("can't reCreate version with status:{status}");
        reply.assert_reply(500, &refused(&id, &cause));
        assert_ne!(reply.header("x-emulator-hint"), "");
        app.advance(6_000).await;
    }
    let no_target = but(manual("v2"), "/image_registry_id", json!(""));
    app.deliver("k8s", no_target).await.assert_status(500);
    let id = app.id("v2").await;
    let reply = app.redeliver("v2").await;
    reply.assert_reply(500, &refused(&id, "no workflow task found for version: v2"));
}

#[tokio::test]
async fn a_helm_version_needs_its_registry() {
    let app = checked();
    app.script(failing("chart1", "x")).await;
    app.deliver("helm", helm("v1")).await.assert_status(500);
    let mut state = app.state().await;
    state["zadig"]["projects"][0]["registries"] = json!([]);
    app.put("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    let id = app.id("v1").await;
    let reply = app.redeliver("v1").await;
    reply.assert_reply(
        500,
        &refused(
            &id,
            "failed to find registry, err: mongo: no documents in result",
        ),
    );
    assert_eq!(app.image_statuses("v1").await, "failed - -");
}

#[tokio::test]
async fn a_version_of_a_fixture_is_retried_from_the_statuses_of_its_images() {
    let image = |name: &str, status: &str| json!({"container_name": name, "push_image": true, "status": status});
    let app = App::load(
        &json!({"zadig": {"generation": "v4", "projects": [{"key": "demo", "versions": [
        {"version": "v1", "status": "failed", "services": [
            {"service_name": "web", "images": [image("a", "passed"), image("b", "failed"), image("c", "")]}]}]}]}}),
    );
    assert_eq!(app.image_statuses("v1").await, "failed passed failed -");
    app.redeliver("v1").await.assert_reply(200, SUCCESS);
    assert_eq!(
        app.image_statuses("v1").await,
        "retrying passed running prepare"
    );
    app.advance(4_000).await;
    assert_eq!(
        app.image_statuses("v1").await,
        "success passed passed passed"
    );
}

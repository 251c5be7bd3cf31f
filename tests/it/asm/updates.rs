//! Updating the image version of a release task.

use serde_json::{Value, json};

use super::{INVALID_REQUEST, create, deployment, release};
use crate::common::{App, CREDENTIALS, assert_same};

const IMAGE: &str = "/spec/grayDeployments/0/template/spec/template/spec/containers/0/image";
const RUNNING_IMAGE: &str = "/status/grayDeployments/0/spec/template/spec/containers/0/image";

async fn assert_refused(app: &App, body: Value) -> String {
    let before = app.state().await;
    let reply = app.put(&release("reviews-gray"), body).await;
    let error = reply.assert_status(400);
    assert_eq!(error["errorCode"], INVALID_REQUEST);
    assert_same(&app.state().await, &before);
    error["errorMsg"].as_str().unwrap().to_owned()
}

async fn with_release() -> App {
    let app = App::new();
    create(&app, "reviews-gray", "reviews").await;
    app.advance(5_000).await;
    app
}

fn images(image: &str) -> Value {
    json!({"spec": {"grayDeployments": [{"template": deployment(image)}]}})
}

#[tokio::test]
async fn an_update_changes_version_and_image_and_the_time_of_the_update() {
    let app = with_release().await;
    let path = release("reviews-gray");
    let mut body = app.get(&path).await.assert_status(200);
    body["spec"]["version"] = json!("v3");
    *body.pointer_mut(IMAGE).unwrap() = json!("swr.example.com/bookinfo/reviews:3.0");

    let reply = app.put(&path, body).await;

    assert_eq!((reply.status, reply.text()), (200, String::new()));
    assert_eq!(
        reply.header("x-emulator-hint"),
        "",
        "a task can be sent as it was answered"
    );
    let now = app.get(&path).await.assert_status(200);
    assert_eq!(now["spec"]["version"], "v3");
    for image in [IMAGE, RUNNING_IMAGE] {
        assert_eq!(
            now.pointer(image).unwrap(),
            "swr.example.com/bookinfo/reviews:3.0"
        );
    }
    let status = &now["status"];
    assert_eq!(
        [
            &status["phase"],
            &status["startTime"],
            &status["updateTime"]
        ],
        ["Running", "2026-01-01T12:00:00Z", "2026-01-01T12:00:05Z"]
    );
}

#[tokio::test]
async fn an_empty_body_changes_nothing() {
    let app = with_release().await;
    let path = release("reviews-gray");
    let before = app.get(&path).await.assert_status(200);

    for body in [
        "",
        "{}",
        r#"{"spec":{"grayDeployments":[{}]}}"#,
        r#"{"spec":null,"metadata":null}"#,
    ] {
        let reply = app.send("PUT", &path, CREDENTIALS, body).await;
        assert_eq!((reply.status, reply.text()), (200, String::new()), "{body}");
    }

    assert_same(&app.get(&path).await.assert_status(200), &before);
}

#[tokio::test]
async fn immutable_fields_stay_and_the_hint_names_them() {
    let app = with_release().await;
    let path = release("reviews-gray");
    let before = app.get(&path).await.assert_status(200);
    let spec = json!({"serviceName": "ratings", "clusterID": "c", "deploymentName": "d", "type": "canary"});

    let reply = app.put(&path, json!({ "spec": spec })).await;

    reply.assert_status(200);
    assert_eq!(
        reply.header("x-emulator-hint"),
        "an update does not change spec.serviceName, spec.clusterID, spec.deploymentName"
    );
    assert_same(&app.get(&path).await.assert_status(200), &before);
}

#[tokio::test]
async fn a_task_in_creation_can_be_updated() {
    let app = App::new();
    create(&app, "reviews-gray", "reviews").await;
    app.advance(1_000).await;

    app.put(
        &release("reviews-gray"),
        images("swr.example.com/bookinfo/reviews@sha256:ab"),
    )
    .await
    .assert_status(200);

    let status = &app.get(&release("reviews-gray")).await.assert_status(200)["status"];
    assert_eq!(
        (&status["phase"], &status["updateTime"]),
        (&json!("Creating"), &json!("2026-01-01T12:00:01Z"))
    );
    app.advance(1_000).await;
    let status = &app.get(&release("reviews-gray")).await.assert_status(200)["status"];
    assert_eq!(
        (&status["phase"], &status["updateTime"]),
        (&json!("Running"), &json!("2026-01-01T12:00:02Z"))
    );
}

#[tokio::test]
async fn another_repository_is_refused() {
    let app = with_release().await;
    for image in [
        "swr.example.com/bookinfo/ratings:2.0",
        "swr.example.com:443/bookinfo/reviews:2.0",
        "reviews:2.0",
        "swr.example.com/bookinfo/reviews:",
        "swr.example.com/bookinfo/reviews@",
        "",
    ] {
        assert_eq!(
            assert_refused(&app, images(image)).await,
            "Invalid request. spec.grayDeployments[0].template.spec.template.spec.containers[0].image: \
             only the tag or digest may change, and the repository is swr.example.com/bookinfo/reviews",
            "{image}"
        );
    }
}

#[tokio::test]
async fn an_unknown_workload_or_container_is_refused() {
    let app = with_release().await;
    let second = json!({"spec": {"grayDeployments": [{}, {}]}});
    assert_eq!(
        assert_refused(&app, second).await,
        "Invalid request. spec.grayDeployments[1]: the task has 1 grayscale workloads"
    );

    let mut other = images("swr.example.com/bookinfo/reviews:3.0");
    *other
        .pointer_mut("/spec/grayDeployments/0/template/spec/template/spec/containers/0/name")
        .unwrap() = json!("sidecar");
    assert_eq!(
        assert_refused(&app, other).await,
        "Invalid request. spec.grayDeployments[0].template.spec.template.spec.containers[0].image: \
         the task has no such container with an image"
    );
}

#[tokio::test]
async fn wrong_types_are_refused_with_their_path() {
    let app = with_release().await;
    for (body, place) in [
        (json!([]), "must be an object, not an array"),
        (json!({"spec": []}), "spec: must be "),
        (json!({"spec": {"version": 3}}), "spec.version: must be "),
        (
            json!({"spec": {"grayDeployments": {}}}),
            "spec.grayDeployments: must be ",
        ),
        (
            json!({"spec": {"grayDeployments": [[]]}}),
            "spec.grayDeployments[0]: must be ",
        ),
        (
            json!({"spec": {"grayDeployments": [{"template": "x"}]}}),
            "spec.grayDeployments[0].template: must be",
        ),
        (
            json!({"spec": {"grayDeployments": [{"template": {"spec": 7}}]}}),
            "spec.grayDeployments[0].template.spec: must be ",
        ),
        (
            json!({"spec": {"grayDeployments": [{"template": {"spec": []}}]}}),
            "spec.grayDeployments[0].template.spec: must be an object, not an array",
        ),
        (
            containers(&json!([["c", "image"]])),
            "spec.grayDeployments[0].template.spec.template.spec.containers[0]: must be an object, not an array",
        ),
        (
            images_of(json!(7)),
            "spec.grayDeployments[0].template.spec.template.spec.containers[0].image: must be",
        ),
    ] {
        let message = assert_refused(&app, body).await;
        let expected = format!("Invalid request. {place}");
        assert!(
            message.starts_with(&expected),
            "{message} begins with {expected}"
        );
    }
}

fn containers(containers: &Value) -> Value {
    json!({"spec": {"grayDeployments": [{"template": {"spec": {"template": {"spec": {"containers": containers}}}}}]}})
}

fn images_of(image: Value) -> Value {
    let mut body = images("");
    *body.pointer_mut(IMAGE).unwrap() = image;
    body
}

#[tokio::test]
async fn a_body_that_names_another_task_is_refused() {
    let app = with_release().await;
    for (body, message) in [
        (
            json!({"kind": "Deployment"}),
            "kind: must be Release, not \"Deployment\"",
        ),
        (
            json!({"apiVersion": "v1"}),
            "apiVersion: must be asm/v2, not \"v1\"",
        ),
        (
            json!({"metadata": {"meshID": "other"}}),
            "metadata.meshID: must be mesh-demo, not \"other\"",
        ),
        (
            json!({"metadata": {"namespace": "other"}}),
            "metadata.namespace: must be bookinfo, not \"other\"",
        ),
        (
            json!({"metadata": {"name": "ratings-gray"}}),
            "metadata.name: must be the task's own name, reviews-gray, not \"ratings-gray\"",
        ),
    ] {
        assert_eq!(
            assert_refused(&app, body).await,
            format!("Invalid request. {message}")
        );
    }
}

#[tokio::test]
async fn an_update_keeps_the_rest_of_the_template_byte_for_byte() {
    let app = App::new();
    let template = |tag: &str| {
        format!(
            r#"{{"z":1.50,"spec":{{"template":{{"spec":{{"initContainers":[{{"name":"init","image":"r/init:1"}}],"containers":[{{"image":"r/side:1","name":"side"}},{{"image":"r/app:{tag}","name":"app","x":1e2}}]}}}}}},"a":{{"k":1,"k":2}}}}"#
        )
    };
    let body = format!(
        r#"{{"metadata":{{"name":"reviews-gray"}},"spec":{{"serviceName":"reviews","grayDeployments":[{{"template":{}}}]}}}}"#,
        template("1")
    );
    app.send("POST", super::RELEASES, CREDENTIALS, body)
        .await
        .assert_status(201);

    let pods = json!({"containers": [{"name": "app", "image": "r/app:2"}]});
    let change = json!({"spec": {"grayDeployments": [{"template": {"spec": {"template": {"spec": pods}}}}]}});
    app.put(&release("reviews-gray"), change)
        .await
        .assert_status(200);

    let text = app.get(&release("reviews-gray")).await.text();
    assert!(
        text.contains(&format!(r#""template":{}"#, template("2"))),
        "{text}"
    );
    assert!(
        text.contains(&format!(r#""grayDeployments":[{}]"#, template("2"))),
        "{text}"
    );
}

#[tokio::test]
async fn init_containers_are_updated_and_unnamed_containers_matched_by_position() {
    let app = App::new();
    let pods = |tag: &str| json!({"initContainers": [{"image": format!("r/init:{tag}")}], "containers": [{"image": format!("r/app:{tag}")}]});
    let body = |tag: &str| {
        json!({"metadata": {"name": "reviews-gray"}, "spec": {"serviceName": "reviews", "grayDeployments":
            [{"template": {"spec": {"template": {"spec": pods(tag)}}}}]}})
    };
    app.post(super::RELEASES, body("1"))
        .await
        .assert_status(201);

    app.put(&release("reviews-gray"), body("2"))
        .await
        .assert_status(200);

    let now = app.get(&release("reviews-gray")).await.assert_status(200);
    assert_same(
        now.pointer("/spec/grayDeployments/0/template/spec/template/spec")
            .unwrap(),
        &pods("2"),
    );
}

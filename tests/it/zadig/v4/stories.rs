//! Stories of versions, with exact times.

use serde_json::json;

use super::*;
use crate::zadig::{SUCCESS, bad_request};

#[tokio::test]
async fn three_images_of_an_environment_are_pushed_one_after_the_other() {
    let app = checked();
    app.deliver("k8s", k8s("v1"))
        .await
        .assert_reply(200, SUCCESS);
    for (ms, expected) in [
        (0, "creating running prepare -"),
        (1_999, "creating running prepare -"),
        (1, "creating passed running prepare"),
        (2_000, "creating passed passed running"),
        (1_999, "creating passed passed running"),
        (1, "success passed passed passed"),
        (86_400_000, "success passed passed passed"),
    ] {
        app.advance(ms).await;
        assert_eq!(app.image_statuses("v1").await, expected, "after {ms} ms");
    }
    let detail = app.delivered("v1").await;
    assert_eq!(
        (&detail["error"], &detail["created_by"]),
        (&json!(""), &json!("emulator(OpenAPI)"))
    );
}

#[tokio::test]
async fn a_failed_push_is_retried_by_the_query_and_by_the_documented_body() {
    let app = checked();
    app.script(failing("proxy", "denied")).await;
    app.deliver("k8s", k8s("v1"))
        .await
        .assert_reply(200, SUCCESS);
    app.script(failing("job", "full")).await;
    app.advance(4_000).await;
    assert_eq!(app.image_statuses("v1").await, "failed passed failed -");
    let detail = app.delivered("v1").await;
    let error = "failed to build image distribute for service: web, status: failed, err: denied ";
    assert_eq!(detail["services"][0]["images"][1]["error"], error);
    assert_eq!(detail["error"], "", "the version has no error of a push");

    // By the query, as the service reads it.
    app.redeliver("v1").await.assert_reply(200, SUCCESS);
    assert_eq!(
        app.image_statuses("v1").await,
        "retrying passed running prepare"
    );
    app.advance(2_000).await;
    assert_eq!(
        app.image_statuses("v1").await,
        "retrying passed passed running"
    );
    app.advance(2_000).await;
    assert_eq!(
        app.image_statuses("v1").await,
        "failed passed passed failed"
    );

    // By the body, as the documents have it.
    let body = json!({"id": app.id("v1").await, "projectKey": "demo"});
    let reply = app.post(&format!("{RELEASES}/retry"), body).await;
    reply.assert_reply(200, SUCCESS);
    assert!(
        reply
            .header("x-emulator-hint")
            .contains("from the query alone")
    );
    app.advance(1_999).await;
    assert_eq!(
        app.image_statuses("v1").await,
        "retrying passed passed running"
    );
    app.advance(1).await;
    assert_eq!(
        app.image_statuses("v1").await,
        "success passed passed passed"
    );
    let images = app.delivered("v1").await["services"][0]["images"].clone();
    assert_eq!(
        images[1]["error"], error,
        "an error stays when a retry succeeds"
    );
}

#[tokio::test]
async fn strict_fidelity_retries_by_the_query_alone() {
    let app = App::build(
        |settings| {
            v4(settings);
            settings.fidelity = release_emulator::Fidelity::Strict;
        },
        &references(),
    );
    app.script(failing("job", "full")).await;
    app.deliver("k8s", k8s("v1"))
        .await
        .assert_reply(200, SUCCESS);
    app.advance(6_000).await;
    let id = app.id("v1").await;
    let body = json!({"id": id, "projectKey": "demo"});
    let reply = app.post(&format!("{RELEASES}/retry"), body).await;
    reply.assert_reply(400, &bad_request("id can't be empty!"));
    assert!(
        reply
            .header("x-emulator-hint")
            .contains("from the query alone")
    );
    app.redeliver("v1").await.assert_reply(200, SUCCESS);
}

#[tokio::test]
async fn charts_are_pushed_within_the_request_and_images_after_it() {
    let app = checked();
    app.deliver("helm", helm("v1"))
        .await
        .assert_reply(200, SUCCESS);
    let detail = app.delivered("v1").await;
    for (n, chart, version) in [(0, "chart1", "1.1"), (1, "chart2", "1.2")] {
        let service = &detail["services"][n];
        assert_eq!(
            json!([
                service["chart_name"],
                service["chart_version"],
                service["chart_status"]
            ]),
            json!([chart, version, "passed"])
        );
    }
    assert_eq!(
        detail["services"][0]["yaml_content"],
        "image:\n  repository: reg.example/shop/image1\n  tag: new\n"
    );
    for (ms, expected) in [
        (0, "creating running prepare"),
        (2_000, "creating passed running"),
        (2_000, "success passed passed"),
    ] {
        app.advance(ms).await;
        assert_eq!(app.image_statuses("v1").await, expected);
    }
}

#[tokio::test]
async fn a_chart_that_fails_answers_500_and_leaves_a_failed_version() {
    let app = checked();
    app.script(failing("chart2", "no space")).await;
    let text = "1 error occurred:\n\t* failed to push chart: chart2-1.2.tgz: no space\n\n";
    app.deliver("helm", helm("v1"))
        .await
        .assert_reply(500, &internal(text));
    let detail = app.delivered("v1").await;
    assert_eq!(
        (&detail["status"], &detail["error"]),
        (&json!("failed"), &json!(text))
    );
    assert_eq!(detail["services"][0]["chart_status"], "");
    assert_eq!(app.image_statuses("v1").await, "failed - -");

    app.script(failing("chart1", "again")).await;
    let again = "1 error occurred:\n\t* failed to push chart: chart1-1.1.tgz: again\n\n";
    let id = app.id("v1").await;
    let expected = format!("failed to retry create delivery version, id: {id}, error: {again}");
    app.redeliver("v1")
        .await
        .assert_reply(500, &internal(&expected));
    assert_eq!(app.delivered("v1").await["error"], again);

    app.redeliver("v1").await.assert_reply(200, SUCCESS);
    assert_eq!(app.image_statuses("v1").await, "retrying running prepare");
    app.advance(4_000).await;
    assert_eq!(app.image_statuses("v1").await, "success passed passed");
    assert_eq!(
        app.delivered("v1").await["error"],
        again,
        "an error of the creation stays"
    );
}

#[tokio::test]
async fn a_retried_helm_version_pushes_all_of_its_images_again() {
    let app = checked();
    app.script(failing("c2", "x")).await;
    app.deliver("helm", helm("v1"))
        .await
        .assert_reply(200, SUCCESS);
    app.advance(4_000).await;
    assert_eq!(app.image_statuses("v1").await, "failed passed failed");
    app.redeliver("v1").await.assert_reply(200, SUCCESS);
    assert_eq!(app.image_statuses("v1").await, "retrying running prepare");
    app.advance(4_000).await;
    assert_eq!(app.image_statuses("v1").await, "success passed passed");
}

#[tokio::test]
async fn a_version_without_pushes_succeeds_at_once() {
    let app = checked();
    let mut body = k8s("v1");
    for pointer in [
        "/services/0/images/0",
        "/services/0/images/1",
        "/services/1/images/0",
    ] {
        body.pointer_mut(pointer).unwrap()["push_image"] = json!(false);
    }
    app.deliver("k8s", body).await.assert_reply(200, SUCCESS);
    assert_eq!(app.image_statuses("v1").await, "success - - -");
    let none = but(k8s("v2"), "/services", json!(null));
    app.deliver("k8s", none).await.assert_reply(200, SUCCESS);
    assert_eq!(app.image_statuses("v2").await, "success");
}

#[tokio::test]
async fn after_an_hour_the_service_gives_up_and_the_push_goes_on() {
    let app = checked();
    let long = json!({"match": {"step": "app"}, "takes_ms": 3_660_000, "outcome": "fail", "message": "late", "times": 1});
    app.script(long).await;
    app.deliver("k8s", k8s("v1"))
        .await
        .assert_reply(200, SUCCESS);
    app.advance(3_599_999).await;
    assert_eq!(app.image_statuses("v1").await, "creating running prepare -");
    app.advance(1).await;
    assert_eq!(
        app.image_statuses("v1").await,
        "failed running prepare -",
        "their states stay"
    );
    assert_eq!(app.delivered("v1").await["error"], "timeout");

    let id = app.id("v1").await;
    let still = internal(&format!(
        "failed to retry create delivery version, id: {id}, error: failed to retry workflow task, workflowName: \
         zadig-delivery-demo-v1, taskID: 1, err: 工作流任务状态无法重试"
    ));
    app.redeliver("v1").await.assert_reply(500, &still);
    let timeline = format!("/_emulator/v1/resources/zadig/{id}/timeline");
    let allowed = app.get(&timeline).await.assert_status(200)["allowed"].clone();
    assert_eq!(allowed, json!(["delete"]));

    // The push itself fails a minute later.
    app.advance(60_000).await;
    app.redeliver("v1").await.assert_reply(200, SUCCESS);
    app.advance(6_000).await;
    assert_eq!(
        app.image_statuses("v1").await,
        "success passed passed passed"
    );
    assert_eq!(app.delivered("v1").await["error"], "timeout");
}

#[tokio::test]
async fn a_version_comes_from_another_and_from_the_request() {
    let app = checked();
    app.deliver("k8s", manual("v1"))
        .await
        .assert_reply(200, SUCCESS);
    let manifest = "kind: ConfigMap\n---\nkind: Deployment\nspec: {template: {spec: {containers: [{name: app}]}}}\n";
    let body = json!({"project_key": "demo", "version_name": "v2", "source": "from_version",
        "original_version_name": "v1", "image_registry_id": REGISTRY, "services": [
            {"service_name": "web", "yaml_content": manifest, "images": [image("app", "other")]}]});
    app.deliver("k8s", body.clone())
        .await
        .assert_reply(200, SUCCESS);
    let service = app.delivered("v2").await["services"][0].clone();
    assert_eq!(
        service["images"][0],
        json!({"container_name": "app", "image_name": "web", "source_image": "reg.example/shop/web:7",
            "source_image_tag": "7", "target_image": "reg.example/shop/other:new", "target_image_tag": "new",
            "image_path": null, "push_image": true, "status": "running", "error": ""}),
        "from the source of the original, not from its target"
    );
    assert_eq!(
        service["yaml_content"],
        "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - image: reg.example/shop/other:new\n        \
         name: app\n\n"
    );
    let empty = but(
        but(body, "/version_name", json!("v3")),
        "/services/0/yaml_content",
        json!(""),
    );
    app.deliver("k8s", empty).await.assert_reply(200, SUCCESS);
    assert_eq!(app.delivered("v3").await["services"][0]["yaml_content"], "");
    let sent = app.delivered("v1").await["services"][0]["yaml_content"].clone();
    assert_eq!(sent, "as: sent");
}

#[tokio::test]
async fn a_helm_version_comes_from_another_and_from_the_request() {
    let app = checked();
    let path = json!({"image": "image.repository", "tag": "image.tag"});
    let source = json!({"container_name": "c1", "image_name": "image1", "source_image": "reg.example/shop/image1:7",
        "source_image_tag": "7", "target_image": "reg.example/shop/image1:8", "target_image_tag": "8",
        "image_path": {"repo": "ignored"}, "push_image": true});
    let manual = json!({"project_key": "demo", "version_name": "v1", "source": "manual", "image_registry_id": REGISTRY,
        "chart_repo_name": "charts", "services": [{"service_name": "chart1", "chart_name": "ignored",
            "chart_version": "1.0", "yaml_content": "port: 80\n", "images": [source]}]});
    // No chart of a manual version is pushed, so none fails.
    app.script(failing("chart1", "never")).await;
    app.deliver("helm", manual).await.assert_reply(200, SUCCESS);
    let service = app.delivered("v1").await["services"][0].clone();
    assert_eq!(
        json!([
            service["chart_name"],
            service["chart_status"],
            service["yaml_content"],
            service["images"][0]["image_path"]
        ]),
        json!(["chart1", "passed", "port: 80\n", path])
    );
    app.send("DELETE", "/_emulator/v1/scripts", &[], "")
        .await
        .assert_status(204);

    let from_version = json!({"project_key": "demo", "version_name": "v2", "source": "from_version",
        "original_version_name": "v1", "image_registry_id": REGISTRY, "chart_repo_name": "charts",
        "services": [{"service_name": "chart1", "chart_version": "1.1", "images": [image("c1", "image1")]}]});
    app.deliver("helm", from_version.clone())
        .await
        .assert_reply(200, SUCCESS);
    let service = app.delivered("v2").await["services"][0].clone();
    assert_eq!(
        service["images"][0]["source_image"],
        "reg.example/shop/image1:7"
    );
    assert_eq!(
        service["yaml_content"],
        "image:\n  repository: reg.example/shop/image1\n  tag: new\nport: 80\n"
    );
    // Without a version, no chart is pushed.
    let mut without = but(from_version, "/version_name", json!("v3"));
    without["services"][0]["chart_version"] = json!("");
    app.deliver("helm", without)
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(
        app.delivered("v3").await["services"][0]["yaml_content"],
        "port: 80\n"
    );
}

#[tokio::test]
async fn a_deleted_version_is_gone_and_its_name_is_free() {
    let app = checked();
    app.deliver("k8s", k8s("v1"))
        .await
        .assert_reply(200, SUCCESS);
    let id = app.id("v1").await;
    for _ in 0..2 {
        let path = format!("{RELEASES}/{id}?projectKey=other");
        app.delete(&path).await.assert_reply(200, SUCCESS);
    }
    app.deliver("k8s", k8s("v1"))
        .await
        .assert_reply(200, SUCCESS);
    assert_ne!(app.id("v1").await, id);
}

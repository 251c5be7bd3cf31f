//! Refused creations, their order, and the versions that are stored nevertheless.

use release_emulator::internals::world::settings::References;
use serde_json::{Value, json};

use super::*;
use crate::common::assert_same;
use crate::zadig::{SUCCESS, bad_request};

/// Asserts that a body is refused and changes nothing.
async fn assert_refused(app: &App, kind: &str, body: Value, status: u16, expected: &str) {
    let before = app.state().await;
    let reply = app.deliver(kind, body).await;
    reply.assert_reply(status, expected);
    assert_same(&app.state().await, &before);
}

fn without(mut body: Value, key: &str) -> Value {
    body.as_object_mut().unwrap().remove(key);
    body
}

/// Bodies from the first check to the last: each fails the check of its row, and every later one.
async fn assert_in_order(kind: &str, rows: Vec<(Value, u16, String)>) {
    let app = checked();
    let taken = if kind == "k8s" { k8s("v1") } else { helm("v1") };
    app.deliver(kind, taken).await.assert_reply(200, SUCCESS);
    for (body, status, expected) in rows {
        assert_refused(&app, kind, body, status, &expected).await;
    }
}

#[tokio::test]
async fn a_k8s_version_from_an_environment_is_checked_in_order() {
    let mut body = without(k8s("v1"), "env_name");
    body["image_registry_id"] = json!("none");
    body["services"][0]["service_name"] = json!("wbe");
    let no_environment = body.clone();
    body["env_name"] = json!("qa");
    let unknown_environment = body.clone();
    body["env_name"] = json!("dev");
    let unknown_service = body.clone();
    body["services"][0] = json!({"service_name": "web", "images": [image("side", "x")]});
    let unknown_container = body.clone();
    body["services"][0] = json!({"service_name": "wbe", "images": []});
    let no_service = body.clone();
    body["services"] = k8s("v1")["services"].clone();
    let no_registry = body.clone();
    body["image_registry_id"] = json!("683047fe458904519c5f5c81");
    let foreign_registry = body.clone();
    body["image_registry_id"] = json!(REGISTRY);
    let taken = body.clone();
    let text = |text: &str| internal(text);
    assert_in_order(
        "k8s",
        vec![
            (no_environment, 500, text("env name is required when source is from env")),
            (unknown_environment, 500, text(
                "failed to find env, projectKey: demo, envName: qa, error: mongo: no documents in result")),
            (unknown_service, 500, text(
                "container not found, serviceName: wbe, containerName: app, envName: dev, projectKey: demo")),
            (unknown_container, 500, text(
                "container not found, serviceName: web, containerName: side, envName: dev, projectKey: demo")),
            (no_service, 500, text("not found service wbe in env dev")),
            (no_registry, 500, text("can not find target registry")),
            (foreign_registry, 500, text("registry https://other.example/ns not support project demo")),
            (taken, 400, not_created("failed to insert delivery version v1, version already exist")),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_production_flag_plays_no_part_for_a_k8s_version() {
    let app = checked();
    let live = json!({"project_key": "demo", "version_name": "v1", "source": "from_env", "env_name": "live",
        "services": [{"service_name": "web", "images": [image("app", "web")]}], "image_registry_id": REGISTRY});
    app.deliver("k8s", live).await.assert_reply(200, SUCCESS);
}

#[tokio::test]
async fn a_k8s_version_from_another_is_checked_in_order() {
    let mut body = k8s("v1");
    body["source"] = json!("from_version");
    let no_original = body.clone();
    body["original_version_name"] = json!("v0");
    let unknown_original = body.clone();
    body["original_version_name"] = json!("v1");
    body["services"][1]["images"][0]["container_name"] = json!("other");
    let unknown_image = body.clone();
    assert_in_order(
        "k8s",
        vec![
            (no_original, 500, internal("original version name is required when source is from version")),
            (unknown_original, 500, internal(
                "failed to get original version, projectKey: demo, versionName: v0, error: mongo: no documents in result")),
            (unknown_image, 500, internal(
                "image not found, serviceName: job, containerName: other, originalVersionName: v1, projectKey: demo")),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_source_of_a_pushed_image_must_be_a_known_registry() {
    let source = |source: &str| {
        let mut body = manual("v1");
        body["services"][0]["images"][0]["source_image"] = json!(source);
        body
    };
    let unknown = |image: &str| {
        internal(&format!(
            "failed to check registry, err: can't find source registry for image: {image}"
        ))
    };
    assert_in_order(
        "k8s",
        vec![
            (
                source("reg.example/else/web:7"),
                500,
                unknown("reg.example/else/web:7"),
            ),
            (
                source("reg.example/shop/other:7"),
                500,
                unknown("reg.example/shop/other:7"),
            ),
            (source(""), 500, unknown("")),
            (
                source("a:b:c:d"),
                500,
                internal("failed to check registry, err: invalid image: a:b:c:d"),
            ),
            (
                manual("v1"),
                400,
                not_created("failed to insert delivery version v1, version already exist"),
            ),
        ],
    )
    .await;
    // An image that is not pushed may be anywhere.
    let mut unpushed = source("nowhere");
    unpushed["services"][0]["images"][0]["push_image"] = json!(false);
    checked()
        .deliver("k8s", unpushed)
        .await
        .assert_reply(200, SUCCESS);
}

#[tokio::test]
async fn a_helm_version_from_an_environment_is_checked_in_order() {
    let mut body = without(helm("v1"), "env_name");
    body["image_registry_id"] = json!("");
    body["services"] = json!([{"service_name": "web", "images": []}]);
    let no_environment = body.clone();
    body["env_name"] = json!("qa");
    let unknown_environment = body.clone();
    body["env_name"] = json!("live");
    let no_releases = body.clone();
    body["env_name"] = json!("dev");
    let no_release = body.clone();
    body["services"] = json!([]);
    let no_services = body.clone();
    body["services"] = helm("v1")["services"].clone();
    let no_registry = body.clone();
    body["image_registry_id"] = json!("none");
    let unknown_registry = body.clone();
    assert_in_order(
        "helm",
        vec![
            (no_environment, 500, internal("env name is required when source is from env")),
            (unknown_environment, 500, internal(
                "failed to find env, projectKey: demo, envName: qa, error: mongo: no documents in result")),
            (no_releases, 500, internal(
                "failed to list release for project: demo, env: live, production: false, err: failed to find project: \
                 demo, err: mongo: no documents in result")),
            (no_release, 500, internal("failed get release for service web from env demo/dev")),
            (no_services, 400, not_created("no service info appointed")),
            (no_registry, 400, not_created("image registry not appointed")),
            (unknown_registry, 500, internal("can not find target registry")),
            (helm("v1"), 400, not_created("failed to insert delivery version v1, version already exist")),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_helm_version_from_another_or_the_request_is_checked_in_order() {
    let mut body = helm("v2");
    body["source"] = json!("from_version");
    body["original_version_name"] = json!("v1");
    body["services"][0]["service_name"] = json!("chart9");
    let unknown_image = body.clone();
    body["services"][0]["images"] = json!([]);
    let unknown_service = body.clone();
    let mut manual = helm("v2");
    manual["source"] = json!("manual");
    let mut no_service = manual.clone();
    no_service["services"][1]["service_name"] = json!("chart9");
    let mut no_container = manual.clone();
    no_container["services"][1]["images"][0]["container_name"] = json!("c9");
    assert_in_order(
        "helm",
        vec![
            (unknown_image, 500, internal(
                "image not found, serviceName: chart9, containerName: c1, originalVersionName: v1, projectKey: demo")),
            (unknown_service, 500, internal("not found service chart9 in version v1")),
            (no_service, 500, internal("can't find service chart9 in project demo")),
            (no_container, 500, internal(
                "failed to find container c9 in service chart2, project: demo, production: false")),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_fails_after_it_is_stored_is_answered_500_and_leaves_a_failed_version() {
    let app = checked();
    let mut unknown_word = manual("no-kind");
    unknown_word["source"] = json!("elsewhere");
    unknown_word["services"][0]["yaml_content"] = json!("");
    let no_target = but(manual("no-target"), "/image_registry_id", json!(""));
    let no_repo = but(helm("no-repo"), "/chart_repo_name", json!("none"));
    let mut broken = unknown_word.clone();
    broken["version_name"] = json!("broken");
    broken["services"][0]["yaml_content"] = json!("kind: Deployment\nspec: {template: {spec: {}}}");
    for (kind, name, body, text) in [
        (
            "k8s",
            "no-kind",
            unknown_word,
            "failed to update service image in yaml, serviceName: web, err: yaml缺少kind字段",
        ),
        (
            "k8s",
            "broken",
            broken,
            "failed to update service image in yaml, serviceName: web, err: yaml缺少containers字段",
        ),
        (
            "k8s",
            "no-target",
            no_target,
            "failed to generate workflow from delivery version, versionName: no-target, err: target registry not appointed",
        ),
        (
            "helm",
            "no-repo",
            no_repo,
            "failed to query chart-repo info, productName: demo, repoName: none, err: mongo: no documents in result",
        ),
    ] {
        let reply = app.deliver(kind, body).await;
        reply.assert_reply(500, &internal(text));
        let detail = app.delivered(name).await;
        assert_eq!(
            (&detail["status"], &detail["error"]),
            (&json!("failed"), &json!(text))
        );
        assert_ne!(reply.header("x-emulator-hint"), "", "{text}");
    }
    let word = app.delivered("no-kind").await;
    assert_eq!(word["source"], "elsewhere", "the word is kept");
}

#[tokio::test]
async fn a_manifest_is_refused_by_the_first_field_that_it_lacks() {
    let app = checked();
    let cron = "kind: CronJob\nspec: {jobTemplate: ";
    for (n, (manifest, error)) in [
        ("a: 1".to_owned(), "yaml缺少kind字段"),
        ("kind: Job".to_owned(), "yaml缺少spec字段"),
        (
            "kind: DaemonSet\nspec: {}".to_owned(),
            "yaml缺少template字段",
        ),
        (
            "kind: ReplicaSet\nspec: {template: {}}".to_owned(),
            "yaml缺少template.spec字段",
        ),
        (
            "kind: StatefulSet\nspec: {template: {spec: {}}}".to_owned(),
            "yaml缺少containers字段",
        ),
        (
            "kind: CronJob\nspec: {}".to_owned(),
            "yaml缺少jobTemplate字段",
        ),
        (format!("{cron}{{}}}}"), "yaml缺少jobTemplate.spec字段"),
        (
            format!("{cron}{{spec: {{}}}}}}"),
            "yaml缺少jobTemplate.spec.template字段",
        ),
        (
            format!("{cron}{{spec: {{template: {{}}}}}}}}"),
            "yaml缺少jobTemplate.spec.template.spec字段",
        ),
        (
            format!("{cron}{{spec: {{template: {{spec: {{}}}}}}}}}}"),
            "yaml缺少containers字段",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = manual(&format!("v{n}"));
        body["source"] = json!("elsewhere");
        body["services"][0]["yaml_content"] = json!(manifest);
        let text =
            format!("failed to update service image in yaml, serviceName: web, err: {error}");
        app.deliver("k8s", body)
            .await
            .assert_reply(500, &internal(&text));
    }
    let mut malformed = manual("malformed");
    malformed["source"] = json!("elsewhere");
    malformed["services"][0]["yaml_content"] = json!("kind: [");
    let reply = app.deliver("k8s", malformed).await;
    assert_eq!(reply.status, 500);
    let begins = "failed to update service image in yaml, serviceName: web, err: 解析yaml失败: ";
    let description = reply.json()["description"].clone();
    assert!(
        description.as_str().unwrap().starts_with(begins),
        "{description}"
    );
}

#[tokio::test]
async fn lenient_references_resolve_to_the_local_registry() {
    let app = lenient();
    app.deliver("k8s", k8s("v1"))
        .await
        .assert_reply(200, SUCCESS);
    let service = app.delivered("v1").await["services"][0].clone();
    let image = &service["images"][0];
    assert_eq!(
        json!([
            image["image_name"],
            image["source_image"],
            image["source_image_tag"]
        ]),
        json!(["app", "registry.local/demo/app:latest", "latest"])
    );
    assert!(
        service["yaml_content"]
            .as_str()
            .unwrap()
            .contains("      - image: reg.example/shop/web:new\n        name: app\n")
    );
    app.deliver("helm", helm("v2"))
        .await
        .assert_reply(200, SUCCESS);
    let image = app.delivered("v2").await["services"][0]["images"][0].clone();
    assert_eq!(
        image["image_path"],
        json!({"image": "image.repository", "tag": "image.tag"})
    );
    let app = App::build(v4, &references());
    let foreign = but(
        k8s("v1"),
        "/image_registry_id",
        json!("683047fe458904519c5f5c81"),
    );
    let refused = "registry https://other.example/ns not support project demo";
    app.deliver("k8s", foreign)
        .await
        .assert_reply(500, &internal(refused));
}

#[tokio::test]
async fn a_null_crashes_the_service_when_it_comes_to_it() {
    let app = checked();
    for body in [
        "null",
        r#"{"services":[null]}"#,
        r#"{"services":[{"images":[null]}]}"#,
    ] {
        for kind in ["k8s", "helm"] {
            let path = format!("{RELEASES}/{kind}");
            let reply = app
                .send("POST", &path, crate::common::CREDENTIALS, body)
                .await;
            if kind == "helm" && body.contains("images") {
                reply.assert_reply(500, &internal("can't find service  in project "));
            } else {
                reply.assert_reply(500, "");
            }
        }
    }
    let first = json!({"source": "from_env", "services": [null]});
    app.deliver("k8s", first).await.assert_reply(
        500,
        &internal("env name is required when source is from env"),
    );
}

#[tokio::test]
async fn malformed_bodies_are_refused_in_the_words_of_go() {
    let app = lenient();
    for (body, text) in [
        ("", "EOF"),
        ("{", "unexpected EOF"),
        (
            r#"{"source":7}"#,
            "json: cannot unmarshal number into Go struct field OpenAPICreateK8SDeliveryVersionV2Request.source of type setting.DeliveryVersionSource",
        ),
        (
            r#"{"services":{}}"#,
            "json: cannot unmarshal object into Go struct field OpenAPICreateK8SDeliveryVersionV2Request.services of type []*service.OpenAPIDeliveryVersionService",
        ),
        (
            r#"{"services":[7]}"#,
            "json: cannot unmarshal number into Go struct field OpenAPICreateK8SDeliveryVersionV2Request.services of type service.OpenAPIDeliveryVersionService",
        ),
        (
            r#"{"services":[{"chart_status":[]}]}"#,
            "json: cannot unmarshal array into Go struct field OpenAPIDeliveryVersionService.services.chart_status of type config.Status",
        ),
        (
            r#"{"services":[{"images":[{"push_image":"yes"}]}]}"#,
            "json: cannot unmarshal string into Go struct field OpenAPIDeliveryVersionImage.services.images.push_image of type bool",
        ),
        (
            r#"{"services":[{"images":[{"image_path":"x"}]}]}"#,
            "json: cannot unmarshal string into Go struct field OpenAPIDeliveryVersionImage.services.images.image_path of type models.ImagePathSpec",
        ),
        (
            r#"{"services":[{"images":[{"image_path":{"tag":1}}]}]}"#,
            "json: cannot unmarshal number into Go struct field ImagePathSpec.services.images.image_path.tag of type string",
        ),
        (
            "[]",
            "json: cannot unmarshal array into Go value of type service.OpenAPICreateK8SDeliveryVersionV2Request",
        ),
    ] {
        let reply = app
            .send(
                "POST",
                &format!("{RELEASES}/k8s"),
                crate::common::CREDENTIALS,
                body,
            )
            .await;
        reply.assert_reply(400, &bad_request(text));
    }
    let helm = app
        .send(
            "POST",
            &format!("{RELEASES}/helm"),
            crate::common::CREDENTIALS,
            r#"{"chart_repo_name":1}"#,
        )
        .await;
    helm.assert_reply(400, &bad_request("json: cannot unmarshal number into Go struct field OpenAPICreateHelmDeliveryVersionV2Request.chart_repo_name of type string"));
}

#[tokio::test]
async fn a_role_in_the_project_is_needed() {
    let mut fixtures = references();
    fixtures["identities"] = json!({"zadig_users": [
        {"token": "ann", "name": "ann", "projects": {"demo": ["create_delivery"]}},
        {"token": "bob", "name": "bob", "projects": {"demo": ["get_delivery"]}}]});
    let app = App::build(
        |settings| {
            v4(settings);
            settings.references = References::Checked;
        },
        &fixtures,
    );
    let send = async |token: &str, method: &str, path: &str, body: &Value| {
        let token = format!("Bearer {token}");
        app.send(method, path, &[("authorization", &token)], body.to_string())
            .await
    };
    let (creation, none) = (format!("{RELEASES}/k8s"), json!(null));
    send("bob", "POST", &creation, &k8s("v1"))
        .await
        .assert_reply(403, "");
    send("ann", "POST", &creation, &k8s("v1"))
        .await
        .assert_reply(200, SUCCESS);
    let detail = format!("{RELEASES}/detail?projectKey=demo&versionName=v1");
    send("ann", "GET", &detail, &none)
        .await
        .assert_reply(403, "");
    let shown = send("bob", "GET", &detail, &none).await.assert_status(200);
    assert_eq!(shown["created_by"], "ann(OpenAPI)");
    let retry = format!("{RELEASES}/retry?id=x&projectKey=demo");
    send("bob", "POST", &retry, &none)
        .await
        .assert_reply(403, "");
}

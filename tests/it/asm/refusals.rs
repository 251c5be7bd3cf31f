//! The errors of ASM, each with its documented text, and those of the gateway.

use axum::response::IntoResponse;
use http_body_util::BodyExt;
use release_emulator::internals::families::asm::Error;
use release_emulator::internals::http::Rejection;
use release_emulator::internals::world::settings::{Auth, References};
use serde_json::{Value, json};

use super::{
    ALL, FORBIDDEN, INVALID_REQUEST, MESH, NOT_FOUND, RELEASES, UNAUTHENTICATED, create,
    deployment, meshes, minimal_release, release,
};
use crate::common::{App, CREDENTIALS, assert_same, shown};

async fn assert_refused(app: &App, body: Value) -> String {
    let before = app.state().await;
    let error = app.post(RELEASES, body).await.assert_status(400);
    assert_eq!(error["errorCode"], INVALID_REQUEST);
    assert_same(&app.state().await, &before);
    error["errorMsg"].as_str().unwrap().to_owned()
}

fn without(place: &str) -> Value {
    let mut body = minimal_release("reviews-gray", "reviews");
    let (outer, key) = place.rsplit_once('/').unwrap();
    let fields = body.pointer_mut(outer).unwrap().as_object_mut().unwrap();
    fields.shift_remove(key).expect("a field");
    body
}

fn with(place: &str, value: Value) -> Value {
    let mut body = minimal_release("reviews-gray", "reviews");
    let (outer, key) = place.rsplit_once('/').unwrap();
    body.pointer_mut(outer).unwrap()[key] = value;
    body
}

#[tokio::test]
async fn each_missing_required_field_of_a_release_is_named() {
    let app = App::new();
    for (place, path) in [
        ("/metadata", "metadata"),
        ("/metadata/name", "metadata.name"),
        ("/spec", "spec"),
        ("/spec/serviceName", "spec.serviceName"),
        ("/spec/grayDeployments", "spec.grayDeployments"),
        (
            "/spec/grayDeployments/0/template",
            "spec.grayDeployments[0].template",
        ),
    ] {
        let message = format!("Invalid request. {path}: is required");
        assert_eq!(assert_refused(&app, without(place)).await, message);
    }
    for (place, value, path) in [
        ("/spec/serviceName", json!(""), "spec.serviceName"),
        ("/spec/grayDeployments", json!([]), "spec.grayDeployments"),
        ("/metadata/name", Value::Null, "metadata.name"),
    ] {
        let message = format!("Invalid request. {path}: is required");
        assert_eq!(assert_refused(&app, with(place, value)).await, message);
    }
    assert_eq!(
        assert_refused(&app, json!({})).await,
        "Invalid request. metadata: is required; spec: is required"
    );
}

#[tokio::test]
async fn each_field_of_a_release_is_checked() {
    let app = App::new();
    for (place, value, message) in [
        ("/kind", json!("ReleaseList"), "kind: must be Release"),
        ("/apiVersion", json!("v2"), "apiVersion: must be asm/v2"),
        (
            "/metadata/meshID",
            json!("other"),
            "metadata.meshID: must be mesh-demo",
        ),
        (
            "/metadata/namespace",
            json!("default"),
            "metadata.namespace: must be bookinfo",
        ),
        ("/metadata/uid", json!(1), "metadata.uid: must be "),
        ("/metadata", json!([]), "metadata: must be "),
        ("/spec", json!("x"), "spec: must be "),
        ("/spec/type", json!(""), "spec.type: must not be empty"),
        ("/spec/version", json!(2), "spec.version: must be "),
        ("/spec/clusterID", json!(2), "spec.clusterID: must be "),
        (
            "/spec/deploymentName",
            json!(2),
            "spec.deploymentName: must be ",
        ),
        (
            "/spec/serviceName",
            json!(["x"]),
            "spec.serviceName: must be ",
        ),
        (
            "/spec/grayDeployments",
            json!({}),
            "spec.grayDeployments: must be ",
        ),
        (
            "/spec/grayDeployments",
            json!([7]),
            "spec.grayDeployments[0]: must be ",
        ),
        (
            "/spec/grayDeployments",
            json!([{"template": []}]),
            "spec.grayDeployments[0].template: must be an object",
        ),
        (
            "/spec/grayDeployments",
            json!([{"template": {}}, {"clusterID": 1}]),
            "spec.grayDeployments[1].clusterID: must be ",
        ),
    ] {
        let text = assert_refused(&app, with(place, value)).await;
        assert!(
            text.starts_with(&format!("Invalid request. {message}")),
            "{place}: {text}"
        );
    }
}

#[tokio::test]
async fn each_part_of_the_rule_for_names_is_checked() {
    let app = App::new();
    let rule = "Invalid request. metadata.name: must have 4 to 64 lowercase letters, digits and hyphens, \
        begin with a letter and not end with a hyphen";
    let (longest, too_long) = ("a".repeat(64), "a".repeat(65));
    for bad in [
        "", "abc", &too_long, "1abc", "-abc", "abc-", "Abcd", "abcD", "ab_d", "ab d",
    ] {
        assert_eq!(
            assert_refused(&app, minimal_release(bad, "reviews")).await,
            format!("{rule}, not {}", shown(bad))
        );
    }
    for good in ["abcd", "a--1", &longest] {
        create(&app, good, good).await;
    }
}

#[tokio::test]
async fn broken_json_is_refused_and_an_unknown_field_causes_a_hint() {
    let app = App::new();
    let reply = app.send("POST", RELEASES, CREDENTIALS, "{").await;
    assert!(
        reply.assert_status(400)["errorMsg"]
            .as_str()
            .unwrap()
            .starts_with("Invalid request. the body is not JSON: unexpected end")
    );

    let reply = app.post(RELEASES, with("/spec/weight", json!(1))).await;
    reply.assert_status(201);
    assert_eq!(
        reply.header("x-emulator-hint"),
        "unknown field spec.weight was ignored"
    );
}

#[tokio::test]
async fn long_messages_are_truncated_to_the_documented_limit() {
    let app = App::new();
    let long = "x".repeat(2_000);
    let reply = app
        .post(
            &format!("/v2/meshes/{long}/namespaces/n/releases"),
            with("/metadata/meshID", json!("a")),
        )
        .await;
    assert_eq!(
        reply.assert_status(400)["errorMsg"]
            .as_str()
            .unwrap()
            .chars()
            .count(),
        512
    );
}

#[tokio::test]
async fn unknown_meshes_and_tasks_are_404_with_the_documented_text() {
    let app = App::load(&json!({"asm": {"meshes": [{"id": MESH}]}}));
    let not_found = json!({"errorCode": NOT_FOUND, "errorMsg": "Resource not found."});
    let before = app.state().await;
    for (method, path, hint) in [
        (
            "GET",
            "/v2/meshes/nowhere/releases",
            "there is no mesh nowhere in the projects this request reaches",
        ),
        (
            "GET",
            "/v2/meshes/nowhere/namespaces/n/releases/r",
            "there is no mesh nowhere in the projects this request reaches",
        ),
        (
            "GET",
            "/v2/meshes/mesh-demo/namespaces/n/releases/r",
            "there is no release task r in the namespace n",
        ),
        (
            "PUT",
            "/v2/meshes/mesh-demo/namespaces/n/releases/r",
            "there is no release task r in the namespace n",
        ),
        (
            "PUT",
            "/v2/meshes/nowhere/namespaces/n/releases/r",
            "there is no mesh nowhere in the projects this request reaches",
        ),
        (
            "DELETE",
            "/v2/meshes/mesh-demo/namespaces/n/releases/r?action=end",
            "there is no release task r in the namespace n",
        ),
        (
            "DELETE",
            "/v2/meshes/nowhere/namespaces/n/releases/r?action=end",
            "there is no mesh nowhere in the projects this request reaches",
        ),
        (
            "GET",
            &meshes("/nowhere"),
            "there is no mesh nowhere in the projects this request reaches",
        ),
        (
            "DELETE",
            &meshes("/nowhere"),
            "there is no mesh nowhere in the projects this request reaches",
        ),
    ] {
        let reply = app.send(method, path, CREDENTIALS, "").await;
        assert_same(&reply.assert_status(404), &not_found);
        assert_eq!(reply.header("x-emulator-hint"), hint, "{method} {path}");
        assert_eq!(reply.header("content-type"), "application/json");
    }
    assert_same(&app.state().await, &before);
}

#[tokio::test]
async fn with_checked_references_an_unknown_mesh_is_not_registered() {
    let app = App::with(|settings| settings.references = References::Checked);
    let before = app.state().await;
    let reply = app
        .post(RELEASES, minimal_release("reviews-gray", "reviews"))
        .await;
    assert_eq!(reply.assert_status(404)["errorCode"], NOT_FOUND);
    assert_same(&app.state().await, &before);
}

#[tokio::test]
async fn asm_itself_refuses_missing_and_invalid_credentials() {
    let app = App::with(|settings| settings.auth = Auth::Strict);
    for (headers, reason) in [
        (&[][..], "x-auth-token not found"),
        (&[("x-auth-token", "t")][..], "decrypt token fail"),
        (
            &[("authorization", "SDK-HMAC-SHA256 nonsense")][..],
            "verify aksk signature fail",
        ),
    ] {
        for path in [ALL, &meshes("")] {
            let reply = app.send("GET", path, headers, "").await;
            let message =
                format!("Authenticate error. Incorrect IAM authentication information: {reason}");
            assert_same(
                &reply.assert_status(401),
                &json!({"errorCode": UNAUTHENTICATED, "errorMsg": message}),
            );
            assert_ne!(reply.header("x-emulator-hint"), "");
        }
    }
}

fn identities(actions: &Value) -> Value {
    json!({
        "identities": {
            "users": [{"name": "ann", "projects": [{"id": "p-1", "name": "one"}], "actions": actions}],
            "tokens": [{"token": "ann-1", "user": "ann"}, {"token": "old", "user": "ann", "expires_at": "2026-01-01T11:00:00Z"}],
        },
        "asm": {"meshes": [
            {"id": MESH, "emulator": {"project": "p-1"}},
            {"id": "mesh-other", "emulator": {"project": "p-2"}},
        ]},
    })
}

#[tokio::test]
async fn a_missing_permission_is_403() {
    let app = App::load(&identities(&json!([
        "asm:mesh:get",
        "asm:mesh:listReleases"
    ])));
    let ann = [("x-auth-token", "ann-1")];
    let forbidden = json!({"errorCode": FORBIDDEN, "errorMsg": "Forbidden."});
    app.send("GET", ALL, &ann, "").await.assert_status(200);
    app.send("GET", "/v1/p-1/meshes/mesh-demo", &ann, "")
        .await
        .assert_status(200);
    for (method, path, action) in [
        ("POST", RELEASES, "asm:mesh:createRelease"),
        ("GET", &release("r"), "asm:mesh:getRelease"),
        ("PUT", &release("r"), "asm:mesh:updateRelease"),
        ("DELETE", &release("r"), "asm:mesh:deleteRelease"),
        ("POST", "/v1/p-1/meshes", "asm:mesh:create"),
        ("GET", "/v1/p-1/meshes", "asm:mesh:list"),
        ("DELETE", "/v1/p-1/meshes/mesh-demo", "asm:mesh:delete"),
    ] {
        let reply = app.send(method, path, &ann, "{}").await;
        assert_same(&reply.assert_status(403), &forbidden);
        let hint = format!(
            "ann is allowed [asm:mesh:get, asm:mesh:listReleases], which does not match {action}"
        );
        assert_eq!(reply.header("x-emulator-hint"), hint, "{method} {path}");
    }
    let elsewhere = [("x-auth-token", "ann-1"), ("x-project-id", "p-2")];
    for (path, headers) in [
        ("/v1/p-2/meshes/mesh-other", &ann[..]),
        (ALL, &elsewhere[..]),
    ] {
        let reply = app.send("GET", path, headers, "").await;
        assert_same(&reply.assert_status(403), &forbidden);
        let hint = "the credential is for the project p-1, not for p-2";
        assert_eq!(reply.header("x-emulator-hint"), hint, "{path}");
    }
}

#[tokio::test]
async fn a_known_caller_can_access_the_meshes_of_the_own_projects() {
    let app = App::load(&identities(&json!(["*"])));
    let ann = [("x-auth-token", "ann-1")];
    app.send("GET", ALL, &ann, "").await.assert_status(200);
    app.send("GET", "/v2/meshes/mesh-other/releases", &ann, "")
        .await
        .assert_status(404);
    let body = minimal_release("reviews-gray", "reviews").to_string();
    app.send(
        "POST",
        "/v2/meshes/mesh-other/namespaces/n/releases",
        &ann,
        body.clone(),
    )
    .await
    .assert_status(404);
    app.send(
        "POST",
        "/v2/meshes/mesh-new/namespaces/n/releases",
        &ann,
        body,
    )
    .await
    .assert_status(201);
    app.get("/v1/p-1/meshes/mesh-new").await.assert_status(200);
    app.get("/v1/p-2/meshes/mesh-new").await.assert_status(404);

    let expired = app.send("GET", ALL, &[("x-auth-token", "old")], "").await;
    assert_eq!(
        expired.assert_status(401)["errorMsg"],
        "Authenticate error. Incorrect IAM authentication information: token expires, expires_at: 2026-01-01T11:00:00Z"
    );
}

#[tokio::test]
async fn a_fault_of_the_emulator_is_500_with_the_documented_text() {
    // No known request causes one.
    let response = Error::from(Rejection::Internal).into_response();

    assert_eq!(response.status(), 500);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(
        body,
        r#"{"errorCode":"ASM.01040001","errorMsg":"Internal error."}"#
    );
}

#[tokio::test]
async fn the_gateway_refuses_requests_that_no_operation_handles() {
    let app = App::new();
    for (method, path, status, code) in [
        ("GET", "/v2/meshes/mesh-demo", 404, "APIGW.0101"),
        ("GET", "/v2/meshes//releases", 404, "APIGW.0101"),
        ("GET", "/v2/meshes/mesh-demo/releases/", 404, "APIGW.0101"),
        ("POST", ALL, 405, "APIGW.0101"),
        ("GET", RELEASES, 405, "APIGW.0101"),
        ("PUT", "/v1/p-1/meshes", 405, "APIGW.0101"),
        ("GET", "/v1/%7Bproject_id%7D/meshes", 400, "APIGW.0602"),
    ] {
        let error = app
            .send(method, path, CREDENTIALS, "")
            .await
            .assert_status(status);
        assert_eq!(error["error_code"], code, "{method} {path}");
    }
    let template = deployment(&"x".repeat(12 << 20));
    let large = app.post(RELEASES, template).await.assert_status(413);
    assert_eq!(large["error_code"], "APIGW.0201");
}

//! Misuses of ASM.

use super::*;

const RELEASES: &str = "/v2/meshes/mesh-demo/namespaces/default/releases";

fn no_such_resource() -> Refusal {
    asm(404, "01010002", "Resource not found.")
}

#[tokio::test]
async fn a_missing_token() {
    assert_refusals([
        (
            anonymous("GET", "/v2/meshes/mesh-demo/releases"),
            asm_unauthenticated("x-auth-token not found"),
        ),
        (
            anonymous("POST", RELEASES).body("{"),
            asm_unauthenticated("x-auth-token not found"),
        ),
        (
            anonymous("GET", "/v1/p/meshes"),
            asm_unauthenticated("x-auth-token not found"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn half_a_signature() {
    assert_refusals([(
        anonymous("GET", "/v2/meshes/mesh-demo/releases").headers(HALF_A_SIGNATURE),
        asm_unauthenticated("verify aksk signature fail"),
    )])
    .await;
}

#[tokio::test]
async fn an_unknown_path() {
    assert_refusals([
        (anonymous("GET", "/v2/meshes"), no_such_api()),
        (
            anonymous("GET", "/v2/meshes/mesh-demo/releases/"),
            no_such_api(),
        ),
        (authorized("GET", "/v2/meshes//releases"), no_such_api()),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_method() {
    assert_refusals([
        (
            anonymous("PATCH", "/v2/meshes/mesh-demo/releases"),
            method_not_allowed(),
        ),
        (
            authorized("POST", "/v2/meshes/mesh-demo/releases"),
            method_not_allowed(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn broken_json() {
    let eof = "the body is not JSON: unexpected end at line 1 column 1";
    assert_refusals([(
        authorized("POST", RELEASES).body("{"),
        asm(400, "01010001", &format!("Invalid request. {eof}")),
    )])
    .await;
}

#[tokio::test]
async fn a_wrong_type_with_its_json_path() {
    let wrong = "must be a string, not 7";
    let release = r#"{"metadata":{"name":7}}"#;
    assert_refusals([(
        authorized("POST", RELEASES).body(release),
        asm(
            400,
            "01010001",
            &format!("Invalid request. metadata.name: {wrong}"),
        ),
    )])
    .await;
}

#[tokio::test]
async fn too_large_a_body() {
    assert_refusals([(
        authorized("POST", RELEASES).body(over_12_mib()),
        body_too_large(),
    )])
    .await;
}

#[tokio::test]
async fn an_encoding_that_is_not_read() {
    assert_refusals([(
        authorized("POST", RELEASES).headers(IN_BROTLI).body("x"),
        unsupported_encoding(),
    )])
    .await;
}

#[tokio::test]
async fn an_unknown_id() {
    assert_refusals([
        (
            authorized("GET", "/v2/meshes/nope/releases"),
            no_such_resource(),
        ),
        (
            authorized("GET", format!("{RELEASES}/nope")),
            no_such_resource(),
        ),
        (
            authorized("GET", format!("/v1/{PROJECT}/meshes/nope")),
            no_such_resource(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn garbage_in_the_path() {
    assert_refusals([(
        authorized("GET", "/v2/meshes/%FF/releases"),
        asm(
            400,
            "01010001",
            &format!("Invalid request. {}", not_utf8("mesh_id")),
        ),
    )])
    .await;
}

//! Misuses of IAM.

use super::*;

const TOKENS: &str = "/v3/auth/tokens";

#[tokio::test]
async fn a_missing_token() {
    assert_refusals([
        (
            anonymous("GET", "/v3/projects"),
            unauthenticated("x-auth-token not found"),
        ),
        (
            anonymous("GET", "/v3/auth/domains"),
            unauthenticated("x-auth-token not found"),
        ),
        (
            anonymous("GET", TOKENS).headers(&[("x-subject-token", "t")]),
            unauthenticated("x-auth-token not found"),
        ),
        (
            anonymous("DELETE", TOKENS),
            unauthenticated("x-auth-token not found"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn half_a_signature() {
    assert_refusals([(
        anonymous("GET", "/v3/projects").headers(HALF_A_SIGNATURE),
        unauthenticated("verify aksk signature fail"),
    )])
    .await;
}

#[tokio::test]
async fn an_unknown_path() {
    assert_refusals([
        (anonymous("GET", "/v3/auth/nope"), no_such_api()),
        (
            anonymous("POST", "/v3/auth/tokens/").body("{"),
            no_such_api(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_method() {
    assert_refusals([
        (anonymous("PUT", TOKENS).body("{"), method_not_allowed()),
        (
            authorized("POST", "/v3/projects").body("{"),
            method_not_allowed(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn broken_json() {
    assert_refusals([(
        anonymous("POST", TOKENS).body("{"),
        iam(400, "0011", "Request body is invalid."),
    )])
    .await;
}

#[tokio::test]
async fn a_wrong_type_with_its_json_path() {
    let login = r#"{"auth":{"identity":{"methods":7}}}"#;
    assert_refusals([(
        anonymous("POST", TOKENS).body(login),
        iam(
            400,
            "0073",
            "Invalid input for field 'methods'. The value is '7'.",
        ),
    )])
    .await;
}

#[tokio::test]
async fn too_large_a_body() {
    assert_refusals([(
        anonymous("POST", TOKENS).body(over_12_mib()),
        iam(413, "0011", "Request body is invalid."),
    )])
    .await;
}

#[tokio::test]
async fn an_unknown_id() {
    assert_refusals([
        (
            anonymous("GET", TOKENS).headers(&[("x-auth-token", "t"), ("x-subject-token", "nope")]),
            iam(404, "0004", "Could not find token."),
        ),
        (
            anonymous("DELETE", TOKENS)
                .headers(&[("x-auth-token", "t"), ("x-subject-token", "nope")]),
            iam(404, "0004", "Could not find token."),
        ),
    ])
    .await;
}

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
        keystone(400, "The request body is invalid", "Bad Request"),
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
async fn an_encoding_that_is_not_read() {
    assert_refusals([(
        anonymous("POST", TOKENS).headers(IN_BROTLI).body("x"),
        unsupported_encoding(),
    )])
    .await;
}

#[tokio::test]
async fn an_unknown_id() {
    let subject = &[("x-auth-token", "t"), ("x-subject-token", "nope")];
    let no_such_token = || {
        keystone(
            404,
            "X-Subject-Token is invalid in the request",
            "Not Found",
        )
    };
    assert_refusals([
        (anonymous("GET", TOKENS).headers(subject), no_such_token()),
        (
            anonymous("DELETE", TOKENS).headers(subject),
            no_such_token(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_operation_that_is_not_emulated() {
    let not_implemented = || {
        keystone(
            501,
            "The action you have requested has not been implemented.",
            "Not Implemented",
        )
    };
    assert_refusals([
        (
            anonymous("POST", "/v3.0/OS-AUTH/id-token/tokens").body("{}"),
            not_implemented(),
        ),
        (
            authorized("POST", "/v5/agencies/assume").body("{}"),
            not_implemented(),
        ),
        (authorized("GET", "/v5/caller-identity"), not_implemented()),
    ])
    .await;
}

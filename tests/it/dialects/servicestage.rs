//! Misuses of ServiceStage release plans and pipelines.

use super::*;

fn servicestage(status: u16, code: &str, text: &str) -> Refusal {
    let body = json!({"error_code": format!("SVCSTG.{code}"), "error_msg": text}).to_string();
    Refusal::new(status, "application/json", body)
}

fn no_such_release() -> Refusal {
    servicestage(404, "00100433", "application release not found")
}

fn invalid_parameter(wrong: &str) -> Refusal {
    servicestage(400, "00100400", &format!("parameter invalid: {wrong}"))
}

#[tokio::test]
async fn a_missing_token() {
    assert_refusals([
        (
            anonymous("GET", plans()),
            unauthenticated("x-auth-token not found"),
        ),
        (
            anonymous("POST", plans()).body("{"),
            unauthenticated("x-auth-token not found"),
        ),
        (
            anonymous("GET", pipelines()),
            unauthenticated("x-auth-token not found"),
        ),
        (
            anonymous("GET", pipelines()).headers(&[("x-auth-token", "")]),
            unauthenticated("x-auth-token not found"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn half_a_signature() {
    assert_refusals([(
        anonymous("GET", plans()).headers(HALF_A_SIGNATURE),
        unauthenticated("verify aksk signature fail"),
    )])
    .await;
}

#[tokio::test]
async fn an_unknown_path() {
    assert_refusals([
        (anonymous("GET", "/v3//pipeline/pipelines"), no_such_api()),
        (
            authorized("GET", format!("{}/", pipelines())),
            no_such_api(),
        ),
        (
            anonymous("GET", format!("{}/a/b/c", plans())),
            no_such_api(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_method() {
    assert_refusals([
        (anonymous("DELETE", plans()), method_not_allowed()),
        (authorized("TRACE", pipelines()), method_not_allowed()),
        (anonymous("FOO", pipelines()), method_not_allowed()),
        (
            authorized("DELETE", format!("{}/x", pipelines())),
            method_not_allowed(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn broken_json() {
    let eof = "the body is not JSON: unexpected end at line 1 column 1";
    assert_refusals([
        (
            authorized("POST", plans()).body("{"),
            invalid_parameter(eof),
        ),
        (
            authorized("POST", pipelines()).body("{"),
            invalid_parameter(eof),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_type_with_its_json_path() {
    let wrong = "must be a string, not 7";
    let plan = r#"{"name":"release-a","components":[{"seq":0,"name":7}]}"#;
    let pipeline = r#"{"name":"release-a","model_version":2,"config_mode":"ui","stages":[{"name":"s","tasks":[{"name":7}]}]}"#;
    assert_refusals([
        (
            authorized("POST", plans()).body(plan),
            invalid_parameter(&format!("components[0].name: {wrong}")),
        ),
        (
            authorized("POST", pipelines()).body(pipeline),
            invalid_parameter(&format!("stages[0].tasks[0].name: {wrong}")),
        ),
    ])
    .await;
}

#[tokio::test]
async fn too_large_a_body() {
    assert_refusals([
        (
            authorized("POST", plans()).body(over_12_mib()),
            body_too_large(),
        ),
        (
            authorized("POST", pipelines()).body(over_12_mib()),
            body_too_large(),
        ),
        (
            authorized("GET", pipelines()).body(over_12_mib()),
            body_too_large(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_encoding_that_is_not_read() {
    assert_refusals([(
        authorized("POST", plans()).headers(IN_BROTLI).body("x"),
        unsupported_encoding(),
    )])
    .await;
}

#[tokio::test]
async fn an_unknown_id() {
    assert_refusals([
        (
            authorized("GET", format!("{}/nope", plans())),
            no_such_release(),
        ),
        (
            authorized("POST", format!("{}/nope/execute", plans())),
            no_such_release(),
        ),
        (
            authorized("GET", format!("{}/nope", pipelines())),
            no_such_release(),
        ),
        (
            authorized(
                "POST",
                format!("{}/nope/action?action_id=start", pipelines()),
            ),
            no_such_release(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn garbage_in_the_path() {
    assert_refusals([
        (
            authorized("GET", format!("{}/%FF", plans())),
            invalid_parameter(&not_utf8("release_plan_id")),
        ),
        (
            authorized("GET", format!("{}/%FF", pipelines())),
            invalid_parameter(&not_utf8("pipeline_id")),
        ),
        (
            authorized("GET", format!("{}/%00", pipelines())),
            no_such_release(),
        ),
        (
            authorized("GET", format!("{}/a%2Fb", plans())),
            no_such_release(),
        ),
        (
            authorized("GET", format!("{}/%zz", plans())),
            no_such_release(),
        ),
    ])
    .await;
}

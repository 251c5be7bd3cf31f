//! Misuses of the control plane.

use super::*;

fn control(status: u16, title: &str, detail: &str) -> Refusal {
    let body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail})
        .to_string();
    Refusal::new(status, "application/problem+json", body + "\n")
}

#[tokio::test]
async fn an_unknown_path() {
    let text = "there is no such path under /_emulator; see GET /_emulator/v1/openapi.json";
    assert_refusals([
        (
            anonymous("GET", "/_emulator/nope"),
            control(404, "Not Found", text),
        ),
        (
            anonymous("GET", "/_emulator/v1/nope"),
            control(404, "Not Found", text),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_method() {
    assert_refusals([(
        anonymous("PUT", "/_emulator/v1/health"),
        control(
            405,
            "Method Not Allowed",
            "the path exists, but not for this method",
        ),
    )])
    .await;
}

#[tokio::test]
async fn broken_json() {
    let eof = "the body is not JSON: unexpected end at line 1 column 1";
    assert_refusals([
        (
            anonymous("POST", "/_emulator/v1/scripts").body("{"),
            control(400, "Bad Request", eof),
        ),
        (
            anonymous("PUT", "/_emulator/v1/state").body("{"),
            control(400, "Bad Request", &eof.replace("body", "document")),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_type_with_its_json_path() {
    let wrong = "must be a string, not 7";
    assert_refusals([
        (
            anonymous("POST", "/_emulator/v1/scripts").body(r#"{"match":{"step":7}}"#),
            control(400, "Bad Request", &format!("match.step: {wrong}")),
        ),
        (
            anonymous("PUT", "/_emulator/v1/state")
                .body(r#"{"servicestage":{"projects":[{"id":7}]}}"#),
            control(
                400,
                "Bad Request",
                &format!("servicestage.projects[0].id: {wrong}"),
            ),
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_unknown_id() {
    assert_refusals([(
        anonymous("DELETE", "/_emulator/v1/scripts/nope"),
        control(404, "Not Found", "there is no script nope"),
    )])
    .await;
}

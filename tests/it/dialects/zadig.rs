//! Misuses of Zadig.

use super::*;

const VERSIONS: &str = "/openapi/delivery/releases";
const K8S_VERSIONS: &str = "/openapi/delivery/releases/k8s";

fn zadig(status: u16, body: &str) -> Refusal {
    Refusal::new(status, "application/json; charset=utf-8", body)
}

fn zadig_text(status: u16, body: &str) -> Refusal {
    Refusal::new(status, "text/plain; charset=utf-8", body)
}

fn empty(status: u16) -> Refusal {
    Refusal::new(status, "", "")
}

#[tokio::test]
async fn a_missing_token() {
    assert_refusals([
        (anonymous("GET", VERSIONS), empty(401)),
        (
            anonymous("GET", VERSIONS).headers(&[("authorization", "raw-token")]),
            empty(401),
        ),
        (anonymous("POST", K8S_VERSIONS).body("{"), empty(401)),
    ])
    .await;
}

#[tokio::test]
async fn an_unknown_path() {
    assert_refusals([
        (anonymous("GET", "/openapi"), empty(401)),
        (anonymous("GET", "/openapi/delivery/nope"), empty(401)),
        (
            authorized("GET", "/openapi/delivery/nope"),
            zadig_text(404, "Invalid path: /openapi/delivery/nope"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_method() {
    assert_refusals([
        (anonymous("PUT", VERSIONS), empty(401)),
        (
            authorized("PUT", VERSIONS),
            zadig_text(405, "Method not allowed: PUT /openapi/delivery/releases"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn broken_json() {
    assert_refusals([
        (authorized("POST", K8S_VERSIONS).body("{"), zadig(400, r#"{"code":400,"description":"unexpected EOF","extra":{},"message":"Bad Request","type":"error"}"#)),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_type_with_its_json_path() {
    let version = r#"{"yaml_datas":[{"service_name":7}]}"#;
    assert_refusals([
        (authorized("POST", K8S_VERSIONS).body(version), zadig(400, r#"{"code":400,"description":"json: cannot unmarshal number into Go struct field OpenAPICreateK8SDeliveryVersionYamlData.yaml_datas.service_name of type string","extra":{},"message":"Bad Request","type":"error"}"#)),
    ])
    .await;
}

#[tokio::test]
async fn too_large_a_body() {
    assert_refusals([(
        authorized("POST", K8S_VERSIONS).body(over_12_mib()),
        empty(413),
    )])
    .await;
}

#[tokio::test]
async fn an_encoding_that_is_not_read() {
    assert_refusals([(
        authorized("POST", K8S_VERSIONS).headers(IN_BROTLI).body("x"),
        zadig(415, r#"{"code":415,"description":"the Content-Encoding \"br\" is not read","extra":{},"message":"Unsupported Media Type","type":"error"}"#),
    )])
    .await;
}

#[tokio::test]
async fn an_unknown_id() {
    let detail = r#"{"code":500,"description":"failed to get delivery version, ID: 66287b110b8b8a631910ffff, error: 查询交付中心版本失败: ","message":"Internal Error: "}"#;
    assert_refusals([(
        authorized(
            "GET",
            format!("{VERSIONS}/66287b110b8b8a631910ffff?projectKey=demo"),
        ),
        zadig(500, detail),
    )])
    .await;
}

#[tokio::test]
async fn garbage_in_the_path() {
    let app = App::new();
    let reply = app.get(&format!("{VERSIONS}/%FF?projectKey=demo")).await;
    assert_eq!(
        (reply.status, reply.json()["code"].clone()),
        (500, json!(500)),
        "{reply:?}"
    );
}

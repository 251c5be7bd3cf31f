//! Heads that are not valid HTTP: each is refused in the words of its family, and recorded.

use serde_json::json;

use super::{answer, answers};
use crate::common::PROJECT;
use crate::socket::Server;

#[tokio::test]
async fn every_fault_of_a_head_is_refused_with_its_reason() {
    let server = Server::start().await;
    let long = "x".repeat(66_000);
    let many = "X-Many: 1\r\n".repeat(101);
    let huge = format!("X-Huge: {}\r\n", "x".repeat(500_000));
    let head = |line: &str, fields: &str| format!("{line}\r\nHost: x\r\n{fields}\r\n").into_bytes();
    let post = "POST /v3/p1/cas/release-plans HTTP/1.1";
    for (bytes, status, why) in [
        (b"garbage\r\n\r\n".to_vec(), 400, "the request line must be"),
        (b"G@T / HTTP/1.1\r\n\r\n".to_vec(), 400, "the method has"),
        (
            b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
            400,
            "must be percent-encoded",
        ),
        (
            b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
            400,
            "a path without blanks",
        ),
        (
            b"GET / HTTP/3.0\r\nHost: x\r\n\r\n".to_vec(),
            400,
            "the version must be",
        ),
        (
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            400,
            "HTTP/2.0 is not supported",
        ),
        (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
            400,
            "http://",
        ),
        (
            head(post, "Content-Length: 1\r\nContent-Length: 2\r\n"),
            400,
            "two different values",
        ),
        (
            head(post, "Content-Length: -1\r\n"),
            400,
            "not a non-negative integer",
        ),
        (
            head(post, "Content-Length: 99999999999999999999\r\n"),
            400,
            "too large",
        ),
        (
            head(post, "Content-Length : 2\r\n"),
            400,
            "Content-Length cannot be read",
        ),
        (
            head(post, "Transfer-Encoding: gzip\r\n"),
            400,
            "must be chunked",
        ),
        (
            head(&format!("GET /{long} HTTP/1.1"), ""),
            414,
            "the path and query are too long",
        ),
        (
            head("GET / HTTP/1.1", &many),
            431,
            "more than 100 header fields",
        ),
        (head("GET / HTTP/1.1", &huge), 431, "longer than 64 KiB"),
    ] {
        let refusal = answer(&server, &bytes).await;
        refusal.assert_hinted(status, why);
        assert_eq!(refusal.field("connection"), "close");
        assert_eq!(refusal.json()["error_code"], "APIGW.0201", "{refusal:?}");
        assert_eq!(refusal.json()["request_id"], refusal.field("x-request-id"));
    }
}

#[tokio::test]
async fn every_family_refuses_a_malformed_head_in_its_own_shape() {
    let server = Server::start().await;
    let reason = "there are two different values of Content-Length";
    let gateway =
        json!({"error_msg": format!("Bad request: {reason}"), "error_code": "APIGW.0201"});
    let zadig = json!({"code": 400, "description": reason, "extra": {}, "message": "Bad Request", "type": "error"});
    let problem = json!({"type": "about:blank", "title": "Bad Request", "status": 400,
        "detail": format!("the request is not valid HTTP/1.1: {reason}")});
    for (path, expected) in [
        ("/v2/meshes/m1/namespaces/default/releases", &gateway),
        ("/v3/p1/pipeline/pipelines", &gateway),
        ("/v3/auth/tokens", &gateway),
        ("/nowhere", &gateway),
        ("/openapi/delivery/releases", &zadig),
        ("/openapi/nowhere", &zadig),
        ("/_emulator/v1/state", &problem),
        ("/_emulator/nowhere", &problem),
    ] {
        let bytes = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        let refusal = answer(&server, bytes.as_bytes()).await;
        refusal.assert_hinted(
            400,
            if path.starts_with("/_emulator") {
                ""
            } else {
                reason
            },
        );
        let mut body = refusal.json();
        body.as_object_mut().unwrap().remove("request_id");
        assert_eq!(&body, expected, "{path}");
    }
}

#[tokio::test]
async fn a_malformed_head_is_recorded_with_the_path_and_fields_that_could_be_read() {
    let server = Server::start().await;
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    let bytes = format!(
        "GET /_emulator/v1/health HTTP/1.1\r\nHost: x\r\n\r\n\
         PUT {path}?a=1 HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\nX-Note: n\r\nTransfer-Encoding: gzip\r\n\r\nbody"
    );
    let both = answers(&server, bytes.as_bytes()).await;
    assert_eq!([both[0].status, both[1].status], [200, 400]);

    let journal = answer(
        &server,
        b"GET /_emulator/v1/requests HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    .await
    .json();
    let record = &journal["requests"][0];
    assert_eq!(journal["total"], 1, "{journal}");
    assert_eq!(
        [
            &record["method"],
            &record["path"],
            &record["query"],
            &record["status"]
        ],
        [&json!("PUT"), &json!(path), &json!("a=1"), &json!(400)]
    );
    assert_eq!(
        record["request"]["headers"],
        json!({"host": "x", "x-auth-token": "***", "x-note": "n"})
    );
}

#[tokio::test]
async fn one_host_is_required_of_http_1_1() {
    let server = Server::start().await;
    let list = |version: &str, hosts: &str| {
        format!(
            "GET /v3/p1/pipeline/pipelines HTTP/{version}\r\n{hosts}X-Auth-Token: t\r\nConnection: close\r\n\r\n"
        )
    };
    for (version, hosts, status, why) in [
        ("1.1", "Host: x\r\n", 200, ""),
        ("1.1", "Host: [::1]:4600\r\n", 200, ""),
        ("1.1", "Host:\r\n", 200, ""),
        ("1.0", "", 200, ""),
        ("1.1", "", 400, "Host is missing"),
        ("1.1", "Host: x\r\nHost: x\r\n", 400, "more than one Host"),
        ("1.1", "Host: a/b\r\n", 400, "not a host name"),
        ("1.0", "Host: a b\r\n", 400, "not a host name"),
    ] {
        let answer = answer(&server, list(version, hosts).as_bytes()).await;
        answer.assert_hinted(status, why);
    }
}

#[tokio::test]
async fn a_client_that_writes_on_after_a_malformed_head_sees_the_refusal() {
    let server = Server::start().await;
    let mut bytes = b"POST / HTTP/9.9\r\nHost: x\r\n\r\n".to_vec();
    bytes.resize(8 << 20, b'x');
    answer(&server, &bytes)
        .await
        .assert_hinted(400, "the version must be");
}

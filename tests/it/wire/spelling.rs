//! The spelling of header names. Scripts search answers for `X-Subject-Token` with `grep`, which minds the case.

use std::collections::BTreeSet;

use serde_json::json;

use crate::socket::Server;

/// Every header that an answer may have. Hyper writes the abbreviations in them like words.
const SPELLINGS: &[&str] = &[
    "Allow",
    "Cache-Control",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Date",
    "Location",
    "Retry-After",
    "Transfer-Encoding",
    "X-Accel-Buffering",
    "X-Emulator-Evidence",
    "X-Emulator-Fault",
    "X-Emulator-Hint",
    "X-Iam-Trace-Id",
    "X-Request-Id",
    "X-Subject-Token",
    "X-Total",
];

#[tokio::test]
async fn every_header_of_every_answer_is_spelt_as_documented() {
    let server = Server::start().await;
    let request = |method: &str, path: &str, fields: &str, body: &str| {
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\n{fields}Content-Length: {length}\r\n\r\n{body}"
        )
    };
    let credentials = "X-Auth-Token: t\r\nAuthorization: Bearer t\r\n";
    let listed = super::answer(
        &server,
        b"GET /_emulator/v1/operations HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    let operations = listed.await.json();
    let mut all = Vec::new();
    for operation in operations["operations"].as_array().unwrap() {
        let text = |key: &str| operation[key].as_str().unwrap().to_owned();
        let path = text("path").replace(['{', '}'], "");
        for fields in [credentials, ""] {
            all.push(request(&text("method"), &path, fields, "{}"));
        }
        all.push(request("BREW", &path, credentials, ""));
    }
    let login = json!({"auth": {"identity": {"methods": ["password"],
        "password": {"user": {"name": "ann", "password": "p", "domain": {"name": "acme"}}}}}});
    all.push(request("POST", "/v3/auth/tokens", "", &login.to_string()));
    for status in [204, 429, 503] {
        let fault = json!({"match": {}, "do": {"status": status}, "times": 1});
        all.push(request(
            "POST",
            "/_emulator/v1/faults",
            "",
            &fault.to_string(),
        ));
        all.push(request("GET", "/v3/p1/pipeline/pipelines", credentials, ""));
    }
    for path in [
        "/_emulator/v1/clock",
        "/_emulator/v1/state",
        "/_emulator/v1/metrics",
        "/_emulator/nowhere",
        "/",
    ] {
        all.push(request("GET", path, "", ""));
    }
    all.push(request(
        "GET",
        "/openapi/delivery/releases/",
        credentials,
        "",
    ));
    all.push("GET / HTTP/9.9\r\n\r\n".to_owned());
    all.push("GET /_emulator/v1/events HTTP/1.1\r\nHost: x\r\n\r\n".to_owned());
    let mut seen = BTreeSet::new();
    for bytes in all {
        let head = server.raw_head(bytes.as_bytes()).await;
        let fields = head.split("\r\n").skip(1).filter(|line| !line.is_empty());
        for field in fields {
            let (name, _) = field.split_once(": ").unwrap();
            assert!(SPELLINGS.contains(&name), "{name} in the answer to {bytes}");
            seen.insert(name.to_owned());
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), SPELLINGS);
}

//! The callers of the control plane, and web pages that read answers of the services.

mod control;
mod cors;
mod process;
mod token;

use release_emulator::internals::{Settings, control as plane};
use serde_json::Value;

use crate::common::{App, Reply};

const PAGE: &str = "http://localhost:5173";

/// The marks of a request by a page of a stranger.
const STRANGER: &[(&str, &str)] = &[
    ("host", "localhost:4600"),
    ("origin", "https://evil.example"),
    ("referer", "https://evil.example/"),
    ("sec-fetch-site", "cross-site"),
    ("content-type", "application/json"),
];

/// Every call of the control plane, whether a document names it or not: method and path. A new one is among them.
fn calls() -> Vec<(String, String)> {
    let document = plane::openapi(&Settings::default(), "http://localhost");
    let document: Value = serde_json::from_str(&document).expect("a document");
    let mut calls = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys() {
            let is_method = ["get", "put", "post", "patch", "delete"].contains(&&**method);
            if path.starts_with("/_emulator") && is_method {
                // Any text stands for an id.
                let path = path.replace(['{', '}'], "");
                calls.push((method.to_uppercase(), path));
            }
        }
    }
    assert!(calls.len() > 30, "{calls:?}");
    for path in [
        "/_emulator",
        "/_emulator/",
        "/_emulator/docs/",
        "/_emulator/docs/time",
        "/_emulator/docs/nope",
        "/_emulator/nope",
        "/_emulator/v1/state/nope",
        "/llms.txt",
        "/metrics",
        "/health",
        "/ready",
        "/docs",
        "/openapi.json",
    ] {
        calls.push(("GET".to_owned(), path.to_owned()));
        calls.push(("HEAD".to_owned(), path.to_owned()));
    }
    // Methods that no path has.
    calls.push(("TRACE".to_owned(), "/_emulator/v1/state".to_owned()));
    calls.push(("OPTIONS".to_owned(), "/_emulator/v1/state".to_owned()));
    calls
}

/// Asserts that a request is refused as a problem with a hint, and returns detail and hint.
#[track_caller]
fn assert_refused(reply: &Reply, status: u16) -> (String, String) {
    assert_eq!(reply.status, status, "{}: {}", reply.request, reply.text());
    assert_eq!(reply.header("x-request-id").len(), 32, "{}", reply.request);
    assert_eq!(reply.header("access-control-allow-origin"), "");
    let hint = reply.header("x-emulator-hint").to_owned();
    assert!(!hint.is_empty(), "{}", reply.request);
    if reply.request.starts_with("HEAD ") {
        return (String::new(), hint);
    }
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let problem = reply.json();
    assert_eq!(problem["status"], status);
    (problem["detail"].as_str().expect("a text").to_owned(), hint)
}

/// Everything that a call of the control plane could change.
async fn everything(app: &App, headers: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for path in [
        "state", "clock", "scripts", "faults", "webhooks", "requests",
    ] {
        let path = format!("/_emulator/v1/{path}");
        let reply = app.send("GET", &path, headers, "").await;
        reply.assert_status(200);
        found.push(reply.text());
    }
    found
}

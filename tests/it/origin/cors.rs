//! `--cors`: web pages that read answers of the emulated services.

use axum::http::HeaderName;
use serde_json::json;

use super::{PAGE, assert_refused};
use crate::common::{App, CREDENTIALS};

const PATHS: [&str; 6] = [
    "/v3/p1/pipeline/pipelines",
    "/v3/p1/cas/release-plans",
    "/v1/p1/meshes",
    "/openapi/delivery/releases",
    "/v3/auth/tokens",
    "/no/such/path",
];

fn app(origin: &str) -> App {
    App::with(|settings| settings.cors.push(origin.parse().unwrap()))
}

/// A preflight of the page.
const PREFLIGHT: [(&str, &str); 5] = [
    ("host", "emulator.example.com"),
    ("origin", PAGE),
    ("access-control-request-method", "DELETE"),
    (
        "access-control-request-headers",
        "x-auth-token,content-type",
    ),
    ("access-control-request-private-network", "true"),
];

#[tokio::test]
async fn preflights_are_answered_before_the_credential_and_are_no_requests() {
    for (origin, granted) in [(PAGE, PAGE), ("*", "*")] {
        let app = app(origin);
        for path in PATHS {
            let reply = app.send("OPTIONS", path, &PREFLIGHT, "").await;
            assert_eq!(
                (reply.status, reply.header("access-control-allow-origin")),
                (204, granted),
                "{path}"
            );
            let methods = reply.header("access-control-allow-methods");
            assert!(
                ["GET", "POST", "PUT", "PATCH", "DELETE"]
                    .iter()
                    .all(|method| methods.contains(method))
            );
            assert_eq!(
                reply.header("access-control-allow-headers"),
                "x-auth-token,content-type"
            );
            assert_eq!(reply.header("access-control-allow-private-network"), "true");
            assert_eq!(reply.header("access-control-max-age"), "600");
            assert_eq!(
                reply.header("vary"),
                if origin == "*" { "" } else { "Origin" }
            );
            assert_eq!(reply.header("x-request-id").len(), 32);
            let usual = app.send("OPTIONS", path, &PREFLIGHT[..3], "").await;
            assert!(
                usual
                    .header("access-control-allow-headers")
                    .contains("X-Auth-Token")
            );
            assert_eq!(usual.header("access-control-allow-private-network"), "");
        }
        let journal = app.get("/_emulator/v1/requests").await.json();
        assert_eq!(journal["total"], 0, "{journal}");
        let metrics = app.get("/_emulator/v1/metrics").await.text();
        assert!(!metrics.contains("requests_total{"), "{metrics}");
    }
}

#[tokio::test]
async fn every_answer_is_shared_refusals_faults_and_unknown_paths_too() {
    let app = app(PAGE);
    let page = [&[("origin", PAGE)], CREDENTIALS].concat();
    let path = "/v3/p1/pipeline/pipelines";
    let fault =
        json!({"match": {"family": "plans"}, "do": {"status": 503, "headers": {"x-quota": "1"}}});
    app.post("/_emulator/v1/faults", fault)
        .await
        .assert_status(201);
    for (path, headers, status) in [
        (path, &page[..], 200),
        (path, &page[..1], 401),
        ("/v3/p1/cas/release-plans", &page[..], 503),
        ("/no/such/path", &page[..], 404),
        ("/openapi/delivery/releases", &page[..1], 401),
    ] {
        let reply = app.send("GET", path, headers, "").await;
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (status, PAGE),
            "{path}"
        );
        assert_eq!(reply.header("vary"), "Origin");
        let exposed = reply.header("access-control-expose-headers").to_lowercase();
        for name in reply.headers.keys().map(HeaderName::as_str) {
            let is_own =
                name.starts_with("access-control-") || ["vary", "content-length"].contains(&name);
            assert!(is_own || exposed.contains(name), "{path}: {name}");
        }
        for name in [
            "x-subject-token",
            "x-emulator-evidence",
            "x-emulator-hint",
            "x-emulator-fault",
        ] {
            assert!(exposed.contains(name), "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_origin_is_served_as_without_it() {
    let (with, without) = (app(PAGE), App::new());
    for path in PATHS {
        for (method, headers) in [("GET", CREDENTIALS), ("OPTIONS", &PREFLIGHT[2..])] {
            let headers = [&[("origin", "https://evil.example")], headers].concat();
            let reply = with.send(method, path, &headers, "").await;
            let usual = without.send(method, path, &headers, "").await;
            assert_eq!(
                (reply.status, reply.text()),
                (usual.status, usual.text()),
                "{method} {path}"
            );
            assert_eq!(reply.header("access-control-allow-origin"), "");
            assert_eq!((reply.header("vary"), usual.header("vary")), ("Origin", ""));
        }
    }
}

#[tokio::test]
async fn a_question_for_the_options_of_a_path_is_no_preflight() {
    let (with, without) = (app("*"), App::new());
    for headers in [&[][..], &PREFLIGHT[1..2], &PREFLIGHT[2..3]] {
        let reply = with.send("OPTIONS", PATHS[0], headers, "").await;
        let usual = without.send("OPTIONS", PATHS[0], headers, "").await;
        assert_eq!((reply.status, reply.text()), (usual.status, usual.text()));
        assert_ne!(reply.status, 204);
    }
}

#[tokio::test]
async fn the_control_plane_is_not_shared() {
    let app = app("*");
    for path in [
        "/_emulator/v1/state",
        "/_emulator/nope",
        "/health",
        "/metrics",
    ] {
        let reply = app.send("GET", path, &PREFLIGHT[1..2], "").await;
        assert_refused(&reply, 403);
        let reply = app.send("GET", path, &[], "").await;
        assert_eq!(reply.header("access-control-allow-origin"), "", "{path}");
    }
    assert_refused(
        &app.send("OPTIONS", "/_emulator/v1/state", &PREFLIGHT[1..], "")
            .await,
        403,
    );
}

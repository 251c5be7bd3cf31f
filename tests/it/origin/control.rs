//! Pages and hosts that the control plane refuses, and those that it lets in.

use serde_json::json;

use super::{PAGE, STRANGER, assert_refused, calls, everything};
use crate::common::{App, CREDENTIALS};

/// A body that changes something, if its call takes one.
const BODY: &str = r#"{"to":"empty"}"#;

#[tokio::test]
async fn a_page_of_a_stranger_calls_nothing_and_changes_nothing() {
    let app = App::load(
        &json!({"identities": {"users": [{"name": "ann", "domain": "acme", "password": "pw"}]}}),
    );
    app.script(json!({"outcome": "fail"})).await;
    app.get("/v3/p1/pipeline/pipelines").await;
    let before = everything(&app, &[]).await;
    for (method, path) in calls() {
        let reply = app.send(&method, &path, STRANGER, BODY).await;
        let (detail, hint) = assert_refused(&reply, 403);
        if method != "HEAD" {
            assert_eq!(
                detail,
                "pages of https://evil.example may not use the control plane"
            );
        }
        assert_eq!(hint, "--allow-origin https://evil.example lets them in");
        for mark in [
            ("sec-fetch-site", "same-site"),
            ("referer", "https://evil.example/x"),
            ("origin", "null"),
        ] {
            let reply = app.send(&method, &path, &[mark], BODY).await;
            assert_refused(&reply, 403);
        }
    }
    assert_eq!(everything(&app, &[]).await, before);
}

#[tokio::test]
async fn a_rebound_name_calls_nothing() {
    let app = App::new();
    let before = everything(&app, &[]).await;
    for (method, path) in calls() {
        let rebound = [
            ("host", "evil.example:4600"),
            ("origin", "http://evil.example:4600"),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/json"),
        ];
        for headers in [&rebound[..], &rebound[..1]] {
            let reply = app.send(&method, &path, headers, BODY).await;
            let (_, hint) = assert_refused(&reply, 403);
            assert!(hint.ends_with("--allow-host evil.example"), "{hint}");
        }
    }
    assert_eq!(everything(&app, &[]).await, before);
}

#[tokio::test]
async fn a_browser_sends_no_body_that_a_form_could() {
    let app = App::new();
    for content_type in [
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let own = [
            ("host", "localhost:4600"),
            ("origin", "http://localhost:4600"),
            ("content-type", content_type),
        ];
        let reply = app.send("POST", "/_emulator/v1/reset", &own, BODY).await;
        let (detail, hint) = assert_refused(&reply, 403);
        assert!(
            detail.contains(content_type.split(';').next().unwrap()),
            "{detail}"
        );
        assert_eq!(hint, "send it with Content-Type: application/json");
        // The same from a program.
        let reply = app
            .send("POST", "/_emulator/v1/reset", &own[2..], BODY)
            .await;
        reply.assert_status(204);
    }
    let own = [
        ("host", "localhost:4600"),
        ("origin", "http://localhost:4600"),
        ("content-type", "application/json"),
    ];
    let reply = app.send("POST", "/_emulator/v1/reset", &own, BODY).await;
    reply.assert_status(204);
    let reply = app.send("POST", "/_emulator/v1/reset", &own[..2], "").await;
    reply.assert_status(204);
}

#[tokio::test]
async fn a_page_that_is_let_in_is_asked_for_nothing_and_reads_all() {
    let app = App::with(|settings| settings.control_access.origins.push(PAGE.parse().unwrap()));
    let preflight = [
        ("host", "localhost:4600"),
        ("origin", PAGE),
        ("access-control-request-method", "PUT"),
        (
            "access-control-request-headers",
            "content-type,x-emulator-token",
        ),
        ("access-control-request-private-network", "true"),
    ];
    for (_, path) in calls().into_iter().filter(|(method, _)| method == "PUT") {
        let reply = app.send("OPTIONS", &path, &preflight, "").await;
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (204, PAGE),
            "{path}"
        );
        assert!(reply.header("access-control-allow-methods").contains("PUT"));
        assert_eq!(
            reply.header("access-control-allow-headers"),
            "content-type,x-emulator-token"
        );
        assert_eq!(reply.header("access-control-allow-private-network"), "true");
        assert!(reply.header("vary").contains("Origin"));
    }
    let page = [
        ("host", "localhost:4600"),
        ("origin", PAGE),
        ("sec-fetch-site", "cross-site"),
        ("content-type", "application/json"),
    ];
    let clock = r#"{"now":"2031-01-01T00:00:00Z","mode":"frozen"}"#;
    let set = app.send("PUT", "/_emulator/v1/clock", &page, clock).await;
    set.assert_status(200);
    for reply in [
        set,
        app.send("GET", "/_emulator/v1/state", &page, "").await,
        app.send("GET", "/_emulator/v1/nope", &page, "").await,
    ] {
        assert_eq!(
            reply.header("access-control-allow-origin"),
            PAGE,
            "{}",
            reply.request
        );
        assert!(
            reply
                .header("access-control-expose-headers")
                .contains("X-Request-Id")
        );
        assert_eq!(
            reply
                .headers
                .get_all("vary")
                .iter()
                .filter(|vary| *vary == "Origin")
                .count(),
            1
        );
    }
    // The answer to anybody else depends on the page, too.
    assert_eq!(
        app.send("GET", "/_emulator/v1/clock", &[], "")
            .await
            .header("vary"),
        "Origin"
    );
    for origin in ["https://evil.example", "null", "http://localhost:5174"] {
        let mut other = preflight;
        other[1].1 = origin;
        assert_refused(
            &app.send("OPTIONS", "/_emulator/v1/state", &other, "").await,
            403,
        );
    }
}

#[tokio::test]
async fn hosts_that_are_let_in_are_served_and_name_themselves() {
    let app = App::with(|settings| {
        settings
            .control_access
            .hosts
            .push("*.example.com".parse().unwrap());
    });
    let headers = [
        ("host", "emulator.example.com:4600"),
        ("origin", "http://emulator.example.com:4600"),
    ];
    let document = app
        .send("GET", "/_emulator/v1/openapi.json", &headers, "")
        .await
        .assert_status(200);
    assert_eq!(
        document["servers"][0]["url"],
        "http://emulator.example.com:4600"
    );
    assert_refused(
        &app.send("GET", "/_emulator/v1/state", &[("host", "example.com")], "")
            .await,
        403,
    );
}

#[tokio::test]
async fn links_open_html_pages_that_no_frame_shows() {
    let app = App::new();
    let link = [
        ("host", "localhost:4600"),
        ("accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("referer", "https://ci.example/"),
    ];
    for path in [
        "/_emulator/",
        "/_emulator/docs/",
        "/_emulator/docs/time",
        "/_emulator/docs/nope",
    ] {
        let reply = app.send("GET", path, &link, "").await;
        assert!(
            reply.status == 200 || path.ends_with("nope"),
            "{}",
            reply.text()
        );
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        let mut frame = link;
        frame[4].1 = "iframe";
        assert_refused(&app.send("GET", path, &frame, "").await, 403);
    }
    for path in [
        "/_emulator/v1/state",
        "/_emulator/v1/health",
        "/_emulator/v1/events",
        "/metrics",
        "/llms.txt",
    ] {
        assert_refused(&app.send("GET", path, &link, "").await, 403);
        let (_, hint) = assert_refused(&app.send("GET", path, &link[..5], "").await, 403);
        assert!(hint.contains("/_emulator/"), "{hint}");
    }
}

#[tokio::test]
async fn services_take_any_host_and_ignore_pages() {
    let app = App::new();
    for path in [
        "/v3/p1/pipeline/pipelines",
        "/openapi/delivery/releases?projectKey=p&pageNum=1&pageSize=20",
        "/v1/p1/meshes",
    ] {
        let headers = [
            STRANGER,
            CREDENTIALS,
            &[("host", "asm.cn-north-4.myhuaweicloud.com")],
        ]
        .concat();
        let reply = app.send("GET", path, &headers[1..], "").await;
        reply.assert_status(200);
        assert_eq!(reply.header("access-control-allow-origin"), "");
        assert_eq!(reply.header("vary"), "");
    }
    // Its path is no link to the control plane.
    let requests = app.get("/_emulator/v1/requests").await.json();
    assert_eq!(requests["total"], 3);
}

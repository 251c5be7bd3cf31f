//! The ways in: browsers and probes are led somewhere, a service's own path wins, and the control plane's answers end with a
//! line feed.

use serde_json::json;

use crate::common::{App, CREDENTIALS, Reply};

const BROWSER: &[(&str, &str)] = &[(
    "accept",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
)];

async fn browse(app: &App, path: &str) -> Reply {
    app.send("GET", path, BROWSER, "").await
}

#[tokio::test]
async fn a_browser_is_led_from_the_root_to_the_index_and_other_clients_get_the_versions() {
    let app = App::new();
    let led = browse(&app, "/").await;
    assert_eq!((led.status, led.header("location")), (302, "/_emulator/"));
    assert_eq!(led.header("vary"), "Accept");
    for accept in [
        "*/*",
        "application/json",
        "application/json, text/plain, */*",
    ] {
        let versions = app.send("GET", "/", &[("accept", accept)], "").await;
        assert!(versions.assert_status(300)["versions"].is_object());
    }
    app.send("GET", "/", &[], "").await.assert_status(300);
}

#[tokio::test]
async fn the_index_links_to_what_there_is() {
    let app = App::new();
    let led = browse(&app, "/_emulator").await;
    assert_eq!((led.status, led.header("location")), (302, "/_emulator/"));
    let index = browse(&app, "/_emulator/").await;
    assert_eq!(index.status, 200);
    assert_eq!(index.header("content-type"), "text/html; charset=utf-8");
    let page = index.text();
    let listed = app.get("/_emulator/").await.assert_status(200);
    let listed = listed["links"].as_array().unwrap();
    let links = listed.iter().map(|link| link["path"].as_str().unwrap());
    let links: Vec<&str> = links.collect();
    assert!(links.len() > 8, "{links:?}");
    for link in links {
        assert!(page.contains(&format!("<a href=\"{link}\"")), "{link}");
        // The stream of events does not end, and further worlds need a process.
        if !["/_emulator/v1/events", "/_emulator/v1/worlds"].contains(&link) {
            let reply = app.send("GET", link, &[], "").await;
            assert_eq!(reply.status, 200, "{link}");
        }
    }
}

#[tokio::test]
async fn usual_paths_lead_somewhere_and_are_neither_recorded_nor_counted() {
    let app = App::new();
    for path in ["/health", "/healthz", "/livez", "/ping"] {
        let health = app.send("GET", path, &[], "").await;
        assert_eq!(health.assert_status(200), json!({"status": "ok"}), "{path}");
        assert_eq!(health.header("x-request-id").len(), 32);
    }
    for path in ["/ready", "/readyz"] {
        let ready = app.send("GET", path, &[], "").await;
        assert_eq!(
            ready.assert_status(200),
            json!({"status": "ready"}),
            "{path}"
        );
    }
    for (path, target) in [
        ("/docs", "/_emulator/docs/"),
        ("/swagger", "/_emulator/docs/"),
        ("/swagger-ui.html", "/_emulator/docs/"),
        ("/openapi.json", "/_emulator/v1/openapi.json"),
        ("/swagger.json", "/_emulator/v1/openapi.json"),
    ] {
        let led = app.send("GET", path, &[], "").await;
        assert_eq!(
            (led.status, led.header("location")),
            (302, target),
            "{path}"
        );
    }
    browse(&app, "/").await;
    let journal = app.get("/_emulator/v1/requests").await.json();
    assert_eq!(journal["total"], 0, "{journal}");
    let metrics = app.get("/_emulator/v1/metrics").await.text();
    assert!(!metrics.contains("requests_total{"), "{metrics}");
    let operations = app.get("/_emulator/v1/operations").await.text();
    assert!(!operations.contains("\"/health\""));
    // Other methods are unknown routes, and recorded.
    app.send("POST", "/health", &[], "")
        .await
        .assert_status(404);
    let journal = app.get("/_emulator/v1/requests").await.json();
    assert_eq!(journal["total"], 1, "{journal}");
}

#[tokio::test]
async fn answers_of_the_control_plane_end_with_a_line_feed_and_those_of_services_do_not() {
    let app = App::new();
    for (method, path, body) in [
        ("GET", "/_emulator/v1/health", ""),
        ("GET", "/_emulator/v1/clock", ""),
        ("GET", "/_emulator/v1/state", ""),
        ("GET", "/_emulator/v1/operations", ""),
        ("GET", "/_emulator/v1/openapi.json", ""),
        ("GET", "/_emulator/v1/requests", ""),
        ("GET", "/_emulator/v1/nowhere", ""),
        ("GET", "/_emulator/", ""),
        ("POST", "/_emulator/v1/scripts", "{}"),
        ("POST", "/_emulator/v1/scripts", "{"),
        (
            "POST",
            "/_emulator/v1/requests/verify",
            r#"{"match":{},"exactly":9}"#,
        ),
        ("GET", "/healthz", ""),
    ] {
        let reply = app.send(method, path, &[], body).await;
        let text = reply.text();
        assert!(
            text.ends_with("}\n") && !text.ends_with("\n\n"),
            "{path}: {text:?}"
        );
    }
    for (path, headers) in [
        ("/nowhere", CREDENTIALS),
        ("/v3/p/pipeline/pipelines", CREDENTIALS),
        ("/v3/p/pipeline/pipelines", &[]),
    ] {
        let text = app.send("GET", path, headers, "").await.text();
        assert!(!text.ends_with('\n'), "{path}: {text:?}");
    }
}

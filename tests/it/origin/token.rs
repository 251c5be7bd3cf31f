//! `--control-token`: the control plane of every world is closed to callers without it.

use axum::http::Method;
use release_emulator::Emulator;
use release_emulator::internals::http::auth::Secret;
use serde_json::json;

use super::{PAGE, assert_refused, calls, everything};
use crate::common::{App, CREDENTIALS};
use crate::remote::Remote;

const TOKEN: &str = "hush-4711";

fn app() -> App {
    App::with(|settings| settings.control_access.token = Some(Secret::new(TOKEN)))
}

#[tokio::test]
async fn every_call_is_401_without_the_token_and_none_with_it() {
    let app = app();
    let held: [&[(&str, &str)]; 2] = [
        &[("x-emulator-token", TOKEN)],
        &[("authorization", "Bearer hush-4711")],
    ];
    let before = everything(&app, held[0]).await;
    // The certificate by which a client would trust the server that it sends the token to.
    let needs_token = |call: &(String, String)| call.1 != "/_emulator/v1/ca.pem";
    for (method, path) in calls().into_iter().filter(needs_token) {
        for headers in [&[][..], CREDENTIALS, &[("x-emulator-token", "hush-471")]] {
            let reply = app.send(&method, &path, headers, r#"{"to":"empty"}"#).await;
            let (_, hint) = assert_refused(&reply, 401);
            assert_eq!(
                reply.header("www-authenticate"),
                "Bearer realm=\"release-emulator\""
            );
            assert!(
                hint.contains("--control-token") && !hint.contains(TOKEN),
                "{hint}"
            );
        }
    }
    assert_eq!(everything(&app, held[1]).await, before);
    for (method, path) in calls() {
        // The stream of events does not end.
        if path != "/_emulator/v1/events" {
            let reply = app.send(&method, &path, held[0], "").await;
            assert_ne!(reply.status, 401, "{method} {path}");
            assert_ne!(reply.status, 403, "{method} {path}");
        }
    }
    // The services have credentials of their own.
    app.get("/v3/p1/pipeline/pipelines")
        .await
        .assert_status(200);
}

#[tokio::test]
async fn further_worlds_have_the_same_token_and_the_rust_api_sends_it() {
    let emulator = Emulator::builder()
        .control_token(TOKEN)
        .start()
        .await
        .unwrap();
    let opened = emulator
        .post("/_emulator/v1/worlds", &json!({"name": "t1"}))
        .await
        .unwrap();
    let opened: serde_json::Value = opened.ok().unwrap().json().unwrap();
    let world = Remote::at(opened["url"].as_str().unwrap());
    for path in [
        "/_emulator/v1/state",
        "/_emulator/v1/health",
        "/metrics",
        "/_emulator/docs/",
    ] {
        world.get(path).await.assert_status(401);
        let reply = world
            .send(
                Method::GET,
                path,
                &[("x-emulator-token", TOKEN)],
                String::new(),
            )
            .await;
        assert_eq!(reply.status, 200, "{path}");
    }
    world
        .get("/v3/p1/pipeline/pipelines")
        .await
        .assert_status(200);
    let wrong = Emulator::builder()
        .control_token("two words")
        .start()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        wrong.starts_with("control_token: ") && !wrong.contains("two words"),
        "{wrong}"
    );
    let wrong = Emulator::builder()
        .allow_origin("localhost")
        .start()
        .await
        .unwrap_err()
        .to_string();
    assert!(wrong.starts_with("allow_origin: expected"), "{wrong}");
}

#[tokio::test]
async fn the_token_is_never_shown() {
    let app = app();
    let held: &[(&str, &str)] = &[("x-emulator-token", TOKEN)];
    // A client that sends it everywhere.
    app.send(
        "GET",
        "/v3/p1/pipeline/pipelines",
        &[held, CREDENTIALS].concat(),
        "",
    )
    .await
    .assert_status(200);
    let mut shown = everything(&app, held).await;
    shown.push(
        app.send("GET", "/_emulator/v1/metrics", held, "")
            .await
            .text(),
    );
    shown.push(
        app.send("GET", "/_emulator/v1/openapi.json", held, "")
            .await
            .text(),
    );
    shown.push(format!("{:?}", app.world.settings()));
    for text in shown {
        assert!(!text.contains(TOKEN), "{text}");
    }
}

#[tokio::test]
async fn a_page_that_is_let_in_needs_it_but_for_its_preflight() {
    let app = App::with(|settings| {
        settings.control_access.token = Some(Secret::new(TOKEN));
        settings.control_access.origins.push(PAGE.parse().unwrap());
    });
    let preflight = [("origin", PAGE), ("access-control-request-method", "GET")];
    app.send("OPTIONS", "/_emulator/v1/state", &preflight, "")
        .await
        .assert_status(204);
    app.send("GET", "/_emulator/v1/state", &preflight[..1], "")
        .await
        .assert_status(401);
    let held = [preflight[0], ("x-emulator-token", TOKEN)];
    app.send("GET", "/_emulator/v1/state", &held, "")
        .await
        .assert_status(200);
}

//! The answers of faults: other headers, other bodies, patched bodies.

use serde_json::{Value, json};

use super::{FAULTS, add_fault};
use crate::common::{App, CREDENTIALS, assert_same};
use crate::pipelines::pipelines;

/// An emulator with a pipeline in its list.
async fn with_pipeline() -> App {
    let app = App::new();
    let body = json!({"name": "shop", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "s", "tasks": []}]});
    app.post(&pipelines(), body).await.assert_status(200);
    app
}

#[tokio::test]
async fn injected_429_and_503_tell_when_to_try_again() {
    let app = App::new();
    for (effect, expected) in [
        (json!({"status": 429}), Some("1")),
        (json!({"status": 503}), Some("1")),
        (json!({"status": 502}), None),
        (
            json!({"status": 503, "headers": {"Retry-After": 120}}),
            Some("120"),
        ),
        (
            json!({"status": 429, "headers": {"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}}),
            Some("Fri, 31 Dec 1999 23:59:59 GMT"),
        ),
        (
            json!({"status": 429, "headers": {"Retry-After": null}}),
            None,
        ),
        (json!({"status": 429, "body": {}}), Some("1")),
    ] {
        add_fault(&app, json!({"do": effect, "times": 1})).await;
        let reply = app.get(&pipelines()).await;
        let header = reply.headers.get("retry-after");
        assert_eq!(
            header.map(|value| value.to_str().unwrap()),
            expected,
            "{effect}"
        );
    }
}

#[tokio::test]
async fn headers_are_added_replaced_and_removed_in_any_answer() {
    let app = with_pipeline().await;
    let headers = json!({"X-Trace": "abc", "Content-Type": "text/html", "X-Absent": null});
    let id = add_fault(&app, json!({"do": {"headers": headers}})).await;

    let reply = app.get(&pipelines()).await;
    assert_eq!((reply.status, reply.header("x-trace")), (200, "abc"));
    assert_eq!(reply.header("content-type"), "text/html");
    assert_eq!(reply.json()[0]["name"], "shop", "the body is the service's");
    assert_eq!(reply.header("x-emulator-fault"), id);
    assert_eq!(
        reply.header("x-emulator-evidence"),
        format!("injected; fault={id}")
    );

    let refused = app.send("GET", &pipelines(), &[], "").await;
    assert_eq!((refused.status, refused.header("x-trace")), (401, "abc"));
    let recorded = app
        .get("/_emulator/v1/requests?status=200&operation=ListPipelines")
        .await;
    let recorded = &recorded.assert_status(200)["requests"][0];
    assert_eq!(recorded["response"]["headers"]["x-trace"], "abc");
    assert_eq!(
        (&recorded["fault"], &recorded["scripts"]),
        (&json!(id), &json!([]))
    );
}

#[tokio::test]
async fn a_body_is_sent_as_it_was_given() {
    let app = with_pipeline().await;
    let text = "text/plain; charset=utf-8";
    for (effect, status, body, content_type) in [
        (
            json!({"body": {"b": 1.50, "a": [null]}}),
            200,
            r#"{"b":1.5,"a":[null]}"#,
            "application/json",
        ),
        (json!({"body": "<html>"}), 200, "<html>", text),
        (json!({"body": ""}), 200, "", text),
        (json!({"body": false}), 200, "false", "application/json"),
        (
            json!({"status": 503, "body": [1]}),
            503,
            "[1]",
            "application/json",
        ),
        (
            json!({"status": 400, "body": "{\"error\":", "headers": {"content-type": "application/json"}}),
            400,
            "{\"error\":",
            "application/json",
        ),
    ] {
        add_fault(&app, json!({"do": effect, "times": 1})).await;
        let reply = app.get(&pipelines()).await;
        assert_eq!(
            (reply.status, reply.text().as_str()),
            (status, body),
            "{effect}"
        );
        assert_eq!(reply.header("content-type"), content_type, "{effect}");
    }
    // Without a status the request is executed.
    add_fault(
        &app,
        json!({"match": {"method": "POST"}, "do": {"body": "lost"}, "times": 1}),
    )
    .await;
    let body = json!({"name": "shop2", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "s", "tasks": []}]});
    assert_eq!(app.post(&pipelines(), body).await.text(), "lost");
    assert_eq!(
        app.get(&pipelines()).await.json().as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn a_verbatim_number_keeps_its_spelling() {
    let app = App::new();
    let fault = r#"{"do": {"body": {"n": 1.50, "big": 123456789012345678901234567890}}}"#;
    let added = app.send("POST", FAULTS, &[], fault).await;
    added.assert_status(201);
    let text = r#"{"n":1.50,"big":123456789012345678901234567890}"#;
    assert_eq!(app.get(&pipelines()).await.text(), text);
    assert!(added.text().contains(text), "{}", added.text());
}

#[tokio::test]
async fn a_patch_changes_what_would_have_been_answered() {
    let app = with_pipeline().await;
    let before = app.get(&pipelines()).await;
    let patch = json!([
        {"op": "test", "path": "/0/status", "value": 1},
        {"op": "replace", "path": "/0/status", "value": 99},
        {"op": "remove", "path": "/0/version"},
        {"op": "add", "path": "/0/surprise", "value": {"a": null}},
        {"op": "copy", "path": "/-", "from": "/0"},
    ]);
    let id = add_fault(
        &app,
        json!({"match": {"operation": "ListPipelines"}, "do": {"patch": patch}}),
    )
    .await;

    let reply = app.get(&pipelines()).await;
    let mut expected = before.json();
    let one = expected[0].as_object_mut().unwrap();
    one["status"] = json!(99);
    one.shift_remove("version").unwrap();
    one.insert("surprise".to_owned(), json!({"a": null}));
    let copy = expected[0].clone();
    expected.as_array_mut().unwrap().push(copy);
    assert_same(&reply.json(), &expected);
    assert_eq!(
        reply.header("x-emulator-evidence"),
        format!("injected; fault={id}")
    );
    let listed = app.get(FAULTS).await.json();
    assert_same(&listed["faults"][0]["do"]["patch"], &patch);

    // An error of the family is patched too.
    app.delete(FAULTS).await.assert_status(204);
    let patch = json!([{"op": "add", "path": "/detail", "value": "x"}]);
    add_fault(&app, json!({"do": {"status": 404, "patch": patch}})).await;
    let reply = app.get(&pipelines()).await;
    assert_eq!((reply.status, &reply.json()["detail"]), (404, &json!("x")));
}

#[tokio::test]
async fn a_patch_that_does_not_apply_leaves_the_answer_and_has_not_hit() {
    let app = App::new();
    let patch = json!([{"op": "replace", "path": "/0/status", "value": 99}]);
    let effect = json!({"patch": patch, "headers": {"X-Trace": "abc"}});
    let id = add_fault(&app, json!({"do": effect, "times": 1})).await;

    let reply = app.get(&pipelines()).await;
    assert_eq!((reply.status, reply.text().as_str()), (200, "[]"));
    assert!(
        reply.headers.get("x-trace").is_none() && reply.headers.get("x-emulator-fault").is_none()
    );
    let hint =
        format!("the patch of the fault {id} does not apply: there is nothing at \"/0/status\"");
    assert_eq!(reply.header("x-emulator-hint"), hint);
    assert!(!reply.header("x-emulator-evidence").starts_with("injected"));
    assert_eq!(app.get(FAULTS).await.json()["faults"][0]["used"], 0);
    let recorded = app.get("/_emulator/v1/requests").await.json();
    assert_eq!(recorded["requests"][0]["fault"], Value::Null);

    let body = json!({"name": "shop", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "s", "tasks": []}]});
    app.post(&pipelines(), body).await.assert_status(200);
    assert_eq!(app.get(&pipelines()).await.json()[0]["status"], 99);
    assert_eq!(app.get(FAULTS).await.json()["faults"][0]["used"], 1);
}

#[tokio::test]
async fn a_fault_with_a_status_has_hit_even_if_its_patch_does_not_apply() {
    let app = App::new();
    let patch = json!([{"op": "remove", "path": "/version"}]);
    let id = add_fault(&app, json!({"do": {"status": 213, "patch": patch}})).await;
    let reply = app.get(&pipelines()).await;
    assert_eq!(reply.status, 213);
    assert_eq!(reply.header("x-emulator-fault"), id);
    assert_eq!(
        reply.header("x-emulator-evidence"),
        format!("injected; fault={id}")
    );
    let hint = reply.header("x-emulator-hint");
    assert!(
        hint.contains(&format!("the patch of the fault {id} does not apply")),
        "{hint}"
    );
    assert_eq!(app.get(FAULTS).await.json()["faults"][0]["used"], 1);
}

#[tokio::test]
async fn effects_that_contradict_each_other_are_refused_all_at_once() {
    let app = App::new();
    for (effect, wrong) in [
        (
            json!({"body": 1, "code": "x"}),
            "do.code: goes with a status; do.code: goes without body",
        ),
        (
            json!({"status": 400, "message": "x", "body": 1}),
            "do.message: goes without body",
        ),
        (
            json!({"status": 204, "body": 1}),
            "do.body: goes with a status that has a body",
        ),
        (
            json!({"status": 304, "patch": [{"op": "remove", "path": ""}]}),
            "do.patch: goes with a status that has a body",
        ),
        (
            json!({"body": 1, "patch": [{"op": "remove", "path": ""}]}),
            "do.patch: goes without body",
        ),
        (
            json!({"patch": []}),
            "do.patch: must have at least one change",
        ),
        (
            json!({"patch": [{"op": "add", "path": "/a"}, {"op": "remove", "path": "b"}]}),
            "do.patch[0].value: is required; do.patch[1].path: \"b\" is not a JSON pointer (example: /0/status)",
        ),
        (
            json!({"patch": [{"op": "alter", "path": "/a"}]}),
            "do.patch[0].op: must be ",
        ),
        (
            json!({"drop": "before", "headers": {"a": "b"}}),
            "do.headers: goes without \"drop\": \"before\"",
        ),
        (
            json!({"headers": {}}),
            "do: must have at least one of status, headers, body",
        ),
        (
            json!({"headers": {"Connection": "close"}}),
            "do.headers.Connection: is set by the emulator itself",
        ),
        (
            json!({"headers": {"Transfer-Encoding": "x"}}),
            "do.headers.Transfer-Encoding: is set by",
        ),
        (
            json!({"headers": {"Content-Length": "1"}}),
            "do.headers.Content-Length: is set by",
        ),
        (
            json!({"headers": {"X-Emulator-Fault": "x"}}),
            "do.headers.X-Emulator-Fault: is set by",
        ),
        (
            json!({"headers": {"a b": "x"}}),
            "do.headers.a b: is not the name of a header",
        ),
        (
            json!({"headers": {"a": "x\n"}}),
            "do.headers.a: must be of visible ASCII characters",
        ),
        (json!({"headers": {"a": []}}), "do.headers.a: must be "),
    ] {
        let refused = app
            .post(FAULTS, json!({"do": effect}))
            .await
            .assert_status(400);
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.starts_with(wrong), "{effect}: {detail}");
    }
}

#[tokio::test]
async fn a_head_request_gets_the_headers_without_the_body() {
    let app = App::new();
    add_fault(
        &app,
        json!({"do": {"body": {"a": 1}, "headers": {"X-Trace": "abc"}}}),
    )
    .await;
    let reply = app.send("HEAD", &pipelines(), CREDENTIALS, "").await;
    assert_eq!((reply.header("x-trace"), reply.body.len()), ("abc", 0));
}

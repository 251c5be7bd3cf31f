//! The journal of requests, their verification, and metrics.

mod verify;

use release_emulator::internals::world::settings::Auth;
use serde_json::{Value, json};

use crate::common::{App, CREDENTIALS, PROJECT, assert_same};
use crate::pipelines::pipelines;

const REQUESTS: &str = "/_emulator/v1/requests";
const VERIFY: &str = "/_emulator/v1/requests/verify";

async fn list(app: &App, query: &str) -> Value {
    app.get(&format!("{REQUESTS}?{query}"))
        .await
        .assert_status(200)
}

/// The ids of the requests that a query lists.
async fn ids(app: &App, query: &str) -> Vec<u64> {
    let found = list(app, query).await;
    let requests = found["requests"].as_array().expect("requests").iter();
    requests
        .map(|entry| entry["id"].as_u64().expect("a number"))
        .collect()
}

/// An emulator with six requests in its journal.
async fn with_requests() -> App {
    let app = App::load(&json!({"identities": {"users": [{"name": "ann"}],
        "tokens": [{"token": "t-ann", "user": "ann"}]}}));
    let body = json!({"name": "release-a", "model_version": 2, "config_mode": "ui", "stages": [{"name": "s", "tasks": []}]});
    app.post(&pipelines(), body).await.assert_status(200);
    app.send(
        "GET",
        &format!("{}?limit=5", pipelines()),
        &[("x-auth-token", "t-ann")],
        "",
    )
    .await
    .assert_status(200);
    app.advance(60_000).await;
    app.get("/v2/meshes/m1/releases").await.assert_status(404);
    app.get("/v3/p/pipeline/pipeline").await.assert_status(404);
    app.send("GET", &pipelines(), &[], "")
        .await
        .assert_status(401);
    app.get("/openapi/delivery/releases?projectKey=shop&pageNum=1&pageSize=9")
        .await
        .assert_status(200);
    app
}

#[tokio::test]
async fn an_entry_has_the_request_and_its_answer() {
    let app = with_requests().await;
    let all = list(&app, "").await;
    assert_eq!((&all["total"], &all["dropped"]), (&json!(6), &json!(0)));
    let mut first = all["requests"][0].clone();
    for real in ["real_time", "duration_us"] {
        assert!(!first[real].is_null());
        first[real] = json!(0);
    }
    let created = first["response"]["body"].clone();
    assert_eq!(created["name"], "release-a");
    let id = first["response"]["headers"]["x-request-id"].clone();
    first["response"] = Value::Null;
    let sent = json!({"name": "release-a", "model_version": 2, "config_mode": "ui", "stages": [{"name": "s", "tasks": []}]});
    assert_same(
        &first,
        &json!({
            "id": 1, "time": "2026-01-01T12:00:00Z", "real_time": 0, "family": "pipelines", "operation": "CreatePipeline",
            "method": "POST", "path": pipelines(), "query": null, "scope": PROJECT, "caller": "emulator", "status": 200,
            "duration_us": 0, "fault": null, "scripts": [], "evidence": "inferred; operation=CreatePipeline; fields=*; parameters=stages.tasks",
            "request": {"headers": {"x-auth-token": "***", "authorization": "***"}, "body": sent, "bytes": sent.to_string().len()},
            "response": null
        }),
    );
    assert_eq!(id.as_str().unwrap().len(), 32);
}

#[tokio::test]
async fn a_request_must_match_every_filter() {
    let app = with_requests().await;
    let at = "2026-01-01T12:01:00Z";
    for (query, found) in [
        ("family=pipelines", vec![1, 2, 5]),
        ("family=zadig", vec![6]),
        ("operation=List*", vec![2, 5, 6]),
        ("method=POST", vec![1]),
        ("status=4*", vec![3, 4, 5]),
        ("status=404", vec![3, 4]),
        ("scope=m1", vec![3]),
        ("scope=shop", vec![6]),
        (&format!("scope={PROJECT}&status=401"), vec![5]),
        ("caller=ann", vec![2]),
        ("path=*/pipeline", vec![4]),
        (&format!("since={at}"), vec![3, 4, 5, 6]),
        (&format!("since={at}&limit=1"), vec![6]),
        ("family=plans", vec![]),
    ] {
        assert_eq!(ids(&app, query).await, found, "{query}");
    }
    assert_eq!(list(&app, "limit=2").await["total"], 6);
    let wrong = app
        .get(&format!("{REQUESTS}?since=noon"))
        .await
        .assert_status(400);
    assert_eq!(
        wrong["detail"],
        "since: \"noon\" is not an RFC 3339 timestamp (example: 2030-01-01T00:00:00Z)"
    );
}

#[tokio::test]
async fn a_request_for_an_unknown_path_names_the_closest_operation() {
    let app = with_requests().await;
    let entry = list(&app, "path=*/pipeline").await["requests"][0].clone();
    assert_eq!(
        (&entry["operation"], &entry["family"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(entry["nearest"], "GET /v3/{project_id}/pipeline/pipelines");
    let hint = "did you mean GET /v3/{project_id}/pipeline/pipelines?";
    assert_eq!(entry["response"]["headers"]["x-emulator-hint"], hint);

    let reply = app.send("PATCH", &pipelines(), CREDENTIALS, "").await;
    assert_eq!(reply.status, 405);
    assert_eq!(
        reply.header("x-emulator-hint"),
        "this path allows GET, POST"
    );
}

#[tokio::test]
async fn secrets_are_masked_in_headers_queries_and_bodies() {
    let app = App::with(|settings| settings.auth = Auth::Strict);
    let login = json!({"auth": {"identity": {"methods": ["password"], "password": {"user":
        {"name": "ann", "password": "s3cret", "domain": {"name": "acme"}}}}}});
    app.send(
        "POST",
        "/v3/auth/tokens",
        &[("cookie", "s3cret")],
        login.to_string(),
    )
    .await;
    app.send("POST", "/v3/auth/tokens", &[], r#"{"password": "s3cret"#)
        .await;
    app.send(
        "GET",
        "/v3/projects?token=s3cret",
        &[
            ("x-subject-token", "s3cret"),
            ("x-security-token", "s3cret"),
        ],
        "",
    )
    .await;
    app.send(
        "GET",
        "/openapi/delivery/releases?token=s3cret",
        &[("authorization", "Bearer s3cret")],
        "",
    )
    .await;
    let all = list(&app, "").await;
    assert_eq!(all["total"], 4);
    assert!(!all.to_string().contains("s3cret"), "{all:#}");
    let user = &all["requests"][0]["request"]["body"]["auth"]["identity"]["password"]["user"];
    assert_same(
        user,
        &json!({"name": "ann", "password": "***", "domain": {"name": "acme"}}),
    );
    assert_eq!(all["requests"][2]["query"], "token=***");
}

#[tokio::test]
async fn bodies_are_cut_at_16_kib_and_keep_their_length() {
    let app = App::new();
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat(20_000));
    app.send("POST", &pipelines(), CREDENTIALS, body.clone())
        .await
        .assert_status(400);
    let entry = list(&app, "").await["requests"][0]["request"].clone();
    assert_eq!(entry["bytes"], body.len());
    assert_eq!(entry["body"].as_str().unwrap().len(), 16 << 10);
}

#[tokio::test]
async fn the_journal_is_bounded_and_counts_dropped_requests() {
    let app = App::with(|settings| settings.journal_bytes = 20_000);
    for _ in 0..50 {
        app.get(&pipelines()).await.assert_status(200);
    }
    let all = list(&app, "").await;
    let (total, dropped) = (
        all["total"].as_u64().unwrap(),
        all["dropped"].as_u64().unwrap(),
    );
    assert_eq!(total + dropped, 50);
    assert!((5..25).contains(&total), "{total}");
    assert_eq!(all["requests"][0]["id"], dropped + 1);

    app.delete(REQUESTS).await.assert_status(204);
    let all = list(&app, "").await;
    assert_eq!((&all["total"], &all["dropped"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn an_entry_names_the_fault_that_hit() {
    let app = App::new();
    let rule = app
        .post("/_emulator/v1/faults", json!({"do": {"status": 503}}))
        .await
        .assert_status(201);
    app.get(&pipelines()).await.assert_status(503);
    assert_eq!(list(&app, "").await["requests"][0]["fault"], rule["id"]);
}

#[tokio::test]
async fn an_entry_names_the_scripts_that_decided_a_step() {
    let app = App::new();
    let script = json!({"match": {"family": "pipelines"}, "outcome": "fail"});
    let rule = app
        .post("/_emulator/v1/scripts", script)
        .await
        .assert_status(201);
    let body = json!({"name": "release-a", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "s", "tasks": [{"name": "a"}, {"name": "b"}]}]});
    let id = app.post(&pipelines(), body).await.assert_status(200)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.post(
        &format!("{}/{id}/action?action_id=start", pipelines()),
        json!({}),
    )
    .await
    .assert_status(200);
    let started = list(&app, "operation=OperatePipeline").await["requests"][0].clone();
    assert_eq!(
        (&started["fault"], &started["scripts"]),
        (&Value::Null, &json!([rule["id"]]))
    );
    assert_eq!(
        list(&app, "operation=CreatePipeline").await["requests"][0]["scripts"],
        json!([])
    );
}

#[tokio::test]
async fn a_project_in_the_body_is_the_scope() {
    let app = App::new();
    let order = json!({"project_key": "shop", "version_name": "v1", "env_name": "prod", "image_registry_id": "r1",
        "yaml_datas": [{"service_name": "web", "image_datas": [{"container_name": "web", "image_name": "web", "image_tag": "1"}]}]});
    app.post("/openapi/delivery/releases/k8s", order)
        .await
        .assert_status(200);
    assert_eq!(ids(&app, "scope=shop").await, [1]);
}

#[tokio::test]
async fn verify_confirms_a_count_that_holds() {
    let app = with_requests().await;
    for (body, matched) in [
        (
            json!({"match": {"operation": "CreatePipeline"}, "exactly": 1}),
            1,
        ),
        (json!({"match": {"status": 404}, "at_least": 2}), 2),
        (
            json!({"match": {"status": "4*", "caller": "emulator"}, "at_most": 2}),
            1,
        ),
        (json!({"at_least": 1}), 6),
        (json!({"match": {"family": "plans"}, "exactly": 0}), 0),
    ] {
        let verified = app.post(VERIFY, body.clone()).await.assert_status(200);
        assert_eq!(verified, json!({ "matched": matched }), "{body}");
    }
}

#[tokio::test]
async fn verify_lists_near_misses_of_a_count_that_does_not_hold() {
    let app = with_requests().await;
    let body = json!({"match": {"operation": "CreatePipeline", "method": "POST", "scope": "p2"}, "exactly": 1});
    let refused = app.post(VERIFY, body).await;
    assert_eq!(refused.header("content-type"), "application/problem+json");
    let refused = refused.assert_status(409);
    assert_eq!(
        (&refused["detail"], &refused["matched"]),
        (&json!("expected exactly 1, found 0"), &json!(0))
    );
    assert_same(
        &refused["near_misses"][0],
        &json!({"id": 1, "method": "POST", "path": pipelines(), "status": 200,
            "differs": [{"field": "scope", "wanted": "p2", "got": PROJECT}]}),
    );
    assert_eq!(refused["near_misses"].as_array().unwrap().len(), 5);
    for wrong in [
        json!({}),
        json!({"exactly": 1, "at_most": 2}),
        json!({"match": {"verb": "x"}, "exactly": 1}),
        json!({"match": [null, null], "at_most": 9}),
    ] {
        app.post(VERIFY, wrong).await.assert_status(400);
    }
}

#[tokio::test]
async fn verify_refuses_a_count_that_dropped_requests_could_change() {
    let app = App::with(|settings| settings.journal_bytes = 20_000);
    for _ in 0..50 {
        app.get(&pipelines()).await.assert_status(200);
    }
    app.advance(1).await;
    app.get(&pipelines()).await.assert_status(200);
    let since = "2026-01-01T12:00:00.001Z";
    for (body, status) in [
        (json!({"match": {"family": "asm"}, "exactly": 0}), 409),
        (json!({"match": {"family": "asm"}, "at_most": 3}), 409),
        (
            json!({"match": {"family": "pipelines"}, "at_least": 1}),
            200,
        ),
        (
            json!({"match": {"family": "pipelines"}, "at_least": 51}),
            409,
        ),
        (
            json!({"match": {"family": "pipelines", "since": since}, "exactly": 1}),
            200,
        ),
    ] {
        let reply = app.post(VERIFY, body.clone()).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text());
        if status == 409 {
            assert!(
                reply.text().contains("were dropped from the journal"),
                "{}",
                reply.text()
            );
        }
    }
}

#[tokio::test]
async fn a_journal_that_is_off_is_refused() {
    let app = App::with(|settings| settings.journal_bytes = 0);
    app.get(&pipelines()).await.assert_status(200);
    let refused = app.get(REQUESTS).await.assert_status(409);
    assert_eq!(refused["detail"], "the journal is off (--journal-bytes 0)");
    app.post(VERIFY, json!({"exactly": 0}))
        .await
        .assert_status(409);
}

#[tokio::test]
async fn metrics_count_requests_and_resources() {
    let app = with_requests().await;
    let reply = app.get("/_emulator/v1/metrics").await;
    assert_eq!(
        reply.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let text = reply.text();
    for line in [
        r#"release_emulator_requests_total{family="pipelines",operation="CreatePipeline",status="200"} 1"#,
        r#"release_emulator_requests_total{family="-",operation="-",status="404"} 1"#,
        r#"release_emulator_request_duration_seconds_count{family="pipelines",operation="ListPipelines"} 2"#,
        r#"release_emulator_resources{family="pipelines",status="1"} 1"#,
        "release_emulator_journal_requests 6",
        "release_emulator_journal_dropped 0",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
    }
    assert!(text.contains("release_emulator_process_resident_memory_bytes "));
    assert!(text.ends_with("# EOF\n"));
}

#[tokio::test]
async fn metrics_are_prometheus_text_for_clients_that_want_it_at_both_paths() {
    let app = with_requests().await;
    for path in ["/_emulator/v1/metrics", "/metrics"] {
        let reply = app
            .send("GET", path, &[("accept", "text/plain;version=0.0.4")], "")
            .await;
        assert_eq!(
            reply.header("content-type"),
            "text/plain; version=0.0.4; charset=utf-8"
        );
        let text = reply.text();
        for line in [
            "# TYPE release_emulator_requests_total counter",
            r#"release_emulator_requests_total{family="-",operation="-",status="404"} 1"#,
            "# TYPE release_emulator_request_duration_seconds histogram",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} in\n{text}");
        }
        assert!(
            !text.contains("# EOF") && !text.contains("# UNIT"),
            "{text}"
        );
        // Each metric is described before its first sample.
        let mut described = Vec::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("# HELP ") {
                described.push(name.split(' ').next().unwrap());
            } else if !line.starts_with('#') {
                assert!(
                    described.iter().any(|name| line.starts_with(name)),
                    "{line}"
                );
            }
        }
    }
    let requests = app.get("/_emulator/v1/requests").await.assert_status(200);
    let paths = requests["requests"].as_array().unwrap().iter();
    assert!(
        paths
            .map(|request| &request["path"])
            .all(|path| path != "/metrics")
    );
}

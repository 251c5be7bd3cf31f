//! Injected faults over HTTP, in the words of each family.

mod answers;
pub(crate) mod matching;
mod rules;

use axum::body::Body;
use serde_json::{Value, json};

use crate::common::{App, CREDENTIALS, PROJECT, Reply, assert_same};
use crate::pipelines::pipelines;

const FAULTS: &str = "/_emulator/v1/faults";
const RELEASES: &str = "/v2/meshes/m1/releases";
const VERSIONS: &str = "/openapi/delivery/releases?projectKey=p&pageNum=1&pageSize=9";

/// Adds a fault and returns its id.
async fn add_fault(app: &App, fault: Value) -> String {
    let rule = app.post(FAULTS, fault).await.assert_status(201);
    rule["id"].as_str().expect("an id").to_owned()
}

/// The status and the body, in which the request id is `{id}`.
fn status_and_body(reply: &Reply) -> (u16, String) {
    let id = reply.header("x-request-id");
    (reply.status, reply.text().replace(id, "{id}"))
}

#[tokio::test]
async fn a_status_has_the_body_of_the_family_that_is_hit() {
    let app = App::new();
    let asm = |code: &str, text: &str| {
        json!({"errorCode": format!("ASM.{code}"), "errorMsg": text}).to_string()
    };
    let stage = |code: &str, text: &str| {
        json!({"error_code": format!("SVCSTG.{code}"), "error_msg": text}).to_string()
    };
    let gateway = |code: &str, text: &str| {
        json!({"error_msg": text, "error_code": format!("APIGW.{code}"), "request_id": "{id}"})
            .to_string()
    };
    let throttled = || {
        gateway(
            "0308",
            "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute",
        )
    };
    let untyped = |text: &str| {
        json!({"code": 500, "description": text, "message": "Internal Error: "}).to_string()
    };
    let (stage_path, empty) = (pipelines(), String::new);
    for (path, family, status, body) in [
        (RELEASES, "asm", 500, asm("01040001", "Internal error.")),
        (
            RELEASES,
            "asm",
            409,
            asm("01010003", "The resource already exists."),
        ),
        (RELEASES, "asm", 429, throttled()),
        (RELEASES, "asm", 502, gateway("0202", "Backend unavailable")),
        (
            &stage_path,
            "pipelines",
            500,
            stage("00100500", "internal error"),
        ),
        (
            &stage_path,
            "pipelines",
            404,
            stage("00100433", "application release not found"),
        ),
        (&stage_path, "pipelines", 429, throttled()),
        (
            &stage_path,
            "pipelines",
            503,
            gateway("0601", "Service Unavailable"),
        ),
        (
            &stage_path,
            "pipelines",
            418,
            gateway("0602", "I'm a teapot"),
        ),
        (VERSIONS, "zadig", 500, untyped("Internal Server Error")),
        (VERSIONS, "zadig", 503, untyped("Service Unavailable")),
        (VERSIONS, "zadig", 401, empty()),
        (VERSIONS, "zadig", 403, empty()),
        (VERSIONS, "zadig", 404, "Not Found".to_owned()),
    ] {
        let id = add_fault(
            &app,
            json!({"match": {"family": family}, "do": {"status": status}}),
        )
        .await;
        let reply = app.get(path).await;
        assert_eq!(status_and_body(&reply), (status, body), "{path}");
        assert_eq!(reply.header("x-emulator-fault"), id);
        app.delete(&format!("{FAULTS}/{id}"))
            .await
            .assert_status(204);
        assert_ne!(app.get(path).await.header("x-emulator-fault"), id);
    }
    let throttled = json!({"error_msg": "The throttling threshold has been reached.", "error_code": "IAM.0012"});
    add_fault(
        &app,
        json!({"match": {"family": "iam"}, "do": {"status": 429}}),
    )
    .await;
    assert_same(
        &app.get("/v3/projects").await.assert_status(429),
        &throttled,
    );
}

#[tokio::test]
async fn a_given_code_and_text_decide_the_shape_of_the_body() {
    let app = App::new();
    for (rule, path, body) in [
        (
            json!({"status": 423, "code": "ASM.01429001", "message": "locked"}),
            RELEASES,
            r#"{"errorCode":"ASM.01429001","errorMsg":"locked"}"#,
        ),
        (
            json!({"status": 500, "code": "APIG.0202", "message": "away"}),
            RELEASES,
            r#"{"error_msg":"away","error_code":"APIG.0202","request_id":"{id}"}"#,
        ),
        (
            json!({"status": 400, "code": "7050"}),
            VERSIONS,
            "{\"code\":7050,\"description\":\"\",\"extra\":{},\"message\":\"用户许可证不可用，请检查许可证后重试\",\"type\":\"error\"}",
        ),
        (
            json!({"status": 400, "code": "6560", "message": "新建交付中心版本失败"}),
            VERSIONS,
            "{\"code\":6560,\"description\":\"\",\"extra\":{},\"message\":\"新建交付中心版本失败\",\"type\":\"error\"}",
        ),
        (
            json!({"status": 400, "message": "no"}),
            VERSIONS,
            r#"{"code":400,"description":"no","extra":{},"message":"Bad Request","type":"error"}"#,
        ),
    ] {
        let status = u16::try_from(rule["status"].as_u64().unwrap()).unwrap();
        add_fault(&app, json!({"do": rule, "times": 1})).await;
        assert_eq!(
            status_and_body(&app.get(path).await),
            (status, body.to_owned())
        );
    }
}

#[tokio::test]
async fn a_request_that_is_hit_changes_nothing() {
    let app = App::new();
    add_fault(
        &app,
        json!({"match": {"operation": "CreatePipeline"}, "do": {"status": 500}, "times": 1}),
    )
    .await;
    let body = json!({"name": "release-a", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "s", "tasks": []}]});
    app.post(&pipelines(), body.clone())
        .await
        .assert_status(500);
    app.get(&pipelines()).await.assert_status(200);
    assert_eq!(app.get(&pipelines()).await.json(), json!([]));
    app.post(&pipelines(), body).await.assert_status(200);
}

#[tokio::test]
async fn a_request_must_match_every_field() {
    let identities = json!({"identities": {"users": [{"name": "ann"}], "tokens": [{"token": "t-ann", "user": "ann"}]}});
    let app = App::load(&identities);
    let whole = json!({"family": "pipelines", "operation": "List*", "method": "GET",
        "path": "/v3/*/pipeline/pipelines", "caller": "ann"});
    add_fault(&app, json!({"match": whole, "do": {"status": 503}})).await;
    let ann = [("x-auth-token", "t-ann")];
    let send = async |method: &str, path: String, headers: &[(&str, &str)]| {
        app.send(method, &path, headers, Body::empty()).await.status
    };
    assert_eq!(send("GET", pipelines(), &ann).await, 503);
    assert_eq!(
        send("GET", pipelines(), CREDENTIALS).await,
        200,
        "another caller"
    );
    assert_eq!(send("HEAD", pipelines(), &ann).await, 200, "another method");
    assert_eq!(
        send("GET", format!("/v3/{PROJECT}/cas/release-plans"), &ann).await,
        200
    );
    assert_eq!(
        send("GET", pipelines(), &[]).await,
        401,
        "an unknown caller"
    );
}

#[tokio::test]
async fn a_fault_hits_requests_without_a_credential() {
    let app = App::new();
    add_fault(
        &app,
        json!({"match": {"family": "plans"}, "do": {"status": 429}}),
    )
    .await;
    let path = format!("/v3/{PROJECT}/cas/release-plans");
    assert_eq!(app.send("GET", &path, &[], "").await.status, 429);
}

#[tokio::test]
async fn times_after_and_probability_select_the_requests() {
    let app = App::new();
    add_fault(&app, json!({"do": {"status": 503}, "times": 2, "after": 1})).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(app.get(&pipelines()).await.status);
    }
    assert_eq!(statuses, [200, 503, 503, 200, 200]);
    let rules = app.get(FAULTS).await.assert_status(200);
    assert_eq!(rules["faults"][0]["used"], 2);
    app.delete(FAULTS).await.assert_status(204);

    let draw = async |app: &App, seed: u64| {
        add_fault(
            app,
            json!({"do": {"status": 503}, "probability": 0.5, "seed": seed}),
        )
        .await;
        let mut hits = Vec::new();
        for _ in 0..40 {
            hits.push(app.get(&pipelines()).await.status == 503);
        }
        app.delete(FAULTS).await.assert_status(204);
        hits
    };
    let first = draw(&app, 7).await;
    assert_eq!(first, draw(&app, 7).await);
    assert_ne!(first, draw(&app, 8).await);
    assert!(first.contains(&true) && first.contains(&false));
}

#[tokio::test]
async fn garbage_is_not_json() {
    let app = App::new();
    add_fault(&app, json!({"do": {"garbage": true}, "times": 1})).await;
    let reply = app.get(&pipelines()).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, "application/json")
    );
    assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
}

#[tokio::test]
async fn a_fault_is_listed_as_it_was_added() {
    let app = App::new();
    for rule in [
        json!({"match": {"family": "asm", "path": "/v2/*"}, "do": {"status": 429, "code": "c", "message": "m",
            "delay_ms": 5, "drop": "midway", "garbage": true, "slow_bytes_per_s": 10},
            "times": 2, "after": 1, "probability": 0.5, "seed": 7, "ttl_ms": 60000}),
        json!({"match": {}, "do": {"delay_ms": {"min": 1, "max": 3}}}),
        json!({"match": {}, "do": {"delay_ms": {"median": 3, "sigma": 0.5}, "drop": "before"}}),
    ] {
        let mut answered = app.post(FAULTS, rule.clone()).await.assert_status(201);
        let fields = answered.as_object_mut().unwrap();
        let id = fields.shift_remove("id").unwrap();
        assert_eq!(fields.shift_remove("used"), Some(json!(0)));
        assert_same(&answered, &rule);
        let known = app.get(FAULTS).await.assert_status(200);
        assert_eq!(
            known["faults"].as_array().unwrap().last().unwrap()["id"],
            id
        );
    }
}

#[tokio::test]
async fn a_fault_without_effect_or_that_cannot_match_is_refused() {
    let app = App::new();
    for (rule, wrong) in [
        (json!({"do": {}}), "do: must have at least one of status"),
        (json!({}), "do: is required"),
        (
            json!({"do": {"status": 700}}),
            "do.status: must be from 200 to 599",
        ),
        (
            json!({"do": {"status": 0, "code": "x"}}),
            "do.status: must be from 200 to 599",
        ),
        (json!({"do": {"code": "x"}}), "do.code: goes with a status"),
        (
            json!({"do": {"message": "x"}}),
            "do.message: goes with a status",
        ),
        (
            json!({"do": {"delay_ms": {"min": 3, "max": 1}}}),
            "do.delay_ms: must be up to 3600000",
        ),
        (
            json!({"do": {"delay_ms": 3_600_001}}),
            "do.delay_ms: must be up to 3600000",
        ),
        (
            json!({"do": {"slow_bytes_per_s": 0}}),
            "do.slow_bytes_per_s: must be at least 1",
        ),
        (json!({"do": {"drop": "after"}}), "do.drop: must be "),
        (
            json!({"do": {"status": 500}, "times": 0}),
            "times: must be at least 1",
        ),
        (
            json!({"do": {"status": 500}, "ttl_ms": 0}),
            "ttl_ms: must be from 1",
        ),
        (
            json!({"do": {"status": 500}, "probability": 1.5}),
            "probability: must be from 0 to 1",
        ),
        (
            json!({"match": {"family": "asn"}, "do": {"status": 500}}),
            "match.family: matches no family",
        ),
        (
            json!({"match": {"operation": "CreateRelase"}, "do": {"status": 500}}),
            "match.operation: matches no operation",
        ),
        (
            json!({"match": {"method": "TRACE"}, "do": {"status": 500}}),
            "match.method: matches no operation's method; known: GET, HEAD, POST, DELETE, PUT, PATCH",
        ),
        (
            json!({"match": [null, null], "do": {"status": 500}}),
            "match: must be an object, not an array",
        ),
        (json!({"do": [500]}), "do: must be an object, not an array"),
        (
            json!({"do": {"delay_ms": [1, 2]}}),
            "do.delay_ms: must be up to 3600000",
        ),
        (
            json!({"match": {"verb": "GET"}, "do": {"status": 500}}),
            "match.verb: is not a known field",
        ),
    ] {
        let refused = app.post(FAULTS, rule.clone()).await.assert_status(400);
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.starts_with(wrong), "{rule}: {detail}");
    }
    assert_eq!(app.get(FAULTS).await.json(), json!({"faults": []}));
    app.delete(&format!("{FAULTS}/nope"))
        .await
        .assert_status(404);
}

#[tokio::test]
async fn a_reset_removes_faults_and_the_control_plane_is_never_hit() {
    let app = App::new();
    add_fault(&app, json!({"do": {"status": 500}})).await;
    app.get("/_emulator/v1/health").await.assert_status(200);
    app.post("/_emulator/v1/reset", json!({}))
        .await
        .assert_status(204);
    app.get(&pipelines()).await.assert_status(200);
}

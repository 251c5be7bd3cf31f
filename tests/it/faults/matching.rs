//! The requests that faults select, and the patterns that no request can match.

use serde_json::{Value, json};

use super::{FAULTS, add_fault};
use crate::common::{App, CREDENTIALS, PROJECT};
use crate::pipelines::pipelines;

const RELEASES: &str = "/v2/meshes/m1/namespaces/default/releases";

/// Sends requests one after the other; returns the numbers of those that a fault hits.
async fn hits(pattern: Value, requests: &[(&str, &str, Value)]) -> Vec<usize> {
    let app = App::new();
    add_fault(&app, json!({"match": pattern, "do": {"status": 418}})).await;
    let mut hits = Vec::new();
    for (n, (method, path, body)) in requests.iter().enumerate() {
        let headers = [CREDENTIALS, &[("X-Language", "en-us"), ("Accept", "a/b")]].concat();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        if app.send(method, path, &headers, body).await.status == 418 {
            hits.push(n);
        }
    }
    hits
}

#[tokio::test]
async fn the_commands_of_every_family_are_told_apart_by_their_words() {
    let action = |word: &str| format!("{}/x/action?action_id={word}", pipelines());
    let plan = |word: &str| format!("/v3/{PROJECT}/cas/release-plans/x/{word}");
    let end = |word: &str| format!("{RELEASES}/x?action={word}");
    let requests = [
        ("POST", &*action("start"), json!({})),
        ("POST", &*action("stop"), json!({})),
        ("POST", &*action("rollback"), json!({})),
        ("POST", &*plan("execute"), Value::Null),
        ("POST", &*plan("rollback"), Value::Null),
        ("POST", &*plan("abort"), Value::Null),
        ("DELETE", &*end("cancel"), Value::Null),
        ("DELETE", &*end("END"), Value::Null),
        ("DELETE", &*end("finish"), Value::Null),
        ("GET", &*pipelines(), Value::Null),
    ];
    for (pattern, expected) in [
        (json!({"action": "stop"}), vec![1]),
        (json!({"action": "st*"}), vec![0, 1]),
        (json!({"action": "rollback"}), vec![2, 4]),
        (json!({"action": "rollback", "family": "plans"}), vec![4]),
        (json!({"action": "abort"}), vec![5]),
        (json!({"action": "end"}), vec![7, 8]),
        (
            json!({"operation": "DeleteRelease", "action": "cancel"}),
            vec![6],
        ),
        (
            json!({"operation": "OperatePipeline", "query": {"action_id": "stop"}}),
            vec![1],
        ),
        (
            json!({"query": {"action_id": {"equals": "start"}}}),
            vec![0],
        ),
        (
            json!({"query": {"action": {"exists": true}}}),
            vec![6, 7, 8],
        ),
        (
            json!({"operation": "OperatePipeline", "query": {"action_id": {"exists": false}}}),
            vec![],
        ),
    ] {
        assert_eq!(
            hits(pattern.clone(), &requests).await,
            expected,
            "{pattern}"
        );
    }
}

#[tokio::test]
async fn a_request_must_meet_every_condition_on_query_headers_body_and_scope() {
    let create = |name: &str| {
        json!({"name": name, "model_version": 2, "config_mode": "ui",
            "stages": [{"name": "build", "tasks": [{"name": "compile"}]}]})
    };
    let version = json!({"project_key": "shop", "version_name": "v1", "env_name": "prod", "image_registry_id": "r1",
        "yaml_datas": []});
    let list = format!("{}?limit=5&offset=%2B1", pipelines());
    let requests = [
        ("POST", &*pipelines(), create("shop")),
        ("POST", &*pipelines(), create("cart")),
        ("GET", &list, Value::Null),
        ("POST", "/v3/p2/pipeline/pipelines", create("shop")),
        ("POST", "/openapi/delivery/releases/k8s", version),
        (
            "GET",
            "/openapi/delivery/releases?projectKey=cart&pageNum=1&pageSize=9",
            Value::Null,
        ),
    ];
    for (pattern, expected) in [
        (json!({"body": {"/name": "shop"}}), vec![0, 3]),
        (json!({"body": {"/name": {"matches": "c?rt"}}}), vec![1]),
        (
            json!({"body": {"/stages/0/tasks/0/name": "compile", "/model_version": 2}, "scope": PROJECT}),
            vec![0, 1],
        ),
        (json!({"body": {"/model_version": {"equals": "2"}}}), vec![]),
        (
            json!({"body": {"/description": {"exists": false}}, "operation": "CreatePipeline"}),
            vec![0, 1, 3],
        ),
        (
            json!({"body": [{"pointer": "/name", "equals": "cart"}]}),
            vec![1],
        ),
        (
            json!({"body": {"/stages/0": {"equals": {"tasks": [{"name": "compile"}], "name": "build"}}}}),
            vec![0, 1, 3],
        ),
        (json!({"query": {"limit": 5}}), vec![2]),
        (json!({"query": {"offset": "+1"}}), vec![2]),
        (json!({"scope": "p2"}), vec![3]),
        (json!({"scope": "shop"}), vec![4]),
        (json!({"scope": "cart"}), vec![5]),
        (
            json!({"headers": {"x-LANGUAGE": "en*", "Accept": "a/b"}, "family": "zadig"}),
            vec![4, 5],
        ),
        (
            json!({"headers": {"X-Language": {"exists": false}}}),
            vec![],
        ),
        (
            json!({"headers": {"If-Match": {"exists": false}}, "scope": "p2"}),
            vec![3],
        ),
    ] {
        assert_eq!(
            hits(pattern.clone(), &requests).await,
            expected,
            "{pattern}"
        );
    }
}

#[tokio::test]
async fn a_body_that_a_fault_looks_at_still_reaches_the_handler() {
    let app = App::new();
    add_fault(
        &app,
        json!({"match": {"body": {"/name": "other"}}, "do": {"status": 503}}),
    )
    .await;
    let body = json!({"name": "shop", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "s", "tasks": []}]});
    app.post(&pipelines(), body.clone())
        .await
        .assert_status(200);
    let recorded = app.get("/_emulator/v1/requests").await.json();
    assert_eq!(recorded["requests"][0]["request"]["body"], body);
}

/// Patterns that no request can match, with the reason and the nearest.
pub(crate) fn impossible() -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (
            json!({"operation": "CreatePipelin"}),
            "match.operation: matches no operation, did you mean CreatePipeline?",
            "did you mean CreatePipeline?",
        ),
        (
            json!({"family": "pipeline"}),
            "match.family: matches no family, did you mean pipelines?",
            "did you mean pipelines?",
        ),
        (
            json!({"method": "PSOT"}),
            "match.method: matches no operation's method, did you mean POST?",
            "did you mean POST?",
        ),
        (
            json!({"path": "/v3/p1/pipeline/pipeline"}),
            "match.path: is the path of no operation, did you mean GET /v3/{project_id}/pipeline/pipelines?",
            "did you mean GET /v3/{project_id}/pipeline/pipelines?",
        ),
        (
            json!({"path": "/nope"}),
            "match.path: is the path of no operation; see GET /_emulator/v1/operations",
            "",
        ),
        (
            json!({"path": "/v3/p2/pipeline/pipelines?limit=1"}),
            "match.path: has a query, which goes in query: {\"limit\": \"1\"}",
            "",
        ),
        (
            json!({"operation": "ListPipelines", "method": "POST"}),
            "match.method: ListPipelines has another method, did you mean GET?",
            "did you mean GET?",
        ),
        (
            json!({"operation": "ListPipelines", "family": "asm"}),
            "match.family: ListPipelines is an operation of another family, did you mean pipelines?",
            "did you mean pipelines?",
        ),
        (
            json!({"operation": "ListPipelines", "path": "/v3/*/cas/*"}),
            "match.path: ListPipelines has another path, did you mean /v3/{project_id}/pipeline/pipelines?",
            "did you mean /v3/{project_id}/pipeline/pipelines?",
        ),
        (
            json!({"action": "strat"}),
            "match.action: matches no operation's action, did you mean start?",
            "did you mean start?",
        ),
        (
            json!({"operation": "DeleteRelease", "action": "stop"}),
            "match.action: DeleteRelease has the actions cancel, end",
            "",
        ),
        (
            json!({"operation": "ListPipelines", "action": "start"}),
            "match.action: ListPipelines has no actions",
            "",
        ),
        (
            json!({"operation": "OperatePipeline", "query": {"actionid": "stop"}}),
            "match.query.actionid: OperatePipeline has no such parameter, did you mean action_id?",
            "did you mean action_id?",
        ),
        (
            json!({"operation": "CreatePipeline", "body": {"/nmae": "x"}}),
            "match.body./nmae: CreatePipeline has no such field, did you mean /name?",
            "did you mean /name?",
        ),
        (
            json!({"operation": "ListPipelines", "body": {"/name": "x"}}),
            "match.body./name: ListPipelines takes no body",
            "",
        ),
        (
            json!({"headers": {"a b": "x"}}),
            "match.headers.a b: is not the name of a header",
            "",
        ),
        (
            json!({"body": {"name": "x"}}),
            "match.body: \"name\" is not a JSON pointer (example: /stages/0/name)",
            "",
        ),
        (
            json!({"family": "ams", "method": "GTE"}),
            "match.family: matches no family, did you mean asm?; match.method: matches no operation's method, did you mean GET?",
            "did you mean asm?; did you mean GET?",
        ),
    ]
}

#[tokio::test]
async fn a_pattern_that_no_request_can_match_is_refused_with_the_nearest() {
    let app = App::new();
    for (pattern, detail, hint) in impossible() {
        let reply = app
            .post(FAULTS, json!({"match": pattern, "do": {"status": 500}}))
            .await;
        assert_eq!(reply.assert_status(400)["detail"], detail, "{pattern}");
        let said = reply.headers.get("x-emulator-hint");
        assert_eq!(
            said.map_or("", |said| said.to_str().unwrap()),
            hint,
            "{pattern}"
        );
    }
    assert_eq!(app.get(FAULTS).await.json(), json!({"faults": []}));
    for possible in [
        json!({"path": "*"}),
        json!({"path": "*/pipelines", "method": "HEAD"}),
        json!({"operation": "*Pipeline*", "method": "POST", "family": "pip*"}),
        json!({"operation": "UpdatePipeline", "body": {"/stages/0/tasks/1/taskGroup": {"exists": true}}}),
        json!({"query": {"token": "*"}, "family": "zadig"}),
    ] {
        app.post(FAULTS, json!({"match": possible, "do": {"status": 500}}))
            .await
            .assert_status(201);
    }
}

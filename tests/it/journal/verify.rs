//! The verification of requests: filters that cannot match, order, waiting, near misses.

use std::time::Duration;

use release_emulator::internals::sim::clock::Stopwatch;
use serde_json::{Value, json};

use super::{REQUESTS, VERIFY, with_requests};
use crate::common::{App, CREDENTIALS, assert_same};
use crate::faults::matching::impossible;
use crate::pipelines::pipelines;

#[tokio::test]
async fn a_filter_that_no_request_can_match_is_refused_with_the_nearest() {
    let app = App::new();
    for (pattern, detail, _) in impossible() {
        let refused = app
            .post(VERIFY, json!({"match": pattern, "exactly": 0}))
            .await;
        assert_eq!(refused.assert_status(400)["detail"], detail, "{pattern}");
        let order = app.post(VERIFY, json!({"in_order": [{}, pattern]})).await;
        let in_order = detail.replace("match.", "in_order[1].");
        assert_eq!(order.assert_status(400)["detail"], in_order, "{pattern}");
    }
    for (pattern, wrong) in [
        (json!({"status": "4o4"}), "match.status: matches no status"),
        (json!({"status": 700}), "match.status: matches no status"),
        (
            json!({"evidence": "infered*"}),
            "match.evidence: matches no evidence",
        ),
        (
            json!({"since": "noon"}),
            "match.since: \"noon\" is not an RFC 3339",
        ),
        (
            json!({"unknown_route": true, "operation": "ListPipelines"}),
            "match.operation: goes without",
        ),
        (
            json!({"unknown_route": 1}),
            "match.unknown_route: must be true or false",
        ),
    ] {
        let refused = app
            .post(VERIFY, json!({"match": pattern, "exactly": 0}))
            .await;
        let detail = refused.assert_status(400)["detail"].clone();
        assert!(
            detail.as_str().unwrap().starts_with(wrong),
            "{pattern}: {detail}"
        );
    }
}

#[tokio::test]
async fn a_list_refuses_the_same_filters_and_takes_the_same_conditions() {
    let app = with_requests().await;
    for (query, wrong) in [
        (
            "operation=CreatePipelin",
            "operation: matches no operation, did you mean CreatePipeline?",
        ),
        (
            "family=pipeline",
            "family: matches no family, did you mean pipelines?",
        ),
        (
            "method=PSOT",
            "method: matches no operation's method, did you mean POST?",
        ),
        (
            "path=/nope",
            "path: is the path of no operation; see GET /_emulator/v1/operations",
        ),
        (
            "operation=ListPipelines&method=POST",
            "method: ListPipelines has another method, did you mean GET?",
        ),
        (
            "operation=OperatePipeline&query.actionid=x",
            "query.actionid: OperatePipeline has no such parameter, did you mean action_id?",
        ),
        ("limit=x", "limit: \"x\" is not a non-negative integer"),
    ] {
        let refused = app
            .get(&format!("{REQUESTS}?{query}"))
            .await
            .assert_status(400);
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.starts_with(wrong), "{query}: {detail}");
    }
    for (query, total) in [
        ("query.limit=5", 1),
        ("query[limit]=5", 1),
        ("headers.X-Auth-Token=t-ann", 1),
        ("body./name=release-a", 1),
        ("body./model_version=2", 1),
        ("unknown_route=true", 1),
        (
            "unknown_route=true&path=/v3/p/pipeline/pipeline&method=GET",
            1,
        ),
        ("unknown_route=true&path=/nope", 0),
        ("unknown_route=false", 5),
    ] {
        let reply = app.get(&format!("{REQUESTS}?{query}")).await;
        assert_eq!(reply.assert_status(200)["total"], total, "{query}");
        assert!(reply.headers.get("x-emulator-hint").is_none(), "{query}");
    }
}

/// Sends actions to an unknown pipeline.
async fn act(app: &App, actions: &[&str]) {
    for action in actions {
        let path = format!("{}/x/action?action_id={action}", pipelines());
        app.post(&path, json!({})).await.assert_status(404);
    }
}

#[tokio::test]
async fn an_action_is_counted_by_its_word() {
    let app = App::new();
    act(&app, &["start", "stop", "start"]).await;
    for (filter, n) in [
        (
            json!({"operation": "OperatePipeline", "action": "start"}),
            2,
        ),
        (
            json!({"operation": "OperatePipeline", "query": {"action_id": "stop"}}),
            1,
        ),
        (json!({"action": "retry"}), 0),
    ] {
        let body = json!({"match": filter, "exactly": n});
        assert_eq!(
            app.post(VERIFY, body).await.assert_status(200),
            json!({"matched": n})
        );
    }
    let listed = app.get(&format!("{REQUESTS}?action=stop")).await.json();
    assert_eq!(
        (&listed["total"], &listed["requests"][0]["action"]),
        (&json!(1), &json!("stop"))
    );
}

#[tokio::test]
async fn requests_are_verified_in_their_order() {
    let app = App::new();
    act(&app, &["start", "stop", "continue", "stop"]).await;
    let order = |actions: &[&str]| {
        let filters: Vec<Value> = actions
            .iter()
            .map(|action| json!({ "action": action }))
            .collect();
        json!({ "in_order": filters })
    };
    for held in [
        &["start", "stop", "stop"][..],
        &["stop", "continue"],
        &["start"],
    ] {
        let verified = app.post(VERIFY, order(held)).await.assert_status(200);
        assert_eq!(verified, json!({"matched": held.len()}));
    }
    let refused = app
        .post(VERIFY, order(&["continue", "start"]))
        .await
        .assert_status(409);
    let detail = "expected 2 requests in order, found 1; none after request 3 matches in_order[1], but request 1 does";
    assert_eq!(
        (&refused["detail"], &refused["matched"]),
        (&json!(detail), &json!(1))
    );
    let differs = json!([{"field": "action", "wanted": "start", "got": "stop"}]);
    assert_eq!(refused["near_misses"][0]["differs"], differs);
    assert_eq!(refused["near_misses"].as_array().unwrap().len(), 1);
    let never = app.post(VERIFY, order(&["retry"])).await.assert_status(409);
    assert_eq!(
        never["detail"],
        "expected 1 requests in order, found 0; none matches in_order[0]"
    );
}

#[tokio::test]
async fn near_misses_show_what_was_wanted_and_what_came() {
    let app = App::new();
    let body = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [{"name": "s", "tasks": []}]});
    let headers = [CREDENTIALS, &[("X-Language", "en-us")]].concat();
    app.send(
        "POST",
        &format!("{}?limit=3", pipelines()),
        &headers,
        body.to_string(),
    )
    .await
    .assert_status(200);
    let filter = json!({"method": "P?T", "body": {"/name": "cart", "/stages/0": {"exists": false}, "/model_version": {"equals": 3}},
        "headers": {"X-Language": "zh*", "X-Auth-Token": "s3cret", "If-Match": {"exists": true}},
        "status": 201, "scope": "p2", "evidence": "documented", "since": "2026-01-01T13:00:00Z"});
    let refused = app
        .post(VERIFY, json!({"match": filter, "at_least": 1}))
        .await
        .assert_status(409);
    assert!(!refused.to_string().contains("s3cret"));
    let evidence = "inferred; operation=CreatePipeline; fields=*; parameters=stages.tasks";
    let expected = json!([
        {"field": "method", "wanted": "P?T", "got": "POST"},
        {"field": "scope", "wanted": "p2", "got": crate::common::PROJECT},
        {"field": "headers.x-language", "wanted": "zh*", "got": "en-us"},
        {"field": "headers.x-auth-token", "wanted": "***", "got": "***"},
        {"field": "headers.if-match", "wanted": {"exists": true}, "got": null},
        {"field": "body./name", "wanted": "cart", "got": "shop"},
        {"field": "body./stages/0", "wanted": {"exists": false}, "got": {"name": "s", "tasks": []}},
        {"field": "body./model_version", "wanted": {"equals": 3}, "got": 2},
        {"field": "status", "wanted": "201", "got": "200"},
        {"field": "evidence", "wanted": "documented", "got": evidence},
        {"field": "since", "wanted": "2026-01-01T13:00:00Z", "got": "2026-01-01T12:00:00Z"},
    ]);
    assert_same(&refused["near_misses"][0]["differs"], &expected);
}

#[tokio::test]
async fn verify_waits_until_the_expectation_holds() {
    let app = App::new();
    let (stopwatch, minute) = (Stopwatch::start(), 60_000);
    for expectation in [
        json!({"match": {"action": "stop"}, "at_least": 1, "within_ms": minute}),
        json!({"match": {"action": "stop"}, "exactly": 2, "within_ms": minute}),
        json!({"in_order": [{"action": "start"}, {"action": "stop"}], "within_ms": minute}),
    ] {
        let verify = app.post(VERIFY, expectation);
        let (verified, ()) = tokio::join!(verify, act(&app, &["start", "stop"]));
        verified.assert_status(200);
    }
    assert!(
        stopwatch.elapsed() < Duration::from_secs(30),
        "it did not wait for the end"
    );

    let in_vain = json!({"match": {"action": "retry"}, "at_least": 1, "within_ms": 20});
    let refused = app.post(VERIFY, in_vain).await.assert_status(409);
    assert_eq!(refused["detail"], "expected at least 1, found 0");
    // An expectation that can no longer hold is refused at once.
    let too_many = json!({"match": {"action": "stop"}, "exactly": 1, "within_ms": minute});
    app.post(VERIFY, too_many).await.assert_status(409);
    assert!(stopwatch.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn an_expectation_that_makes_no_sense_is_refused() {
    let app = App::new();
    let one_of = "must have exactly one of exactly, at_least, at_most, in_order";
    let bound =
        "within_ms: goes with at_least, in_order, and exactly from 1; an upper bound holds at once";
    for (body, wrong) in [
        (json!({}), one_of),
        (json!({"exactly": 1, "in_order": [{}]}), one_of),
        (
            json!({"at_least": 1, "within_ms": 0}),
            "within_ms: must be from 1 to 60000",
        ),
        (
            json!({"at_least": 1, "within_ms": 60_001}),
            "within_ms: must be from 1 to 60000",
        ),
        (json!({"at_most": 1, "within_ms": 5}), bound),
        (json!({"exactly": 0, "within_ms": 5}), bound),
        (
            json!({"in_order": [{}], "match": {"method": "GET"}}),
            "in_order: goes without match",
        ),
        (
            json!({"in_order": []}),
            "in_order: must have at least one filter",
        ),
    ] {
        let refused = app.post(VERIFY, body.clone()).await.assert_status(400);
        assert_eq!(refused["detail"], wrong, "{body}");
    }
}

#[tokio::test]
async fn verify_does_not_confirm_what_a_cut_body_could_change() {
    let app = App::new();
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat(20_000));
    app.send("POST", &pipelines(), CREDENTIALS, body)
        .await
        .assert_status(400);
    let doubt =
        "1 requests have bodies of which the journal keeps only the beginning, and might match";
    let never = json!({"match": {"body": {"/name": "shop"}}, "exactly": 0});
    let refused = app.post(VERIFY, never).await.assert_status(409);
    assert_eq!(
        refused["detail"],
        format!("expected exactly 0, found 0; {doubt}")
    );
    let elsewhere =
        json!({"match": {"operation": "UpdatePipeline", "body": {"/name": "shop"}}, "exactly": 0});
    app.post(VERIFY, elsewhere).await.assert_status(200);
}

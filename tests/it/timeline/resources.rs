//! The list of all resources, and the forecast in a timeline.

use serde_json::{Value, json};

use super::*;
use crate::common::assert_same;

const RESOURCES: &str = "/_emulator/v1/resources";

/// One resource of each kind, in the order of the list. Returns their ids.
async fn one_of_each(app: &App) -> [String; 5] {
    let release = create_release(app, "gray-a").await;
    let plan = create_plan(app, "plan-a", &[component(0, "web")]).await;
    let stages = json!([{"name": "deploy", "tasks": [{"name": "t"}]}]);
    let pipeline = create_pipeline(app, "pipeline-a", stages).await;
    act(app, &pipeline, "start", json!({})).await;
    app.post(&format!("{VERSIONS}/k8s"), version("v1"))
        .await
        .assert_status(200);
    let version = newest_version(app).await;
    ["mesh-demo".to_owned(), release, plan, pipeline, version]
}

#[tokio::test]
async fn every_resource_is_listed_with_its_status_its_next_change_and_its_commands() {
    let app = App::new();
    let [mesh, release, plan, pipeline, version] = one_of_each(&app).await;

    let listed = app.get(RESOURCES).await.assert_status(200);

    let soon = "2026-01-01T12:00:02Z";
    assert_same(
        &listed,
        &json!({"resources": [
            {"family": "asm", "kind": "mesh", "scope": listed["resources"][0]["scope"], "id": mesh, "name": "mesh-demo",
                "status": "Running", "word": "Running", "next": null, "allowed": ["delete"]},
            {"family": "asm", "kind": "release", "scope": "mesh-demo", "id": release, "name": "gray-a",
                "status": "Creating", "word": "Creating", "next": {"time": soon, "to": "Running"},
                "allowed": ["update", "cancel", "end"]},
            {"family": "plans", "kind": "plan", "scope": PROJECT, "id": plan, "name": "plan-a",
                "status": "CREATED", "word": "CREATED", "next": null, "allowed": ["edit", "delete", "execute"]},
            {"family": "pipelines", "kind": "pipeline", "scope": PROJECT, "id": pipeline, "name": "pipeline-a",
                "status": "4", "code": 4, "word": "releasing", "next": {"time": soon, "to": "2"}, "allowed": ["stop"]},
            {"family": "zadig", "kind": "version", "scope": "demo", "id": version, "name": "v1",
                "status": "creating", "word": "creating",
                "next": {"time": soon, "service": "web", "step": "web", "to": "passed"}, "allowed": ["delete"]},
        ], "count": 5}),
    );
    let ids = async |query: &str| {
        let listed = app
            .get(&format!("{RESOURCES}?{query}"))
            .await
            .assert_status(200);
        let ids = listed["resources"].as_array().expect("resources").iter();
        let ids: Vec<_> = ids
            .map(|row| row["id"].as_str().expect("an id").to_owned())
            .collect();
        (ids, listed["count"].as_u64().expect("a count"))
    };
    assert_eq!(
        ids("family=asm").await,
        (vec![mesh.clone(), release.clone()], 2)
    );
    assert_eq!(
        ids(&format!("scope={PROJECT}&family=plans")).await,
        (vec![plan.clone()], 1)
    );
    assert_eq!(ids("limit=2&offset=1").await, (vec![release, plan], 5));
    assert_eq!(ids("offset=4").await, (vec![version], 5));
    assert_eq!(ids("offset=5").await, (vec![], 5));
    assert_eq!(ids("scope=nowhere").await, (vec![], 0));
    for (query, said) in [
        (
            "family=iam&limit=0",
            "family: must be asm, plans, pipelines or zadig, not \"iam\"; limit: must be from 1 to 1000",
        ),
        ("limit=1001", "limit: must be from 1 to 1000"),
        ("kind=mesh", "kind: "),
    ] {
        let refused = app
            .get(&format!("{RESOURCES}?{query}"))
            .await
            .assert_status(400);
        let detail = refused["detail"].as_str().expect("a text");
        assert!(detail.starts_with(said), "{detail}");
    }
}

#[tokio::test]
async fn pages_of_many_scopes_have_every_resource_once() {
    let app = App::new();
    for n in 0..12 {
        let body = json!({"name": format!("plan-{n}"), "components": [component(0, "web")]});
        app.post(&format!("/v3/p{}/cas/release-plans", n % 5), body)
            .await
            .assert_status(200);
    }
    let whole = app.get(RESOURCES).await.assert_status(200);
    for limit in 1..=13_usize {
        let mut seen = Vec::new();
        for offset in (0..12).step_by(limit) {
            let page = app
                .get(&format!("{RESOURCES}?limit={limit}&offset={offset}"))
                .await;
            let page = page.assert_status(200);
            assert_eq!(page["count"], 12);
            seen.extend(page["resources"].as_array().expect("resources").clone());
        }
        assert_eq!(json!(seen), whole["resources"], "{limit}");
    }
}

/// The forecast of a resource, in short: `<step> <status> <began>-<ended> <begins>-<ends> <to>`, in seconds.
async fn forecast(app: &App, family: &str, id: &str) -> Vec<String> {
    let forecast = timeline(app, family, id).await["forecast"].clone();
    let steps = forecast.as_array().expect("steps").iter();
    steps
        .map(|step| {
            let key = |key: &str| {
                let text = step.get(key).map(|text| text.as_str().expect("a text"));
                let text = text.unwrap_or(".");
                text.trim_start_matches("2026-01-01T12:00:")
                    .trim_end_matches('Z')
                    .to_owned()
            };
            let keys = ["step", "status", "began", "ended", "begins", "ends", "to"];
            keys.map(key).join(" ")
        })
        .collect()
}

#[tokio::test]
async fn the_steps_to_come_are_told_from_those_that_happened() {
    let app = App::new();
    app.script(json!({"match": {"step": "t1"}, "outcome": "fail", "takes_ms": 5_000}))
        .await;
    let stages = json!([{"name": "a", "tasks": [{"name": "t0"}, {"name": "t1"}]},
        {"name": "b", "approval_type": 1, "tasks": [{"name": "t2"}]}]);
    let id = create_pipeline(&app, "release-a", stages).await;
    assert_eq!(forecast(&app, "pipelines", &id).await, [""; 0]);
    act(&app, &id, "start", json!({})).await;
    app.advance(3_000).await;
    assert_eq!(
        forecast(&app, "pipelines", &id).await,
        [
            "t0 2 00 02 . . .",
            "t1 4 02 . . 07 3",
            "b 1 . . . . .",
            "t2 1 . . . . .",
        ]
    );
    let plan = create_plan(&app, "plan-a", &[component(0, "web"), component(1, "db")]).await;
    app.post(&format!("{PLANS}/{plan}/execute"), Value::Null)
        .await
        .assert_status(200);
    assert_eq!(
        forecast(&app, "plans", &plan).await,
        [
            "web RUNNING 03 . . 05 SUCCESS",
            "db CREATED . . 05 07 SUCCESS"
        ]
    );
    app.post(&format!("{VERSIONS}/k8s"), version("v1"))
        .await
        .assert_status(200);
    let version = newest_version(&app).await;
    assert_eq!(
        forecast(&app, "zadig", &version).await,
        [
            "web running 03 . . 05 passed",
            "proxy waiting . . 05 07 passed"
        ]
    );
    app.advance(4_000).await;
    assert_eq!(
        forecast(&app, "plans", &plan).await,
        ["web SUCCESS 03 05 . . .", "db SUCCESS 05 07 . . ."]
    );
}

#[tokio::test]
async fn what_is_foreseen_comes_about() {
    let app = App::new();
    let stages = json!([{"name": "a", "tasks": [{"name": "t0"}, {"name": "u0", "task_group": "u"}, {"name": "t1"}]}]);
    app.script(json!({"takes_ms": {"min": 500, "max": 5_000}}))
        .await;
    let id = create_pipeline(&app, "release-a", stages).await;
    act(&app, &id, "start", json!({})).await;
    let foreseen = timeline(&app, "pipelines", &id).await["forecast"].clone();
    app.advance(60_000).await;
    let happened = timeline(&app, "pipelines", &id).await["forecast"].clone();
    for (foreseen, happened) in foreseen
        .as_array()
        .expect("steps")
        .iter()
        .zip(happened.as_array().expect("steps"))
    {
        let begin = foreseen.get("began").or(foreseen.get("begins"));
        assert_eq!(
            (begin, foreseen.get("ends")),
            (happened.get("began"), happened.get("ended"))
        );
        assert_eq!(foreseen["to"], happened["status"]);
    }
}

#[tokio::test]
async fn a_failed_step_tells_the_reason_of_its_script() {
    let app = App::new();
    app.script(json!({"match": {"step": "t1"}, "outcome": "fail", "message": "no image"}))
        .await;
    let stages = json!([{"name": "a", "tasks": [{"name": "t0"}, {"name": "t1"}]}]);
    let id = create_pipeline(&app, "release-a", stages).await;
    act(&app, &id, "start", json!({})).await;
    let messages = async || {
        let shown = timeline(&app, "pipelines", &id).await;
        [0, 1].map(|step| shown["forecast"][step].get("message").cloned())
    };
    app.advance(3_999).await;
    assert_eq!(messages().await, [None, None]);
    app.advance(1).await;
    assert_eq!(messages().await, [None, Some(json!("no image"))]);
}

//! Scripts as rules: priority, one of them shown and replaced, turned off, and in fixtures.

use serde_json::{Value, json};

use crate::common::{App, PROJECT, assert_same};

const SCRIPTS: &str = "/_emulator/v1/scripts";

/// Executes a new plan of one component; returns its status when all is over.
async fn executed(app: &App, name: &str) -> Value {
    let plans = format!("/v3/{PROJECT}/cas/release-plans");
    let component = json!({"seq": 0, "name": "web", "runtime_stack": {"name": "java"}});
    let plan = json!({"name": name, "components": [component]});
    let created = app.post(&plans, plan).await.assert_status(200);
    let id = created["id"].as_str().unwrap().to_owned();
    let execute = format!("{plans}/{id}/execute");
    app.post(&execute, json!({})).await.assert_status(200);
    app.advance(60_000).await;
    app.get(&format!("{plans}/{id}")).await.assert_status(200)["status"].clone()
}

async fn add(app: &App, script: Value) {
    app.post(SCRIPTS, script).await.assert_status(201);
}

#[tokio::test]
async fn the_highest_priority_decides_then_the_first_added() {
    let app = App::new();
    add(&app, json!({"id": "a", "outcome": "succeed"})).await;
    add(
        &app,
        json!({"id": "b", "outcome": "fail", "priority": 1, "times": 1}),
    )
    .await;
    let listed = app.get(SCRIPTS).await.assert_status(200);
    assert_eq!(
        (
            &listed["scripts"][0]["id"],
            &listed["scripts"][0]["priority"]
        ),
        (&json!("b"), &json!(1))
    );
    assert_eq!(executed(&app, "one").await, "FAILED");
    assert_eq!(executed(&app, "two").await, "SUCCESS");
}

#[tokio::test]
async fn a_script_is_shown_replaced_and_turned_off_under_its_id() {
    let app = App::new();
    add(
        &app,
        json!({"id": "x", "match": {"family": "plans"}, "outcome": "fail"}),
    )
    .await;
    assert_eq!(executed(&app, "one").await, "FAILED");
    let path = format!("{SCRIPTS}/x");
    let mut shown = app.get(&path).await.assert_status(200);
    let expected = json!({"id": "x", "match": {"family": "plans", "work": "run"}, "outcome": "fail", "used": 1});
    assert_same(&shown, &expected);

    shown["enabled"] = json!(false);
    let off = app.put(&path, shown).await.assert_status(200);
    assert_eq!((&off["enabled"], &off["used"]), (&json!(false), &json!(1)));
    assert_eq!(executed(&app, "two").await, "SUCCESS");
    app.put(&path, json!({"outcome": "fail"}))
        .await
        .assert_status(200);
    assert_eq!(executed(&app, "three").await, "FAILED");

    let refused = app
        .put(&path, json!({"id": "y", "times": 0}))
        .await
        .assert_status(400);
    assert_eq!(
        refused["detail"],
        "times: must be at least 1; id: must be that of the path"
    );
    app.put(&format!("{SCRIPTS}/y"), json!({}))
        .await
        .assert_status(404);
    app.get(&format!("{SCRIPTS}/y")).await.assert_status(404);
    let again = app
        .post(SCRIPTS, json!({"id": "x"}))
        .await
        .assert_status(409);
    assert_eq!(again["detail"], "id: \"x\" is already used by a script");
    let unnamed = app
        .post(SCRIPTS, json!({"id": ""}))
        .await
        .assert_status(400);
    assert!(
        unnamed["detail"]
            .as_str()
            .unwrap()
            .starts_with("id: must be 1 to 64")
    );
}

#[tokio::test]
async fn scripts_of_fixtures_decide_from_the_first_step_and_after_a_reset() {
    let fixtures = json!({"scripts": [{"id": "x", "match": {"family": "plans"}, "outcome": "fail", "times": 1},
        {"id": "off", "outcome": "fail", "enabled": false}]});
    let app = App::load(&fixtures);
    for _ in 0..2 {
        assert_eq!(executed(&app, "one").await, "FAILED");
        assert_eq!(executed(&app, "two").await, "SUCCESS");
        let state = app.state().await;
        assert!(state.get("scripts").is_none(), "an export has no rules");
        app.put("/_emulator/v1/state", state)
            .await
            .assert_status(204);
        let listed = app.get(SCRIPTS).await.assert_status(200);
        assert_eq!(
            (&listed["scripts"][0]["used"], &listed["unused"]),
            (&json!(1), &json!([]))
        );
        app.post("/_emulator/v1/reset", json!({}))
            .await
            .assert_status(204);
    }
    app.patch("/_emulator/v1/state", json!({"scripts": [{"id": "new"}]}))
        .await
        .assert_status(204);
    let listed = app.get(SCRIPTS).await.assert_status(200);
    assert_eq!(listed["scripts"].as_array().unwrap().len(), 3);
    let wrong =
        json!({"scripts": [{"times": 0}, {"id": "a"}, {"id": "a", "match": {"family": "iam"}}]});
    let refused = app
        .put("/_emulator/v1/state", wrong)
        .await
        .assert_status(400);
    assert_eq!(
        refused["detail"],
        "scripts[0].times: must be at least 1; scripts[2].match.family: must be asm, plans, pipelines or zadig; \
         scripts[2].id: duplicate \"a\""
    );
    app.put("/_emulator/v1/state", json!({"scripts": [{"id": "only"}]}))
        .await
        .assert_status(204);
    let listed = app.get(SCRIPTS).await.assert_status(200);
    assert_eq!(
        (
            listed["scripts"].as_array().unwrap().len(),
            &listed["scripts"][0]["id"]
        ),
        (1, &json!("only"))
    );
    app.post("/_emulator/v1/reset", json!({"to": "empty"}))
        .await
        .assert_status(204);
    assert_eq!(app.get(SCRIPTS).await.json()["scripts"], json!([]));
}

#[tokio::test]
async fn a_script_can_be_sent_as_the_list_shows_it() {
    let app = App::new();
    super::create_pipeline(&app, "shop", &["build"]).await;
    app.script(
        json!({"id": "x", "match": {"family": "pipelines", "step": "biuld"}, "outcome": "fail"}),
    )
    .await;
    let mut listed = app.get(SCRIPTS).await.assert_status(200)["scripts"][0].clone();
    assert_eq!(
        (&listed["fits"], &listed["misfit"], &listed["nearest"]),
        (&json!(false), &json!("step"), &json!("build"))
    );

    listed["match"]["step"] = listed["nearest"].clone();
    let path = format!("{SCRIPTS}/x");
    app.put(&path, listed).await.assert_status(200);
    let listed = app.get(SCRIPTS).await.assert_status(200)["scripts"][0].clone();
    assert_eq!(listed.get("fits"), None);
    let refused = app
        .put(&path, json!({"fits": "no"}))
        .await
        .assert_status(400);
    assert_eq!(refused["detail"], "fits: must be a boolean, not \"no\"");
}

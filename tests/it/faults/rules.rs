//! Faults as rules: priority, one of them shown and replaced, turned off, and in fixtures.

use release_emulator::internals::{Settings, State, World};
use serde_json::{Value, json};

use super::{FAULTS, add_fault};
use crate::common::{App, assert_same};
use crate::pipelines::pipelines;

/// The ids of the faults in the order in which they are tried.
async fn ids(app: &App) -> Vec<String> {
    let listed = app.get(FAULTS).await.assert_status(200);
    let faults = listed["faults"].as_array().unwrap().iter();
    faults
        .map(|fault| fault["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_highest_priority_decides_then_the_first_added() {
    let app = App::new();
    for (id, status, priority) in [("a", 500, 0), ("b", 501, 0), ("c", 502, 7), ("d", 503, -1)] {
        let fault = json!({"id": id, "do": {"status": status}, "priority": priority, "times": 1});
        add_fault(&app, fault).await;
    }
    assert_eq!(ids(&app).await, ["c", "a", "b", "d"]);
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(app.get(&pipelines()).await.status);
    }
    assert_eq!(statuses, [502, 500, 501, 503, 200]);
}

#[tokio::test]
async fn a_fault_is_shown_replaced_and_turned_off_under_its_id() {
    let app = App::new();
    let id = add_fault(&app, json!({"do": {"status": 503}, "times": 3})).await;
    let path = format!("{FAULTS}/{id}");
    app.get(&pipelines()).await.assert_status(503);
    let mut shown = app.get(&path).await.assert_status(200);
    assert_same(
        &shown,
        &json!({"id": id, "match": {}, "do": {"status": 503}, "times": 3, "used": 1}),
    );

    shown["enabled"] = json!(false);
    let off = app.put(&path, shown.clone()).await.assert_status(200);
    assert_same(
        &off,
        &json!({"id": id, "match": {}, "do": {"status": 503}, "enabled": false, "times": 3, "used": 1}),
    );
    app.get(&pipelines()).await.assert_status(200);

    let other = json!({"do": {"status": 404}, "times": 2});
    app.put(&path, other).await.assert_status(200);
    let statuses = [
        app.get(&pipelines()).await.status,
        app.get(&pipelines()).await.status,
    ];
    assert_eq!(statuses, [404, 200], "one of two was used before");

    let invalid = json!({"id": "x", "do": {}});
    let refused = app.put(&path, invalid).await.assert_status(400);
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.contains("do: must have at least one of")
            && detail.contains("id: must be that of the path"),
        "{detail}"
    );
    let unknown = app
        .put(&format!("{FAULTS}/{id}x"), json!({"do": {"status": 1}}))
        .await;
    unknown.assert_status(400);
    let unknown = app
        .put(&format!("{FAULTS}/{id}x"), json!({"do": {"status": 500}}))
        .await;
    unknown.assert_status(404);
    assert_eq!(
        unknown.header("x-emulator-hint"),
        format!("did you mean the fault {id}?")
    );
    app.get(&format!("{FAULTS}/nope")).await.assert_status(404);
}

#[tokio::test]
async fn a_fault_may_choose_its_id_which_is_unique() {
    let app = App::new();
    add_fault(&app, json!({"id": "away", "do": {"status": 503}})).await;
    let again = app
        .post(FAULTS, json!({"id": "away", "do": {"status": 500}}))
        .await;
    let detail = json!("id: \"away\" is already used by a fault");
    assert_eq!(again.assert_status(409)["detail"], detail);
    for wrong in ["", "a/b", "..", &"x".repeat(65)] {
        let refused = app
            .post(FAULTS, json!({"id": wrong, "do": {"status": 500}}))
            .await;
        let detail = refused.assert_status(400)["detail"].clone();
        assert!(
            detail
                .as_str()
                .unwrap()
                .starts_with("id: must be 1 to 64 letters"),
            "{detail}"
        );
    }
    app.delete(&format!("{FAULTS}/away"))
        .await
        .assert_status(204);
}

fn fixtures() -> Value {
    json!({"faults": [
        {"id": "away", "match": {"operation": "ListPipelines"}, "do": {"status": 503}, "times": 1},
        {"match": {"family": "zadig"}, "do": {"body": {"n": 1.5}}, "enabled": false}]})
}

#[tokio::test]
async fn faults_of_fixtures_are_in_force_from_the_first_request_and_after_a_reset() {
    let app = App::load(&fixtures());
    for _ in 0..2 {
        app.get(&pipelines()).await.assert_status(503);
        app.get(&pipelines()).await.assert_status(200);
        add_fault(&app, json!({"do": {"status": 500}})).await;
        app.post("/_emulator/v1/reset", json!({}))
            .await
            .assert_status(204);
        let listed = app.get(FAULTS).await.assert_status(200);
        let faults = listed["faults"].as_array().unwrap();
        assert_eq!((faults.len(), &faults[0]["used"]), (2, &json!(0)));
        assert_same(&faults[1]["do"], &json!({"body": {"n": 1.5}}));
    }
    let empty = json!({"to": "empty"});
    app.post("/_emulator/v1/reset", empty)
        .await
        .assert_status(204);
    assert_eq!(app.get(FAULTS).await.json(), json!({"faults": []}));
}

#[tokio::test]
async fn a_state_replaces_or_adds_faults_only_if_it_has_some() {
    let app = App::load(&fixtures());
    let state = app.state().await;
    assert!(state.get("faults").is_none(), "an export has no rules");
    app.put("/_emulator/v1/state", state.clone())
        .await
        .assert_status(204);
    assert_eq!(ids(&app).await.len(), 2);
    assert_same(&app.state().await, &state);

    let patch = json!({"faults": [{"id": "away", "do": {"status": 418}}, {"id": "new", "do": {"status": 500}}]});
    app.patch("/_emulator/v1/state", patch.clone())
        .await
        .assert_status(204);
    assert_eq!(ids(&app).await.len(), 3);
    app.get(&pipelines()).await.assert_status(418);
    app.put("/_emulator/v1/state", patch)
        .await
        .assert_status(204);
    assert_eq!(ids(&app).await, ["away", "new"]);

    let wrong = json!({"faults": [{"do": {}}], "zadig": {"projects": [{"key": "x"}]}});
    let refused = app
        .put("/_emulator/v1/state", wrong)
        .await
        .assert_status(400);
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("faults[0].do: must have at least one of"),
        "{detail}"
    );
    assert_eq!(ids(&app).await, ["away", "new"], "nothing changed");
}

#[test]
fn faults_of_fixtures_are_checked_with_their_place() {
    let refused = |faults: Value| {
        let state = State::from_json(&json!({ "faults": faults }).to_string()).unwrap();
        World::new(Settings::default(), state)
            .err()
            .unwrap()
            .to_string()
    };
    let misspelt = json!([{"match": {"operation": "ListPiplines"}, "do": {"status": 500}}]);
    assert_eq!(
        refused(misspelt),
        "faults[0].match.operation: matches no operation, did you mean ListPipelines?"
    );
    let several =
        json!([{"id": "a", "do": {"status": 1}}, {"id": "a", "do": {"status": 500}, "times": 0}]);
    assert_eq!(
        refused(several),
        "faults[0].do.status: must be from 200 to 599; faults[1].times: must be at least 1; faults[1].id: duplicate \"a\""
    );
    let unknown = State::from_json(r#"{"faults": [{"do": {"statsu": 500}}]}"#);
    let said = unknown.unwrap_err().to_string();
    assert!(
        said.starts_with("faults[0].do.statsu: is not a known field"),
        "{said}"
    );
}

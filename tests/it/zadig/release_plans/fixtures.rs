//! Plans in states.

use super::*;
use crate::common::assert_same;

async fn put(app: &App, plans: Value) -> Reply {
    app.put(
        "/_emulator/v1/state",
        json!({"zadig": {"release_plans": plans}}),
    )
    .await
}

#[tokio::test]
async fn an_export_restores_itself_in_every_status() {
    let app = v4();
    let mut body = plan("weekly");
    body["approval"] = approval(2);
    body["end_time"] = json!(NOON_SECONDS + 20);
    let id = app
        .plan_with_jobs(body, json!([text_job("a"), text_job("b")]))
        .await;
    let check = async |status: &str| {
        assert!(app.statuses(&id).await.starts_with(status));
        let (state, shown) = (app.state().await, app.shown(&id).await);
        app.put("/_emulator/v1/state", state.clone())
            .await
            .assert_status(204);
        assert_same(&app.state().await, &state);
        assert_same(&app.shown(&id).await, &shown);
        let other = App::load(&state);
        assert_same(&other.state().await["zadig"], &state["zadig"]);
    };
    check("planning").await;
    app.go(&id, &["finish_planning", "wait_for_approval"]).await;
    check("wait_for_approval").await;
    app.approve("ann", &id, true)
        .await
        .assert_reply(200, SUCCESS);
    check("wait_for_approval").await;
    app.approve("ben", &id, true)
        .await
        .assert_reply(200, SUCCESS);
    check("executing").await;
    app.advance(60_000).await;
    check("timeout").await;
}

#[tokio::test]
async fn v4_loads_the_state_of_v3_and_v3_refuses_statuses_of_v4_with_the_reason() {
    let old = v3(
        &json!([{"id": "64f1a7cd1b7bd46ec353b50c", "name": "old", "status": "denied",
        "jobs": [{"name": "a", "type": "text", "last_status": "done"}]}]),
    );
    let mut state = old.state().await;
    state["zadig"]["generation"] = json!("v4");
    let new = App::load(&state);
    assert_eq!(new.statuses("64f1a7cd1b7bd46ec353b50c").await, "denied []");
    assert_eq!(
        new.shown("64f1a7cd1b7bd46ec353b50c").await["finish_planning_time"],
        0
    );
    let refused = put(&old, json!([{"status": "finish_planning"}])).await;
    assert_eq!(
        refused.assert_status(400)["detail"],
        "zadig.release_plans[0].status: \"finish_planning\" exists only with --zadig v4"
    );
}

#[tokio::test]
async fn mistakes_are_refused_with_their_place() {
    let app = v4();
    for (plans, message) in [
        (
            json!([{"id": "x"}]),
            "[0].id: must be 24 hexadecimal digits in lower case, not \"x\"",
        ),
        (
            json!([{"id": "64f1a7cd1b7bd46ec353b50c"}, {"id": "64f1a7cd1b7bd46ec353b50c"}]),
            "[1].id: duplicate \"64f1a7cd1b7bd46ec353b50c\"",
        ),
        (
            json!([{"index": 3}, {"index": 3}]),
            "[1].index: duplicate 3",
        ),
        (
            json!([{"jobs": [{"name": "a", "type": "odd"}]}]),
            "[0].jobs[0].type: must be text or workflow, not \"odd\"",
        ),
        (
            json!([{"jobs": [{"id": "j", "type": "text"}, {"id": "j", "type": "text"}]}]),
            "[0].jobs[1].id: duplicate \"j\"",
        ),
        (
            json!([{"jobs": [{"type": "workflow"}]}]),
            "[0].jobs[0].spec.workflow_key: is required, or a workflow",
        ),
    ] {
        let refused = put(&app, plans).await;
        let detail = refused.assert_status(400)["detail"].clone();
        assert_eq!(detail, format!("zadig.release_plans{message}"));
    }
    for unknown in [
        json!([{"status": "gone"}]),
        json!([{"jobs": [{"type": "text", "status": "gone"}]}]),
    ] {
        put(&app, unknown).await.assert_status(400);
    }
}

#[tokio::test]
async fn a_plan_needs_no_more_than_its_place_and_a_patch_replaces_it_by_id() {
    let app = v4();
    put(
        &app,
        json!([{}, {"id": "64f1a7cd1b7bd46ec353b50c", "name": "old"}]),
    )
    .await
    .assert_status(204);
    let patch = json!({"zadig": {"release_plans": [
        {"id": "64f1a7cd1b7bd46ec353b50c", "name": "new", "status": "cancel"}, {"name": "third"}]}});
    app.patch("/_emulator/v1/state", patch)
        .await
        .assert_status(204);
    let listed = app.get(&format!("{PLANS}?pageNum=1&pageSize=9")).await;
    let listed = listed.assert_status(200);
    let names: Vec<_> = listed["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plan| json!([plan["index"], plan["name"]]))
        .collect();
    assert_eq!(
        names,
        [json!([3, "third"]), json!([2, "new"]), json!([1, ""])]
    );
    let first = listed["list"][2].clone();
    assert_eq!(
        (&first["created_by"], &first["create_time"]),
        (&json!("emulator"), &json!(NOON_SECONDS))
    );
    assert_eq!(app.statuses("64f1a7cd1b7bd46ec353b50c").await, "cancel []");
}

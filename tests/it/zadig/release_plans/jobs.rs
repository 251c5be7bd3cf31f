//! Commands on jobs, within and outside of the window.

use super::*;

/// A plan with two texts that is executed.
async fn executed(app: &App, plan: Value) -> String {
    let id = app
        .plan_with_jobs(plan, json!([text_job("a"), text_job("b")]))
        .await;
    app.go(&id, &["finish_planning", "executing"]).await;
    id
}

#[tokio::test]
async fn a_plan_succeeds_once_each_text_is_done_or_skipped() {
    let app = v4();
    let id = executed(&app, plan("weekly")).await;
    app.advance(1_000).await;
    app.job_command("root", "execute", &id, 0)
        .await
        .assert_reply(200, SUCCESS);
    let shown = app.shown(&id).await;
    assert_eq!(app.statuses(&id).await, "executing [done, todo]");
    assert_eq!(
        shown["jobs"][0]["spec"],
        json!({"content": "do a", "remark": "as planned"})
    );
    assert_eq!(shown["jobs"][0]["executed_by"], "root");
    assert_eq!(shown["jobs"][0]["executed_time"], NOON_SECONDS + 1);
    assert_eq!(
        (&shown["updated_by"], &shown["success_time"]),
        (&json!("root"), &json!(0))
    );

    app.advance(1_000).await;
    app.job_command("mia", "skip", &id, 1)
        .await
        .assert_reply(200, SUCCESS);
    let shown = app.shown(&id).await;
    assert_eq!(app.statuses(&id).await, "success [done, skipped]");
    assert_eq!(shown["jobs"][1]["executed_by"], "Mia");
    assert_eq!(shown["success_time"], NOON_SECONDS + 2);
}

#[tokio::test]
async fn commands_are_checked_in_this_order() {
    let app = v4();
    let id = app
        .plan_with_jobs(plan("weekly"), json!([text_job("a"), text_job("b")]))
        .await;
    let refused = async |token: &str, command: &str, id: &str, body: Value, text: &str| {
        app.command(token, command, id, body)
            .await
            .assert_reply(500, &internal(text));
    };
    let job = app.shown(&id).await["jobs"][0]["id"].clone();
    let body = |id: &Value, kind: &str| json!({"id": id, "name": "a", "type": kind});
    let none = json!("none");
    for (command, verb) in [
        ("execute", "execute"),
        ("skip", "skip"),
        ("retry", "execute"),
    ] {
        let unknown = "get plan: mongo: no documents in result";
        refused(
            "guest",
            command,
            "64f1a7cd1b7bd46ec353b50c",
            json!({}),
            unknown,
        )
        .await;
        let text = format!("plan status is planning, can not {verb}");
        refused("guest", command, &id, json!({}), &text).await;
    }
    app.go(&id, &["finish_planning", "executing"]).await;
    for (command, maker) in [
        ("execute", "executor"),
        ("skip", "skipper"),
        ("retry", "executor"),
    ] {
        let text = format!("new release job {maker}: invalid release job type: odd");
        refused("guest", command, &id, body(&none, "odd"), &text).await;
    }
    let wrong = json!({"id": "none", "type": "text", "spec": {"remark": 7}});
    for (command, maker) in [("execute", "executor"), ("skip", "skipper")] {
        let text = format!(
            "new release job {maker}: invalid spec: unmarshal task error: json: cannot unmarshal number into Go struct field TextReleaseJobSpec.remark of type string"
        );
        refused("guest", command, &id, wrong.clone(), &text).await;
        let text = format!("{command}: job none not found");
        refused("guest", command, &id, body(&none, "text"), &text).await;
        refused("guest", command, &id, body(&none, "workflow"), &text).await;
        let text = format!("{command}: workflow is nil");
        refused("guest", command, &id, body(&job, "workflow"), &text).await;
    }
    let text = "new release job executor: text release job does not support retry";
    refused("guest", "retry", &id, body(&none, "text"), text).await;
    let text = "execute: job none not found";
    refused("guest", "retry", &id, body(&none, "workflow"), text).await;
    let text = "execute: workflow is nil";
    refused("guest", "retry", &id, body(&job, "workflow"), text).await;
    let text = "execute: user Guest is not the manager of the plan weekly";
    refused("guest", "execute", &id, body(&job, "text"), text).await;

    app.command("mia", "execute", &id, body(&job, "text"))
        .await
        .assert_reply(200, SUCCESS);
    for command in ["execute", "skip"] {
        let text = format!("{command}: job a status is not todo");
        refused("mia", command, &id, body(&job, "text"), &text).await;
    }
    let body = json!({"id": 7});
    for (command, name) in [
        ("execute", "ExecuteReleaseJobArgs"),
        ("skip", "SkipReleaseJobArgs"),
        ("retry", "RetryReleaseJobArgs"),
    ] {
        let refused = app.command("mia", command, &id, body.clone()).await;
        let text =
            format!("json: cannot unmarshal number into Go struct field {name}.id of type string");
        refused.assert_reply(400, &bad_request(&text));
    }
}

#[tokio::test]
async fn v3_lets_everybody_execute_a_job() {
    let id = "64f1a7cd1b7bd46ec353b50c";
    let app = v3(&json!([{"id": id, "name": "old", "manager_id": "u-mia",
        "jobs": [{"id": "j1", "name": "a", "type": "text", "spec": {"content": "x"}}]}]));
    assert_eq!(
        app.shown(id).await["jobs"][0]["spec"],
        json!({"content": "x"})
    );
    app.go(id, &["executing"]).await;
    app.job_command("guest", "execute", id, 0)
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(app.statuses(id).await, "success [done]");
    assert_eq!(
        app.shown(id).await["jobs"][0]["spec"],
        json!({"content": "x", "remark": "as planned"})
    );
}

#[tokio::test]
async fn jobs_are_executed_only_within_the_window_and_the_plan_times_out_after_it() {
    let app = v4();
    let mut body = plan("weekly");
    body["start_time"] = json!(NOON_SECONDS + 10);
    body["end_time"] = json!(NOON_SECONDS + 20);
    let id = executed(&app, body).await;
    let outside = internal("plan is not in the release time range");
    app.advance(9_999).await;
    for command in ["execute", "skip", "retry"] {
        let refused = app.job_command("mia", command, &id, 0).await;
        refused.assert_reply(500, &outside);
        assert_eq!(
            refused.header("x-emulator-hint"),
            "POST /_emulator/v1/clock/advance {\"ms\":1} leads to the start of the window"
        );
    }
    app.advance(1).await;
    app.job_command("mia", "execute", &id, 0)
        .await
        .assert_reply(200, SUCCESS);
    // The last second of the window belongs to it.
    let transitions = app.advance(10_999).await;
    assert_eq!(transitions, Vec::<Value>::new());
    assert_eq!(app.statuses(&id).await, "executing [done, todo]");
    let transitions = app.advance(1).await;
    assert_eq!(transitions.len(), 1);
    assert_eq!(
        (
            &transitions[0]["time"],
            &transitions[0]["to"],
            &transitions[0]["cause"]
        ),
        (
            &json!("2026-01-01T12:00:21Z"),
            &json!("timeout"),
            &json!("clock")
        )
    );
    assert_eq!(app.statuses(&id).await, "timeout [done, todo]");
    app.job_command("mia", "execute", &id, 1)
        .await
        .assert_reply(500, &internal("plan status is timeout, can not execute"));
    app.go(&id, &["planning"]).await;
    let mut later = with_jobs(plan("weekly"), json!([text_job("a")]));
    later["end_time"] = json!(NOON_SECONDS + 99);
    app.edit_plan(&id, later).await.assert_reply(200, SUCCESS);
    app.go(&id, &["finish_planning", "executing"]).await;
    app.job_command("mia", "execute", &id, 0)
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(app.statuses(&id).await, "success [done]");
}

#[tokio::test]
async fn a_plan_that_is_executed_after_its_window_times_out_at_once() {
    let app = v4();
    let mut body = plan("weekly");
    body["end_time"] = json!(NOON_SECONDS - 1);
    let id = executed(&app, body).await;
    assert_eq!(app.statuses(&id).await, "timeout [todo, todo]");
}

#[tokio::test]
async fn waiting_for_a_status_foresees_the_end_of_the_window() {
    let app = v4();
    let mut body = plan("weekly");
    body["end_time"] = json!(NOON_SECONDS + 20);
    let id = executed(&app, body).await;
    let timeline = app.timeline(&id).await;
    let next = timeline["next"].clone();
    assert_eq!(
        next,
        json!({"time": "2026-01-01T12:00:21Z", "to": "timeout"})
    );
}

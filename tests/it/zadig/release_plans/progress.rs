//! The statuses of plans, and the changes that each generation allows.

use super::*;

/// An emulator of a generation with a plan in a status, and the plan's id.
fn in_status(generation: &str, status: &str) -> (App, &'static str) {
    let id = "64f1a7cd1b7bd46ec353b50c";
    let mut native = approval(1);
    native["enabled"] = json!(false);
    let app = App::load(&with_users(
        &json!({"generation": generation, "release_plans": [{
        "id": id, "name": "weekly", "manager": "mia", "manager_id": "u-mia", "status": status, "approval": native,
        "jobs": [{"name": "a", "type": "text", "status": "done"}]}]}),
    ));
    (app, id)
}

#[tokio::test]
async fn each_generation_allows_its_changes_and_no_others() {
    const CHECKS: [&str; 6] = [
        "wait_for_finish_planning_external_check",
        "wait_for_finish_planning_external_check_failed",
        "wait_for_execute_external_check",
        "wait_for_execute_external_check_failed",
        "wait_for_all_done_external_check",
        "wait_for_all_done_external_check_failed",
    ];
    let first = [
        ("planning", "wait_for_approval executing"),
        ("wait_for_approval", "planning executing"),
        ("executing", "planning success cancel"),
        ("denied", "planning"),
        ("timeout", "planning"),
        ("success", ""),
        ("cancel", ""),
    ];
    let mut second = vec![
        ("planning", "finish_planning"),
        ("finish_planning", "planning wait_for_approval executing"),
        ("wait_for_approval", "planning executing cancel"),
        ("executing", "planning success cancel"),
        ("denied", "planning cancel"),
        ("timeout", "planning cancel"),
        ("success", ""),
        ("cancel", ""),
    ];
    second.extend(CHECKS.map(|check| (check, "planning cancel")));
    let all: Vec<&str> = second.iter().map(|(status, _)| *status).collect();
    for (generation, changes) in [("v3", first.to_vec()), ("v4", second.clone())] {
        for (from, targets) in changes {
            for to in &all {
                let (app, id) = in_status(generation, from);
                let reply = app.change_status("mia", id, to).await;
                if targets.split(' ').any(|target| target == *to) {
                    reply.assert_reply(200, SUCCESS);
                    assert_eq!(app.shown(id).await["status"], *to, "{generation} {from}");
                } else {
                    let text = if generation == "v4" && from == *to {
                        format!("current status can not equal to target status {to}")
                    } else {
                        format!("can't convert plan status {from} to {to}")
                    };
                    reply.assert_reply(500, &internal(&text));
                    assert_eq!(app.shown(id).await["status"], from, "{generation} {to}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_change_is_checked_in_the_order_of_its_generation() {
    let app = v4();
    let mut body = plan("weekly");
    body["approval"] = approval(1);
    let id = app.create_plan(body.clone()).await;
    let refused = async |app: &App, token: &str, id: &str, status: &str, text: &str| {
        app.change_status(token, id, status)
            .await
            .assert_reply(500, &internal(text));
    };
    let unknown = "get plan: mongo: no documents in result";
    refused(
        &app,
        "guest",
        "64f1a7cd1b7bd46ec353b50c",
        "planning",
        unknown,
    )
    .await;
    let same = "current status can not equal to target status planning";
    refused(&app, "guest", &id, "planning", same).await;
    let manager = "only manager can update plan status";
    refused(&app, "guest", &id, "executing", manager).await;
    let convert = "can't convert plan status planning to executing";
    refused(&app, "mia", &id, "executing", convert).await;
    let convert = "can't convert plan status planning to nonsense";
    refused(&app, "mia", &id, "nonsense", convert).await;
    let no_jobs = "plan must not have no jobs";
    refused(&app, "mia", &id, "finish_planning", no_jobs).await;
    app.edit_plan(&id, with_jobs(body, json!([text_job("a")])))
        .await
        .assert_reply(200, SUCCESS);
    app.go(&id, &["finish_planning"]).await;
    let not_approved = "approval status is , can not execute";
    refused(&app, "root", &id, "executing", not_approved).await;

    // The first generation looks at the approval before it looks at the jobs.
    let mut needs_approval = approval(1);
    needs_approval["status"] = json!("reject");
    let app = v3(&json!([
        {"id": "64f1a7cd1b7bd46ec353b501", "manager_id": "u-mia", "approval": needs_approval},
        {"id": "64f1a7cd1b7bd46ec353b502", "manager_id": "u-mia"},
        {"id": "64f1a7cd1b7bd46ec353b503", "manager_id": "u-mia", "approval": {"type": "native"}},
        {"id": "64f1a7cd1b7bd46ec353b504", "manager_id": "u-mia", "approval": {"type": "pigeon"}},
    ]));
    for (n, status, text) in [
        (1, "executing", "approval status is reject, can not execute"),
        (1, "wait_for_approval", "plan must not have no jobs"),
        (2, "executing", "plan must not have no jobs"),
        (2, "wait_for_approval", "clear approval data: nil approval"),
        (
            3,
            "wait_for_approval",
            "clear approval data: nil native approval",
        ),
        (
            4,
            "wait_for_approval",
            "create approval instance: invalid approval type",
        ),
        (
            2,
            "planning",
            "can't convert plan status planning to planning",
        ),
    ] {
        let id = format!("64f1a7cd1b7bd46ec353b50{n}");
        refused(&app, "mia", &id, status, text).await;
    }
}

#[tokio::test]
async fn v4_forgets_what_was_done_when_a_plan_goes_back_to_planning() {
    let app = v4();
    let id = app
        .plan_with_jobs(plan("weekly"), json!([text_job("a"), text_job("b")]))
        .await;
    app.advance(1_000).await;
    app.go(&id, &["finish_planning", "executing"]).await;
    app.job_command("mia", "execute", &id, 0)
        .await
        .assert_reply(200, SUCCESS);
    let shown = app.shown(&id).await;
    for key in ["planning_time", "finish_planning_time", "executing_time"] {
        assert_eq!(shown[key], NOON_SECONDS + 1, "{key}");
    }
    app.advance(1_000).await;
    app.go(&id, &["planning"]).await;
    let shown = app.shown(&id).await;
    assert_eq!(app.statuses(&id).await, "planning [todo, todo]");
    assert_eq!(shown["planning_time"], NOON_SECONDS + 2);
    for key in ["finish_planning_time", "executing_time", "approval_time"] {
        assert_eq!(shown[key], 0, "{key}");
    }
    assert_eq!(shown["jobs"][0]["executed_by"], "");
    app.go(&id, &["finish_planning", "executing"]).await;
    assert_eq!(app.statuses(&id).await, "executing [todo, todo]");
}

#[tokio::test]
async fn v3_keeps_what_was_done_when_a_plan_goes_back_to_planning() {
    let id = "64f1a7cd1b7bd46ec353b50c";
    let app = v3(&json!([{"id": id, "manager_id": "u-mia", "jobs": [
        {"name": "a", "type": "text"}, {"name": "b", "type": "text"}]}]));
    app.go(id, &["executing"]).await;
    app.job_command("mia", "execute", id, 0)
        .await
        .assert_reply(200, SUCCESS);
    app.go(id, &["planning"]).await;
    let shown = app.shown(id).await;
    assert_eq!(app.statuses(id).await, "planning [todo, todo]");
    assert_eq!(shown["jobs"][0]["last_status"], "done");
    assert_eq!(shown["executing_time"], NOON_SECONDS);
    app.go(id, &["executing"]).await;
    assert_eq!(app.statuses(id).await, "executing [done, todo]");
}

#[tokio::test]
async fn changes_are_transitions_and_the_log_has_them_newest_first() {
    let app = v4();
    let id = app
        .plan_with_jobs(plan("weekly"), json!([text_job("a")]))
        .await;
    app.go(&id, &["finish_planning", "executing"]).await;
    app.job_command("mia", "execute", &id, 0)
        .await
        .assert_reply(200, SUCCESS);
    let timeline = app.timeline(&id).await;
    assert_eq!(timeline["kind"], "release_plan");
    assert_eq!(timeline["scope"], "release_plan");
    let transitions = timeline["transitions"].as_array().unwrap();
    let lines: Vec<_> = transitions
        .iter()
        .map(|change| {
            let text = |key: &str| change[key].as_str().unwrap_or("-").to_owned();
            let [step, from, to, cause] = ["step", "from", "to", "cause"].map(text);
            format!("{step} {from}>{to} {cause}")
        })
        .collect();
    assert_eq!(
        lines,
        [
            "- >planning create",
            "- planning>finish_planning finish_planning",
            "- finish_planning>executing executing",
            "a >todo executing",
            "- executing>success execute",
            "a todo>done execute",
        ]
    );
    app.as_user(
        "guest",
        "GET",
        &format!("{INTERNAL}/{id}/logs"),
        Value::Null,
    )
    .await
    .assert_reply(403, "");
    let logs = app.get(&format!("{INTERNAL}/{id}/logs")).await;
    let logs = logs.assert_status(200);
    let lines: Vec<_> = logs
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            assert_eq!(entry["plan_id"], *id);
            assert_eq!(entry["created_at"], NOON_SECONDS);
            let text = |key: &str| entry[key].as_str().unwrap().to_owned();
            [
                "username",
                "account",
                "verb",
                "target_type",
                "target_name",
                "before",
                "after",
            ]
            .map(text)
            .join("|")
        })
        .collect();
    assert_eq!(
        lines,
        [
            "Mia|mia|执行|发布内容|a||",
            "Mia|mia|更新|发布计划状态|发布计划状态|finish_planning|executing",
            "Mia|mia|更新|发布计划状态|发布计划状态|planning|finish_planning",
            "Mia|mia|更新|发布计划|weekly||",
            "Mia|mia|新建|发布计划|weekly||",
        ]
    );
    let ids: Vec<_> = logs
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["id"].clone())
        .collect();
    assert!((1..ids.len()).all(|n| ids[n] != ids[n - 1]), "{ids:?}");
    app.get(&format!("{INTERNAL}/none/logs"))
        .await
        .assert_reply(200, "[]");
}

#[tokio::test]
async fn the_hint_names_the_next_step() {
    let app = v4();
    let mut body = plan("weekly");
    body["approval"] = approval(1);
    let id = app.plan_with_jobs(body, json!([text_job("a")])).await;
    let hint = async |reply: Reply| reply.header("x-emulator-hint").to_owned();
    let step = |status: &str, from: &str| {
        format!("POST {INTERNAL}/{{id}}/status/{status} is the next step from {from}")
    };
    let execute = async || hint(app.job_command("mia", "execute", &id, 0).await).await;
    assert_eq!(execute().await, step("finish_planning", "planning"));
    app.go(&id, &["finish_planning"]).await;
    assert_eq!(
        execute().await,
        step("wait_for_approval", "finish_planning")
    );
    let approve = async || hint(app.approve("ann", &id, true).await).await;
    assert_eq!(
        approve().await,
        step("wait_for_approval", "finish_planning")
    );
    app.go(&id, &["wait_for_approval"]).await;
    assert!(execute().await.contains("/approve by enough approvers"));
    assert_eq!(
        hint(app.approve("guest", &id, true).await).await,
        "the ids of the approvers are u-ann, u-ben"
    );
    assert_eq!(
        hint(app.change_status("guest", &id, "cancel").await).await,
        "the manager is mia, with the id \"u-mia\"; an administrator may do it, too"
    );
    app.go(&id, &["cancel"]).await;
    assert_eq!(execute().await, "cancel is final");
    assert_eq!(
        hint(app.change_status("mia", &id, "planning").await).await,
        "cancel is final"
    );
}

#[tokio::test]
async fn a_timeline_names_the_commands_that_a_plan_allows() {
    let app = v4();
    let mut body = plan("weekly");
    body["approval"] = approval(2);
    let id = app.create_plan(body.clone()).await;
    let allowed = async || {
        let timeline = app.timeline(&id).await;
        let allowed = timeline["allowed"].clone();
        let names: Vec<_> = allowed
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect();
        names.join(" ")
    };
    assert_eq!(allowed().await, "update delete");
    app.edit_plan(&id, with_jobs(body, json!([text_job("a")])))
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(allowed().await, "finish_planning update delete");
    app.go(&id, &["finish_planning"]).await;
    assert_eq!(allowed().await, "planning wait_for_approval update delete");
    app.go(&id, &["wait_for_approval"]).await;
    assert_eq!(allowed().await, "planning cancel approve delete");
    for user in ["ann", "ben"] {
        app.approve(user, &id, true)
            .await
            .assert_reply(200, SUCCESS);
    }
    assert_eq!(
        allowed().await,
        "planning success cancel execute skip delete"
    );
    app.job_command("mia", "skip", &id, 0)
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(allowed().await, "delete");
}

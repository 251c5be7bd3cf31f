//! Native approvals with several approvers.

use super::*;

async fn waiting(needed: i64) -> (App, String) {
    let app = v4();
    let mut body = plan("weekly");
    body["approval"] = approval(needed);
    let id = app.plan_with_jobs(body, json!([text_job("a")])).await;
    app.go(&id, &["finish_planning", "wait_for_approval"]).await;
    (app, id)
}

/// The answers of the approvers.
async fn answers(app: &App, id: &str) -> Vec<Value> {
    let shown = app.shown(id).await;
    let users = shown["approval"]["native_approval"]["approve_users"].clone();
    let users = users.as_array().unwrap().iter();
    users
        .map(|user| {
            json!([
                user["reject_or_approve"],
                user["comment"],
                user["operation_time"]
            ])
        })
        .collect()
}

#[tokio::test]
async fn a_plan_is_executed_once_both_approvers_have_approved() {
    let (app, id) = waiting(2).await;
    app.advance(1_000).await;
    app.approve("ann", &id, true)
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(app.statuses(&id).await, "wait_for_approval []");
    let shown = app.shown(&id).await;
    assert_eq!(shown["approval"]["status"], "");
    assert_eq!(shown["approval_time"], 0);
    assert_eq!(
        answers(&app, &id).await,
        [
            json!(["approve", "says ann", NOON_SECONDS + 1]),
            json!(["", "", 0])
        ]
    );

    app.advance(1_000).await;
    app.approve("ben", &id, true)
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(app.statuses(&id).await, "executing [todo]");
    let shown = app.shown(&id).await;
    assert_eq!(shown["approval"]["status"], "passed");
    assert_eq!(
        shown["approval"]["native_approval"]["reject_or_approve"],
        ""
    );
    assert_eq!(shown["approval_time"], NOON_SECONDS + 2);
    assert_eq!(shown["executing_time"], NOON_SECONDS + 2);
    let logs = app.get(&format!("{INTERNAL}/{id}/logs")).await;
    let newest = logs.assert_status(200)[0].clone();
    assert_eq!(
        (&newest["username"], &newest["detail"], &newest["after"]),
        (&json!("系统"), &json!("审批通过"), &json!("executing"))
    );
}

#[tokio::test]
async fn one_rejection_denies_the_plan_and_a_new_round_asks_again() {
    let (app, id) = waiting(2).await;
    let first = app.shown(&id).await;
    app.approve("ann", &id, true)
        .await
        .assert_reply(200, SUCCESS);
    app.approve("ben", &id, false)
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(app.statuses(&id).await, "denied []");
    let shown = app.shown(&id).await;
    assert_eq!(shown["approval"]["status"], "reject");
    assert_eq!(shown["approval_time"], NOON_SECONDS);
    assert_eq!(shown["executing_time"], 0);

    app.go(&id, &["planning", "finish_planning", "wait_for_approval"])
        .await;
    let again = app.shown(&id).await;
    assert_eq!(again["approval"]["status"], "");
    assert_eq!(
        answers(&app, &id).await,
        [json!(["", "", 0]), json!(["", "", 0])]
    );
    let code = |shown: &Value| shown["approval"]["native_approval"]["instance_code"].clone();
    assert_eq!(code(&again).as_str().unwrap().len(), 36);
    assert_ne!(code(&again), code(&first));
}

#[tokio::test]
async fn answers_are_checked_in_this_order() {
    let app = v4();
    let mut body = plan("weekly");
    body["approval"] = approval(2);
    let id = app.plan_with_jobs(body, json!([text_job("a")])).await;
    let refused = async |token: &str, id: &str, text: &str| {
        app.approve(token, id, false)
            .await
            .assert_reply(500, &internal(text));
    };
    refused(
        "guest",
        "64f1a7cd1b7bd46ec353b50c",
        "get plan: mongo: no documents in result",
    )
    .await;
    refused("guest", &id, "plan status is planning, can not approve").await;
    app.go(&id, &["finish_planning", "wait_for_approval"]).await;
    refused(
        "root",
        &id,
        "do approval: user root has no authority to Approve",
    )
    .await;
    app.approve("ann", &id, true)
        .await
        .assert_reply(200, SUCCESS);
    refused("ann", &id, "do approval: Ann have approve already").await;
    let path = format!("{INTERNAL}/{id}/approve");
    let refused = app
        .as_user("ben", "POST", &path, json!({"approve": "yes"}))
        .await;
    refused.assert_reply(400, &bad_request("json: cannot unmarshal string into Go struct field ApproveRequest.approve of type bool"));
    // A null is an empty answer, which rejects.
    let bearer = ("authorization", "Bearer ben");
    app.send("POST", &path, &[bearer], "null")
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(app.statuses(&id).await, "denied []");

    let lark = json!({"enabled": true, "type": "lark", "lark_approval": {
        "approval_nodes": [{"type": "OR", "approve_users": [{"id": "x"}]}]}});
    let mut body = plan("lark");
    body["approval"] = lark;
    let id = app.plan_with_jobs(body, json!([text_job("a")])).await;
    app.go(&id, &["finish_planning", "wait_for_approval"]).await;
    app.approve("ann", &id, true).await.assert_reply(
        500,
        &internal("plan approval is nil or not native approval"),
    );
}

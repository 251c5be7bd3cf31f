//! The refusals of commands, in the order of their checks.

use serde_json::json;

use super::*;
use release_emulator::{Fidelity, ZadigGeneration};

#[tokio::test]
async fn a_task_that_is_unknown_or_has_passed_cannot_be_cancelled() {
    const CANCEL: &str = "取消工作流任务失败";
    let app = App::load(&shop());
    app.cancel("hotfix", 1)
        .await
        .assert_body(400, &typed(6163, CANCEL, "mongo: no documents in result"));
    app.delete(&format!("{TASK}?taskId=x&workflowKey=hotfix"))
        .await
        .assert_body(400, "");
    app.run("hotfix", inputs(&["fix"])).await.assert_status(200);
    app.advance(2_000).await;
    app.cancel("hotfix", 1).await.assert_body(
        400,
        &typed(6163, CANCEL, "task: hotfix:1 is passed, cannot cancel"),
    );
}

#[tokio::test]
async fn only_a_task_that_has_failed_can_be_retried() {
    let app = App::load(&shop());
    app.retry("hotfix", 1).await.assert_body(
        400,
        &typed(6161, "获取工作流任务失败", "mongo: no documents in result"),
    );
    // The second is no text.
    for task_id in ["x", "1%ff"] {
        let path = format!("/openapi/workflows/custom/hotfix/task/{task_id}");
        let reply = app.post(&path, json!({})).await;
        reply.assert_body(400, &bad_request("taksID is invalid"));
    }
    for _ in 0..3 {
        app.run("hotfix", inputs(&["fix"])).await.assert_status(200);
    }
    for task_id in [1, 3] {
        let reply = app.retry("hotfix", task_id).await;
        reply.assert_body(500, &untyped("工作流任务状态无法重试"));
        assert!(reply.header("x-emulator-hint").contains("advance"));
    }
    app.advance(2_000).await;
    let reply = app.retry("hotfix", 1).await;
    reply.assert_body(500, &untyped("工作流任务状态无法重试"));
    assert!(reply.header("x-emulator-hint").contains("can be retried"));
}

#[tokio::test]
async fn an_approval_is_answered_by_its_approvers_once_each() {
    const APPROVE: &str = "批准工作流任务失败";
    let app = App::load(&shop());
    let refused = |text: &str| typed(6169, APPROVE, text);
    raw(&app, &format!("{TASK}/approve"), "").await.assert_body(
        500,
        &untyped("failed to unmarshal request data, error: unexpected end of JSON input"),
    );
    raw(&app, &format!("{TASK}/approve"), r#"{"task_id":"1"}"#)
        .await
        .assert_body(
            500,
            &untyped("failed to unmarshal request data, error: json: cannot unmarshal string into Go struct field OpenAPIApproveRequest.task_id of type int64"),
        );
    raw(&app, &format!("{TASK}/approve"), "null")
        .await
        .assert_body(500, "");
    raw(
        &app,
        &format!("{TASK}/approve"),
        r#"{"stage_name":"s","task_id":3}"#,
    )
    .await
    .assert_body(
        400,
        &refused("can not find approved workflow: , taskID: 3,jobName: s"),
    );
    app.answer("u1", "job-1-0-0-sign-off", true)
        .await
        .assert_body(400, &refused("not found approval"));
    app.run("build-deploy", whole()).await.assert_status(200);
    app.answer("u1", "job-1-0-0-sign-off", true)
        .await
        .assert_body(400, &refused("not found approval"));
    app.advance(2_000).await;
    app.answer("u1", "other", true)
        .await
        .assert_body(400, &refused("not found approval"));
    app.answer("root", "job-1-0-0-sign-off", true)
        .await
        .assert_body(400, &refused("user ROOT has no authority to Approve"));
    app.answer("u1", "gate", true)
        .await
        .assert_body(200, SUCCESS);
    app.answer("u1", "sign-off", true)
        .await
        .assert_body(400, &refused("U1 have approve already"));
}

#[tokio::test]
async fn strict_fidelity_takes_only_the_name_of_the_job_task() {
    let app = App::build(
        |settings| {
            settings.zadig = Some(ZadigGeneration::V4);
            settings.fidelity = Fidelity::Strict;
        },
        &shop(),
    );
    app.run("build-deploy", whole()).await.assert_status(200);
    app.advance(2_000).await;
    for name in ["gate", "sign-off"] {
        let reply = app.answer("u1", name, true).await;
        reply.assert_body(
            400,
            &typed(6169, "批准工作流任务失败", "not found approval"),
        );
        let hint = reply.header("x-emulator-hint");
        assert!(hint.contains("job-1-0-0-sign-off"), "{hint}");
    }
    app.answer("u1", "job-1-0-0-sign-off", true)
        .await
        .assert_body(200, SUCCESS);
    let path = "/openapi/workflows/custom/build-deploy/task/1/manual-exec";
    app.get(&format!("{path}?projectKey=shop"))
        .await
        .assert_body(404, &format!("Invalid path: {path}"));
}

#[tokio::test]
async fn a_manual_stage_is_started_by_those_who_may() {
    let stages = json!([{"name": "deploy", "manual_exec": {"enabled": true, "manual_exec_users": [
        {"type": "user", "user_id": "u1", "user_name": "U1"}]}, "jobs": [{"name": "a", "type": "freestyle"}]}]);
    let mut fixtures = shop();
    fixtures["zadig"]["projects"][0]["workflows"] =
        json!([{"workflow_key": "w", "stages": stages}]);
    let app = App::load(&fixtures);
    app.run("w", inputs(&["a"])).await.assert_status(200);
    let post = async |user: &str, path: &str, stage: &str| {
        let token = format!("Bearer token-{user}");
        let body = json!({ "stage_name": stage }).to_string();
        let path = format!("/openapi/workflows/custom/{path}");
        app.send("POST", &path, &[("authorization", &token)], body)
            .await
    };
    for (user, path, stage, status, expected) in [
        (
            "u1",
            "w/task/x/manual-exec?projectKey=shop",
            "deploy",
            400,
            bad_request("taksID is invalid"),
        ),
        (
            "u1",
            "w/task/1/manual-exec",
            "deploy",
            400,
            bad_request("projectKey is required"),
        ),
        (
            "u1",
            "w/task/1/manual-exec?projectKey=shop",
            "",
            400,
            bad_request("stage_name is required"),
        ),
        (
            "u1",
            "w/task/1/manual-exec?projectKey=other",
            "deploy",
            403,
            String::new(),
        ),
        (
            "u1",
            "w/task/2/manual-exec?projectKey=shop",
            "deploy",
            400,
            typed(6161, "获取工作流任务失败", "mongo: no documents in result"),
        ),
        (
            "root",
            "w/task/1/manual-exec?projectKey=other",
            "deploy",
            500,
            untyped("workflow task project shop does not match projectKey other"),
        ),
        (
            "u1",
            "w/task/1/manual-exec?projectKey=shop",
            "gone",
            500,
            untyped("stage gone not found in workflow w"),
        ),
        (
            "u2",
            "w/task/1/manual-exec?projectKey=shop",
            "deploy",
            500,
            untyped("user u2 is not allowed to manually execute stage deploy"),
        ),
        (
            "u1",
            "w/task/1/manual-exec?projectKey=shop",
            "deploy",
            200,
            SUCCESS.to_owned(),
        ),
    ] {
        post(user, path, stage).await.assert_body(status, &expected);
    }
}

#[tokio::test]
async fn the_pages_of_the_service_start_stages_and_answer_approvals_too() {
    let app = App::load(&shop());
    app.run("build-deploy", whole()).await.assert_status(200);
    app.advance(2_000).await;
    let body = json!({"job_name": "job-1-0-0-sign-off", "workflow_name": "build-deploy", "task_id": 1, "approve": false});
    let headers = [("authorization", "Bearer token-u1")];
    let path = "/api/aslan/workflow/v4/workflowtask/approve";
    app.send("POST", path, &headers, body.to_string())
        .await
        .assert_body(200, SUCCESS);
    assert!(app.line("build-deploy", 1).await.starts_with("reject"));
    let path = "/api/aslan/workflow/v4/workflowtask/manualexec/workflow/build-deploy/task/1?stageName=gate&projectName=shop";
    app.post(path, json!({"jobs": []}))
        .await
        .assert_body(500, &untyped("工作流任务状态无法手动执行"));
}

#[tokio::test]
async fn a_remark_needs_a_known_workflow_and_a_known_task() {
    let app = App::load(&shop());
    let put = async |path: &str| {
        let path = format!("/openapi/workflows/custom/{path}");
        app.put(&path, json!({"remark": "of the week"})).await
    };
    put("gone/task/1").await.assert_body(
        400,
        &bad_request("查询workflow失败: mongo: no documents in result"),
    );
    put("hotfix/task/x")
        .await
        .assert_body(400, &bad_request("invalid task id"));
    put("hotfix/task/1").await.assert_body(
        500,
        &untyped("cannot find workflow task, workflow name: hotfix, task id: 1"),
    );
    app.run("hotfix", inputs(&["fix"])).await.assert_status(200);
    put("hotfix/task/1").await.assert_body(200, SUCCESS);
    assert_eq!(app.task("hotfix", 1).await["remark"], "of the week");
}

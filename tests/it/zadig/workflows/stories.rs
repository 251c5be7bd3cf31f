//! Stories of tasks, with exact times.

use serde_json::json;

use super::*;

const NOON: i64 = 1_767_268_800;

#[tokio::test]
async fn a_task_builds_waits_for_two_approvals_and_deploys() {
    let app = App::load(&shop());
    app.run("build-deploy", whole())
        .await
        .assert_body(200, &created("build-deploy", 1));

    for (ms, line) in [
        (
            0,
            "running [running: running running running, -: -, -: - -]",
        ),
        (
            1_999,
            "running [running: running running running, -: -, -: - -]",
        ),
        (
            1,
            "running [passed: passed passed passed, running: wait_for_approval, -: - -]",
        ),
        (
            60_000,
            "running [passed: passed passed passed, running: wait_for_approval, -: - -]",
        ),
    ] {
        app.advance(ms).await;
        assert_eq!(app.line("build-deploy", 1).await, line, "after {ms} ms");
    }
    let job = "job-1-0-0-sign-off";
    app.answer("u2", job, true).await.assert_body(200, SUCCESS);
    assert!(
        app.line("build-deploy", 1)
            .await
            .contains("wait_for_approval")
    );
    app.answer("u1", job, true).await.assert_body(200, SUCCESS);
    assert_eq!(
        app.line("build-deploy", 1).await,
        "running [passed: passed passed passed, passed: passed, running: running -]"
    );
    app.advance(2_000).await;
    app.advance(2_000).await;
    assert_eq!(
        app.line("build-deploy", 1).await,
        "passed [passed: passed passed passed, passed: passed, passed: passed passed]"
    );
    let task = app.task("build-deploy", 1).await;
    assert_eq!(
        (&task["start_time"], &task["end_time"]),
        (&json!(NOON), &json!(NOON + 66))
    );
    let approval = &task["stages"][1]["jobs"][0];
    assert_eq!(approval["cost_seconds"], 60);
    let users = &approval["spec"]["native_approval"]["approve_users"];
    assert_eq!(
        users[0],
        json!({"comment": "so", "operation_time": NOON + 62, "reject_or_approve": "approve", "type": "user",
            "user_id": "u1", "user_name": "U1"})
    );
    assert_eq!(
        users[2],
        json!({"type": "user", "user_id": "u3", "user_name": "U3"})
    );
}

#[tokio::test]
async fn a_refused_approval_ends_the_task_as_rejected() {
    let app = App::load(&shop());
    app.run("build-deploy", whole()).await.assert_status(200);
    app.advance(3_000).await;
    app.answer("u3", "job-1-0-0-sign-off", false)
        .await
        .assert_body(200, SUCCESS);
    assert_eq!(
        app.line("build-deploy", 1).await,
        "reject [passed: passed passed passed, reject: reject, -: - -]"
    );
    let task = app.task("build-deploy", 1).await;
    assert_eq!(task["end_time"], NOON + 3);
    // Another user's answer comes too late.
    app.answer("u1", "job-1-0-0-sign-off", true)
        .await
        .assert_body(
            400,
            &typed(6169, "批准工作流任务失败", "not found approval"),
        );
}

#[tokio::test]
async fn an_approval_that_nobody_answers_times_out() {
    let app = App::load(&shop());
    app.run("build-deploy", whole()).await.assert_status(200);
    app.advance(2_000 + 300_000 - 1).await;
    assert!(app.line("build-deploy", 1).await.starts_with("running"));
    app.advance(1).await;
    let task = app.task("build-deploy", 1).await;
    let job = &task["stages"][1]["jobs"][0];
    assert_eq!(
        (&task["status"], &job["status"], &job["error"]),
        (
            &json!("timeout"),
            &json!("timeout"),
            &json!("workflow timeout")
        )
    );
}

#[tokio::test]
async fn a_cancelled_task_stops_its_jobs_and_can_be_retried_where_it_was() {
    let app = App::load(&shop());
    app.run("build-deploy", whole()).await.assert_status(200);
    app.advance(2_500).await;
    app.cancel("build-deploy", 1)
        .await
        .assert_body(200, SUCCESS);
    assert_eq!(
        app.line("build-deploy", 1).await,
        "cancelled [passed: passed passed passed, cancelled: cancelled, -: - -]"
    );
    let task = app.task("build-deploy", 1).await;
    assert_eq!(task["end_time"], json!(null), "it winds down");
    assert_eq!(task["task_revoker"], "emulator");
    assert_eq!(
        task["stages"][1]["jobs"][0]["error"],
        "workflow was canceled"
    );
    app.advance(1_000).await;
    assert_eq!(app.task("build-deploy", 1).await["end_time"], NOON + 3);

    app.retry("build-deploy", 1).await.assert_body(200, SUCCESS);
    let task = app.task("build-deploy", 1).await;
    assert_eq!(
        (&task["status"], &task["start_time"], &task["is_restart"]),
        (&json!("running"), &json!(NOON + 3), &json!(true))
    );
    assert_eq!(
        task["stages"][0]["jobs"][0]["end_time"],
        NOON + 2,
        "what has passed stays"
    );
    assert_eq!(
        app.line("build-deploy", 1).await,
        "running [passed: passed passed passed, running: wait_for_approval, -: - -]"
    );
}

#[tokio::test]
async fn a_failed_job_stops_the_jobs_after_it_and_is_retried() {
    let app = App::load(&shop());
    app.script(json!({
        "match": {"family": "zadig", "scope": "shop", "name": "hotfix", "step": "fix"},
        "outcome": "fail", "message": "no such file", "times": 1
    }))
    .await;
    app.run("hotfix", inputs(&["fix", "check"]))
        .await
        .assert_body(200, &created("hotfix", 1));
    app.advance(2_000).await;
    assert_eq!(app.line("hotfix", 1).await, "failed [failed: failed -]");
    let task = app.task("hotfix", 1).await;
    assert_eq!(task["stages"][0]["jobs"][0]["error"], "no such file");

    app.retry("hotfix", 1).await.assert_body(200, SUCCESS);
    assert_eq!(app.line("hotfix", 1).await, "running [running: running -]");
    app.advance(4_000).await;
    assert_eq!(
        app.line("hotfix", 1).await,
        "passed [passed: passed passed]"
    );
    assert_eq!(app.task("hotfix", 1).await["end_time"], NOON + 6);
}

#[tokio::test]
async fn parallel_jobs_finish_when_one_of_them_fails_and_at_most_five_run_at_once() {
    let jobs: Vec<String> = (0..7).map(|n| format!("job-{n}")).collect();
    let known = jobs
        .iter()
        .map(|job| json!({"name": job, "type": "freestyle"}));
    let known: Vec<_> = known.collect();
    let app = App::load(
        &json!({"zadig": {"projects": [{"key": "shop", "workflows": [
        {"workflow_key": "wide", "stages": [{"name": "all", "parallel": true, "jobs": known},
            {"name": "after", "jobs": [{"name": "after", "type": "freestyle"}]}]}]}]}}),
    );
    app.script(
        json!({"match": {"family": "zadig", "step": "job-1"}, "outcome": "fail", "takes_ms": 500}),
    )
    .await;
    let names: Vec<_> = jobs.iter().map(String::as_str).chain(["after"]).collect();
    app.run("wide", inputs(&names)).await.assert_status(200);

    for (ms, line) in [
        (
            0,
            "running [running: running running running running running - -, -: -]",
        ),
        (
            500,
            "running [running: running failed running running running running -, -: -]",
        ),
        (
            1_500,
            "running [running: passed failed passed passed passed running running, -: -]",
        ),
        (
            500,
            "running [running: passed failed passed passed passed passed running, -: -]",
        ),
        (
            1_500,
            "failed [failed: passed failed passed passed passed passed passed, -: -]",
        ),
    ] {
        app.advance(ms).await;
        assert_eq!(app.line("wide", 1).await, line, "after {ms} ms");
    }
}

/// A workflow of two jobs, of which the first has an error policy.
fn with_policy(policy: &serde_json::Value) -> serde_json::Value {
    json!({"zadig": {"projects": [{"key": "shop", "workflows": [{"workflow_key": "w", "stages": [{"name": "s", "jobs": [
        {"name": "a", "type": "freestyle", "error_policy": policy}, {"name": "b", "type": "freestyle"}]}]}]}]}})
}

fn fails(times: i64) -> serde_json::Value {
    json!({"match": {"family": "zadig", "step": "s/a"}, "outcome": "fail", "message": "no", "times": times})
}

#[tokio::test]
async fn an_ignored_failure_is_unstable_and_the_task_passes() {
    let app = App::load(&with_policy(&json!({"policy": "ignore_error"})));
    app.script(fails(1)).await;
    app.run("w", inputs(&["a", "b"])).await.assert_status(200);
    app.advance(2_000).await;
    assert_eq!(
        app.line("w", 1).await,
        "running [running: unstable running]"
    );
    assert_eq!(
        app.task("w", 1).await["stages"][0]["jobs"][0]["error"],
        "no"
    );
    app.advance(2_000).await;
    assert_eq!(app.line("w", 1).await, "passed [passed: unstable passed]");
}

#[tokio::test]
async fn a_job_is_tried_again_after_ten_seconds_each() {
    let app = App::load(&with_policy(
        &json!({"policy": "retry", "maximum_retry": 2}),
    ));
    app.script(fails(2)).await;
    app.run("w", inputs(&["a"])).await.assert_status(200);
    for (ms, start, count, status) in [
        (2_000, 0, 0, "running"),
        (9_999, 0, 0, "running"),
        (1, 12, 1, "running"),
        (12_000, 24, 2, "running"),
        (2_000, 24, 2, "passed"),
    ] {
        app.advance(ms).await;
        let task = app.task("w", 1).await;
        let job = &task["stages"][0]["jobs"][0];
        assert_eq!(
            (&job["start_time"], &job["retry_count"], &job["status"]),
            (&json!(NOON + start), &json!(count), &json!(status)),
            "after {ms} ms"
        );
    }
}

#[tokio::test]
async fn somebody_decides_on_a_failure() {
    let policy = json!({"policy": "manual_check", "approval_users": [{"type": "user", "user_id": "emulator"}]});
    let app = App::load(&with_policy(&policy));
    app.script(fails(2)).await;
    let decide = async |task_id: i64, decision: &str| {
        let body = json!({"job_name": "job-0-0-0-a", "workflow_name": "w", "task_id": task_id, "decision": decision});
        app.post("/api/aslan/workflow/v4/workflowtask/handle/error", body)
            .await
    };
    app.run("w", inputs(&["a", "b"])).await.assert_status(200);
    decide(1, "ignore").await.assert_body(
        400,
        &typed(
            6169,
            "批准工作流任务失败",
            "job job-0-0-0-a is not waiting for manual error handling",
        ),
    );
    app.advance(3_600_000).await;
    assert_eq!(
        app.line("w", 1).await,
        "running [running: wait_for_manual_error_handling -]"
    );
    decide(1, "ignore").await.assert_body(200, SUCCESS);
    app.advance(2_000).await;
    assert_eq!(app.line("w", 1).await, "passed [passed: unstable passed]");
    let task = app.task("w", 1).await;
    assert_eq!(
        task["stages"][0]["jobs"][0]["error_handler_username"],
        "emulator"
    );

    app.run("w", inputs(&["a", "b"])).await.assert_status(200);
    app.advance(2_000).await;
    decide(2, "reject").await.assert_body(200, SUCCESS);
    assert_eq!(app.line("w", 2).await, "failed [failed: failed -]");
}

#[tokio::test]
async fn a_job_that_hangs_is_given_up_after_its_timeout() {
    let app = App::load(
        &json!({"zadig": {"projects": [{"key": "shop", "workflows": [{"workflow_key": "w", "stages": [
        {"name": "s", "jobs": [{"name": "a", "type": "freestyle", "spec": {"properties": {"timeout": 3}}}]}]}]}]}}),
    );
    app.script(json!({"match": {"family": "zadig", "name": "w"}, "outcome": "hang"}))
        .await;
    app.run("w", inputs(&["a"])).await.assert_status(200);
    app.advance(179_999).await;
    assert_eq!(app.line("w", 1).await, "running [running: running]");
    app.advance(1).await;
    assert_eq!(app.line("w", 1).await, "timeout [timeout: timeout]");
}

#[tokio::test]
async fn a_manual_stage_pauses_the_task_until_somebody_starts_it() {
    let app = App::load(
        &json!({"zadig": {"projects": [{"key": "shop", "workflows": [{"workflow_key": "w", "stages": [
        {"name": "build", "jobs": [{"name": "build", "type": "freestyle"}]},
        {"name": "deploy", "manual_exec": {"enabled": true, "manual_exec_users": [{"type": "task_creator"}]},
         "jobs": [{"name": "deploy", "type": "freestyle"}]}]}]}]}}),
    );
    let path = "/openapi/workflows/custom/w/task/1/manual-exec?projectKey=shop";
    app.run("w", inputs(&["build", "deploy"]))
        .await
        .assert_status(200);
    app.get(path)
        .await
        .assert_body(500, &untyped("工作流任务状态无法手动执行"));
    app.advance(2_000).await;
    assert_eq!(app.line("w", 1).await, "pause [passed: passed, pause: -]");
    assert_eq!(app.task("w", 1).await["end_time"], NOON + 2);
    app.get(path).await.assert_body(
        200,
        r#"{"project_key":"shop","workflow_key":"w","task_id":1,"status":"pause","stage_name":"deploy","can_execute":true,"executors":[{"type":"task_creator"}]}"#,
    );
    app.post(path, json!({"stage_name": "build"}))
        .await
        .assert_body(
            500,
            &untyped("stage build is not waiting for manual execution"),
        );
    app.advance(60_000).await;
    app.post(path, json!({"stage_name": "deploy"}))
        .await
        .assert_body(200, SUCCESS);
    let task = app.task("w", 1).await;
    assert_eq!(
        (&task["status"], &task["start_time"]),
        (&json!("running"), &json!(NOON + 62))
    );
    assert_eq!(
        task["stages"][1]["manual_exec"],
        json!({"enabled": true, "modify_params": false, "excuted": true,
            "manual_exec_users": [{"type": "task_creator"}],
            "manual_exector_id": "emulator", "manual_exector_name": "emulator"})
    );
    app.advance(2_000).await;
    assert_eq!(
        app.line("w", 1).await,
        "passed [passed: passed, passed: passed]"
    );
    assert_eq!(app.task("w", 1).await["stages"][0]["end_time"], NOON + 2);
}

#[tokio::test]
async fn a_paused_task_that_is_cancelled_keeps_its_stage() {
    let app = App::load(
        &json!({"zadig": {"projects": [{"key": "shop", "workflows": [{"workflow_key": "w", "stages": [
        {"name": "deploy", "manual_exec": {"enabled": true}, "jobs": [{"name": "deploy", "type": "freestyle"}]}]}]}]}}),
    );
    app.run("w", inputs(&["deploy"])).await.assert_status(200);
    assert_eq!(app.line("w", 1).await, "pause [pause: -]", "at once");
    app.cancel("w", 1).await.assert_body(200, SUCCESS);
    assert_eq!(app.line("w", 1).await, "cancelled [pause: -]");
}

#[tokio::test]
async fn a_workflow_is_made_up_of_the_inputs() {
    let app = App::new();
    let body = json!({"workflow_key": "any", "project_key": "shop", "inputs": [
        {"job_name": "build", "job_type": "zadig-build", "parameters": {"service_list": [{"service_name": "web", "service_module": "web"}]}},
        {"job_name": "ask", "job_type": "approval"},
        {"job_name": "scan", "job_type": "zadig-scanning", "parameters": {"depth": 3}}]});
    app.post(TASK, body.clone())
        .await
        .assert_body(200, &created("any", 1));
    app.advance(2_000).await;
    assert_eq!(
        app.line("any", 1).await,
        "running [passed: passed, running: wait_for_approval, -: -]"
    );
    let task = app.task("any", 1).await;
    assert_eq!(
        task["stages"][0]["jobs"][0]["spec"]["image"],
        "registry.local/shop/web:20260101120000-1-main"
    );
    assert_eq!(task["stages"][2]["jobs"][0]["spec"], json!({"depth": 3}));
    let approve =
        json!({"stage_name": "ask", "workflow_key": "any", "task_id": 1, "approve": true});
    let reply = app.post(&format!("{TASK}/approve"), approve).await;
    reply.assert_body(200, SUCCESS);
    assert!(reply.header("x-emulator-hint").contains("job-1-0-0-ask"));
    app.advance(2_000).await;
    assert!(app.line("any", 1).await.starts_with("passed"));
    app.post(TASK, body)
        .await
        .assert_body(200, &created("any", 2));
}

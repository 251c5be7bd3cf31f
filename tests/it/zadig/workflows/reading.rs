//! Lists, details, and the shape of a task.

use serde_json::json;

use super::*;
use crate::common::{assert_same, golden};
use release_emulator::ZadigGeneration;

/// The tasks of the documented list: fifteen, of which the last is shown.
fn documented() -> Value {
    let task = |task_id: i64, create: i64| {
        json!({"workflow_key": "build-deploy", "workflow_name": "build-deploy", "project_key": "lilian-test",
            "task_id": task_id, "create_time": create, "task_creator": "webhook", "start_time": create + 2,
            "end_time": create + 23, "status": "passed"})
    };
    let tasks = (1..=15).map(|n| task(n, 1_688_543_613 - 100 * (15 - n)));
    let tasks: Vec<_> = tasks.collect();
    json!({"zadig": {"projects": [{"key": "lilian-test", "workflows": [
        {"workflow_key": "just-deploy", "workflow_name": "just-deploy", "update_by": "lilian", "update_time": 1_686_217_885},
        {"workflow_key": "build-deploy", "tasks": tasks}]}]}})
}

#[tokio::test]
async fn the_documented_list_is_answered() {
    let app = App::load(&documented());
    let list = async |query: &str| {
        let path = format!("/openapi/workflows/custom/build-deploy/tasks?{query}");
        app.get(&path).await
    };
    let page = list("projectKey=lilian-test&pageNum=1&pageSize=1").await;
    assert_same(&page.assert_status(200), &golden("zadig_tasks.json"));
    let ids = async |query: &str| {
        let body = list(query).await.assert_status(200);
        let tasks = body["workflow_tasks"].as_array().unwrap().clone();
        tasks
            .iter()
            .map(|task| task["task_id"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let newest: Vec<i64> = (6..=15).rev().collect();
    assert_eq!(ids("projectKey=lilian-test").await, newest);
    assert_eq!(
        ids("projectKey=lilian-test&pageNum=2").await,
        [5, 4, 3, 2, 1]
    );
    assert_eq!(
        ids("projectKey=lilian-test&pageNum=2&pageSize=-3").await,
        [12, 11, 10]
    );
    let all: Vec<i64> = (1..=15).collect();
    for query in ["pageNum=0", "pageNum=-1", "pageNum="] {
        assert_eq!(ids(&format!("projectKey=lilian-test&{query}")).await, all);
    }
    assert_eq!(ids("projectKey=lilian-test&pageSize=0").await.len(), 15);
    assert_eq!(ids("").await, [0; 0]);
    assert_eq!(ids("projectKey=other").await, [0; 0]);
    list("projectKey=lilian-test&pageNum=x")
        .await
        .assert_body(400, "");
    list("projectKey=lilian-test&pageSize=1.5")
        .await
        .assert_body(400, "");
}

#[tokio::test]
async fn workflows_are_listed_in_their_order_and_by_view() {
    let app = App::load(&shop());
    let list = async |query: &str| app.get(&format!("/openapi/workflows?{query}")).await;
    list("")
        .await
        .assert_body(400, &bad_request("projectKey is required"));
    list("projectKey=gone")
        .await
        .assert_body(200, r#"{"workflows":[]}"#);
    let both = r#"{"workflows":[{"workflow_key":"build-deploy","workflow_name":"Build and deploy","update_by":"ann","update_time":1686217885,"type":"custom"},{"workflow_key":"hotfix","workflow_name":"hotfix","update_by":"","update_time":1686193453,"type":"custom"}]}"#;
    list("projectKey=shop").await.assert_body(200, both);
    list("projectKey=shop&viewName=gone")
        .await
        .assert_body(200, both);
    let body = list("projectKey=shop&viewName=release")
        .await
        .assert_status(200);
    assert_eq!(body["workflows"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_workflow_is_shown_without_its_manual_starts() {
    for (generation, keys) in [(ZadigGeneration::V3, 6), (ZadigGeneration::V4, 8)] {
        let app = App::build(|settings| settings.zadig = Some(generation), &shop());
        let path = "/openapi/workflows/custom/build-deploy/detail";
        app.get(path)
            .await
            .assert_body(400, &bad_request("projectKey is required"));
        let body = app
            .get(&format!("{path}?projectKey=any"))
            .await
            .assert_status(200);
        assert_eq!(
            (
                &body["project_key"],
                &body["updated_by"],
                &body["concurrency_limit"]
            ),
            (&json!("any"), &json!(""), &json!(1))
        );
        let stage = &body["stages"][0];
        assert_eq!(
            (&stage["name"], &stage["parallel"]),
            (&json!("build"), &json!(true))
        );
        let job = &stage["jobs"][0];
        assert_eq!(job["type"], "zadig-build");
        assert_eq!(job.as_object().unwrap().len(), keys, "{job}");
    }
    let app = App::load(&shop());
    app.get("/openapi/workflows/custom/gone/detail?projectKey=shop")
        .await
        .assert_body(500, &untyped("mongo: no documents in result"));
}

#[tokio::test]
async fn a_task_has_the_keys_of_the_service_in_its_order() {
    let app = App::load(
        &json!({"zadig": {"projects": [{"key": "shop", "workflows": [{"workflow_key": "w", "stages": [
        {"name": "s", "jobs": [{"name": "a", "type": "freestyle"}]}]}]}]}}),
    );
    app.run("w", inputs(&["a"])).await.assert_status(200);
    app.advance(1_000).await;
    let path = format!("{TASK}?taskId=1&workflowKey=w");
    app.get(&path).await.assert_body(
        200,
        r#"{"task_id":1,"workflow_key":"w","workflow_name":"w","params":[],"status":"running","reverted":false,"remark":"","task_creator":"emulator","task_revoker":"emulator","create_time":1767268800,"start_time":1767268800,"stages":[{"name":"s","status":"running","start_time":1767268800,"parallel":false,"manual_exec":null,"jobs":[{"name":"job-0-0-0-a","key":"a","display_name":"a","origin_name":"a","type":"freestyle","status":"running","reverted":false,"start_time":1767268800,"cost_seconds":1,"error":"","breakpoint_before":false,"breakpoint_after":false,"spec":{"repos":[],"image":"","package":"","service_name":"","service_module":"","envs":[]},"error_policy":null,"error_handler_user_id":"","error_handler_username":"","retry_count":0,"job_info":{"job_name":"a"}}],"error":""}],"project_key":"shop","is_restart":false,"debug":false,"approval_ticket_id":"","approval_id":""}"#,
    );
    for (query, expected) in [
        ("taskId=x&workflowKey=w", ""),
        ("taskId=2&workflowKey=w", "mongo: no documents in result"),
        ("workflowKey=w", "mongo: no documents in result"),
    ] {
        let reply = app.get(&format!("{TASK}?{query}")).await;
        if expected.is_empty() {
            reply.assert_body(400, "");
        } else {
            reply.assert_body(500, &untyped(expected));
        }
    }
}

#[tokio::test]
async fn the_documented_creation_is_answered() {
    let app = App::load(
        &json!({"zadig": {"projects": [{"key": "simple-service-demo", "workflows": [
        {"workflow_key": "openapi-test", "next_task_id": 20, "stages": [
            {"name": "s", "jobs": [{"name": "a", "type": "freestyle"}]}]}]}]}}),
    );
    let body = json!({"workflow_key": "openapi-test", "project_key": "simple-service-demo", "inputs": inputs(&["a"])});
    let created = app.post(TASK, body).await;
    assert_same(
        &created.assert_status(200),
        &golden("zadig_task_created.json"),
    );
}

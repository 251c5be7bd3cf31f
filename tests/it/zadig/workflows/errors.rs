//! The refusals of creations, in the order of their checks, and the paths.

use serde_json::json;

use super::*;
use release_emulator::{Fidelity, References, ZadigGeneration};

const CREATE: &str = "创建工作流任务失败";
const INVALID: &str = "校验workflow失败";

#[tokio::test]
async fn a_body_that_cannot_be_bound_is_refused_in_the_words_of_unmarshal() {
    let app = App::load(&shop());
    let cannot = |rest: &str| bad_request(&format!("json: cannot unmarshal {rest}"));
    for (body, expected) in [
        ("", bad_request("unexpected end of JSON input")),
        ("{\"a\"", bad_request("unexpected end of JSON input")),
        (
            "[]",
            cannot("array into Go value of type workflow.OpenAPICreateCustomWorkflowTaskArgs"),
        ),
        (
            r#"{"inputs":[{"job_name":1}]}"#,
            cannot(
                "number into Go struct field CreateCustomTaskJobInput.inputs.job_name of type string",
            ),
        ),
        (
            r#"{"parameters":[{"value":1}]}"#,
            cannot(
                "number into Go struct field CreateCustomTaskParam.parameters.value of type string",
            ),
        ),
        (
            r#"{"inputs":{}}"#,
            cannot(
                "object into Go struct field OpenAPICreateCustomWorkflowTaskArgs.inputs of type []*workflow.CreateCustomTaskJobInput",
            ),
        ),
        (
            "{} x",
            bad_request("invalid character 'x' after top-level value"),
        ),
        (
            "null",
            typed(6542, "查询workflow失败", "mongo: no documents in result"),
        ),
    ] {
        raw(&app, TASK, body).await.assert_body(400, &expected);
    }
    // Keys match in any case, and unknown ones are ignored.
    raw(
        &app,
        TASK,
        r#"{"Workflow_Key":"hotfix","x":1,"inputs":[{"JOB_NAME":"fix"}]}"#,
    )
    .await
    .assert_body(200, &created("hotfix", 1));
}

#[tokio::test]
async fn a_caller_needs_the_right_to_run_workflows_in_the_named_project() {
    let app = App::load(&shop());
    let run = async |user: &str, project: &str| {
        let token = format!("Bearer token-{user}");
        let body =
            json!({"workflow_key": "hotfix", "project_key": project, "inputs": inputs(&["fix"])});
        app.send("POST", TASK, &[("authorization", &token)], body.to_string())
            .await
    };
    run("u1", "other").await.assert_body(403, "");
    run("u1", "").await.assert_body(403, "");
    run("u1", "shop")
        .await
        .assert_body(200, &created("hotfix", 1));
    // The workflow's project is not compared.
    run("root", "other")
        .await
        .assert_body(200, &created("hotfix", 2));
}

/// A state with one workflow.
fn one(workflow: &Value) -> Value {
    json!({"zadig": {"projects": [{"key": "shop", "workflows": [workflow]}]}})
}

fn checked(fixtures: &Value) -> App {
    App::build(
        |settings| settings.references = References::Checked,
        fixtures,
    )
}

#[tokio::test]
async fn an_unknown_workflow_is_refused_if_references_are_checked() {
    let app = checked(&shop());
    let reply = app.run("hotfiz", inputs(&["fix"])).await;
    reply.assert_body(
        400,
        &typed(6542, "查询workflow失败", "mongo: no documents in result"),
    );
    assert!(
        reply
            .header("x-emulator-hint")
            .contains("did you mean hotfix?")
    );
}

#[tokio::test]
async fn parameters_are_checked_by_their_types() {
    for (generation, unknown) in [
        (
            ZadigGeneration::V3,
            "param x not found in workflow build-deploy",
        ),
        (ZadigGeneration::V4, "param x not found"),
    ] {
        let app = App::build(|settings| settings.zadig = Some(generation), &shop());
        let run = async |parameters: Value| {
            let body = json!({"workflow_key": "build-deploy", "project_key": "shop", "parameters": parameters,
                "inputs": inputs(&["lint"])});
            app.post(TASK, body).await
        };
        run(json!([{"name": "x"}]))
            .await
            .assert_body(500, &untyped(unknown));
        run(json!([{"name": "level", "value": "up"}]))
            .await
            .assert_body(500, &untyped("invalid choice value up for param level"));
        run(json!([{"name": "source"}])).await.assert_body(500, "");
        run(json!([null])).await.assert_body(500, "");
        let values = json!([{"name": "version", "value": "2.0"}, {"name": "level", "value": "high"},
            {"name": "source", "repo": {"repo_name": "web", "branch": "main"}}, {"name": "notes", "value": "x"}]);
        run(values).await.assert_status(200);
        let task = app.task("build-deploy", 1).await;
        let values: Vec<_> = task["params"].as_array().unwrap().iter().collect();
        assert_eq!(
            values
                .iter()
                .map(|param| &param["value"])
                .collect::<Vec<_>>(),
            ["2.0", "high", "", ""]
        );
        assert_eq!(values[2]["repo"]["branch"], "main");
    }
}

#[tokio::test]
async fn inputs_are_checked_by_the_types_of_their_jobs() {
    let app = checked(&shop());
    app.run("build-deploy", inputs(&["notify"]))
        .await
        .assert_body(500, &untyped("undefined job type of type:jira"));
    app.run("build-deploy", json!([{"job_name": "build", "parameters": {"registry": 1}}]))
        .await
        .assert_body(
            500,
            &untyped("unmarshal task error: json: cannot unmarshal number into Go struct field ZadigBuildJobInput.registry of type string"),
        );
    app.run("build-deploy", json!([{"job_name": "build", "parameters": {"registry": "other.example/shop"}}]))
        .await
        .assert_body(
            500,
            &untyped("failed to update jobspec for job: build, err: didn't find the specified image registry"),
        );
    app.run("build-deploy", json!([null]))
        .await
        .assert_body(500, "");
    // An unknown job is ignored.
    app.run("build-deploy", inputs(&["nobody", "lint"]))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn an_approval_takes_no_inputs_before_v4_1_as_strict_fidelity_shows() {
    for (generation, status) in [(ZadigGeneration::V3, 500), (ZadigGeneration::V4, 200)] {
        let app = App::build(
            |settings| {
                settings.zadig = Some(generation);
                settings.fidelity = Fidelity::Strict;
            },
            &shop(),
        );
        let reply = app.run("build-deploy", inputs(&["sign-off"])).await;
        reply.assert_status(status);
        if status == 500 {
            reply.assert_body(500, &untyped("undefined job type of type:approval"));
        }
    }
}

#[tokio::test]
async fn the_whole_workflow_is_checked_before_a_number_is_drawn() {
    let job = |name: &str| json!({"name": name, "type": "freestyle"});
    let stage = |name: &str, jobs: Value| json!({"name": name, "jobs": jobs});
    for (workflow, code, message, expected) in [
        (
            json!({"workflow_key": "a b", "stages": [stage("s", json!([job("a")]))]}),
            6545,
            INVALID,
            "工作流标识支持大小写字母、数字和中划线",
        ),
        (
            json!({"workflow_key": "w", "stages": [stage("s", json!([job("a")])), stage("s", json!([]))]}),
            6545,
            INVALID,
            "duplicated stage name: s",
        ),
        (
            json!({"workflow_key": "w", "stages": [stage("s", json!([job("a"), job("B")]))]}),
            6545,
            INVALID,
            "job name [B] did not match ^[a-z一-龥][a-z0-9一-龥-]{0,31}$",
        ),
        (
            json!({"workflow_key": "w", "stages": [stage("s", json!([job("a"), job("a")]))]}),
            6545,
            INVALID,
            "duplicated job name: a",
        ),
        (
            json!({"workflow_key": "w", "disabled": true, "stages": [stage("s", json!([job("a")]))]}),
            6160,
            CREATE,
            "workflow is disabled",
        ),
        (
            json!({"workflow_key": "w", "enable_approval_ticket": true, "stages": []}),
            6160,
            CREATE,
            "workflow need approval ticket to run, which is not supported by openAPI right now.",
        ),
    ] {
        let app = App::load(&one(&workflow));
        let key = workflow["workflow_key"].as_str().unwrap();
        app.run(key, inputs(&["a"]))
            .await
            .assert_body(400, &typed(code, message, expected));
        let state = app.state().await;
        assert_eq!(
            state["zadig"]["projects"][0]["workflows"][0]["next_task_id"],
            1
        );
    }
    let vm = json!({"zadig": {"projects": [{"key": "shop", "deploy_type": "cloud_host", "workflows": [
        {"workflow_key": "w", "stages": [stage("s", json!([job("a")]))]}]}]}});
    App::load(&vm).run("w", inputs(&["a"])).await.assert_body(
        400,
        &typed(
            6545,
            INVALID,
            "common workflow only support k8s and helm project",
        ),
    );
    App::new()
        .post(TASK, json!({"workflow_key": "w", "inputs": inputs(&["a"])}))
        .await
        .assert_body(400, &typed(6545, INVALID, "project should not be empty"));
}

#[tokio::test]
async fn what_shows_late_burns_a_number() {
    let job = |kind: &str, spec: Value| json!({"name": "a", "type": kind, "spec": spec});
    let approval = |native: Value| {
        job(
            "approval",
            json!({"type": "native", "native_approval": native}),
        )
    };
    let user = json!({"type": "user", "user_id": "u1", "user_name": "U1"});
    for (job, named, expected) in [
        (
            job("freestyle", json!({})),
            "b",
            "no stage found in workflow task: w,taskID: 1",
        ),
        (
            json!({"name": "a", "type": "freestyle", "run_policy": "force_run"}),
            "b",
            "job a skipped, but the run policy is set to force run",
        ),
        (
            job("zadig-deploy", json!({"env": "gone"})),
            "a",
            "env gone not exists",
        ),
        (approval(Value::Null), "a", "native approval not found"),
        (
            approval(json!({"needed_approvers": 1})),
            "a",
            "num of approve-users is 0",
        ),
        (
            approval(json!({"needed_approvers": 2, "approve_users": [user]})),
            "a",
            "all approve users should not less than needed approvers",
        ),
    ] {
        let app = checked(&one(
            &json!({"workflow_key": "w", "stages": [{"name": "s", "jobs": [job]}]}),
        ));
        app.run("w", inputs(&[named]))
            .await
            .assert_body(400, &typed(6160, CREATE, expected));
        let state = app.state().await;
        assert_eq!(
            state["zadig"]["projects"][0]["workflows"][0]["next_task_id"],
            2
        );
    }
}

#[tokio::test]
async fn paths_are_those_of_the_router() {
    let app = App::load(&shop());
    let get = async |path: &str| app.get(&format!("/openapi/workflows{path}")).await;
    get("/custom/wf")
        .await
        .assert_body(404, "Invalid path: /openapi/workflows/custom/wf");
    for path in ["/custom", "/custom/wf/task/5", "/custom/task/approve"] {
        get(path).await.assert_body(
            405,
            &format!("Method not allowed: GET /openapi/workflows{path}"),
        );
    }
    let reply = get("/custom/task/?taskId=1").await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (301, "/openapi/workflows/custom/task?taskId=1")
    );
    let reply = app.post("/openapi/workflows/custom/task/", json!({})).await;
    assert_eq!(reply.status, 307);
    // `task` is the name of a workflow in these.
    get("/custom/task/tasks?projectKey=shop")
        .await
        .assert_body(200, r#"{"total":0,"workflow_tasks":[]}"#);
    get("/custom/task/detail?projectKey=shop")
        .await
        .assert_body(500, &untyped("mongo: no documents in result"));
    app.post("/openapi/workflows/custom/task/task/5", json!({}))
        .await
        .assert_body(
            400,
            &typed(6161, "获取工作流任务失败", "mongo: no documents in result"),
        );
}

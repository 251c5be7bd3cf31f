//! Refusals common to all operations: unknown ids, headers, what is not emulated, and that a refusal changes
//! nothing.

use serde_json::{Value, json};

use release_emulator::internals::world::settings::Fidelity;

use super::{NOBODY, assert_not_found, assert_refused, send};
use crate::common::{App, PROJECT, assert_same};
use crate::pipelines::status::INITIALISED;
use crate::pipelines::{TestPipeline, body, pipelines, three_stages};

#[tokio::test]
async fn an_unknown_pipeline_is_404_everywhere() {
    let app = App::new();
    let known = TestPipeline::create(&app, body("release-a", three_stages())).await;
    for root in [
        format!("{}/{NOBODY}", pipelines()),
        format!("{}/not-even-a-uuid", pipelines()),
        format!("/v3/another/pipeline/pipelines/{}", known.id),
    ] {
        assert_not_found(&app.get(&root).await);
        assert_not_found(&app.put(&root, body("release-b", three_stages())).await);
        assert_not_found(
            &app.post(&format!("{root}/action?action_id=start"), json!({}))
                .await,
        );
        assert_not_found(&app.get(&format!("{root}/records")).await);
        assert_not_found(&app.get(&format!("{root}/hooks")).await);
        assert_not_found(
            &app.post(&format!("{root}/hooks"), json!({"strategy_type": 0}))
                .await,
        );
        assert_not_found(
            &app.put(&format!("{root}/hooks"), json!({"strategy_type": 0}))
                .await,
        );
    }
}

#[tokio::test]
async fn parsing_a_template_package_is_not_emulated() {
    let app = App::new();
    let source = json!({"template_source": {"storage": "obs", "url": "obs://b/p.zip"}});

    let reply = app
        .post(
            &format!("{}/parse-template-package", pipelines()),
            json!({"sources": [source]}),
        )
        .await;

    let expected = json!({
        "error_msg": "The API is not available in this environment",
        "error_code": "APIGW.0101",
        "request_id": reply.header("x-request-id")
    });
    assert_same(&reply.assert_status(501), &expected);
    assert_eq!(
        reply.header("x-emulator-hint"),
        "the emulator has no access to template packages; declare the stages in the body with config_mode ui"
    );
    assert_eq!(
        reply.header("x-emulator-evidence"),
        "inferred; error=APIGW.0101"
    );
}

#[tokio::test]
async fn a_pipeline_cannot_be_deleted_and_a_hint_says_what_can_be_done() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;

    let reply = app.delete(&pipeline.path()).await;

    let expected = json!({
        "error_msg": "The API does not exist or has not been published in the environment: method not allowed",
        "error_code": "APIGW.0101",
        "request_id": reply.header("x-request-id")
    });
    assert_same(&reply.assert_status(405), &expected);
    let hint = reply.header("x-emulator-hint");
    assert!(hint.contains("POST /_emulator/v1/reset"), "{hint}");
    assert!(hint.contains("PATCH /_emulator/v1/state"), "{hint}");
    assert_eq!(pipeline.status().await, INITIALISED);
}

#[tokio::test]
async fn methods_that_are_not_documented_are_405() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    for (method, path) in [
        ("PUT", pipelines()),
        ("DELETE", pipelines()),
        ("POST", pipeline.path()),
        ("PATCH", pipeline.path()),
        ("GET", format!("{}/action", pipeline.path())),
        ("POST", format!("{}/records", pipeline.path())),
        ("DELETE", format!("{}/hooks", pipeline.path())),
        ("GET", format!("{}/parse-template-package", pipelines())),
    ] {
        let reply = send(&app, method, &path, "{}").await;
        assert_eq!(
            reply.assert_status(405)["error_code"],
            "APIGW.0101",
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn every_answer_carries_an_id_of_its_own_and_its_evidence() {
    let app = App::new();
    let made = app
        .post(&pipelines(), body("release-a", three_stages()))
        .await;
    let path = format!(
        "{}/{}",
        pipelines(),
        made.assert_status(200)["id"].as_str().unwrap()
    );
    let replies = [
        (
            made,
            "inferred; operation=CreatePipeline; fields=*; parameters=stages.tasks,stages.approval_type",
        ),
        (
            app.post(&pipelines(), json!({})).await,
            "inferred; operation=CreatePipeline",
        ),
        (app.get(&pipelines()).await, "documented"),
        (
            app.get(&path).await,
            "inferred; fields=status,version,creator,create_time,update_time,last_trigger_at",
        ),
        (
            app.put(&path, body("release-a", three_stages())).await,
            "inferred; fields=*; parameters=stages.tasks,stages.approval_type",
        ),
        (
            app.post(&format!("{path}/action?action_id=start"), json!({}))
                .await,
            "documented",
        ),
        (
            app.post(&format!("{path}/action"), json!({})).await,
            "documented",
        ),
        (
            app.get(&format!("{path}/records")).await,
            "inferred; fields=records.trigger_type,records.trigger_at,records.status,records.end_at",
        ),
        (
            app.post(&format!("{path}/hooks"), json!({"strategy_type": 0}))
                .await,
            "inferred; fields=*",
        ),
        (
            app.put(&format!("{path}/hooks"), json!({"strategy_type": 0}))
                .await,
            "inferred; fields=*",
        ),
        (app.get(&format!("{path}/hooks")).await, "documented"),
        (
            app.get(&format!("{}/{NOBODY}", pipelines())).await,
            "documented",
        ),
    ];
    let mut ids = std::collections::HashSet::new();
    for (reply, evidence) in replies {
        let id = reply.header("x-request-id");
        assert!(
            id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{id}"
        );
        assert!(ids.insert(id.to_owned()), "{id} was there before");
        assert_eq!(
            reply.header("x-emulator-evidence"),
            evidence,
            "{}",
            reply.request
        );
    }
}

#[tokio::test]
async fn without_a_credential_the_gateway_refuses() {
    let app = App::new();

    let reply = app.send("GET", &pipelines(), &[], String::new()).await;

    let expected = json!({
        "error_msg": "Incorrect IAM authentication information: x-auth-token not found",
        "error_code": "APIGW.0301",
        "request_id": reply.header("x-request-id")
    });
    assert_same(&reply.assert_status(401), &expected);
}

/// The memory and the scripts with how often each was used.
async fn everything(app: &App) -> (Value, Value) {
    let scripts = app.get("/_emulator/v1/scripts").await.assert_status(200);
    (app.state().await, scripts)
}

#[tokio::test]
async fn a_refused_request_changes_nothing() {
    let app = App::new();
    let waiting = TestPipeline::create(&app, body("release-a", three_stages())).await;
    let idle = TestPipeline::create(&app, body("release-b", three_stages())).await;
    app.script(json!({"match": {"step": "compile"}, "takes_ms": 100}))
        .await;
    app.script(json!({"match": {"work": "rollback"}, "outcome": "fail", "times": 1}))
        .await;
    waiting.assert_accepts("start", json!({})).await;
    app.advance(1_000).await;
    let before = everything(&app).await;

    let scheduled = json!({"strategy_type": 1, "hooks": [{"schedule": "x"}]});
    let foreign =
        json!({"strategy_type": 0, "selected_tasks": [{"stage_name": "x", "tasks": ["y"]}]});
    let nowhere =
        json!({"selected_tasks": [{"stage_name": "build", "tasks": ["compile", "nothing"]}]});
    let refuse = json!({"task_name": "smoke", "approval_type": "refuse"});
    let requests = [
        ("POST", pipelines(), body("release-a", three_stages())),
        ("POST", pipelines(), body("release-c", json!([]))),
        ("POST", pipelines(), json!([])),
        ("PUT", waiting.path(), body("release-d", three_stages())),
        ("PUT", idle.path(), body("release-a", three_stages())),
        ("PUT", idle.path(), json!({})),
        ("POST", format!("{}/action", idle.path()), json!({})),
        (
            "POST",
            format!("{}/action?action_id=start", idle.path()),
            nowhere,
        ),
        (
            "POST",
            format!("{}/action?action_id=start", idle.path()),
            json!({"selected_tasks": []}),
        ),
        (
            "POST",
            format!("{}/action?action_id=stop", idle.path()),
            json!({}),
        ),
        (
            "POST",
            format!("{}/action?action_id=retry", idle.path()),
            json!({}),
        ),
        (
            "POST",
            format!("{}/action?action_id=rollback", idle.path()),
            json!({}),
        ),
        (
            "POST",
            format!("{}/action?action_id=start", waiting.path()),
            json!({}),
        ),
        (
            "POST",
            format!("{}/action?action_id=continue", waiting.path()),
            json!({}),
        ),
        (
            "POST",
            format!("{}/action?action_id=approval", waiting.path()),
            refuse,
        ),
        (
            "POST",
            format!("{}/action?action_id=rollback", waiting.path()),
            json!({}),
        ),
        ("POST", format!("{}/hooks", idle.path()), scheduled.clone()),
        ("PUT", format!("{}/hooks", waiting.path()), scheduled),
        ("PUT", format!("{}/hooks", idle.path()), foreign),
    ];
    for (method, path, body) in requests {
        assert_refused(&send(&app, method, &path, &body.to_string()).await);
        let after = everything(&app).await;
        assert_same(&after.0, &before.0);
        assert_same(&after.1, &before.1);
    }
    send(&app, "DELETE", &idle.path(), "")
        .await
        .assert_status(405);
    let another = format!(
        "/v3/another/pipeline/pipelines/{}/action?action_id=start",
        idle.id
    );
    assert_not_found(&app.post(&another, json!({})).await);
    assert_same(&everything(&app).await.0, &before.0);

    let answer = idle.act("start", json!({})).await.assert_status(200);
    assert_eq!(answer["id"], 286_542, "no refusal drew a number");
}

#[tokio::test]
async fn no_refusal_draws_an_id() {
    let (calm, tried) = (App::new(), App::new());
    for app in [&calm, &tried] {
        TestPipeline::create(app, body("release-a", three_stages())).await;
    }
    assert_refused(
        &tried
            .post(&pipelines(), body("release-a", three_stages()))
            .await,
    );
    assert_refused(&tried.post(&pipelines(), body("release-b", json!([]))).await);

    let mut made = Vec::new();
    for app in [&calm, &tried] {
        made.push(
            TestPipeline::create(app, body("release-b", three_stages()))
                .await
                .id,
        );
    }

    assert_eq!(made[0], made[1]);
}

#[tokio::test]
async fn strict_fidelity_allows_a_thousand_pipelines_a_project() {
    let rows = |n: usize| -> Vec<Value> {
        (0..n)
            .map(|n| json!({"id": format!("p{n}"), "name": format!("r{n}")}))
            .collect()
    };
    let fixtures =
        |n: usize| json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines": rows(n)}]}});
    let strict = App::build(
        |settings| settings.fidelity = Fidelity::Strict,
        &fixtures(999),
    );

    strict
        .post(&pipelines(), body("release-a", three_stages()))
        .await
        .assert_status(200);
    let reply = strict
        .post(&pipelines(), body("release-b", three_stages()))
        .await;
    assert_eq!(
        assert_refused(&reply),
        "project_id: has 1000 release tasks already"
    );
    strict
        .post(
            "/v3/another/pipeline/pipelines",
            body("release-b", three_stages()),
        )
        .await
        .assert_status(200);

    let lenient = App::load(&fixtures(1_000));
    lenient
        .post(&pipelines(), body("release-b", three_stages()))
        .await
        .assert_status(200);
}

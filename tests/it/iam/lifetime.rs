//! Access by an issued token, and its lifetime.

use serde_json::json;

use super::{DAY, ask, gateway, get, incorrect, north, pipelines, strict, token};
use crate::common::PROJECT;

/// Places behind the gateway that a token for [`PROJECT`] opens, one of each service.
fn doors() -> [String; 4] {
    [
        format!("/v1/{PROJECT}/meshes"),
        format!("/v3/{PROJECT}/cas/release-plans"),
        pipelines(PROJECT),
        "/v3/projects".to_owned(),
    ]
}

#[tokio::test]
async fn an_issued_token_opens_every_service_and_its_user_is_the_creator() {
    let app = strict();
    let token = token(&app, "ann", north()).await;
    let header = &[("x-auth-token", &*token)];
    let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
    let pipeline =
        json!({"name": "release-a", "model_version": 2, "config_mode": "ui", "stages": stages});
    let plan =
        json!({"name": "plan-a", "components": [{"name": "web", "seq": 0, "runtime_stack": {}}]});
    let release = json!({"metadata": {"name": "gray-a"},
        "spec": {"serviceName": "reviews", "grayDeployments": [{"template": {}}]}});

    let pipeline = app
        .send("POST", &pipelines(PROJECT), header, pipeline.to_string())
        .await;
    let plans = format!("/v3/{PROJECT}/cas/release-plans");
    let plan = app.send("POST", &plans, header, plan.to_string()).await;
    let releases = "/v2/meshes/m1/namespaces/default/releases";
    let release = app
        .send("POST", releases, header, release.to_string())
        .await;

    assert_eq!(pipeline.assert_status(200)["creator"], "ann");
    assert_eq!(plan.assert_status(200)["creator"], "ann");
    release.assert_status(201);
    for door in doors() {
        get(&app, &door, &token).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_token_lives_24_hours_of_the_emulators_clock_to_the_millisecond() {
    let app = strict();
    let token = token(&app, "ann", north()).await;

    app.advance(DAY - 1).await;
    for door in doors() {
        get(&app, &door, &token).await.assert_status(200);
    }
    app.advance(1).await;

    let why = "token expires, expires_at: 2026-01-02T12:00:00.000000Z";
    let [meshes, others @ ..] = doors();
    let by_asm = get(&app, &meshes, &token).await;
    by_asm.assert_answer(
        401,
        &format!(
            r#"{{"errorCode":"ASM.01000001","errorMsg":"Authenticate error. Incorrect IAM authentication information: {why}"}}"#
        ),
    );
    by_asm.assert_hint("POST /v3/auth/tokens");
    for door in others {
        let reply = get(&app, &door, &token).await;
        reply.assert_answer(401, &incorrect(&reply, why));
        reply.assert_hint("POST /v3/auth/tokens");
    }
}

#[tokio::test]
async fn expiry_tells_the_milliseconds_that_the_token_was_issued_with() {
    let app = strict();
    app.advance(7).await;
    let token = token(&app, "ann", north()).await;

    app.advance(DAY).await;

    let reply = get(&app, &pipelines(PROJECT), &token).await;
    let why = "token expires, expires_at: 2026-01-02T12:00:00.007000Z";
    reply.assert_answer(401, &incorrect(&reply, why));
}

#[tokio::test]
async fn an_older_token_survives_a_new_login_and_ends_in_its_own_time() {
    let app = strict();
    let older = token(&app, "ann", north()).await;
    app.advance(DAY / 2).await;
    let newer = token(&app, "ann", north()).await;

    for token in [&older, &newer] {
        get(&app, &pipelines(PROJECT), token)
            .await
            .assert_status(200);
    }
    app.advance(DAY / 2).await;

    get(&app, &pipelines(PROJECT), &older)
        .await
        .assert_status(401);
    get(&app, &pipelines(PROJECT), &newer)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_revoked_token_must_be_updated_in_the_words_of_every_service() {
    let app = strict();
    let (kept, revoked) = (
        token(&app, "ann", north()).await,
        token(&app, "ann", north()).await,
    );

    ask(&app, "DELETE", &kept, &revoked)
        .await
        .assert_answer(204, "");

    let [meshes, others @ ..] = doors();
    let by_asm = get(&app, &meshes, &revoked).await;
    by_asm.assert_answer(
        401,
        r#"{"errorCode":"ASM.01000001","errorMsg":"Authenticate error. The token must be updated."}"#,
    );
    for door in others {
        let reply = get(&app, &door, &revoked).await;
        reply.assert_answer(401, &gateway(&reply, "0307", "The token must be updated."));
        get(&app, &door, &kept).await.assert_status(200);
    }
}

#[tokio::test]
async fn that_a_token_was_revoked_goes_before_that_it_has_expired() {
    let app = strict();
    let revoked = token(&app, "ann", north()).await;
    ask(&app, "DELETE", &revoked, &revoked)
        .await
        .assert_answer(204, "");

    app.advance(DAY).await;

    let reply = get(&app, &pipelines(PROJECT), &revoked).await;
    reply.assert_answer(401, &gateway(&reply, "0307", "The token must be updated."));
}

#[tokio::test]
async fn a_token_of_nobody_cannot_be_decrypted() {
    let app = strict();
    for door in &doors()[1..] {
        let reply = get(&app, door, "of-nobody").await;
        reply.assert_answer(401, &incorrect(&reply, "decrypt token fail"));
        reply.assert_hint("in the fixtures or issued by POST /v3/auth/tokens");
    }
}

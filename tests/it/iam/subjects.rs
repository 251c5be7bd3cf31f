//! Looking at tokens and revoking them.

use serde_json::json;

use super::{
    DAY, TOKENS, ask, body, error, forbidden, get, incorrect, keystone, login, north, strict,
    token, users,
};
use crate::common::{App, PROJECT, assert_same};

fn not_found() -> String {
    keystone(
        404,
        "X-Subject-Token is invalid in the request",
        "Not Found",
    )
}

#[tokio::test]
async fn a_look_at_ones_own_token_answers_what_its_login_did() {
    let app = strict();
    let issued = login(&app, &body("bob", &north())).await;
    let token = issued.header("x-subject-token").to_owned();
    app.advance(1_000).await;

    let seen = ask(&app, "GET", &token, &token).await;

    assert_same(&seen.assert_status(200), &issued.json());
    assert_eq!(seen.header("x-subject-token"), token);
}

#[tokio::test]
async fn head_answers_the_status_and_the_header_alone() {
    let app = strict();
    let token = token(&app, "bob", north()).await;

    let seen = ask(&app, "HEAD", &token, &token).await;
    let unseen = ask(&app, "HEAD", &token, "of-nobody").await;

    seen.assert_answer(200, "");
    assert_eq!(seen.header("x-subject-token"), token);
    assert_eq!((unseen.status, unseen.text().as_str()), (404, ""));
}

#[tokio::test]
async fn of_a_token_of_the_fixtures_issue_and_project_are_inferred() {
    let mut fixtures = users();
    fixtures["identities"]["tokens"] = json!([
        {"token": "ending", "user": "ann", "expires_at": "2026-01-01T18:00:00Z"},
        {"token": "endless", "user": "zoe"},
    ]);
    let app = App::load(&fixtures);

    let ending = ask(&app, "GET", "ending", "ending")
        .await
        .assert_status(200);
    let endless = ask(&app, "GET", "endless", "endless")
        .await
        .assert_status(200);

    let (ending, endless) = (&ending["token"], &endless["token"]);
    assert_eq!(ending["expires_at"], "2026-01-01T18:00:00.000000Z");
    assert_eq!(ending["issued_at"], "2025-12-31T18:00:00.000000Z");
    assert_eq!(ending["project"]["id"], PROJECT);
    assert_eq!(endless["domain"]["name"], "emulator");
    assert_eq!(endless["expires_at"], "9999-12-31T23:59:59.999000Z");
}

#[tokio::test]
async fn somebody_elses_token_takes_the_permission_to_look_after_tokens() {
    let app = strict();
    let of_ann = token(&app, "ann", north()).await;
    for user in ["bob", "eve"] {
        let limited = token(&app, user, north()).await;
        for method in ["GET", "DELETE"] {
            let reply = ask(&app, method, &limited, &of_ann).await;
            reply.assert_answer(403, &forbidden());
            reply.assert_hint("Security Administrator");
        }
        ask(&app, "GET", &limited, &limited)
            .await
            .assert_status(200);
    }
    for user in ["sam", "zoe"] {
        let allowed = token(&app, user, json!(null)).await;
        let seen = ask(&app, "GET", &allowed, &of_ann).await.assert_status(200);
        assert_eq!(seen["token"]["user"]["name"], "ann");
    }

    let sam = token(&app, "sam", json!(null)).await;
    ask(&app, "DELETE", &sam, &of_ann)
        .await
        .assert_answer(204, "");

    get(&app, "/v3/projects", &of_ann).await.assert_status(401);
}

#[tokio::test]
async fn a_star_among_the_actions_allows_looking_after_tokens() {
    let mut fixtures = users();
    fixtures["identities"]["users"][2]["actions"] = json!(["*"]);
    let app = App::load(&fixtures);
    let (of_ann, of_eve) = (
        token(&app, "ann", north()).await,
        token(&app, "eve", north()).await,
    );

    ask(&app, "GET", &of_eve, &of_ann).await.assert_status(200);
    ask(&app, "DELETE", &of_eve, &of_ann)
        .await
        .assert_answer(204, "");
}

#[tokio::test]
async fn without_a_subject_there_is_nothing_to_look_at_or_revoke() {
    let app = strict();
    let token = token(&app, "ann", north()).await;
    let expected = error("0009", "X-Subject-Token is invalid in the request.");
    for method in ["GET", "DELETE"] {
        for headers in [
            &[("x-auth-token", &*token)][..],
            &[("x-auth-token", &*token), ("x-subject-token", "")],
            &[("x-auth-token", &*token), ("x-subject-token", " ")],
            &[("x-auth-token", &*token), ("x-subject-token", "tökén")],
        ] {
            let reply = app.send(method, TOKENS, headers, "").await;
            reply.assert_answer(400, &expected);
            reply.assert_hint("X-Subject-Token");
        }
    }
}

#[tokio::test]
async fn an_expired_token_can_be_revoked_once_but_not_looked_at() {
    let app = strict();
    let old = token(&app, "ann", north()).await;
    app.advance(DAY).await;
    let new = token(&app, "ann", north()).await;

    let seen = ask(&app, "GET", &new, &old).await;
    seen.assert_answer(404, &not_found());
    seen.assert_hint("expired");
    ask(&app, "DELETE", &new, &old).await.assert_answer(204, "");
    ask(&app, "DELETE", &new, &old)
        .await
        .assert_answer(404, &not_found());
}

#[tokio::test]
async fn a_token_that_was_revoked_or_never_issued_is_not_found() {
    let app = strict();
    let (kept, revoked) = (
        token(&app, "ann", north()).await,
        token(&app, "ann", north()).await,
    );
    ask(&app, "DELETE", &kept, &revoked)
        .await
        .assert_answer(204, "");
    for method in ["GET", "DELETE"] {
        for subject in [&*revoked, "of-nobody"] {
            ask(&app, method, &kept, subject)
                .await
                .assert_answer(404, &not_found());
        }
    }
}

#[tokio::test]
async fn a_token_that_revoked_itself_cannot_ask_any_more() {
    let app = strict();
    let token = token(&app, "bob", north()).await;

    ask(&app, "DELETE", &token, &token)
        .await
        .assert_answer(204, "");

    let reply = ask(&app, "DELETE", &token, &token).await;
    reply.assert_answer(
        401,
        &super::gateway(&reply, "0307", "The token must be updated."),
    );
}

#[tokio::test]
async fn whoever_asks_needs_a_credential_beside_the_token_in_question() {
    let app = strict();
    let token = token(&app, "bob", north()).await;
    for method in ["GET", "DELETE"] {
        let reply = app
            .send(method, TOKENS, &[("x-subject-token", &token)], "")
            .await;
        reply.assert_answer(401, &incorrect(&reply, "x-auth-token not found"));
    }
}

#[tokio::test]
async fn a_refused_revocation_changes_nothing() {
    let app = strict();
    let of_ann = token(&app, "ann", north()).await;
    let of_bob = token(&app, "bob", north()).await;
    let before = app.state().await;

    ask(&app, "DELETE", &of_bob, &of_ann)
        .await
        .assert_status(403);
    ask(&app, "DELETE", &of_ann, "of-nobody")
        .await
        .assert_status(404);

    assert_eq!(app.state().await, before);
}

//! Issued tokens in the memory as a whole: reset, export, import, merge.

use release_emulator::internals::world::settings::{Auth, Settings};
use serde_json::{Value, json};

use super::{DAY, ask, gateway, get, incorrect, login, north, pipelines, strict, token, users};
use crate::common::{App, PROJECT, assert_same};

const STATE: &str = "/_emulator/v1/state";

async fn reset(app: &App, body: Value) {
    app.post("/_emulator/v1/reset", body)
        .await
        .assert_status(204);
}

#[tokio::test]
async fn a_reset_kills_issued_tokens_and_keeps_those_of_the_fixtures() {
    let mut fixtures = users();
    fixtures["identities"]["tokens"] = json!([{"token": "fixed", "user": "ann"}]);
    let app = App::build(|settings| settings.auth = Auth::Strict, &fixtures);
    let issued = token(&app, "ann", north()).await;
    ask(&app, "DELETE", &issued, "fixed")
        .await
        .assert_answer(204, "");

    reset(&app, json!({})).await;

    get(&app, &pipelines(PROJECT), "fixed")
        .await
        .assert_status(200);
    let reply = get(&app, &pipelines(PROJECT), &issued).await;
    reply.assert_answer(401, &incorrect(&reply, "decrypt token fail"));
    reply.assert_hint("a reset forgets the issued ones");
}

#[tokio::test]
async fn a_reset_to_nothing_kills_all_tokens() {
    let app = strict();
    let issued = token(&app, "ann", north()).await;

    reset(&app, json!({"to": "empty"})).await;

    let reply = get(&app, &pipelines(PROJECT), &issued).await;
    reply.assert_answer(401, &incorrect(&reply, "decrypt token fail"));
    let refused = login(&app, &super::body("ann", &north())).await;
    refused.assert_status(401);
}

#[tokio::test]
async fn a_login_after_a_reset_does_not_repeat_a_token_from_before() {
    let app = strict();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        for user in ["ann", "bob"] {
            assert!(seen.insert(token(&app, user, north()).await));
        }
        reset(&app, json!({})).await;
    }
}

#[tokio::test]
async fn logins_leave_the_ids_of_resources_alone() {
    let (with, without) = (strict(), strict());
    token(&with, "ann", north()).await;
    let mut ids = Vec::new();
    for app in [&with, &without] {
        let patch = json!({"identities": {"tokens": [{"token": "fixed", "user": "ann"}]}});
        app.patch(STATE, patch).await.assert_status(204);
        let body = json!({"name": "release-a", "model_version": 2, "config_mode": "ui",
            "stages": [{"name": "s", "tasks": []}]});
        let headers = [("x-auth-token", "fixed")];
        let pipeline = app
            .send("POST", &pipelines(PROJECT), &headers, body.to_string())
            .await;
        ids.push(pipeline.assert_status(200)["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn tokens_are_told_with_their_history() {
    let mut fixtures = users();
    fixtures["identities"]["tokens"] = json!([{"token": "fixed", "user": "ann"}]);
    let app = App::load(&fixtures);
    let for_project = token(&app, "ann", north()).await;
    let for_account = token(&app, "zoe", json!(null)).await;
    for revoked in ["fixed", &for_account] {
        ask(&app, "DELETE", &for_project, revoked)
            .await
            .assert_answer(204, "");
    }

    let state = app.state().await;

    let expected = json!([
        {"token": "fixed", "user": "ann", "expires_at": null, "emulator": {"revoked": true}},
        {
            "token": for_project,
            "user": "ann",
            "expires_at": "2026-01-02T12:00:00.000000Z",
            "emulator": {"issued": {
                "at": "2026-01-01T12:00:00.000000Z",
                "domain": "acme",
                "project": {"id": PROJECT, "name": "cn-north-4"}
            }}
        },
        {
            "token": for_account,
            "user": "zoe",
            "expires_at": "2026-01-02T12:00:00.000000Z",
            "emulator": {
                "issued": {"at": "2026-01-01T12:00:00.000000Z", "domain": "emulator"},
                "revoked": true
            }
        }
    ]);
    assert_same(&state["identities"]["tokens"], &expected);
}

/// The outcome for each token: inspected with another one, and used in a project.
async fn fates(app: &App, by: &str, tokens: &[&str]) -> Vec<(u16, String, u16, String)> {
    let mut fates = Vec::new();
    for token in tokens {
        let seen = ask(app, "GET", by, token).await;
        let door = get(app, &pipelines(PROJECT), token).await;
        // The request id differs by nature.
        let said = door.text().replace(door.header("x-request-id"), "");
        fates.push((seen.status, seen.text(), door.status, said));
    }
    fates
}

#[tokio::test]
async fn tokens_survive_a_move_into_another_world_valid_revoked_or_expired() {
    let app = strict();
    let expired = token(&app, "ann", north()).await;
    app.advance(DAY / 2).await;
    let revoked = token(&app, "ann", north()).await;
    let of_account = token(&app, "ann", json!(null)).await;
    let valid = token(&app, "ann", north()).await;
    ask(&app, "DELETE", &valid, &revoked)
        .await
        .assert_answer(204, "");
    app.advance(DAY / 2).await;
    let tokens = [&*valid, &revoked, &expired, &of_account, "of-nobody"];
    let state = app.state().await;
    let another = App::build(|settings| settings.auth = Auth::Strict, &json!({}));
    another.advance(DAY).await;

    another.put(STATE, state.clone()).await.assert_status(204);

    let expected = fates(&app, &valid, &tokens).await;
    assert_eq!(fates(&another, &valid, &tokens).await, expected);
    let statuses: Vec<_> = expected.iter().map(|fate| (fate.0, fate.2)).collect();
    assert_eq!(
        statuses,
        [(200, 200), (404, 401), (404, 401), (200, 403), (404, 401)]
    );
    assert_same(&another.state().await, &state);
    let again = get(&another, &pipelines(PROJECT), &revoked).await;
    again.assert_answer(401, &gateway(&again, "0307", "The token must be updated."));
}

#[tokio::test]
async fn tokens_of_users_nobody_knows_survive_a_move_too() {
    let app = App::new();
    let user = json!({"name": "whoever", "password": "any", "domain": {"name": "umbrella"}});
    let order = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"id": PROJECT}}}});
    let issued = login(&app, &order).await;
    let token = issued.header("x-subject-token");
    let another = App::build(|settings| settings.auth = Auth::Strict, &json!({}));

    another
        .put(STATE, app.state().await)
        .await
        .assert_status(204);

    let seen = ask(&another, "GET", token, token).await;
    assert_same(&seen.assert_status(200), &issued.json());
    get(&another, &pipelines(PROJECT), token)
        .await
        .assert_status(200);
    get(&another, &pipelines("another"), token)
        .await
        .assert_status(403);
}

#[tokio::test]
async fn a_login_in_the_other_world_does_not_repeat_a_token_that_moved_there() {
    let app = strict();
    let moved = token(&app, "ann", north()).await;
    let another = strict();

    another
        .put(STATE, app.state().await)
        .await
        .assert_status(204);

    assert_ne!(token(&another, "bob", north()).await, moved);
    let seen = ask(&another, "GET", &moved, &moved)
        .await
        .assert_status(200);
    assert_eq!(seen["token"]["user"]["name"], "ann");
}

#[tokio::test]
async fn a_patch_keeps_the_tokens_it_does_not_name_and_can_revoke_the_one_it_does() {
    let app = strict();
    let (kept, patched) = (
        token(&app, "ann", north()).await,
        token(&app, "ann", north()).await,
    );
    let patch = json!({"identities": {"tokens": [{"token": patched, "user": "ann", "emulator": {"revoked": true}}]}});

    app.patch(STATE, patch).await.assert_status(204);

    get(&app, &pipelines(PROJECT), &kept)
        .await
        .assert_status(200);
    let reply = get(&app, &pipelines(PROJECT), &patched).await;
    reply.assert_answer(401, &gateway(&reply, "0307", "The token must be updated."));
}

#[tokio::test]
async fn a_state_that_tells_tokens_wrong_is_refused_with_the_place_but_not_the_token() {
    let app = strict();
    let before = app.state().await;
    let issued = |at: &str| json!({"issued": {"at": at, "domain": "acme"}});
    for (token, place) in [
        (json!({"token": "of-x", "user": "nobody"}), "tokens[0].user"),
        (
            json!({"token": "of-x", "user": "nobody", "emulator": {"revoked": true}}),
            "tokens[0].user",
        ),
        (
            json!({"token": "of-x", "user": "ann", "expires_at": "noon"}),
            "tokens[0].expires_at",
        ),
        (
            json!({"token": "of-x", "user": "ann", "emulator": issued("noon")}),
            "tokens[0].emulator.issued.at",
        ),
        (
            json!({"token": "of-x", "user": "ann", "emulator": ["of-x"]}),
            "tokens[0].emulator",
        ),
        (
            json!({"token": "of-x", "user": "ann", "emulator": {"issued": {"at": "2026-01-01T12:00:00Z"}}}),
            "tokens[0].emulator.issued",
        ),
    ] {
        let mut state = users();
        state["identities"]["tokens"] = json!([token]);

        let reply = app.put(STATE, state).await;

        let detail = reply.assert_status(400)["detail"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(detail.contains(place), "{detail}");
        assert!(!detail.contains("of-x"), "{detail}");
    }
    assert_eq!(app.state().await, before);
}

#[tokio::test]
async fn a_token_that_outlives_the_clock_survives_a_move() {
    // 9999-12-31T23:00:00Z
    let in_the_last_hour = |settings: &mut Settings| {
        settings.auth = Auth::Strict;
        settings.freeze = Some(253_402_297_200_000);
    };
    let app = App::build(in_the_last_hour, &users());
    let token = token(&app, "ann", north()).await;
    let another = App::build(in_the_last_hour, &users());

    another
        .put(STATE, app.state().await)
        .await
        .assert_status(204);

    get(&another, &pipelines(PROJECT), &token)
        .await
        .assert_status(200);
}

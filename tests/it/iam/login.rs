//! Accepted and refused logins.

use release_emulator::internals::world::settings::Auth;
use serde_json::{Value, json};

use super::{ACME, EMULATOR, body, get, login, north, pipelines, strict, unauthorized, users};
use crate::common::{App, PROJECT};

const WRONG: &str = "The username or password is wrong.";

/// The body of a login of that user, as it is written.
fn of(user: &Value) -> Value {
    json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}})
}

#[tokio::test]
async fn a_wrong_password_user_or_account_is_refused_alike_whatever_auth_is() {
    let named = |name: &str, password: &str, domain: Value| {
        of(&json!({"name": name, "password": password, "domain": domain}))
    };
    let acme = || json!({"name": "acme"});
    let known = "there is no such user; known are [ann, bob, eve, sam, zoe]";
    for auth in [Auth::Shape, Auth::Strict] {
        let app = App::build(|settings| settings.auth = auth, &users());
        let before = app.state().await;
        for (order, hint) in [
            (
                named("ann", "wrong", acme()),
                "the password is not that of ann",
            ),
            (named("ann", "", acme()), "the password is not that of ann"),
            (
                named("ann", "of-ann ", acme()),
                "the password is not that of ann",
            ),
            (
                named("ann", "of-bob", acme()),
                "the password is not that of ann",
            ),
            (named("Ann", "of-ann", acme()), known),
            (named("joe", "of-joe", acme()), known),
            (named("", "", acme()), known),
            (
                named("ann", "of-ann", json!({"name": "umbrella"})),
                "ann belongs to the account acme",
            ),
            (
                named("ann", "of-ann", json!({"id": EMULATOR})),
                "ann belongs to the account acme",
            ),
            (of(&json!({"id": "none", "password": "of-ann"})), known),
        ] {
            let reply = login(&app, &order).await;

            reply.assert_answer(401, &unauthorized(WRONG));
            reply.assert_hint(hint);
            assert_eq!(reply.header("x-subject-token"), "");
        }
        assert_eq!(app.state().await, before, "a refused login changes nothing");
    }
}

#[tokio::test]
async fn a_user_may_be_told_by_id_and_an_account_too() {
    let app = strict();
    let id = "a0f3b5cd8cc4469122686f9478835635";
    for user in [
        json!({"id": id, "password": "of-ann"}),
        json!({"id": id, "password": "of-ann", "domain": {"name": "acme"}}),
        json!({"id": id, "name": "bob", "password": "of-ann"}),
        json!({"name": "ann", "password": "of-ann", "domain": {"id": ACME}}),
        json!({"name": "ann", "password": "of-ann", "domain": {"id": ACME, "name": "umbrella"}}),
    ] {
        let answer = login(&app, &of(&user)).await.assert_status(201);
        assert_eq!(answer["token"]["user"]["name"], "ann", "{user}");
    }
    let elsewhere = json!({"id": id, "password": "of-ann", "domain": {"name": "umbrella"}});
    login(&app, &of(&elsewhere)).await.assert_status(401);
}

#[tokio::test]
async fn a_user_without_an_account_logs_in_by_any() {
    let app = strict();
    for domain in ["emulator", "umbrella"] {
        let user = json!({"name": "zoe", "password": "of-zoe", "domain": {"name": domain}});
        let answer = login(&app, &of(&user)).await.assert_status(201);
        assert_eq!(answer["token"]["user"]["domain"]["name"], "emulator");
    }
}

#[tokio::test]
async fn while_there_are_no_users_anybody_logs_in_unless_auth_is_strict() {
    let user = json!({"name": "whoever", "password": "any", "domain": {"name": "umbrella"}});
    let by_id = json!({"id": "some-id", "password": "any"});
    let (shape, strict) = (
        App::new(),
        App::build(|settings| settings.auth = Auth::Strict, &json!({})),
    );

    let named = login(&shape, &of(&user)).await.assert_status(201);
    let unnamed = login(&shape, &of(&by_id)).await.assert_status(201);
    let refused = login(&strict, &of(&user)).await;

    assert_eq!(named["token"]["user"]["name"], "whoever");
    assert_eq!(named["token"]["domain"]["name"], "umbrella");
    assert_eq!(unnamed["token"]["domain"]["name"], "emulator");
    refused.assert_answer(401, &unauthorized(WRONG));
    refused.assert_hint("there is no such user; known are []");
}

#[tokio::test]
async fn whoever_logged_in_is_known_by_name_from_then_on() {
    let app = App::new();
    let user = json!({"name": "whoever", "password": "any", "domain": {"name": "umbrella"}});
    let mut order = of(&user);
    order["auth"]["scope"] = json!({"project": {"id": PROJECT}});
    let reply = login(&app, &order).await;
    let token = reply.header("x-subject-token");
    let body = json!({"name": "release-a", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "s", "tasks": []}]});

    let pipeline = app
        .send(
            "POST",
            &pipelines(PROJECT),
            &[("x-auth-token", token)],
            body.to_string(),
        )
        .await;

    assert_eq!(pipeline.assert_status(200)["creator"], "whoever");
    get(&app, &pipelines("another"), token)
        .await
        .assert_status(403);
}

#[tokio::test]
async fn a_user_without_a_password_logs_in_with_an_empty_one_alone() {
    let app = App::load(&json!({"identities": {"users": [{"name": "kim"}]}}));
    let with =
        |password: &str| of(&json!({"name": "kim", "password": password, "domain": {"name": "x"}}));

    login(&app, &with("")).await.assert_status(201);
    login(&app, &with("any")).await.assert_status(401);
}

#[tokio::test]
async fn a_failed_login_locks_nobody_out() {
    let app = strict();
    let mut wrong = body("ann", &north());
    wrong["auth"]["identity"]["password"]["user"]["password"] = json!("wrong");
    for _ in 0..10 {
        login(&app, &wrong).await.assert_status(401);
    }

    login(&app, &body("ann", &north())).await.assert_status(201);
}

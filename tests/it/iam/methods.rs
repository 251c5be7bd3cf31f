//! Logins by token and by access key.

use serde_json::{Value, json};

use super::{DAY, ask, get, login, north, pipelines, strict, token, unauthorized, users};
use crate::common::{App, PROJECT};
use release_emulator::internals::world::settings::Auth;

const REFUSED: &str = "The request you have made requires authentication.";

/// The body of a login by a token.
fn by_token(token: &str, scope: &Value) -> Value {
    let identity = json!({"methods": ["token"], "token": {"id": token}});
    json!({"auth": {"identity": identity, "scope": scope}})
}

/// The body of a login by an access key.
fn by_key(ak: &str, sk: &str, scope: &Value) -> Value {
    let key = json!({"access": {"key": ak}, "secret": {"key": sk}});
    let identity = json!({"methods": ["hw_ak_sk"], "hw_ak_sk": key});
    json!({"auth": {"identity": identity, "scope": scope}})
}

/// An emulator with a permanent and a temporary access key of Ann.
fn with_keys() -> App {
    let mut fixtures = users();
    fixtures["identities"]["access_keys"] = json!([
        {"ak": "AKANN", "sk": "sk-of-ann", "user": "ann"},
        {"ak": "AKTEMP", "sk": "sk-temporary", "user": "ann", "security_token": "session"},
        {"ak": "AKOLD", "sk": "sk-old", "user": "ann", "expires_at": "2026-01-01T11:00:00Z"},
    ]);
    App::build(|settings| settings.auth = Auth::Strict, &fixtures)
}

#[tokio::test]
async fn a_token_logs_in_its_user_for_another_scope_and_ends_with_it() {
    let app = strict();
    let account = token(&app, "ann", json!(null)).await;
    app.advance(1_000).await;

    let reply = login(&app, &by_token(&account, &north())).await;

    let answer = reply.assert_status(201);
    let described = &answer["token"];
    assert_eq!(described["methods"], json!(["token"]));
    assert_eq!(described["user"]["name"], "ann");
    assert_eq!(described["project"]["id"], PROJECT);
    assert_eq!(described["issued_at"], "2026-01-01T12:00:01.000000Z");
    assert_eq!(described["expires_at"], "2026-01-02T12:00:00.000000Z");
    let scoped = reply.header("x-subject-token");
    get(&app, &pipelines(PROJECT), scoped)
        .await
        .assert_status(200);
    let shown = ask(&app, "GET", scoped, scoped).await.assert_status(200);
    assert_eq!(shown, answer);
}

#[tokio::test]
async fn an_unknown_expired_or_revoked_token_logs_nobody_in() {
    let app = strict();
    let (expired, revoked) = (
        token(&app, "ann", north()).await,
        token(&app, "ann", north()).await,
    );
    ask(&app, "DELETE", &expired, &revoked)
        .await
        .assert_answer(204, "");
    app.advance(DAY).await;
    let before = app.state().await;
    for (subject, hint) in [
        (&*expired, "they end on the emulator's clock"),
        (&*revoked, "they end on the emulator's clock"),
        ("of-nobody", "the token must be in the fixtures or issued"),
    ] {
        let reply = login(&app, &by_token(subject, &north())).await;
        reply.assert_answer(401, &unauthorized(REFUSED));
        reply.assert_hint(hint);
    }
    assert_eq!(app.state().await, before);
}

#[tokio::test]
async fn an_access_key_logs_in_its_user() {
    let app = with_keys();

    let reply = login(&app, &by_key("AKANN", "sk-of-ann", &north())).await;

    let answer = reply.assert_status(201);
    assert_eq!(answer["token"]["methods"], json!(["hw_ak_sk"]));
    assert_eq!(answer["token"]["user"]["name"], "ann");
    assert_eq!(answer["token"]["project"]["name"], "cn-north-4");
    assert_eq!(answer["token"]["expires_at"], "2026-01-02T12:00:00.000000Z");
}

#[tokio::test]
async fn a_wrong_expired_temporary_or_unknown_key_logs_nobody_in() {
    let app = with_keys();
    for (ak, sk, hint) in [
        (
            "AKANN",
            "sk-of-bob",
            "the secret is not that of the access key",
        ),
        (
            "AKTEMP",
            "sk-temporary",
            "a temporary access key signs requests",
        ),
        ("AKOLD", "sk-old", "they end on the emulator's clock"),
        (
            "AKNOBODY",
            "any",
            "the access key must be among identities.access_keys",
        ),
    ] {
        let reply = login(&app, &by_key(ak, sk, &north())).await;
        reply.assert_answer(401, &unauthorized(REFUSED));
        reply.assert_hint(hint);
    }
}

#[tokio::test]
async fn a_scope_is_limited_alike_for_every_method() {
    let app = with_keys();
    let foreign = json!({"project": {"name": "elsewhere"}});
    let account = token(&app, "ann", json!(null)).await;
    for order in [
        by_token(&account, &foreign),
        by_key("AKANN", "sk-of-ann", &foreign),
        by_token(&account, &json!({"domain": {"name": "umbrella"}})),
    ] {
        let reply = login(&app, &order).await;
        reply.assert_answer(401, &unauthorized(REFUSED));
    }
}

#[tokio::test]
async fn while_there_are_no_users_any_token_or_key_logs_in_unless_auth_is_strict() {
    let lenient = App::new();
    let strict = App::build(|settings| settings.auth = Auth::Strict, &json!({}));
    for order in [by_token("any", &north()), by_key("AKANY", "any", &north())] {
        let answer = login(&lenient, &order).await.assert_status(201);
        assert_eq!(answer["token"]["user"]["name"], "emulator");
        assert_eq!(answer["token"]["project"]["name"], "cn-north-4");
        login(&strict, &order)
            .await
            .assert_answer(401, &unauthorized(REFUSED));
    }
}

#[tokio::test]
async fn a_missing_part_of_a_token_or_key_is_named() {
    let app = strict();
    for (identity, path) in [
        (json!({"methods": ["token"]}), "auth.identity.token"),
        (
            json!({"methods": ["token"], "token": {}}),
            "auth.identity.token.id",
        ),
        (json!({"methods": ["hw_ak_sk"]}), "auth.identity.hw_ak_sk"),
        (
            json!({"methods": ["hw_ak_sk"], "hw_ak_sk": {"secret": {"key": "s"}}}),
            "auth.identity.hw_ak_sk.access",
        ),
        (
            json!({"methods": ["hw_ak_sk"], "hw_ak_sk": {"access": {"key": "a"}, "secret": {}}}),
            "auth.identity.hw_ak_sk.secret.key",
        ),
        (
            json!({"methods": ["assume_role"], "assume_role": {"domain_name": "acme"}}),
            "auth.identity.assume_role.agency_name",
        ),
        (
            json!({"methods": ["assume_role"], "assume_role": {"agency_name": "ops"}}),
            "auth.identity.assume_role.domain_name",
        ),
    ] {
        let reply = login(&app, &json!({"auth": {"identity": identity}})).await;
        let field = path.rsplit('.').next().unwrap();
        let text = format!("'{field}' is a required property.");
        reply.assert_answer(400, &super::error("0072", &text));
        reply.assert_hint(&format!("{path} is required"));
    }
}

#[tokio::test]
async fn a_secret_of_the_wrong_type_is_not_shown() {
    let app = strict();
    for (identity, field) in [
        (
            json!({"methods": ["token"], "token": {"id": 481_516}}),
            "id",
        ),
        (json!({"methods": ["token"], "token": "481516"}), "token"),
        (
            json!({"methods": ["hw_ak_sk"], "hw_ak_sk": {"secret": {"key": 481_516}}}),
            "key",
        ),
        (
            json!({"methods": ["password", "totp"], "totp": {"user": {"passcode": 481_516}}}),
            "passcode",
        ),
    ] {
        let reply = login(&app, &json!({"auth": {"identity": identity}})).await;
        let text = format!("Invalid input for field '{field}'. The value is '***'.");
        reply.assert_answer(400, &super::error("0073", &text));
        assert!(!format!("{reply:?}").contains("481516"), "{reply:?}");
    }
}

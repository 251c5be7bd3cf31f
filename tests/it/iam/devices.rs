//! Logins with the one-time code of a virtual MFA device.

use serde_json::{Value, json};

use super::{error, login, unauthorized};
use crate::common::App;

/// The secret of the test vectors of RFC 6238.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The code of [`SECRET`] at 2005-03-18T01:58:31Z, which is 1111111111 seconds after the epoch.
const CODE: &str = "050471";

const WRONG: &str = "The username or password is wrong.";

/// An emulator at the time of [`CODE`]. Kim has a device, Ann has none.
fn app() -> App {
    let fixtures = json!({"identities": {"users": [
        {"name": "kim", "password": "of-kim", "totp_secret": SECRET, "domain": "acme", "projects": []},
        {"name": "ann", "password": "of-ann", "domain": "acme", "projects": []},
    ]}});
    App::build(
        |settings| settings.freeze = Some(1_111_111_111_000),
        &fixtures,
    )
}

/// The body of a login by these methods. `totp` is the user of the code.
fn by(methods: &[&str], user: &str, totp: &Value) -> Value {
    let password =
        json!({"name": user, "password": format!("of-{user}"), "domain": {"name": "acme"}});
    let mut identity = json!({"methods": methods, "password": {"user": password}});
    if !totp.is_null() {
        identity["totp"] = json!({"user": totp});
    }
    json!({"auth": {"identity": identity, "scope": {"domain": {"name": "acme"}}}})
}

/// The id of Kim, as a login tells it.
const KIM: &str = "bed6732a8ec7550fd298d734f47e30eb";

#[tokio::test]
async fn a_password_with_the_code_of_the_moment_logs_in_and_the_methods_are_echoed() {
    let app = app();
    let code = json!({"id": KIM, "passcode": CODE});
    for methods in [["password", "totp"], ["totp", "password"]] {
        let answer = login(&app, &by(&methods, "kim", &code))
            .await
            .assert_status(201);
        assert_eq!(answer["token"]["methods"], json!(methods));
        assert_eq!(answer["token"]["user"]["id"], KIM);
    }
}

#[tokio::test]
async fn a_code_holds_for_its_period_and_the_neighbouring_ones_of_the_worlds_clock() {
    let app = app();
    let login_now = async || {
        let code = json!({"id": KIM, "passcode": CODE});
        login(&app, &by(&["password", "totp"], "kim", &code)).await
    };
    // The period of the code begins 1 s before the start and lasts 30 s.
    login_now().await.assert_status(201);
    app.advance(58_999).await;
    login_now().await.assert_status(201);
    app.advance(1).await;
    let late = login_now().await;
    late.assert_answer(401, &unauthorized(WRONG));
    late.assert_hint("the passcode is not that of kim at this time of the emulator's clock");
}

#[tokio::test]
async fn a_user_with_a_device_is_refused_without_the_right_code_and_one_without_with_any() {
    let app = app();
    let both = ["password", "totp"];
    for (order, hint) in [
        (
            by(&["password"], "kim", &json!(null)),
            "kim has a totp_secret: log in by the methods password and totp",
        ),
        (
            by(&both, "kim", &json!({"id": KIM, "passcode": "000000"})),
            "the passcode is not that of kim",
        ),
        (
            by(&both, "kim", &json!({"id": KIM, "passcode": "five"})),
            "the passcode is not that of kim",
        ),
        (
            by(&both, "kim", &json!({"id": "kim", "passcode": CODE})),
            "auth.identity.totp.user.id must be the id of kim, bed6732a8ec7550fd298d734f47e30eb",
        ),
        (
            by(&both, "ann", &json!({"id": KIM, "passcode": CODE})),
            "ann has no totp_secret: log in by the method password alone",
        ),
    ] {
        let reply = login(&app, &order).await;
        reply.assert_answer(401, &unauthorized(WRONG));
        reply.assert_hint(hint);
        assert!(!format!("{reply:?}").contains(SECRET), "{reply:?}");
    }
}

#[tokio::test]
async fn a_missing_part_of_a_code_is_named() {
    let app = app();
    let without = by(&["password", "totp"], "kim", &json!(null));
    for (order, path) in [
        (without, "auth.identity.totp"),
        (
            by(&["password", "totp"], "kim", &json!({"passcode": CODE})),
            "auth.identity.totp.user.id",
        ),
        (
            by(&["password", "totp"], "kim", &json!({"id": KIM})),
            "auth.identity.totp.user.passcode",
        ),
    ] {
        let reply = login(&app, &order).await;
        let field = path.rsplit('.').next().unwrap();
        let text = format!("'{field}' is a required property.");
        reply.assert_answer(400, &error("0072", &text));
        reply.assert_hint(path);
    }
}

#[tokio::test]
async fn a_secret_survives_a_move_and_one_that_is_not_base32_is_refused_unseen() {
    let app = app();
    let state = app.state().await;
    assert_eq!(state["identities"]["users"][0]["totp_secret"], SECRET);
    let another = App::new();
    let path = "/_emulator/v1/state";
    another.put(path, state.clone()).await.assert_status(204);
    assert_eq!(another.state().await, state);

    let broken = json!({"identities": {"users": [
        {"name": "kim", "totp_secret": "0189"},
        {"name": "ann", "totp_secret": ""},
        {"name": "ann"},
    ]}});
    let reply = another.put(path, broken).await.assert_status(400);
    let detail = reply["detail"].as_str().unwrap();
    let base32 = "must be base32 (the letters A to Z and the digits 2 to 7)";
    assert_eq!(
        detail,
        format!(
            "identities.users[0].totp_secret: {base32}; identities.users[1].totp_secret: {base32}; \
             identities.users[2]: duplicate of an earlier entry"
        ),
        "everything that is wrong is told at once"
    );
}

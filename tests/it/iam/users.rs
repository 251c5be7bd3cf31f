//! Lists of users.

use serde_json::json;

use super::{ACME, EMULATOR, error, forbidden, get, users};
use crate::common::{App, assert_same};

const USERS: &str = "/v3/users";

/// Fixed tokens for everybody; Bob may list users.
fn app() -> App {
    let mut fixtures = users();
    let tokens = ["ann", "bob", "eve", "sam", "zoe"]
        .map(|user| json!({"token": format!("t-{user}"), "user": user}));
    fixtures["identities"]["tokens"] = json!(tokens);
    fixtures["identities"]["users"][1]["actions"] = json!(["iam:users:listUsers"]);
    App::load(&fixtures)
}

/// The names of the users that a caller is shown.
async fn shown(app: &App, token: &str, query: &str) -> Vec<String> {
    let list = get(app, &format!("{USERS}{query}"), token)
        .await
        .assert_status(200);
    let users = list["users"].as_array().expect("users").iter();
    let names = users.map(|user| user["name"].as_str().expect("a name").to_owned());
    names.collect()
}

#[tokio::test]
async fn a_name_finds_its_user_in_the_documented_shape() {
    let app = app();
    let headers = [("x-auth-token", "t-ann"), ("host", "emulator.test:4600")];

    let list = app
        .send("GET", "/v3/users?name=ann", &headers, "")
        .await
        .assert_status(200);

    let id = "a0f3b5cd8cc4469122686f9478835635";
    let links = |path: &str| json!({"self": format!("http://emulator.test:4600{path}"), "previous": null, "next": null});
    assert_same(
        &list,
        &json!({
            "links": links("/v3/users?name=ann"),
            "users": [{
                "description": "",
                "domain_id": ACME,
                "enabled": true,
                "id": id,
                "links": links(&format!("/v3/users/{id}")),
                "name": "ann",
                "password_expires_at": null,
                "pwd_status": false
            }]
        }),
    );
}

#[tokio::test]
async fn a_caller_sees_the_users_of_their_account_and_an_unknown_one_all() {
    let app = app();
    assert_eq!(shown(&app, "t-ann", "").await, ["ann", "bob", "eve"]);
    assert_eq!(shown(&app, "t-zoe", "").await, ["sam", "zoe"]);
    assert_eq!(shown(&app, "whoever", "").await.len(), 5);
    assert_eq!(shown(&app, "t-zoe", "?name=ann").await, [""; 0]);
}

#[tokio::test]
async fn filters_leave_the_users_that_match_all_of_them() {
    let app = app();
    let all = &["ann", "bob", "eve"][..];
    for (query, expected) in [
        ("?name=bob".to_owned(), &all[1..2]),
        ("?name=".to_owned(), all),
        ("?name=Bob".to_owned(), &[]),
        ("?enabled=true".to_owned(), all),
        ("?enabled=false".to_owned(), &[]),
        (format!("?domain_id={ACME}"), all),
        (format!("?domain_id={EMULATOR}"), &[]),
        (
            "?password_expires_at=lt:2030-01-01T00:00:00Z".to_owned(),
            &[],
        ),
        (
            "?password_expires_at=neq:2030-01-01T00:00:00Z".to_owned(),
            all,
        ),
    ] {
        assert_eq!(shown(&app, "t-ann", &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn invalid_filters_are_refused() {
    let app = app();
    for (query, name, hint) in [
        ("?enabled=yes", "enabled", "enabled must be true or false"),
        (
            "?password_expires_at=2030-01-01T00:00:00Z",
            "password_expires_at",
            "lt, lte, gt, gte, eq or neq, a colon and a timestamp",
        ),
        (
            "?password_expires_at=lt:noon",
            "password_expires_at",
            "a colon and a timestamp",
        ),
    ] {
        let reply = get(&app, &format!("{USERS}{query}"), "t-ann").await;
        let text = format!("Request parameter {name} is invalid.");
        reply.assert_answer(400, &error("0007", &text));
        reply.assert_hint(hint);
    }
}

#[tokio::test]
async fn a_list_of_users_takes_its_permission_by_its_new_or_its_old_name() {
    let app = app();
    for (user, status) in [("bob", 200), ("sam", 200), ("eve", 403)] {
        let reply = get(&app, USERS, &format!("t-{user}")).await;
        assert_eq!(reply.status, status, "{user}");
        if status == 403 {
            reply.assert_answer(403, &forbidden());
            reply.assert_hint("iam:users:listUsers or Security Administrator");
        }
    }
}

//! The users of Zadig.

use serde_json::json;

use super::*;

/// The name that a version shows which the owner of a token has created.
async fn creator(app: &App, token: &str) -> String {
    let bearer = format!("Bearer {token}");
    let body = k8s(token).to_string();
    let path = format!("{RELEASES}/k8s");
    app.send("POST", &path, &[("authorization", &bearer)], body)
        .await
        .assert_status(200);
    let list = app.list().await;
    let versions = list["list"].as_array().unwrap();
    let created = versions.iter().find(|known| known["version_name"] == token);
    created.unwrap()["created_by"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_that_no_fixture_has_belongs_to_the_name_in_its_claims() {
    let app = App::load(&json!({"identities": {"zadig_users": [
        {"token": "of-ann", "name": "ann", "uid": "u1", "account": "ann@example", "admin": true}]}}));
    // {"name":"Ann Ü","uid":"u1","exp":4870000000}, {"uid":"u1"} and {"name":7}.
    let claims = "eyJuYW1lIjoiQW5uIMOcIiwidWlkIjoidTEiLCJleHAiOjQ4NzAwMDAwMDB9";
    for (token, name) in [
        (format!("eyJhbGciOiJIUzI1NiJ9.{claims}.c2ln"), "Ann Ü"),
        ("e30.eyJ1aWQiOiJ1MSJ9.c2ln".to_owned(), "emulator"),
        ("e30.eyJuYW1lIjo3fQ.c2ln".to_owned(), "emulator"),
        (format!("e30.{claims}"), "emulator"),
        ("any".to_owned(), "emulator"),
        ("of-ann".to_owned(), "ann"),
    ] {
        assert_eq!(creator(&app, &token).await, name, "{token}");
    }
}

#[tokio::test]
async fn ids_and_accounts_of_users_are_unique_and_roles_known() {
    let app = App::new();
    for (users, place, why) in [
        (
            json!([{"token": "a", "name": "ann"}, {"token": "b", "name": "ben", "uid": "ann"}]),
            "zadig_users[1].uid",
            "another user has the same",
        ),
        (
            json!([{"token": "a", "name": "ann", "account": "x"}, {"token": "b", "name": "ben", "account": "x"}]),
            "zadig_users[0].account",
            "another user has the same",
        ),
        (
            json!([{"token": "a", "name": "ann", "roles": ["run_workflow"]}]),
            "zadig_users[0].roles",
            "create_release_plan",
        ),
        (
            json!([{"token": "a", "name": "ann", "projects": {"shop": ["create_release_plan"]}}]),
            "zadig_users[0].projects.shop",
            "get_production_environment",
        ),
    ] {
        let state = json!({"identities": {"zadig_users": users}});
        let refusal = app.put("/_emulator/v1/state", state).await;
        let text = refusal.assert_status(400).to_string();
        assert!(text.contains(place) && text.contains(why), "{text}");
    }
    let state = json!({"identities": {"zadig_users": [
        {"token": "a", "name": "ann"}, {"token": "b", "name": "ann"},
        {"token": "c", "name": "cid", "uid": "u3", "account": "x", "identity_type": "ldap", "admin": false,
            "roles": ["release_get"], "projects": {"shop": ["get_environment", "run_workflow"]}},
        {"token": "d", "name": "dan", "account": "x", "admin": false, "projects": {}}]}});
    app.put("/_emulator/v1/state", state.clone())
        .await
        .assert_status(204);
    let exported = &app.state().await["identities"]["zadig_users"];
    assert_eq!(exported[2], state["identities"]["zadig_users"][2]);
    assert_eq!(exported[3], state["identities"]["zadig_users"][3]);
}

#[tokio::test]
async fn a_role_for_the_whole_installation_needs_no_project() {
    let app = App::load(&json!({
        "identities": {"zadig_users": [{"token": "of-rene", "name": "rene", "roles": ["release_get"]}]},
        "zadig": {"projects": [{"key": "demo", "versions": [{"id": "66287b110b8b8a631910f5ae"}]}]}}));
    let path = format!("{RELEASES}/66287b110b8b8a631910f5ae");
    let headers = [("authorization", "Bearer of-rene")];
    app.send("GET", &path, &headers, "")
        .await
        .assert_status(200);
    app.send("DELETE", &format!("{path}?projectKey=demo"), &headers, "")
        .await
        .assert_reply(403, "");
}

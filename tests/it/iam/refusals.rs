//! Requests that IAM cannot read, and what the gateway in front of it refuses.

use axum::response::IntoResponse;
use http_body_util::BodyExt;
use release_emulator::internals::families::iam::Error;
use release_emulator::internals::http::Rejection;
use serde_json::{Value, json};

use super::{NOTHING, TOKENS, body, error, gateway, incorrect, invalid_body, login, north, strict};
use crate::common::{App, CREDENTIALS};

/// A login that is whole, with a change at a place in it; null takes the field away.
fn but(pointer: &str, value: Value) -> Value {
    let mut order = body("ann", &north());
    if value.is_null() {
        let (outer, field) = pointer.rsplit_once('/').expect("a pointer");
        let outer = order.pointer_mut(outer).expect(pointer);
        outer.as_object_mut().expect(pointer).remove(field);
    } else {
        *order.pointer_mut(pointer).expect(pointer) = value;
    }
    order
}

#[tokio::test]
async fn a_field_that_is_missing_is_named_and_its_place_hinted() {
    let app = strict();
    let null = || json!(null);
    for (order, field, place) in [
        (
            but("/auth/identity/password", null()),
            "password",
            "auth.identity.password",
        ),
        (
            but("/auth/identity/password/user", null()),
            "user",
            "auth.identity.password.user",
        ),
        (
            but("/auth/identity/password/user/password", null()),
            "password",
            "auth.identity.password.user.password",
        ),
        (
            but("/auth/identity/password/user/name", null()),
            "name",
            "auth.identity.password.user.name",
        ),
        (
            but("/auth/identity/password/user/domain", null()),
            "domain",
            "auth.identity.password.user.domain",
        ),
        (
            but("/auth/identity/password/user/domain/name", null()),
            "name",
            "auth.identity.password.user.domain.name",
        ),
        (
            but("/auth/scope/project", json!({})),
            "name",
            "auth.scope.project.name",
        ),
        (
            but("/auth/scope", json!({"domain": {}})),
            "name",
            "auth.scope.domain.name",
        ),
    ] {
        let reply = login(&app, &order).await;

        let text = format!("'{field}' is a required property.");
        reply.assert_answer(400, &error("0072", &text));
        reply.assert_hint(&format!("{place} is required"));
    }
}

#[tokio::test]
async fn a_field_that_is_null_is_missing() {
    let app = strict();
    for (pointer, field) in [
        ("/auth/identity/password/user/password", "password"),
        ("/auth/identity/password/user/domain", "domain"),
    ] {
        let mut order = body("ann", &north());
        *order.pointer_mut(pointer).unwrap() = json!(null);
        let text = format!("'{field}' is a required property.");
        login(&app, &order)
            .await
            .assert_answer(400, &error("0072", &text));
    }
    let mut order = body("ann", &north());
    order["auth"]["scope"] = json!(null);
    let unscoped = login(&app, &order).await.assert_status(201);
    assert_eq!(unscoped["token"]["domain"]["name"], "acme");
}

#[tokio::test]
async fn a_wrong_type_is_named_with_its_value_unless_it_may_hold_a_password() {
    let app = strict();
    for (pointer, value, field, shown) in [
        ("/auth", json!("text"), "auth", "text"),
        ("/auth", json!(["text"]), "auth", "***"),
        ("/auth/identity", json!(7), "identity", "7"),
        (
            "/auth/identity/methods",
            json!("password"),
            "methods",
            "password",
        ),
        ("/auth/identity/methods", json!({}), "methods", "***"),
        ("/auth/identity/methods", json!([7]), "methods[0]", "7"),
        (
            "/auth/identity/password",
            json!("of-ann"),
            "password",
            "***",
        ),
        ("/auth/identity/password/user", json!("ann"), "user", "***"),
        (
            "/auth/identity/password/user",
            json!(["ann"]),
            "user",
            "***",
        ),
        (
            "/auth/identity/password/user/name",
            json!(true),
            "name",
            "***",
        ),
        (
            "/auth/identity/password/user/password",
            json!(123_456),
            "password",
            "***",
        ),
        (
            "/auth/identity/password/user/password",
            json!({"value": "of-ann"}),
            "password",
            "***",
        ),
        (
            "/auth/identity/password/user/domain",
            json!("acme"),
            "domain",
            "***",
        ),
        (
            "/auth/identity/password/user/domain/name",
            json!(7),
            "name",
            "***",
        ),
        ("/auth/scope", json!("cn-north-4"), "scope", "cn-north-4"),
        (
            "/auth/scope/project",
            json!("cn-north-4"),
            "project",
            "cn-north-4",
        ),
        ("/auth/scope/project/name", json!(4.50), "name", "4.5"),
        ("/auth/scope/project/name", json!({"a": 1}), "name", "***"),
    ] {
        let reply = login(&app, &but(pointer, value.clone())).await;

        let text = format!("Invalid input for field '{field}'. The value is '{shown}'.");
        reply.assert_answer(400, &error("0073", &text));
        reply.assert_hint(": must be ");
        assert!(!format!("{reply:?}").contains("of-ann"), "{reply:?}");
        assert!(!format!("{reply:?}").contains("123456"), "{reply:?}");
    }
}

#[tokio::test]
async fn a_login_without_an_identity_or_a_method_is_an_invalid_body() {
    let app = strict();
    let null = || json!(null);
    for (order, hint) in [
        (but("/auth", null()), "auth is required"),
        (but("/auth/identity", null()), "auth.identity is required"),
        (
            but("/auth/identity/methods", null()),
            "auth.identity.methods is required",
        ),
        (
            but("/auth/identity/methods", json!([])),
            "auth.identity.methods must not be empty",
        ),
        (json!({}), "auth is required"),
        (json!({"auth": null}), "auth is required"),
    ] {
        let reply = login(&app, &order).await;
        reply.assert_answer(400, &invalid_body());
        reply.assert_hint(hint);
    }
}

#[tokio::test]
async fn unknown_methods_and_combinations_are_refused() {
    let app = strict();
    for (methods, shown) in [
        (json!(["saml2"]), r#"[\"saml2\"]"#),
        (json!(["totp"]), r#"[\"totp\"]"#),
        (json!(["password", "token"]), r#"[\"password\", \"token\"]"#),
        (json!(["Password"]), r#"[\"Password\"]"#),
    ] {
        let reply = login(&app, &but("/auth/identity/methods", methods)).await;

        let text = format!("Invalid input for field 'methods'. The value is '{shown}'.");
        reply.assert_answer(400, &error("0073", &text));
        reply.assert_hint(r#"must be ["password"], ["password", "totp"], ["token"], ["hw_ak_sk"]"#);
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_invalid() {
    let app = strict();
    let before = app.state().await;
    for body in [
        "",
        " ",
        "{",
        "text",
        "[]",
        "null",
        "7",
        r#""text""#,
        r#"[{"auth":{}}]"#,
        r#"{"auth":{}} {"#,
        "\u{feff}{}",
    ] {
        let reply = app.send("POST", TOKENS, NOTHING, body).await;
        reply.assert_answer(400, &invalid_body());
        assert!(!reply.header("x-emulator-hint").is_empty(), "{body:?}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let reply = app.send("POST", TOKENS, NOTHING, deep).await;
    reply.assert_answer(400, &invalid_body());
    let no_text = app
        .send("POST", TOKENS, NOTHING, b"{\"\xff\":1}".to_vec())
        .await;
    no_text.assert_answer(400, &invalid_body());
    assert_eq!(app.state().await, before);
}

#[tokio::test]
async fn a_body_over_12_mib_is_refused_before_it_is_read_for_meaning() {
    let app = strict();
    let mut order = body("ann", &north()).to_string();
    order.push_str(&" ".repeat((12 << 20) - order.len()));

    let most = app.send("POST", TOKENS, NOTHING, order.clone()).await;
    let over = app.send("POST", TOKENS, NOTHING, order + " ").await;

    most.assert_status(201);
    over.assert_answer(413, &error("0011", "Request body is invalid."));
}

#[tokio::test]
async fn unknown_fields_are_accepted_and_named() {
    let app = strict();
    let mut order = body("ann", &north());
    order["extra"] = json!(1);
    order["auth"]["identity"]["password"]["user"]["nmae"] = json!("x");
    order["auth"]["scope"]["project"]["colour"] = json!({"name": "acme"});

    let reply = login(&app, &order).await;

    reply.assert_status(201);
    for path in [
        "auth.identity.password.user.nmae",
        "auth.scope.project.colour",
        "extra",
    ] {
        reply.assert_hint(&format!("unknown field {path} was ignored"));
    }
}

#[tokio::test]
async fn a_content_type_does_not_matter() {
    let app = strict();
    for kind in ["application/json;charset=utf8", "text/plain", ""] {
        let headers = [("content-type", kind)];
        let order = body("ann", &north()).to_string();
        app.send("POST", TOKENS, &headers, order)
            .await
            .assert_status(201);
    }
}

#[tokio::test]
async fn wrong_methods_and_unknown_paths_are_refused_by_the_gateway() {
    let app = strict();
    let text = "The API does not exist or has not been published in the environment";
    for (method, path) in [
        ("PUT", TOKENS),
        ("PATCH", TOKENS),
        ("POST", "/v3/projects"),
        ("DELETE", "/v3/projects"),
        ("POST", "/v3/auth/domains"),
        ("POST", "/"),
        ("POST", "/v3"),
        ("PUT", "/v3/"),
        ("GET", "/v3.0/OS-CREDENTIAL/securitytokens"),
    ] {
        for headers in [NOTHING, CREDENTIALS] {
            let reply = app.send(method, path, headers, "").await;
            let text = format!("{text}: method not allowed");
            reply.assert_answer(405, &gateway(&reply, "0101", &text));
        }
    }
    for path in [
        "/v3/auth",
        "/v3/auth/tokens/",
        "/v3/auth//tokens",
        "/v3/auth/users",
        "/v3/projects/p1/quotas",
        "/v3/projects/",
        "/v3.0/OS-CREDENTIAL/credentials",
    ] {
        let reply = app.send("GET", path, CREDENTIALS, "").await;
        reply.assert_answer(404, &gateway(&reply, "0101", text));
    }
}

#[tokio::test]
async fn all_but_versions_and_logins_want_a_credential() {
    let app = App::new();
    for (method, path) in [
        ("GET", TOKENS),
        ("HEAD", TOKENS),
        ("DELETE", TOKENS),
        ("GET", "/v3/projects"),
        ("GET", "/v3/projects?page=0"),
        ("GET", "/v3/projects/p1"),
        ("GET", "/v3/auth/projects"),
        ("GET", "/v3/auth/domains"),
        ("GET", "/v3/auth/catalog"),
        ("GET", "/v3/services"),
        ("GET", "/v3/endpoints"),
        ("GET", "/v3/regions"),
        ("GET", "/v3/users"),
        ("POST", "/v5/agencies/assume"),
        ("GET", "/v5/caller-identity"),
    ] {
        let reply = app.send(method, path, NOTHING, "").await;
        if method == "HEAD" {
            reply.assert_answer(401, "");
        } else {
            reply.assert_answer(401, &incorrect(&reply, "x-auth-token not found"));
        }
        reply.assert_hint("X-Auth-Token");
    }
}

#[tokio::test]
async fn a_fault_of_the_emulators_own_is_said_in_the_words_of_iam() {
    let response = Error::from(Rejection::Internal).into_response();

    assert_eq!(response.status(), 500);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let text = "An unexpected error prevented the server from fulfilling your request.";
    assert_eq!(body, error("0006", text));
}

//! Answers to a login.

use serde_json::json;

use super::{ACME, NOTHING, TOKENS, body, login, north, strict, token, users};
use crate::common::{App, PROJECT, assert_same};

/// Base URL of the emulator in these tests.
const HOST: &[(&str, &str)] = &[("host", "emulator.test:4600")];

#[tokio::test]
async fn a_login_for_a_project_answers_the_documented_body() {
    let app = strict();

    let reply = app
        .send("POST", TOKENS, HOST, body("ann", &north()).to_string())
        .await;

    let expected = json!({"token": {
        "methods": ["password"],
        "expires_at": "2026-01-02T12:00:00.000000Z",
        "issued_at": "2026-01-01T12:00:00.000000Z",
        "user": {
            "domain": {"id": ACME, "name": "acme"},
            "id": "a0f3b5cd8cc4469122686f9478835635",
            "name": "ann",
            "password_expires_at": ""
        },
        "project": {
            "domain": {"id": ACME, "name": "acme"},
            "id": PROJECT,
            "name": "cn-north-4"
        },
        "catalog": [
            {
                "endpoints": [{
                    "id": "dd55f13b2ffd9bd0d5bafcf302f3fd1a",
                    "interface": "public",
                    "region": "*",
                    "region_id": "*",
                    "url": "http://emulator.test:4600/v3"
                }],
                "id": "82ef6d0d360ab42cdcd94a0ae8a1030a",
                "name": "iam",
                "type": "identity"
            },
            {
                "endpoints": [{
                    "id": "0bb9a0c28f723ebc697e0ebf801d9251",
                    "interface": "public",
                    "region": "cn-north-4",
                    "region_id": "cn-north-4",
                    "url": format!("http://emulator.test:4600/v1/{PROJECT}")
                }],
                "id": "5f13857cb2af30d58190644f2927daf8",
                "name": "asm",
                "type": "asm"
            },
            {
                "endpoints": [{
                    "id": "5284befbe06ec65f7a03aabfb53e89db",
                    "interface": "public",
                    "region": "cn-north-4",
                    "region_id": "cn-north-4",
                    "url": format!("http://emulator.test:4600/v3/{PROJECT}")
                }],
                "id": "b981116e58647230237a69b1d830a984",
                "name": "servicestage",
                "type": "servicestage"
            }
        ],
        "roles": [{"id": "0", "name": "te_admin"}]
    }});
    assert_same(&reply.assert_status(201), &expected);
    assert_eq!(reply.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_login_for_an_account_answers_the_account_and_no_service_of_projects() {
    let app = strict();
    let scope = json!({"domain": {"name": "acme"}});

    let reply = app
        .send("POST", TOKENS, HOST, body("ann", &scope).to_string())
        .await;

    let expected = json!({"token": {
        "methods": ["password"],
        "expires_at": "2026-01-02T12:00:00.000000Z",
        "issued_at": "2026-01-01T12:00:00.000000Z",
        "user": {
            "domain": {"id": ACME, "name": "acme"},
            "id": "a0f3b5cd8cc4469122686f9478835635",
            "name": "ann",
            "password_expires_at": ""
        },
        "domain": {"id": ACME, "name": "acme"},
        "catalog": [{
            "endpoints": [{
                "id": "dd55f13b2ffd9bd0d5bafcf302f3fd1a",
                "interface": "public",
                "region": "*",
                "region_id": "*",
                "url": "http://emulator.test:4600/v3"
            }],
            "id": "82ef6d0d360ab42cdcd94a0ae8a1030a",
            "name": "iam",
            "type": "identity"
        }],
        "roles": [{"id": "0", "name": "te_admin"}]
    }});
    assert_same(&reply.assert_status(201), &expected);
}

#[tokio::test]
async fn a_project_goes_before_an_account_and_without_a_scope_it_is_for_the_users_account() {
    let app = strict();
    let project =
        json!({"domain": {"id": ACME, "name": "acme"}, "id": PROJECT, "name": "cn-north-4"});
    let account = json!({"id": ACME, "name": "acme"});
    for (scope, key, expected) in [
        (
            json!({"project": {"name": "cn-north-4"}}),
            "project",
            &project,
        ),
        (json!({"project": {"id": PROJECT}}), "project", &project),
        (
            json!({"project": {"id": PROJECT, "name": "cn-east-3"}}),
            "project",
            &project,
        ),
        (
            json!({"domain": {"name": "another"}, "project": {"id": PROJECT}}),
            "project",
            &project,
        ),
        (json!({"domain": {"name": "acme"}}), "domain", &account),
        (json!({"domain": {"id": ACME}}), "domain", &account),
        (json!({}), "domain", &account),
        (json!(null), "domain", &account),
    ] {
        let answer = login(&app, &body("ann", &scope)).await.assert_status(201);

        let other = if key == "project" {
            "domain"
        } else {
            "project"
        };
        assert_eq!(answer["token"][key], *expected, "{scope}");
        assert!(answer["token"].get(other).is_none(), "{scope}");
    }
}

#[tokio::test]
async fn nocatalog_empties_the_catalog_and_changes_nothing_else() {
    let app = strict();
    let order = body("ann", &north()).to_string();
    let mut expected = app
        .send("POST", TOKENS, NOTHING, order.clone())
        .await
        .assert_status(201);
    expected["token"]["catalog"] = json!([]);

    let without = app
        .send(
            "POST",
            &format!("{TOKENS}?nocatalog=true"),
            NOTHING,
            order.clone(),
        )
        .await;
    let empty = app
        .send("POST", &format!("{TOKENS}?nocatalog="), NOTHING, order)
        .await;

    assert_same(&without.assert_status(201), &expected);
    assert_ne!(empty.assert_status(201)["token"]["catalog"], json!([]));
    let headers = [
        ("x-auth-token", without.header("x-subject-token")),
        ("x-subject-token", without.header("x-subject-token")),
    ];
    let shown = app
        .send("GET", &format!("{TOKENS}?nocatalog=1"), &headers, "")
        .await;
    assert_same(&shown.assert_status(200), &expected);
}

#[tokio::test]
async fn roles_are_the_actions_that_the_fixtures_allow() {
    let app = strict();
    for (user, roles) in [
        ("ann", json!([{"id": "0", "name": "te_admin"}])),
        (
            "bob",
            json!([{"id": "0", "name": "servicestage:*:list"}, {"id": "0", "name": "iam:projects:listProjects"}]),
        ),
        ("eve", json!([])),
        (
            "sam",
            json!([{"id": "0", "name": "Security Administrator"}]),
        ),
    ] {
        let answer = login(&app, &body(user, &json!(null)))
            .await
            .assert_status(201);
        assert_eq!(answer["token"]["roles"], roles, "{user}");
    }
}

#[tokio::test]
async fn tokens_are_long_and_each_login_gets_its_own_the_same_in_equal_worlds() {
    let (one, two) = (strict(), strict());
    let mut issued = std::collections::HashSet::new();
    for user in ["ann", "ann", "bob", "ann", "zoe"] {
        let of_one = token(&one, user, json!(null)).await;
        let of_two = token(&two, user, json!(null)).await;

        assert_eq!(of_one, of_two);
        assert!(of_one.len() >= 32, "{of_one}");
        assert!(of_one.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(issued.insert(of_one));
    }
}

#[tokio::test]
async fn the_sequence_of_tokens_passes_over_one_that_a_fixture_has() {
    let first = token(&strict(), "ann", json!(null)).await;
    let mut fixtures = users();
    fixtures["identities"]["tokens"] = json!([{"token": first, "user": "bob"}]);
    let app = App::load(&fixtures);

    let issued = token(&app, "ann", json!(null)).await;

    assert_ne!(issued, first);
    let second = {
        let app = strict();
        token(&app, "ann", json!(null)).await;
        token(&app, "ann", json!(null)).await
    };
    assert_eq!(issued, second);
}

#[tokio::test]
async fn a_login_says_what_it_is_known_by_and_needs_no_credential_even_a_broken_one() {
    let app = strict();
    let headers = [
        ("x-auth-token", "of-nobody"),
        ("authorization", "SDK-HMAC-SHA256 Access=AK"),
    ];

    let reply = app
        .send("POST", TOKENS, &headers, body("ann", &north()).to_string())
        .await;

    reply.assert_status(201);
    assert_eq!(
        reply.header("x-emulator-evidence"),
        "inferred; fields=token.catalog.name,token.catalog.type; values=asm,servicestage"
    );
    assert_eq!(reply.header("x-emulator-hint"), "");
}

#[tokio::test]
async fn ids_of_users_and_accounts_come_out_of_their_names() {
    let app = App::new();
    let user = json!({"name": "whoever", "password": "any", "domain": {"name": "umbrella"}});
    let order =
        json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});

    let answer = login(&app, &order).await.assert_status(201);

    assert_same(
        &answer["token"]["user"],
        &json!({
            "domain": {"id": "085053d7f78364d2e425d6378e5abceb", "name": "umbrella"},
            "id": "612ac0a06140baf77cd011b95293db41",
            "name": "whoever",
            "password_expires_at": ""
        }),
    );
}

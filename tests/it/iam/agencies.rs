//! Agencies: logins by which a user acts in the place of another account.

use release_emulator::internals::world::settings::Auth;
use serde_json::{Value, json};

use super::{
    ACME, EAST, TOKENS, ask, forbidden, get, keystone, login, north, pipelines,
    strict_with_agencies, unauthorized, with_agencies,
};
use crate::common::{App, PROJECT, Reply, assert_same};

const STATE: &str = "/_emulator/v1/state";

/// The body of a login that assumes an agency.
fn body(agency: &Value, scope: &Value) -> Value {
    let identity = json!({"methods": ["assume_role"], "assume_role": agency});
    json!({"auth": {"identity": identity, "scope": scope}})
}

fn ops() -> Value {
    json!({"agency_name": "ops", "domain_name": "acme"})
}

/// Assumes an agency with a token.
async fn assume(app: &App, by: &str, agency: &Value, scope: &Value) -> Reply {
    let headers = [("x-auth-token", by), ("host", "emulator.test:4600")];
    let order = body(agency, scope).to_string();
    app.send("POST", TOKENS, &headers, order).await
}

#[tokio::test]
async fn a_login_by_an_agency_answers_the_documented_body() {
    let app = strict_with_agencies();

    let reply = assume(&app, "of-pat", &ops(), &json!({"domain": {"name": "acme"}})).await;

    let expected = json!({"token": {
        "methods": ["assume_role"],
        "expires_at": "2026-01-02T12:00:00.000000Z",
        "issued_at": "2026-01-01T12:00:00.000000Z",
        "assumed_by": {
            "user": {
                "domain": {"id": "78d37108b3c8d80de03217e5410917a0", "name": "partner"},
                "id": "ce8ac4d2fdb1d84af6da6bf61ee2d822",
                "name": "pat",
                "password_expires_at": ""
            }
        },
        "user": {
            "domain": {"id": ACME, "name": "acme"},
            "id": "de7d1a011ca11814d4f577058a93c87f",
            "name": "acme/ops"
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
        "roles": [
            {"id": "0", "name": "servicestage:*:list"},
            {"id": "0", "name": "iam:projects:listProjects"}
        ]
    }});
    assert_same(&reply.assert_status(201), &expected);
    assert_eq!(reply.header("x-emulator-hint"), "");
    let token = reply.header("x-subject-token");
    let shown = ask(&app, "GET", token, token).await;
    assert_eq!(
        shown.json()["token"]["assumed_by"],
        expected["token"]["assumed_by"]
    );
}

#[tokio::test]
async fn an_agency_is_named_in_old_and_new_words_and_its_account_by_name_or_id() {
    let app = strict_with_agencies();
    for agency in [
        ops(),
        json!({"agency_name": "ops", "domain_id": ACME}),
        json!({"xrole_name": "ops", "domain_name": "acme"}),
        json!({"agency_name": "ops", "domain_id": ACME, "domain_name": "another"}),
    ] {
        let answer = assume(&app, "of-pat", &agency, &north())
            .await
            .assert_status(201);
        assert_eq!(answer["token"]["user"]["name"], "acme/ops", "{agency}");
        assert_eq!(answer["token"]["project"]["id"], PROJECT, "{agency}");
    }
}

#[tokio::test]
async fn a_token_of_an_agency_has_its_permissions_and_not_those_of_its_user() {
    let app = strict_with_agencies();
    let reply = assume(&app, "of-pat", &ops(), &north()).await;
    let of_ops = reply.header("x-subject-token");
    let everywhere = json!({"agency_name": "all", "domain_name": "acme"});
    let east = json!({"project": {"id": EAST}});
    let reply = assume(&app, "of-pat", &everywhere, &east).await;
    let of_all = reply.header("x-subject-token");

    get(&app, &pipelines(PROJECT), of_ops)
        .await
        .assert_status(200);
    get(&app, &pipelines(EAST), of_ops).await.assert_status(403);
    get(&app, "/v3/projects", of_ops).await.assert_status(200);
    let create = json!({"name": "release-a", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "s", "tasks": []}]});
    let create = async |project: &str, token: &str| {
        let headers = [("x-auth-token", token)];
        app.send("POST", &pipelines(project), &headers, create.to_string())
            .await
    };
    create(PROJECT, of_ops).await.assert_status(403);
    let created = create(EAST, of_all).await.assert_status(200);
    assert_eq!(created["creator"], "acme/all");
    get(&app, &pipelines(PROJECT), of_all)
        .await
        .assert_status(403);
}

#[tokio::test]
async fn a_user_without_the_permission_or_the_trust_of_the_agency_has_no_right_to_it() {
    let app = strict_with_agencies();
    let before = app.state().await;

    let not_permitted = assume(&app, "of-pia", &ops(), &north()).await;
    let not_trusted = assume(&app, "of-zoe", &ops(), &north()).await;

    not_permitted.assert_answer(403, &forbidden());
    not_permitted.assert_hint("pia needs the permission Agent Operator or iam:tokens:assume");
    not_trusted.assert_answer(403, &forbidden());
    not_trusted.assert_hint("acme/ops trusts the account partner; that of zoe is emulator");
    assert_eq!(app.state().await, before);
}

#[tokio::test]
async fn an_unknown_agency_is_not_found() {
    let app = strict_with_agencies();
    for agency in [
        json!({"agency_name": "dev", "domain_name": "acme"}),
        json!({"agency_name": "dev", "domain_id": ACME}),
    ] {
        let reply = assume(&app, "of-pat", &agency, &north()).await;
        let text = "Could not find agency: dev.";
        reply.assert_answer(404, &keystone(404, text, "Not Found"));
        reply.assert_hint("there is no such agency; known are [acme/ops, acme/all]");
    }
    let elsewhere = json!({"agency_name": "ops", "domain_name": "umbrella"});
    assume(&app, "of-pat", &elsewhere, &north())
        .await
        .assert_status(404);
}

#[tokio::test]
async fn assuming_an_agency_wants_a_valid_credential() {
    let app = strict_with_agencies();
    let invalid = unauthorized("The X-Auth-Token is invalid!");

    let none = login(&app, &body(&ops(), &north())).await;
    let unknown = assume(&app, "of-nobody", &ops(), &north()).await;

    none.assert_answer(401, &invalid);
    none.assert_hint("X-Auth-Token");
    unknown.assert_answer(401, &invalid);
}

#[tokio::test]
async fn a_scope_is_that_of_the_agency() {
    let app = strict_with_agencies();
    for (scope, hint) in [
        (
            json!({"project": {"id": EAST}}),
            "acme/ops may enter [cn-north-4",
        ),
        (
            json!({"domain": {"name": "partner"}}),
            "the account of acme/ops is acme",
        ),
    ] {
        let reply = assume(&app, "of-pat", &ops(), &scope).await;
        reply.assert_answer(
            401,
            &unauthorized("The request you have made requires authentication."),
        );
        reply.assert_hint(hint);
    }
}

#[tokio::test]
async fn while_there_are_no_agencies_any_may_be_assumed_unless_auth_is_strict() {
    let order = json!({"agency_name": "any", "domain_name": "umbrella"});
    let answer = assume(&App::new(), "any", &order, &north())
        .await
        .assert_status(201);
    assert_eq!(answer["token"]["user"]["name"], "umbrella/any");
    assert_eq!(answer["token"]["assumed_by"]["user"]["name"], "emulator");

    let mut fixtures = with_agencies();
    fixtures["identities"]["agencies"] = json!([]);
    let strict = App::build(|settings| settings.auth = Auth::Strict, &fixtures);
    assume(&strict, "of-pat", &order, &north())
        .await
        .assert_status(404);
}

#[tokio::test]
async fn agencies_and_their_tokens_survive_a_move() {
    let app = strict_with_agencies();
    let reply = assume(&app, "of-pat", &ops(), &north()).await;
    let token = reply.header("x-subject-token");
    let state = app.state().await;
    let another = App::build(|settings| settings.auth = Auth::Strict, &json!({}));

    another.put(STATE, state.clone()).await.assert_status(204);

    assert_same(&another.state().await, &state);
    let given = &with_agencies()["identities"]["agencies"];
    assert_same(&state["identities"]["agencies"], given);
    let issued = &state["identities"]["tokens"][3];
    assert_same(
        issued,
        &json!({
            "token": token,
            "user": "acme/ops",
            "expires_at": "2026-01-02T12:00:00.000000Z",
            "emulator": {"issued": {
                "at": "2026-01-01T12:00:00.000000Z",
                "domain": "acme",
                "project": {"id": PROJECT, "name": "cn-north-4"},
                "methods": ["assume_role"],
                "assumed_by": {"user": "pat", "domain": "partner"}
            }}
        }),
    );
    let shown = ask(&another, "GET", token, token).await.assert_status(200);
    assert_eq!(shown["token"]["user"], reply.json()["token"]["user"]);
    get(&another, &pipelines(PROJECT), token)
        .await
        .assert_status(200);
    get(&another, &pipelines(EAST), token)
        .await
        .assert_status(403);
}

#[tokio::test]
async fn a_patch_replaces_the_agency_of_the_same_account_and_name_and_adds_others() {
    let app = strict_with_agencies();
    let changed =
        json!({"name": "ops", "domain": "acme", "trusted_domain": "elsewhere", "projects": []});
    let added =
        json!({"name": "ops", "domain": "umbrella", "trusted_domain": "acme", "projects": []});

    let patch = json!({"identities": {"agencies": [changed, added]}});
    app.patch(STATE, patch).await.assert_status(204);

    let agencies = app.state().await["identities"]["agencies"].clone();
    let all = with_agencies()["identities"]["agencies"][1].clone();
    assert_same(&agencies, &json!([changed, all, added]));
}

#[tokio::test]
async fn whatever_is_wrong_with_agencies_is_told_at_once() {
    let app = App::new();
    let agency = |name: &str, trusted: &str| json!({"name": name, "domain": "acme", "trusted_domain": trusted});
    let state = json!({"identities": {
        "users": [{"name": "acme/root"}],
        "agencies": [
            agency("ops", "partner"),
            agency("", ""),
            agency("root", "partner"),
            agency("ops", "partner"),
        ],
        "access_keys": [{"ak": "AK", "sk": "hush", "user": "acme/ops", "expires_at": "noon"}],
    }});

    let reply = app.put(STATE, state).await.assert_status(400);

    let detail = reply["detail"].as_str().unwrap();
    for error in [
        "identities.agencies[1].name: must not be empty; \
         identities.agencies[1].trusted_domain: must not be empty",
        "identities.agencies[2].name: its account and name together are the name of a user",
        "identities.agencies[3]: duplicate of an earlier entry",
        "identities.access_keys[0].user: must be the name of one of the users",
        "identities.access_keys[0].expires_at: \"noon\" is not an RFC 3339 timestamp",
    ] {
        assert!(detail.contains(error), "{detail}");
    }
    assert!(!detail.contains("hush"), "{detail}");
}

#[tokio::test]
async fn of_many_errors_the_first_are_told_and_the_others_counted() {
    let token = |n: i32| json!({"token": format!("of-{n}"), "user": "nobody"});
    let tokens: Vec<Value> = (0..1_000).map(token).collect();

    let state = json!({"identities": {"tokens": tokens}});
    let reply = App::new().put(STATE, state).await.assert_status(400);

    let detail = reply["detail"].as_str().unwrap();
    assert!(detail.contains("identities.tokens[19].user"), "{detail}");
    assert!(!detail.contains("tokens[20]"), "{detail}");
    assert!(detail.ends_with("; and 980 more"), "{detail}");
}

//! Temporary access keys: their issue, the requests that they sign, their permissions and their end.

use release_emulator::internals::world::settings::{Auth, Fidelity};
use serde_json::{Value, json};

use super::{
    EAST, NOTHING, error, forbidden, invalid_body, keystone, north, pipelines, token, unauthorized,
    with_agencies,
};
use crate::common::{App, PROJECT, Reply, assert_same};
use crate::signatures::{SIGNED_AT, Signed};

const KEYS: &str = "/v3.0/OS-CREDENTIAL/securitytokens";
const STATE: &str = "/_emulator/v1/state";
const MINUTE: i64 = 60_000;

/// A strict emulator, frozen at the time of the signatures.
fn strict() -> App {
    App::build(choose, &with_agencies())
}

fn choose(settings: &mut release_emulator::internals::Settings) {
    settings.auth = Auth::Strict;
    settings.fidelity = Fidelity::Strict;
    settings.freeze = Some(SIGNED_AT);
}

/// The body of a request by a method, with what it needs.
fn by(method: &str, details: Value) -> Value {
    let mut identity = json!({"methods": [method]});
    if !details.is_null() {
        identity[method] = details;
    }
    json!({"auth": {"identity": identity}})
}

fn by_ops() -> Value {
    by(
        "assume_role",
        json!({"agency_name": "ops", "domain_name": "acme"}),
    )
}

async fn request(app: &App, token: &str, body: &Value) -> Reply {
    let headers = [("x-auth-token", token)];
    app.send("POST", KEYS, &headers, body.to_string()).await
}

/// The access key, its secret half and its session token.
struct Key {
    ak: String,
    sk: String,
    session: String,
    expires_at: String,
}

impl Key {
    async fn issue(app: &App, token: &str, body: &Value) -> Self {
        let answer = request(app, token, body).await.assert_status(201);
        let part = |name: &str| answer["credential"][name].as_str().unwrap().to_owned();
        Self {
            ak: part("access"),
            sk: part("secret"),
            session: part("securitytoken"),
            expires_at: part("expires_at"),
        }
    }

    async fn get(&self, app: &App, path: &str) -> Reply {
        self.send(app, "GET", path, "").await
    }

    async fn send(&self, app: &App, method: &str, path: &str, body: &str) -> Reply {
        let signed = Signed::new(method, path, body).with("x-security-token", &self.session);
        let authorization = signed.authorization(&self.ak, &self.sk);
        signed.send(app, &authorization).await
    }
}

#[tokio::test]
async fn a_key_has_the_documented_parts_the_same_in_equal_worlds() {
    let (one, two) = (strict(), strict());
    let order = by("token", json!({"duration_seconds": 3_600}));
    for _ in 0..2 {
        let key = Key::issue(&one, "of-zoe", &order).await;
        let equal = Key::issue(&two, "of-zoe", &order).await;

        assert_eq!((key.ak.len(), key.sk.len()), (20, 40));
        let is_capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        assert!(key.ak.bytes().all(is_capital), "{}", key.ak);
        assert_eq!(key.expires_at, "2026-01-02T04:04:05.000000Z");
        assert_eq!(
            (key.ak, key.sk, key.session),
            (equal.ak, equal.sk, equal.session)
        );
    }
    let reply = request(&one, "of-zoe", &order).await;
    assert_eq!(reply.header("x-emulator-evidence"), "documented");
}

#[tokio::test]
async fn a_key_signs_with_its_session_token_alone() {
    let app = strict();
    let key = Key::issue(&app, "of-zoe", &by("token", json!(null))).await;

    key.get(&app, &pipelines(PROJECT)).await.assert_status(200);

    let unsigned = Signed::new("GET", &pipelines(PROJECT), "");
    let without = unsigned
        .send(&app, &unsigned.authorization(&key.ak, &key.sk))
        .await;
    without.assert_status(401);
    without.assert_hint("requires its session token in X-Security-Token");
    let wrong = unsigned.with("x-security-token", "another");
    let wrong = wrong
        .send(&app, &wrong.authorization(&key.ak, &key.sk))
        .await;
    wrong.assert_status(401);
}

#[tokio::test]
async fn a_key_expires_on_the_clock_of_the_world() {
    let app = strict();
    let quarter = Key::issue(&app, "of-zoe", &by("token", json!(null))).await;
    assert_eq!(quarter.expires_at, "2026-01-02T03:19:05.000000Z");

    app.advance(15 * MINUTE - 1).await;
    quarter
        .get(&app, &pipelines(PROJECT))
        .await
        .assert_status(200);
    app.advance(1).await;

    let late = quarter.get(&app, &pipelines(PROJECT)).await;
    let text = "token expires, expires_at: 2026-01-02T03:19:05.000000Z";
    late.assert_answer(401, &super::incorrect(&late, text));
    late.assert_hint("POST /v3.0/OS-CREDENTIAL/securitytokens");
}

#[tokio::test]
async fn the_lifetime_is_a_quarter_of_an_hour_to_a_day() {
    let app = strict();
    for (seconds, expires_at) in [
        (900, "2026-01-02T03:19:05.000000Z"),
        (86_400, "2026-01-03T03:04:05.000000Z"),
    ] {
        let order = by("token", json!({"duration_seconds": seconds}));
        let key = Key::issue(&app, "of-zoe", &order).await;
        assert_eq!(key.expires_at, expires_at);
    }
    for seconds in [-1, 0, 899, 86_401, i64::MAX] {
        let details =
            json!({"duration_seconds": seconds, "agency_name": "ops", "domain_name": "acme"});
        for method in ["token", "assume_role"] {
            let reply = request(&app, "of-pat", &by(method, details.clone())).await;
            let text =
                format!("Invalid input for field 'duration_seconds'. The value is '{seconds}'.");
            reply.assert_answer(400, &error("0073", &text));
            reply.assert_hint(&format!(
                "auth.identity.{method}.duration_seconds must be 900 to 86400"
            ));
        }
    }
    let text = by("token", json!({"duration_seconds": "900"}));
    let reply = request(&app, "of-zoe", &text).await;
    let text = "Invalid input for field 'duration_seconds'. The value is '900'.";
    reply.assert_answer(400, &error("0073", text));
}

#[tokio::test]
async fn a_key_for_a_token_has_its_users_permissions_in_the_project_of_the_token() {
    let app = strict();
    let scoped = token(&app, "ann", north()).await;
    let unscoped = token(&app, "ann", json!(null)).await;
    let in_project = Key::issue(&app, &scoped, &by("token", json!(null))).await;
    let in_all = Key::issue(&app, &unscoped, &by("token", json!(null))).await;
    let of_eve = token(&app, "eve", north()).await;
    let of_eve = Key::issue(&app, &of_eve, &by("token", json!(null))).await;

    let statuses = async |key: &Key| {
        let mut statuses = Vec::new();
        for project in [PROJECT, EAST, "elsewhere"] {
            statuses.push(key.get(&app, &pipelines(project)).await.status);
        }
        statuses
    };
    assert_eq!(statuses(&in_project).await, [200, 403, 403]);
    assert_eq!(statuses(&in_all).await, [200, 200, 403]);
    assert_eq!(statuses(&of_eve).await, [403, 403, 403]);
}

#[tokio::test]
async fn a_key_for_an_agency_has_the_agencys_projects_and_actions() {
    let app = strict();
    let key = Key::issue(&app, "of-pat", &by_ops()).await;
    let everywhere = json!({"xrole_name": "all", "domain_name": "acme"});
    let of_all = Key::issue(&app, "of-pat", &by("assume_role", everywhere)).await;

    key.get(&app, &pipelines(PROJECT)).await.assert_status(200);
    key.get(&app, &pipelines(EAST)).await.assert_status(403);
    let create = json!({"name": "release-a", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "s", "tasks": []}]})
    .to_string();
    let refused = key.send(&app, "POST", &pipelines(PROJECT), &create).await;
    refused.assert_status(403);
    refused.assert_hint("acme/ops is allowed [servicestage:*:list, iam:projects:listProjects]");
    let created = of_all.send(&app, "POST", &pipelines(EAST), &create).await;
    assert_eq!(created.assert_status(200)["creator"], "acme/all");
    let projects = key.get(&app, "/v3/projects").await.assert_status(200);
    assert_eq!(projects["projects"].as_array().unwrap().len(), 1);
    let domains = key.get(&app, "/v3/auth/domains").await.assert_status(200);
    assert_eq!(domains["domains"][0]["name"], "acme");
}

#[tokio::test]
async fn a_signed_request_may_assume_an_agency_too() {
    let mut fixtures = with_agencies();
    fixtures["identities"]["access_keys"] =
        json!([{"ak": "AKPAT", "sk": "sk-of-pat", "user": "pat"}]);
    let app = App::build(choose, &fixtures);
    let signed = Signed::new("POST", KEYS, &by_ops().to_string());

    let reply = signed
        .send(&app, &signed.authorization("AKPAT", "sk-of-pat"))
        .await;
    let wrong = signed
        .send(&app, &signed.authorization("AKPAT", "no"))
        .await;

    reply.assert_status(201);
    wrong.assert_status(401);
}

#[tokio::test]
async fn the_token_may_be_in_the_header_or_in_the_body() {
    let app = strict();
    let in_body = by("token", json!({"id": "of-zoe", "duration_seconds": 900}));
    for (headers, order, status) in [
        (
            &[("x-auth-token", "of-zoe")][..],
            by("token", json!(null)),
            201,
        ),
        (NOTHING, in_body.clone(), 201),
        (
            &[("x-auth-token", "of-zoe")],
            by("token", json!({"id": "of-nobody"})),
            201,
        ),
        (&[("x-auth-token", "of-nobody")], in_body, 401),
    ] {
        let reply = app.send("POST", KEYS, headers, order.to_string()).await;
        reply.assert_status(status);
    }
    let invalid = unauthorized("The X-Auth-Token is invalid!");
    for order in [
        by("token", json!(null)),
        by("token", json!({"id": "of-nobody"})),
        by_ops(),
    ] {
        let reply = app.send("POST", KEYS, NOTHING, order.to_string()).await;
        reply.assert_answer(401, &invalid);
        assert!(!reply.header("x-emulator-hint").is_empty());
    }
}

#[tokio::test]
async fn refusals_are_those_of_a_login() {
    let app = strict();
    let before = app.state().await;

    let not_permitted = request(&app, "of-pia", &by_ops()).await;
    not_permitted.assert_answer(403, &forbidden());
    let dev = json!({"agency_name": "dev", "domain_name": "acme"});
    let unknown = request(&app, "of-pat", &by("assume_role", dev)).await;
    unknown.assert_answer(
        404,
        &keystone(404, "Could not find agency: dev.", "Not Found"),
    );
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"auth":{"identity":{"methods":[]}}}"#,
    ] {
        let headers = [("x-auth-token", "of-pat")];
        let reply = app.send("POST", KEYS, &headers, body).await;
        reply.assert_answer(400, &invalid_body());
    }
    for methods in ["password", "hw_ak_sk"] {
        let reply = request(&app, "of-pat", &by(methods, json!(null))).await;
        assert_eq!(reply.assert_status(400)["error_code"], "IAM.0073");
        reply.assert_hint(r#"auth.identity.methods must be ["token"] or ["assume_role"]"#);
    }
    for (session_user, status) in [
        ("SessionUserName", 201),
        ("abcde", 201),
        ("abcd", 400),
        ("1abcde", 400),
        ("abc de", 400),
    ] {
        let details = json!({"agency_name": "ops", "domain_name": "acme", "session_user": {"name": session_user}});
        let reply = request(&app, "of-pat", &by("assume_role", details)).await;
        assert_eq!(reply.status, status, "{session_user}");
    }
    let without = json!({"agency_name": "ops"});
    let reply = request(&app, "of-pat", &by("assume_role", without)).await;
    reply.assert_answer(400, &error("0072", "'domain_name' is a required property."));
    let after = app.state().await;
    let n_keys = after["identities"]["access_keys"].as_array().unwrap().len();
    assert_eq!((n_keys, before["identities"].get("access_keys")), (2, None));
}

#[tokio::test]
async fn a_policy_is_ignored_and_a_hint_says_so() {
    let app = strict();
    let mut order = by("token", json!({"duration_seconds": 900}));
    order["auth"]["identity"]["policy"] = json!({"Version": "1.1",
        "Statement": [{"Effect": "Allow", "Action": ["obs:object:*"]}]});

    let reply = request(&app, "of-zoe", &order).await;

    reply.assert_status(201);
    reply.assert_hint("unknown field auth.identity.policy was ignored");
}

#[tokio::test]
async fn keys_survive_a_move_and_end_with_a_reset() {
    let app = strict();
    let key = Key::issue(&app, "of-pat", &by_ops()).await;
    let state = app.state().await;
    assert_same(
        &state["identities"]["access_keys"],
        &json!([{
            "ak": key.ak,
            "sk": key.sk,
            "user": "acme/ops",
            "security_token": key.session,
            "expires_at": "2026-01-02T03:19:05.000000Z",
            "emulator": {"issued": {
                "at": "2026-01-02T03:04:05.000000Z",
                "domain": "acme",
                "methods": ["assume_role"],
                "assumed_by": {"user": "pat", "domain": "partner"}
            }}
        }]),
    );
    let another = App::build(choose, &json!({}));

    another.put(STATE, state.clone()).await.assert_status(204);

    assert_same(&another.state().await, &state);
    key.get(&another, &pipelines(PROJECT))
        .await
        .assert_status(200);
    key.get(&another, &pipelines(EAST)).await.assert_status(403);
    app.post("/_emulator/v1/reset", json!({}))
        .await
        .assert_status(204);
    let gone = key.get(&app, &pipelines(PROJECT)).await;
    let text = format!("Get secretKey failed,ak:{},err:ak not exist", key.ak);
    gone.assert_answer(401, &super::incorrect(&gone, &text));
}

#[tokio::test]
async fn unknown_tokens_get_keys_unless_auth_is_strict() {
    let app = App::new();
    let reply = request(&app, "any", &by("token", json!(null))).await;
    reply.assert_status(201);
    let state = app.state().await;
    assert_eq!(state["identities"]["access_keys"][0]["user"], "emulator");
}

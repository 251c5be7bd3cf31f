//! IAM: tokens, projects, accounts, and what actions allow.

mod agencies;
mod devices;
mod directory;
mod issue;
mod lifetime;
mod login;
mod methods;
mod permissions;
mod projects;
mod refusals;
mod roles;
mod scopes;
mod state;
mod subjects;
mod temporary_keys;
mod users;
mod versions;

use release_emulator::internals::world::settings::Auth;
use serde_json::{Value, json};

use crate::common::{App, PROJECT, Reply};

/// Path at which tokens are issued, inspected and revoked.
const TOKENS: &str = "/v3/auth/tokens";

/// Another project than [`PROJECT`].
const EAST: &str = "1716878bff11e3673f4dd1234567890b";

/// The id of the account `acme`.
const ACME: &str = "605f620bb35501f08b335cd1b0d156b0";

/// The id of the account of users who are given none.
const EMULATOR: &str = "7ac3896209d7abe4c7c8bda7123c9240";

/// Lifetime of a token in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// No headers.
const NOTHING: &[(&str, &str)] = &[];

/// Ann may do everything in two projects, Bob may list in one, Eve may do nothing in one. Sam and Zoe have no project
/// limits; Sam may only manage tokens.
fn users() -> Value {
    let north = json!({"id": PROJECT, "name": "cn-north-4"});
    let east = json!({"id": EAST, "name": "cn-east-3"});
    json!({"identities": {"users": [
        {"name": "ann", "password": "of-ann", "domain": "acme", "projects": [north, east]},
        {"name": "bob", "password": "of-bob", "domain": "acme", "projects": [north],
            "actions": ["servicestage:*:list", "iam:projects:listProjects"]},
        {"name": "eve", "password": "of-eve", "domain": "acme", "projects": [north], "actions": []},
        {"name": "sam", "password": "of-sam", "actions": ["Security Administrator"]},
        {"name": "zoe", "password": "of-zoe"},
    ]}})
}

/// An emulator that accepts only [`users`].
fn strict() -> App {
    App::build(|settings| settings.auth = Auth::Strict, &users())
}

/// [`users`], and two agencies of the account `acme` that trust the account `partner`: `ops` may list in one project,
/// `all` may do everything. Of the users of `partner`, Pat may assume agencies, and Pia may list projects.
fn with_agencies() -> Value {
    let mut fixtures = users();
    let north = json!({"id": PROJECT, "name": "cn-north-4"});
    let lists = json!(["servicestage:*:list", "iam:projects:listProjects"]);
    fixtures["identities"]["agencies"] = json!([
        {"name": "ops", "domain": "acme", "trusted_domain": "partner", "projects": [north], "actions": lists},
        {"name": "all", "domain": "acme", "trusted_domain": "partner", "projects": []},
    ]);
    fixtures["identities"]["tokens"] = json!([
        {"token": "of-pat", "user": "pat", "expires_at": null},
        {"token": "of-pia", "user": "pia", "expires_at": null},
        {"token": "of-zoe", "user": "zoe", "expires_at": null},
    ]);
    for (name, actions) in [
        ("pat", "Agent Operator"),
        ("pia", "iam:projects:listProjects"),
    ] {
        let user = json!({"name": name, "password": format!("of-{name}"), "domain": "partner", "projects": [],
            "actions": [actions]});
        fixtures["identities"]["users"]
            .as_array_mut()
            .unwrap()
            .push(user);
    }
    fixtures
}

/// An emulator that accepts only [`with_agencies`].
fn strict_with_agencies() -> App {
    App::build(|settings| settings.auth = Auth::Strict, &with_agencies())
}

/// The body of a login by name, with a user of [`users`] by the right password.
fn body(user: &str, scope: &Value) -> Value {
    let domain = if matches!(user, "sam" | "zoe") {
        "emulator"
    } else {
        "acme"
    };
    let user = json!({"name": user, "password": format!("of-{user}"), "domain": {"name": domain}});
    let mut body =
        json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
    if !scope.is_null() {
        body["auth"]["scope"] = scope.clone();
    }
    body
}

/// The scope of [`PROJECT`], by its name.
fn north() -> Value {
    json!({"project": {"name": "cn-north-4"}})
}

/// Sends a login, which needs no credential.
async fn login(app: &App, body: &Value) -> Reply {
    app.send("POST", TOKENS, NOTHING, body.to_string()).await
}

/// A token for a user of [`users`].
async fn token(app: &App, user: &str, scope: Value) -> String {
    let reply = login(app, &body(user, &scope)).await;
    reply.assert_status(201);
    reply.header("x-subject-token").to_owned()
}

/// GET with a token.
async fn get(app: &App, path: &str, token: &str) -> Reply {
    app.send("GET", path, &[("x-auth-token", token)], "").await
}

/// Shows or revokes a token with another one.
async fn ask(app: &App, method: &str, by: &str, subject: &str) -> Reply {
    let headers = [("x-auth-token", by), ("x-subject-token", subject)];
    app.send(method, TOKENS, &headers, "").await
}

/// The pipelines of a project.
fn pipelines(project: &str) -> String {
    format!("/v3/{project}/pipeline/pipelines")
}

/// The body of an error in the service's shape.
fn error(code: &str, text: &str) -> String {
    format!(r#"{{"error_msg":"{text}","error_code":"IAM.{code}"}}"#)
}

/// The body of an error in the shape of Keystone.
fn keystone(code: u16, text: &str, title: &str) -> String {
    format!(r#"{{"error":{{"code":{code},"message":"{text}","title":"{title}"}}}}"#)
}

/// The body of a failed login.
fn unauthorized(text: &str) -> String {
    keystone(401, text, "Unauthorized")
}

/// The body for a login that cannot be read.
fn invalid_body() -> String {
    keystone(400, "The request body is invalid", "Bad Request")
}

/// The body for a missing permission.
fn forbidden() -> String {
    keystone(403, "You have no right to do this action", "Forbidden")
}

/// The body of a refusal by the gateway.
fn gateway(reply: &Reply, code: &str, text: &str) -> String {
    let id = reply.header("x-request-id");
    format!(r#"{{"error_msg":"{text}","error_code":"APIGW.{code}","request_id":"{id}"}}"#)
}

/// The gateway's refusal of an invalid credential.
fn incorrect(reply: &Reply, why: &str) -> String {
    let text = format!("Incorrect IAM authentication information: {why}");
    gateway(reply, "0301", &text)
}

impl Reply {
    /// Asserts status and body, byte by byte.
    #[track_caller]
    fn assert_answer(&self, status: u16, body: &str) {
        assert_eq!(
            (self.status, self.text().as_str()),
            (status, body),
            "{}",
            self.request
        );
    }

    /// Asserts that the hint contains a text.
    #[track_caller]
    fn assert_hint(&self, text: &str) {
        let hint = self.header("x-emulator-hint");
        assert!(hint.contains(text), "{}: {hint:?}", self.request);
    }
}

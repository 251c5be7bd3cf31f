//! A walk over the errors of all families: each is provoked, and its answer tells the evidence for it. An answer of the
//! same family without an error tells of none.

use std::collections::BTreeSet;
use std::time::Duration;

use release_emulator::internals::Settings;
use release_emulator::internals::http::evidence::error_row::ErrorRow;
use release_emulator::internals::server::connections::ConnectionLimits;
use release_emulator::internals::world::settings::Auth;
use serde_json::{Value, json};

use super::{EVIDENCE, pipelines, plans};
use crate::common::used::{ERROR_ROWS, error_name, error_row};
use crate::common::{App, PROJECT, Reply, golden};
use crate::signatures::{AK, DATE, SIGNED_AT, SK, Signed};
use crate::socket::Server;

const RELEASES: &str = "/v2/meshes/m1/namespaces/shop/releases";
const VERSIONS: &str = "/openapi/delivery/releases";
const TOKENS: &str = "/v3/auth/tokens";

/// The errors that only an injected fault answers, with the operation that it hits and the reason.
const ONLY_INJECTED: [(&str, &str); 11] = [
    (
        "error 401 IAM.0001 ",
        "the service documents it; logins are refused in the shape of Keystone",
    ),
    (
        "error 404 IAM.0004 ",
        "the service documents it; a token is refused in the shape of Keystone",
    ),
    (
        "error 409 IAM.0005 ",
        "tokens of the emulator do not conflict",
    ),
    ("error 429 IAM.0012 ", "nothing is throttled"),
    ("error 500 IAM.0006 ", "it takes a bug"),
    ("error 500 ASM.01040001 ", "it takes a bug"),
    ("error 500 SVCSTG.00100500 ", "it takes a bug"),
    ("error 429 APIGW.0308 ", "nothing is throttled"),
    ("error 500 APIGW.0601 ", "it takes a bug"),
    ("error 502 APIGW.0202 ", "there is no backend"),
    ("error 504 APIGW.0203 ", "there is no backend"),
];

/// The gateway's own answer to a bad request, of which only the refusal of a placeholder is in use.
const BAD_REQUEST: &str = "error 400 APIGW.0602 Bad request (documented)";

/// Ann may do everything in a project, Eve nothing; one agency trusts the account of both.
fn fixtures() -> Value {
    let north = json!([{"id": PROJECT, "name": "cn-north-4"}]);
    json!({"identities": {
        "users": [
            {"name": "ann", "password": "of-ann", "domain": "acme", "projects": north},
            {"name": "eve", "password": "of-eve", "domain": "acme", "projects": north, "actions": []},
        ],
        "tokens": [{"token": "of-ann", "user": "ann"}, {"token": "of-eve", "user": "eve"}],
        "access_keys": [{"ak": AK, "sk": SK, "user": "ann"}],
        "agencies": [{"name": "ops", "domain": "umbrella", "trusted_domain": "acme", "projects": north}],
        "zadig_users": [{"token": "t", "name": "root", "admin": true, "projects": {}},
            {"token": "z", "name": "zed", "admin": false, "projects": {}}],
    }})
}

/// An emulator that accepts only [`fixtures`].
fn strict() -> App {
    let choose = |settings: &mut release_emulator::internals::Settings| {
        settings.auth = Auth::Strict;
        settings.freeze = Some(SIGNED_AT);
    };
    App::build(choose, &fixtures())
}

async fn with_token(app: &App, token: &str, method: &str, path: &str) -> Reply {
    app.send(method, path, &[("x-auth-token", token)], "").await
}

/// A login, with the header of a caller if it is one that needs it.
async fn login(app: &App, identity: Value) -> Reply {
    let body = json!({"auth": {"identity": identity}}).to_string();
    app.send("POST", TOKENS, &[], body).await
}

/// The token of Ann's login for her account.
async fn account_token(app: &App) -> String {
    let user = json!({"name": "ann", "password": "of-ann", "domain": {"name": "acme"}});
    let issued = login(
        app,
        json!({"methods": ["password"], "password": {"user": user}}),
    )
    .await;
    issued.assert_status(201);
    issued.header("x-subject-token").to_owned()
}

async fn asm() -> Vec<Reply> {
    let (app, known) = (App::new(), strict());
    let release = json!({"metadata": {"name": "web-gray"}, "spec": {"serviceName": "web",
        "grayDeployments": [{"template": {"kind": "Deployment"}}]}});
    app.post(RELEASES, release).await.assert_status(201);
    let mesh = golden("asm_mesh_create_request.json");
    let meshes = format!("/v1/{PROJECT}/meshes");
    app.post(&meshes, mesh.clone()).await.assert_status(201);
    let account = account_token(&known).await;
    vec![
        app.post(&meshes, json!({})).await,
        app.send("GET", &meshes, &[], "").await,
        with_token(&known, "of-eve", "GET", &meshes).await,
        with_token(&known, &account, "GET", &meshes).await,
        app.get("/v2/meshes/unknown/releases").await,
        app.post(&meshes, mesh).await,
    ]
}

async fn servicestage() -> Vec<Reply> {
    let app = App::new();
    let components = json!([{"seq": 0, "name": "web", "runtime_stack": {}}]);
    let plan = json!({"name": "weekly", "components": components});
    let plan = app.post(&plans(), plan).await.assert_status(200);
    let plan = format!("{}/{}", plans(), plan["id"].as_str().unwrap());
    vec![
        app.put(&plan, json!({})).await,
        app.post(&format!("{plan}/abort"), json!({})).await,
        app.get(&format!("{}/unknown", plans())).await,
    ]
}

async fn iam() -> Vec<Reply> {
    let app = strict();
    let password = |password: &str| {
        let user = json!({"name": "ann", "password": password, "domain": {"name": "acme"}});
        json!({"methods": ["password"], "password": {"user": user}})
    };
    let assume = json!({"auth": {"identity": {"methods": ["assume_role"],
        "assume_role": {"agency_name": "unknown", "domain_name": "umbrella"}}}});
    let subject = [("x-auth-token", "of-ann"), ("x-subject-token", "unknown")];
    let large = "x".repeat((12 << 20) + 1);
    let caller = [("x-auth-token", "of-ann")];
    vec![
        app.send("POST", TOKENS, &[], "").await,
        with_token(&app, "of-eve", "GET", "/v3/projects").await,
        with_token(&app, "of-ann", "GET", "/v3/projects?page=x").await,
        login(&app, json!({"methods": ["password"]})).await,
        login(&app, json!({"methods": ["magic"]})).await,
        with_token(&app, "of-ann", "GET", TOKENS).await,
        app.send("POST", TOKENS, &[], assume.to_string()).await,
        app.send("GET", TOKENS, &subject, "").await,
        login(&app, password("wrong")).await,
        login(
            &app,
            json!({"methods": ["token"], "token": {"id": "unknown"}}),
        )
        .await,
        with_token(&app, "of-ann", "GET", "/v3/projects/unknown").await,
        app.send("POST", TOKENS, &caller, assume.to_string()).await,
        app.send("POST", TOKENS, &[], large).await,
        with_token(&app, "of-ann", "POST", "/v5/agencies/assume").await,
    ]
}

async fn gateway() -> Vec<Reply> {
    let (app, known) = (App::new(), strict());
    let large = "x".repeat((12 << 20) + 1);
    let account = account_token(&known).await;
    let revoked = account_token(&known).await;
    let headers = [("x-auth-token", "of-ann"), ("x-subject-token", &*revoked)];
    known
        .send("DELETE", TOKENS, &headers, "")
        .await
        .assert_status(204);
    // Signatures are as old as the machine's clock says.
    let old = Signed::new("GET", &plans(), "").with("x-sdk-date", DATE);
    vec![
        app.get("/v3/{project_id}/cas/release-plans").await,
        app.send("GET", &plans(), &[], "").await,
        old.send(&known, &old.authorization(AK, SK)).await,
        with_token(&known, &revoked, "GET", &plans()).await,
        with_token(&known, "of-eve", "GET", &plans()).await,
        with_token(&known, &account, "GET", &plans()).await,
        app.get("/nowhere").await,
        app.delete(&plans()).await,
        app.send("POST", &plans(), &[("x-auth-token", "t")], large)
            .await,
        app.send(
            "POST",
            &plans(),
            &[("x-auth-token", "t"), ("content-encoding", "br")],
            "x",
        )
        .await,
        app.post(
            &format!("{}/parse-template-package", pipelines()),
            json!({}),
        )
        .await,
    ]
}

async fn zadig() -> Vec<Reply> {
    let (app, known) = (App::new(), strict());
    let large = "x".repeat((12 << 20) + 1);
    let zed = [("authorization", "Bearer z")];
    let image = json!({"container_name": "web", "image_name": "web", "image_tag": "1"});
    let twice = json!({"project_key": "p", "version_name": "v", "env_name": "e", "image_registry_id": "r",
        "yaml_datas": [{"service_name": "s", "image_datas": [image, image]}]});
    vec![
        app.send(
            "POST",
            &format!("{VERSIONS}/k8s"),
            &[("authorization", "Bearer t"), ("content-encoding", "br")],
            "x",
        )
        .await,
        app.get(&format!("{VERSIONS}?pageNum=x")).await,
        app.send("GET", VERSIONS, &[], "").await,
        known
            .send("GET", &format!("{VERSIONS}/65f0?projectKey=p"), &zed, "")
            .await,
        app.get("/openapi/nowhere").await,
        app.put(VERSIONS, json!({})).await,
        app.send(
            "POST",
            &format!("{VERSIONS}/k8s"),
            &[("authorization", "Bearer t")],
            large,
        )
        .await,
        app.get(&format!("{VERSIONS}/65f0?projectKey=p")).await,
        app.post(&format!("{VERSIONS}/k8s"), twice).await,
    ]
}

/// Heads that are not valid HTTP, as the gateway and Zadig refuse them.
async fn malformed_heads() -> Vec<Reply> {
    let server = Server::start().await;
    let long = "x".repeat(66_000);
    let many = "X-Many: 1\r\n".repeat(101);
    let mut replies = Vec::new();
    for path in [&*plans(), VERSIONS] {
        for (line, fields) in [
            (format!("GET {path} HTTP/1.1"), "Content-Length: x\r\n"),
            (format!("GET {path}/{long} HTTP/1.1"), ""),
            (format!("GET {path} HTTP/1.1"), &*many),
        ] {
            let head = format!("{line}\r\nHost: x\r\n{fields}\r\n");
            replies.push(server.reply(head.as_bytes()).await);
        }
    }
    let limits = ConnectionLimits {
        longest_head: Duration::from_millis(20),
        ..ConnectionLimits::default()
    };
    let hasty = Server::within(Settings::default(), limits).await;
    for path in [&*plans(), VERSIONS] {
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\n");
        replies.push(hasty.reply(head.as_bytes()).await);
    }
    replies
}

/// The answer to a fault with the status and the code of an error.
async fn injected(row: &ErrorRow) -> Reply {
    let app = App::new();
    let (operation, path) = match row.code {
        code if code.starts_with("IAM") => ("ListProjects", "/v3/projects".to_owned()),
        code if code.starts_with("ASM") => ("ListMeshes", format!("/v1/{PROJECT}/meshes")),
        _ => ("ListReleasePlans", plans()),
    };
    let fault =
        json!({"match": {"operation": operation}, "do": {"status": row.status, "code": row.code}});
    let fault = app
        .post("/_emulator/v1/faults", fault)
        .await
        .assert_status(201);
    let reply = app.get(&path).await;
    let id = fault["id"].as_str().unwrap();
    assert_eq!(reply.header(EVIDENCE), format!("injected; fault={id}"));
    assert!(reply.text().contains(row.text), "{reply:?}");
    reply
}

/// Asserts that the header of an error tells the evidence for its row, which the answer is known to use.
#[track_caller]
fn assert_told(reply: &Reply, row: &ErrorRow) {
    let told = reply.header(EVIDENCE);
    let level = row.evidence.as_str();
    let expected = match level {
        "documented" => "documented".to_owned(),
        _ => format!("error={}", row.name()),
    };
    assert!(told.starts_with(level), "{told} for {row:?}");
    assert!(
        told.split("; ").any(|part| part == expected),
        "{told} for {row:?}"
    );
}

#[tokio::test]
async fn each_error_is_named_by_an_answer_that_uses_it() {
    let provoked = [
        asm().await,
        servicestage().await,
        iam().await,
        gateway().await,
        zadig().await,
        malformed_heads().await,
    ];
    let mut used = BTreeSet::new();
    for reply in provoked.iter().flatten() {
        let row = error_row(reply).unwrap_or_else(|| panic!("no row words {reply:?}"));
        assert_told(reply, &row);
        used.insert(error_name(&row));
    }
    let mut never = Vec::new();
    for row in ERROR_ROWS.iter() {
        let name = error_name(row);
        let is_injected = ONLY_INJECTED.iter().any(|(only, _)| name.starts_with(only));
        if is_injected || name == BAD_REQUEST {
            assert!(!used.contains(&name), "{name} is not only injected");
            injected(row).await;
        } else if !used.contains(&name) {
            never.push(name);
        }
    }
    assert!(never.is_empty(), "nothing provokes {never:#?}");
}

#[tokio::test]
async fn an_answer_without_an_error_tells_of_none() {
    let app = App::new();
    for path in [
        format!("/v1/{PROJECT}/meshes"),
        plans(),
        pipelines(),
        "/v3/projects".to_owned(),
        format!("{VERSIONS}?projectKey=p&pageNum=1&pageSize=9"),
    ] {
        let reply = app.get(&path).await;
        reply.assert_status(200);
        assert_eq!(reply.header(EVIDENCE), "documented", "{path}");
        assert_eq!(error_row(&reply), None);
    }
}

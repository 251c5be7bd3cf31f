//! The examples of the vendor's documents, sent and compared.

use release_emulator::internals::world::settings::Auth;
use serde_json::{Value, json};

use super::OPERATIONS;
use super::document::VendorDocument;
use crate::common::{App, PROJECT, Reply};

/// The address of the service in most examples.
const ADDRESS: &str = "https://iam.myhuaweicloud.com";

/// The names in the examples: a user with a password, and a user who assumes an agency of another account.
fn app() -> App {
    let project = json!({"id": "aa2d97d7e62c4b7da3ffdfc11551f878", "name": "cn-north-1"});
    let fixtures = json!({"identities": {
        "users": [
            {"name": "IAMUser", "password": "IAMPassword", "domain": "IAMDomain", "projects": [project]},
            {"name": "IAMUserB", "domain": "IAMDomainB"},
            {"name": "powerless", "domain": "IAMDomainB", "actions": []},
        ],
        "agencies": [{"name": "IAMAgency", "domain": "IAMDomainA", "trusted_domain": "IAMDomainB", "projects": [project]}],
        "tokens": [
            {"token": "of-user", "user": "IAMUser", "expires_at": "2026-01-04T09:08:49.965000Z"},
            {"token": "of-user-b", "user": "IAMUserB"},
            {"token": "of-powerless", "user": "powerless"},
        ],
    }});
    App::build(|settings| settings.auth = Auth::Strict, &fixtures)
}

fn iam(name: &str) -> VendorDocument {
    VendorDocument::read("IAM", name)
}

async fn send(app: &App, document: &VendorDocument, token: &str, body: &str) -> Reply {
    let headers = [
        ("host", "emulator.test"),
        ("x-auth-token", token),
        ("x-subject-token", token),
    ];
    let path = document
        .path
        .replace("{project_id}", "aa2d97d7e62c4b7da3ffdfc11551f878");
    app.send(
        &document.method.to_uppercase(),
        &path,
        &headers,
        body.to_owned(),
    )
    .await
}

#[tokio::test]
async fn every_example_of_a_request_is_accepted() {
    // Without identities, as nobody knows the secrets of the examples.
    let app = App::new();
    let mut n_sent = 0;
    for (id, service, names) in OPERATIONS {
        if id == "CreateTokenWithIdToken" {
            continue;
        }
        for name in names {
            let document = VendorDocument::read(service, name);
            for example in document.request_examples() {
                let path = document.path.replace("{project_id}", PROJECT);
                let reply = app.post(&path, example.clone()).await;
                assert_eq!(reply.status.to_string(), document.success().0, "{reply:?}");
                n_sent += 1;
            }
        }
    }
    assert_eq!(n_sent, 13);
}

#[tokio::test]
async fn the_versions_are_those_of_the_examples() {
    let app = app();
    for name in ["KeystoneListVersions", "KeystoneShowVersion"] {
        let document = iam(name);
        let (status, _) = document.success();
        let example = document
            .response_examples(status)
            .next()
            .expect("an example");

        let reply = send(&app, &document, "", "").await;

        let example = example.to_string().replace(ADDRESS, "http://emulator.test");
        let example: Value = serde_json::from_str(&example).unwrap();
        assert_eq!(reply.json(), example);
        assert_eq!(reply.status.to_string(), status);
    }
}

#[tokio::test]
async fn answers_have_the_keys_of_the_examples() {
    let app = app();
    let unscoped = json!({"domain": {"name": "IAMDomain"}});
    let login = |scope: &Value| {
        let user =
            json!({"name": "IAMUser", "password": "IAMPassword", "domain": {"name": "IAMDomain"}});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        json!({"auth": {"identity": identity, "scope": scope}}).to_string()
    };
    let agency = json!({"methods": ["assume_role"],
        "assume_role": {"agency_name": "IAMAgency", "domain_name": "IAMDomainA"}});
    let agency = |scope: Value| json!({"auth": {"identity": agency, "scope": scope}}).to_string();
    let project = json!({"project": {"name": "cn-north-1"}});
    let key = json!({"auth": {"identity": {"methods": ["token"]}}}).to_string();
    for (name, token, bodies) in [
        (
            "KeystoneCreateUserTokenByPassword",
            "",
            vec![login(&project), login(&unscoped)],
        ),
        (
            "KeystoneCreateAgencyToken",
            "of-user-b",
            vec![
                agency(json!({"domain": {"name": "IAMDomainA"}})),
                agency(project),
            ],
        ),
        ("CreateTemporaryAccessKeyByToken", "of-user", vec![key]),
        ("KeystoneListProjects", "of-user", vec![String::new()]),
        ("KeystoneListAuthProjects", "of-user", vec![String::new()]),
        ("KeystoneShowProject", "of-user", vec![String::new()]),
        ("KeystoneListAuthDomains", "of-user", vec![String::new()]),
        ("KeystoneListUsers", "of-user", vec![String::new()]),
        ("KeystoneShowCatalog", "of-user", vec![String::new()]),
        ("KeystoneListServices", "of-user", vec![String::new()]),
        ("KeystoneListEndpoints", "of-user", vec![String::new()]),
    ] {
        let document = iam(name);
        let (status, _) = document.success();
        let examples = document.response_examples(status);
        for (example, body) in examples.zip(bodies) {
            let reply = send(&app, &document, token, &body).await;
            assert_eq!(reply.status.to_string(), status, "{reply:?}");
            assert_eq!(missing(example, &reply.json(), name), [""; 0]);
        }
    }
}

/// The keys of an example that an answer lacks. Of arrays, the first elements are compared.
fn missing(example: &Value, answer: &Value, place: &str) -> Vec<String> {
    match (example, answer) {
        (Value::Object(example), Value::Object(answer)) => {
            let keys = example.iter().flat_map(|(key, value)| {
                let place = format!("{place}.{key}");
                match answer.get(key) {
                    Some(answer) => missing(value, answer, &place),
                    None => vec![place],
                }
            });
            keys.collect()
        }
        (Value::Array(example), Value::Array(answer)) => match (example.first(), answer.first()) {
            (Some(example), Some(answer)) => missing(example, answer, &format!("{place}[]")),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn refusals_are_those_of_the_examples() {
    let app = app();
    let wrong = json!({"auth": {"identity": {"methods": ["password"], "password": {"user":
        {"name": "IAMUser", "password": "wrong", "domain": {"name": "IAMDomain"}}}}}})
    .to_string();
    let agency = json!({"auth": {"identity": {"methods": ["assume_role"],
        "assume_role": {"agency_name": "IAMAgency", "domain_name": "IAMDomainA"}}}})
    .to_string();
    let mut n_compared = 0;
    for (name, status, token, body) in [
        ("KeystoneCreateUserTokenByPassword", "400", "", "{}"),
        ("KeystoneCreateUserTokenByPassword", "401", "", &*wrong),
        ("KeystoneCreateUserTokenByPasswordAndMfa", "400", "", "text"),
        ("KeystoneCreateUserTokenByPasswordAndMfa", "401", "", &wrong),
        ("KeystoneCreateAgencyToken", "400", "of-user-b", ""),
        ("KeystoneCreateAgencyToken", "401", "unknown", &agency),
        ("KeystoneCreateAgencyToken", "403", "of-powerless", &agency),
    ] {
        let document = iam(name);
        let reply = send(&app, &document, token, body).await;
        assert_eq!(reply.status.to_string(), status, "{reply:?}");
        for example in document.response_examples(status) {
            assert_eq!(reply.json(), *example);
            n_compared += 1;
        }
    }
    let document = iam("KeystoneValidateToken");
    let headers = [("x-auth-token", "of-user"), ("x-subject-token", "unknown")];
    let reply = app.send("GET", &document.path, &headers, "").await;
    let example = document
        .response_examples("404")
        .next()
        .expect("an example");
    assert_eq!((reply.status, &reply.json()), (404, example));
    assert_eq!(n_compared, 7);
}

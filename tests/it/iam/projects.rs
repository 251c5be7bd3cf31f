//! Lists of projects and of accounts.

use release_emulator::internals::world::settings::Auth;
use serde_json::{Value, json};

use super::{
    ACME, EAST, EMULATOR, error, forbidden, get, login, north, pipelines, strict, token, users,
};
use crate::common::{App, PROJECT, assert_same};

/// The id that a project of the name `cn-north-4` is given while nobody tells of one.
const MADE_OF_NORTH: &str = "06fd472945165ac04e7d6a710ff6ac16";

/// Fixed tokens for everybody.
fn with_tokens() -> App {
    let mut fixtures = users();
    let tokens = ["ann", "bob", "eve", "sam", "zoe"]
        .map(|user| json!({"token": format!("t-{user}"), "user": user}));
    fixtures["identities"]["tokens"] = json!(tokens);
    App::load(&fixtures)
}

/// The names of the projects that a caller is shown, with their ids.
async fn shown(app: &App, token: &str, query: &str) -> Vec<(String, String)> {
    let list = get(app, &format!("/v3/projects{query}"), token)
        .await
        .assert_status(200);
    let projects = list["projects"].as_array().expect("projects");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    projects
        .iter()
        .map(|project| (text(&project["name"]), text(&project["id"])))
        .collect()
}

fn pair(name: &str, id: &str) -> (String, String) {
    (name.to_owned(), id.to_owned())
}

#[tokio::test]
async fn a_name_finds_exactly_one_project_in_the_documented_shape() {
    let app = with_tokens();
    let headers = [("x-auth-token", "t-ann"), ("host", "emulator.test:4600")];

    let list = app
        .send("GET", "/v3/projects?name=cn-east-3", &headers, "")
        .await;

    let expected = json!({
        "links": {
            "self": "http://emulator.test:4600/v3/projects?name=cn-east-3",
            "previous": null,
            "next": null
        },
        "projects": [{
            "is_domain": false,
            "description": "",
            "links": {
                "self": format!("http://emulator.test:4600/v3/projects/{EAST}"),
                "previous": null,
                "next": null
            },
            "enabled": true,
            "id": EAST,
            "parent_id": ACME,
            "domain_id": ACME,
            "name": "cn-east-3"
        }]
    });
    assert_same(&list.assert_status(200), &expected);
}

#[tokio::test]
async fn without_a_name_a_user_is_shown_the_projects_of_theirs() {
    let app = with_tokens();
    let both = [pair("cn-north-4", PROJECT), pair("cn-east-3", EAST)];

    assert_eq!(shown(&app, "t-ann", "").await, both);
    assert_eq!(shown(&app, "t-bob", "").await, both[..1]);
    assert_eq!(
        shown(&app, "t-zoe", "").await,
        both,
        "who is limited to none is shown everybody's, one for each name"
    );
}

#[tokio::test]
async fn filters_leave_what_fits_all_of_them() {
    let app = with_tokens();
    let (north, east) = (pair("cn-north-4", PROJECT), pair("cn-east-3", EAST));
    let both = vec![north.clone(), east.clone()];
    for (query, expected) in [
        (format!("?domain_id={ACME}"), &both[..]),
        (format!("?domain_id={EMULATOR}"), &[]),
        (format!("?parent_id={ACME}"), &both),
        (format!("?parent_id={PROJECT}"), &[]),
        (format!("?parent_id={ACME}&name=cn-north-4"), &both[..1]),
        (format!("?parent_id={EAST}&name=cn-north-4"), &[]),
        ("?enabled=true".to_owned(), &both),
        ("?enabled=True".to_owned(), &both),
        ("?enabled=false".to_owned(), &[]),
        ("?is_domain=false".to_owned(), &both),
        ("?is_domain=true".to_owned(), &[]),
        ("?name=&domain_id=&enabled=".to_owned(), &both),
        ("?name=CN-NORTH-4".to_owned(), &[]),
        ("?unknown=1".to_owned(), &both),
    ] {
        assert_eq!(shown(&app, "t-ann", &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn pages_count_from_one_and_end_in_empty_ones() {
    let app = with_tokens();
    let (north, east) = (pair("cn-north-4", PROJECT), pair("cn-east-3", EAST));
    for (query, expected) in [
        ("?page=1&per_page=1", vec![north.clone()]),
        ("?page=2&per_page=1", vec![east.clone()]),
        ("?page=3&per_page=1", vec![]),
        ("?page=1&per_page=5000", vec![north, east]),
        // Twice as many as a machine can count, which is none at all if it is counted wrong.
        ("?page=9223372036854775809&per_page=2", vec![]),
    ] {
        assert_eq!(shown(&app, "t-ann", query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_parameter_that_cannot_be_read_is_named() {
    let app = with_tokens();
    for (query, named) in [
        ("?page=1", "per_page"),
        ("?per_page=1", "page"),
        ("?page=0&per_page=1", "page"),
        ("?page=-1&per_page=1", "page"),
        ("?page=one&per_page=1", "page"),
        ("?page=&per_page=1", "page"),
        ("?page=1&per_page=0", "per_page"),
        ("?page=1&per_page=5001", "per_page"),
        ("?page=1&per_page=many", "per_page"),
        ("?enabled=yes", "enabled"),
        ("?is_domain=0", "is_domain"),
        ("?enabled=false&is_domain=0", "is_domain"),
    ] {
        let reply = get(&app, &format!("/v3/projects{query}"), "t-ann").await;
        let text = format!("Request parameter {named} is invalid.");
        reply.assert_answer(400, &error("0007", &text));
    }
}

#[tokio::test]
async fn a_user_who_is_limited_to_projects_has_none_of_an_unknown_name() {
    let app = with_tokens();
    assert_eq!(shown(&app, "t-bob", "?name=ap-test-9").await, []);
    assert_eq!(shown(&app, "t-bob", "?name=cn-east-3").await, []);
}

#[tokio::test]
async fn an_unknown_caller_gets_one_project_for_every_name_always_with_the_same_id() {
    let (app, another) = (App::new(), App::new());
    let made = [pair("cn-north-4", MADE_OF_NORTH)];

    for (app, token) in [(&app, "t"), (&app, "another"), (&another, "t")] {
        assert_eq!(shown(app, token, "?name=cn-north-4").await, made);
    }
    let other = shown(&app, "t", "?name=cn-east-3").await;
    assert_eq!((other.len(), &*other[0].0), (1, "cn-east-3"));
    assert_ne!(other[0].1, MADE_OF_NORTH);
    assert_eq!(shown(&app, "t", "").await, []);

    get(&app, &pipelines(MADE_OF_NORTH), "t")
        .await
        .assert_status(200);
    let user = json!({"name": "x", "password": "x", "domain": {"name": "x"}});
    let order = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"name": "cn-north-4"}}}});
    let issued = login(&app, &order).await.assert_status(201);
    assert_eq!(issued["token"]["project"]["id"], MADE_OF_NORTH);
}

#[tokio::test]
async fn an_unknown_caller_finds_the_project_of_the_fixtures_by_its_name() {
    let app = with_tokens();
    let (north, east) = (pair("cn-north-4", PROJECT), pair("cn-east-3", EAST));

    assert_eq!(shown(&app, "whoever", "?name=cn-north-4").await, [north]);
    assert_eq!(shown(&app, "whoever", "?name=cn-east-3").await, [east]);
    let made = shown(&app, "whoever", "?name=ap-test-9").await;
    assert_eq!(
        made,
        [pair("ap-test-9", "be702556634a6144e6197f4b8485291f")]
    );
}

#[tokio::test]
async fn a_page_of_a_made_up_project_is_a_page_like_any() {
    let app = App::new();
    let first = shown(&app, "t", "?name=cn-north-4&page=1&per_page=10").await;
    let second = shown(&app, "t", "?name=cn-north-4&page=2&per_page=10").await;
    assert_eq!((first.len(), second.len()), (1, 0));
}

#[tokio::test]
async fn a_list_of_projects_takes_its_permission() {
    let app = with_tokens();
    for user in ["eve", "sam"] {
        let reply = get(&app, "/v3/projects?name=cn-north-4", &format!("t-{user}")).await;
        reply.assert_answer(403, &forbidden());
        reply.assert_hint(&format!("{user} is allowed ["));
    }
}

#[tokio::test]
async fn the_project_of_an_issued_token_does_not_narrow_the_list() {
    let app = strict();
    let token = token(&app, "ann", north()).await;
    assert_eq!(shown(&app, &token, "").await.len(), 2);
}

#[tokio::test]
async fn accounts_are_one_in_the_documented_shape_and_take_no_permission() {
    let app = with_tokens();
    let ask = async |token: &str| {
        let headers = [("x-auth-token", token), ("host", "emulator.test:4600")];
        let reply = app.send("GET", "/v3/auth/domains", &headers, "").await;
        reply.assert_status(200)
    };
    let expected = |id: &str, name: &str| {
        json!({
            "domains": [{
                "description": "",
                "enabled": true,
                "id": id,
                "links": {"self": format!("http://emulator.test:4600/v3/domains/{id}")},
                "name": name
            }],
            "links": {"self": "http://emulator.test:4600/v3/auth/domains"}
        })
    };

    assert_same(&ask("t-eve").await, &expected(ACME, "acme"));
    assert_same(&ask("t-zoe").await, &expected(EMULATOR, "emulator"));
    assert_same(&ask("whoever").await, &expected(EMULATOR, "emulator"));
}

#[tokio::test]
async fn the_account_that_a_login_answers_is_the_one_that_its_token_is_shown() {
    for auth in [Auth::Shape, Auth::Strict] {
        let app = App::build(|settings| settings.auth = auth, &users());
        for (user, id) in [("ann", ACME), ("zoe", EMULATOR)] {
            let token = token(&app, user, json!(null)).await;

            let domains = get(&app, "/v3/auth/domains", &token)
                .await
                .assert_status(200);
            assert_eq!(domains["domains"][0]["id"], id, "{user}");
        }
    }
}

#[tokio::test]
async fn a_user_whom_nobody_knows_is_shown_the_account_of_their_login() {
    let app = App::new();
    let user = json!({"name": "whoever", "password": "any", "domain": {"name": "umbrella"}});
    let order =
        json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
    let reply = login(&app, &order).await;
    let token = reply.header("x-subject-token");
    let account = reply.assert_status(201)["token"]["domain"].clone();

    let domains = get(&app, "/v3/auth/domains", token)
        .await
        .assert_status(200);
    let projects = get(&app, "/v3/projects?name=cn-north-4", token)
        .await
        .assert_status(200);

    let shown = &domains["domains"][0];
    assert_eq!(
        (&shown["id"], &shown["name"]),
        (&account["id"], &account["name"])
    );
    assert_eq!(projects["projects"][0]["domain_id"], account["id"]);
}

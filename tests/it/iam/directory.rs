//! The directory of services, and single projects.

use serde_json::{Value, json};

use super::{
    ACME, EAST, error, get, keystone, login, north, strict, strict_with_agencies, token, users,
};
use crate::common::{App, PROJECT, assert_same};

const HOST: &str = "http://emulator.test:4600";

/// The body of a successful GET at [`HOST`].
async fn shown(app: &App, path: &str, token: &str) -> Value {
    let headers = [("x-auth-token", token), ("host", "emulator.test:4600")];
    app.send("GET", path, &headers, "").await.assert_status(200)
}

/// The links of a list or a resource.
fn links(path: &str) -> Value {
    json!({"self": format!("{HOST}{path}"), "previous": null, "next": null})
}

#[tokio::test]
async fn the_catalog_is_that_of_the_token() {
    let app = strict();
    let reply = login(&app, &super::body("ann", &north())).await;
    let scoped = reply.header("x-subject-token");
    let unscoped = token(&app, "ann", json!(null)).await;

    let catalog = shown(&app, "/v3/auth/catalog", scoped).await;
    let of_account = shown(&app, "/v3/auth/catalog", &unscoped).await;

    let services = catalog["catalog"].as_array().unwrap();
    let names: Vec<_> = services.iter().map(|service| &service["name"]).collect();
    assert_eq!(names, ["iam", "asm", "servicestage"]);
    let url = &services[1]["endpoints"][0]["url"];
    assert_eq!(*url, format!("{HOST}/v1/{PROJECT}"));
    assert_same(
        &catalog["links"],
        &json!({"self": format!("{HOST}/v3/auth/catalog")}),
    );
    assert_eq!(
        reply.json()["token"]["catalog"].as_array().unwrap().len(),
        3
    );
    assert_eq!(of_account["catalog"].as_array().unwrap().len(), 1);
    assert_eq!(of_account["catalog"][0], catalog["catalog"][0]);
}

#[tokio::test]
async fn services_are_the_emulated_ones_in_the_documented_shape() {
    let app = App::new();

    let all = shown(&app, "/v3/services", "t").await;
    let identity = shown(&app, "/v3/services?type=identity", "t").await;
    let none = shown(&app, "/v3/services?type=volume", "t").await;

    let id = "82ef6d0d360ab42cdcd94a0ae8a1030a";
    let iam = json!({
        "enabled": true,
        "id": id,
        "links": links(&format!("/v3/services/{id}")),
        "name": "iam",
        "type": "identity"
    });
    assert_same(
        &identity,
        &json!({"links": links("/v3/services?type=identity"), "services": [iam]}),
    );
    let all = all["services"].as_array().unwrap();
    let types: Vec<_> = all.iter().map(|service| &service["type"]).collect();
    assert_eq!(types, ["identity", "asm", "servicestage"]);
    assert_eq!(none["services"], json!([]));
}

#[tokio::test]
async fn endpoints_are_those_of_the_callers_regions_and_of_the_catalog() {
    let app = strict();
    let ann = token(&app, "ann", north()).await;
    let bob = token(&app, "bob", north()).await;

    let of_ann = shown(&app, "/v3/endpoints", &ann).await;
    let of_bob = shown(&app, "/v3/endpoints", &bob).await;
    let catalog = shown(&app, "/v3/auth/catalog", &bob).await;

    let endpoints = of_ann["endpoints"].as_array().unwrap();
    let places: Vec<_> = endpoints
        .iter()
        .map(|endpoint| {
            (
                endpoint["region"].as_str().unwrap(),
                endpoint["url"].as_str().unwrap(),
            )
        })
        .collect();
    let (asm, stage) = (
        format!("{HOST}/v1/$(tenant_id)s"),
        format!("{HOST}/v3/$(tenant_id)s"),
    );
    let iam = format!("{HOST}/v3");
    assert_eq!(
        places,
        [
            ("*", iam.as_str()),
            ("cn-north-4", &asm),
            ("cn-east-3", &asm),
            ("cn-north-4", &stage),
            ("cn-east-3", &stage)
        ]
    );
    let ids = |list: &Value| -> Vec<Value> {
        let list = list.as_array().unwrap();
        list.iter().map(|item| item["id"].clone()).collect()
    };
    let in_catalog = catalog["catalog"].as_array().unwrap().iter();
    let in_catalog = in_catalog.map(|service| service["endpoints"][0]["id"].clone());
    assert_eq!(ids(&of_bob["endpoints"]), in_catalog.collect::<Vec<_>>());
    let id = endpoints[0]["id"].as_str().unwrap();
    assert_same(
        &endpoints[0],
        &json!({
            "enabled": true,
            "id": id,
            "interface": "public",
            "links": links(&format!("/v3/endpoints/{id}")),
            "region": "*",
            "region_id": "*",
            "service_id": "82ef6d0d360ab42cdcd94a0ae8a1030a",
            "url": iam
        }),
    );
}

#[tokio::test]
async fn endpoints_are_filtered_by_interface_and_service() {
    let app = App::new();
    let service = "5f13857cb2af30d58190644f2927daf8";
    for (query, n) in [
        ("", 3),
        ("?interface=public", 3),
        ("?interface=internal", 0),
        ("?interface=admin", 0),
        ("?interface=", 3),
        (&*format!("?service_id={service}"), 1),
        ("?service_id=nope", 0),
    ] {
        let list = shown(&app, &format!("/v3/endpoints{query}"), "t").await;
        assert_eq!(list["endpoints"].as_array().unwrap().len(), n, "{query}");
    }
    let reply = get(&app, "/v3/endpoints?interface=private", "t").await;
    reply.assert_answer(
        400,
        &error("0007", "Request parameter interface is invalid."),
    );
    reply.assert_hint("interface must be public, internal or admin");
}

#[tokio::test]
async fn regions_are_those_of_the_callers_projects() {
    let mut fixtures = users();
    let shop = json!({"id": "p2", "name": "cn-north-4_shop"});
    let projects = fixtures["identities"]["users"][0]["projects"].as_array_mut();
    projects.unwrap().push(shop);
    fixtures["identities"]["tokens"] = json!([{"token": "of-ann", "user": "ann"}]);
    let app = App::load(&fixtures);

    let of_ann = shown(&app, "/v3/regions", "of-ann").await;
    let without = shown(&App::new(), "/v3/regions", "t").await;

    let region = |id: &str| {
        json!({
            "description": "",
            "id": id,
            "links": {"self": format!("{HOST}/v3/regions/{id}")},
            "locales": {"en-us": id, "zh-cn": id},
            "parent_region_id": null,
            "type": "public"
        })
    };
    assert_same(
        &of_ann,
        &json!({"links": links("/v3/regions"), "regions": [region("cn-north-4"), region("cn-east-3")]}),
    );
    assert_same(&without["regions"], &json!([region("cn-north-4")]));
}

#[tokio::test]
async fn a_project_is_shown_by_its_id_to_those_who_may_enter_it() {
    let app = strict();
    let (ann, bob) = (
        token(&app, "ann", north()).await,
        token(&app, "bob", north()).await,
    );
    let path = format!("/v3/projects/{EAST}");

    let project = shown(&app, &path, &ann).await;
    let hidden = get(&app, &path, &bob).await;

    let expected = json!({
        "is_domain": false,
        "description": "",
        "links": links(&path),
        "enabled": true,
        "id": EAST,
        "parent_id": ACME,
        "domain_id": ACME,
        "name": "cn-east-3"
    });
    assert_same(&project, &json!({"project": expected}));
    let text = format!("Could not find project: {EAST}.");
    hidden.assert_answer(404, &keystone(404, &text, "Not Found"));
    hidden.assert_hint("bob may enter [cn-north-4");
    let any = shown(&App::new(), "/v3/projects/p9", "t").await;
    assert_eq!(any["project"]["id"], "p9");
}

#[tokio::test]
async fn accessible_projects_are_listed_in_the_documented_shape() {
    let app = strict_with_agencies();
    let ann = token(&app, "ann", north()).await;

    let of_ann = shown(&app, "/v3/auth/projects", &ann).await;

    let project = |id: &str, name: &str| {
        json!({
            "is_domain": false,
            "description": "",
            "links": {"self": format!("{HOST}/v3/projects/{id}")},
            "enabled": true,
            "id": id,
            "parent_id": ACME,
            "domain_id": ACME,
            "name": name
        })
    };
    assert_same(
        &of_ann,
        &json!({
            "links": {"self": format!("{HOST}/v3/auth/projects")},
            "projects": [project(PROJECT, "cn-north-4"), project(EAST, "cn-east-3")]
        }),
    );
}

//! The reads of projects, environments, registries and services.

use release_emulator::internals::world::settings::{Fidelity, References, ZadigGeneration};
use serde_json::{Value, json};

use super::*;
use crate::common::golden;

const PROJECTS: &str = "/openapi/projects/project";
const ENVIRONMENTS: &str = "/openapi/environments";
const REGISTRIES: &str = "/openapi/system/registry";
const SERVICES: &str = "/openapi/service/yaml";

/// Asserts that an answer has everything that a documented one has; the documents leave out some keys.
#[track_caller]
fn assert_has(answer: &Value, documented: &Value) {
    match (answer, documented) {
        (Value::Object(answer), Value::Object(documented)) => {
            for (key, value) in documented {
                assert_has(answer.get(key).unwrap_or_else(|| panic!("no {key}")), value);
            }
        }
        (Value::Array(answer), Value::Array(documented)) => {
            assert_eq!(answer.len(), documented.len());
            answer
                .iter()
                .zip(documented)
                .for_each(|(one, other)| assert_has(one, other));
        }
        _ => assert_eq!(answer, documented),
    }
}

fn with_project(key: &str, part: &str, value: &Value) -> App {
    App::load(&json!({"zadig": {"projects": [{"key": key, part: value}]}}))
}

async fn send(app: &App, token: &str, path: &str) -> Reply {
    let bearer = format!("Bearer {token}");
    app.send("GET", path, &[("authorization", &bearer)], "")
        .await
}

#[tokio::test]
async fn the_documented_answers_come_back() {
    for (key, part, value, path, expected) in [
        (
            "p",
            "environments",
            golden("zadig_environments.json"),
            format!("{ENVIRONMENTS}?projectKey=p"),
            golden("zadig_environments.json"),
        ),
        (
            "p",
            "environments",
            golden("zadig_production_environments.json"),
            format!("{ENVIRONMENTS}/production?projectKey=p"),
            golden("zadig_production_environments.json"),
        ),
        (
            "simple-demo",
            "environments",
            json!([golden("zadig_environment.json")]),
            format!("{ENVIRONMENTS}/dev?projectKey=simple-demo"),
            golden("zadig_environment.json"),
        ),
        (
            "simple-demo",
            "environments",
            json!([but_production(golden("zadig_production_environment.json"))]),
            format!("{ENVIRONMENTS}/production/prod?projectKey=simple-demo"),
            golden("zadig_production_environment.json"),
        ),
        (
            "p",
            "registries",
            golden("zadig_registries.json"),
            REGISTRIES.to_owned(),
            golden("zadig_registries.json"),
        ),
        (
            "p",
            "registries",
            golden("zadig_registries.json"),
            format!("{REGISTRIES}/6308815592****995e813035"),
            golden("zadig_registry.json"),
        ),
        (
            "p",
            "service_templates",
            golden("zadig_services.json"),
            format!("{SERVICES}/services?projectKey=p"),
            golden("zadig_services.json"),
        ),
        (
            "p",
            "service_templates",
            json!([but_production(golden("zadig_services.json")[0].clone())]),
            format!("{SERVICES}/production/services?projectKey=p"),
            golden("zadig_services.json"),
        ),
        (
            "p",
            "service_templates",
            json!([golden("zadig_service.json")]),
            format!("{SERVICES}/service2?projectKey=p"),
            golden("zadig_service.json"),
        ),
        (
            "p",
            "service_templates",
            json!([but_production(golden("zadig_service.json"))]),
            format!("{SERVICES}/production/service2?projectKey=p"),
            golden("zadig_service.json"),
        ),
    ] {
        let app = with_project(key, part, &value);
        let answer = app.get(&path).await.assert_status(200);
        assert_has(&answer, &expected);
    }
}

fn but_production(mut value: Value) -> Value {
    value["production"] = json!(true);
    value
}

#[tokio::test]
async fn the_documented_projects_come_back() {
    let list = golden("zadig_projects.json");
    let mut projects = list["projects"].clone();
    let detail = golden("zadig_project.json");
    projects[0]["create_time"] = detail["create_time"].clone();
    projects[0]["created_by"] = detail["created_by"].clone();
    let app = App::load(&json!({"zadig": {"projects": projects}}));
    let answer = app.get(PROJECTS).await.assert_status(200);
    assert_has(&answer["projects"], &list["projects"]);
    assert_eq!(answer["total"], 2);
    let answer = app
        .get(&format!("{PROJECTS}/detail?projectKey=lilian-test"))
        .await;
    assert_eq!(
        answer.text(),
        r#"{"project_name":"lilian-test","project_key":"lilian-test","is_public":false,"desc":"","deploy_type":"k8s","create_time":1686134245,"created_by":"admin"}"#
    );
}

/// Two environments of one name, with the same service; users with one role each.
fn shop() -> Value {
    let container =
        json!({"name": "web", "image": "reg.io/ns/web:1", "image_path": {"repo": "a", "tag": "b"}});
    let web = json!({"name": "web", "containers": [container]});
    let user = |name: &str| json!({"token": name, "name": name, "projects": {"shop": [name]}});
    json!({
        "zadig": {"projects": [
            {"key": "shop", "update_time": 5,
             "environments": [
                {"name": "dev", "alias": "Development", "services": [web]},
                {"name": "dev", "production": true, "registry_id": "r1", "services": [
                    {"name": "cache", "chart": "redis", "containers": [{"name": "redis", "image": "redis:7"}]}]}],
             "registries": [
                {"id": "r1", "address": "reg.io"}, {"id": "r2", "address": "two.io", "is_default": true}]},
            {"key": "mall", "update_time": 7, "registries": [{"id": "r1", "address": "reg.io"}]},
            {"key": "park", "update_time": 7, "public": true, "environments": [{"name": "dev"}]}]},
        "identities": {"zadig_users": [
            user("get_environment"), user("get_production_environment"), user("project_admin"), user("get_delivery"),
            {"token": "nobody", "name": "nobody"}, {"token": "root", "name": "root", "admin": true}]}
    })
}

#[tokio::test]
async fn the_last_changed_project_comes_first_and_users_see_theirs() {
    let app = App::load(&shop());
    app.create_k8s(k8s("v1")).await.assert_status(200);
    for (token, query, keys, total) in [
        ("root", "", "mall park shop demo", 4),
        ("root", "pageSize=2&pageNum=2", "shop demo", 4),
        ("root", "pageNum=3&pageSize=2", "", 4),
        ("get_delivery", "", "park shop", 2),
        ("nobody", "", "park", 1),
    ] {
        let list = send(&app, token, &format!("{PROJECTS}?{query}"))
            .await
            .assert_status(200);
        let listed = list["projects"].as_array().unwrap().iter();
        let listed: Vec<_> = listed
            .map(|known| known["project_key"].as_str().unwrap())
            .collect();
        assert_eq!(
            (listed.join(" "), &list["total"]),
            (keys.to_owned(), &json!(total)),
            "{token} {query}"
        );
    }
}

#[tokio::test]
async fn a_list_of_no_projects_has_its_keys_in_another_order_for_users() {
    let user = json!({"identities": {"zadig_users": [{"token": "nobody", "name": "nobody"}]}});
    let app = App::load(&user);
    assert_eq!(
        app.get(PROJECTS).await.text(),
        r#"{"total":0,"projects":[]}"#
    );
    let reply = send(&app, "nobody", PROJECTS).await;
    assert_eq!(reply.text(), r#"{"projects":[],"total":0}"#);
}

#[tokio::test]
async fn a_page_of_projects_must_be_one() {
    let app = App::new();
    for query in ["pageSize=x", "pageNum=1.5"] {
        let reply = app.get(&format!("{PROJECTS}?{query}")).await;
        reply.assert_reply(400, &bad_request("invalid ListProjectOpenAPI params"));
    }
    for (query, text) in [
        ("pageSize=0", "(Location15958) the limit must be positive"),
        ("pageSize=", "(Location15958) the limit must be positive"),
        ("pageSize=-5", "(Location15958) the limit must be positive"),
        (
            "pageNum=0",
            "(Location5107200) invalid argument to $skip stage: Expected a non-negative number in: $skip: -20",
        ),
    ] {
        let reply = app.get(&format!("{PROJECTS}?{query}")).await;
        reply.assert_reply(500, &internal(text));
        reply.assert_hinted("must be 1 or more");
    }
}

#[tokio::test]
async fn a_project_is_shown_to_whoever_has_a_role_in_it() {
    let mut state = shop();
    state["zadig"]["projects"][2]["public"] = json!(false);
    let app = App::load(&state);
    let shop = format!("{PROJECTS}/detail?projectKey=shop");
    for token in ["root", "get_delivery", "any"] {
        send(&app, token, &shop).await.assert_status(200);
    }
    // Who has no role anywhere is refused first.
    for path in [&*shop, &format!("{PROJECTS}/detail")] {
        send(&app, "nobody", path).await.assert_reply(403, "");
    }
    for token in ["root", "get_delivery"] {
        let reply = send(&app, token, &format!("{PROJECTS}/detail?projectKey=")).await;
        reply.assert_reply(400, &bad_request("projectKey is empty"));
        let reply = send(&app, token, &format!("{PROJECTS}/detail?projectKey=shot")).await;
        reply.assert_reply(403, "");
        reply.assert_hinted("did you mean shop?");
    }
    let reply = send(
        &app,
        "get_delivery",
        &format!("{PROJECTS}/detail?projectKey=mall"),
    )
    .await;
    reply.assert_reply(403, "");
}

#[tokio::test]
async fn environments_are_listed_with_their_alias_and_registry() {
    let app = App::load(&shop());
    let reply = app.get(&format!("{ENVIRONMENTS}?projectKey=shop")).await;
    reply.assert_hinted("env_key");
    assert_eq!(
        reply.text(),
        r#"[{"env_name":"dev","envName":"Development","env_key":"dev","cluster_id":"","namespace":"shop-env-dev","production":false,"registry_id":"r2","status":"success","update_by":"","update_time":0}]"#
    );
    let strict = App::build(|settings| settings.fidelity = Fidelity::Strict, &shop());
    let reply = strict
        .get(&format!("{ENVIRONMENTS}/production?projectKey=shop"))
        .await;
    assert_eq!(
        reply.text(),
        r#"[{"env_key":"dev","cluster_id":"","namespace":"shop-env-dev","production":true,"registry_id":"r1","status":"success","update_by":"","update_time":0}]"#
    );
}

#[tokio::test]
async fn who_may_not_see_environments_sees_none() {
    let app = App::load(&shop());
    for (token, test, production) in [
        ("root", 1, 1),
        ("project_admin", 1, 1),
        ("get_environment", 1, 0),
        ("get_production_environment", 0, 1),
        ("get_delivery", 0, 0),
        ("nobody", 0, 0),
    ] {
        for (path, n) in [
            (ENVIRONMENTS.to_owned(), test),
            (format!("{ENVIRONMENTS}/production"), production),
        ] {
            let missing = send(&app, token, &path).await;
            missing.assert_reply(400, &bad_request("projectKey is empty"));
            let list = send(&app, token, &format!("{path}?projectKey=shop")).await;
            assert_eq!(list.json().as_array().unwrap().len(), n, "{token} {path}");
            if n == 0 {
                list.assert_reply(200, "[]");
            }
            let unknown = send(&app, token, &format!("{path}?projectKey=unknown")).await;
            unknown.assert_reply(200, "[]");
        }
    }
    // Of a public project every user sees the environments.
    let public = send(&app, "nobody", &format!("{ENVIRONMENTS}?projectKey=park")).await;
    assert_eq!(public.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_environment_is_shown_as_each_generation_spells_it() {
    for (generation, image_path) in [
        (ZadigGeneration::V3, "imagePath"),
        (ZadigGeneration::V4, "image_path"),
    ] {
        let app = App::build(|settings| settings.zadig = Some(generation), &shop());
        let reply = send(
            &app,
            "nobody",
            &format!("{ENVIRONMENTS}/dev?projectKey=shop"),
        )
        .await;
        let expected = format!(
            r#"{{"project_key":"shop","env_key":"dev","update_by":"","update_time":0,"cluster_id":"","namespace":"shop-env-dev","registry_id":"","env_name":"Development","global_variables":[],"services":[{{"service_name":"web","containers":[{{"name":"web","type":"","image":"reg.io/ns/web:1","image_name":"web","{image_path}":{{"repo":"a","tag":"b"}}}}],"variable_kvs":[],"status":"running","type":"k8s"}}],"status":"success"}}"#
        );
        assert_eq!(reply.text(), expected);
    }
    let app = App::load(&shop());
    let reply = app
        .get(&format!("{ENVIRONMENTS}/production/dev?projectKey=shop"))
        .await;
    let chart = &reply.json()["services"][0];
    assert_eq!(
        (&chart["type"], &chart["status"]),
        (&json!("helm"), &json!(""))
    );
}

#[tokio::test]
async fn an_unknown_environment_is_a_500_with_a_hint() {
    let mut state = shop();
    state["zadig"]["projects"][0]["environments"][1]["name"] = json!("prod");
    let app = App::load(&state);
    for (path, hint) in [
        (
            "prod?projectKey=shop",
            "GET /openapi/environments/production/prod",
        ),
        (
            "production/dev?projectKey=shop",
            "GET /openapi/environments/dev",
        ),
        ("production/prot?projectKey=shop", "did you mean prod?"),
        ("dev?projectKey=shot", "did you mean shop?"),
        ("dev?projectKey=mall", "no test environment"),
    ] {
        let reply = app.get(&format!("{ENVIRONMENTS}/{path}")).await;
        reply.assert_reply(500, &internal("mongo: no documents in result"));
        reply.assert_hinted(hint);
    }
    let reply = app.get(&format!("{ENVIRONMENTS}/dev")).await;
    reply.assert_reply(400, &bad_request("projectKey can't be empty"));
}

#[tokio::test]
async fn an_environment_needs_the_templates_of_its_services_if_references_are_checked() {
    let mut state = shop();
    state["zadig"]["projects"][0]["service_templates"] = json!([
        {"name": "other"}, {"name": "web", "production": true}]);
    let path = format!("{ENVIRONMENTS}/dev?projectKey=shop");
    let app = App::load(&state);
    assert_eq!(app.get(&path).await.status, 200);
    let app = App::build(|settings| settings.references = References::Checked, &state);
    let reply = app.get(&path).await;
    reply.assert_reply(400, r#"{"code":6078,"description":"[ServiceTmpl.Find] web error: mongo: no documents in result","extra":{},"message":"获取环境失败","type":"error"}"#);
    reply.assert_hinted("the service_templates of project shop have no web");
    // A chart has no such template.
    let production = format!("{ENVIRONMENTS}/production/dev?projectKey=shop");
    assert_eq!(app.get(&production).await.status, 200);
}

#[tokio::test]
async fn registries_are_listed_once_and_shown_to_administrators() {
    let app = App::load(&shop());
    let list = send(&app, "nobody", REGISTRIES).await;
    assert_eq!(
        list.text(),
        r#"[{"registry_id":"r1","address":"reg.io","provider":"","region":"","namespace":"","is_default":false},{"registry_id":"r2","address":"two.io","provider":"","region":"","namespace":"","is_default":true}]"#
    );
    let one = format!("{REGISTRIES}/r2");
    assert_eq!(app.get(&one).await.assert_status(200), list.json()[1]);
    for token in ["nobody", "project_admin"] {
        send(&app, token, &one).await.assert_reply(403, "");
    }
}

#[tokio::test]
async fn a_malformed_registry_id_finds_the_first_one_under_strict_fidelity() {
    let unknown = internal("mongo: no documents in result");
    let well_formed = format!("{REGISTRIES}/{}", "0".repeat(24));
    let app = App::load(&shop());
    for path in [&*well_formed, &format!("{REGISTRIES}/x")] {
        let reply = app.get(path).await;
        reply.assert_reply(500, &unknown);
        reply.assert_hinted("known registries: r1, r2");
    }
    let strict = App::build(|settings| settings.fidelity = Fidelity::Strict, &shop());
    strict.get(&well_formed).await.assert_reply(500, &unknown);
    let first = strict
        .get(&format!("{REGISTRIES}/x"))
        .await
        .assert_status(200);
    assert_eq!(first["registry_id"], "r1");
    let known = strict
        .get(&format!("{REGISTRIES}/r2"))
        .await
        .assert_status(200);
    assert_eq!(known["registry_id"], "r2");
    let empty = App::build(|settings| settings.fidelity = Fidelity::Strict, &json!({}));
    empty
        .get(&format!("{REGISTRIES}/x"))
        .await
        .assert_reply(500, &unknown);
}

#[tokio::test]
async fn services_are_those_of_templates_then_those_of_environments() {
    let mut state = shop();
    state["zadig"]["projects"][0]["service_templates"] = json!([
        {"name": "api", "source": "gitlab", "containers": [{"name": "api", "image": "api:1"}]},
        {"name": "chart", "type": "helm"},
        {"name": "api", "production": true}]);
    let app = App::load(&state);
    let list = send(
        &app,
        "nobody",
        &format!("{SERVICES}/services?projectKey=shop"),
    )
    .await;
    assert_eq!(
        list.text(),
        r#"[{"service_name":"api","source":"gitlab","type":"k8s","containers":[{"name":"api","image":"api:1","image_name":"api"}]},{"service_name":"web","source":"spock","type":"k8s","containers":[{"name":"web","image":"reg.io/ns/web:1","image_name":"web"}]}]"#
    );
    let list = app
        .get(&format!("{SERVICES}/production/services?projectKey=shop"))
        .await;
    assert_eq!(
        list.text(),
        r#"[{"service_name":"api","source":"spock","type":"k8s","containers":[]}]"#
    );
    let web = app.get(&format!("{SERVICES}/web?projectKey=shop")).await;
    assert_eq!(
        web.text(),
        r#"{"service_name":"web","source":"spock","type":"k8s","template_name":"","created_by":"","created_time":0,"yaml":"","containers":[{"name":"web","type":"","image":"reg.io/ns/web:1","image_name":"web","imagePath":{"repo":"a","tag":"b"}}],"service_variable_kvs":[]}"#
    );
}

#[tokio::test]
async fn an_unknown_service_or_project_is_refused_in_the_services_words() {
    let app = App::load(&shop());
    let none = "mongo: no documents in result";
    for path in ["services", "production/services", "web", "production/web"] {
        let reply = app.get(&format!("{SERVICES}/{path}")).await;
        reply.assert_reply(400, &bad_request("projectKey cannot be empty"));
    }
    let reply = app.get(&format!("{SERVICES}/wep?projectKey=shop")).await;
    reply.assert_reply(
        500,
        &internal(&format!(
            "failed to get service from db, projectKey: shop, serviceName: wep, error: {none}"
        )),
    );
    reply.assert_hinted("did you mean web?");
    let reply = app
        .get(&format!("{SERVICES}/production/web?projectKey=shop"))
        .await;
    reply.assert_reply(
        500,
        &internal(&format!(
            "failed to get production service from db, projectKey: shop, serviceName: web, error: 获取模板失败: [ServiceTmpl.Find] web error: {none}"
        )),
    );
    let checked = App::build(
        |settings| settings.references = References::Checked,
        &shop(),
    );
    for path in ["services", "production/services"] {
        let unknown = format!("{SERVICES}/{path}?projectKey=shot");
        let reply = app.get(&unknown).await;
        reply.assert_reply(200, "[]");
        reply.assert_hinted("did you mean shop?");
        let reply = checked.get(&unknown).await;
        reply.assert_reply(
            500,
            &internal(&format!(
                "failed to list service from db, projectKey: shot, error:列出模板失败: {none}"
            )),
        );
    }
}

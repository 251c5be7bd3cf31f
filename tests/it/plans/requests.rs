//! Accepted, carried and refused fields, one by one.

use axum::body::Body;
use serde_json::{Value, json};

use super::{body, component, create, five, path};
use crate::common::{App, CREDENTIALS, NOON, assert_same};

/// A body that says everything that is documented.
fn full() -> Value {
    json!({
        "name": "release-full",
        "components": [{
            "seq": 0,
            "component_id": "0a7b",
            "name": "web",
            "workload_name": "web-1",
            "labels": [{"key": "app", "value": "web"}],
            "create_mode": "deploy",
            "runtime_stack": {"name": "Docker", "type": "Docker", "deploy_mode": "container"},
            "version": "1.0.0",
            "source": {"kind": "image", "url": "swr/web:1.0.0"},
        }],
        "desc": "All of it.",
        "fail_strategy": "continue",
        "action": "upgrade",
        "swimlane_id": "lane-1",
    })
}

#[tokio::test]
async fn a_created_plan_is_answered_whole() {
    let app = App::new();

    let reply = app.post(&path(""), full()).await;

    let created = reply.assert_status(200);
    let id = created["id"].as_str().expect("an id");
    assert_eq!(
        uuid::Uuid::parse_str(id).expect("a uuid").get_version_num(),
        4
    );
    assert_same(
        &created,
        &json!({
            "id": id,
            "action": "upgrade",
            "swimlane_id": "lane-1",
            "desc": "All of it.",
            "components": full()["components"],
            "name": "release-full",
            "fail_strategy": "continue",
            "status": "CREATED",
            "create_time": NOON,
            "modify_time": 0,
            "execute_time": 0,
            "creator": "emulator",
        }),
    );
    assert_same(
        &app.get(&path(&format!("/{id}"))).await.assert_status(200),
        &created,
    );
    assert_eq!(
        reply.header("x-emulator-evidence"),
        "inferred; operation=CreateReleasePlan; fields=*"
    );
    assert_eq!(reply.header("x-emulator-hint"), "");
}

#[tokio::test]
async fn what_is_absent_or_null_has_its_default() {
    let app = App::new();
    for (n, absent) in [
        json!({}),
        json!({"desc": null, "fail_strategy": null, "action": null, "swimlane_id": null}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = body(&format!("release-{n}"), &five());
        body.as_object_mut()
            .unwrap()
            .extend(absent.as_object().unwrap().clone());
        let created = app.post(&path(""), body).await.assert_status(200);
        assert_eq!(created["desc"], "");
        assert_eq!(created["fail_strategy"], "stop");
        assert_eq!(created["action"], "create");
        assert_eq!(created["swimlane_id"], "");
    }
}

#[tokio::test]
async fn the_creator_is_the_caller() {
    let identities = json!({"users": [{"name": "wzh", "password": "p", "domain": "d"}],
        "tokens": [{"token": "of-wzh", "user": "wzh"}]});
    let app = App::load(&json!({ "identities": identities }));

    let body = body("release-a", &five()).to_string();
    let reply = app
        .send("POST", &path(""), &[("x-auth-token", "of-wzh")], body)
        .await;

    assert_eq!(reply.assert_status(200)["creator"], "wzh");
}

#[tokio::test]
async fn components_are_carried_byte_for_byte() {
    let app = App::new();
    let web = r#"{"limit_cpu":1.50,"name":"web","big":10000000000000000000000,"z":1,"z":2,"component_id":"c","runtime_stack":{"b":1e2,"a":"\u00e9"},"seq":7}"#;
    let text = format!(
        r#"{{"name":"release-a","components":[ {} ]}}"#,
        web.replace(',', " , ")
    );

    let reply = app.send("POST", &path(""), CREDENTIALS, text).await;

    assert!(
        reply.text().contains(&format!(r#""components":[{web}]"#)),
        "{}",
        reply.text()
    );
}

#[tokio::test]
async fn a_component_to_be_created_is_given_an_id() {
    let app = App::new();
    let text = r#"{"name":"release-a","components":[
        {"version":"1.0","runtime_stack":{},"name":"web","seq":1},
        {"component_id":"","name":"db","replica":1.0,"seq":0,"runtime_stack":{}},
        {"seq":0,"component_id":"mine","name":"api","runtime_stack":{}}]}"#;

    let reply = app.send("POST", &path(""), CREDENTIALS, text).await;

    let created = reply.assert_status(200);
    let id = |n: usize| {
        created["components"][n]["component_id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    for n in [0, 1] {
        assert!(uuid::Uuid::parse_str(&id(n)).is_ok(), "{}", id(n));
    }
    let expected = format!(
        r#""components":[{{"seq":1,"component_id":"{}","name":"web","version":"1.0","runtime_stack":{{}}}},{{"seq":0,"component_id":"{}","name":"db","replica":1.0,"runtime_stack":{{}}}},{{"seq":0,"component_id":"mine","name":"api","runtime_stack":{{}}}}]"#,
        id(0),
        id(1)
    );
    assert!(reply.text().contains(&expected), "{}", reply.text());
}

#[tokio::test]
async fn an_edit_replaces_what_can_be_edited() {
    let app = App::new();
    let id = create(&app, full()).await;
    app.advance(1_234).await;

    let edited = app
        .put(
            &path(&format!("/{id}")),
            body("release-b", &[component(9, "api")]),
        )
        .await
        .assert_status(200);

    assert_same(
        &edited,
        &json!({
            "id": id,
            "action": "upgrade",
            "swimlane_id": "lane-1",
            "desc": "",
            "components": [component(9, "api")],
            "name": "release-b",
            "fail_strategy": "stop",
            "status": "CREATED",
            "create_time": NOON,
            "modify_time": NOON + 1_234,
            "execute_time": 0,
            "creator": "emulator",
        }),
    );
    assert_same(
        &app.get(&path(&format!("/{id}"))).await.assert_status(200),
        &edited,
    );
}

#[tokio::test]
async fn unknown_fields_are_accepted_with_a_hint() {
    let app = App::new();
    let mut body = body("release-a", &five());
    body["descr"] = json!("?");
    let reply = app.post(&path(""), body.clone()).await;
    assert_eq!(
        reply.header("x-emulator-hint"),
        "unknown field descr was ignored, did you mean desc?"
    );
    let id = reply.assert_status(200)["id"].as_str().unwrap().to_owned();

    // Fields fixed at creation are unknown to an edit.
    body.as_object_mut().unwrap().remove("descr");
    body["action"] = json!("clone");
    body["swimlane_id"] = json!("lane-2");
    let reply = app.put(&path(&format!("/{id}")), body).await;
    assert_eq!(
        reply.header("x-emulator-hint"),
        "unknown field action was ignored; unknown field swimlane_id was ignored"
    );
    let edited = reply.assert_status(200);
    assert_eq!(
        (&edited["action"], &edited["swimlane_id"]),
        (&json!("create"), &json!(""))
    );
}

#[tokio::test]
async fn the_gateway_refuses_before_the_service_does() {
    let app = App::new();
    for (method, rest) in [
        ("GET", ""),
        ("POST", ""),
        ("GET", "/x"),
        ("PUT", "/x"),
        ("DELETE", "/x"),
        ("GET", "/x/deploy-info"),
        ("POST", "/x/execute"),
        ("POST", "/x/rollback"),
        ("POST", "/x/abort"),
    ] {
        let reply = app.send(method, &path(rest), &[], Body::empty()).await;
        assert_eq!(
            reply.assert_status(401)["error_code"],
            "APIGW.0301",
            "{method} {rest}"
        );
        let reply = app.send("PATCH", &path(rest), &[], Body::empty()).await;
        assert_eq!(
            reply.assert_status(405)["error_code"],
            "APIGW.0101",
            "{method} {rest}"
        );
    }
    assert_eq!(
        app.get(&path("/x/retry")).await.assert_status(404)["error_code"],
        "APIGW.0101"
    );
    assert_eq!(
        app.get("/v3/{project_id}/cas/release-plans").await.status,
        400
    );
}

#[tokio::test]
async fn each_operation_needs_its_permission() {
    let caller = |actions: Value| {
        json!({"identities": {"users": [{"name": "u", "password": "p", "domain": "d", "actions": actions}],
            "tokens": [{"token": "t", "user": "u"}]}})
    };
    for (method, rest, action) in [
        ("POST", "", "servicestage::createReleasePlan"),
        ("PUT", "/x", "servicestage::modifyReleasePlan"),
        ("DELETE", "/x", "servicestage::deleteReleasePlan"),
        ("GET", "", "servicestage::listReleasePlan"),
        ("GET", "/x", "servicestage::getReleasePlan"),
        ("GET", "/x/deploy-info", "servicestage::getReleasePlan"),
        ("POST", "/x/execute", "servicestage::createReleasePlan"),
        ("POST", "/x/rollback", "servicestage::createReleasePlan"),
        ("POST", "/x/abort", "servicestage::createReleasePlan"),
    ] {
        let without = App::load(&caller(json!(["servicestage::other"])));
        let reply = without
            .send(method, &path(rest), &[("x-auth-token", "t")], Body::empty())
            .await;
        assert_eq!(
            reply.assert_status(403)["error_code"],
            "APIGW.0302",
            "{method} {rest}"
        );
        let with = App::load(&caller(json!([action])));
        let reply = with
            .send(method, &path(rest), &[("x-auth-token", "t")], Body::empty())
            .await;
        assert!(
            [200, 400, 404].contains(&reply.status),
            "{method} {rest}: {}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn commands_take_any_body() {
    let app = App::new();
    let id = create(&app, body("release-a", &five())).await;
    let reply = app
        .send(
            "POST",
            &path(&format!("/{id}/execute")),
            CREDENTIALS,
            "not json",
        )
        .await;
    assert_eq!((reply.status, reply.text().as_str()), (200, ""));
}

#[tokio::test]
async fn all_nine_operations_are_declared() {
    let app = App::new();
    let operations = app.get("/_emulator/v1/operations").await.assert_status(200);
    let operations = operations
        .as_array()
        .or(operations["operations"].as_array())
        .expect("a list")
        .clone();
    let mut declared: Vec<_> = operations
        .iter()
        .filter(|operation| operation["family"] == "plans")
        .map(|operation| {
            let text = |key: &str| operation[key].as_str().expect("a text").to_owned();
            let rest = text("path").replace("/v3/{project_id}/cas/release-plans", "");
            format!(
                "{} {} {rest} ({})",
                text("id"),
                text("method"),
                text("evidence")
            )
        })
        .collect();
    declared.sort();

    assert_eq!(
        declared,
        [
            "AbortReleasePlan POST /{release_plan_id}/abort (documented)",
            "CreateReleasePlan POST  (inferred)",
            "DeleteReleasePlan DELETE /{release_plan_id} (documented)",
            "ExecuteReleasePlan POST /{release_plan_id}/execute (documented)",
            "ListReleasePlans GET  (documented)",
            "RollbackReleasePlan POST /{release_plan_id}/rollback (documented)",
            "ShowReleasePlan GET /{release_plan_id} (documented)",
            "ShowReleasePlanDeployInfo GET /{release_plan_id}/deploy-info (documented)",
            "UpdateReleasePlan PUT /{release_plan_id} (documented)",
        ]
    );
}

#[tokio::test]
async fn the_openapi_document_spells_the_words_as_the_wire_does() {
    let openapi = App::new()
        .get("/_emulator/v1/openapi.json")
        .await
        .assert_status(200);
    let words = |name: &str| openapi["components"]["schemas"][name]["enum"].clone();

    assert_eq!(
        words("ReleasePlanAction"),
        json!(["create", "upgrade", "clone"])
    );
    assert_eq!(
        words("ReleasePlanFailStrategy"),
        json!(["stop", "continue"])
    );
    assert_eq!(
        words("ReleasePlanJobStatus"),
        json!(["CREATED", "RUNNING", "SUCCEEDED", "FAILED"])
    );
    assert_eq!(words("ReleasePlanStatus")[9], "ROLLBACK_FAILED");
}

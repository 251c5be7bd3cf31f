//! What is accepted, carried and refused, field by field.

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

/// Sends a text to create; answers what was wrong after `parameter invalid: `, and that nothing changed.
async fn wrong(app: &App, text: &str) -> String {
    let before = app.state().await;
    let reply = app
        .send("POST", &path(""), CREDENTIALS, text.to_owned())
        .await;
    let error = reply.expect(400);
    assert_eq!(error["error_code"], "SVCSTG.00100400", "{text}");
    assert_eq!(app.state().await, before, "{text}");
    let message = error["error_msg"].as_str().expect("a text");
    message
        .strip_prefix("parameter invalid: ")
        .expect("a prefix")
        .to_owned()
}

/// The same for a component among others.
async fn wrong_component(app: &App, component: Value) -> String {
    wrong(
        app,
        &body("release-a", &[super::component(0, "db"), component]).to_string(),
    )
    .await
}

#[tokio::test]
async fn a_created_plan_is_answered_whole() {
    let app = App::new();

    let reply = app.post(&path(""), full()).await;

    let created = reply.expect(200);
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
        &app.get(&path(&format!("/{id}"))).await.expect(200),
        &created,
    );
    assert_eq!(reply.header("x-emulator-evidence"), "inferred");
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
        let created = app.post(&path(""), body).await.expect(200);
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

    assert_eq!(reply.expect(200)["creator"], "wzh");
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

    let created = reply.expect(200);
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
async fn upgrade_and_clone_need_to_know_which_component() {
    let app = App::new();
    for action in ["upgrade", "clone"] {
        for absent in [json!(null), json!("")] {
            let mut web = component(0, "web");
            web["component_id"] = absent;
            let mut body = body("release-a", &[component(0, "db"), web]);
            body["action"] = json!(action);
            assert_eq!(
                wrong(&app, &body.to_string()).await,
                format!("components[1].component_id: is required for the action {action}")
            );
        }
        let mut body = body(&format!("release-{action}"), &five());
        body["action"] = json!(action);
        create(&app, body).await;
    }
}

#[tokio::test]
async fn an_upgrade_has_at_most_64_components() {
    let app = App::new();
    let some = |n: i64| (0..n).map(|seq| component(seq, "web")).collect::<Vec<_>>();
    let mut many = body("release-a", &some(65));

    many["action"] = json!("upgrade");
    let why = "components: 65 are more than the 64 of an upgrade";
    assert_eq!(wrong(&app, &many.to_string()).await, why);

    for (name, action, n) in [
        ("a-upgrade", "upgrade", 64),
        ("a-clone", "clone", 65),
        ("a-create", "create", 65),
    ] {
        let mut body = body(name, &some(n));
        body["action"] = json!(action);
        let id = create(&app, body).await;
        if action == "upgrade" {
            let reply = app
                .put(&path(&format!("/{id}")), super::body(name, &some(65)))
                .await;
            assert_eq!(
                reply.expect(400)["error_msg"],
                format!("parameter invalid: {why}")
            );
        }
    }
}

#[tokio::test]
async fn names_follow_the_rule() {
    let app = App::new();
    for (n, name) in ["ab", "Z9", "a-_b", &"a".repeat(64)]
        .into_iter()
        .enumerate()
    {
        create(&app, body(name, &[component(0, "web")])).await;
        create(&app, body(&format!("named-{n}"), &[component(0, name)])).await;
    }
    for name in [
        "",
        "a",
        "1a",
        "-a",
        "_a",
        "a-",
        "a_",
        "a b",
        "a.b",
        "äb",
        "aä",
        &"a".repeat(65),
    ] {
        let why = format!(
            "name: {name:?} is not 2 to 64 letters, digits, - and _ that begin with a letter and end with a \
             letter or a digit"
        );
        assert_eq!(
            wrong(&app, &body(name, &[component(0, "web")]).to_string()).await,
            why
        );
        assert_eq!(
            wrong_component(&app, component(0, name)).await,
            format!("components[1].{why}")
        );
    }
}

#[tokio::test]
async fn a_description_has_at_most_128_characters() {
    let app = App::new();
    let described = |n: usize| {
        let mut body = body("release-a", &five());
        body["desc"] = json!("ü".repeat(n));
        body
    };

    let why = wrong(&app, &described(129).to_string()).await;

    assert_eq!(why, "desc: 129 characters are more than 128");
    create(&app, described(128)).await;
}

#[tokio::test]
async fn what_is_required_must_be_there() {
    let app = App::new();
    assert_eq!(wrong(&app, "").await, "name: is required");
    assert_eq!(wrong(&app, r#"{"name":null}"#).await, "name: is required");
    assert_eq!(
        wrong(&app, r#"{"name":"release-a"}"#).await,
        "components: is required"
    );
    assert_eq!(
        wrong(&app, r#"{"name":"release-a","components":[]}"#).await,
        "components: must not be empty"
    );
    for key in ["seq", "name", "runtime_stack"] {
        let mut absent = component(0, "web");
        absent.as_object_mut().unwrap().remove(key);
        let why = format!("components[1].{key}: is required");
        assert_eq!(wrong_component(&app, absent).await, why);
        let mut null = component(0, "web");
        null[key] = Value::Null;
        assert_eq!(wrong_component(&app, null).await, why);
    }
}

#[tokio::test]
async fn wrong_types_and_values_of_a_component_are_refused_with_their_place() {
    let app = App::new();
    for (key, value, why) in [
        (
            "seq",
            json!("1"),
            "seq: invalid type: string \"1\", expected i64",
        ),
        (
            "seq",
            json!(1.5),
            "seq: invalid type: floating point `1.5`, expected i64",
        ),
        ("seq", json!(-1), "seq: -1 is less than 0"),
        (
            "component_id",
            json!(1),
            "component_id: invalid type: integer `1`, expected a string",
        ),
        (
            "name",
            json!(1),
            "name: invalid type: integer `1`, expected a string",
        ),
        (
            "workload_name",
            json!([]),
            "workload_name: invalid type: sequence, expected a string",
        ),
        (
            "labels",
            json!({}),
            "labels: invalid type: map, expected a sequence",
        ),
        (
            "labels",
            json!([["a", "b"]]),
            "labels[0]: invalid type: sequence, expected an object",
        ),
        (
            "labels",
            json!([{"key": 1}]),
            "labels[0].key: invalid type: integer `1`, expected a string",
        ),
        (
            "labels",
            json!([{"value": 1}]),
            "labels[0].value: invalid type: integer `1`, expected a string",
        ),
        (
            "create_mode",
            json!(true),
            "create_mode: invalid type: boolean `true`, expected a string",
        ),
        (
            "runtime_stack",
            json!([]),
            "runtime_stack: must be an object",
        ),
        (
            "runtime_stack",
            json!("Docker"),
            "runtime_stack: must be an object",
        ),
        (
            "version",
            json!(1),
            "version: invalid type: integer `1`, expected a string",
        ),
    ] {
        let mut component = component(0, "web");
        component[key] = value;
        assert_eq!(
            wrong_component(&app, component).await,
            format!("components[1].{why}")
        );
    }
    assert_eq!(
        wrong_component(&app, json!([0])).await,
        "components[1]: invalid type: sequence, expected an object"
    );
}

#[tokio::test]
async fn wrong_types_and_values_of_a_plan_are_refused_with_their_place() {
    let app = App::new();
    for (key, value, why) in [
        (
            "name",
            json!(1),
            "name: invalid type: integer `1`, expected a string",
        ),
        (
            "components",
            json!({}),
            "components: invalid type: map, expected a sequence",
        ),
        (
            "desc",
            json!(1),
            "desc: invalid type: integer `1`, expected a string",
        ),
        (
            "swimlane_id",
            json!(1),
            "swimlane_id: invalid type: integer `1`, expected a string",
        ),
        (
            "action",
            json!("rollback"),
            "action: \"rollback\" is none of create, upgrade, clone",
        ),
        (
            "action",
            json!({"create": null}),
            "action: invalid type: map, expected a string",
        ),
        (
            "fail_strategy",
            json!("STOP"),
            "fail_strategy: \"STOP\" is none of stop, continue",
        ),
        (
            "fail_strategy",
            json!(true),
            "fail_strategy: invalid type: boolean `true`, expected a string",
        ),
    ] {
        let mut body = body("release-a", &five());
        body[key] = value;
        let what = wrong(&app, &body.to_string()).await;
        assert!(what.starts_with(why), "{what}");
    }
    for text in ["[]", "1", "{", "null", "{} x"] {
        wrong(&app, text).await;
    }
}

#[tokio::test]
async fn names_are_unique_in_a_project() {
    let app = App::new();
    let first = create(&app, body("release-a", &five())).await;
    let second = create(&app, body("release-b", &five())).await;
    let taken = "name: \"release-a\" is already used in the project";

    assert_eq!(
        wrong(&app, &body("release-a", &five()).to_string()).await,
        taken
    );
    let before = app.state().await;
    let edited = app
        .put(&path(&format!("/{second}")), body("release-a", &five()))
        .await;
    assert_eq!(
        edited.expect(400)["error_msg"],
        format!("parameter invalid: {taken}")
    );
    assert_eq!(app.state().await, before);

    // A plan may keep its name, names of another project do not count, and a name that is given up is free.
    app.put(&path(&format!("/{first}")), body("release-a", &five()))
        .await
        .expect(200);
    app.post("/v3/another/cas/release-plans", body("release-a", &five()))
        .await
        .expect(200);
    app.put(&path(&format!("/{first}")), body("release-c", &five()))
        .await
        .expect(200);
    app.put(&path(&format!("/{second}")), body("release-a", &five()))
        .await
        .expect(200);
    app.delete(&path(&format!("/{second}"))).await.expect(200);
    create(&app, body("release-a", &five())).await;
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
        .expect(200);

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
        &app.get(&path(&format!("/{id}"))).await.expect(200),
        &edited,
    );
}

#[tokio::test]
async fn an_edit_is_checked_as_a_creation_is() {
    let app = App::new();
    let mut upgrade = body("release-a", &five());
    upgrade["action"] = json!("upgrade");
    let id = create(&app, upgrade).await;
    let mut nameless = component(0, "web");
    nameless.as_object_mut().unwrap().remove("component_id");
    let before = app.state().await;

    for (body, why) in [
        (json!({}), "name: is required"),
        (json!({"name": "release-a"}), "components: is required"),
        (body("release-a", &[]), "components: must not be empty"),
        (body("-", &five()), "name: \"-\" is not 2 to 64 letters"),
        (
            body("release-a", &[component(-1, "web")]),
            "components[0].seq: -1 is less than 0",
        ),
        (
            body("release-a", &[nameless]),
            "components[0].component_id: is required for the action upgrade",
        ),
        (
            json!({"name": "release-a", "components": five(), "desc": "d".repeat(129)}),
            "desc: 129 characters",
        ),
        (
            json!({"name": "release-a", "components": five(), "fail_strategy": "go"}),
            "fail_strategy: \"go\" is none",
        ),
    ] {
        let error = app.put(&path(&format!("/{id}")), body).await.expect(400);
        assert_eq!(error["error_code"], "SVCSTG.00100400");
        let message = error["error_msg"].as_str().unwrap();
        assert!(
            message.starts_with(&format!("parameter invalid: {why}")),
            "{message}"
        );
    }
    assert_eq!(app.state().await, before);
}

#[tokio::test]
async fn unknown_fields_are_accepted_with_a_hint() {
    let app = App::new();
    let mut body = body("release-a", &five());
    body["descr"] = json!("?");
    let reply = app.post(&path(""), body.clone()).await;
    assert_eq!(
        reply.header("x-emulator-hint"),
        "the body's field descr is not known and was ignored"
    );
    let id = reply.expect(200)["id"].as_str().unwrap().to_owned();

    // What is fixed at creation is unknown to an edit.
    body.as_object_mut().unwrap().remove("descr");
    body["action"] = json!("clone");
    body["swimlane_id"] = json!("lane-2");
    let reply = app.put(&path(&format!("/{id}")), body).await;
    assert_eq!(
        reply.header("x-emulator-hint"),
        "the body's field action is not known and was ignored; the body's field swimlane_id is not known and was \
         ignored"
    );
    let edited = reply.expect(200);
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
            reply.expect(401)["error_code"],
            "APIGW.0301",
            "{method} {rest}"
        );
        let reply = app.send("PATCH", &path(rest), &[], Body::empty()).await;
        assert_eq!(
            reply.expect(405)["error_code"],
            "APIGW.0101",
            "{method} {rest}"
        );
    }
    assert_eq!(
        app.get(&path("/x/retry")).await.expect(404)["error_code"],
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
            reply.expect(403)["error_code"],
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
    let operations = app.get("/_emulator/v1/operations").await.expect(200);
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
        .expect(200);
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

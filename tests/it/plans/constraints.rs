//! Every constraint, from both sides.

use serde_json::{Value, json};

use super::{body, component, create, five, path};
use crate::common::{App, CREDENTIALS, shown};

/// Asserts that a creation is refused and changes nothing. Returns the reason after `parameter invalid: `.
async fn assert_refused(app: &App, text: &str) -> String {
    let before = app.state().await;
    let reply = app
        .send("POST", &path(""), CREDENTIALS, text.to_owned())
        .await;
    let error = reply.assert_status(400);
    assert_eq!(error["error_code"], "SVCSTG.00100400", "{text}");
    assert_eq!(app.state().await, before, "{text}");
    let message = error["error_msg"].as_str().expect("a text");
    message
        .strip_prefix("parameter invalid: ")
        .expect("a prefix")
        .to_owned()
}

/// Asserts that a creation is refused for one of its components.
async fn assert_component_refused(app: &App, component: Value) -> String {
    assert_refused(
        app,
        &body("release-a", &[super::component(0, "db"), component]).to_string(),
    )
    .await
}

#[tokio::test]
async fn upgrade_and_clone_require_component_ids() {
    let app = App::new();
    for action in ["upgrade", "clone"] {
        for absent in [json!(null), json!("")] {
            let mut web = component(0, "web");
            web["component_id"] = absent;
            let mut body = body("release-a", &[component(0, "db"), web]);
            body["action"] = json!(action);
            assert_eq!(
                assert_refused(&app, &body.to_string()).await,
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
    let why = "components: must have at most 64 entries for an upgrade, not 65";
    assert_eq!(assert_refused(&app, &many.to_string()).await, why);

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
                reply.assert_status(400)["error_msg"],
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
        let rule = "must have 2 to 64 letters, digits, - and _, begin with a letter and end with a letter or digit";
        let why = format!("name: {rule}, not {}", shown(name));
        assert_eq!(
            assert_refused(&app, &body(name, &[component(0, "web")]).to_string()).await,
            why
        );
        assert_eq!(
            assert_component_refused(&app, component(0, name)).await,
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

    let why = assert_refused(&app, &described(129).to_string()).await;

    assert_eq!(why, "desc: must have at most 128 characters, not 129");
    create(&app, described(128)).await;
}

#[tokio::test]
async fn required_fields_must_be_present() {
    let app = App::new();
    assert_eq!(
        assert_refused(&app, "").await,
        "name: is required; components: is required"
    );
    assert_eq!(
        assert_refused(&app, r#"{"name":null}"#).await,
        "name: is required; components: is required"
    );
    assert_eq!(
        assert_refused(&app, r#"{"name":"release-a"}"#).await,
        "components: is required"
    );
    assert_eq!(
        assert_refused(&app, r#"{"name":"release-a","components":[]}"#).await,
        "components: must not be empty"
    );
    for key in ["seq", "name", "runtime_stack"] {
        let mut absent = component(0, "web");
        absent.as_object_mut().unwrap().remove(key);
        let why = format!("components[1].{key}: is required");
        assert_eq!(assert_component_refused(&app, absent).await, why);
        let mut null = component(0, "web");
        null[key] = Value::Null;
        assert_eq!(assert_component_refused(&app, null).await, why);
    }
}

#[tokio::test]
async fn wrong_types_and_values_of_a_component_are_refused_with_their_place() {
    let app = App::new();
    for (key, value, why) in [
        ("seq", json!("1"), "seq: must be an integer, not \"1\""),
        ("seq", json!(1.5), "seq: must be an integer, not 1.5"),
        ("seq", json!(-1), "seq: must be at least 0, not -1"),
        (
            "component_id",
            json!(1),
            "component_id: must be a string, not 1",
        ),
        ("name", json!(1), "name: must be a string, not 1"),
        (
            "workload_name",
            json!([]),
            "workload_name: must be a string, not an array",
        ),
        (
            "labels",
            json!({}),
            "labels: must be an array, not an object",
        ),
        (
            "labels",
            json!([["a", "b"]]),
            "labels[0]: must be an object, not an array",
        ),
        (
            "labels",
            json!([{"key": 1}]),
            "labels[0].key: must be a string, not 1",
        ),
        (
            "labels",
            json!([{"value": 1}]),
            "labels[0].value: must be a string, not 1",
        ),
        (
            "create_mode",
            json!(true),
            "create_mode: must be a string, not true",
        ),
        (
            "runtime_stack",
            json!([]),
            "runtime_stack: must be an object, not an array",
        ),
        (
            "runtime_stack",
            json!("Docker"),
            "runtime_stack: must be an object, not \"Docker\"",
        ),
        ("version", json!(1), "version: must be a string, not 1"),
    ] {
        let mut component = component(0, "web");
        component[key] = value;
        assert_eq!(
            assert_component_refused(&app, component).await,
            format!("components[1].{why}")
        );
    }
    assert_eq!(
        assert_component_refused(&app, json!([0])).await,
        "components[1]: must be an object, not an array"
    );
}

#[tokio::test]
async fn wrong_types_and_values_of_a_plan_are_refused_with_their_place() {
    let app = App::new();
    for (key, value, why) in [
        ("name", json!(1), "name: must be a string, not 1"),
        (
            "components",
            json!({}),
            "components: must be an array, not an object",
        ),
        ("desc", json!(1), "desc: must be a string, not 1"),
        (
            "swimlane_id",
            json!(1),
            "swimlane_id: must be a string, not 1",
        ),
        (
            "action",
            json!("rollback"),
            "action: must be create, upgrade or clone, not \"rollback\"",
        ),
        (
            "action",
            json!({"create": null}),
            "action: must be a string, not an object",
        ),
        (
            "fail_strategy",
            json!("STOP"),
            "fail_strategy: must be stop or continue, not \"STOP\"",
        ),
        (
            "fail_strategy",
            json!(true),
            "fail_strategy: must be a string, not true",
        ),
    ] {
        let mut body = body("release-a", &five());
        body[key] = value;
        let what = assert_refused(&app, &body.to_string()).await;
        assert!(what.starts_with(why), "{what}");
    }
    for text in ["[]", "1", "{", "null", "{} x"] {
        assert_refused(&app, text).await;
    }
}

#[tokio::test]
async fn names_are_unique_in_a_project() {
    let app = App::new();
    let first = create(&app, body("release-a", &five())).await;
    let second = create(&app, body("release-b", &five())).await;
    let taken = "name: \"release-a\" is already used in the project";

    assert_eq!(
        assert_refused(&app, &body("release-a", &five()).to_string()).await,
        taken
    );
    let before = app.state().await;
    let edited = app
        .put(&path(&format!("/{second}")), body("release-a", &five()))
        .await;
    assert_eq!(
        edited.assert_status(400)["error_msg"],
        format!("parameter invalid: {taken}")
    );
    assert_eq!(app.state().await, before);

    // A plan may keep its name, names of another project do not count, and a name that is given up is free.
    app.put(&path(&format!("/{first}")), body("release-a", &five()))
        .await
        .assert_status(200);
    app.post("/v3/another/cas/release-plans", body("release-a", &five()))
        .await
        .assert_status(200);
    app.put(&path(&format!("/{first}")), body("release-c", &five()))
        .await
        .assert_status(200);
    app.put(&path(&format!("/{second}")), body("release-a", &five()))
        .await
        .assert_status(200);
    app.delete(&path(&format!("/{second}")))
        .await
        .assert_status(200);
    create(&app, body("release-a", &five())).await;
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
        (body("-", &five()), "name: must have 2 to 64 letters"),
        (
            body("release-a", &[component(-1, "web")]),
            "components[0].seq: must be at least 0, not -1",
        ),
        (
            body("release-a", &[nameless]),
            "components[0].component_id: is required for the action upgrade",
        ),
        (
            json!({"name": "release-a", "components": five(), "desc": "d".repeat(129)}),
            "desc: must have at most 128 characters, not 129",
        ),
        (
            json!({"name": "release-a", "components": five(), "fail_strategy": "go"}),
            "fail_strategy: must be stop or continue, not \"go\"",
        ),
    ] {
        let error = app
            .put(&path(&format!("/{id}")), body)
            .await
            .assert_status(400);
        assert_eq!(error["error_code"], "SVCSTG.00100400");
        let message = error["error_msg"].as_str().unwrap();
        assert!(
            message.starts_with(&format!("parameter invalid: {why}")),
            "{message}"
        );
    }
    assert_eq!(app.state().await, before);
}

//! Creation: the fields of the body outside the stages.

use serde_json::{Value, json};

use super::{assert_refused, send, with, without};
use crate::common::{App, NOON, assert_same, shown};
use crate::pipelines::{body, pipelines, three_stages};

fn ui() -> Value {
    body("release-a", three_stages())
}

fn source() -> Value {
    json!({"template_source": {"storage": "obs", "url": "obs://b/p.zip"}})
}

fn template(source: Value) -> Value {
    let mut body = json!({"name": "release-t", "model_version": 2, "config_mode": "template"});
    body["sources"] = Value::Array(vec![source]);
    body
}

/// Sends each body and expects what is wrong with it; nothing may come of any.
async fn assert_bodies_refused(bodies: impl IntoIterator<Item = (Value, &'static str)>) {
    let app = App::new();
    for (body, expected) in bodies {
        let reply = app.post(&pipelines(), body.clone()).await;
        assert_eq!(assert_refused(&reply), expected, "{body}");
    }
    assert_eq!(app.get(&pipelines()).await.assert_status(200), json!([]));
}

#[tokio::test]
async fn a_creation_answers_the_detail_of_a_fresh_pipeline() {
    let app = App::new();

    let created = app.post(&pipelines(), ui()).await.assert_status(200);

    let expected = json!({
        "name": "release-a", "description": "", "model_version": 2, "config_mode": "ui", "id": created["id"],
        "fail_mode": "stop", "enterprise_project_id": "0",
        "pipeline_declaration": {"sources": [], "stages": three_stages()},
        "status": 1, "version": 1, "creator": "emulator",
        "create_time": NOON, "update_time": NOON, "last_trigger_at": 0
    });
    assert_same(&created, &expected);
    let id = created["id"].as_str().unwrap();
    assert_eq!(uuid::Uuid::parse_str(id).unwrap().to_string(), id);
    let detail = app
        .get(&format!("{}/{id}", pipelines()))
        .await
        .assert_status(200);
    assert_same(&detail, &expected);
}

#[tokio::test]
async fn everything_that_can_be_given_comes_back() {
    let app = App::new();
    let given = json!({
        "name": "release-a", "description": "nightly", "model_version": 2, "config_mode": "template",
        "sources": [source()], "stages": three_stages(), "enterprise_project_id": "e-1", "fail_mode": "continue"
    });

    let created = app
        .post(&pipelines(), given.clone())
        .await
        .assert_status(200);

    for key in [
        "name",
        "description",
        "config_mode",
        "enterprise_project_id",
        "fail_mode",
    ] {
        assert_eq!(created[key], given[key], "{key}");
    }
    let declaration = json!({"sources": [source()], "stages": three_stages()});
    assert_same(&created["pipeline_declaration"], &declaration);
}

#[tokio::test]
async fn null_counts_as_absent_where_a_field_is_optional() {
    let app = App::new();
    let mut given = ui();
    for key in [
        "description",
        "sources",
        "enterprise_project_id",
        "fail_mode",
    ] {
        given[key] = Value::Null;
    }

    let created = app.post(&pipelines(), given).await.assert_status(200);

    assert_eq!(created["description"], "");
    assert_eq!(created["enterprise_project_id"], "0");
    assert_eq!(created["fail_mode"], "stop");
    assert_eq!(created["pipeline_declaration"]["sources"], json!([]));
}

#[tokio::test]
async fn each_required_field_must_be_there() {
    assert_bodies_refused([
        (without(&ui(), "name"), "name: is required"),
        (
            without(&ui(), "model_version"),
            "model_version: is required",
        ),
        (without(&ui(), "config_mode"), "config_mode: is required, ui or template"),
        (json!({}), "name: is required; model_version: is required; config_mode: is required, ui or template"),
    ])
    .await;
}

#[tokio::test]
async fn a_field_of_the_wrong_type_is_refused_with_its_place() {
    assert_bodies_refused([
        (
            with(&ui(), "name", json!(7)),
            "name: must be a string, not 7",
        ),
        (
            with(&ui(), "name", Value::Null),
            "name: must be a string, not null",
        ),
        (
            with(&ui(), "description", json!([])),
            "description: must be a string, not an array",
        ),
        (
            with(&ui(), "model_version", json!("2")),
            "model_version: must be an integer, not \"2\"",
        ),
        (
            with(&ui(), "model_version", json!(2.5)),
            "model_version: must be an integer, not 2.5",
        ),
        (
            with(&ui(), "enterprise_project_id", json!(0)),
            "enterprise_project_id: must be a string, not 0",
        ),
        (
            with(&ui(), "config_mode", json!(7)),
            "config_mode: must be a string, not 7",
        ),
        (
            with(&ui(), "config_mode", json!("UI")),
            "config_mode: must be ui or template, not \"UI\"",
        ),
        (
            with(&ui(), "fail_mode", json!("skip")),
            "fail_mode: must be stop or continue, not \"skip\"",
        ),
        (
            with(&ui(), "stages", json!({})),
            "stages: must be an array, not an object",
        ),
        (
            with(&ui(), "stages", json!("x")),
            "stages: must be an array, not \"x\"",
        ),
        (
            with(&ui(), "sources", json!({})),
            "sources: must be an array, not an object",
        ),
        (json!([]), "must be an object, not an array"),
        (json!("x"), "must be an object, not \"x\""),
    ])
    .await;
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let app = App::new();
    for (text, expected) in [
        (
            "",
            "name: is required; model_version: is required; config_mode: is required, ui or template",
        ),
        (
            "{",
            "the body is not JSON: unexpected end at line 1 column 1",
        ),
        (
            r#"{"name":"release-a"} x"#,
            "the body is not JSON: unexpected text after the value at line 1 column 22",
        ),
        (
            r#"{"name":"release-a","name":"release-b"}"#,
            "name: is given twice",
        ),
    ] {
        let reply = send(&app, "POST", &pipelines(), text).await;
        assert_eq!(assert_refused(&reply), expected, "{text}");
    }
    let trailing = format!("{} x", ui());
    let reply = send(&app, "POST", &pipelines(), &trailing).await;
    assert_eq!(
        assert_refused(&reply),
        "the body is not JSON: unexpected text after the value at line 1 column 300"
    );
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(128), "]".repeat(128));
    let reply = send(&app, "POST", &pipelines(), &deep).await;
    assert_eq!(
        assert_refused(&reply),
        "the body nests deeper than 128 levels"
    );
}

#[tokio::test]
async fn a_missing_or_odd_content_type_is_no_reason_to_refuse() {
    let app = App::new();
    for (n, kind) in ["text/plain", "application/json;charset=utf8", "nonsense"]
        .iter()
        .enumerate()
    {
        let headers = [("x-auth-token", "t"), ("content-type", kind)];
        let body = body(&format!("release-{n}"), three_stages()).to_string();
        app.send("POST", &pipelines(), &headers, body)
            .await
            .assert_status(200);
    }
    send(&app, "POST", &pipelines(), &ui().to_string())
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_name_has_2_to_64_characters_and_begins_and_ends_well() {
    const RULE: &str = "name: must have 2 to 64 letters, digits, - and _, begin with a letter and end with a letter or digit";
    let long = |n: usize| "a".repeat(n);
    let app = App::new();

    for good in ["ab", "release-1zws2j", "A_9", &long(64)] {
        app.post(&pipelines(), body(good, three_stages()))
            .await
            .assert_status(200);
    }
    for bad in [
        "",
        "a",
        "1a",
        "-a",
        "_a",
        "a-",
        "a_",
        "a b",
        "a.b",
        "aé",
        "é1",
        &long(65),
    ] {
        let reply = app.post(&pipelines(), body(bad, three_stages())).await;
        let expected = format!("{RULE}, not {}", shown(bad));
        assert_eq!(assert_refused(&reply), expected);
    }
}

#[tokio::test]
async fn only_model_version_2_is_supported() {
    assert_bodies_refused(
        [
            (1, "model_version: must be 2, not 1"),
            (3, "model_version: must be 2, not 3"),
            (0, "model_version: must be 2, not 0"),
            (-2, "model_version: must be 2, not -2"),
        ]
        .map(|(version, wrong)| (with(&ui(), "model_version", json!(version)), wrong)),
    )
    .await;
}

#[tokio::test]
async fn ui_needs_stages_and_template_needs_sources() {
    const STAGES: &str = "stages: must not be empty with config_mode ui";
    const SOURCES: &str = "sources: must not be empty with config_mode template";
    assert_bodies_refused([
        (without(&ui(), "stages"), STAGES),
        (with(&ui(), "stages", Value::Null), STAGES),
        (with(&ui(), "stages", json!([])), STAGES),
        (
            with(&without(&ui(), "stages"), "sources", json!([source()])),
            STAGES,
        ),
        (without(&template(source()), "sources"), SOURCES),
        (with(&template(source()), "sources", Value::Null), SOURCES),
        (with(&template(source()), "sources", json!([])), SOURCES),
        (with(&ui(), "config_mode", json!("template")), SOURCES),
    ])
    .await;

    let app = App::new();
    let created = app
        .post(&pipelines(), template(source()))
        .await
        .assert_status(200);
    assert_same(
        &created["pipeline_declaration"],
        &json!({"sources": [source()], "stages": []}),
    );
}

#[tokio::test]
async fn each_documented_kind_of_template_source_is_accepted() {
    let app = App::new();
    let kinds = [
        json!({"storage": "devcloud", "url": "https://d/p.zip"}),
        json!({"storage": "obs", "url": "obs://b/p.zip"}),
        json!({"storage": "http", "url": "https://h/p.zip", "http_username": "u", "http_password": "p"}),
        json!({"storage": "http", "url": "https://h/p.zip", "http_headers": [{"key": "k", "value": "v"}]}),
        json!({"storage": "http", "url": "https://h/p.zip", "http_headers": null, "http_username": null}),
    ];
    for (n, kind) in kinds.into_iter().enumerate() {
        let source = json!({"input_values": {"replicas": "2"}, "template_source": kind});
        let given = with(
            &template(source.clone()),
            "name",
            json!(format!("release-{n}")),
        );
        let created = app.post(&pipelines(), given).await.assert_status(200);
        assert_same(
            &created["pipeline_declaration"]["sources"],
            &json!([source]),
        );
    }
}

#[tokio::test]
async fn a_template_source_that_breaks_a_rule_is_refused_with_its_place() {
    let inner = |key: &str, value: Value| {
        let mut source = source();
        source["template_source"][key] = value;
        template(source)
    };
    let lacking = |key: &str| {
        let mut source = source();
        source["template_source"]
            .as_object_mut()
            .unwrap()
            .shift_remove(key);
        template(source)
    };
    assert_bodies_refused([
        (
            template(json!({})),
            "sources[0].template_source: is required",
        ),
        (
            template(json!("x")),
            "sources[0]: must be an object, not \"x\"",
        ),
        (
            template(json!({"template_source": []})),
            "sources[0].template_source: must be an object, not an array",
        ),
        (
            lacking("storage"),
            "sources[0].template_source.storage: is required, devcloud, obs or http",
        ),
        (
            lacking("url"),
            "sources[0].template_source.url: is required",
        ),
        (
            inner("storage", json!("s3")),
            "sources[0].template_source.storage: must be devcloud, obs or http, not \"s3\"",
        ),
        (
            inner("url", json!(7)),
            "sources[0].template_source.url: must be a string, not 7",
        ),
        (
            inner("http_username", json!(7)),
            "sources[0].template_source.http_username: must be a string, not 7",
        ),
        (
            inner("http_password", json!(7)),
            "sources[0].template_source.http_password: must be a string, not ***",
        ),
        (
            inner("http_headers", json!({})),
            "sources[0].template_source.http_headers: must be an array, not an object",
        ),
        (
            inner("http_headers", json!([{"key": "k"}])),
            "sources[0].template_source.http_headers[0].value: is required",
        ),
        (
            inner("http_headers", json!([["k", "v"]])),
            "sources[0].template_source.http_headers[0]: must be an object, not an array",
        ),
        (
            template(with(&source(), "input_values", json!({"a": 1}))),
            "sources[0].input_values.a: must be a string, not 1",
        ),
    ])
    .await;
    let second = json!({"name": "release-t", "model_version": 2, "config_mode": "template", "sources": [source(), {}]});
    assert_bodies_refused([(second, "sources[1].template_source: is required")]).await;
    // Sources that ui does not ask for are looked at all the same.
    assert_bodies_refused([(
        with(&ui(), "sources", json!([{}])),
        "sources[0].template_source: is required",
    )])
    .await;
}

#[tokio::test]
async fn a_name_is_unique_in_its_project_and_enterprise_project() {
    const TAKEN: &str = "name: \"release-a\" is already used in the enterprise project";
    let app = App::new();
    app.post(&pipelines(), ui()).await.assert_status(200);

    let again = app
        .post(&pipelines(), with(&ui(), "description", json!("b")))
        .await;
    assert_eq!(assert_refused(&again), TAKEN);
    let explicitly = app
        .post(
            &pipelines(),
            with(&ui(), "enterprise_project_id", json!("0")),
        )
        .await;
    assert_eq!(assert_refused(&explicitly), TAKEN);
    let emptily = app
        .post(
            &pipelines(),
            with(&ui(), "enterprise_project_id", json!("")),
        )
        .await;
    assert_eq!(assert_refused(&emptily), TAKEN);

    app.post(
        &pipelines(),
        with(&ui(), "enterprise_project_id", json!("e-1")),
    )
    .await
    .assert_status(200);
    app.post("/v3/another/pipeline/pipelines", ui())
        .await
        .assert_status(200);
    app.post(&pipelines(), with(&ui(), "name", json!("Release-a")))
        .await
        .assert_status(200);
    let third = app
        .post(
            &pipelines(),
            with(&ui(), "enterprise_project_id", json!("e-1")),
        )
        .await;
    assert_eq!(assert_refused(&third), TAKEN);
}

#[tokio::test]
async fn an_unknown_field_is_accepted_and_named_in_a_hint() {
    let app = App::new();
    let mut given = ui();
    given["descripton"] = json!("misspelt");

    let reply = app.post(&pipelines(), given).await;

    reply.assert_status(200);
    assert_eq!(
        reply.header("x-emulator-hint"),
        "unknown field descripton was ignored, did you mean description?"
    );
}

#[tokio::test]
async fn the_creator_is_the_caller_by_name() {
    let app = App::load(&json!({"identities": {
        "users": [{"name": "wzh"}], "tokens": [{"token": "secret", "user": "wzh"}]
    }}));

    let headers = [("x-auth-token", "secret")];
    let reply = app
        .send("POST", &pipelines(), &headers, ui().to_string())
        .await;

    assert_eq!(reply.assert_status(200)["creator"], "wzh");
}

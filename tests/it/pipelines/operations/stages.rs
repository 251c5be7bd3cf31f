//! The stages of a body: what is understood of them is checked, all of them come back as they came.

use serde_json::{Value, json};

use super::{assert_refused, send};
use crate::common::{App, PROJECT};
use crate::pipelines::status::{RELEASING, SUCCEEDED, TO_BE_APPROVED};
use crate::pipelines::{TestPipeline, body, pipelines};

fn one_stage(stage: Value) -> Value {
    body("release-a", Value::Array(vec![stage]))
}

fn one_task(task: Value) -> Value {
    let mut stage = json!({"name": "s"});
    stage["tasks"] = Value::Array(vec![task]);
    one_stage(stage)
}

#[tokio::test]
async fn an_invalid_stage_is_refused_with_its_place() {
    assert_invalid([
        (
            one_stage(json!("x")),
            "stages[0]",
            "must be an object, not \"x\"",
        ),
        (
            one_stage(json!(["s", []])),
            "stages[0]",
            "must be an object, not an array",
        ),
        (
            one_stage(json!({"tasks": []})),
            "stages[0]",
            ".name: is required",
        ),
        (
            one_stage(json!({"name": "s"})),
            "stages[0]",
            ".tasks: is required",
        ),
        (
            one_stage(json!({"name": 1, "tasks": []})),
            "stages[0].name",
            "must be a string, not 1",
        ),
        (
            one_stage(json!({"name": "", "tasks": []})),
            "stages[0].name",
            "must not be empty",
        ),
        (
            one_stage(json!({"name": "s", "tasks": null})),
            "stages[0].tasks",
            "must be an array, not null",
        ),
        (
            one_stage(json!({"name": "s", "tasks": {}})),
            "stages[0].tasks",
            "must be an array, not an object",
        ),
        (
            one_stage(json!({"name": "s", "tasks": [], "display_name": 1})),
            "stages[0].display_name",
            "must be a string, not 1",
        ),
        (
            one_stage(json!({"name": "s", "tasks": [], "description": 1})),
            "stages[0].description",
            "must be a string, not 1",
        ),
        (
            one_stage(json!({"name": "s", "tasks": [], "order_index": "1"})),
            "stages[0].order_index",
            "must be an integer, not \"1\"",
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_invalid_task_is_refused_with_its_place() {
    let task = "stages[0].tasks[0]";
    assert_invalid([
        (
            one_task(json!(["t"])),
            task,
            "must be an object, not an array",
        ),
        (one_task(json!({})), task, ".name: is required"),
        (
            one_task(json!({"name": ""})),
            "stages[0].tasks[0].name",
            "must not be empty",
        ),
        (
            one_task(json!({"name": "t", "display_name": 1})),
            "stages[0].tasks[0].display_name",
            "must be a string, not 1",
        ),
        (
            one_task(json!({"name": "t", "order_index": 1.5})),
            "stages[0].tasks[0].order_index",
            "must be an integer, not 1.5",
        ),
        (
            one_task(json!({"name": "t", "task_group": 1})),
            "stages[0].tasks[0].task_group",
            "must be a string, not 1",
        ),
        (
            one_task(json!({"name": "t", "task_type_id": "approval"})),
            "stages[0].tasks[0].task_type_id",
            "must be an object, not \"approval\"",
        ),
        (
            one_task(json!({"name": "t", "task_type_id": {"category": 1}})),
            "stages[0].tasks[0].task_type_id.category",
            "must be a string, not 1",
        ),
    ])
    .await;
}

/// Asserts that each body is refused with its place and reason.
async fn assert_invalid<const N: usize>(cases: [(Value, &str, &str); N]) {
    let app = App::new();
    for (body, place, expected) in cases {
        let reply = app.post(&pipelines(), body.clone()).await;
        assert_eq!(
            assert_refused(&reply),
            match expected {
                missing if missing.starts_with('.') => format!("{place}{missing}"),
                wrong => format!("{place}: {wrong}"),
            },
            "{body}"
        );
    }
}

#[tokio::test]
async fn names_are_unique_within_their_level_only() {
    let app = App::new();
    let task = |name: &str| json!({"name": name});

    let stages =
        json!([{"name": "s", "tasks": []}, {"name": "r", "tasks": []}, {"name": "s", "tasks": []}]);
    let reply = app.post(&pipelines(), body("release-a", stages)).await;
    assert_eq!(assert_refused(&reply), "stages[2].name: duplicate \"s\"");

    let stages =
        json!([{"name": "s", "tasks": []}, {"name": "r", "tasks": [task("t"), task("t")]}]);
    let reply = app.post(&pipelines(), body("release-a", stages)).await;
    assert_eq!(
        assert_refused(&reply),
        "stages[1].tasks[1].name: duplicate \"t\""
    );

    let stages = json!([{"name": "s", "tasks": [task("s"), task("t")]}, {"name": "t", "tasks": [task("s")]}]);
    app.post(&pipelines(), body("release-a", stages))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn stages_and_sources_come_back_byte_for_byte() {
    let stages = concat!(
        r#"[{"tasks":[{"output":null,"name":"t","input":{"z":1.50,"a":10000000000000000000000000,"e":1E2,"a":0.0},"#,
        r#""order_index":3,"x":"é\u00e9\/","task_type_id":{"provider":"p","category":"deploy","more":[]}}],"#,
        r#""unknown":{"b":-0,"a":"  spaces  "},"name":"s","approval_type":0}]"#
    );
    let source = concat!(
        r#"[{"extra":1.0,"template_source":{"url":"u","storage":"obs","bucket":"b"},"#,
        r#""input_values":{"b":"2","a":"1"}}]"#
    );
    let app = App::new();
    // White space between tokens is the one thing that may go.
    let spaced = stages.replace("\",\"", "\" ,\n\t\"");
    let text = format!(
        r#"{{"name":"release-a","model_version":2,"config_mode":"ui","sources":{source},"stages": {spaced}}}"#
    );

    let created = send(&app, "POST", &pipelines(), &text).await;

    created.assert_status(200);
    let declaration = format!(r#""pipeline_declaration":{{"sources":{source},"stages":{stages}}}"#);
    assert!(created.text().contains(&declaration), "{}", created.text());
    assert_eq!(
        created.header("x-emulator-hint"),
        "",
        "further keys of stages and sources are carried"
    );
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let detail = app.get(&format!("{}/{id}", pipelines())).await;
    assert_eq!(detail.text(), created.text());

    let edited = send(&app, "PUT", &format!("{}/{id}", pipelines()), &text).await;
    edited.assert_status(200);
    assert!(edited.text().contains(&declaration), "{}", edited.text());
}

#[tokio::test]
async fn any_approval_type_but_absent_null_and_0_is_a_gate() {
    let app = App::new();
    let stage = |name: &str, kind: Value| json!({"name": name, "approval_type": kind, "tasks": [{"name": "t"}]});
    for (n, (kind, status)) in [
        (json!(null), 4),
        (json!(0), 4),
        (json!(1), 5),
        (json!(2), 5),
        (json!("manual"), 5),
    ]
    .into_iter()
    .enumerate()
    {
        let pipeline = TestPipeline::create(
            &app,
            body(&format!("release-{n}"), json!([stage("s", kind)])),
        )
        .await;
        pipeline.assert_accepts("start", json!({})).await;
        assert_eq!(pipeline.status().await, status, "{n}");
    }
}

#[tokio::test]
async fn stages_with_template_tell_what_is_in_the_package() {
    let app = App::new();
    let mut given = body(
        "release-a",
        json!([{"name": "s", "approval_type": 1, "tasks": []}]),
    );
    given["config_mode"] = json!("template");
    given["sources"] = json!([{"template_source": {"storage": "obs", "url": "u"}}]);
    let pipeline = TestPipeline::create(&app, given.clone()).await;

    pipeline.assert_accepts("start", json!({})).await;
    assert_eq!(pipeline.status().await, TO_BE_APPROVED);

    given["stages"] = json!([{"name": "s"}]);
    let reply = app.post(&pipelines(), given).await;
    assert_eq!(assert_refused(&reply), "stages[0].tasks: is required");
}

#[tokio::test]
async fn a_pipeline_without_stages_succeeds_one_step_after_its_start() {
    let app = App::new();
    let pipeline = TestPipeline::create(
        &app,
        json!({"name": "release-t", "model_version": 2, "config_mode": "template",
            "sources": [{"template_source": {"storage": "obs", "url": "u"}}]}),
    )
    .await;

    assert_eq!(pipeline.assert_accepts("start", json!({})).await, RELEASING);

    app.advance(1_999).await;
    assert_eq!(pipeline.status().await, RELEASING);
    app.advance(1).await;
    assert_eq!(pipeline.status().await, SUCCEEDED);
    let info = json!({"latest_pipeline_state": {"id": 286_541, "pipeline_id": pipeline.id, "version": 1,
        "status": 2, "stage_states": []}});
    crate::common::assert_same(&pipeline.row().await["extend_info"], &info);
}

#[tokio::test]
async fn what_the_list_shows_of_a_run_names_stages_and_tasks_in_full() {
    let app = App::new();
    let stages = json!([
        {"name": "s", "approval_type": 1, "tasks": [
            {"name": "t", "display_name": "The task", "order_index": 7},
            {"name": "ask", "task_group": "g", "task_type_id": {"category": "approval"}}
        ]},
        {"name": "r", "tasks": [{"name": "t"}]}
    ]);
    let pipeline = TestPipeline::create(&app, body("release-a", stages)).await;
    pipeline.assert_accepts("start", json!({})).await;
    pipeline.assert_accepts_approval("s", "agree").await;
    app.advance(2_000).await;

    let task = |name: &str, display: &str, progress: u8, status: u8, order: u8| json!({"name": name, "display_name": display, "progress": progress, "status": status, "order_index": order});
    let expected = json!({"latest_pipeline_state": {
        "id": 286_541, "pipeline_id": pipeline.id, "version": 1, "status": 5,
        "stage_states": [
            {"name": "s", "approval_status": 2, "status": 5,
                "task_states": [task("t", "The task", 100, 2, 7), task("ask", "ask", 0, 5, 0)]},
            {"name": "r", "approval_status": 0, "status": 1, "task_states": [task("t", "t", 0, 1, 0)]}
        ]
    }});
    crate::common::assert_same(&pipeline.row().await["extend_info"], &expected);
    assert!(pipeline.path().contains(PROJECT));
}

#[tokio::test]
async fn the_spelling_of_the_sibling_api_is_answered_in_that_of_the_document() {
    let app = App::new();
    let sibling = json!([{"name": "s", "displayName": "S", "orderIndex": 1, "approvalType": 1, "tasks": [
        {"name": "t", "displayName": "T", "orderIndex": 2, "taskGroup": "g", "input": {"taskGroup": "x"},
            "taskTypeId": {"category": "approval"}}]}]);
    let documented = json!([{"name": "s", "display_name": "S", "order_index": 1, "approval_type": 1, "tasks": [
        {"name": "t", "display_name": "T", "order_index": 2, "task_group": "g", "input": {"taskGroup": "x"},
            "task_type_id": {"category": "approval"}}]}]);
    let created = app.post(&pipelines(), body("release-a", sibling)).await;
    let created = created.assert_status(200);
    let id = created["id"].as_str().unwrap();
    let state = app.state().await;
    let declared = "/servicestage/projects/0/pipelines/0/pipeline_declaration/stages";
    assert_eq!(state.pointer(declared), Some(&documented), "{id}");

    let both = json!({"name": "s", "approvalType": 1, "approval_type": 0, "tasks": []});
    assert_invalid([(
        one_stage(both),
        "stages[0]",
        ".approval_type: is given twice",
    )])
    .await;
}

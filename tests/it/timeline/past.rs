//! The start of a timeline: fixtures, exports, resets, and the limit of a history.

use serde_json::{Value, json};

use super::*;

const STATE: &str = "/_emulator/v1/state";

fn one_task() -> Value {
    json!([{"name": "s", "tasks": [{"name": "t"}]}])
}

#[tokio::test]
async fn what_a_fixture_gave_begins_with_its_import_which_is_no_transition() {
    let app = App::load(&pipeline_state(
        &json!({"id": "p-1", "name": "release-a", "status": 3, "pipeline_declaration": {"stages": one_task()}}),
    ));
    app.advance(1_000).await;
    act(&app, "p-1", "retry", json!({})).await;

    let timeline = timeline(&app, "pipelines", "p-1").await;

    let expected = ["00 -3 import", "01 3-14 retry", "01 t -1 retry"];
    assert_eq!(short(&timeline["transitions"]), expected);
    let numbers = |n: usize| timeline["transitions"][n]["id"].clone();
    assert_eq!([numbers(0), numbers(1), numbers(2)], [0, 1, 2]);
    assert_in_order(&timeline);
}

#[tokio::test]
async fn an_export_that_is_put_back_keeps_what_was_noted() {
    let app = App::new();
    let id = create_pipeline(&app, "release-a", one_task()).await;
    let release = create_release(&app, "gray-a").await;
    let plan = create_plan(&app, "plan-a", &[component(0, "web")]).await;
    app.post(&format!("{VERSIONS}/k8s"), version("v1"))
        .await
        .assert_status(200);
    let version = newest_version(&app).await;
    act(&app, &id, "start", json!({})).await;
    app.advance(1_000).await;
    let all = [
        ("pipelines", &*id),
        ("asm", &release),
        ("asm", "mesh-demo"),
        ("plans", &plan),
        ("zadig", &version),
    ];
    let mut before = Vec::new();
    for (family, id) in all {
        before.push(timeline(&app, family, id).await);
    }

    let state = app.state().await;
    app.put(STATE, state.clone()).await.assert_status(204);

    for ((family, id), before) in all.iter().zip(&before) {
        assert_eq!(timeline(&app, family, id).await, *before);
    }
    let transitions = app.advance(1_000).await;
    let newest = before
        .iter()
        .flat_map(|timeline| timeline["transitions"].as_array().unwrap());
    let newest = newest
        .map(|transition| transition["id"].as_u64())
        .max()
        .unwrap();
    assert_eq!(
        transitions[0]["id"].as_u64(),
        newest.map(|id| id + 1),
        "an import takes no number"
    );

    // In another world it is the first that is known.
    let other = App::new();
    other.advance(1_000).await;
    other.put(STATE, state).await.assert_status(204);
    assert_eq!(story(&other, "pipelines", &id).await, ["01 -4 import"]);
    other.advance(1_000).await;
    let expected = ["01 -4 import", "02 4-2 clock", "02 t 4-2 clock"];
    assert_eq!(story(&other, "pipelines", &id).await, expected);
    assert_in_order(&timeline(&other, "pipelines", &id).await);
}

#[tokio::test]
async fn what_is_put_back_otherwise_was_imported() {
    let app = App::new();
    let id = create_pipeline(&app, "release-a", one_task()).await;
    let fresh = app.state().await;
    act(&app, &id, "start", json!({})).await;
    app.advance(2_000).await;

    app.put(STATE, fresh).await.assert_status(204);

    let expected = [
        "00 -1 create",
        "00 1-4 start",
        "00 t -4 start",
        "02 4-2 clock",
        "02 t 4-2 clock",
        "02 2-1 import",
    ];
    assert_eq!(story(&app, "pipelines", &id).await, expected);
}

#[tokio::test]
async fn a_patch_leaves_the_past_of_what_it_does_not_name() {
    let app = App::new();
    let id = create_pipeline(&app, "release-a", one_task()).await;
    act(&app, &id, "start", json!({})).await;
    let before = timeline(&app, "pipelines", &id).await;

    let patch = pipeline_state(&json!({"id": "p-1", "status": 2}));
    app.patch(STATE, patch).await.assert_status(204);

    assert_eq!(timeline(&app, "pipelines", &id).await, before);
    assert_eq!(story(&app, "pipelines", "p-1").await, ["00 -2 import"]);
}

#[tokio::test]
async fn what_moved_to_another_project_is_another() {
    let app = App::new();
    let id = create_pipeline(&app, "release-a", one_task()).await;
    let mut state = app.state().await;
    state["servicestage"]["projects"][0]["id"] = json!("p2");

    app.put(STATE, state).await.assert_status(204);

    assert_eq!(story(&app, "pipelines", &id).await, ["00 -1 import"]);
}

#[tokio::test]
async fn a_reset_forgets_and_goes_on_counting() {
    let app = App::load(&pipeline_state(
        &json!({"id": "p-1", "status": 2, "pipeline_declaration": {"stages": one_task()}}),
    ));
    act(&app, "p-1", "start", json!({})).await; // 1 and 2.
    app.advance(1_000).await;

    app.post("/_emulator/v1/reset", json!({}))
        .await
        .assert_status(204);

    assert_eq!(story(&app, "pipelines", "p-1").await, ["00 -2 import"]);
    act(&app, "p-1", "start", json!({})).await;
    let started = timeline(&app, "pipelines", "p-1").await;
    assert_eq!(started["transitions"][1]["id"], 3);
}

#[tokio::test]
async fn phases_of_fixtures_may_be_any_word_and_survive_too() {
    let metadata = json!({"name": "gray-a", "uid": "r-1"});
    let release = json!({"metadata": metadata, "status": {"phase": "Half done"}});
    let app = App::load(&json!({"asm": {"meshes": [{"id": "m", "releases": [release]}]}}));
    let state = app.state().await;
    app.put(STATE, state).await.assert_status(204);

    let timeline = timeline(&app, "asm", "r-1").await;

    assert_eq!(timeline["status"], "Half done");
    assert_eq!(short(&timeline["transitions"]), ["00 -Half done import"]);
}

#[tokio::test]
async fn the_newest_thousand_are_kept() {
    let app = App::new();
    let tasks: Vec<_> = (0..400).map(|n| json!({"name": format!("t{n}")})).collect();
    let id = create_pipeline(&app, "release-a", json!([{"name": "s", "tasks": tasks}])).await;
    act(&app, &id, "start", json!({})).await;
    app.advance(800_000).await;

    let timeline = timeline(&app, "pipelines", &id).await;

    // The creation, the start with its 400 tasks, 400 ends of tasks, 399 begins, the end.
    let transitions = timeline["transitions"].as_array().unwrap();
    assert_eq!(
        (transitions.len(), &timeline["truncated"]),
        (1_000, &json!(202))
    );
    assert_eq!(transitions[0]["id"], 203);
    let [.., own, step] = &transitions[..] else {
        panic!("there are a thousand")
    };
    assert_eq!((&own["from"], &own["to"]), (&json!("4"), &json!("2")));
    assert_eq!((&step["step"], &step["to"]), (&json!("t399"), &json!("2")));
}

#[tokio::test]
async fn reading_a_timeline_changes_nothing() {
    let app = App::new();
    let id = create_pipeline(&app, "release-a", one_task()).await;
    act(&app, &id, "start", json!({})).await;
    let (state, first) = (app.state().await, timeline(&app, "pipelines", &id).await);

    assert_eq!(timeline(&app, "pipelines", &id).await, first);

    assert_eq!(app.state().await, state);
}

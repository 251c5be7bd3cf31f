//! The generation of a world: from its options, its fixtures or its state.

use release_emulator::ZadigGeneration::{V3, V4};
use serde_json::json;

use super::*;

/// The generation in the export.
async fn generation(app: &App) -> String {
    let state = app.state().await;
    state["zadig"]["generation"]
        .as_str()
        .expect("a word")
        .to_owned()
}

async fn put_state(app: &App, zadig: Value) {
    let state = json!({"zadig": zadig});
    app.put("/_emulator/v1/state", state)
        .await
        .assert_status(204);
}

#[tokio::test]
async fn it_is_that_of_the_options_then_of_the_state_then_of_the_fixtures() {
    assert_eq!(generation(&App::new()).await, "v3");
    let app = App::load(&json!({"zadig": {"generation": "v4"}}));
    assert_eq!(generation(&app).await, "v4");
    put_state(&app, json!({"generation": "v3"})).await;
    assert_eq!(generation(&app).await, "v3");
    put_state(&app, json!({"projects": [{"key": "demo"}]})).await;
    assert_eq!(
        generation(&app).await,
        "v4",
        "a state without one has that of the fixtures"
    );
    let patch = json!({"zadig": {"generation": "v3"}});
    app.patch("/_emulator/v1/state", patch)
        .await
        .assert_status(204);
    assert_eq!(generation(&app).await, "v3");
    let patch = json!({"zadig": {"projects": [{"key": "other"}]}});
    app.patch("/_emulator/v1/state", patch)
        .await
        .assert_status(204);
    assert_eq!(generation(&app).await, "v3");
    app.post("/_emulator/v1/reset", json!({}))
        .await
        .assert_status(204);
    assert_eq!(generation(&app).await, "v4");

    for (demanded, word) in [(V3, "v3"), (V4, "v4")] {
        let app = App::build(
            |settings| settings.zadig = Some(demanded),
            &json!({"zadig": {"generation": "v4"}}),
        );
        assert_eq!(generation(&app).await, word);
        put_state(&app, json!({"generation": "v3"})).await;
        assert_eq!(generation(&app).await, word);
    }
}

#[tokio::test]
async fn an_unknown_one_is_refused_with_its_place() {
    let app = App::new();
    let state = json!({"zadig": {"generation": "v5"}});
    let refused = app
        .put("/_emulator/v1/state", state)
        .await
        .assert_status(400);
    assert_eq!(
        refused["detail"],
        "zadig.generation: must be v3 or v4, not \"v5\""
    );
}

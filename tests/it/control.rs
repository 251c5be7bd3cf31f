//! The control plane.

use serde_json::json;

use crate::common::{App, assert_same};

#[tokio::test]
async fn health_and_ready_answer_once_the_world_is_open() {
    let app = App::new();
    assert_same(
        &app.get("/_emulator/v1/health").await.expect(200),
        &json!({"status": "ok"}),
    );
    assert_same(
        &app.get("/_emulator/v1/ready").await.expect(200),
        &json!({"status": "ready"}),
    );
}

#[tokio::test]
async fn a_frozen_clock_advances_by_what_it_is_told() {
    let app = App::new();
    let clock = json!({"now": "2026-01-01T12:00:00Z", "mode": "frozen", "pace": 1.0});
    assert_same(&app.get("/_emulator/v1/clock").await.expect(200), &clock);

    let advanced = app
        .post("/_emulator/v1/clock/advance", json!({"ms": 1_500}))
        .await
        .expect(200);

    assert_same(
        &advanced,
        &json!({"now": "2026-01-01T12:00:01.500Z", "transitions": [], "truncated": 0}),
    );
}

//! Tests of a program that releases a shop: the example of the page on Rust.

use std::time::Duration;

use release_emulator::serde_json::{Value, json};
use release_emulator::{
    Emulator, Family, Fault, RequestError, RequestFilter, Script, Until, Verification, tokio,
};

const PIPELINES: &str = "/v3/p1/pipeline/pipelines";
const HOUR: Duration = Duration::from_hours(1);

/// An emulator whose clock stands until a test moves it.
async fn frozen() -> Emulator {
    let builder = Emulator::builder().freeze("2030-01-01T12:00:00Z");
    builder.start().await.unwrap()
}

/// The program under test. Yours has a client of its own, which gets `emulator.url()`.
struct Shop<'a>(&'a Emulator);

impl Shop<'_> {
    /// Creates a pipeline and starts it. A busy service is asked once more.
    async fn release(&self) -> Result<String, RequestError> {
        let stages = json!([{"name": "prod", "tasks": [{"name": "build"}, {"name": "roll-out"}]}]);
        let shop =
            json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": stages});
        let created: Value = self.0.post(PIPELINES, &shop).await?.ok()?.json()?;
        let id = created["id"].as_str().unwrap_or_default().to_owned();
        let start = format!("{PIPELINES}/{id}/action?action_id=start");
        let mut started = self.0.post(&start, &()).await?;
        if started.status == 503 {
            started = self.0.post(&start, &()).await?;
        }
        started.ok()?;
        Ok(id)
    }
}

#[tokio::test]
async fn a_step_that_fails_fails_the_release() {
    let emulator = frozen().await;
    let missing = Script::fail("image not found").family(Family::Pipelines);
    emulator
        .scripts()
        .add(missing.step("roll-out").times(1))
        .unwrap();

    let id = Shop(&emulator).release().await.unwrap();
    let changes = emulator.clock().advance_until(Until::idle(), HOUR).unwrap();

    assert!(
        changes
            .iter()
            .any(|change| change.is_step("prod/roll-out") && change.to == "3")
    );
    let timeline = emulator.timeline(Family::Pipelines, &id).unwrap();
    assert_eq!(timeline.resource.word, "failed");
    assert!(emulator.scripts().unused().is_empty());
}

#[tokio::test]
async fn a_busy_service_is_asked_again() {
    let emulator = frozen().await;
    let busy = Fault::status(503).reply_header("Retry-After", "0");
    emulator
        .faults()
        .add(busy.operation("OperatePipeline").times(1))
        .unwrap();

    let id = Shop(&emulator).release().await.unwrap();
    let released = Until::status(Family::Pipelines, id, "succeeded");
    emulator.clock().advance_until(released, HOUR).unwrap();

    let starts = RequestFilter::new()
        .operation("OperatePipeline")
        .action("start");
    emulator
        .requests()
        .verify(Verification::exactly(2, starts))
        .await
        .unwrap();
}

//! The past of a world: forks at instants and places of it, and rewinds.

use release_emulator::internals::control::replay_router;
use release_emulator::internals::registry::history::past::{Past, PastError, Place};
use serde_json::{Value, json};

use crate::common::{App, NOON, PROJECT};

fn pipelines() -> String {
    format!("/v3/{PROJECT}/pipeline/pipelines")
}

impl App {
    async fn made_pipeline(&self, name: &str) -> String {
        let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
        let body = json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages});
        let created = self.post(&pipelines(), body).await.assert_status(200);
        created["id"].as_str().unwrap().to_owned()
    }

    async fn start_pipeline(&self, id: &str) {
        let path = format!("{}/{id}/action?action_id=start", pipelines());
        self.post(&path, json!({})).await.assert_status(200);
    }

    fn fork_at(&self, past: Past) -> Self {
        Self::of(self.world.fork_at(past, replay_router).unwrap())
    }

    fn no_fork_at(&self, past: Past) -> PastError {
        self.world.fork_at(past, replay_router).err().unwrap()
    }

    async fn pipeline_names(&self) -> Vec<String> {
        let listed = self.get(&pipelines()).await.json();
        let mut names: Vec<String> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|shown| shown["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    async fn pipeline_statuses(&self) -> Value {
        let listed = self.get(&pipelines()).await.json();
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|shown| shown["status"].clone())
            .collect()
    }
}

#[tokio::test]
async fn a_fork_at_an_instant_is_the_world_as_it_was_then() {
    let app = App::new();
    let id = app.made_pipeline("aa").await;
    app.start_pipeline(&id).await;
    app.advance(1_000).await;
    app.made_pipeline("bb").await;
    app.advance(60_000).await;
    assert_eq!(app.pipeline_statuses().await, json!([1, 2]));

    let fork = app.fork_at(Past::At(NOON + 500));
    assert_eq!(fork.pipeline_names().await, ["aa"]);
    assert_eq!(fork.world.clock().now, NOON + 500);
    let running = fork.pipeline_statuses().await;
    let fork = app.fork_at(Past::At(NOON + 1_500));
    assert_eq!(fork.pipeline_names().await, ["aa", "bb"]);
    assert_eq!(
        fork.pipeline_statuses().await[1],
        running[0],
        "it is not there yet"
    );
    fork.advance(500).await;
    assert_eq!(
        fork.pipeline_statuses().await,
        json!([1, 2]),
        "it goes on by itself"
    );
    assert_eq!(
        fork.made_pipeline("cc").await,
        app.made_pipeline("cc").await,
        "ids go on too"
    );
    let now = app.fork_at(Past::At(app.world.clock().now));
    assert_eq!(now.state().await, app.state().await);
}

#[tokio::test]
async fn commands_of_one_instant_are_told_apart_by_their_number() {
    let app = App::new();
    for name in ["aa", "bb", "cc"] {
        app.made_pipeline(name).await;
    }
    assert_eq!(
        app.fork_at(Past::Command(0)).pipeline_names().await,
        [""; 0]
    );
    assert_eq!(
        app.fork_at(Past::Command(2)).pipeline_names().await,
        ["aa", "bb"]
    );
    assert_eq!(
        app.fork_at(Past::At(NOON)).pipeline_names().await,
        ["aa", "bb", "cc"]
    );
    assert_eq!(app.no_fork_at(Past::Command(4)), PastError::NoCommand(4, 3));
    assert_eq!(app.no_fork_at(Past::At(NOON + 1)), PastError::Future(NOON));
    let begin = Place {
        command: 0,
        at: NOON,
    };
    assert_eq!(
        app.no_fork_at(Past::At(NOON - 1)),
        PastError::BeforeBeginning(begin)
    );
}

#[tokio::test]
async fn refused_requests_and_reads_are_no_commands() {
    let app = App::new();
    app.made_pipeline("aa").await;
    app.get(&pipelines()).await.assert_status(200);
    app.post(&pipelines(), json!({})).await.assert_status(400);
    let stages = json!([{"name": "s", "tasks": []}]);
    let again = json!({"name": "aa", "model_version": 2, "config_mode": "ui", "stages": stages});
    app.post(&pipelines(), again).await.assert_status(400);
    app.delete(&format!("{}/unknown", pipelines())).await;
    assert_eq!(app.world.present().command, 1);
}

#[tokio::test]
async fn a_reset_hides_the_instants_that_come_again_and_no_others() {
    let app = App::new();
    app.advance(10_000).await;
    app.made_pipeline("before").await;
    app.advance(10_000).await;
    app.world
        .reset(release_emulator::internals::http::observe::events::ResetTo::Fixtures);
    assert_eq!(app.world.clock().now, NOON);
    app.made_pipeline("after").await;
    app.advance(12_000).await;
    // 10 s have come again.
    assert_eq!(
        app.fork_at(Past::At(NOON + 11_000)).pipeline_names().await,
        ["after"]
    );
    assert_eq!(
        app.no_fork_at(Past::At(NOON + 15_000)),
        PastError::Future(NOON + 12_000)
    );
    assert_eq!(
        app.fork_at(Past::Command(2)).pipeline_names().await,
        ["before"]
    );
}

#[tokio::test]
async fn a_rewind_brings_the_world_back_and_tells_what_it_has_dropped() {
    let app = App::new();
    app.made_pipeline("aa").await;
    app.script(json!({"match": {"family": "pipelines"}, "outcome": "fail", "times": 1}))
        .await;
    let before = app.state().await;
    app.advance(5_000).await;
    let id = app.made_pipeline("bb").await;
    app.start_pipeline(&id).await;
    app.advance(60_000).await;
    assert_eq!(
        app.get("/_emulator/v1/scripts").await.json()["scripts"][0]["used"],
        1
    );

    let rewound = app.world.rewind(Past::At(NOON), replay_router).unwrap();
    assert_eq!((rewound.place.command, rewound.dropped), (2, 4));
    assert_eq!(app.world.clock().now, NOON);
    assert_eq!(app.state().await, before);
    assert_eq!(
        app.get("/_emulator/v1/scripts").await.json()["scripts"][0]["used"],
        0
    );
    app.advance(5_000).await;
    assert_eq!(app.made_pipeline("bb").await, id, "ids come again");
    // The past before the rewind is there, and what was dropped is not.
    assert_eq!(
        app.fork_at(Past::At(NOON + 1_000)).pipeline_names().await,
        ["aa"]
    );
    assert!(matches!(
        app.no_fork_at(Past::Command(4)),
        PastError::NoCommand(4, _)
    ));
    let again = app.world.rewind(Past::Command(1), replay_router).unwrap();
    // The script, the first rewind, the advance and the pipeline: numbers that are missing are not counted.
    assert_eq!((again.place.command, again.dropped), (1, 4));
    assert_eq!(app.pipeline_names().await, ["aa"]);
}

#[tokio::test]
async fn what_falls_out_of_the_history_cannot_be_reached() {
    let app = App::with(|settings| settings.history_bytes = 256 << 10);
    for n in 0..400 {
        app.made_pipeline(&format!("p-{n}")).await;
        app.advance(10).await;
    }
    let earliest = app.world.earliest().unwrap();
    assert!(earliest.command > 100, "{earliest:?}");
    assert!(app.world.history_bytes() < 320 << 10);
    assert_eq!(app.no_fork_at(Past::At(NOON)), PastError::Gone(earliest));
    assert_eq!(app.no_fork_at(Past::Command(1)), PastError::Gone(earliest));
    // Each creation is followed by an advance.
    app.made_pipeline("last").await;
    let fork = app.fork_at(Past::Command(800));
    assert_eq!(fork.pipeline_names().await.len(), 400);
    assert_eq!(fork.world.clock().now, app.world.clock().now);

    let off = App::with(|settings| settings.history_bytes = 0);
    off.made_pipeline("aa").await;
    assert_eq!(off.no_fork_at(Past::Command(0)), PastError::Off);
    assert_eq!(off.world.fork().present().at, NOON);
}

#[tokio::test]
async fn places_before_and_behind_checkpoints_are_reached() {
    let app = App::new();
    let mut states = Vec::new();
    for n in 0..600 {
        app.made_pipeline(&format!("p-{n}")).await;
        if n % 97 == 0 {
            states.push((app.world.present(), app.state().await));
        }
    }
    for (place, state) in states {
        let fork = app.fork_at(Past::Command(place.command));
        assert_eq!(fork.state().await, state, "{place:?}");
    }
}

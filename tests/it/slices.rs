//! Long work in slices: others are answered in between, and what they see is whole.

use std::pin::pin;

use futures_util::FutureExt;
use release_emulator::internals::State;
use release_emulator::internals::http::observe::events::ResetTo;
use serde_json::{Value, json};

use crate::common::{App, NOON, PROJECT};

const CLOCK: &str = "/_emulator/v1/clock";
const ADVANCE: &str = "/_emulator/v1/clock/advance";
const STATE: &str = "/_emulator/v1/state";
const DAY: i64 = 86_400_000;

fn pipelines(rest: &str) -> String {
    format!("/v3/{PROJECT}/pipeline/pipelines{rest}")
}

/// A pipeline that starts by a schedule. Its run takes two seconds.
async fn schedule(app: &App, name: &str, line: &str) -> String {
    let stages = json!([{"name": "build", "tasks": [{"name": "compile"}]}]);
    let body = json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages});
    let created = app.post(&pipelines(""), body).await.assert_status(200);
    let id = created["id"].as_str().expect("an id").to_owned();
    let hooks = json!({"strategy_type": 1, "hooks": [{"schedule": line}]});
    let path = pipelines(&format!("/{id}/hooks"));
    app.post(&path, hooks).await.assert_status(200);
    id
}

fn now(clock: &Value) -> &str {
    clock["now"].as_str().expect("an instant")
}

#[tokio::test]
async fn an_advance_under_way_is_shown_and_ends_where_its_client_leaves() {
    let app = App::new();
    let id = schedule(&app, "busy", "* * * * * ?").await;
    {
        let mut advance = pin!(app.post(ADVANCE, json!({"ms": 365 * DAY})));
        assert!(advance.as_mut().now_or_never().is_none());
        let first = app.get(CLOCK).await.assert_status(200);
        assert!(now(&first) > "2026-01-01T12:00:00Z", "{first}");
        assert_eq!(first["advance"]["target"], "2027-01-01T12:00:00Z");

        for _ in 0..3 {
            assert!(advance.as_mut().now_or_never().is_none());
        }
        let second = app.get(CLOCK).await.assert_status(200);
        assert!(now(&second) > now(&first), "{second}");
        let count = |clock: &Value| clock["advance"]["transitions"].as_u64();
        assert!(count(&second) > count(&first), "{second}");
        // A command in between happens at the instant that was reached.
        let stop = pipelines(&format!("/{id}/action?action_id=stop"));
        let _ = app.post(&stop, json!({})).await;
        schedule(&app, "between", "0 0 0 1 1 ?").await;
    }
    let left = app.get(CLOCK).await.assert_status(200);
    assert_eq!(left.get("advance"), None);
    assert!(now(&left) < "2027-01-01T12:00:00Z", "{left}");

    let on = app.advance(10_000).await;
    assert!(
        on.iter()
            .all(|transition| transition["time"].as_str() > Some(now(&left)))
    );
    let timeline = format!("/_emulator/v1/resources/pipelines/{id}/timeline");
    let timeline = app.get(&timeline).await.assert_status(200);
    let entries = timeline["transitions"].as_array().expect("transitions");
    let order = |key: &str| {
        entries
            .iter()
            .map(|entry| entry[key].to_string())
            .collect::<Vec<_>>()
    };
    assert!(order("time").is_sorted());
    assert!(entries.iter().map(|entry| entry["id"].as_u64()).is_sorted());
}

#[tokio::test]
async fn two_advances_come_one_after_the_other() {
    let app = App::new();
    schedule(&app, "busy", "0 * * * * ?").await;
    let advance = || app.post(ADVANCE, json!({"ms": DAY}));
    let (first, second) = tokio::join!(advance(), advance());
    let (first, second) = (first.assert_status(200), second.assert_status(200));
    assert_eq!(now(&first), "2026-01-02T12:00:00Z");
    assert_eq!(now(&second), "2026-01-03T12:00:00Z");
    let begin = second["transitions"][0]["time"].as_str();
    assert_eq!(begin, Some("2026-01-02T12:00:02Z"), "{begin:?}");
}

#[tokio::test]
async fn a_blocking_advance_lets_the_one_under_way_end_first() {
    let app = App::new();
    schedule(&app, "busy", "* * * * * ?").await;
    let mut advance = pin!(app.post(ADVANCE, json!({"ms": DAY / 24})));
    let ended = advance.as_mut().now_or_never();
    let reading = app.world.advance(1_000, &mut |_| {}).expect("an instant");
    assert_eq!(reading.now, NOON + DAY / 24 + 1_000);
    let ended = match ended {
        Some(ended) => ended,
        None => advance.await,
    };
    assert_eq!(now(&ended.assert_status(200)), "2026-01-01T13:00:00Z");
}

#[tokio::test]
async fn an_advance_stops_after_as_many_transitions_as_it_may_have() {
    let app = App::new();
    schedule(&app, "busy", "0 * * * * ?").await;
    let body = json!({"ms": DAY, "max_transitions": 10});
    let advanced = app.post(ADVANCE, body).await.assert_status(200);
    // Each minute starts a run, of two transitions, and ends it two seconds later, with two more.
    assert_eq!(now(&advanced), "2026-01-01T12:03:00Z");
    assert_eq!(advanced["transitions"].as_array().map(Vec::len), Some(10));
    assert_eq!(advanced["stopped_before"], "2026-01-02T12:00:00Z");

    let body = json!({"ms": 1_000, "max_transitions": 10});
    let advanced = app.post(ADVANCE, body).await.assert_status(200);
    assert_eq!(now(&advanced), "2026-01-01T12:03:01Z");
    assert_eq!(advanced.get("stopped_before"), None);
    let none = json!({"ms": 1_000, "max_transitions": 0});
    let refused = app.post(ADVANCE, none).await.assert_status(400);
    assert_eq!(refused["detail"], "max_transitions: must be at least 1");
}

#[tokio::test]
async fn a_reset_ends_an_advance() {
    let app = App::new();
    schedule(&app, "busy", "* * * * * ?").await;
    let mut advance = pin!(app.post(ADVANCE, json!({"ms": 365 * DAY})));
    assert!(advance.as_mut().now_or_never().is_none());
    app.post("/_emulator/v1/reset", json!({"to": "empty"}))
        .await
        .assert_status(204);
    let refused = advance.await.assert_status(409);
    assert_eq!(
        refused["detail"],
        "the world was reset, and the clock with it"
    );
    let clock = json!({"now": "2026-01-01T12:00:00Z", "mode": "frozen", "pace": 1.0});
    assert_eq!(app.get(CLOCK).await.assert_status(200), clock);
}

#[tokio::test]
async fn a_clock_that_runs_too_fast_falls_behind_and_is_answered_from() {
    let app = App::with(|settings| {
        settings.freeze = None;
        settings.pace = 1_000_000.0;
    });
    for n in 0..20 {
        schedule(&app, &format!("busy-{n}"), "* * * * * ?").await;
    }
    // The timer task; here nobody else is.
    let behind = std::iter::repeat_with(|| {
        let _ = app.world.tick();
        app.world.behind()
    });
    assert!(behind.into_iter().any(|behind| behind > 0));
    let shown = app.get(CLOCK).await.assert_status(200);
    assert!(shown["behind_ms"].as_u64() > Some(0), "{shown}");
    app.get(&pipelines("")).await.assert_status(200);

    app.put(CLOCK, json!({"mode": "frozen"}))
        .await
        .assert_status(200);
    let shown = app.get(CLOCK).await.assert_status(200);
    assert_eq!(shown.get("behind_ms"), None, "it was set");
}

/// A large state, in which the pipelines begin with a letter.
fn large(letter: &str) -> Value {
    let pipeline = |n: usize| json!({"id": format!("{letter}{n}"), "name": format!("{letter}-{n}"), "status": 2});
    let pipelines: Vec<Value> = (0..3_000).map(pipeline).collect();
    json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines": pipelines}]}})
}

#[tokio::test]
async fn a_large_state_takes_the_place_of_another_with_its_histories() {
    let app = App::new();
    app.put(STATE, large("a")).await.assert_status(204);
    let start = pipelines("/a7/action?action_id=start");
    app.post(&start, json!({})).await.assert_status(200);
    app.advance(10_000).await;
    let exported = app.state().await;

    app.put(STATE, exported.clone()).await.assert_status(204);
    assert_eq!(app.state().await, exported);
    let timeline = "/_emulator/v1/resources/pipelines/a7/timeline";
    let timeline = app.get(timeline).await.assert_status(200);
    let n_started = timeline["transitions"]
        .as_array()
        .expect("transitions")
        .len();
    assert!(n_started > 2, "{timeline}");

    app.put(STATE, large("b")).await.assert_status(204);
    app.get(&pipelines("/a7")).await.assert_status(404);
    app.get(&pipelines("/b7")).await.assert_status(200);
    app.patch(STATE, large("a")).await.assert_status(204);
    app.get(&pipelines("/a7")).await.assert_status(200);
    app.get(&pipelines("/b7")).await.assert_status(200);

    let mut invalid = large("c");
    invalid["servicestage"]["projects"][0]["pipelines"][2_999]["status"] = json!(77);
    let before = app.state().await;
    let refused = app.put(STATE, invalid.clone()).await.assert_status(400);
    let detail = refused["detail"].as_str().expect("a text");
    assert!(
        detail.starts_with("servicestage.projects[0].pipelines[2999].status"),
        "{detail}"
    );
    let refused = app.patch(STATE, invalid).await.assert_status(400);
    assert_eq!(refused["detail"], detail);
    assert_eq!(app.state().await, before);

    app.post("/_emulator/v1/reset", json!({}))
        .await
        .assert_status(204);
    app.get(&pipelines("/a7")).await.assert_status(404);
}

#[test]
fn large_and_small_ways_make_the_same_memory() {
    let read = |value: &Value| State::from_json(&value.to_string()).expect("a state");
    let (one, other) = (App::load(&large("a")), App::load(&large("a")));
    let mut changed = large("a");
    changed["servicestage"]["projects"][0]["pipelines"][7]["status"] = json!(3);
    one.world.replace(read(&changed)).expect("a valid state");
    other
        .world
        .replace_large(read(&changed))
        .expect("a valid state");
    one.world.merge(read(&large("b"))).expect("a valid state");
    other
        .world
        .merge_large(read(&large("b")))
        .expect("a valid state");
    assert_eq!(one.world.export(), other.world.export());
    let timeline = |app: &App| {
        app.world
            .read(|database, now| database.timeline("pipelines", "a7", now))
            .expect("a pipeline")
    };
    let text = |app: &App| serde_json::to_string(&timeline(app)).expect("JSON");
    assert_eq!(text(&one), text(&other));
    assert!(text(&one).contains("import"));
    one.world.reset(ResetTo::Fixtures);
    assert_eq!(one.world.export(), App::load(&large("a")).world.export());
}

#[tokio::test]
async fn a_list_of_schedules_has_a_limit_and_lines_that_never_fire_are_told() {
    let app = App::new();
    let id = schedule(&app, "busy", "0 0 0 1 1 ?").await;
    let path = pipelines(&format!("/{id}/hooks"));
    let hooks = |n: usize| json!({"strategy_type": 1, "hooks": vec![json!({"schedule": "0 0 0 30 2 ?"}); n]});
    let refused = app.post(&path, hooks(101)).await.assert_status(400);
    let text = refused.to_string();
    assert!(
        text.contains("hooks: must have at most 100 schedules, not 101"),
        "{text}"
    );

    let reply = app.post(&path, hooks(100)).await;
    let hint = reply.header("x-emulator-hint").to_owned();
    reply.assert_status(200);
    assert!(
        hint.contains("hooks[0].schedule: \"0 0 0 30 2 ?\" never fires after the present instant"),
        "{hint}"
    );
}

#[tokio::test]
async fn a_long_glob_is_refused_in_words() {
    let app = App::new();
    let glob = "*".repeat(1_025);
    let text = "must have at most 1024 bytes, as any text with * and ?, not 1025";
    for (path, body) in [
        (
            "requests/verify",
            json!({"match": {"path": glob}, "exactly": 0}),
        ),
        (
            "requests/verify",
            json!({"match": {"query": {"a": {"matches": glob}}}, "exactly": 0}),
        ),
        (
            "faults",
            json!({"match": {"path": glob}, "do": {"status": 503}}),
        ),
        (
            "scripts",
            json!({"match": {"name": glob}, "outcome": "fail"}),
        ),
    ] {
        let reply = app.post(&format!("/_emulator/v1/{path}"), body).await;
        let refused = reply.assert_status(400);
        let detail = refused["detail"].as_str().expect("a text");
        assert!(detail.contains(text), "{path}: {detail}");
    }
    let refused = app
        .get(&format!("/_emulator/v1/requests?path={glob}"))
        .await;
    let refused = refused.assert_status(400);
    assert!(
        refused["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains(text)),
        "{refused}"
    );
    let filters = json!({"in_order": vec![json!({}); 101]});
    let refused = app
        .post("/_emulator/v1/requests/verify", filters)
        .await
        .assert_status(400);
    assert_eq!(refused["detail"], "in_order: must have at most 100 filters");
}

#[test]
fn a_yaml_bomb_is_refused_soon() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.extend([format!("a{level}: &a{level} [{aliases}]\n")]);
    }
    let error = State::from_yaml(&bomb).unwrap_err().to_string();
    assert!(error.contains("too large"), "{error}");
}

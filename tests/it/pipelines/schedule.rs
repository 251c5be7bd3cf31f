//! Trigger policies: time itself starts pipelines.

use serde_json::{Value, json};

use super::status::{INITIALISED, PAUSED, RELEASING, SUCCEEDED};
use super::{TestPipeline, body};
use crate::common::{App, assert_same, golden};

/// Every ten seconds.
const EVERY_TEN: &str = "0/10 * * * * ?";

fn one_task() -> Value {
    json!([{"name": "build", "tasks": [{"name": "compile"}]}, {"name": "deploy", "tasks": [{"name": "roll"}]}])
}

fn scheduled(schedule: &str) -> Value {
    json!({"strategy_type": 1, "hooks": [{"schedule": schedule, "timezone_operator": "+", "timezone_hour": 0}]})
}

async fn subject(app: &App) -> TestPipeline<'_> {
    TestPipeline::create(app, body("release-a", one_task())).await
}

#[tokio::test]
async fn the_documented_policy_is_answered_as_it_was_given() {
    let app = App::new();
    let pipeline = subject(&app).await;
    let hooks = format!("{}/hooks", pipeline.path());
    let by_hand = json!({"strategy_type": 0, "hooks": []});
    assert_same(&app.get(&hooks).await.assert_status(200), &by_hand);

    let policy = golden("servicestage_hooks.json");
    assert_same(
        &app.post(&hooks, policy.clone()).await.assert_status(200),
        &policy,
    );
    assert_same(&app.get(&hooks).await.assert_status(200), &policy);

    assert_same(
        &app.put(&hooks, json!({"strategy_type": 0}))
            .await
            .assert_status(200),
        &by_hand,
    );
    assert_same(&app.get(&hooks).await.assert_status(200), &by_hand);
}

#[tokio::test]
async fn the_documented_policy_starts_runs_when_the_clock_passes_its_fire_times() {
    let app = App::new();
    let pipeline = subject(&app).await;
    app.post(
        &format!("{}/hooks", pipeline.path()),
        golden("servicestage_hooks.json"),
    )
    .await
    .assert_status(200);

    // From Thursday noon to the end of the first hour of Monday at +8, which is Sunday 17:00 in UTC.
    app.advance((3 * 24 + 5) * 3_600_000).await;

    let records = pipeline.records().await;
    let times: Vec<i64> = records["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["trigger_at"].as_i64().unwrap())
        .collect();
    let first = 1_767_542_400_000; // 2026-01-04T16:00:00Z
    assert_eq!(times, [5, 4, 3, 2, 1, 0].map(|n| first + n * 600_000));
    assert!(
        records["records"]
            .as_array()
            .unwrap()
            .iter()
            .all(|run| run["trigger_type"] == 1 && run["status"] == 2)
    );
    assert_eq!(pipeline.status().await, SUCCEEDED);
}

#[tokio::test]
async fn a_fire_while_a_run_is_open_is_skipped() {
    let app = App::new();
    let pipeline = subject(&app).await;
    app.put(&format!("{}/hooks", pipeline.path()), scheduled(EVERY_TEN))
        .await
        .assert_status(200);
    app.script(json!({"match": {"step": "roll"}, "takes_ms": 15_000, "times": 1}))
        .await;

    // Fires at 10 s; ends at 27 s, so that of 20 s is skipped; the next is at 30 s.
    app.advance(35_000).await;

    let records = pipeline.records().await["records"].clone();
    let starts: Vec<&Value> = records
        .as_array()
        .unwrap()
        .iter()
        .map(|run| &run["trigger_at"])
        .collect();
    let at = |seconds: i64| json!(crate::common::NOON + seconds * 1_000);
    assert_eq!(starts, [&at(30), &at(10)]);
}

#[tokio::test]
async fn a_fire_while_a_run_is_paused_is_skipped() {
    let app = App::new();
    let pipeline = subject(&app).await;
    let hooks = format!("{}/hooks", pipeline.path());
    app.put(&hooks, scheduled(EVERY_TEN))
        .await
        .assert_status(200);
    pipeline.assert_accepts("start", json!({})).await;
    pipeline.assert_accepts("stop", json!({})).await;

    app.advance(25_000).await;
    assert_eq!(pipeline.status().await, PAUSED);
    assert_eq!(
        pipeline.assert_accepts("continue", json!({})).await,
        RELEASING
    );
    app.advance(6_000).await;

    let records = pipeline.records().await;
    assert_eq!(records["count"], 2, "only the fire at 30 s found it ended");
    assert_eq!(
        records["records"][0]["trigger_at"],
        crate::common::NOON + 30_000
    );
    assert_eq!(
        records["records"][1]["end_at"],
        crate::common::NOON + 29_000
    );
}

#[tokio::test]
async fn a_fire_is_skipped_once_the_selected_tasks_are_gone() {
    let app = App::new();
    let pipeline = subject(&app).await;
    let hooks = format!("{}/hooks", pipeline.path());
    let mut policy = scheduled(EVERY_TEN);
    policy["selected_tasks"] = json!([
        {"stage_name": "build", "tasks": []},
        {"stage_name": "deploy", "tasks": ["roll"]}
    ]);
    app.put(&hooks, policy).await.assert_status(200);
    let mut stages = one_task();
    stages[1]["tasks"][0]["name"] = json!("unroll");
    app.put(&pipeline.path(), body("release-a", stages))
        .await
        .assert_status(200);

    app.advance(15_000).await;

    assert_eq!(pipeline.records().await["count"], 0);
    assert_eq!(pipeline.status().await, INITIALISED);
}

#[tokio::test]
async fn hooks_of_one_instant_start_one_run() {
    let app = App::new();
    let pipeline = subject(&app).await;
    let mut policy = scheduled(EVERY_TEN);
    let first = policy["hooks"][0].clone();
    let mut third = first.clone();
    third["schedule"] = json!("0 * * * * ?");
    policy["hooks"] = json!([first, first, third]);
    let hooks = format!("{}/hooks", pipeline.path());
    app.put(&hooks, policy).await.assert_status(200);

    app.advance(60_000).await;

    assert_eq!(pipeline.records().await["count"], 6);
}

#[tokio::test]
async fn a_zone_may_be_absent_or_null() {
    let app = App::new();
    let pipeline = subject(&app).await;
    let hooks = format!("{}/hooks", pipeline.path());
    for zone in [
        json!({}),
        json!({"timezone_operator": null, "timezone_hour": null}),
    ] {
        let mut policy = json!({"strategy_type": 1, "hooks": [zone]});
        policy["hooks"][0]["schedule"] = json!(EVERY_TEN);
        let answer = app.put(&hooks, policy).await.assert_status(200);
        assert_same(&answer, &scheduled(EVERY_TEN));
    }
}

#[tokio::test]
async fn a_start_falls_on_the_instant_at_which_the_run_before_ends() {
    let app = App::new();
    let pipeline = subject(&app).await;
    app.put(&format!("{}/hooks", pipeline.path()), scheduled(EVERY_TEN))
        .await
        .assert_status(200);
    app.script(json!({"match": {"step": "roll"}, "takes_ms": 8_000}))
        .await;

    let transitions = app.advance(20_000).await;

    let own: Vec<String> = transitions
        .iter()
        .filter(|change| change.get("step").is_none())
        .map(|change| {
            format!(
                "{} {}>{} {}",
                change["time"], change["from"], change["to"], change["cause"]
            )
            .replace('"', "")
        })
        .collect();
    assert_eq!(
        own,
        [
            "2026-01-01T12:00:10Z 1>4 schedule",
            "2026-01-01T12:00:20Z 4>2 clock",
            "2026-01-01T12:00:20Z 2>4 schedule"
        ]
    );
}

#[tokio::test]
async fn a_policy_starts_only_what_it_selects() {
    let app = App::new();
    let pipeline = subject(&app).await;
    let mut policy = scheduled(EVERY_TEN);
    policy["selected_tasks"] = json!([{"stage_name": "deploy", "tasks": ["roll"]}]);
    let hooks = format!("{}/hooks", pipeline.path());
    assert_same(
        &app.post(&hooks, policy.clone()).await.assert_status(200),
        &policy,
    );

    app.advance(11_000).await;

    assert_eq!(
        pipeline.steps().await,
        "build=9 build/compile=9 deploy=4 deploy/roll=4"
    );
}

#[tokio::test]
async fn a_read_under_a_running_clock_sees_runs_that_became_due() {
    // An hour a millisecond: by the first read, many fires lie in the past.
    let app = App::with(|settings| settings.pace = 3_600_000.0);
    let pipeline = subject(&app).await;
    app.put(
        &format!("{}/hooks", pipeline.path()),
        scheduled("0 0/10 * * * ?"),
    )
    .await
    .assert_status(200);

    app.put("/_emulator/v1/clock", json!({"mode": "running"}))
        .await
        .assert_status(200);
    let mut count = 0;
    while count == 0 {
        count = pipeline.records().await["count"].as_u64().unwrap();
    }
    let newest = pipeline.records().await["records"][0].clone();
    assert_eq!(newest["trigger_type"], 1);
    assert_eq!(
        newest["trigger_at"].as_i64().unwrap() % 600_000,
        0,
        "it started at its fire time"
    );
}

#[tokio::test]
async fn what_is_no_policy_is_refused_with_its_place() {
    let app = App::new();
    let pipeline = subject(&app).await;
    let hooks = format!("{}/hooks", pipeline.path());
    let hook = |key: &str, value: Value| {
        let mut policy = scheduled(EVERY_TEN);
        policy["hooks"][0][key] = value;
        policy
    };
    for (policy, wrong) in [
        (json!({}), "strategy_type: is required"),
        (
            json!({"strategy_type": 2}),
            "strategy_type: must be 0 or 1, not 2",
        ),
        (
            json!({"strategy_type": 1}),
            "hooks: must not be empty with strategy_type 1",
        ),
        (
            json!({"strategy_type": 1, "hooks": []}),
            "hooks: must not be empty with strategy_type 1",
        ),
        (
            json!({"strategy_type": 1, "hooks": [{}]}),
            "hooks[0].schedule: is required",
        ),
        (
            hook("schedule", json!("* * * * *")),
            "hooks[0].schedule: a cron line has six or seven fields, not 5",
        ),
        (
            hook("schedule", json!(", * * * * ?")),
            "hooks[0].schedule: a value is missing beside a comma",
        ),
        (
            hook("timezone_hour", json!(15)),
            "hooks[0].timezone_hour: must be from 0 to 14, not 15",
        ),
        (
            hook("timezone_hour", json!(-1)),
            "hooks[0].timezone_hour: must be from 0 to 14, not -1",
        ),
        (
            hook("timezone_operator", json!("*")),
            "hooks[0].timezone_operator: must be ",
        ),
        (
            json!({"strategy_type": 0, "selected_tasks": [{"stage_name": "x", "tasks": []}]}),
            "selected_tasks: must not be empty",
        ),
        (
            json!({"strategy_type": 0, "selected_tasks": [{"stage_name": "x", "tasks": ["y"]}]}),
            "selected_tasks[0].stage_name: there is no such stage",
        ),
    ] {
        for method in ["POST", "PUT"] {
            let reply = app
                .send(
                    method,
                    &hooks,
                    crate::common::CREDENTIALS,
                    policy.to_string(),
                )
                .await;
            let error = reply.assert_status(400);
            assert_eq!(error["error_code"], "SVCSTG.00100400");
            let text = error["error_msg"].as_str().unwrap();
            assert!(
                text.starts_with(&format!("parameter invalid: {wrong}")),
                "{text}"
            );
        }
    }
}

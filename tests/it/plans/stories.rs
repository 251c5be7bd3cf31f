//! Plans of five components in three batches, step by step: `db` and `cache`, then `api` and `worker`, then
//! `web`. Components are shown in the plan's order: `web`, `db`, `api`, `cache`, `worker`.

use serde_json::{Value, json};

use super::{
    Five, at, component, create, ended, path, rolled, rolling, row, running, to_roll_back,
};
use crate::common::{App, NOON, assert_same};

/// `component: before -> after` of transitions, with the milliseconds since noon.
fn said(transitions: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("plan").to_owned();
    transitions
        .iter()
        .map(|change| {
            let (step, from, to) = (
                text(&change["step"]),
                text(&change["from"]),
                text(&change["to"]),
            );
            format!("{} {step}: {from} -> {to}", &text(&change["time"])[14..19])
        })
        .collect()
}

#[tokio::test]
async fn a_plan_releases_batch_by_batch_and_succeeds() {
    let mut plan = Five::new("stop").await;
    let fresh = ["web", "db", "api", "cache", "worker"].map(row);
    assert_same(&plan.deploy_info().await, &json!(fresh));

    plan.app.advance(1_000).await;
    plan.assert_accepted("execute").await;

    let detail = plan.detail().await;
    assert_eq!(
        (
            &detail["status"],
            &detail["create_time"],
            &detail["modify_time"],
            &detail["execute_time"]
        ),
        (&json!("RUNNING"), &at(0), &json!(0), &at(1_000))
    );
    assert_same(
        &plan.deploy_info().await,
        &json!([
            row("web"),
            running(row("db"), "job 1", 1_000),
            row("api"),
            running(row("cache"), "job 2", 1_000),
            row("worker"),
        ]),
    );

    let transitions = plan.app.advance(5_999).await;
    assert_eq!(
        said(&transitions),
        [
            "00:03 db: RUNNING -> SUCCESS",
            "00:03 api: CREATED -> RUNNING",
            "00:03 cache: RUNNING -> SUCCESS",
            "00:03 worker: CREATED -> RUNNING",
            "00:05 web: CREATED -> RUNNING",
            "00:05 api: RUNNING -> SUCCESS",
            "00:05 worker: RUNNING -> SUCCESS",
        ]
    );
    assert_eq!(plan.status().await, "RUNNING");

    let transitions = plan.app.advance(1).await;
    assert_eq!(
        said(&transitions),
        [
            "00:07 plan: RUNNING -> SUCCESS",
            "00:07 web: RUNNING -> SUCCESS"
        ]
    );
    let detail = plan.detail().await;
    assert_eq!(
        (&detail["status"], &detail["execute_time"]),
        (&json!("SUCCESS"), &at(1_000))
    );
    assert_same(
        &plan.deploy_info().await,
        &json!([
            ended(row("web"), "SUCCESS", "job 3", (5_000, 7_000), ""),
            ended(row("db"), "SUCCESS", "job 1", (1_000, 3_000), ""),
            ended(row("api"), "SUCCESS", "job 4", (3_000, 5_000), ""),
            ended(row("cache"), "SUCCESS", "job 2", (1_000, 3_000), ""),
            ended(row("worker"), "SUCCESS", "job 5", (3_000, 5_000), ""),
        ]),
    );
}

#[tokio::test]
async fn the_deployment_information_has_all_documented_keys() {
    let app = App::new();
    let mut web = component(0, "web");
    web["version"] = json!("1.2.3");
    let id = create(&app, super::body("release-a", &[web])).await;
    app.script(json!({"match": {"step": "web"}, "outcome": "fail", "message": "no image"}))
        .await;
    app.post(&path(&format!("/{id}/execute")), Value::Null)
        .await;
    app.advance(2_000).await;

    let mut info = app
        .get(&path(&format!("/{id}/deploy-info")))
        .await
        .assert_status(200);

    let job = info["components"][0]["job_id"].take();
    assert!(
        job.as_str()
            .is_some_and(|job| job.len() == 39 && job.starts_with("JOB")),
        "{job}"
    );
    info["components"][0]["job_id"] = json!("JOB…");
    assert_same(
        &info,
        &json!({
            "id": id,
            "components": [{
                "job_id": "JOB…",
                "status": "FAILED",
                "job_status": "FAILED",
                "name": "web",
                "id": "id-web",
                "seq": "0",
                "version": "1.2.3",
                "rollback_job_id": "",
                "start_time": NOON,
                "end_time": NOON + 2_000,
                "rollback_job_status": "",
                "rollback_start_time": 0,
                "rollback_end_time": 0,
                "fail_message": "no image",
                "rollback_fail_message": "",
            }],
        }),
    );
}

#[tokio::test]
async fn under_stop_siblings_of_a_failure_go_on_and_later_batches_are_left_alone() {
    let mut plan = Five::new("stop").await;
    plan.script(
        "api",
        json!({"outcome": "fail", "message": "no image", "takes_ms": 500}),
    )
    .await;

    plan.assert_accepted("execute").await;
    plan.app.advance(2_500).await;

    assert_eq!(plan.status().await, "RUNNING");
    let db = || ended(row("db"), "SUCCESS", "job 1", (0, 2_000), "");
    let cache = || ended(row("cache"), "SUCCESS", "job 3", (0, 2_000), "");
    let api = || ended(row("api"), "FAILED", "job 2", (2_000, 2_500), "no image");
    let worker = running(row("worker"), "job 4", 2_000);
    assert_same(
        &plan.deploy_info().await,
        &json!([row("web"), db(), api(), cache(), worker]),
    );

    plan.app.advance(1_500).await;

    assert_eq!(plan.status().await, "FAILED");
    let worker = ended(row("worker"), "SUCCESS", "job 4", (2_000, 4_000), "");
    let failed = json!([row("web"), db(), api(), cache(), worker]);
    assert_same(&plan.deploy_info().await, &failed);

    assert!(plan.app.advance(1_000_000).await.is_empty());
    assert_same(&plan.deploy_info().await, &failed);
}

#[tokio::test]
async fn under_continue_later_batches_follow_and_the_plan_has_failed_in_part() {
    let mut plan = Five::new("continue").await;
    plan.script(
        "api",
        json!({"outcome": "fail", "message": "no image", "takes_ms": 500}),
    )
    .await;

    plan.assert_accepted("execute").await;
    plan.app.advance(5_999).await;
    assert_eq!(plan.status().await, "RUNNING");
    plan.app.advance(1).await;

    assert_eq!(plan.status().await, "PARTIALLY_FAILED");
    assert_same(
        &plan.deploy_info().await,
        &json!([
            ended(row("web"), "SUCCESS", "job 1", (4_000, 6_000), ""),
            ended(row("db"), "SUCCESS", "job 2", (0, 2_000), ""),
            ended(row("api"), "FAILED", "job 3", (2_000, 2_500), "no image"),
            ended(row("cache"), "SUCCESS", "job 4", (0, 2_000), ""),
            ended(row("worker"), "SUCCESS", "job 5", (2_000, 4_000), ""),
        ]),
    );
}

#[tokio::test]
async fn under_continue_a_plan_whose_components_all_failed_has_failed() {
    let plan = Five::new("continue").await;
    plan.script("*", json!({"outcome": "fail"})).await;

    plan.assert_accepted("execute").await;
    plan.app.advance(6_000).await;

    assert_eq!(plan.status().await, "FAILED");
}

#[tokio::test]
async fn an_abort_cuts_what_is_under_way_and_leaves_alone_what_has_not_begun() {
    let mut plan = Five::new("stop").await;
    plan.assert_accepted("execute").await;
    plan.app.advance(3_000).await;

    plan.assert_accepted("abort").await;

    let cut = json!([
        row("web"),
        ended(row("db"), "SUCCESS", "job 1", (0, 2_000), ""),
        ended(row("api"), "ABORTED", "job 2", (2_000, 3_000), ""),
        ended(row("cache"), "SUCCESS", "job 3", (0, 2_000), ""),
        ended(row("worker"), "ABORTED", "job 4", (2_000, 3_000), ""),
    ]);
    assert_eq!(plan.status().await, "ABORTING");
    assert_same(&plan.deploy_info().await, &cut);
    plan.app.advance(1_999).await;
    assert_eq!(plan.status().await, "ABORTING");

    let transitions = plan.app.advance(1).await;

    assert_eq!(said(&transitions), ["00:05 plan: ABORTING -> ABORTED"]);
    assert_eq!(plan.status().await, "ABORTED");
    assert_same(&plan.deploy_info().await, &cut);
}

#[tokio::test]
async fn a_script_says_how_long_an_abort_takes() {
    let plan = Five::new("stop").await;
    plan.app
        .script(json!({"match": {"family": "plans", "name": "release-five", "work": "abort"}, "takes_ms": 7_000}))
        .await;
    plan.assert_accepted("execute").await;
    plan.assert_accepted("abort").await;

    plan.app.advance(6_999).await;
    assert_eq!(plan.status().await, "ABORTING");
    plan.app.advance(1).await;
    assert_eq!(plan.status().await, "ABORTED");
}

#[tokio::test]
async fn execution_after_an_abort_releases_what_was_not() {
    let mut plan = Five::new("stop").await;
    plan.assert_accepted("execute").await;
    plan.app.advance(3_000).await;
    plan.assert_accepted("abort").await;
    plan.app.advance(2_000).await;
    plan.deploy_info().await;

    plan.assert_accepted("execute").await;

    assert_same(
        &plan.deploy_info().await,
        &json!([
            row("web"),
            ended(row("db"), "SUCCESS", "job 1", (0, 2_000), ""),
            running(row("api"), "job 5", 5_000),
            ended(row("cache"), "SUCCESS", "job 3", (0, 2_000), ""),
            running(row("worker"), "job 6", 5_000),
        ]),
    );
    plan.app.advance(4_000).await;
    assert_eq!(plan.status().await, "SUCCESS");
}

#[tokio::test]
async fn a_rollback_takes_the_batches_in_reverse_order() {
    let mut plan = Five::new("stop").await;
    plan.assert_accepted("execute").await;
    plan.app.advance(6_000).await;
    let released = [
        ended(row("web"), "SUCCESS", "job 1", (4_000, 6_000), ""),
        ended(row("db"), "SUCCESS", "job 2", (0, 2_000), ""),
        ended(row("api"), "SUCCESS", "job 3", (2_000, 4_000), ""),
        ended(row("cache"), "SUCCESS", "job 4", (0, 2_000), ""),
        ended(row("worker"), "SUCCESS", "job 5", (2_000, 4_000), ""),
    ];
    assert_same(&plan.deploy_info().await, &json!(released));
    let [web, db, api, cache, worker] = released;

    plan.assert_accepted("rollback").await;

    assert_eq!(plan.status().await, "ROLLING_BACK");
    assert_same(
        &plan.deploy_info().await,
        &json!([
            rolling(web.clone(), "job 6", 6_000),
            to_roll_back(db.clone()),
            to_roll_back(api.clone()),
            to_roll_back(cache.clone()),
            to_roll_back(worker.clone()),
        ]),
    );

    let transitions = plan.app.advance(5_999).await;
    assert_eq!(
        said(&transitions),
        [
            "00:08 web: ROLLING_BACK -> ROLLBACK_SUCCEED",
            "00:08 api: SUCCESS -> ROLLING_BACK",
            "00:08 worker: SUCCESS -> ROLLING_BACK",
            "00:10 db: SUCCESS -> ROLLING_BACK",
            "00:10 api: ROLLING_BACK -> ROLLBACK_SUCCEED",
            "00:10 cache: SUCCESS -> ROLLING_BACK",
            "00:10 worker: ROLLING_BACK -> ROLLBACK_SUCCEED",
        ]
    );
    plan.app.advance(1).await;

    let detail = plan.detail().await;
    assert_eq!(
        (&detail["status"], &detail["execute_time"]),
        (&json!("ROLLBACK_SUCCEED"), &at(0))
    );
    let back =
        |row: Value, job: &str, span: (i64, i64)| rolled(row, "ROLLBACK_SUCCEED", job, span, "");
    assert_same(
        &plan.deploy_info().await,
        &json!([
            back(web, "job 6", (6_000, 8_000)),
            back(db, "job 7", (10_000, 12_000)),
            back(api, "job 8", (8_000, 10_000)),
            back(cache, "job 9", (10_000, 12_000)),
            back(worker, "job 10", (8_000, 10_000)),
        ]),
    );
}

#[tokio::test]
async fn a_rollback_concerns_what_was_released_alone() {
    let mut plan = Five::new("stop").await;
    plan.script("api", json!({"outcome": "fail", "message": "no image"}))
        .await;
    plan.assert_accepted("execute").await;
    plan.app.advance(4_000).await;
    assert_eq!(plan.status().await, "FAILED");

    plan.assert_accepted("rollback").await;
    plan.app.advance(4_000).await;

    assert_eq!(plan.status().await, "ROLLBACK_SUCCEED");
    let done = |name: &str, job: &str, span| ended(row(name), "SUCCESS", job, span, "");
    let back = |row: Value, job: &str, span| rolled(row, "ROLLBACK_SUCCEED", job, span, "");
    assert_same(
        &plan.deploy_info().await,
        &json!([
            row("web"),
            back(done("db", "job 1", (0, 2_000)), "job 2", (6_000, 8_000)),
            ended(row("api"), "FAILED", "job 3", (2_000, 4_000), "no image"),
            back(done("cache", "job 4", (0, 2_000)), "job 5", (6_000, 8_000)),
            back(
                done("worker", "job 6", (2_000, 4_000)),
                "job 7",
                (4_000, 6_000)
            ),
        ]),
    );
}

#[tokio::test]
async fn a_rollback_fails_when_a_script_says_so() {
    let mut plan = Five::new("stop").await;
    let rule = json!({"match": {"work": "rollback"}, "outcome": "fail", "message": "no snapshot", "takes_ms": 100});
    plan.script("worker", rule).await;
    plan.assert_accepted("execute").await;
    plan.app.advance(6_000).await;
    plan.deploy_info().await;

    plan.assert_accepted("rollback").await;
    plan.app.advance(4_000).await;

    assert_eq!(plan.status().await, "ROLLBACK_FAILED");
    let done = |name: &str, job: &str, span| ended(row(name), "SUCCESS", job, span, "");
    let back = |row: Value, job: &str, span| rolled(row, "ROLLBACK_SUCCEED", job, span, "");
    assert_same(
        &plan.deploy_info().await,
        &json!([
            back(
                done("web", "job 1", (4_000, 6_000)),
                "job 6",
                (6_000, 8_000)
            ),
            to_roll_back(done("db", "job 2", (0, 2_000))),
            back(
                done("api", "job 3", (2_000, 4_000)),
                "job 7",
                (8_000, 10_000)
            ),
            to_roll_back(done("cache", "job 4", (0, 2_000))),
            rolled(
                done("worker", "job 5", (2_000, 4_000)),
                "ROLLBACK_FAILED",
                "job 8",
                (8_000, 8_100),
                "no snapshot",
            ),
        ]),
    );
}

#[tokio::test]
async fn under_continue_a_failing_rollback_goes_on() {
    let plan = Five::new("continue").await;
    plan.script(
        "web",
        json!({"match": {"work": "rollback"}, "outcome": "fail"}),
    )
    .await;
    plan.assert_accepted("execute").await;
    plan.app.advance(6_000).await;

    plan.assert_accepted("rollback").await;
    plan.app.advance(5_999).await;
    assert_eq!(plan.status().await, "ROLLING_BACK");
    plan.app.advance(1).await;

    assert_eq!(plan.status().await, "ROLLBACK_FAILED");
}

#[tokio::test]
async fn a_rollback_of_nothing_takes_a_step() {
    let mut plan = Five::new("stop").await;
    plan.script("*", json!({"outcome": "fail", "times": 2}))
        .await;
    plan.assert_accepted("execute").await;
    plan.app.advance(2_000).await;
    let failed = plan.deploy_info().await;

    plan.assert_accepted("rollback").await;

    assert_eq!(plan.status().await, "ROLLING_BACK");
    plan.app.advance(2_000).await;
    assert_eq!(plan.status().await, "ROLLBACK_SUCCEED");
    assert_same(&plan.deploy_info().await, &failed);
}

#[tokio::test]
async fn execution_after_a_failure_repeats_what_has_not_succeeded() {
    let mut plan = Five::new("stop").await;
    plan.script(
        "api",
        json!({"outcome": "fail", "message": "no image", "times": 1}),
    )
    .await;
    plan.assert_accepted("execute").await;
    plan.app.advance(10_000).await;
    assert_eq!(plan.status().await, "FAILED");
    plan.deploy_info().await;

    plan.assert_accepted("execute").await;

    let detail = plan.detail().await;
    assert_eq!(
        (&detail["status"], &detail["execute_time"]),
        (&json!("RUNNING"), &at(10_000))
    );
    let db = || ended(row("db"), "SUCCESS", "job 1", (0, 2_000), "");
    let cache = || ended(row("cache"), "SUCCESS", "job 3", (0, 2_000), "");
    let worker = || ended(row("worker"), "SUCCESS", "job 4", (2_000, 4_000), "");
    let api = running(row("api"), "job 5", 10_000);
    assert_same(
        &plan.deploy_info().await,
        &json!([row("web"), db(), api, cache(), worker()]),
    );

    plan.app.advance(4_000).await;

    assert_eq!(plan.status().await, "SUCCESS");
    let api = ended(row("api"), "SUCCESS", "job 5", (10_000, 12_000), "");
    let web = ended(row("web"), "SUCCESS", "job 6", (12_000, 14_000), "");
    assert_same(
        &plan.deploy_info().await,
        &json!([web, db(), api, cache(), worker()]),
    );
}

#[tokio::test]
async fn execution_after_a_rollback_repeats_everything() {
    let mut plan = Five::new("stop").await;
    plan.assert_accepted("execute").await;
    plan.app.advance(6_000).await;
    plan.assert_accepted("rollback").await;
    plan.app.advance(6_000).await;
    plan.deploy_info().await;

    plan.assert_accepted("execute").await;
    plan.app.advance(6_000).await;

    assert_eq!(plan.status().await, "SUCCESS");
    assert_same(
        &plan.deploy_info().await,
        &json!([
            ended(row("web"), "SUCCESS", "job 11", (16_000, 18_000), ""),
            ended(row("db"), "SUCCESS", "job 12", (12_000, 14_000), ""),
            ended(row("api"), "SUCCESS", "job 13", (14_000, 16_000), ""),
            ended(row("cache"), "SUCCESS", "job 14", (12_000, 14_000), ""),
            ended(row("worker"), "SUCCESS", "job 15", (14_000, 16_000), ""),
        ]),
    );
}

#[tokio::test]
async fn outcomes_are_decided_in_the_order_of_batches() {
    let plan = Five::new("stop").await;
    plan.script("*", json!({"outcome": "succeed", "times": 3}))
        .await;
    plan.script(
        "*",
        json!({"outcome": "fail", "message": "the fourth", "times": 1}),
    )
    .await;

    plan.assert_accepted("execute").await;
    plan.app.advance(4_000).await;

    let info = plan
        .app
        .get(&path(&format!("/{}/deploy-info", plan.id)))
        .await
        .assert_status(200);
    assert_eq!(info["components"][4]["name"], "worker");
    assert_eq!(info["components"][4]["fail_message"], "the fourth");
}

#[tokio::test]
async fn an_edited_plan_is_as_if_never_executed() {
    let mut plan = Five::new("stop").await;
    plan.assert_accepted("execute").await;
    plan.app.advance(7_000).await;

    let body = super::body("release-six", &super::five());
    let edited = plan
        .app
        .put(&path(&format!("/{}", plan.id)), body)
        .await
        .assert_status(200);

    assert_same(&plan.detail().await, &edited);
    assert_eq!(
        (
            &edited["name"],
            &edited["status"],
            &edited["modify_time"],
            &edited["execute_time"]
        ),
        (&json!("release-six"), &json!("CREATED"), &at(7_000), &at(0))
    );
    let fresh = ["web", "db", "api", "cache", "worker"].map(row);
    assert_same(&plan.deploy_info().await, &json!(fresh));
    plan.assert_accepted("execute").await;
    assert_eq!(plan.status().await, "RUNNING");
}

#[tokio::test]
async fn work_without_length_is_over_at_once() {
    let app = App::with(|settings| settings.step = 0);
    let id = create(&app, super::body("release-five", &super::five())).await;
    let plan = Five::of(app, &id);

    plan.assert_accepted("execute").await;
    assert_eq!(plan.status().await, "SUCCESS");
    plan.assert_accepted("rollback").await;
    assert_eq!(plan.status().await, "ROLLBACK_SUCCEED");
}

//! Commands against statuses. Fixtures set the status, so each is tried on its own.

use serde_json::{Value, json};

use super::{Five, body, five, path};
use crate::common::{App, PROJECT, golden};

const STATUSES: [&str; 10] = [
    "CREATED",
    "RUNNING",
    "SUCCESS",
    "FAILED",
    "PARTIALLY_FAILED",
    "ABORTING",
    "ABORTED",
    "ROLLING_BACK",
    "ROLLBACK_SUCCEED",
    "ROLLBACK_FAILED",
];

/// A plan of five components with a status from a fixture.
fn given(status: &str) -> Five {
    let plan = json!({"id": "p-1", "name": "release-five", "status": status, "components": five()});
    let state = json!({"servicestage": {"projects": [{"id": PROJECT, "release_plans": [plan]}]}});
    Five::of(App::load(&state), "p-1")
}

/// Asserts that each status in `transitions` allows a command and leads to the status beside it, and that no other allows it.
async fn assert_allowed(command: &str, transitions: &[(&str, &str)]) {
    for status in STATUSES {
        let plan = given(status);
        if let Some((_, then)) = transitions.iter().find(|(from, _)| *from == status) {
            plan.assert_accepted(command).await;
            assert_eq!(plan.status().await, *then, "{command} when {status}");
        } else {
            let allowed: Vec<_> = transitions.iter().map(|(from, _)| *from).collect();
            let allowed = allowed.join(", ");
            let why = format!("{command} is not allowed in status {status}, only in {allowed}");
            plan.assert_refused(command, &why).await;
        }
    }
}

#[tokio::test]
async fn plans_that_are_neither_released_nor_under_way_can_be_executed() {
    let from = [
        "CREATED",
        "FAILED",
        "PARTIALLY_FAILED",
        "ABORTED",
        "ROLLBACK_SUCCEED",
    ];
    assert_allowed("execute", &from.map(|from| (from, "RUNNING"))).await;
}

#[tokio::test]
async fn plans_whose_execution_has_ended_can_be_rolled_back() {
    let from = ["SUCCESS", "FAILED", "PARTIALLY_FAILED"];
    assert_allowed("rollback", &from.map(|from| (from, "ROLLING_BACK"))).await;
}

#[tokio::test]
async fn plans_that_are_being_executed_can_be_aborted() {
    assert_allowed("abort", &[("RUNNING", "ABORTING")]).await;
}

#[tokio::test]
async fn plans_that_are_not_under_way_can_be_edited_and_deleted() {
    for status in STATUSES {
        let under_way = ["RUNNING", "ABORTING", "ROLLING_BACK"].contains(&status);
        let expected = if under_way { 400 } else { 200 };
        for method in ["PUT", "DELETE"] {
            let plan = given(status);
            let before = plan.app.state().await;

            let reply = if method == "PUT" {
                plan.app
                    .put(&path("/p-1"), body("release-six", &five()))
                    .await
            } else {
                plan.app.delete(&path("/p-1")).await
            };

            assert_eq!(reply.status, expected, "{method} when {status}");
            if under_way {
                let command = if method == "PUT" { "edit" } else { "delete" };
                let why = format!(
                    "parameter invalid: {command} is not allowed in status {status}, only in CREATED, SUCCESS, \
                     FAILED, PARTIALLY_FAILED, ABORTED, ROLLBACK_SUCCEED, ROLLBACK_FAILED"
                );
                assert_eq!(
                    reply.json(),
                    json!({"error_code": "SVCSTG.00100400", "error_msg": why})
                );
                assert_eq!(plan.app.state().await, before);
            } else if method == "PUT" {
                assert_eq!(plan.status().await, "CREATED");
            } else {
                assert_eq!(reply.text(), "");
                assert_eq!(plan.app.get(&path("/p-1")).await.status, 404);
            }
        }
    }
}

#[tokio::test]
async fn commands_that_came_too_late_are_refused() {
    let plan = Five::new("stop").await;
    plan.assert_accepted("execute").await;
    plan.app.advance(6_000).await;

    // Transitions due at an instant precede a command of the same instant.
    plan.assert_refused(
        "abort",
        "abort is not allowed in status SUCCESS, only in RUNNING",
    )
    .await;
}

#[tokio::test]
async fn refused_commands_use_up_no_scripts() {
    let plan = given("SUCCESS");
    plan.script("*", json!({"outcome": "fail", "times": 1}))
        .await;

    assert_eq!(plan.post("execute").await.status, 400);
    assert_eq!(plan.post("abort").await.status, 400);

    let scripts = plan
        .app
        .get("/_emulator/v1/scripts")
        .await
        .assert_status(200);
    assert_eq!(scripts["scripts"][0]["used"], 0);
}

#[tokio::test]
async fn components_show_a_given_status_until_a_command_acts() {
    for (status, job, rollback) in [
        ("CREATED", "CREATED", ""),
        ("RUNNING", "RUNNING", ""),
        ("SUCCESS", "SUCCEEDED", ""),
        ("FAILED", "FAILED", ""),
        ("PARTIALLY_FAILED", "FAILED", ""),
        ("ABORTING", "FAILED", ""),
        ("ABORTED", "FAILED", ""),
        ("ROLLING_BACK", "SUCCEEDED", "RUNNING"),
        ("ROLLBACK_SUCCEED", "SUCCEEDED", "SUCCEEDED"),
        ("ROLLBACK_FAILED", "SUCCEEDED", "FAILED"),
    ] {
        let mut plan = given(status);
        plan.app.advance(1_000_000).await;

        for component in plan.deploy_info().await.as_array().unwrap() {
            assert_eq!(component["status"], status);
            assert_eq!(component["job_status"], job);
            assert_eq!(component["rollback_job_status"], rollback);
            assert_eq!(component["job_id"], "");
        }
    }
}

#[tokio::test]
async fn a_plan_that_is_given_as_released_rolls_all_of_it_back() {
    let mut plan = given("SUCCESS");

    plan.assert_accepted("rollback").await;
    plan.app.advance(6_000).await;

    assert_eq!(plan.status().await, "ROLLBACK_SUCCEED");
    for component in plan.deploy_info().await.as_array().unwrap() {
        assert_eq!(component["status"], "ROLLBACK_SUCCEED");
        assert_eq!(component["job_status"], "SUCCEEDED");
        assert_eq!(component["rollback_job_status"], "SUCCEEDED");
    }
}

#[tokio::test]
async fn a_plan_that_is_given_as_running_is_aborted_whole_and_then_repeated_whole() {
    let mut plan = given("RUNNING");

    plan.assert_accepted("abort").await;
    plan.app.advance(2_000).await;

    assert_eq!(plan.status().await, "ABORTED");
    for component in plan.deploy_info().await.as_array().unwrap() {
        assert_eq!(
            (&component["status"], &component["job_status"]),
            (&json!("ABORTED"), &json!("FAILED"))
        );
    }
    plan.assert_accepted("execute").await;
    plan.app.advance(6_000).await;
    assert_eq!(plan.status().await, "SUCCESS");
}

#[tokio::test]
async fn a_plan_without_components_takes_a_step() {
    let mut row = golden("servicestage_release_plans.json")["release_plans"][0].clone();
    let id = row["id"].as_str().unwrap().to_owned();
    row["status"] = json!("CREATED");
    let state = json!({"servicestage": {"projects": [{"id": PROJECT, "release_plans": [row]}]}});
    let mut plan = Five::of(App::load(&state), &id);

    for (command, under_way, then) in [
        ("execute", "RUNNING", "SUCCESS"),
        ("rollback", "ROLLING_BACK", "ROLLBACK_SUCCEED"),
    ] {
        plan.assert_accepted(command).await;
        plan.app.advance(1_999).await;
        assert_eq!(plan.status().await, under_way);
        plan.app.advance(1).await;
        assert_eq!(plan.status().await, then);
    }
    assert_eq!(plan.deploy_info().await, json!([]));

    // Its step is called after the plan.
    plan.script("release-1zws2j", json!({"outcome": "fail"}))
        .await;
    plan.assert_accepted("execute").await;
    plan.app.advance(2_000).await;
    assert_eq!(plan.status().await, "FAILED");
}

#[tokio::test]
async fn an_unknown_plan_is_not_found_by_any_operation() {
    let app = given("CREATED").app;
    for project in [PROJECT, "another"] {
        // A plan of one project is unknown in another.
        let id = if project == PROJECT { "p-2" } else { "p-1" };
        let plan = format!("/v3/{project}/cas/release-plans/{id}");
        let before = app.state().await;
        let replies = [
            app.get(&plan).await,
            app.get(&format!("{plan}/deploy-info")).await,
            app.put(&plan, body("release-six", &five())).await,
            app.delete(&plan).await,
            app.post(&format!("{plan}/execute"), Value::Null).await,
            app.post(&format!("{plan}/rollback"), Value::Null).await,
            app.post(&format!("{plan}/abort"), Value::Null).await,
        ];
        for reply in replies {
            assert_eq!(
                reply.assert_status(404),
                json!({"error_code": "SVCSTG.00100433", "error_msg": "application release not found"}),
                "{}",
                reply.request
            );
        }
        assert_eq!(app.state().await, before);
    }
}

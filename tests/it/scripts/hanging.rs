//! Work that hangs, in every family: ten years change nothing, an export restores it, and it takes the commands of
//! running work.

use super::*;

async fn hang(app: &App, pattern: Value) {
    let rule = json!({"match": pattern, "outcome": "hang", "times": 1});
    app.script(rule).await;
}

async fn phase(app: &App, path: &str) -> String {
    text(&app.get(path).await.assert_status(200), "/status/phase")
}

#[tokio::test]
async fn a_release_that_hangs_is_being_created_until_it_is_taken_away() {
    let app = App::new();
    hang(
        &app,
        json!({"family": "asm", "name": "reviews", "work": "create"}),
    )
    .await;
    let created = app.post(RELEASES, release("reviews")).await;
    created.assert_status(201);

    let app = assert_hangs(&app).await;

    let path = format!("{RELEASES}/reviews");
    assert_eq!(phase(&app, &path).await, "Creating");
    let version = json!({"spec": {"version": "v2"}});
    app.put(&path, version).await.assert_status(200);
    app.delete(&format!("{path}?action=cancel"))
        .await
        .assert_status(200);
    app.get(&path).await.assert_status(404);
}

#[tokio::test]
async fn a_mesh_that_hangs_in_its_creation_can_be_deleted() {
    let app = App::new();
    hang(&app, json!({"family": "asm", "work": "create"})).await;
    let created = app.post(MESHES, mesh("mesh-a")).await.assert_status(201);
    let path = format!("{MESHES}/{}", text(&created, "/metadata/uid"));

    let app = assert_hangs(&app).await;

    assert_eq!(phase(&app, &path).await, "Creating");
    app.delete(&path).await.assert_status(200);
    app.advance(2_000).await;
    app.get(&path).await.assert_status(404);
}

#[tokio::test]
async fn a_mesh_that_hangs_in_its_deletion_stays_and_keeps_its_name() {
    let app = App::new();
    hang(&app, json!({"family": "asm", "work": "delete"})).await;
    let created = app.post(MESHES, mesh("mesh-a")).await.assert_status(201);
    let path = format!("{MESHES}/{}", text(&created, "/metadata/uid"));
    app.advance(2_000).await;
    app.delete(&path).await.assert_status(200);

    let app = assert_hangs(&app).await;

    let again = app.delete(&path).await.assert_status(200);
    assert_eq!(again["status"]["phase"], "Deleting");
    app.advance(2_000).await;
    assert_eq!(phase(&app, &path).await, "Deleting", "it goes on hanging");
    app.post(MESHES, mesh("mesh-a")).await.assert_status(409);
}

#[tokio::test]
async fn a_component_that_hangs_holds_up_its_plan_until_it_is_aborted() {
    let app = App::new();
    hang(&app, json!({"family": "plans", "step": "c2"})).await;
    let id = create_plan(&app, "spring", &["c1", "c2", "c3"]).await;
    tell(&app, &id, "execute").await.assert_status(200);
    app.advance(2_000).await;

    let app = assert_hangs(&app).await;

    let expected = ["RUNNING", "SUCCESS", "RUNNING", "CREATED"];
    assert_eq!(plan_status(&app, &id).await, expected);
    tell(&app, &id, "abort").await.assert_status(200);
    let expected = ["ABORTING", "SUCCESS", "ABORTED", "CREATED"];
    assert_eq!(plan_status(&app, &id).await, expected);
    app.advance(2_000).await;
    let expected = ["ABORTED", "SUCCESS", "ABORTED", "CREATED"];
    assert_eq!(plan_status(&app, &id).await, expected);
    tell(&app, &id, "execute").await.assert_status(200);
    app.advance(4_000).await;
    let expected = ["SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS"];
    assert_eq!(plan_status(&app, &id).await, expected);
}

#[tokio::test]
async fn a_plan_that_is_stuck_in_its_rollback_or_abort_takes_no_command() {
    for (work, status, shown) in [
        ("rollback", "ROLLING_BACK", "ROLLING_BACK"),
        ("abort", "ABORTING", "ABORTED"),
    ] {
        let app = App::new();
        hang(&app, json!({"family": "plans", "work": work})).await;
        let id = create_plan(&app, "spring", &["c1"]).await;
        tell(&app, &id, "execute").await.assert_status(200);
        app.advance(if work == "abort" { 1_000 } else { 2_000 })
            .await;
        tell(&app, &id, work).await.assert_status(200);

        let app = assert_hangs(&app).await;

        assert_eq!(plan_status(&app, &id).await, [status, shown]);
        for command in ["execute", "rollback", "abort"] {
            tell(&app, &id, command).await.assert_status(400);
        }
        let path = plans(&format!("/{id}"));
        app.delete(&path).await.assert_status(400);
        assert_eq!(plan_status(&app, &id).await, [status, shown]);
        app.put("/_emulator/v1/state", json!({}))
            .await
            .assert_status(204);
        app.get(&path).await.assert_status(404);
    }
}

#[tokio::test]
async fn a_task_that_hangs_can_be_stopped_and_its_pipeline_started_anew() {
    let app = App::new();
    hang(&app, json!({"family": "pipelines", "step": "a1"})).await;
    let id = create_pipeline(&app, "shop", &["a1", "a2", "b1"]).await;
    act(&app, &id, "start").await.assert_status(200);
    app.advance(2_000).await;

    let app = assert_hangs(&app).await;

    assert_eq!(pipeline_status(&app, &id).await, 4);
    act(&app, &id, "stop").await.assert_status(200);
    assert_eq!(pipeline_status(&app, &id).await, 13);
    app.advance(2_000).await;
    assert_eq!(pipeline_status(&app, &id).await, 7);
    act(&app, &id, "continue").await.assert_status(200);
    let app = assert_hangs(&app).await;
    assert_eq!(pipeline_status(&app, &id).await, 4, "it goes on hanging");

    act(&app, &id, "stop").await.assert_status(200);
    app.advance(2_000).await;
    act(&app, &id, "start").await.assert_status(200);
    app.advance(4_000).await;
    assert_eq!(pipeline_status(&app, &id).await, 2);
}

#[tokio::test]
async fn a_gate_beside_a_task_that_hangs_can_be_refused() {
    let app = App::new();
    hang(&app, json!({"family": "pipelines", "step": "a1"})).await;
    let gate = json!({"name": "b1", "task_group": "b", "task_type_id": {"category": "approval"}});
    let mut body = pipeline("shop", &["a1"]);
    let tasks = body["stages"][0]["tasks"].as_array_mut();
    tasks.expect("tasks").push(gate);
    let created = app.post(&pipelines(""), body).await.assert_status(200);
    let id = text(&created, "/id");
    act(&app, &id, "start").await.assert_status(200);

    let app = assert_hangs(&app).await;

    assert_eq!(pipeline_status(&app, &id).await, 5);
    let action = pipelines(&format!("/{id}/action?action_id=approval"));
    let refusal = json!({"task_name": "b1", "approval_type": "refuse"});
    app.post(&action, refusal).await.assert_status(200);
    assert_eq!(pipeline_status(&app, &id).await, 3);
    act(&app, &id, "retry").await.assert_status(200);
}

#[tokio::test]
async fn a_rollback_of_a_pipeline_that_hangs_takes_no_command() {
    let app = App::new();
    hang(&app, json!({"family": "pipelines", "work": "rollback"})).await;
    let id = create_pipeline(&app, "shop", &["a1"]).await;
    act(&app, &id, "start").await.assert_status(200);
    app.advance(2_000).await;
    act(&app, &id, "rollback").await.assert_status(200);

    let app = assert_hangs(&app).await;

    for action in ["start", "stop", "continue", "retry", "rollback"] {
        act(&app, &id, action).await.assert_status(400);
    }
    assert_eq!(pipeline_status(&app, &id).await, 10);
    let records = app.get(&pipelines(&format!("/{id}/records"))).await;
    let record = &records.assert_status(200)["records"][0];
    assert_eq!(
        (&record["status"], &record["end_at"]),
        (&json!(10), &json!(0))
    );
}

#[tokio::test]
async fn the_service_gives_up_on_a_push_that_hangs_after_an_hour() {
    for (kind, body, others) in [
        ("k8s", k8s("v1", &["nginx", "redis"]), 1),
        ("helm", helm("v1", "chart", "redis"), 0),
    ] {
        let app = App::new();
        hang(&app, json!({"family": "zadig", "step": "redis"})).await;
        let path = format!("{VERSIONS}/{kind}");
        app.post(&path, body).await.assert_status(200);
        let seen =
            |status: &str, pushed, error: &str| (status.to_owned(), pushed, error.to_owned());
        app.advance(3_599_999).await;

        let app = assert_restores(&app).await;

        assert_eq!(version_status(&app).await, seen("creating", others, ""));
        let heard = app.advance(1).await;
        assert_eq!(
            version_status(&app).await,
            seen("failed", others, "timeout")
        );
        let changes: Vec<_> = heard
            .iter()
            .map(|change| (&change["step"], &change["from"], &change["to"]))
            .collect();
        let expected = [
            (json!(null), json!("creating"), json!("failed")),
            (json!("redis"), json!("running"), json!("timeout")),
        ];
        let expected: Vec<_> = expected.iter().map(|(a, b, c)| (a, b, c)).collect();
        assert_eq!(changes, expected);

        let app = assert_hangs(&app).await;
        // The push itself goes on: only a Helm version is looked at once more.
        let retry = json!({"project_key": "demo", "version_name": "v1", "retry": true});
        let status = if kind == "k8s" { 500 } else { 200 };
        app.post(&path, retry).await.assert_status(status);
        app.advance(3_600_000).await;
        assert_eq!(
            version_status(&app).await,
            seen("failed", others, "timeout")
        );
    }
}

#[tokio::test]
async fn a_chart_is_packaged_at_once_and_leaves_a_hanging_rule_to_the_pushes() {
    let app = App::new();
    hang(&app, json!({"family": "zadig"})).await;

    let path = format!("{VERSIONS}/helm");
    let made = app.post(&path, helm("v1", "chart", "redis")).await;
    made.assert_status(200);

    assert_eq!(used(&app).await, [1]);
    assert_eq!(version_status(&app).await.0, "creating");
    app.advance(3_600_000).await;
    assert_eq!(version_status(&app).await.2, "timeout");
}

#[tokio::test]
async fn an_export_says_null_for_a_length_that_has_no_end() {
    let app = App::new();
    hang(&app, json!({"family": "plans", "step": "c1"})).await;
    hang(&app, json!({"family": "plans", "work": "abort"})).await;
    let id = create_plan(&app, "spring", &["c1", "c2"]).await;
    tell(&app, &id, "execute").await.assert_status(200);
    tell(&app, &id, "abort").await.assert_status(200);

    let state = app.state().await;

    let run = "/servicestage/projects/0/release_plans/0/emulator/execution/run";
    let run = state.pointer(run).expect("a run");
    assert_same(
        &run["does"],
        &json!([{"work": {"takes": null}}, {"work": {"takes": 2_000}}]),
    );
    assert_eq!(run["events"][0]["command"], json!({"abort": null}));
}

#[tokio::test]
async fn work_of_a_fixture_says_how_long_it_takes_and_fails_only_if_it_ends() {
    let app = App::new();
    let id = create_plan(&app, "spring", &["c1"]).await;
    tell(&app, &id, "execute").await.assert_status(200);
    let state = app.state().await;
    for (work, path, expected) in [
        (json!({}), ".work.takes", "is required"),
        (
            json!({"takes": null, "fails": "why"}),
            ".work.fails",
            "must be absent: work that never ends does not fail",
        ),
    ] {
        let mut spoilt = state.clone();
        let run = "/servicestage/projects/0/release_plans/0/emulator/execution/run";
        spoilt.pointer_mut(run).expect("a run")["does"][0] = json!({ "work": work });

        let refusal = app
            .put("/_emulator/v1/state", spoilt)
            .await
            .assert_status(400);

        let detail = text(&refusal, "/detail");
        let place = format!(
            "servicestage.projects[0].release_plans[0].emulator.execution.run.does[0]{path}: "
        );
        assert!(
            detail.starts_with(&place) && detail.contains(expected),
            "{detail}"
        );
    }
    assert_same(&app.state().await, &state);
}

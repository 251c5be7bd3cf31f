//! The steps of each family as scripts see them: scope, name, id, step and work.

use super::*;

/// Everything that can be scripted, once. Answers the ids, by name.
async fn everything(app: &App) -> Vec<(&'static str, String)> {
    let mut ids = Vec::new();
    let created = app.post(MESHES, mesh("mesh-a")).await.assert_status(201);
    ids.push(("mesh-a", text(&created, "/metadata/uid")));
    app.delete(&format!("{MESHES}/{}", ids[0].1))
        .await
        .assert_status(200);
    let created = app
        .post(RELEASES, release("reviews"))
        .await
        .assert_status(201);
    ids.push(("reviews", text(&created, "/metadata/uid")));
    for name in ["plan-a", "plan-b"] {
        let id = create_plan(app, name, &["web"]).await;
        tell(app, &id, "execute").await.assert_status(200);
        ids.push((name, id));
    }
    tell(app, &ids[3].1, "abort").await.assert_status(200);
    let id = create_pipeline(app, "pipeline-a", &["t0"]).await;
    act(app, &id, "start").await.assert_status(200);
    ids.push(("pipeline-a", id));
    for (kind, body) in [
        ("k8s", k8s("v1", &["nginx"])),
        ("helm", helm("v2", "chart", "redis")),
    ] {
        let made = app.post(&format!("{VERSIONS}/{kind}"), body).await;
        made.assert_status(200);
    }
    let page = format!("{VERSIONS}?projectKey=demo&pageNum=1&pageSize=20");
    let list = app.get(&page).await.assert_status(200);
    ids.extend([
        ("v1", text(&list, "/list/1/id")),
        ("v2", text(&list, "/list/0/id")),
    ]);
    app.advance(2_000).await;
    tell(app, &ids[2].1, "rollback").await.assert_status(200);
    act(app, &ids[4].1, "rollback").await.assert_status(200);
    ids
}

#[tokio::test]
async fn each_family_asks_by_scope_name_id_step_and_work() {
    let ids = everything(&App::new()).await;
    for (family, scope, name, step, work) in [
        ("asm", PROJECT, "mesh-a", "mesh-a", "create"),
        ("asm", PROJECT, "mesh-a", "mesh-a", "delete"),
        ("asm", "m1", "reviews", "reviews", "create"),
        ("plans", PROJECT, "plan-a", "web", "run"),
        ("plans", PROJECT, "plan-a", "web", "rollback"),
        ("plans", PROJECT, "plan-b", "plan-b", "abort"),
        ("pipelines", PROJECT, "pipeline-a", "t0", "run"),
        ("pipelines", PROJECT, "pipeline-a", "pipeline-a", "rollback"),
        ("zadig", "demo", "v1", "nginx", "run"),
        ("zadig", "demo", "v2", "chart", "run"),
        ("zadig", "demo", "v2", "redis", "run"),
    ] {
        let app = App::new();
        let whole =
            json!({"family": family, "scope": scope, "name": name, "step": step, "work": work});
        let others = if work == "abort" { "run" } else { "abort" };
        for (key, value) in [
            ("family", if family == "asm" { "plans" } else { "asm" }),
            ("scope", "elsewhere"),
            ("name", "nobody"),
            ("step", "nothing"),
            ("work", others),
        ] {
            let mut pattern = whole.clone();
            pattern[key] = json!(value);
            app.script(json!({ "match": pattern })).await;
        }
        let (_, id) = ids.iter().find(|(known, _)| *known == name).expect(name);
        let mut by_id = whole.clone();
        by_id["name"] = json!(format!("{}*", &id[..20]));
        app.script(json!({"match": by_id, "times": 1})).await;
        app.script(json!({ "match": whole })).await;

        assert_eq!(everything(&app).await, ids, "scripts do not shift ids");
        assert_eq!(used(&app).await, [0, 0, 0, 0, 0, 1, 0], "by id: {whole}");

        app.delete(SCRIPTS).await.assert_status(204);
        app.post("/_emulator/v1/reset", json!({}))
            .await
            .assert_status(204);
        app.script(json!({ "match": whole })).await;
        everything(&app).await;
        assert_eq!(used(&app).await, [1], "by name: {whole}");
    }
}

#[tokio::test]
async fn a_rollback_with_nothing_to_do_asks_by_the_name_of_the_plan() {
    let app = App::new();
    for pattern in [
        json!({"family": "plans", "step": "web"}),
        json!({"family": "plans", "step": "spring", "work": "rollback"}),
    ] {
        app.script(json!({"match": pattern, "outcome": "fail"}))
            .await;
    }
    let id = create_plan(&app, "spring", &["web"]).await;
    tell(&app, &id, "execute").await.assert_status(200);
    app.advance(2_000).await;

    tell(&app, &id, "rollback").await.assert_status(200);
    app.advance(2_000).await;

    assert_eq!(plan_status(&app, &id).await, ["ROLLBACK_FAILED", "FAILED"]);
    assert_eq!(used(&app).await, [1, 1]);
}

#[tokio::test]
async fn a_mesh_of_every_project_is_deleted_in_the_one_that_asks() {
    let app = App::load(&json!({"asm": {"meshes": [{"id": "m1"}]}}));
    for scope in ["another", PROJECT] {
        let pattern = json!({"family": "asm", "scope": scope, "work": "delete"});
        app.script(json!({"match": pattern, "outcome": "fail"}))
            .await;
    }

    app.delete(&format!("{MESHES}/m1")).await.assert_status(200);
    app.advance(2_000).await;

    assert_eq!(used(&app).await, [0, 1]);
    let shown = app.get(&format!("{MESHES}/m1")).await.assert_status(200);
    assert_eq!(shown["status"]["phase"], "DeleteFailed");
}

#[tokio::test]
async fn a_start_by_the_clock_is_scripted_like_one_by_hand() {
    let app = App::new();
    app.script(json!({"match": {"family": "pipelines", "step": "t0"}, "outcome": "hang"}))
        .await;
    let id = create_pipeline(&app, "release-a", &["t0"]).await;
    let policy = json!({"strategy_type": 1, "hooks": [
        {"schedule": "0 0 13 * * ?", "timezone_operator": "+", "timezone_hour": 0}]});
    let hooks = pipelines(&format!("/{id}/hooks"));
    app.post(&hooks, policy).await.assert_status(200);

    // The hanging run is open when the later starts are due, so these are left out.
    app.advance(7 * 86_400_000).await;

    assert_eq!(used(&app).await, [1]);
    assert_eq!(pipeline_status(&app, &id).await, 4);
}

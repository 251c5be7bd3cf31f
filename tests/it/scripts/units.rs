//! Steps by their full name: the stage of a pipeline or plan, the service of a version.

use super::*;

/// Two stages with a task of the same name.
async fn create_twins(app: &App) -> String {
    let stage = |name: &str| json!({"name": name, "tasks": [{"name": "deploy"}]});
    let body = json!({"name": "shop", "model_version": 2, "config_mode": "ui",
        "stages": [stage("test"), stage("prod")]});
    let created = app.post(&pipelines(""), body).await.assert_status(200);
    text(&created, "/id")
}

/// The steps in transitions, in short: `<stage or service>/<step> <to>`.
fn steps(transitions: &[Value]) -> Vec<String> {
    let of = |transition: &Value| {
        let step = transition.get("step")?.as_str()?;
        let unit = transition.get("stage").or(transition.get("service"));
        let unit = unit.and_then(Value::as_str)?;
        Some(format!("{unit}/{step} {}", text(transition, "/to")))
    };
    transitions.iter().filter_map(of).collect()
}

#[tokio::test]
async fn a_task_is_told_from_its_namesake_in_another_stage() {
    for pattern in [
        json!({"stage": "prod"}),
        json!({"stage": "p*", "step": "deploy"}),
        json!({"step": "prod/deploy"}),
        json!({"step": "prod/*"}),
    ] {
        let app = App::new();
        app.script(json!({"match": pattern, "outcome": "fail"}))
            .await;
        let id = create_twins(&app).await;
        act(&app, &id, "start").await.assert_status(200);

        let path = format!("/_emulator/v1/resources/pipelines/{id}/timeline");
        let first = app.get(&path).await.assert_status(200)["next"].clone();
        let told = app.advance(2_000).await;
        assert_eq!(steps(&told), ["test/deploy 2", "prod/deploy 4"]);
        assert_eq!(steps(&app.advance(2_000).await), ["prod/deploy 3"]);

        let expected =
            json!({"time": "2026-01-01T12:00:02Z", "stage": "test", "step": "deploy", "to": "2"});
        assert_same(&first, &expected);
        assert_eq!(used(&app).await, [1], "{pattern}");
        assert_eq!(pipeline_status(&app, &id).await, 3);
    }
}

#[tokio::test]
async fn a_pattern_without_a_slash_does_not_match_the_steps_below_a_stage() {
    let app = App::new();
    for step in ["prod", "pro*", "prod/", "/deploy", "prod/run"] {
        app.script(json!({"match": {"step": step}, "outcome": "fail"}))
            .await;
    }
    let id = create_twins(&app).await;
    act(&app, &id, "start").await.assert_status(200);
    assert_eq!(used(&app).await, [0; 5]);
}

#[tokio::test]
async fn a_component_is_told_from_its_namesake_in_another_batch() {
    for pattern in [json!({"stage": "1"}), json!({"step": "1/web"})] {
        let app = App::new();
        app.script(json!({"match": pattern, "outcome": "fail"}))
            .await;
        let id = create_plan(&app, "spring", &["web", "web"]).await;
        tell(&app, &id, "execute").await.assert_status(200);

        let told = app.advance(4_000).await;

        let expected = ["0/web SUCCESS", "1/web RUNNING", "1/web FAILED"];
        assert_eq!(steps(&told), expected);
        let expected = ["FAILED", "SUCCESS", "FAILED"];
        assert_eq!(plan_status(&app, &id).await, expected);
    }
}

#[tokio::test]
async fn an_image_is_told_from_its_namesake_in_another_service() {
    for pattern in [
        json!({"service": "shop"}),
        json!({"family": "zadig", "step": "shop/app"}),
    ] {
        let app = App::new();
        app.script(json!({"match": pattern, "outcome": "fail"}))
            .await;
        let mut body = k8s("v1", &["app"]);
        let mut shop = body["yaml_datas"][0].clone();
        shop["service_name"] = json!("shop");
        body["yaml_datas"]
            .as_array_mut()
            .expect("services")
            .push(shop);
        app.post(&format!("{VERSIONS}/k8s"), body)
            .await
            .assert_status(200);

        let told = app.advance(4_000).await;

        let expected = ["s/app passed", "shop/app running", "shop/app failed"];
        assert_eq!(steps(&told), expected);
        assert_eq!(used(&app).await, [1], "{pattern}");
    }
    // A chart is packaged as a step of its own service.
    let app = App::new();
    let pattern = json!({"service": "chart", "step": "chart"});
    app.script(json!({"match": pattern, "outcome": "fail"}))
        .await;
    let made = app
        .post(&format!("{VERSIONS}/helm"), helm("v2", "chart", "redis"))
        .await;
    made.assert_status(500);
}

/// Adds a script and returns its misfit in the list: the field and the nearest name.
async fn misfit(app: &App, pattern: Value) -> Option<(String, Value)> {
    app.delete(SCRIPTS).await.assert_status(204);
    app.script(json!({ "match": &pattern })).await;
    let listed = app.get(SCRIPTS).await.assert_status(200)["scripts"][0].clone();
    let is_certain = listed.get("fits").is_some();
    let field = listed.get("misfit")?.as_str()?.to_owned();
    // While a request may name a step that fits, only a near name is told.
    assert!(is_certain || listed["nearest"].is_string(), "{listed:?}");
    assert_eq!(is_certain, pattern.get("family").is_some(), "{listed:?}");
    Some((field, listed["nearest"].clone()))
}

#[tokio::test]
async fn a_script_that_fits_nothing_known_is_listed_with_the_nearest_name() {
    let app = App::new();
    let some = |field: &str, nearest: Value| Some((field.to_owned(), nearest));
    let nameless = json!({"family": "pipelines"});
    assert_eq!(misfit(&app, nameless.clone()).await, None);
    let roll_out = json!({"step": "deploy"});
    assert_eq!(
        misfit(&app, roll_out.clone()).await,
        None,
        "versions name their steps"
    );
    let roll_out = json!({"family": "pipelines", "step": "deploy"});
    assert_eq!(
        misfit(&app, roll_out.clone()).await,
        some("step", Value::Null)
    );

    let id = create_twins(&app).await;
    create_plan(&app, "spring", &["web"]).await;
    for fitting in [
        nameless,
        roll_out,
        json!({"name": id}),
        json!({"family": "pipelines", "name": "shop", "scope": PROJECT, "step": "prod/deploy"}),
        json!({"family": "pipelines", "step": "shop", "work": "rollback"}),
        json!({"family": "plans", "stage": "0", "step": "web", "work": "rollback"}),
        json!({"family": "plans", "step": "spring", "work": "abort"}),
        json!({"family": "asm", "name": "new", "work": "create"}),
        json!({"family": "zadig", "service": "web"}),
        json!({"family": "zadig", "stage": "build", "step": "lint"}),
        json!({"step": "deploy"}),
        json!({"step": "far-from-all"}),
    ] {
        assert_eq!(misfit(&app, fitting.clone()).await, None, "{fitting}");
    }
    for (wrong, field, nearest) in [
        (json!({"family": "asm"}), "work", json!("create")),
        (
            json!({"family": "pipelines", "work": "abort"}),
            "work",
            json!("run"),
        ),
        (
            json!({"family": "plans", "service": "web"}),
            "service",
            Value::Null,
        ),
        (
            json!({"family": "plans", "stage": "0", "work": "abort"}),
            "stage",
            Value::Null,
        ),
        (
            json!({"family": "pipelines", "scope": "elsewhere", "step": "x"}),
            "scope",
            Value::Null,
        ),
        (
            json!({"family": "pipelines", "name": "shpo"}),
            "name",
            json!("shop"),
        ),
        (
            json!({"family": "pipelines", "stage": "pord"}),
            "stage",
            json!("prod"),
        ),
        (
            json!({"family": "pipelines", "stage": "prod", "step": "depoly"}),
            "step",
            json!("deploy"),
        ),
        (
            json!({"family": "pipelines", "step": "prod/depoly"}),
            "step",
            json!("prod/deploy"),
        ),
        (
            json!({"family": "plans", "step": "wbe"}),
            "step",
            json!("web"),
        ),
        (json!({"step": "deplyo"}), "step", json!("deploy")),
        (
            json!({"name": "shpo", "step": "deploy"}),
            "name",
            json!("shop"),
        ),
    ] {
        assert_eq!(
            misfit(&app, wrong.clone()).await,
            some(field, nearest),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_script_that_has_decided_a_step_fits_for_ever() {
    let app = App::new();
    app.script(json!({"match": {"family": "pipelines", "name": "shop"}}))
        .await;
    let id = create_twins(&app).await;
    act(&app, &id, "start").await.assert_status(200);
    app.advance(4_000).await;
    let emptied = app.put("/_emulator/v1/state", json!({})).await;
    emptied.assert_status(204);
    let listed = app.get(SCRIPTS).await.assert_status(200);
    assert_eq!(listed["scripts"][0].get("fits"), None);
}

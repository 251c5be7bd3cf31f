//! Hints on commands that the present status forbids: how to reach a status that allows them.

use super::*;
use crate::common::NOON;

#[tokio::test]
async fn a_plan_tells_what_time_leads_to_and_what_comes_first() {
    let app = App::new();
    let id = create(&app, &plans(""), plan("spring")).await;
    let say = async |command: &str| {
        app.post(&plans(&format!("/{id}/{command}")), json!({}))
            .await
    };

    let abort = "only an execution can be aborted: POST .../execute starts one";
    assert_hint(&say("abort").await, 400, abort);
    let rollback = "nothing has been released: POST .../execute first";
    assert_hint(&say("rollback").await, 400, rollback);

    say("execute").await.assert_status(200);
    app.advance(500).await;
    let reply = say("rollback").await;
    let hint = r#"POST /_emulator/v1/clock/advance {"ms":1500} leads to status SUCCESS"#;
    assert_hint(&reply, 400, hint);
    assert_hint(&app.delete(&plans(&format!("/{id}"))).await, 400, hint);
    assert_hint(
        &app.put(&plans(&format!("/{id}")), plan("spring")).await,
        400,
        hint,
    );
    let execute = format!("{hint}, and then an edit (PUT) makes it CREATED again");
    assert_hint(&say("execute").await, 400, &execute);
    // And so it is.
    app.advance(1_500).await;
    say("rollback").await.assert_status(200);

    let reply = say("abort").await;
    let hint = r#"POST /_emulator/v1/clock/advance {"ms":2000} leads to status ROLLBACK_SUCCEED, and then only an execution can be aborted: POST .../execute starts one"#;
    assert_hint(&reply, 400, hint);
    app.advance(2_000).await;
    let again = "it is already rolled back: POST .../execute releases it again";
    assert_hint(&say("rollback").await, 400, again);
}

#[tokio::test]
async fn a_plan_that_hangs_tells_what_ends_it() {
    let app = App::new();
    app.script(json!({"outcome": "hang", "match": {"family": "plans"}}))
        .await;
    let id = create(&app, &plans(""), plan("spring")).await;
    let say = async |command: &str| {
        app.post(&plans(&format!("/{id}/{command}")), json!({}))
            .await
    };
    say("execute").await.assert_status(200);
    let hint = "time alone does not end it: POST .../abort does";
    assert_hint(&say("execute").await, 400, hint);
    say("abort").await.assert_status(200);
    let hint = r#"POST /_emulator/v1/clock/advance {"ms":2000} leads to status ABORTED"#;
    assert_hint(&say("execute").await, 400, hint);
}

#[tokio::test]
async fn a_plan_that_a_fixture_has_paused_is_not_said_to_be_ended_by_an_abort() {
    let app = App::new();
    let id = create(&app, &plans(""), plan("spring")).await;
    let execute = plans(&format!("/{id}/execute"));
    app.post(&execute, json!({})).await.assert_status(200);
    let mut state = app.get("/_emulator/v1/state").await.assert_status(200);
    let run = "/servicestage/projects/0/release_plans/0/emulator/execution/run";
    let run = state.pointer_mut(run).expect("a run");
    run["events"] = json!([{"at": NOON, "command": "stop"}]);
    let slow = |brake: i64| {
        let mut state = state.clone();
        let run = "/servicestage/projects/0/release_plans/0/emulator/execution/run/brake";
        *state.pointer_mut(run).expect("a run") = json!(brake);
        App::load(&state)
    };

    let hint = "time alone does not end it: PATCH /_emulator/v1/state gives it another status";
    for app in [slow(0), slow(500)] {
        for command in ["execute", "rollback", "abort"] {
            let path = plans(&format!("/{id}/{command}"));
            assert_hint(&app.post(&path, json!({})).await, 400, hint);
        }
    }
}

#[tokio::test]
async fn a_pipeline_tells_what_time_leads_to_and_what_comes_first() {
    let app = App::new();
    let id = create(&app, &pipelines(""), simple("shop")).await;
    let act = async |action: &str| {
        let path = pipelines(&format!("/{id}/action?action_id={action}"));
        app.post(
            &path,
            json!({"task_name": "compile", "approval_type": "agree"}),
        )
        .await
    };
    let start = "no release is running: action_id=start begins one";
    let retry = "only a failed release can be retried: action_id=start begins a new one, and a script \
        (POST /_emulator/v1/scripts) can make a task fail";
    let approval = "nothing is waiting for an approval: action_id=start begins a new run";
    for (action, hint) in [
        ("stop", start),
        ("continue", start),
        ("rollback", start),
        ("retry", retry),
        ("approval", approval),
    ] {
        assert_hint(&act(action).await, 400, hint);
    }

    act("start").await.assert_status(200);
    let leads = r#"POST /_emulator/v1/clock/advance {"ms":2000} leads to status 2"#;
    assert_hint(&act("start").await, 400, leads);
    assert_hint(&act("rollback").await, 400, leads);
    let edit = app.put(&pipelines(&format!("/{id}")), simple("shop")).await;
    assert_hint(&edit, 400, leads);
    assert_hint(
        &act("retry").await,
        400,
        &format!("{leads}, and then {retry}"),
    );

    act("stop").await.assert_status(200);
    let leads = r#"POST /_emulator/v1/clock/advance {"ms":2000} leads to status 7"#;
    assert_hint(&act("continue").await, 400, leads);
    let stop = format!("{leads}, and then it is already paused");
    assert_hint(&act("stop").await, 400, &stop);
    app.advance(2_000).await;
    let go_on = "action_id=continue resumes it";
    assert_hint(&act("rollback").await, 400, go_on);
}

#[tokio::test]
async fn a_pipeline_names_the_approvals_that_wait() {
    let app = App::new();
    let stages = json!([
        {"name": "verify", "approval_type": 1, "tasks": [{"name": "smoke"}]},
        {"name": "deploy", "tasks": [{"name": "web", "task_group": "a", "task_type_id": {"category": "approval"}}]}
    ]);
    let id = create(&app, &pipelines(""), pipeline("shop", stages)).await;
    let act = async |action: &str, task: &str| {
        let path = pipelines(&format!("/{id}/action?action_id={action}"));
        app.post(&path, json!({"task_name": task, "approval_type": "agree"}))
            .await
    };
    act("start", "").await.assert_status(200);
    let pending = "pending approvals: verify";
    let hint = format!("{pending}; answer with action_id=approval");
    assert_hint(&act("start", "").await, 400, &hint);
    let hint = format!("{pending}, did you mean verify?");
    assert_hint(&act("approval", "verfiy").await, 400, &hint);
    assert_hint(&act("approval", "web").await, 400, pending);
    act("approval", "verify").await.assert_status(200);
    let hint = r#"POST /_emulator/v1/clock/advance {"ms":2000} leads to status 5"#;
    assert_hint(&act("approval", "web").await, 400, hint);
}

#[tokio::test]
async fn a_pipeline_names_the_stages_and_tasks_that_can_be_selected() {
    let app = App::new();
    let id = create(&app, &pipelines(""), simple("shop")).await;
    let path = pipelines(&format!("/{id}/action?action_id=start"));
    for (selected, hint) in [
        (json!([]), "omit selected_tasks to run every task"),
        (
            json!([{"stage_name": "biuld", "tasks": ["compile"]}]),
            "the stages are build, did you mean build?",
        ),
        (
            json!([{"stage_name": "build", "tasks": ["link"]}]),
            "the tasks are compile",
        ),
    ] {
        let body = json!({"selected_tasks": selected});
        assert_hint(&app.post(&path, body.clone()).await, 400, hint);
        let hooks = pipelines(&format!("/{id}/hooks"));
        let mut policy = body;
        policy["strategy_type"] = json!(0);
        assert_hint(&app.post(&hooks, policy).await, 400, hint);
    }
}

#[tokio::test]
async fn a_release_task_tells_how_its_traffic_is_shifted() {
    let app = App::new();
    create(&app, RELEASES, release("reviews-v2", "reviews")).await;
    let path = format!("{RELEASES}/reviews-v2");
    let traffic = "/_emulator/v1/asm/mesh-demo/default/reviews-v2/traffic";
    app.put(traffic, json!({"gray": 30}))
        .await
        .assert_status(200);
    for (action, gray) in [("end", 100), ("cancel", 0)] {
        let reply = app.delete(&format!("{path}?action={action}")).await;
        let hint = format!(r#"PUT {traffic} {{"gray":{gray}}} shifts the traffic"#);
        assert_hint(&reply, 400, &hint);
    }
    app.put(traffic, json!({"gray": 100}))
        .await
        .assert_status(200);
    assert_eq!(app.delete(&format!("{path}?action=end")).await.status, 200);
}

#[tokio::test]
async fn a_mesh_that_goes_tells_when_it_is_gone() {
    let app = App::new();
    let meshes = format!("/v1/{PROJECT}/meshes");
    let id = create(&app, &meshes, mesh("mesh-one")).await;
    app.delete(&format!("{meshes}/{id}"))
        .await
        .assert_status(200);
    let releases = format!("/v2/meshes/{id}/namespaces/default/releases");
    let reply = app.post(&releases, release("reviews-v2", "reviews")).await;
    let hint = r#"POST /_emulator/v1/clock/advance {"ms":2000} ends its deletion"#;
    assert_hint(&reply, 400, hint);
}

#[tokio::test]
async fn a_version_tells_what_a_retry_needs() {
    let app = App::new();
    let k8s = format!("{VERSIONS}/k8s");
    let retry = |name: &str| {
        let mut body = version(name);
        body["retry"] = json!(true);
        body
    };
    app.post(&k8s, version("v1")).await.assert_status(200);
    let advice = "only a failed version can be retried: to make a push fail, POST a script to \
        /_emulator/v1/scripts before the creation";
    let hint = format!(
        r#"POST /_emulator/v1/clock/advance {{"ms":2000}} leads to status success, and then {advice}"#
    );
    assert_hint(&app.post(&k8s, retry("v1")).await, 500, &hint);
    app.advance(2_000).await;
    assert_hint(&app.post(&k8s, retry("v1")).await, 500, advice);

    app.script(json!({"outcome": "fail", "times": 1, "match": {"family": "zadig", "step": "web"}}))
        .await;
    app.post(&k8s, version("v2-late")).await.assert_status(200);
    let hint = r#"POST /_emulator/v1/clock/advance {"ms":2000} leads to status failed"#;
    assert_hint(&app.post(&k8s, retry("v2-late")).await, 500, hint);
    app.advance(2_000).await;
    app.post(&k8s, retry("v2-late")).await.assert_status(200);

    let id = id_of_version(&app, "v2-late").await;
    let hint = format!("did you mean the version {id}, named v2-late?");
    assert_hint(&app.post(&k8s, retry("v2-later")).await, 500, &hint);
    assert_hint(
        &app.post(&k8s, retry("spring")).await,
        500,
        "send retry false to create it",
    );
    let mut elsewhere = retry("v2-late");
    elsewhere["project_key"] = json!("other");
    let hint = "the project demo has a version of that name";
    assert_hint(&app.post(&k8s, elsewhere).await, 500, hint);

    let mut unpushed = version("v3");
    unpushed["image_registry_id"] = json!("");
    let hint = "image_registry_id must not be empty where an image is pushed";
    assert_hint(&app.post(&k8s, unpushed).await, 500, hint);
    let hint = "a K8s version that failed before any push cannot be retried: DELETE it and create it again";
    assert_hint(&app.post(&k8s, retry("v3")).await, 500, hint);
}

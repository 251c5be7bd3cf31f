//! The commands a timeline allows are those the service accepts: each is tried on each status.

use serde_json::{Value, json};

use super::*;
use crate::common::CREDENTIALS;

fn allowed(timeline: &Value) -> Vec<String> {
    let words = timeline["allowed"].as_array().expect("words").iter();
    words
        .map(|word| word.as_str().expect("a word").to_owned())
        .collect()
}

#[tokio::test]
async fn of_pipelines_in_every_status() {
    let stages = json!([{"name": "s", "approval_type": 1, "tasks": [{"name": "t"}]}]);
    let edited =
        json!({"name": "release-b", "model_version": 2, "config_mode": "ui", "stages": stages});
    let approval = json!({"task_name": "s", "approval_type": "agree"});
    for (status, expected) in [
        (1, &["edit", "start"][..]),
        (2, &["edit", "start", "rollback"]),
        (3, &["edit", "start", "retry", "rollback"]),
        (4, &["stop"]),
        (5, &["stop", "approval"]),
        (7, &["edit", "start", "continue"]),
        (10, &[]),
        (11, &["edit", "start"]),
        (12, &["edit", "start"]),
        (13, &[]),
        (14, &[]),
    ] {
        let pipeline =
            json!({"id": "p-1", "status": status, "pipeline_declaration": {"stages": stages}});
        let state = pipeline_state(&pipeline);
        let said = allowed(&timeline(&App::load(&state), "pipelines", "p-1").await);
        assert_eq!(said, expected, "in status {status}");

        let mut accepted = Vec::new();
        for command in [
            "edit", "start", "stop", "continue", "retry", "approval", "rollback",
        ] {
            let (app, path) = (App::load(&state), format!("{PIPELINES}/p-1"));
            let action = format!("{path}/action?action_id={command}");
            let reply = match command {
                "edit" => app.put(&path, edited.clone()).await,
                "approval" => app.post(&action, approval.clone()).await,
                _ => app.post(&action, json!({})).await,
            };
            if reply.status == 200 {
                accepted.push(command.to_owned());
            }
        }
        assert_eq!(said, accepted, "in status {status}");
    }
}

#[tokio::test]
async fn of_plans_in_every_status() {
    for (status, expected) in [
        ("CREATED", &["edit", "delete", "execute"][..]),
        ("RUNNING", &["abort"]),
        ("SUCCESS", &["edit", "delete", "rollback"]),
        ("FAILED", &["edit", "delete", "execute", "rollback"]),
        (
            "PARTIALLY_FAILED",
            &["edit", "delete", "execute", "rollback"],
        ),
        ("ABORTING", &[]),
        ("ABORTED", &["edit", "delete", "execute"]),
        ("ROLLING_BACK", &[]),
        ("ROLLBACK_SUCCEED", &["edit", "delete", "execute"]),
        ("ROLLBACK_FAILED", &["edit", "delete"]),
    ] {
        let plan = json!({"id": "p-1", "name": "plan-a", "status": status, "components": [component(0, "web")]});
        let state =
            json!({"servicestage": {"projects": [{"id": PROJECT, "release_plans": [plan]}]}});
        let said = allowed(&timeline(&App::load(&state), "plans", "p-1").await);
        assert_eq!(said, expected, "when {status}");

        let mut accepted = Vec::new();
        for command in ["edit", "delete", "execute", "rollback", "abort"] {
            let (app, path) = (App::load(&state), format!("{PLANS}/p-1"));
            let edited = json!({"name": "plan-a", "components": [component(0, "web")]});
            let reply = match command {
                "edit" => app.put(&path, edited).await,
                "delete" => app.delete(&path).await,
                _ => app.post(&format!("{path}/{command}"), Value::Null).await,
            };
            if reply.status == 200 {
                accepted.push(command.to_owned());
            }
        }
        assert_eq!(said, accepted, "when {status}");
    }
}

#[tokio::test]
async fn of_a_plan_whose_run_a_fixture_paused() {
    let app = App::new();
    let id = create_plan(&app, "plan-a", &[component(0, "web")]).await;
    app.post(&format!("{PLANS}/{id}/execute"), Value::Null)
        .await
        .assert_status(200);
    let mut state = app.state().await;
    let plan = &mut state["servicestage"]["projects"][0]["release_plans"][0];
    let stop = json!([{"at": crate::common::NOON, "command": "stop"}]);
    plan["emulator"]["execution"]["run"]["events"] = stop;
    app.put("/_emulator/v1/state", state)
        .await
        .assert_status(204);

    let timeline = timeline(&app, "plans", &id).await;

    assert_eq!(
        (&timeline["status"], &timeline["allowed"]),
        (&json!("RUNNING"), &json!([]))
    );
    app.post(&format!("{PLANS}/{id}/abort"), Value::Null)
        .await
        .assert_status(400);
}

#[tokio::test]
async fn of_releases_by_their_traffic() {
    for (gray, expected) in [
        (None, &["update", "cancel", "end"][..]),
        (Some(0), &["update", "cancel"]),
        (Some(50), &["update"]),
        (Some(100), &["update", "end"]),
    ] {
        for phase in ["Creating", "Running"] {
            let mut accepted = Vec::new();
            let mut said = None;
            for command in ["update", "cancel", "end"] {
                let app = App::new();
                let id = create_release(&app, "gray-a").await;
                if phase == "Running" {
                    app.advance(2_000).await;
                }
                if let Some(gray) = gray {
                    let traffic = format!("/_emulator/v1/asm/mesh-demo/default/{id}/traffic");
                    app.put(&traffic, json!({"gray": gray}))
                        .await
                        .assert_status(200);
                }
                said = Some(allowed(&timeline(&app, "asm", &id).await));
                let path = format!("{RELEASES}/{id}");
                let reply = match command {
                    "update" => app.put(&path, json!({"spec": {"version": "v3"}})).await,
                    _ => app.delete(&format!("{path}?action={command}")).await,
                };
                if reply.status == 200 {
                    accepted.push(command.to_owned());
                }
            }
            assert_eq!(accepted, expected, "with {gray:?} %");
            assert_eq!(said, Some(accepted), "with {gray:?} %");
        }
    }
}

#[tokio::test]
async fn of_meshes_in_every_phase() {
    for phase in [
        "Creating",
        "Running",
        "Deleting",
        "DeleteFailed",
        "Upgrading",
    ] {
        let body = json!({"metadata": {"name": "mesh-one"}, "status": {"phase": phase}});
        let mesh = json!({"id": "m", "emulator": {"project": PROJECT, "mesh": body}});
        let app = App::load(&json!({"asm": {"meshes": [mesh]}}));

        let timeline = timeline(&app, "asm", "m").await;

        assert_eq!(timeline["status"], phase);
        assert_eq!(allowed(&timeline), ["delete"]);
        app.delete(&format!("{MESHES}/m")).await.assert_status(200);
    }
}

#[tokio::test]
async fn of_versions_in_every_status() {
    const ID: &str = "6628e3a1b2c3d4e5f6a7b8c9";
    let row = json!({"id": "6628e3a1b2c3d4e5f6a7b8ca", "image_name": "web", "image": "r/web:1", "service_name": "web",
        "service_module": "web", "registry_id": "r", "create_time": 1});
    for (status, rows, expected) in [
        ("creating", json!([row]), &["delete"][..]),
        ("success", json!([row]), &["delete"]),
        ("retrying", json!([row]), &["delete"]),
        ("failed", json!([row]), &["retry", "delete"]),
        ("failed", json!([]), &["delete"]),
    ] {
        let info = json!({"id": ID, "version_name": "v1", "type": "K8SYaml", "status": status});
        let version = json!({"version_info": info, "deploy_infos": rows});
        let state = json!({"zadig": {"projects": [{"key": "demo", "versions": [version]}]}});

        let app = App::load(&state);
        assert_eq!(
            allowed(&timeline(&app, "zadig", ID).await),
            expected,
            "when {status}"
        );

        let retry = json!({"project_key": "demo", "version_name": "v1", "retry": true});
        let retried = app.post(&format!("{VERSIONS}/k8s"), retry).await;
        let fits = expected.contains(&"retry");
        assert_eq!(
            retried.status == 200,
            fits,
            "when {status}: {}",
            retried.text()
        );
        let path = format!("{VERSIONS}/{ID}?projectKey=demo");
        app.send("DELETE", &path, CREDENTIALS, "")
            .await
            .assert_status(200);
    }
}

//! Fixtures, export and import.

use serde_json::{Value, json};

use super::*;
use crate::common::assert_same;

/// The list and all details of project `demo`.
async fn list_and_details(app: &App) -> Vec<Value> {
    let list = app.list().await;
    let mut replies = vec![list.clone()];
    for version in list["list"].as_array().unwrap() {
        let id = version["id"].as_str().unwrap();
        replies.push(
            app.get(&format!("{RELEASES}/{id}"))
                .await
                .assert_status(200),
        );
    }
    replies
}

/// One version in each state: given, running, retried, ended, stopped with and without charts.
async fn populated() -> App {
    let mut fixtures = references();
    fixtures["zadig"]["projects"][0]["versions"] = json!([
        {"id": "66287b110b8b8a631910f5ae", "version_name": "given", "status": "creating", "labels": ["l"]}
    ]);
    let app = App::load(&fixtures);
    let fail = |name: &str, step: &str| json!({"match": {"name": name, "step": step}, "outcome": "fail", "message": "m", "times": 1});
    app.script(fail("retried", "image2")).await;
    app.script(fail("failed", "image2")).await;
    app.script(fail("stopped", "chart1")).await;
    app.create_k8s(k8s("retried")).await.assert_status(200);
    app.create_helm(helm("failed")).await.assert_status(200);
    app.create_k8s(but(k8s("nowhere"), "/image_registry_id", json!("")))
        .await
        .assert_status(500);
    app.create_helm(helm("stopped")).await.assert_status(500);
    app.advance(4_000).await;
    let retry = but(k8s("retried"), "/retry", json!(true));
    app.create_k8s(retry).await.assert_status(200);
    app.create_k8s(k8s("running")).await.assert_status(200);
    app.advance(500).await;
    app
}

#[tokio::test]
async fn an_imported_export_answers_the_same_now_and_later() {
    let app = populated().await;
    let state = app.state().await;
    let other = App::new();
    other.advance(4_500).await;
    other
        .put("/_emulator/v1/state", state.clone())
        .await
        .assert_status(204);

    for _ in 0..4 {
        assert_eq!(other.state().await, app.state().await);
        for (other, one) in list_and_details(&other)
            .await
            .iter()
            .zip(&list_and_details(&app).await)
        {
            assert_same(other, one);
        }
        let transitions = other.advance(1_500).await;
        let steps = |transitions: &[Value]| {
            transitions
                .iter()
                .map(|change| (change["step"].clone(), change["to"].clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(steps(&transitions), steps(&app.advance(1_500).await));
    }

    for app in [&app, &other] {
        let retry = json!({"project_key": "demo", "version_name": "stopped", "retry": true});
        app.create_helm(retry).await.assert_reply(200, SUCCESS);
        app.create_k8s(k8s("new")).await.assert_reply(200, SUCCESS);
    }
    assert_same(&other.state().await, &app.state().await);
}

#[tokio::test]
async fn an_export_has_the_details() {
    let app = populated().await;
    let state = app.state().await;
    let versions = state["zadig"]["projects"][0]["versions"]
        .as_array()
        .unwrap();
    assert_eq!(versions.len(), 6);
    for version in versions {
        let name = version["version_info"]["version_name"].as_str().unwrap();
        if name == "given" {
            assert_eq!(version["version_info"]["progress"], Value::Null);
            continue;
        }
        let mut shown = version.clone();
        for own in ["emulator", "request"] {
            shown.as_object_mut().unwrap().shift_remove(own);
        }
        assert_same(&shown, &app.detail(name).await);
    }
}

#[tokio::test]
async fn a_given_status_stays_through_export_and_import() {
    let app = populated().await;
    let progress =
        json!({"success_count": 0, "total_count": 0, "upload_status": "uploading", "error": ""});
    for _ in 0..2 {
        let detail = app.detail("given").await;
        assert_eq!(detail["version_info"]["status"], "creating");
        assert_eq!(detail["version_info"]["progress"], progress);
        app.advance(100_000_000).await;
        let state = app.state().await;
        app.put("/_emulator/v1/state", state)
            .await
            .assert_status(204);
    }
}

#[tokio::test]
async fn equal_seconds_keep_their_order_through_export_and_import() {
    let app = App::new();
    for name in ["b", "a", "c"] {
        app.create_k8s(json!({"project_key": "demo", "version_name": name}))
            .await
            .assert_status(200);
    }
    let before = app.list().await;
    let state = app.state().await;
    app.put("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    assert_same(&app.list().await, &before);
}

#[tokio::test]
async fn missing_fields_have_the_values_of_a_new_version() {
    let app = App::load(&json!({"zadig": {"projects": [{"key": "demo", "versions": [
        {},
        {"version_info": {"version_name": "h"}, "distribute_infos": [{"sub_distributes": [{}]}]}
    ]}]}}));
    let list = app.list().await;
    let info = |n: usize, name: &str, kind: &str| {
        json!({
            "id": list["list"][n]["id"], "version_name": name, "type": kind, "status": "success", "labels": [],
            "description": "", "progress": null, "created_by": "emulator", "create_time": 1_767_268_800
        })
    };
    assert_same(
        &list["list"],
        &json!([info(0, "h", "HelmChart"), info(1, "", "K8SYaml")]),
    );
    let detail = app.detail("h").await;
    let row = &detail["distribute_infos"][0];
    assert_eq!(row["create_time"], 1_767_268_800);
    assert_eq!(row["id"].as_str().unwrap().len(), 24);
    assert_ne!(row["id"], row["sub_distributes"][0]["id"]);
}

#[tokio::test]
async fn an_invalid_fixture_is_refused_with_the_place_of_the_mistake() {
    let app = App::new();
    let before = app.state().await;
    let id = "66287b110b8b8a631910f5ae";
    let versions =
        |versions: Value| json!({"zadig": {"projects": [{"key": "demo", "versions": versions}]}});
    let run = |does: Value| {
        json!({"pushing": {"run": {"started": 0, "tree": {"seq": [{"step": 0}]}, "does": does},
            "pushes": [{"image": "a", "service": "s"}, {"image": "b", "service": "s"}]}})
    };
    for (state, expected) in [
        (
            versions(json!([{"versoin": "v"}])),
            "zadig.projects[0].versions[0].versoin: is not a known field",
        ),
        (
            versions(json!([{"status": "done"}])),
            "zadig.projects[0].versions[0].status: must be ",
        ),
        (
            versions(json!([{"id": "x"}])),
            "zadig.projects[0].versions[0].id: must be 24 hexadecimal digits in lower case, not \"x\"",
        ),
        (
            versions(json!([{"id": id, "version_name": "a"}, {"id": id, "version_name": "b"}])),
            "zadig.projects[0].versions[1].id: duplicate \"66287b110b8b8a631910f5ae\"",
        ),
        (
            versions(json!([{"version_info": {"id": id}, "deploy_infos": [{"id": id}]}])),
            "zadig.projects[0].versions[0].deploy_infos[0].id: duplicate \"66287b110b8b8a631910f5ae\"",
        ),
        (
            versions(json!([{"distribute_infos": [{"sub_distributes": [{"id": "x"}]}]}])),
            "zadig.projects[0].versions[0].distribute_infos[0].sub_distributes[0].id: must be 24",
        ),
        (
            versions(json!([{"version_name": "a"}, {"version_info": {"version_name": "a"}}])),
            "zadig.projects[0].versions[1].version_info.version_name: \"a\" is already used in the project",
        ),
        (
            versions(json!([{"version_info": {}, "status": "failed"}])),
            "zadig.projects[0].versions[0].version_info: must not be combined with",
        ),
        (
            versions(json!([[]])),
            "zadig.projects[0].versions[0]: must be ",
        ),
        (
            versions(json!([{"emulator": run(json!(["gate", "gate"]))}])),
            "zadig.projects[0].versions[0].emulator.pushing.run: must have a tree",
        ),
        (
            versions(json!([{"emulator": run(json!(["gate"]))}])),
            "zadig.projects[0].versions[0].emulator.pushing.pushes: must have one entry for each step",
        ),
        (
            json!({"zadig": {"projects": [{"key": "a"}, {"key": "a"}]}}),
            "zadig.projects[1].key: duplicate \"a\"",
        ),
        (
            json!({"zadig": {"projects": [{"key": "a", "environments": [
                {"name": "dev"}, {"name": "dev", "production": true}, {"name": "dev"}]}]}}),
            "zadig.projects[0].environments[2]: duplicate \"dev\"",
        ),
        (
            json!({"zadig": {"projects": [{"key": "a", "registries": [{"id": "r"}]}]}}),
            "zadig.projects[0].registries[0].address: is required",
        ),
    ] {
        let reply = app.put("/_emulator/v1/state", state).await;
        let detail = reply.assert_status(400)["detail"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            detail.starts_with(expected),
            "{detail}\nexpected {expected}"
        );
        assert_eq!(app.state().await, before);
    }
}

#[tokio::test]
async fn a_patch_replaces_by_id_and_adds_the_rest() {
    let app = App::load(&references());
    app.create_k8s(k8s("v1")).await.assert_status(200);
    let id = app.id("v1").await;
    app.patch(
        "/_emulator/v1/state",
        json!({"zadig": {"projects": [{
            "key": "demo",
            "versions": [{"id": id, "version_name": "v1", "status": "failed"}, {"version_name": "v2"}, {"version_name": "v3"}],
            "environments": [{"name": "dev", "production": true}, {"name": "dev", "services": []}],
            "registries": [{"id": "62ce6231e0281143de477e60", "address": "new.example"}],
            "chart_repos": [{"name": "test", "url": "https://charts.example"}, {"name": "more"}]
        }]}}),
    )
    .await
    .assert_status(204);

    let list = app.list().await;
    let names = list["list"].as_array().unwrap().iter();
    let names: Vec<_> = names
        .map(|version| version["version_name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["v3", "v2", "v1"]);
    assert_eq!(
        app.progress("v1").await,
        progress("failed", "0/0", "failed", "")
    );
    let project = app.state().await["zadig"]["projects"][0].clone();
    assert_same(
        &project["environments"],
        &json!([{"name": "dev", "production": false, "services": []},
                {"name": "dev", "production": true, "services": []}]),
    );
    assert_eq!(project["registries"][0]["address"], "new.example");
    assert_eq!(project["registries"].as_array().unwrap().len(), 3);
    assert_same(
        &project["chart_repos"],
        &json!([{"name": "test", "url": "https://charts.example"}, {"name": "more"}]),
    );
}

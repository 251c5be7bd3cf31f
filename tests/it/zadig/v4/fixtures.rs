//! Fixtures of generation 2, and the upgrade of those of generation 1.

use serde_json::{Value, json};

use super::*;
use crate::zadig::SUCCESS;

/// One version in each state: given, running, retried, ended, stopped with and without charts.
async fn populated() -> App {
    let mut fixtures = references();
    fixtures["zadig"]["projects"][0]["versions"] = json!([
        {"id": "66287b110b8b8a631910f5ae", "version_name": "given", "source": "manual", "status": "creating", "labels": ["l"]}
    ]);
    let app = App::load(&fixtures);
    app.script(failing("proxy", "m")).await;
    app.deliver("k8s", k8s("retried"))
        .await
        .assert_reply(200, SUCCESS);
    app.script(failing("c2", "m")).await;
    app.deliver("helm", helm("failed"))
        .await
        .assert_reply(200, SUCCESS);
    app.script(failing("chart1", "m")).await;
    app.deliver("helm", helm("stopped"))
        .await
        .assert_status(500);
    let nowhere = but(manual("nowhere"), "/image_registry_id", json!(""));
    app.deliver("k8s", nowhere).await.assert_status(500);
    app.advance(4_000).await;
    app.redeliver("retried").await.assert_reply(200, SUCCESS);
    app.deliver("k8s", k8s("running"))
        .await
        .assert_reply(200, SUCCESS);
    app.advance(500).await;
    app
}

async fn all_details(app: &App) -> Vec<Value> {
    let list = app.list().await;
    let mut details = vec![list.clone()];
    for version in list["list"].as_array().unwrap() {
        details.push(
            app.delivered(version["version_name"].as_str().unwrap())
                .await,
        );
    }
    details
}

#[tokio::test]
async fn an_imported_export_answers_the_same_now_and_later() {
    let app = populated().await;
    let other = App::new();
    other.advance(4_500).await;
    let state = app.state().await;
    other
        .put("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    for _ in 0..4 {
        assert_eq!(all_details(&other).await, all_details(&app).await);
        assert_eq!(other.state().await, app.state().await);
        app.advance(1_500).await;
        other.advance(1_500).await;
    }
    for name in ["failed", "stopped"] {
        app.redeliver(name).await.assert_reply(200, SUCCESS);
        other.redeliver(name).await.assert_reply(200, SUCCESS);
    }
    app.advance(3_000).await;
    other.advance(3_000).await;
    assert_eq!(all_details(&other).await, all_details(&app).await);
}

#[tokio::test]
async fn wrong_versions_are_refused_with_their_place() {
    for (version, generation, expected) in [
        (
            json!({"source": "manual"}),
            "v3",
            "zadig.projects[0].versions[0].source: only Zadig v4 has it, which no downgrade turns into v3: start with --zadig v4, or set zadig.generation to v4",
        ),
        (
            json!({"version": "v1", "services": []}),
            "v3",
            "zadig.projects[0].versions[0].version: only Zadig v4 has it, which no downgrade turns into v3: start with --zadig v4, or set zadig.generation to v4",
        ),
        (
            json!({"version": "v1", "version_info": {}}),
            "v4",
            "zadig.projects[0].versions[0].version_info: must not be combined with the keys of Zadig v4",
        ),
        (
            json!({"version": "v1", "version_name": "v1"}),
            "v4",
            "zadig.projects[0].versions[0].version_name: must not be combined with the keys of a detail",
        ),
        (
            json!({"version": "v1", "project_name": "x"}),
            "v4",
            "zadig.projects[0].versions[0].project_name: must be the key of its project, \"demo\", not \"x\"",
        ),
        (
            json!({"version": "v1", "deleted_at": 7}),
            "v4",
            "zadig.projects[0].versions[0].deleted_at: must be 0",
        ),
        (
            json!({"version": "v1", "id": "x"}),
            "v4",
            "zadig.projects[0].versions[0].id: must be 24 hexadecimal digits in lower case, not \"x\"",
        ),
        (
            json!({"version": "v1", "services": [{"images": [{"push": true}]}]}),
            "v4",
            "zadig.projects[0].versions[0].services[0].images[0].push: is not a known field",
        ),
        (
            json!({"version_info": {"version_name": "v1"}, "deploy_infos": [{"image": "no-tag"}]}),
            "v4",
            "zadig.projects[0].versions[0].deploy_infos[0].image: Zadig's own upgrade to v4 refuses an image without a tag: \"no-tag\"",
        ),
    ] {
        let app = App::new();
        let state = json!({"zadig": {"generation": generation, "projects": [{"key": "demo", "versions": [version]}]}});
        let refused = app
            .put("/_emulator/v1/state", state)
            .await
            .assert_status(400);
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.starts_with(expected), "{detail}");
    }
}

#[tokio::test]
async fn the_option_refuses_what_only_the_other_generation_has() {
    let app = App::with(|settings| settings.zadig = Some(ZadigGeneration::V3));
    let state = json!({"zadig": {"generation": "v4", "projects": [{"key": "demo", "versions": [{"version": "v1"}]}]}});
    let refused = app
        .put("/_emulator/v1/state", state)
        .await
        .assert_status(400);
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .starts_with("zadig.projects[0].versions[0].version: only Zadig v4")
    );
    // What both have is accepted.
    let mut state = references();
    app.put("/_emulator/v1/state", state.clone())
        .await
        .assert_status(204);
    assert_eq!(app.state().await["zadig"]["generation"], "v3");
    state["zadig"]["generation"] = json!("v3");
    assert_eq!(
        app.state().await["zadig"]["projects"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn a_k8s_version_is_upgraded_as_by_zadig() {
    let v3 = App::with(|settings| settings.zadig = Some(ZadigGeneration::V3));
    let image = |n: u32, disabled: bool| {
        json!({"container_name": format!("c{n}"), "image_name": format!("image{n}"), "image_tag": format!("t{n}"),
            "disable_image_dist": disabled})
    };
    let body = json!({"project_key": "demo", "version_name": "v1", "env_name": "dev", "production": true, "desc": "d",
        "labels": ["l"], "image_registry_id": "r1", "yaml_datas": [
            {"service_name": "web", "image_datas": [image(1, false), image(2, true)]},
            {"service_name": "job", "image_datas": [image(3, false)]}]});
    v3.deliver("k8s", body).await.assert_reply(200, SUCCESS);
    v3.advance(2_500).await;
    let id = v3.id("v1").await;
    let app = lenient();
    app.advance(2_500).await;
    let state = v3.state().await;
    assert_eq!(state["zadig"]["generation"], "v3");
    app.put("/_emulator/v1/state", state)
        .await
        .assert_status(204);

    let delivered = |n: u32, push: bool, status: &str| {
        let address = format!("registry.local/demo/image{n}:t{n}");
        json!({"container_name": format!("c{n}"), "image_name": format!("image{n}"), "source_image": address,
            "source_image_tag": format!("t{n}"), "target_image": address, "target_image_tag": format!("t{n}"),
            "image_path": null, "push_image": push, "status": status, "error": ""})
    };
    let service = |name: &str, images: Value| {
        json!({"service_name": name, "chart_name": "", "original_chart_version": "", "chart_version": "",
            "chart_status": "", "yaml_content": "", "images": images, "error": ""})
    };
    let mut expected = json!({"version": "v1", "project_name": "demo", "env_name": "dev", "production": true,
        "type": "K8SYaml", "source": "from_env", "desc": "d", "labels": ["l"], "image_registry_id": "r1",
        "chart_repo_name": "", "services": [
            service("web", json!([delivered(1, true, "passed"), delivered(2, false, "")])),
            service("job", json!([delivered(3, true, "running")]))],
        "status": "creating", "error": "", "created_by": "emulator", "created_at": 0, "deleted_at": 0});
    let detail = app.delivered("v1").await;
    expected["created_at"] = detail["created_at"].clone();
    assert_eq!(detail, expected);
    assert_eq!(app.id("v1").await, id);
    app.advance(1_500).await;
    assert_eq!(
        app.image_statuses("v1").await,
        "success passed - passed",
        "its pushes go on"
    );
}

#[tokio::test]
async fn helm_versions_are_upgraded_as_by_zadig() {
    let v3 = App::with(|settings| settings.zadig = Some(ZadigGeneration::V3));
    let body = |name: &str| {
        json!({"project_key": "demo", "version_name": name, "env_name": "dev", "image_registry_id": "r1",
        "chart_repo_name": "charts", "chart_datas": [
            {"service_name": "chart1", "version": "1.1", "image_datas": [
                {"container_name": "c1", "image_name": "image1", "image_tag": "t1"}]}]})
    };
    v3.deliver("helm", body("pushed"))
        .await
        .assert_reply(200, SUCCESS);
    v3.script(failing("chart1", "m")).await;
    v3.deliver("helm", body("stopped")).await.assert_status(500);
    let app = lenient();
    app.put("/_emulator/v1/state", v3.state().await)
        .await
        .assert_status(204);
    let pushed = app.delivered("pushed").await;
    let service = &pushed["services"][0];
    assert_eq!(
        json!([
            pushed["chart_repo_name"],
            pushed["image_registry_id"],
            service["chart_name"],
            service["chart_version"],
            service["chart_status"],
            service["images"][0]["container_name"],
            service["images"][0]["image_path"],
            service["images"][0]["source_image"]
        ]),
        json!([
            "charts",
            "r1",
            "chart1",
            "1.1",
            "passed",
            "image1",
            {},
            "registry.local/demo/image1:t1"
        ])
    );
    let stopped = app.delivered("stopped").await;
    assert_eq!(stopped["services"][0]["chart_status"], "failed");
    assert!(
        stopped["error"]
            .as_str()
            .unwrap()
            .contains("chart1-1.1.tgz"),
        "{stopped}"
    );
    app.redeliver("stopped").await.assert_reply(200, SUCCESS);
    app.advance(2_000).await;
    assert_eq!(app.image_statuses("stopped").await, "success passed");
    assert_eq!(app.image_statuses("pushed").await, "success passed");
}

#[tokio::test]
async fn a_given_version_is_upgraded_with_the_statuses_that_its_progress_tells() {
    let row = |n: u32| {
        json!({"service_name": "web", "service_module": format!("c{n}"), "image": format!("r/image{n}:t"),
        "image_name": format!("image{n}"), "registry_id": "r1"})
    };
    let progress =
        json!({"success_count": 1, "total_count": 2, "upload_status": "failed", "error": ""});
    let app = lenient();
    let state = json!({"zadig": {"projects": [{"key": "demo", "versions": [
        {"version_info": {"version_name": "v1", "status": "failed", "progress": progress},
         "deploy_infos": [row(1), row(2), row(3)]}]}]}});
    app.put("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    assert_eq!(app.image_statuses("v1").await, "failed passed failed -");
    assert_eq!(app.delivered("v1").await["image_registry_id"], "r1");
    app.redeliver("v1").await.assert_reply(200, SUCCESS);
    app.advance(2_000).await;
    assert_eq!(app.image_statuses("v1").await, "success passed passed -");
}

#[tokio::test]
async fn a_patch_may_upgrade_a_world() {
    let app = App::new();
    let state =
        json!({"zadig": {"projects": [{"key": "demo", "versions": [{"version_name": "v1"}]}]}});
    app.put("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    let patch = json!({"zadig": {"generation": "v4", "projects": [{"key": "demo", "versions": [{"version": "v2"}]}]}});
    app.patch("/_emulator/v1/state", patch)
        .await
        .assert_status(204);
    assert_eq!(app.image_statuses("v1").await, "success");
    assert_eq!(app.image_statuses("v2").await, "success");
}

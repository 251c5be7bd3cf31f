//! Refused creations and retries, their order, and the versions that are stored nevertheless.

use serde_json::{Value, json};

use super::*;
use crate::common::assert_same;
use release_emulator::internals::world::settings::{Fidelity, References};

/// An emulator with the references of the bodies, which it checks.
fn checked() -> App {
    App::build(
        |settings| settings.references = References::Checked,
        &references(),
    )
}

/// The same with strict fidelity.
fn checked_and_strict() -> App {
    App::build(
        |settings| {
            settings.references = References::Checked;
            settings.fidelity = Fidelity::Strict;
        },
        &references(),
    )
}

/// Asserts that a body is refused and changes nothing.
async fn assert_refused(app: &App, path: &str, body: Value, expected: &str) {
    let before = app.state().await;
    let reply = app.post(&format!("{RELEASES}/{path}"), body).await;
    reply.assert_reply(500, expected);
    assert_same(&app.state().await, &before);
}

#[tokio::test]
async fn known_references_are_accepted_if_references_are_checked() {
    let app = checked();
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);
    app.create_helm(helm("v2")).await.assert_reply(200, SUCCESS);
    assert_eq!(app.list().await["total"], 2);
}

#[tokio::test]
async fn a_k8s_version_needs_a_known_environment_service_and_container() {
    let app = checked();
    let no_environment = |environment: &str| {
        internal(&format!(
            "failed to find product, product name: demo, env name: {environment}, error: mongo: no documents in result"
        ))
    };
    assert_refused(
        &app,
        "k8s",
        but(k8s("v1"), "/env_name", json!("qa")),
        &no_environment("qa"),
    )
    .await;
    // The environment of that name is not a production one.
    assert_refused(
        &app,
        "k8s",
        but(k8s("v1"), "/production", json!(true)),
        &no_environment("dev"),
    )
    .await;
    assert_refused(
        &app,
        "k8s",
        but(k8s("v1"), "/yaml_datas/1/service_name", json!("nothing")),
        &internal("product service not found, service name: nothing"),
    )
    .await;
    assert_refused(
        &app,
        "k8s",
        but(
            k8s("v1"),
            "/yaml_datas/1/image_datas/0/container_name",
            json!("c9"),
        ),
        &internal(
            "container image not found, product name: demo, env name: dev, service name: service2, \
             container name: c9",
        ),
    )
    .await;
}

#[tokio::test]
async fn a_retry_of_a_k8s_version_needs_the_environment_first() {
    let app = checked();
    let retry = but(k8s("v1"), "/retry", json!(true));
    assert_refused(
        &app,
        "k8s",
        but(retry.clone(), "/env_name", json!("qa")),
        &internal(
            "failed to find product, product name: demo, env name: qa, error: mongo: no documents in result",
        ),
    )
    .await;
    assert_refused(
        &app,
        "k8s",
        retry,
        &refused(
            "v1",
            true,
            "failed to query delivery version data, verisonName: v1",
        ),
    )
    .await;
}

#[tokio::test]
async fn an_unknown_registry_crashes_the_service() {
    let app = checked();
    let unknown = json!("62ce6231e0281143de477eff");
    for (path, body) in [("k8s", k8s("v1")), ("helm", helm("v1"))] {
        assert_refused(
            &app,
            path,
            but(body, "/image_registry_id", unknown.clone()),
            "",
        )
        .await;
    }
}

#[tokio::test]
async fn a_registry_of_other_projects_is_refused() {
    for app in [checked(), App::load(&references())] {
        for (path, body) in [("k8s", k8s("v1")), ("helm", helm("v1"))] {
            let body = but(
                body,
                "/image_registry_id",
                json!("62ce6231e0281143de477e61"),
            );
            let cause = "registry https://other.example/ns not support project demo";
            assert_refused(&app, path, body, &refused("v1", false, cause)).await;
        }
    }
}

#[tokio::test]
async fn an_image_to_be_pushed_must_come_from_a_known_registry_under_its_name() {
    let app = checked();
    let other_name = but(
        k8s("v1"),
        "/yaml_datas/0/image_datas/0/image_name",
        json!("other"),
    );
    let cause = "failed to check registry, err: can't find source registry for image: \
                 koderover.tencentcloudcr.com/test/image1:current";
    assert_refused(
        &app,
        "k8s",
        other_name.clone(),
        &refused("v1", false, cause),
    )
    .await;
    // Images that are not pushed are not checked.
    let disabled = but(
        other_name,
        "/yaml_datas/0/image_datas/0/disable_image_dist",
        json!(true),
    );
    app.create_k8s(disabled).await.assert_reply(200, SUCCESS);
}

#[tokio::test]
async fn an_address_with_three_colons_is_invalid() {
    let odd = json!("a:1/b:2/image1:3");
    let services = "/zadig/projects/0/environments/0/services/1/containers/0/image";
    let app = App::build(
        |settings| settings.references = References::Checked,
        &but(references(), services, odd),
    );
    let cause = "failed to check registry, err: invalid image: a:1/b:2/image1:3";
    assert_refused(&app, "k8s", k8s("v1"), &refused("v1", false, cause)).await;
}

#[tokio::test]
async fn a_helm_version_needs_charts_a_repository_and_a_registry() {
    let app = App::new();
    let nothing = json!({"project_key": "demo", "version_name": "v1"});
    let no_repo = but(helm("v1"), "/chart_repo_name", json!(""));
    let no_registry = but(helm("v1"), "/image_registry_id", json!(""));
    for (body, cause) in [
        (nothing, "no chart info appointed"),
        (
            but(no_repo.clone(), "/image_registry_id", json!("")),
            "chart repo not appointed",
        ),
        (no_repo, "chart repo not appointed"),
        (no_registry, "image registry not appointed"),
    ] {
        let cause = format!("新建交付中心版本失败: {cause}");
        assert_refused(&app, "helm", body, &refused("v1", false, &cause)).await;
    }
}

#[tokio::test]
async fn a_helm_version_needs_a_known_environment_and_services_with_charts() {
    let app = checked();
    for (pointer, value, cause) in [
        (
            "/env_name",
            "qa",
            "failed to query product info, procutName: demo envName qa",
        ),
        (
            "/chart_datas/1/service_name",
            "nothing",
            "service nothing not found in environment",
        ),
        (
            "/chart_datas/1/service_name",
            "service1",
            "can't find renderChart for service: service1",
        ),
    ] {
        let body = but(helm("v1"), pointer, json!(value));
        let cause = format!("新建交付中心版本失败: {cause}");
        assert_refused(&app, "helm", body, &refused("v1", false, &cause)).await;
    }
}

#[tokio::test]
async fn helm_versions_with_images_fail_with_strict_fidelity() {
    let app = checked_and_strict();
    let cause = "failed to check registry, err: can't find source registry for image: ";
    assert_refused(&app, "helm", helm("v1"), &refused("v1", false, cause)).await;

    let disabled = json!([{"image_name": "image1", "disable_image_dist": true}]);
    let body = but(helm("v1"), "/chart_datas/0/image_datas", disabled);
    let body = but(body, "/chart_datas/1/image_datas", json!([]));
    app.create_helm(body).await.assert_reply(200, SUCCESS);
    // Without an image to push, the charts are counted.
    assert_eq!(
        app.progress("v1").await,
        progress("success", "2/2", "success", "")
    );
}

#[tokio::test]
async fn a_name_is_unique_in_a_project_until_its_version_is_deleted() {
    let app = App::new();
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);
    let cause = "新建交付中心版本失败: failed to insert delivery version v1, version already exist";
    assert_refused(&app, "k8s", k8s("v1"), &refused("v1", false, cause)).await;
    assert_refused(&app, "helm", helm("v1"), &refused("v1", false, cause)).await;
    app.create_k8s(but(k8s("v1"), "/project_key", json!("other")))
        .await
        .assert_reply(200, SUCCESS);

    let first = app.id("v1").await;
    let path = format!("{RELEASES}/{first}?projectKey=demo");
    for _ in 0..2 {
        app.delete(&path).await.assert_reply(200, SUCCESS);
    }
    assert_eq!(app.list().await["total"], 0);
    assert_eq!(app.get(&path).await.status, 500);

    app.create_helm(helm("v1")).await.assert_reply(200, SUCCESS);
    assert_ne!(app.id("v1").await, first);
}

#[tokio::test]
async fn an_empty_name_is_a_name() {
    let app = App::new();
    let body = json!({"project_key": "demo"});
    app.create_k8s(body.clone())
        .await
        .assert_reply(200, SUCCESS);
    let cause = "新建交付中心版本失败: failed to insert delivery version , version already exist";
    assert_refused(&app, "k8s", body, &refused("", false, cause)).await;
}

#[tokio::test]
async fn a_version_that_pushes_without_a_registry_is_stored_as_failed() {
    let app = checked();
    let cause = "failed to generate workflow from delivery version, versionName: v1, err: target registry not \
                 appointed";
    let body = but(k8s("v1"), "/image_registry_id", json!(""));
    app.create_k8s(body)
        .await
        .assert_reply(500, &refused("v1", false, cause));

    assert_eq!(
        app.progress("v1").await,
        progress("failed", "0/0", "failed", cause)
    );
    let detail = app.detail("v1").await;
    let row = &detail["deploy_infos"][0];
    assert_eq!(
        (&row["image"], &row["registry_id"]),
        (
            &json!("koderover.tencentcloudcr.com/test/image3:current"),
            &json!("")
        ),
        "without a registry the row shows what runs"
    );
    let retry = but(k8s("v1"), "/retry", json!(true));
    let nothing = refused("v1", true, "no workflow task found for version: v1");
    assert_refused(&app, "k8s", retry, &nothing).await;
}

#[tokio::test]
async fn a_version_with_two_images_for_one_container_is_stored_as_failed_with_the_rows_before() {
    let app = App::new();
    let body = but(
        k8s("v1"),
        "/yaml_datas/1/image_datas/1/container_name",
        json!("c3"),
    );
    let reply = app.create_k8s(body).await;
    assert_eq!(reply.status, 500);
    let cause = "failed to insert deliveryDeploy, serviceName: service2, imageName: c3, \
                 image: registry.local/demo/image4:t4, err: ";
    let description = reply.json()["description"].as_str().unwrap().to_owned();
    assert!(description.contains(cause), "{description}");

    let detail = app.detail("v1").await;
    assert_eq!(detail["version_info"]["status"], "failed");
    let error = detail["version_info"]["progress"]["error"]
        .as_str()
        .unwrap();
    assert!(
        error.starts_with(cause) && description.ends_with(error),
        "{error}"
    );
    assert_eq!(detail["deploy_infos"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn unknown_references_are_accepted_by_default() {
    let app = App::new();
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);
    app.create_helm(helm("v2")).await.assert_reply(200, SUCCESS);

    let images = |rows: &Value| {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["image"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let detail = app.detail("v1").await;
    assert_eq!(
        images(&detail["deploy_infos"]),
        ["image1:t1", "image2:t2", "image3:t3", "image4:t4"]
            .map(|image| format!("registry.local/demo/{image}"))
    );
    let helm = app.detail("v2").await;
    let child = &helm["distribute_infos"][0]["sub_distributes"];
    assert_eq!(images(child), ["registry.local/demo/image1:t1"]);
    assert_eq!(child[0]["namespace"], "demo");
}

#[tokio::test]
async fn an_empty_tag_stays_empty_for_k8s_and_is_the_current_one_for_helm() {
    let app = checked();
    let tag = "/yaml_datas/0/image_datas/0/image_tag";
    app.create_k8s(but(k8s("v1"), tag, json!("")))
        .await
        .assert_reply(200, SUCCESS);
    let detail = app.detail("v1").await;
    assert_eq!(
        detail["deploy_infos"][2]["image"],
        "koderover.tencentcloudcr.com/test/image1:"
    );
    let tag = "/chart_datas/0/image_datas/0/image_tag";
    app.create_helm(but(helm("v2"), tag, json!("")))
        .await
        .assert_reply(200, SUCCESS);
    let detail = app.detail("v2").await;
    assert_eq!(
        detail["distribute_infos"][0]["sub_distributes"][0]["image"],
        "koderover.tencentcloudcr.com/test/image1:current"
    );
}

#[tokio::test]
async fn a_row_names_its_service_only_if_it_has_a_container() {
    let app = App::new();
    let body = but(
        k8s("v1"),
        "/yaml_datas/0/image_datas/0/container_name",
        json!(""),
    );
    app.create_k8s(body).await.assert_reply(200, SUCCESS);
    let row = app.detail("v1").await["deploy_infos"][0].clone();
    assert_eq!(
        (&row["service_name"], &row["service_module"]),
        (&json!(""), &json!(""))
    );
}

#[tokio::test]
async fn an_ecr_registry_has_no_namespace() {
    let app = App::load(&references());
    let ecr = json!("62ce6231e0281143de477e62");
    app.create_k8s(but(k8s("v1"), "/image_registry_id", ecr))
        .await
        .assert_reply(200, SUCCESS);
    let row = app.detail("v1").await["deploy_infos"][2].clone();
    assert_eq!(row["image"], "1.dkr.ecr.example/image1:t1");
}

#[tokio::test]
async fn an_image_of_two_charts_is_recorded_with_the_first_only() {
    let app = App::new();
    let image = "/chart_datas/1/image_datas/0/image_name";
    app.create_helm(but(helm("v1"), image, json!("image1")))
        .await
        .assert_reply(200, SUCCESS);
    let rows = app.detail("v1").await["distribute_infos"].clone();
    let children = |n: usize| rows[n]["sub_distributes"].as_array().unwrap().len();
    assert_eq!((children(0), children(1)), (1, 0));
    // Nevertheless it is pushed for both.
    assert_eq!(
        app.progress("v1").await,
        progress("creating", "0/2", "waiting", "")
    );
}

#[tokio::test]
async fn only_images_that_the_service_runs_are_selected_if_references_are_checked() {
    let app = checked();
    let image = "/chart_datas/1/image_datas/0/image_name";
    app.create_helm(but(helm("v1"), image, json!("nothing")))
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(
        app.progress("v1").await,
        progress("creating", "0/1", "waiting", "")
    );
}

#[tokio::test]
async fn a_version_with_an_unknown_chart_repository_is_stored_as_failed() {
    let app = checked();
    let cause = "failed to query chart-repo info, productName: demo, repoName: nothing";
    let body = but(helm("v1"), "/chart_repo_name", json!("nothing"));
    app.create_helm(body)
        .await
        .assert_reply(500, &refused("v1", false, cause));
    assert_eq!(
        app.progress("v1").await,
        progress("failed", "0/0", "failed", cause)
    );
    assert_eq!(app.detail("v1").await["distribute_infos"], json!([]));

    // A retry packages the charts again, and fails while the repository is unknown.
    let retry = json!({"project_key": "demo", "version_name": "v1", "retry": true});
    app.create_helm(retry.clone())
        .await
        .assert_reply(500, &refused("v1", true, cause));
    let repo =
        json!({"zadig": {"projects": [{"key": "demo", "chart_repos": [{"name": "nothing"}]}]}});
    app.patch("/_emulator/v1/state", repo)
        .await
        .assert_status(204);
    app.create_helm(retry).await.assert_reply(200, SUCCESS);
    assert_eq!(
        app.progress("v1").await,
        progress("retrying", "0/2", "waiting", "")
    );
    let rows = &app.detail("v1").await["distribute_infos"];
    assert_eq!(rows[0]["chart_repo_name"], "nothing");
}

#[tokio::test]
async fn a_retry_needs_a_version_that_failed() {
    let app = App::new();
    let retry = |name: &str| json!({"project_key": "demo", "version_name": name, "retry": true});
    let missing = "failed to query delivery version data, verisonName: v1";
    assert_refused(&app, "k8s", retry("v1"), &refused("v1", true, missing)).await;
    let missing = format!("{missing}, error: mongo: no documents in result");
    assert_refused(&app, "helm", retry("v1"), &refused("v1", true, &missing)).await;

    app.create_k8s(k8s("v1")).await.assert_status(200);
    app.create_helm(helm("v2")).await.assert_status(200);
    for status in ["creating", "success"] {
        let cause = format!("can't reCreate version with status:{status}");
        assert_refused(&app, "k8s", retry("v1"), &refused("v1", true, &cause)).await;
        assert_refused(&app, "helm", retry("v2"), &refused("v2", true, &cause)).await;
        app.advance(6_000).await;
    }
}

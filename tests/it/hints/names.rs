//! Names that are taken, and by whom; what an order refers to, and what there is of it.

use release_emulator::internals::world::settings::{Fidelity, References};

use super::*;

#[tokio::test]
async fn a_name_that_is_taken_is_told_with_who_has_it() {
    let app = App::new();
    let id = create(&app, &plans(""), plan("spring")).await;
    let other = create(&app, &plans(""), plan("autumn")).await;
    let hint = format!("the plan {id} has that name");
    assert_hint(&app.post(&plans(""), plan("spring")).await, 400, &hint);
    let renamed = app.put(&plans(&format!("/{other}")), plan("spring")).await;
    assert_hint(&renamed, 400, &hint);

    let id = create(&app, &pipelines(""), simple("shop")).await;
    let other = create(&app, &pipelines(""), simple("other")).await;
    let hint = format!("the pipeline {id} has that name");
    assert_hint(&app.post(&pipelines(""), simple("shop")).await, 400, &hint);
    let renamed = app
        .put(&pipelines(&format!("/{other}")), simple("shop"))
        .await;
    assert_hint(&renamed, 400, &hint);

    let meshes = format!("/v1/{PROJECT}/meshes");
    let id = create(&app, &meshes, mesh("mesh-one")).await;
    let hint =
        format!("metadata.name: \"mesh-one\" is already used in the project, by the mesh {id}");
    assert_hint(&app.post(&meshes, mesh("mesh-one")).await, 409, &hint);

    let uid = create(&app, RELEASES, release("reviews-v2", "reviews")).await;
    let name = format!(
        "metadata.name: \"reviews-v2\" is already used in the namespace, by the release task {uid}; cancel or end it first"
    );
    let service = format!(
        "spec.serviceName: \"reviews\" already has a release task, {uid}; cancel or end it first"
    );
    let reply = app.post(RELEASES, release("reviews-v2", "ratings")).await;
    assert_hint(&reply, 409, &name);
    let reply = app.post(RELEASES, release("reviews-v3", "reviews")).await;
    assert_hint(&reply, 409, &service);
}

#[tokio::test]
async fn the_name_of_a_version_is_told_with_who_has_it_and_whether_it_can_be_retried() {
    let app = App::new();
    let k8s = format!("{VERSIONS}/k8s");
    app.script(json!({"outcome": "fail", "match": {"family": "zadig", "step": "web"}}))
        .await;
    app.post(&k8s, version("v1")).await.assert_status(200);
    let id = id_of_version(&app, "v1").await;
    let hint = format!("\"v1\" is already used in the project, by the version {id}: DELETE it");
    assert_hint(&app.post(&k8s, version("v1")).await, 500, &hint);
    app.advance(2_000).await;
    let hint = format!("{hint}, or retry it with retry true");
    assert_hint(&app.post(&k8s, version("v1")).await, 500, &hint);
}

/// Fixtures that a checked plan may refer to.
fn provided() -> Value {
    json!({"zadig": {"projects": [{"key": "demo",
        "environments": [{"name": "dev", "production": false, "services": [
            {"name": "web", "containers": [{"name": "c", "image": "r.example/ns/web:0"}]}, {"name": "database"}]}],
        "registries": [{"id": "r-1", "address": "r.example", "namespace": "ns"},
            {"id": "r-2", "address": "s.example", "projects": ["other"]}],
        "chart_repos": [{"name": "charts"}]}]}})
}

#[tokio::test]
async fn what_an_order_refers_to_is_told_with_what_there_is() {
    let app = App::build(
        |settings| settings.references = References::Checked,
        &provided(),
    );
    let k8s = format!("{VERSIONS}/k8s");
    let but = |pointer: &str, value: Value| {
        let mut body = version("v1");
        body["env_name"] = json!("dev");
        body["production"] = json!(false);
        *body.pointer_mut(pointer).expect(pointer) = value;
        body
    };
    for (pointer, value, hint) in [
        (
            "/env_name",
            json!("dve"),
            "known environments: dev, did you mean dev?",
        ),
        (
            "/production",
            json!(true),
            "the environment exists with production false",
        ),
        (
            "/project_key",
            json!("other"),
            "with --references checked it must be in the fixtures, which have no environments",
        ),
        (
            "/yaml_datas/0/service_name",
            json!("databse"),
            "known services: web, database, did you mean database?",
        ),
        (
            "/yaml_datas/0/image_datas/0/container_name",
            json!("d"),
            "known containers with an image: c",
        ),
        (
            "/image_registry_id",
            json!("r-3"),
            "the real service crashes on an unknown registry; known registries: r-1, r-2",
        ),
        (
            "/image_registry_id",
            json!("r-2"),
            "zadig.projects[].registries[].projects lists the projects that may use it",
        ),
    ] {
        assert_hint(&app.post(&k8s, but(pointer, value)).await, 500, hint);
    }
}

#[tokio::test]
async fn what_a_helm_version_lacks_is_told_by_its_field() {
    let helm = format!("{VERSIONS}/helm");
    let body = |repo: &str, registry: &str, charts: Value| {
        json!({"project_key": "demo", "version_name": "v1", "env_name": "dev", "chart_repo_name": repo,
            "image_registry_id": registry, "chart_datas": charts})
    };
    let charts = json!([{"service_name": "web", "version": "1", "image_datas": [
        {"container_name": "c", "image_name": "web", "image_tag": "1"}]}]);
    let app = App::new();
    let registry = "image_registry_id must not be empty";
    for (body, hint) in [
        (
            body("charts", "r-1", json!([])),
            "chart_datas must not be empty",
        ),
        (
            body("", "r-1", charts.clone()),
            "chart_repo_name must not be empty",
        ),
        (body("charts", "", charts.clone()), registry),
    ] {
        assert_hint(&app.post(&helm, body).await, 500, hint);
    }

    let checked = App::build(
        |settings| settings.references = References::Checked,
        &provided(),
    );
    let hint = "a service of a Helm version needs a chart in zadig.projects[].environments[].services[].chart";
    let reply = checked
        .post(&helm, body("charts", "r-1", charts.clone()))
        .await;
    assert_hint(&reply, 500, hint);

    let strict = App::with(|settings| settings.fidelity = Fidelity::Strict);
    let hint = "with --fidelity strict every image of a Helm version needs disable_image_dist true";
    let reply = strict.post(&helm, body("charts", "r-1", charts)).await;
    assert_hint(&reply, 500, hint);
    let hint = "the query parameter projectKey is required";
    let reply = strict.get(&format!("{VERSIONS}/{}", "f".repeat(24))).await;
    assert_hint(&reply, 400, hint);
    let reply = strict
        .delete(&format!("{VERSIONS}/{}", "f".repeat(24)))
        .await;
    assert_hint(&reply, 400, hint);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_told_the_limit() {
    let app = App::new();
    let large = || "x".repeat((12 << 20) + 1);
    for path in [
        RELEASES.to_owned(),
        plans(""),
        pipelines(""),
        "/v3/auth/tokens".to_owned(),
        format!("{VERSIONS}/k8s"),
    ] {
        let reply = app.send("POST", &path, CREDENTIALS, large()).await;
        assert_hint(&reply, 413, "a body may have up to 12 MiB");
    }
}

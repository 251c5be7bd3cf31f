//! Ids that are not to be had where they were sought: where they are, what was given in their place, what comes
//! near.

use release_emulator::Emulator;

use super::*;
use crate::remote::Remote;

#[tokio::test]
async fn a_plan_is_found_in_another_project_by_its_name_and_by_an_id_that_is_off_by_one() {
    let app = App::new();
    let id = create(&app, &plans(""), plan("spring")).await;
    let foreign = format!("/v3/{OTHER}/cas/release-plans/{id}");
    let hint = format!("the release plan {id} belongs to the project {PROJECT}, not to {OTHER}");
    assert_hint(&app.get(&foreign).await, 404, &hint);
    assert_hint(&app.delete(&foreign).await, 404, &hint);
    assert_hint(&app.put(&foreign, plan("spring")).await, 404, &hint);
    assert_hint(
        &app.get(&format!("{foreign}/deploy-info")).await,
        404,
        &hint,
    );
    for command in ["execute", "rollback", "abort"] {
        let reply = app.post(&format!("{foreign}/{command}"), json!({})).await;
        assert_hint(&reply, 404, &hint);
    }

    let hint = format!("spring is the name of the release plan with the id {id}");
    assert_hint(&app.get(&plans("/spring")).await, 404, &hint);
    let hint = format!("did you mean the release plan {id}, named spring?");
    let near = plans(&format!("/{}", off_by_one(&id)));
    assert_hint(&app.get(&near).await, 404, &hint);
    assert_hint(&app.get(&plans("/sprnig")).await, 404, &hint);
    let hint = format!("the project {PROJECT} has no release plan autumn; it has 1");
    assert_hint(&app.get(&plans("/autumn")).await, 404, &hint);
}

#[tokio::test]
async fn a_pipeline_is_found_in_another_project_by_its_name_and_by_an_id_that_is_off_by_one() {
    let app = App::new();
    let id = create(&app, &pipelines(""), simple("shop")).await;
    let foreign = format!("/v3/{OTHER}/pipeline/pipelines/{id}");
    let hint = format!("the pipeline {id} belongs to the project {PROJECT}, not to {OTHER}");
    for rest in ["", "/records", "/hooks"] {
        assert_hint(&app.get(&format!("{foreign}{rest}")).await, 404, &hint);
    }
    assert_hint(&app.put(&foreign, simple("shop")).await, 404, &hint);
    let start = format!("{foreign}/action?action_id=start");
    assert_hint(&app.post(&start, json!({})).await, 404, &hint);
    let hooks = format!("{foreign}/hooks");
    let policy = json!({"strategy_type": 0});
    assert_hint(&app.post(&hooks, policy).await, 404, &hint);

    let hint = format!("shop is the name of the pipeline with the id {id}");
    assert_hint(&app.get(&pipelines("/shop")).await, 404, &hint);
    let hint = format!("did you mean the pipeline {id}, named shop?");
    let near = pipelines(&format!("/{}", off_by_one(&id)));
    assert_hint(&app.get(&near).await, 404, &hint);
    let hint = format!("the project {OTHER} has no pipeline shop; it has 0");
    let path = format!("/v3/{OTHER}/pipeline/pipelines/shop");
    assert_hint(&app.get(&path).await, 404, &hint);
}

#[tokio::test]
async fn an_id_of_the_other_family_of_the_service_is_recognised() {
    let app = App::new();
    let plan = create(&app, &plans(""), plan("spring")).await;
    let pipeline = create(&app, &pipelines(""), simple("shop")).await;
    let reply = app.get(&pipelines(&format!("/{plan}"))).await;
    let there = plans(&format!("/{plan}"));
    assert_hint(&reply, 404, &format!("{plan} is a release plan: {there}"));
    let reply = app.get(&plans(&format!("/{pipeline}"))).await;
    let there = pipelines(&format!("/{pipeline}"));
    assert_hint(&reply, 404, &format!("{pipeline} is a pipeline: {there}"));
}

#[tokio::test]
async fn a_mesh_is_found_in_another_project_by_its_name_and_by_an_id_that_is_off_by_one() {
    let app = App::new();
    let meshes = |project: &str, rest: &str| format!("/v1/{project}/meshes{rest}");
    let id = create(&app, &meshes(PROJECT, ""), mesh("mesh-one")).await;
    let none = |id: &str| format!("there is no mesh {id} in the projects this request reaches");

    let reply = app.get(&meshes(OTHER, &format!("/{id}"))).await;
    let hint = format!("{}: it belongs to the project {PROJECT}", none(&id));
    assert_hint(&reply, 404, &hint);
    let headers = [("x-auth-token", "t"), ("x-project-id", OTHER)];
    let releases = format!("/v2/meshes/{id}/releases");
    let reply = app.send("GET", &releases, &headers, "").await;
    assert_hint(&reply, 404, &hint);
    // Nor is it made known.
    let path = format!("/v2/meshes/{id}/namespaces/default/releases");
    let body = release("reviews-v2", "reviews").to_string();
    let reply = app.send("POST", &path, &headers, body).await;
    assert_hint(&reply, 404, &hint);

    let reply = app.get(&meshes(PROJECT, "/mesh-one")).await;
    let hint = format!(
        "{}: mesh-one is the name of the mesh with the id {id}",
        none("mesh-one")
    );
    assert_hint(&reply, 404, &hint);
    let near = off_by_one(&id);
    let reply = app.get(&meshes(PROJECT, &format!("/{near}"))).await;
    let hint = format!(
        "{}: did you mean the mesh {id}, named mesh-one?",
        none(&near)
    );
    assert_hint(&reply, 404, &hint);
    let reply = app.get(&meshes(OTHER, "/mesh-one")).await;
    assert_hint(&reply, 404, &none("mesh-one"));
}

#[tokio::test]
async fn a_release_task_is_found_in_another_namespace_and_by_what_comes_near() {
    let app = App::new();
    let uid = create(&app, RELEASES, release("reviews-v2", "reviews")).await;
    let other = "/v2/meshes/mesh-demo/namespaces/other/releases";
    let none = |id: &str, namespace: &str| {
        format!("there is no release task {id} in the namespace {namespace}")
    };
    for id in [uid.as_str(), "reviews-v2"] {
        let hint = format!(
            "{}: it is in the namespace default of the mesh mesh-demo",
            none(id, "other")
        );
        assert_hint(&app.get(&format!("{other}/{id}")).await, 404, &hint);
        let reply = app.delete(&format!("{other}/{id}?action=end")).await;
        assert_hint(&reply, 404, &hint);
        assert_hint(
            &app.put(&format!("{other}/{id}"), json!({})).await,
            404,
            &hint,
        );
        let traffic = format!("/_emulator/v1/asm/mesh-demo/other/{id}/traffic");
        assert_hint(&app.put(&traffic, json!({"gray": 0})).await, 404, &hint);
    }
    for id in [off_by_one(&uid).as_str(), "reveiws-v2"] {
        let reply = app.get(&format!("{RELEASES}/{id}")).await;
        let hint = format!(
            "{}: did you mean the release task {uid}, named reviews-v2?",
            none(id, "default")
        );
        assert_hint(&reply, 404, &hint);
    }
    let reply = app.get(&format!("{RELEASES}/ratings-v1")).await;
    assert_hint(&reply, 404, &none("ratings-v1", "default"));
}

#[tokio::test]
async fn of_the_release_tasks_of_a_mesh_only_the_newest_are_looked_through() {
    let task = |n: u32| {
        let name = format!("reviews-{n:03}");
        json!({"metadata": {"name": name, "namespace": "default"}, "spec": {"serviceName": name}})
    };
    let tasks: Vec<_> = (0..=250).map(task).collect();
    let mesh = json!({"id": "mesh-demo", "name": "mesh-demo", "releases": tasks});
    let app = App::load(&json!({"asm": {"meshes": [mesh]}}));
    let other = "/v2/meshes/mesh-demo/namespaces/other/releases";
    for (name, instead) in [
        ("reviews-000", ""),
        (
            "reviews-001",
            ": it is in the namespace default of the mesh mesh-demo",
        ),
    ] {
        let hint = format!("there is no release task {name} in the namespace other{instead}");
        assert_hint(&app.get(&format!("{other}/{name}")).await, 404, &hint);
    }
}

#[tokio::test]
async fn a_version_is_found_by_its_name_and_by_an_id_that_is_off_by_one() {
    let app = App::new();
    let k8s = format!("{VERSIONS}/k8s");
    app.post(&k8s, version("v1")).await.assert_status(200);
    let id = id_of_version(&app, "v1").await;
    let named = format!("v1 is the name of the version with the id {id}");
    for query in ["", "?projectKey=demo", "?projectKey=other"] {
        let reply = app.get(&format!("{VERSIONS}/v1{query}")).await;
        assert_hint(&reply, 500, &named);
    }
    let reply = app.delete(&format!("{VERSIONS}/v1?projectKey=demo")).await;
    assert_hint(&reply, 500, &named);
    let near = format!("{VERSIONS}/{}?projectKey=demo", off_by_one(&id));
    let hint = format!("did you mean the version {id}, named v1?");
    assert_hint(&app.get(&near).await, 500, &hint);
    let reply = app
        .get(&format!("{VERSIONS}/nothing?projectKey=demo"))
        .await;
    let hint = "an id has 24 hexadecimal digits; the list shows it";
    assert_hint(&reply, 500, hint);
    let unknown = format!("{VERSIONS}/{}?projectKey=demo", "f".repeat(24));
    let hint = "no version has that id; it may be deleted";
    assert_hint(&app.get(&unknown).await, 500, hint);
}

#[tokio::test]
async fn a_script_and_a_fault_are_found_by_an_id_that_is_off_by_one() {
    let app = App::new();
    for (kind, body) in [
        ("script", json!({"outcome": "fail"})),
        ("fault", json!({"do": {"status": 500}})),
    ] {
        let path = format!("/_emulator/v1/{kind}s");
        let reply = app.delete(&format!("{path}/nope")).await;
        assert_hint(&reply, 404, &format!("there are 0 {kind}s"));
        let id = create(&app, &path, body).await;
        let reply = app.delete(&format!("{path}/nope")).await;
        assert_hint(&reply, 404, &format!("there are 1 {kind}s: {id}"));
        let reply = app.delete(&format!("{path}/{}", off_by_one(&id))).await;
        assert_hint(&reply, 404, &format!("did you mean the {kind} {id}?"));
    }
}

#[tokio::test]
async fn a_world_is_found_by_a_name_that_is_off_by_one() {
    let emulator = Emulator::builder().start().await.expect("it starts");
    let main = Remote::at(emulator.url());
    main.open(json!({"name": "blue-world"})).await;
    let path = |name: &str| format!("/_emulator/v1/worlds/{name}");
    let reply = main.get(&path("blue_wrold")).await;
    assert_hint(&reply, 404, "did you mean the world blue-world?");
    let reply = main.delete(&path("nope")).await;
    assert_hint(&reply, 404, "there are 2 worlds: main, blue-world");
}

#[tokio::test]
async fn a_timeline_is_found_in_another_family() {
    let app = App::new();
    let id = create(&app, &plans(""), plan("spring")).await;
    let path = |family: &str, id: &str| format!("/_emulator/v1/resources/{family}/{id}/timeline");
    let hint = format!("did you mean GET {}?", path("plans", &id));
    for family in ["pipelines", "asm", "plan"] {
        assert_hint(&app.get(&path(family, &id)).await, 404, &hint);
    }
    assert_hint(&app.get(&path("plans", "nope")).await, 404, "");
}

#[tokio::test]
async fn a_path_that_is_not_there_is_told_what_comes_near_or_where_the_list_is() {
    let app = App::new();
    let list = "GET /_emulator/v1/operations lists all paths";
    for (path, status, hint) in [
        ("/v1", 404, list),
        ("/v3/p/somewhere/else", 404, list),
        (
            "/v3/p/pipelines/pipelines",
            404,
            "did you mean GET /v3/{project_id}/pipeline/pipelines?",
        ),
        (
            "/v3//pipeline/pipelines",
            404,
            "the path has an empty segment, where an id may be missing",
        ),
        (
            "/_emulator/v1/clokc",
            404,
            "did you mean GET /_emulator/v1/clock?",
        ),
    ] {
        assert_hint(&app.get(path).await, status, hint);
    }
    let reply = app.delete("/_emulator/v1/clock").await;
    assert_hint(&reply, 405, "this path allows GET, PUT");
    let reply = app.put(VERSIONS, json!({})).await;
    assert_hint(&reply, 405, "this path allows GET");
}

//! The whole state: export, replace, merge, reset, and the documented examples.

use std::sync::atomic::{AtomicBool, Ordering};

use release_emulator::internals::http::observe::events::ResetTo;
use release_emulator::internals::{Settings, State, World};
use serde_json::{Value, json};

use crate::common::{App, CREDENTIALS, NOON, PROJECT, assert_same, golden};

/// Fixtures with the documented examples of every family.
pub fn one_of_each() -> Value {
    let pipelines = golden("servicestage_pipelines.json");
    let plans = golden("servicestage_release_plans.json")["release_plans"].clone();
    let k8s = golden("zadig_detail_k8s.json");
    let older = golden("zadig_list.json")["list"][1].clone();
    json!({
        "asm": {"meshes": [{"id": "mesh-demo", "name": "mesh-demo", "releases": []}]},
        "servicestage": {"projects": [{"id": PROJECT, "release_plans": plans, "pipelines": pipelines}]},
        "zadig": {"projects": [
            {"key": "demo", "versions": [k8s, older]},
            {"key": "demo-helm", "versions": [golden("zadig_detail_helm.json")]}
        ]}
    })
}

/// Every GET of every family that has something to show, with what it shows.
async fn everything(app: &App) -> Vec<(String, u16, Value)> {
    let state = app.state().await;
    let mut paths = Vec::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for mesh in list(&state["asm"]["meshes"]) {
        let id = text(&mesh["id"]);
        paths.push(format!("/v2/meshes/{id}/releases"));
        paths.push(format!("/v1/{PROJECT}/meshes/{id}"));
        for release in list(&mesh["releases"]) {
            let (namespace, uid) = (
                text(&release["metadata"]["namespace"]),
                text(&release["metadata"]["uid"]),
            );
            paths.push(format!(
                "/v2/meshes/{id}/namespaces/{namespace}/releases/{uid}"
            ));
        }
    }
    paths.push(format!("/v1/{PROJECT}/meshes"));
    for project in list(&state["servicestage"]["projects"]) {
        let id = text(&project["id"]);
        paths.push(format!("/v3/{id}/cas/release-plans"));
        paths.push(format!("/v3/{id}/pipeline/pipelines"));
        for plan in list(&project["release_plans"]) {
            let plan = format!("/v3/{id}/cas/release-plans/{}", text(&plan["id"]));
            paths.extend([plan.clone(), format!("{plan}/deploy-info")]);
        }
        for pipeline in list(&project["pipelines"]) {
            let pipeline = format!("/v3/{id}/pipeline/pipelines/{}", text(&pipeline["id"]));
            paths.extend([
                pipeline.clone(),
                format!("{pipeline}/records"),
                format!("{pipeline}/hooks"),
            ]);
        }
    }
    for project in list(&state["zadig"]["projects"]) {
        let key = text(&project["key"]);
        paths.push(format!(
            "/openapi/delivery/releases?projectKey={key}&pageNum=1&pageSize=100"
        ));
        for version in list(&project["versions"]) {
            let info = version.get("version_info").unwrap_or(&version);
            paths.push(format!(
                "/openapi/delivery/releases/{}?projectKey={key}",
                text(&info["id"])
            ));
        }
    }
    let mut answers = Vec::new();
    for path in paths {
        let reply = app.get(&path).await;
        answers.push((path, reply.status, reply.json()));
    }
    answers
}

/// An app in which something of every family is under way.
async fn busy() -> App {
    let app = App::load(&one_of_each());
    let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}, {"name": "g", "approval_type": 1, "tasks": []}]);
    let pipelines = format!("/v3/{PROJECT}/pipeline/pipelines");
    for n in 0..3 {
        let body = json!({"name": format!("release-{n}x"), "model_version": 2, "config_mode": "ui", "stages": stages});
        let id = app.post(&pipelines, body).await.assert_status(200)["id"]
            .as_str()
            .unwrap()
            .to_owned();
        app.post(
            &format!("{pipelines}/{id}/action?action_id=start"),
            json!({}),
        )
        .await
        .assert_status(200);
        app.advance(700).await;
    }
    let plans = format!("/v3/{PROJECT}/cas/release-plans");
    let component =
        |name: &str, seq: u8| json!({"name": name, "seq": seq, "runtime_stack": {"name": "java"}});
    let plan = json!({"name": "plan-a", "components": [component("web", 0), component("db", 1)]});
    let id = app.post(&plans, plan).await.assert_status(200)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.send("POST", &format!("{plans}/{id}/execute"), CREDENTIALS, "")
        .await
        .assert_status(200);
    let release = json!({"metadata": {"name": "gray-a"}, "spec": {"serviceName": "reviews",
        "grayDeployments": [{"template": {"kind": "Deployment", "spec": {"replicas": 1.50}}}]}});
    app.post("/v2/meshes/mesh-demo/namespaces/default/releases", release)
        .await
        .assert_status(201);
    let nodes = json!({"fieldSelector": {"key": "UID", "operator": "In", "values": ["n1"]}});
    let cluster = json!({"clusterID": "c1", "installation": {"nodes": nodes}});
    app.post(
        &format!("/v1/{PROJECT}/meshes"),
        json!({"kind": "Mesh", "apiVersion": "v1", "metadata": {"name": "mesh-two"},
            "spec": {"type": "InCluster", "extendParams": {"clusters": [cluster]}}}),
    )
    .await
    .assert_status(201);
    let image = |name: &str| json!({"container_name": name, "image_name": name, "image_tag": "1"});
    let version = json!({"project_key": "demo", "version_name": "v14", "env_name": "dev", "image_registry_id": "r",
        "yaml_datas": [{"service_name": "web", "image_datas": [image("a"), image("b")]}]});
    app.post("/openapi/delivery/releases/k8s", version)
        .await
        .assert_status(200);
    app.advance(2_500).await;
    app
}

#[tokio::test]
async fn the_documented_examples_come_back_as_they_are() {
    let app = App::load(&one_of_each());

    let rows = app
        .get(&format!("/v3/{PROJECT}/pipeline/pipelines"))
        .await
        .assert_status(200);
    assert_same(&rows, &golden("servicestage_pipelines.json"));
    let plans = app
        .get(&format!("/v3/{PROJECT}/cas/release-plans"))
        .await
        .assert_status(200);
    assert_same(&plans, &golden("servicestage_release_plans.json"));
    let list = app
        .get("/openapi/delivery/releases?projectKey=demo&pageNum=1&pageSize=20")
        .await
        .assert_status(200);
    assert_same(&list["list"], &golden("zadig_list.json")["list"]);
    for name in ["zadig_detail_k8s.json", "zadig_detail_helm.json"] {
        let expected = golden(name);
        let id = expected["version_info"]["id"].as_str().unwrap();
        assert_same(
            &app.get(&format!("/openapi/delivery/releases/{id}?projectKey=demo"))
                .await
                .assert_status(200),
            &expected,
        );
    }
}

#[tokio::test]
async fn the_built_in_fixtures_are_the_documented_examples() {
    let state: Value =
        serde_json::from_str(include_str!("../../src/registry/documented.json")).unwrap();
    let app = App::load(&state);

    let rows = app
        .get(&format!("/v3/{PROJECT}/pipeline/pipelines"))
        .await
        .assert_status(200);
    assert_same(&rows, &golden("servicestage_pipelines.json"));
    let id = rows[0]["id"].as_str().unwrap();
    let hooks = app
        .get(&format!("/v3/{PROJECT}/pipeline/pipelines/{id}/hooks"))
        .await
        .assert_status(200);
    assert_same(&hooks, &golden("servicestage_hooks.json"));
    let list = app
        .get("/openapi/delivery/releases?projectKey=demo&pageNum=1&pageSize=20")
        .await
        .assert_status(200);
    assert_same(&list["list"], &golden("zadig_list.json")["list"]);
    assert_same(
        &app.get("/v2/meshes/mesh-demo/releases")
            .await
            .assert_status(200),
        &json!({"kind": "ReleaseList", "apiVersion": "asm/v2", "items": []}),
    );

    let action = format!("/v3/{PROJECT}/pipeline/pipelines/{id}/action?action_id=start");
    let answer = app
        .post(&action, golden("servicestage_action_request.json"))
        .await
        .assert_status(200);
    assert_eq!(
        (&answer["pipeline_id"], &answer["status"]),
        (&json!(id), &json!(4))
    );
}

#[tokio::test]
async fn a_state_that_is_put_back_answers_the_same_and_goes_on_the_same_way() {
    let app = busy().await;
    let (state, before) = (app.state().await, everything(&app).await);
    assert!(
        before
            .iter()
            .filter(|(_, status, _)| *status == 200)
            .count()
            > 15,
        "{before:?}"
    );
    app.put("/_emulator/v1/state", json!({}))
        .await
        .assert_status(204);
    assert_ne!(everything(&app).await, before);

    app.put("/_emulator/v1/state", state.clone())
        .await
        .assert_status(204);

    assert_eq!(everything(&app).await, before);
    assert_same(&app.state().await, &state);

    let twin = busy().await;
    app.advance(60_000).await;
    twin.advance(60_000).await;
    assert_eq!(everything(&app).await, everything(&twin).await);
}

#[tokio::test]
async fn a_state_that_does_not_fit_is_refused_whole() {
    let app = busy().await;
    let before = app.state().await;
    let broken = json!({"asm": {"meshes": []}, "servicestage": {"projects": [
        {"id": "p", "pipelines": [{"id": "a"}, {"id": "a"}]}]}});

    for method in ["PUT", "PATCH"] {
        let reply = app
            .send(
                method,
                "/_emulator/v1/state",
                CREDENTIALS,
                broken.to_string(),
            )
            .await;
        let text = reply.assert_status(400)["detail"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            text.starts_with("servicestage.projects[0].pipelines[1].id: "),
            "{text}"
        );
    }
    assert_same(&app.state().await, &before);
}

#[tokio::test]
async fn a_family_is_written_as_an_object() {
    let app = App::new();
    for family in ["asm", "servicestage", "zadig", "identities", "emulator"] {
        for (wrong, word) in [(json!([]), "an array"), (json!(null), "null")] {
            let reply = app
                .put("/_emulator/v1/state", json!({ family: wrong }))
                .await;
            let said = reply.assert_status(400)["detail"]
                .as_str()
                .unwrap()
                .to_owned();
            let expected = format!("{family}: must be an object, not {word}");
            assert!(said.starts_with(&expected), "{said}");
        }
    }
}

#[tokio::test]
async fn a_patch_replaces_what_has_the_same_id_and_leaves_the_rest() {
    let app = busy().await;
    let before = everything(&app).await;
    let id = golden("servicestage_pipelines.json")[0]["id"].clone();
    let patch = json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines": [
        {"id": id, "name": "release-new", "status": 3}, {"id": "extra", "name": "release-extra"}]}]}});

    app.patch("/_emulator/v1/state", patch)
        .await
        .assert_status(204);

    let path = format!("/v3/{PROJECT}/pipeline/pipelines/{}", id.as_str().unwrap());
    let detail = app.get(&path).await.assert_status(200);
    assert_eq!(
        (&detail["name"], &detail["status"]),
        (&json!("release-new"), &json!(3))
    );
    let after = everything(&app).await;
    let changed: Vec<&String> = after
        .iter()
        .filter(|answer| !before.contains(answer))
        .map(|(path, ..)| path)
        .collect();
    let extra = format!("/v3/{PROJECT}/pipeline/pipelines/extra");
    let list = format!("/v3/{PROJECT}/pipeline/pipelines");
    assert_eq!(
        changed,
        [
            &list,
            &path,
            &extra,
            &format!("{extra}/records"),
            &format!("{extra}/hooks")
        ]
    );
}

#[tokio::test]
async fn a_reset_goes_back_to_the_fixtures_or_to_nothing() {
    let app = App::load(&one_of_each());
    let (state, before) = (app.state().await, everything(&app).await);
    let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
    let body =
        json!({"name": "release-x", "model_version": 2, "config_mode": "ui", "stages": stages});
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    let first = app.post(&path, body.clone()).await.assert_status(200);
    app.script(json!({"outcome": "fail"})).await;
    app.advance(5_000).await;

    app.send("POST", "/_emulator/v1/reset", &[], "")
        .await
        .assert_status(204);

    assert_same(&app.state().await, &state);
    assert_eq!(everything(&app).await, before);
    assert_eq!(
        app.get("/_emulator/v1/clock").await.assert_status(200)["now"],
        "2026-01-01T12:00:00Z"
    );
    assert_same(
        &app.get("/_emulator/v1/scripts").await.assert_status(200),
        &json!({"scripts": [], "unused": []}),
    );
    assert_same(&app.post(&path, body).await.assert_status(200), &first);

    app.post("/_emulator/v1/reset", json!({"to": "empty"}))
        .await
        .assert_status(204);
    assert_same(&app.get(&path).await.assert_status(200), &json!([]));
    app.post("/_emulator/v1/reset", json!({"to": "nowhere"}))
        .await
        .assert_status(400);
}

#[test]
fn a_reset_holds_while_others_look_at_the_clock() {
    let settings = Settings {
        freeze: Some(NOON),
        ..Settings::default()
    };
    let world = World::new(settings, State::default()).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let _ = world.clock();
            }
        });
        let back = (0..5_000).all(|_| {
            world.advance(1_000, &mut |_| {}).unwrap();
            world.reset(ResetTo::Fixtures);
            world.clock().now == NOON
        });
        done.store(true, Ordering::Relaxed);
        assert!(back, "the clock is back where it began");
    });
}

#[tokio::test]
async fn ids_that_fixtures_brought_are_never_drawn_again() {
    let app = App::new();
    let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
    let body = |name: &str| json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages});
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    let first = app.post(&path, body("release-a")).await.assert_status(200);

    // The same seed would draw the same first id; the fixture holds it.
    let fixture = json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines": [first]}]}});
    let other = App::load(&fixture);
    let second = other
        .post(&path, body("release-b"))
        .await
        .assert_status(200);

    assert_ne!(second["id"], first["id"]);
}

#[tokio::test]
async fn counters_stay_at_their_largest_value() {
    let app = App::load(&one_of_each());
    let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
    let emulator = json!({"executed": u64::MAX, "executions": []});
    let patch = json!({
        "emulator": {"next_execution_id": i64::MAX - 1, "ids_drawn": u64::MAX - 1},
        "servicestage": {"projects": [{"id": PROJECT, "pipelines": [{"id": "l1", "name": "shop-a", "version": i64::MAX,
            "pipeline_declaration": {"stages": stages}, "emulator": emulator}]}]},
    });
    let patched = app.patch("/_emulator/v1/state", patch).await;
    patched.assert_status(204);
    let pipeline = format!("/v3/{PROJECT}/pipeline/pipelines/l1");
    for _ in 0..3 {
        let start = format!("{pipeline}/action?action_id=start");
        app.post(&start, json!({})).await.assert_status(200);
        app.advance(5_000).await;
    }
    let edited =
        json!({"name": "shop-b", "model_version": 2, "config_mode": "ui", "stages": stages});
    app.put(&pipeline, edited).await.assert_status(200);

    let state = app.state().await;
    let largest = json!({"next_execution_id": i64::MAX, "ids_drawn": u64::MAX});
    assert_eq!(
        state["emulator"]["next_execution_id"],
        largest["next_execution_id"]
    );
    let pipelines = format!("/v3/{PROJECT}/pipeline/pipelines");
    let body = |name: &str| json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages});
    for name in ["fresh-a", "fresh-b", "fresh-c"] {
        app.post(&pipelines, body(name)).await.assert_status(200);
    }
    let state = app.state().await;
    assert_eq!(state["emulator"], largest);
    let projects = state["servicestage"]["projects"].as_array().unwrap();
    let mut pipelines = projects
        .iter()
        .flat_map(|project| project["pipelines"].as_array().unwrap());
    let edited = pipelines.find(|pipeline| pipeline["id"] == "l1").unwrap();
    assert_eq!(edited["version"], i64::MAX);
    assert_eq!(edited["emulator"]["executed"], u64::MAX);
    let put = app.put("/_emulator/v1/state", state.clone()).await;
    put.assert_status(204);
    assert_same(&app.state().await, &state);
}

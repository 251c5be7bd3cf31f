//! Creating, listing and showing release tasks.

use serde_json::json;

use super::{
    ALL, MESH, RELEASES, create, deployment, meshes, minimal_release, phase, release, uid,
};
use crate::common::{App, assert_same};

#[tokio::test]
async fn creating_returns_the_whole_task_with_every_documented_key() {
    let app = App::new();
    let body = json!({
        "kind": "Release",
        "apiVersion": "asm/v2",
        "metadata": {"meshID": MESH, "name": "reviews-gray", "uid": "mine", "namespace": "bookinfo"},
        "spec": {
            "serviceName": "reviews",
            "clusterID": "c-1",
            "deploymentName": "reviews-v1",
            "version": "v2",
            "type": "blueGreen",
            "grayDeployments": [{"clusterID": "c-2", "template": deployment("r/app:2")}],
        },
        "status": {"phase": "Running"},
    });

    let reply = app.post(RELEASES, body).await;

    let created = reply.assert_status(201);
    let uid = uid(&created);
    assert_ne!(uid, "mine", "a uid of one's own has no effect");
    assert_eq!(
        reply.header("x-emulator-evidence"),
        "inferred; operation=CreateRelease; fields=status.phase"
    );
    assert_eq!(
        reply.header("x-emulator-hint"),
        "",
        "everything sent is known"
    );
    assert_same(
        &created,
        &json!({
            "kind": "Release",
            "apiVersion": "asm/v2",
            "metadata": {"meshID": MESH, "name": "reviews-gray", "uid": uid, "namespace": "bookinfo"},
            "spec": {
                "serviceName": "reviews",
                "clusterID": "c-1",
                "deploymentName": "reviews-v1",
                "version": "v2",
                "type": "blueGreen",
                "grayDeployments": [{"clusterID": "c-2", "template": deployment("r/app:2")}],
            },
            "status": {
                "phase": "Creating",
                "startTime": "2026-01-01T12:00:00Z",
                "updateTime": "2026-01-01T12:00:00Z",
                "deployment": {},
                "grayDeployments": [deployment("r/app:2")],
            },
        }),
    );
    assert_same(&app.get(&release(&uid)).await.assert_status(200), &created);
}

#[tokio::test]
async fn absent_fields_are_empty_and_the_type_is_canary() {
    let app = App::new();

    let created = app
        .post(RELEASES, minimal_release("reviews-gray", "reviews"))
        .await
        .assert_status(201);

    let spec = &created["spec"];
    for key in ["clusterID", "deploymentName", "version"] {
        assert_eq!(spec[key], "", "{key}");
    }
    assert_eq!(spec["type"], "canary");
    assert_eq!(spec["grayDeployments"][0]["clusterID"], "");
}

#[tokio::test]
async fn one_template_is_enough_and_the_other_workloads_have_an_empty_one() {
    let app = App::new();
    let mut body = minimal_release("reviews-gray", "reviews");
    let template = body["spec"]["grayDeployments"][0]["template"].clone();
    body["spec"]["grayDeployments"] = json!([
        {"clusterID": "c1"}, {"clusterID": "c2", "template": template}, {"template": null}
    ]);

    let created = app.post(RELEASES, body).await.assert_status(201);

    assert_same(
        &created["spec"]["grayDeployments"],
        &json!([
            {"clusterID": "c1", "template": {}},
            {"clusterID": "c2", "template": template},
            {"clusterID": "", "template": {}}
        ]),
    );
    assert_same(
        &created["status"]["grayDeployments"],
        &json!([{}, template, {}]),
    );
}

#[tokio::test]
async fn a_task_is_creating_for_exactly_one_step() {
    let app = App::new();
    let path = release(&create(&app, "reviews-gray", "reviews").await);

    assert_eq!(app.advance(1_999).await, [] as [serde_json::Value; 0]);
    assert_eq!(phase(&app, &path).await, "Creating");

    let transitions = app.advance(1).await;

    assert_eq!(transitions.len(), 1);
    let transition = &transitions[0];
    let fields = ["time", "family", "scope", "name", "from", "to", "cause"]
        .map(|key| transition[key].clone());
    assert_eq!(
        fields,
        [
            "2026-01-01T12:00:02Z",
            "asm",
            MESH,
            "reviews-gray",
            "Creating",
            "Running",
            "clock"
        ]
    );
    let status = &app.get(&path).await.assert_status(200)["status"];
    assert_eq!(status["phase"], "Running");
    assert_eq!(status["startTime"], "2026-01-01T12:00:00Z");
    assert_eq!(
        status["updateTime"], "2026-01-01T12:00:02Z",
        "its phase was updated"
    );
}

#[tokio::test]
async fn with_steps_of_no_length_the_response_is_still_in_creation() {
    let app = App::with(|settings| settings.step = 0);
    let created = app
        .post(RELEASES, minimal_release("reviews-gray", "reviews"))
        .await
        .assert_status(201);
    assert_eq!(created["status"]["phase"], "Creating");
    assert_eq!(phase(&app, &release("reviews-gray")).await, "Running");
}

#[tokio::test]
async fn a_script_makes_a_creation_fail_and_the_hint_has_its_message() {
    let app = App::new();
    app.script(json!({
        "match": {"family": "asm", "scope": MESH, "step": "reviews-*", "work": "create"},
        "outcome": "fail", "message": "no nodes", "takes_ms": 500, "times": 1,
    }))
    .await;
    let path = release(&create(&app, "reviews-gray", "reviews").await);

    app.advance(499).await;
    assert_eq!(phase(&app, &path).await, "Creating");
    app.advance(1).await;

    let reply = app.get(&path).await;
    assert_eq!(reply.assert_status(200)["status"]["phase"], "Failed");
    assert_eq!(
        reply.header("x-emulator-hint"),
        "the creation failed: no nodes"
    );
    app.put(&path, json!({"spec": {"version": "v3"}}))
        .await
        .assert_status(200);
    assert_eq!(
        phase(&app, &path).await,
        "Failed",
        "an update changes no phase"
    );
    app.delete(&format!("{path}?action=cancel"))
        .await
        .assert_status(200);
    create(&app, "reviews-gray", "reviews").await;
}

#[tokio::test]
async fn a_task_is_found_by_uid_and_by_name_in_its_own_namespace() {
    let app = App::new();
    let uid = create(&app, "reviews-gray", "reviews").await;

    let by_uid = app.get(&release(&uid)).await.assert_status(200);
    assert_same(
        &app.get(&release("reviews-gray")).await.assert_status(200),
        &by_uid,
    );
    for id in [uid.as_str(), "reviews-gray"] {
        let elsewhere = format!("/v2/meshes/{MESH}/namespaces/default/releases/{id}");
        app.get(&elsewhere).await.assert_status(404);
    }
}

#[tokio::test]
async fn a_uid_takes_precedence_over_a_name() {
    let app = App::new();
    let first = app
        .post(RELEASES, minimal_release("abcd", "one"))
        .await
        .assert_status(201);
    // A uid that begins with a letter may name another task.
    let mut state = app.state().await;
    state["asm"]["meshes"][0]["releases"][0]["metadata"]["uid"] = json!("a-uid");
    app.put("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    assert_ne!(uid(&first), "a-uid");
    create(&app, "a-uid", "two").await;

    let found = app.get(&release("a-uid")).await.assert_status(200);

    assert_eq!(found["metadata"]["name"], "abcd");
}

#[tokio::test]
async fn the_list_has_the_tasks_of_all_namespaces_oldest_first() {
    let app = App::new();
    create(&app, "reviews-gray", "reviews").await;
    let other = format!("/v2/meshes/{MESH}/namespaces/alpha/releases");
    app.advance(1_000).await;
    // The same name and service are free in another namespace.
    app.post(&other, minimal_release("reviews-gray", "reviews"))
        .await
        .assert_status(201);
    create(&app, "another", "ratings").await;

    let reply = app.get(ALL).await;

    let list = reply.assert_status(200);
    let text = reply.text();
    let start = r#"{"kind":"ReleaseList","apiVersion":"asm/v2","items":[{"#;
    assert!(text.starts_with(start), "{text}");
    let named = |n: usize| {
        (
            &list["items"][n]["metadata"]["namespace"],
            &list["items"][n]["metadata"]["name"],
        )
    };
    assert_eq!(named(0), (&json!("bookinfo"), &json!("reviews-gray")));
    assert_eq!(named(1), (&json!("alpha"), &json!("reviews-gray")));
    assert_eq!(named(2), (&json!("bookinfo"), &json!("another")));
    assert_same(
        &list["items"][0],
        &app.get(&release("reviews-gray")).await.assert_status(200),
    );
}

#[tokio::test]
async fn an_empty_mesh_has_an_empty_list_and_an_unknown_mesh_is_404() {
    let app = App::load(&json!({"asm": {"meshes": [{"id": MESH}]}}));
    assert_same(
        &app.get(ALL).await.assert_status(200),
        &json!({"kind": "ReleaseList", "apiVersion": "asm/v2", "items": []}),
    );
    app.get("/v2/meshes/nowhere/releases")
        .await
        .assert_status(404);
}

#[tokio::test]
async fn creating_registers_an_unknown_mesh_for_every_project_if_the_caller_has_none() {
    let app = App::new();
    app.get(ALL).await.assert_status(404);
    create(&app, "reviews-gray", "reviews").await;

    assert_eq!(
        app.get(ALL).await.assert_status(200)["items"][0]["metadata"]["name"],
        "reviews-gray"
    );
    let mesh = app.get(&meshes("/mesh-demo")).await.assert_status(200);
    assert_eq!(
        (&mesh["metadata"]["name"], &mesh["status"]["phase"]),
        (&json!(MESH), &json!("Running"))
    );
    app.get("/v1/another-project/meshes/mesh-demo")
        .await
        .assert_status(200);
}

#[tokio::test]
async fn templates_are_stored_byte_for_byte() {
    let app = App::new();
    let template =
        r#"{"z":1.50,"a":10000000000000000000000,"spec":{"replicas":1e0,"x":{},"x":[]}}"#;
    let body = format!(
        r#"{{"metadata":{{"name":"reviews-gray"}},"spec":{{"serviceName":"reviews","grayDeployments":[{{"template": {template} }}]}}}}"#
    );

    app.send("POST", RELEASES, crate::common::CREDENTIALS, body)
        .await
        .assert_status(201);

    let text = app.get(&release("reviews-gray")).await.text();
    assert!(
        text.contains(&format!(r#""template":{template}"#)),
        "{text}"
    );
    assert!(
        text.contains(&format!(r#""grayDeployments":[{template}]"#)),
        "{text}"
    );
}

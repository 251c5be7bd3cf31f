//! Meshes: their lifecycle, their projects and the checks of their fields.

use serde_json::{Value, json};

use super::{
    ALL, ALREADY_EXISTS, INVALID_REQUEST, create_mesh, meshes, minimal_mesh, minimal_release,
    phase, uid,
};
use crate::common::{App, PROJECT, assert_same, golden};

const OTHER: &str = "/v1/ffffffffffffffffffffffffffffffff/meshes";

#[tokio::test]
async fn the_documented_request_has_the_documented_response() {
    let app = App::new();
    let request = golden("asm_mesh_create_request.json");

    let reply = app.post(&meshes(""), request).await;

    let created = reply.assert_status(201);
    let id = uid(&created);
    assert_eq!(reply.header("x-emulator-hint"), "");
    assert_same(
        &created,
        &json!({
            "kind": "Mesh",
            "apiVersion": "v1",
            "metadata": {"name": "mesh-test-api", "uid": id, "creationTimestamp": "2026-01-01T12:00:00Z"},
            "spec": {
                "type": "InCluster",
                "version": "1.15.7-r1",
                "extendParams": {"clusters": [{"clusterID": "8df4c986-b052-xxxx-xxxx-0255ac101231"}]},
            },
            "status": {"phase": "Creating"},
        }),
    );
    let shown = app.get(&meshes(&format!("/{id}"))).await.assert_status(200);
    assert_same(&shown["spec"], &created["spec"]);
    assert_same(
        &shown["status"],
        &json!({"phase": "Creating", "updateTimestamp": "2026-01-01T12:00:00Z"}),
    );
}

#[tokio::test]
async fn a_mesh_is_created_then_runs_and_is_removed_after_its_deletion() {
    let app = App::new();
    let id = create_mesh(&app, "mesh-one").await;
    let path = meshes(&format!("/{id}"));
    app.advance(1_999).await;
    assert_eq!(phase(&app, &path).await, "Creating");
    let transitions = app.advance(1).await;
    assert_eq!(
        (&transitions[0]["scope"], &transitions[0]["to"]),
        (&json!(PROJECT), &json!("Running"))
    );
    assert_same(
        &app.get(&path).await.assert_status(200)["status"],
        &json!({"phase": "Running", "updateTimestamp": "2026-01-01T12:00:02Z"}),
    );

    app.advance(8_000).await;
    let deleted = app.delete(&path).await.assert_status(200);

    assert_same(
        &deleted["status"],
        &json!({"phase": "Deleting", "updateTimestamp": "2026-01-01T12:00:10Z"}),
    );
    app.advance(1_999).await;
    assert_same(&app.get(&path).await.assert_status(200), &deleted);
    assert_same(&app.delete(&path).await.assert_status(200), &deleted);
    let transitions = app.advance(1).await;
    assert_eq!(
        (&transitions[0]["from"], &transitions[0]["to"]),
        (&json!("Deleting"), &json!(""))
    );
    app.get(&path).await.assert_status(404);
    app.delete(&path).await.assert_status(404);
    assert_eq!(
        app.get(&meshes("")).await.assert_status(200)["items"],
        json!([])
    );
    create_mesh(&app, "mesh-one").await;
}

#[tokio::test]
async fn the_deletion_of_a_mesh_removes_its_releases() {
    let app = App::load(&json!({"asm": {"meshes": [{"id": "mesh-demo"}]}}));
    app.post(super::RELEASES, minimal_release("reviews-gray", "reviews"))
        .await
        .assert_status(201);
    app.delete(&meshes("/mesh-demo")).await.assert_status(200);

    let refused = app
        .post(super::RELEASES, minimal_release("ratings-gray", "ratings"))
        .await;
    assert_eq!(
        refused.assert_status(400)["errorMsg"],
        "Invalid request. mesh_id: the mesh is being deleted"
    );
    app.get(&super::release("reviews-gray"))
        .await
        .assert_status(200);
    app.advance(2_000).await;

    app.get(ALL).await.assert_status(404);
    app.get(&super::release("reviews-gray"))
        .await
        .assert_status(404);
    // The id is free again, and the old releases are gone.
    app.post(super::RELEASES, minimal_release("reviews-gray", "reviews"))
        .await
        .assert_status(201);
    assert_eq!(
        app.get(ALL).await.assert_status(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn with_steps_of_no_length_a_deleted_mesh_is_removed_at_once() {
    let app = App::with(|settings| settings.step = 0);
    let created = app
        .post(&meshes(""), minimal_mesh("mesh-one"))
        .await
        .assert_status(201);
    assert_eq!(created["status"]["phase"], "Creating");
    let path = meshes(&format!("/{}", uid(&created)));
    assert_eq!(phase(&app, &path).await, "Running");

    assert_eq!(
        app.delete(&path).await.assert_status(200)["status"]["phase"],
        "Deleting"
    );

    app.get(&path).await.assert_status(404);
    create_mesh(&app, "mesh-one").await;
}

#[tokio::test]
async fn scripts_make_creations_and_deletions_fail() {
    let app = App::new();
    let script = |work: &str, message: &str| {
        json!({"match": {"family": "asm", "scope": PROJECT, "name": "mesh-*", "work": work},
            "outcome": "fail", "message": message, "times": 1})
    };
    app.script(script("create", "no quota")).await;
    app.script(script("delete", "still in use")).await;
    let path = meshes(&format!("/{}", create_mesh(&app, "mesh-one").await));
    app.advance(2_000).await;

    let reply = app.get(&path).await;
    assert_eq!(reply.assert_status(200)["status"]["phase"], "CreateFailed");
    assert_eq!(reply.header("x-emulator-hint"), "the mesh failed: no quota");

    app.delete(&path).await.assert_status(200);
    app.advance(2_000).await;
    let reply = app.get(&path).await;
    assert_same(
        &reply.assert_status(200)["status"],
        &json!({"phase": "DeleteFailed", "updateTimestamp": "2026-01-01T12:00:04Z"}),
    );
    assert_eq!(
        reply.header("x-emulator-hint"),
        "the mesh failed: still in use"
    );

    app.delete(&path).await.assert_status(200);
    assert_eq!(phase(&app, &path).await, "Deleting");
    app.advance(2_000).await;
    app.get(&path).await.assert_status(404);
}

#[tokio::test]
async fn a_mesh_belongs_to_the_project_that_created_it() {
    let app = App::new();
    let id = create_mesh(&app, "mesh-one").await;
    let common = json!({"asm": {"meshes": [{"id": "mesh-common"}]}});
    app.patch("/_emulator/v1/state", common)
        .await
        .assert_status(204);

    app.get(&format!("{OTHER}/{id}")).await.assert_status(404);
    app.delete(&format!("{OTHER}/{id}"))
        .await
        .assert_status(404);
    let listed = async |path: &str| {
        let list = app.get(path).await.assert_status(200);
        assert_eq!(
            (&list["kind"], &list["apiVersion"]),
            (&json!("MeshList"), &json!("v1"))
        );
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(uid).collect::<Vec<_>>()
    };
    assert_eq!(listed(&meshes("")).await, [id.as_str(), "mesh-common"]);
    assert_eq!(listed(OTHER).await, ["mesh-common"]);
    // A name is unique in its project; the name of a mesh of every project is unique in each.
    app.post(OTHER, minimal_mesh("mesh-one"))
        .await
        .assert_status(201);
    let common = OTHER.to_owned();
    for (path, name, owner) in [
        (meshes(""), "mesh-one", id.as_str()),
        (common, "mesh-common", "mesh-common"),
    ] {
        let before = app.state().await;
        let reply = app.post(&path, minimal_mesh(name)).await;
        assert_eq!(reply.assert_status(409)["errorCode"], ALREADY_EXISTS);
        assert_eq!(
            reply.header("x-emulator-hint"),
            format!("metadata.name: {name:?} is already used in the project, by the mesh {owner}")
        );
        assert_same(&app.state().await, &before);
    }
}

#[tokio::test]
async fn a_path_without_a_project_lists_the_meshes_that_the_credential_can_access() {
    let identities = json!({"identities": {
        "users": [
            {"name": "ann", "projects": [{"id": "p1", "name": "north"}, {"id": "p2", "name": "east"}]},
            {"name": "bob", "projects": [{"id": "p2", "name": "east"}]},
        ],
        "tokens": [{"token": "of-ann", "user": "ann"}, {"token": "of-bob", "user": "bob"}],
    }});
    let app = App::build(|_| (), &identities);
    let mut ids = Vec::new();
    for project in ["p1", "p2", "p3"] {
        let created = app
            .post(&format!("/v1/{project}/meshes"), minimal_mesh("mesh-one"))
            .await;
        ids.push(uid(&created.assert_status(201)));
    }
    let common = json!({"asm": {"meshes": [{"id": "mesh-common"}]}});
    app.patch("/_emulator/v1/state", common)
        .await
        .assert_status(204);
    let [one, two, three] = [0, 1, 2].map(|n| ids[n].as_str());

    for (token, project, expected) in [
        ("of-ann", "", &[one, two, "mesh-common"][..]),
        ("of-ann", "p2", &[two, "mesh-common"]),
        ("of-bob", "", &[two, "mesh-common"]),
        ("unknown", "", &[one, two, three, "mesh-common"]),
        ("unknown", "p3", &[three, "mesh-common"]),
    ] {
        let headers = [("x-auth-token", token), ("x-project-id", project)];
        let list = app.send("GET", "/v1/meshes", &headers, "").await;
        let list = list.assert_status(200);
        assert_eq!(list["kind"], "MeshList");
        let items = list["items"].as_array().unwrap().iter();
        assert_eq!(
            items.map(uid).collect::<Vec<_>>(),
            expected,
            "{token}, {project:?}"
        );
    }
    let foreign = [("x-auth-token", "of-bob"), ("x-project-id", "p1")];
    app.send("GET", "/v1/meshes", &foreign, "")
        .await
        .assert_status(403);
}

#[tokio::test]
async fn releases_are_accessible_from_the_projects_of_their_mesh_only() {
    let app = App::new();
    let id = create_mesh(&app, "mesh-one").await;
    let path = format!("/v2/meshes/{id}/namespaces/default/releases");
    let list = format!("/v2/meshes/{id}/releases");
    let own = [("x-auth-token", "t"), ("x-project-id", PROJECT)];
    let foreign = [("x-auth-token", "t"), ("x-project-id", "another")];
    let body = minimal_release("reviews-gray", "reviews").to_string();

    app.send("POST", &path, &foreign, body.clone())
        .await
        .assert_status(404);
    app.send("POST", &path, &own, body).await.assert_status(201);

    app.send("GET", &list, &own, "").await.assert_status(200);
    app.send("GET", &list, &foreign, "")
        .await
        .assert_status(404);
    app.get(&list).await.assert_status(200);
}

#[tokio::test]
async fn a_mesh_registered_by_a_release_belongs_to_the_callers_project() {
    let app = App::new();
    let own = [("x-auth-token", "t"), ("x-project-id", PROJECT)];
    let body = minimal_release("reviews-gray", "reviews").to_string();

    app.send("POST", super::RELEASES, &own, body)
        .await
        .assert_status(201);

    app.get(&meshes("/mesh-demo")).await.assert_status(200);
    app.get(&format!("{OTHER}/mesh-demo"))
        .await
        .assert_status(404);
}

#[tokio::test]
async fn annotations_labels_and_tags_are_stored_but_not_shown() {
    let app = App::new();
    let mut body = minimal_mesh("mesh-one");
    body["kind"] = json!("mesh");
    body["metadata"]["annotations"] = json!({"b": "1", "a": "2"});
    body["metadata"]["labels"] = json!({"l": "x"});
    body["spec"]["tags"] = json!([{"key": "team", "value": ""}]);
    body["spec"]["ipv6Enable"] = json!(true);

    let reply = app.post(&meshes(""), body).await;

    let created = reply.assert_status(201);
    assert_eq!(reply.header("x-emulator-hint"), "");
    let shown = format!(
        r#""metadata":{{"name":"mesh-one","uid":{},"creationTimestamp":"2026-01-01T12:00:00Z"}},"spec":{{"type":"InCluster","version":"v1.18.7-r5","ipv6Enable":true,"extendParams":"#,
        created["metadata"]["uid"]
    );
    assert!(reply.text().contains(&shown), "{}", reply.text());
    assert_eq!(
        (&created["kind"], &created["spec"]["version"]),
        (&json!("mesh"), &json!("v1.18.7-r5"))
    );
    let mesh = &app.state().await["asm"]["meshes"][0]["emulator"]["mesh"];
    assert_same(
        &mesh["metadata"]["annotations"],
        &json!({"b": "1", "a": "2"}),
    );
    assert_same(
        &mesh["spec"]["tags"],
        &json!([{"key": "team", "value": ""}]),
    );
}

/// A valid request with one field changed, or removed if the value is null.
fn changed(place: &str, value: Value) -> Value {
    let mut body = minimal_mesh("mesh-one");
    body["spec"]["tags"] = json!([{"key": "team", "value": "a"}]);
    body["spec"]["config"] =
        json!({"telemetryConfig": {"tracing": {"extensionProviders": [{"name": "z"}]}}});
    body["spec"]["extendParams"]["clusters"][0]["injection"] =
        body["spec"]["extendParams"]["clusters"][0]["installation"].clone();
    let injection = &mut body["spec"]["extendParams"]["clusters"][0]["injection"];
    *injection = json!({"namespaces": injection["nodes"]});
    let (outer, key) = place.rsplit_once('/').expect("a pointer");
    let outer = body.pointer_mut(outer).expect("a place");
    match outer {
        Value::Object(fields) if value.is_null() => {
            fields.shift_remove(key).expect("a field");
        }
        Value::Object(fields) => {
            fields.insert(key.to_owned(), value);
        }
        _ => panic!("{place} is in no object"),
    }
    body
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
async fn every_field_of_a_request_is_checked() {
    const CLUSTER: &str = "/spec/extendParams/clusters/0";
    let app = App::new();
    let before = app.state().await;
    let long_key = "k".repeat(129);
    let long_value = "v".repeat(256);
    let nodes = format!("{CLUSTER}/installation/nodes");
    let namespaces = format!("{CLUSTER}/injection/namespaces");
    let cases = [
        ("/apiVersion", Value::Null, "apiVersion: is required"),
        ("/apiVersion", json!("v2"), "apiVersion: must be v1"),
        ("/kind", Value::Null, "kind: is required"),
        ("/kind", json!("MESH"), "kind: must be Mesh or mesh"),
        ("/metadata", Value::Null, "metadata: is required"),
        ("/metadata/name", Value::Null, "metadata.name: is required"),
        (
            "/metadata/name",
            json!("a-b"),
            "metadata.name: must have 4 to 64",
        ),
        ("/metadata/name", json!(7), "metadata.name: must be "),
        (
            "/metadata/labels",
            json!({"a": 1}),
            "metadata.labels.a: must be a string, not 1",
        ),
        (
            "/metadata/annotations",
            json!([]),
            "metadata.annotations: must be an object, not an array",
        ),
        ("/spec", Value::Null, "spec: is required"),
        ("/spec/type", Value::Null, "spec.type: is required"),
        (
            "/spec/type",
            json!("OutCluster"),
            "spec.type: must be InCluster",
        ),
        (
            "/spec/version",
            json!("newest"),
            "spec.version: must be vX.Y",
        ),
        (
            "/spec/ipv6Enable",
            json!("true"),
            "spec.ipv6Enable: must be ",
        ),
        (
            "/spec/extendParams",
            Value::Null,
            "spec.extendParams: is required",
        ),
        (
            "/spec/extendParams/clusters",
            Value::Null,
            "spec.extendParams.clusters: is required",
        ),
        (
            "/spec/extendParams/clusters",
            json!([]),
            "spec.extendParams.clusters: is required",
        ),
        (
            "/spec/extendParams/clusters",
            json!([{}]),
            "spec.extendParams.clusters[0].clusterID: is required",
        ),
        (
            &format!("{CLUSTER}/installation"),
            Value::Null,
            "spec.extendParams.clusters[0].installation: is required",
        ),
        (
            &nodes,
            Value::Null,
            "spec.extendParams.clusters[0].installation.nodes: is required",
        ),
        (
            &format!("{nodes}/fieldSelector"),
            Value::Null,
            "spec.extendParams.clusters[0].installation.nodes.fieldSelector: is required",
        ),
        (
            &format!("{nodes}/fieldSelector/key"),
            Value::Null,
            "spec.extendParams.clusters[0].installation.nodes.fieldSelector.key: is required",
        ),
        (
            &format!("{nodes}/fieldSelector/operator"),
            Value::Null,
            "spec.extendParams.clusters[0].installation.nodes.fieldSelector.operator: is required",
        ),
        (
            &format!("{nodes}/fieldSelector/operator"),
            json!("NotIn"),
            "spec.extendParams.clusters[0].installation.nodes.fieldSelector.operator: must be In",
        ),
        (
            &format!("{nodes}/fieldSelector/values"),
            Value::Null,
            "spec.extendParams.clusters[0].installation.nodes.fieldSelector.values: is required",
        ),
        (
            &format!("{namespaces}/fieldSelector"),
            Value::Null,
            "spec.extendParams.clusters[0].injection.namespaces.fieldSelector: is required",
        ),
        (
            "/spec/tags",
            json!([{"value": "a"}]),
            "spec.tags[0].key: is required",
        ),
        (
            "/spec/tags",
            json!([{"key": "", "value": "a"}]),
            "spec.tags[0].key: must have 1 to 128",
        ),
        (
            "/spec/tags",
            json!([{"key": long_key, "value": "a"}]),
            "spec.tags[0].key: must have 1 to 128",
        ),
        (
            "/spec/tags",
            json!([{"key": "a*", "value": "a"}]),
            "spec.tags[0].key: must have 1 to 128",
        ),
        (
            "/spec/tags",
            json!([{"key": "_sys_a", "value": "a"}]),
            "spec.tags[0].key: must not begin with _sys_",
        ),
        (
            "/spec/tags",
            json!([{"key": "a"}]),
            "spec.tags[0].value: is required",
        ),
        (
            "/spec/tags",
            json!([{"key": "a", "value": long_value}]),
            "spec.tags[0].value: must have at most 255",
        ),
        (
            "/spec/tags",
            json!([{"key": "a", "value": "<"}]),
            "spec.tags[0].value: must have at most 255",
        ),
        (
            "/spec/config/telemetryConfig/tracing/randomSamplingPercentage",
            json!("1"),
            "spec.config.telemetryConfig.tracing.randomSamplingPercentage: must be a number",
        ),
        (
            "/spec/config/telemetryConfig/tracing/defaultProviders",
            json!(["z", "y"]),
            "spec.config.telemetryConfig.tracing.defaultProviders[1]: must be a name in extensionProviders",
        ),
        (
            "/spec/config/telemetryConfig/tracing/extensionProviders",
            json!([{"zipkin": {"port": "9411"}}]),
            "spec.config.telemetryConfig.tracing.extensionProviders[0].zipkin.port: must be ",
        ),
        (
            "/spec/config/telemetryConfig/metrics",
            json!({"aom": [{"instanceID": "a"}, {}]}),
            "spec.config.telemetryConfig.metrics.aom[1].instanceID: is required",
        ),
        (
            "/spec/config/proxyConfig",
            json!({"includeInboundPorts": 80}),
            "spec.config.proxyConfig.includeInboundPorts: must be ",
        ),
    ];
    for (place, value, message) in &cases {
        let reply = app.post(&meshes(""), changed(place, value.clone())).await;
        let error = reply.assert_status(400);
        assert_eq!(error["errorCode"], INVALID_REQUEST, "{place}");
        let text = error["errorMsg"].as_str().unwrap();
        assert!(
            text.starts_with(&format!("Invalid request. {message}")),
            "{place} {value}: {text}"
        );
    }
    assert_same(&app.state().await, &before);
}

#[tokio::test]
async fn values_just_within_the_limits_are_accepted() {
    let app = App::new();
    let longest = "a".repeat(64);
    let cases = [
        ("/metadata/name", json!("a-b1")),
        ("/metadata/name", json!(longest)),
        ("/spec/version", json!("v1.18")),
        (
            "/spec/tags",
            json!([{"key": "k".repeat(128), "value": "v".repeat(255)}]),
        ),
        (
            "/spec/tags",
            json!([{"key": "sys_ \u{7f51}_.:/=+-@", "value": ""}]),
        ),
        (
            "/spec/config/telemetryConfig/tracing/defaultProviders",
            json!(["z", "apm-otel"]),
        ),
    ];
    for (n, (place, value)) in cases.into_iter().enumerate() {
        let path = format!("/v1/project-{n}/meshes");
        app.post(&path, changed(place, value))
            .await
            .assert_status(201);
    }
}

#[tokio::test]
async fn a_configuration_is_shown_as_it_was_sent() {
    let app = App::new();
    let config = golden("asm_mesh_list.json")["items"][0]["spec"]["config"].clone();
    let created = app
        .post(&meshes(""), changed("/spec/config", config.clone()))
        .await
        .assert_status(201);
    assert_same(&created["spec"]["config"], &config);
}

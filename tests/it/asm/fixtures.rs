//! Fixtures and exports of meshes and releases.

use serde_json::{Value, json};

use super::{ALL, MESH, create, create_mesh, meshes, minimal_release, phase, release};
use crate::common::{App, PROJECT, assert_same, golden};

fn documented() -> Value {
    let releases = golden("asm_release_list.json")["items"].clone();
    json!({"asm": {"meshes": [{"id": MESH, "name": "mesh-of-demo", "releases": releases}]}})
}

#[tokio::test]
async fn releases_come_back_as_in_the_fixture() {
    let app = App::load(&documented());
    let list = golden("asm_release_list.json");

    assert_same(&app.get(ALL).await.assert_status(200), &list);
    assert_same(
        &app.get(&release("reviews-gray")).await.assert_status(200),
        &list["items"][0],
    );
    app.advance(60_000).await;
    assert_same(&app.get(ALL).await.assert_status(200), &list);

    let exported = app.state().await;
    assert_same(&exported["asm"]["meshes"][0]["releases"], &list["items"]);
    app.put("/_emulator/v1/state", exported)
        .await
        .assert_status(204);
    assert_same(&app.get(ALL).await.assert_status(200), &list);
}

#[tokio::test]
async fn a_mesh_comes_back_as_in_the_fixture() {
    let list = golden("asm_mesh_list.json");
    let id = list["items"][0]["metadata"]["uid"].clone();
    let app = App::load(&json!({"asm": {"meshes":
        [{"id": id, "emulator": {"project": PROJECT, "mesh": list["items"][0]}}]}}));

    assert_same(&app.get(&meshes("")).await.assert_status(200), &list);

    app.advance(60_000).await;
    let exported = app.state().await;
    app.put("/_emulator/v1/state", exported)
        .await
        .assert_status(204);
    assert_same(&app.get(&meshes("")).await.assert_status(200), &list);
}

#[tokio::test]
async fn the_phase_in_a_fixture_lasts_until_a_command_changes_it() {
    let app = App::load(&documented());
    let path = release("ratings-blue").replace("bookinfo", "default");
    app.advance(5_000).await;

    app.put(&path, json!({"spec": {"version": "v8"}}))
        .await
        .assert_status(200);

    let status = &app.get(&path).await.assert_status(200)["status"];
    assert_eq!(
        [
            &status["phase"],
            &status["startTime"],
            &status["updateTime"]
        ],
        [
            "Initializing",
            "2026-06-24T16:00:00+08:00",
            "2026-01-01T12:00:05Z"
        ]
    );
}

#[tokio::test]
async fn an_update_changes_running_workloads_that_differ_from_their_template() {
    let app = App::load(&documented());
    let mut body = app.get(&release("reviews-gray")).await.assert_status(200);
    let image = "/spec/grayDeployments/0/template/spec/template/spec/containers/0/image";
    *body.pointer_mut(image).unwrap() = json!("swr.example.com/bookinfo/reviews:3.0");

    app.put(&release("reviews-gray"), body.clone())
        .await
        .assert_status(200);

    let running = "/status/grayDeployments/0/spec/template/spec/containers/0/image";
    *body.pointer_mut(running).unwrap() = json!("swr.example.com/bookinfo/reviews:3.0");
    body["status"]["updateTime"] = json!("2026-01-01T12:00:00Z");
    assert_same(
        &app.get(&release("reviews-gray")).await.assert_status(200),
        &body,
    );
}

#[tokio::test]
async fn missing_fields_get_the_values_of_a_new_resource() {
    let app = App::load(&json!({"asm": {"meshes":
        [{"id": MESH, "releases": [{"metadata": {"name": "reviews-gray"}}]}]}}));

    let list = app.get(ALL).await.assert_status(200);

    let uid = list["items"][0]["metadata"]["uid"].clone();
    assert_eq!(uid.as_str().unwrap().len(), 36);
    assert_same(
        &list["items"][0],
        &json!({
            "kind": "Release",
            "apiVersion": "asm/v2",
            "metadata": {"meshID": MESH, "name": "reviews-gray", "uid": uid, "namespace": "default"},
            "spec": {
                "serviceName": "", "clusterID": "", "deploymentName": "", "version": "", "type": "canary",
                "grayDeployments": [],
            },
            "status": {
                "phase": "Running",
                "startTime": "2026-01-01T12:00:00Z",
                "updateTime": "2026-01-01T12:00:00Z",
                "deployment": {},
                "grayDeployments": [],
            },
        }),
    );
    assert_same(
        &app.get(&meshes("/mesh-demo")).await.assert_status(200),
        &json!({
            "kind": "Mesh",
            "apiVersion": "v1",
            "metadata": {"name": MESH, "uid": MESH, "creationTimestamp": "2026-01-01T12:00:00Z"},
            "spec": {"type": "InCluster", "version": "v1.18.7-r5", "extendParams": {"clusters": []}},
            "status": {"phase": "Running", "updateTimestamp": "2026-01-01T12:00:00Z"},
        }),
    );
}

/// The responses at several instants.
async fn responses(app: &App, paths: &[String]) -> Vec<(u16, String)> {
    let mut seen = Vec::new();
    for step in [0, 499, 1, 500, 999, 1, 2_000] {
        app.advance(step).await;
        for path in paths {
            let reply = app.get(path).await;
            seen.push((
                reply.status,
                format!("{} {}", reply.header("x-emulator-hint"), reply.text()),
            ));
        }
    }
    seen
}

#[tokio::test]
async fn a_state_exported_midway_continues_as_the_original_does() {
    let script = json!({"match": {"family": "asm", "work": "create", "name": "failing-one"},
        "outcome": "fail", "message": "no nodes", "takes_ms": 1_500});
    let one = App::load(&documented());
    one.script(script).await;
    let id = create_mesh(&one, "mesh-one").await;
    let going = create_mesh(&one, "mesh-two").await;
    let failing = one
        .post(&meshes(""), super::minimal_mesh("failing-one"))
        .await
        .assert_status(201);
    create(&one, "details-gray", "details").await;
    create(&one, "failing-one", "details-two").await;
    one.advance(1_000).await;
    one.put(&release("details-gray"), json!({"spec": {"version": "v9"}}))
        .await
        .assert_status(200);
    one.put(
        &format!("/_emulator/v1/asm/{MESH}/bookinfo/details-gray/traffic"),
        json!({"gray": 40}),
    )
    .await
    .assert_status(200);
    one.delete(&meshes(&format!("/{going}")))
        .await
        .assert_status(200);
    let state = one.state().await;

    let two = App::new();
    two.advance(1_000).await;
    two.put("/_emulator/v1/state", state.clone())
        .await
        .assert_status(204);

    assert_same(&two.state().await, &state);
    let paths = [
        ALL.to_owned(),
        meshes(""),
        meshes(&format!("/{id}")),
        meshes(&format!("/{going}")),
        meshes(&format!("/{}", super::uid(&failing))),
        release("details-gray"),
        release("failing-one"),
        release("reviews-gray"),
    ];
    assert_eq!(responses(&two, &paths).await, responses(&one, &paths).await);
    let end = format!("{}?action=end", release("details-gray"));
    assert_eq!(
        two.delete(&end).await.assert_status(400),
        one.delete(&end).await.assert_status(400)
    );
    let body = minimal_release("next-task", "next");
    let next = two
        .post(super::RELEASES, body.clone())
        .await
        .assert_status(201);
    assert_same(
        &next,
        &one.post(super::RELEASES, body).await.assert_status(201),
    );
}

#[tokio::test]
async fn a_deletion_that_ended_between_export_and_import_has_ended() {
    let one = App::load(&documented());
    one.delete(&meshes("/mesh-demo")).await.assert_status(200);
    let state = one.state().await;

    let two = App::new();
    two.advance(2_000).await;
    two.put("/_emulator/v1/state", state)
        .await
        .assert_status(204);

    two.get(ALL).await.assert_status(404);
    two.get(&meshes("/mesh-demo")).await.assert_status(404);
    create(&two, "reviews-gray", "reviews").await;
}

#[tokio::test]
async fn a_patch_replaces_by_uid_or_name_and_adds_the_rest() {
    let app = App::load(&documented());
    let uid = golden("asm_release_list.json")["items"][0]["metadata"]["uid"].clone();
    let patch = json!({"asm": {"meshes": [
        {"id": MESH, "releases": [
            {"metadata": {"name": "reviews-gray", "uid": uid, "namespace": "bookinfo"}, "status": {"phase": "Failed"}},
            {"metadata": {"name": "ratings-blue"}, "status": {"phase": "Stopped"}},
            {"metadata": {"name": "details-gray"}, "spec": {"serviceName": "details"}},
        ]},
        {"id": "mesh-new"},
    ]}});

    app.patch("/_emulator/v1/state", patch)
        .await
        .assert_status(204);

    let list = app.get(ALL).await.assert_status(200);
    let seen = list["items"].as_array().unwrap().iter();
    let seen: Vec<_> = seen
        .map(|item| {
            (
                item["metadata"]["name"].as_str().unwrap(),
                item["status"]["phase"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("reviews-gray", "Failed"),
            ("ratings-blue", "Stopped"),
            ("details-gray", "Running")
        ]
    );
    let old = golden("asm_release_list.json")["items"][1]["metadata"]["uid"].clone();
    assert_eq!(
        list["items"][1]["metadata"]["uid"], old,
        "a task matched by name keeps its uid"
    );
    assert_eq!(phase(&app, &meshes("/mesh-new")).await, "Running");
    assert_eq!(
        app.get(&meshes("/mesh-demo")).await.assert_status(200)["metadata"]["name"],
        "mesh-of-demo"
    );
}

#[tokio::test]
async fn a_service_in_a_fixture_is_in_use() {
    let app = App::load(&documented());
    app.post(super::RELEASES, minimal_release("reviews-two", "reviews"))
        .await
        .assert_status(409);
    app.post(super::RELEASES, minimal_release("ratings-two", "ratings"))
        .await
        .assert_status(201);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
async fn invalid_values_are_named_with_their_path_and_change_nothing() {
    let app = App::load(&documented());
    let before = app.state().await["asm"].clone();
    let release = |item: Value| json!([{"id": "m", "releases": [item]}]);
    let named = |name: &str| json!({"metadata": {"name": name, "uid": "u-1"}});
    let emulator = |value: Value| release(json!({"metadata": {"name": "abcd"}, "emulator": value}));
    let gray = |value: Value| {
        release(json!({"metadata": {"name": "abcd"}, "spec": {"grayDeployments": [value]}}))
    };
    let status = |value: Value| release(json!({"metadata": {"name": "abcd"}, "status": value}));
    let mesh = |value: Value| json!([{"id": "m", "emulator": value}]);
    let run = json!({"started": 0, "tree": {"step": 0}, "does": [{"work": {"takes": 5}}]});
    for (meshes, detail) in [
        (json!({}), "asm.meshes: must be "),
        (json!([{}]), "asm.meshes[0].id: is required"),
        (json!([{"id": ""}]), "asm.meshes[0].id: must not be empty"),
        (
            json!([{"id": "m"}, {"id": "m"}]),
            "asm.meshes[1].id: duplicate \"m\"",
        ),
        (
            json!([{"id": "m", "nmae": "x"}]),
            "asm.meshes[0].nmae: is not a known field",
        ),
        (
            release(json!({})),
            "asm.meshes[0].releases[0].metadata: is required",
        ),
        (
            release(json!({"metadata": {}})),
            "asm.meshes[0].releases[0].metadata.name: is required",
        ),
        (
            release(named("abc")),
            "asm.meshes[0].releases[0].metadata.name: must have 4 to 64",
        ),
        (
            json!([{"id": "m", "releases": [named("abcd"), named("abce")]}]),
            "asm.meshes[0].releases[1].metadata.uid: duplicate \"u-1\"",
        ),
        (
            json!([{"id": "m", "releases": [named("abcd")]}, {"id": "n", "releases": [named("abcd")]}]),
            "asm.meshes[1].releases[0].metadata.uid: duplicate \"u-1\"",
        ),
        (
            json!([{"id": "m", "releases": [{"metadata": {"name": "abcd"}}, {"metadata": {"name": "abcd"}}]}]),
            "asm.meshes[0].releases[1].metadata.name: \"abcd\" is already used in the namespace",
        ),
        (
            release(json!({"metadata": {"name": "abcd", "uid": ""}})),
            "asm.meshes[0].releases[0].metadata.uid: must not be empty",
        ),
        (
            release(json!({"metadata": {"name": "abcd", "meshID": "n"}})),
            "asm.meshes[0].releases[0].metadata.meshID: must be m",
        ),
        (
            release(json!({"metadata": {"name": "abcd"}, "kind": "Mesh"})),
            "asm.meshes[0].releases[0].kind: must be Release",
        ),
        (
            release(json!({"metadata": {"name": "abcd"}, "apiVersion": "v1"})),
            "asm.meshes[0].releases[0].apiVersion: must be asm/v2",
        ),
        (
            release(json!({"metadata": {"name": "abcd"}, "status": {"phase": 1}})),
            "asm.meshes[0].releases[0].status.phase: must be ",
        ),
        (
            emulator(json!({"gray_traffic": 101})),
            "asm.meshes[0].releases[0].emulator.gray_traffic: must be from 0 to 100",
        ),
        (
            emulator(json!({"updated": 1})),
            "asm.meshes[0].releases[0].emulator.updated: must be absent without a run",
        ),
        (
            emulator(json!({"run": {"started": 0, "tree": {"step": 1}, "does": []}})),
            "asm.meshes[0].releases[0].emulator.run: must have a tree",
        ),
        (
            json!([["m"]]),
            "asm.meshes[0]: must be an object, not an array",
        ),
        (
            release(json!([])),
            "asm.meshes[0].releases[0]: must be an object, not an array",
        ),
        (
            release(json!({"metadata": [null, "abcd"]})),
            "asm.meshes[0].releases[0].metadata: must be an object, not an array",
        ),
        (
            release(json!({"metadata": {"name": "abcd"}, "spec": []})),
            "asm.meshes[0].releases[0].spec: must be an object, not an array",
        ),
        (
            release(json!({"metadata": {"name": "abcd"}, "status": null})),
            "asm.meshes[0].releases[0].status: must be an object, not null",
        ),
        (
            emulator(json!([])),
            "asm.meshes[0].releases[0].emulator: must be an object, not an array",
        ),
        (
            emulator(json!({"run": []})),
            "asm.meshes[0].releases[0].emulator.run: must be an object, not an array",
        ),
        (
            gray(json!([])),
            "asm.meshes[0].releases[0].spec.grayDeployments[0]: must be an object, not an array",
        ),
        (
            gray(json!({"template": 5})),
            "asm.meshes[0].releases[0].spec.grayDeployments[0].template: must be an object",
        ),
        (
            status(json!({"deployment": []})),
            "asm.meshes[0].releases[0].status.deployment: must be an object",
        ),
        (
            status(json!({"grayDeployments": [{}, "x"]})),
            "asm.meshes[0].releases[0].status.grayDeployments[1]: must be an object",
        ),
        (
            mesh(json!([])),
            "asm.meshes[0].emulator: must be an object, not an array",
        ),
        (
            mesh(json!({"mesh": []})),
            "asm.meshes[0].emulator.mesh: must be an object, not an array",
        ),
        (
            mesh(json!({"mesh": {"metadata": {"labels": 5}}})),
            "asm.meshes[0].emulator.mesh.metadata.labels: must be an object",
        ),
        (
            mesh(json!({"mesh": {"spec": {"config": "x"}}})),
            "asm.meshes[0].emulator.mesh.spec.config: must be an object",
        ),
        (
            mesh(json!({"mesh": {"spec": {"tags": {}}}})),
            "asm.meshes[0].emulator.mesh.spec.tags: must be an array",
        ),
        (
            mesh(json!({"mesh": {"spec": {"extendParams": {"clusters": [["c"]]}}}})),
            "asm.meshes[0].emulator.mesh.spec.extendParams.clusters[0]: must be an object, not an array",
        ),
        (
            mesh(
                json!({"mesh": {"spec": {"extendParams": {"clusters": [{"clusterID": "c", "injection": 1}]}}}}),
            ),
            "asm.meshes[0].emulator.mesh.spec.extendParams.clusters[0].injection: must be an object",
        ),
        (
            mesh(json!({"project": ""})),
            "asm.meshes[0].emulator.project: must not be empty",
        ),
        (
            mesh(json!({"creation": run, "deletion": run})),
            "asm.meshes[0].emulator.deletion: must be absent beside a creation",
        ),
        (
            mesh(json!({"mesh": {"kind": "Release"}})),
            "asm.meshes[0].emulator.mesh.kind: must be Mesh or mesh",
        ),
        (
            mesh(json!({"mesh": {"apiVersion": "v2"}})),
            "asm.meshes[0].emulator.mesh.apiVersion: must be v1",
        ),
        (
            mesh(json!({"mesh": {"metadata": {"uid": "n"}}})),
            "asm.meshes[0].emulator.mesh.metadata.uid: must be the mesh's id, m",
        ),
        (
            json!([{"id": "m", "name": "one", "emulator": {"mesh": {"metadata": {"name": "two"}}}}]),
            "asm.meshes[0].emulator.mesh.metadata.name: must be the mesh's name, one",
        ),
        (
            mesh(json!({"mesh": {"status": {"phase": "Flying"}}})),
            "asm.meshes[0].emulator.mesh.status.phase: must be Running, Creating, ",
        ),
    ] {
        let reply = app
            .put("/_emulator/v1/state", json!({"asm": {"meshes": meshes}}))
            .await;
        let text = reply.assert_status(400)["detail"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(text.starts_with(detail), "{text} begins with {detail}");
    }
    assert_same(&app.state().await["asm"], &before);
}

#[tokio::test]
async fn a_fixture_can_have_every_documented_phase_of_a_mesh() {
    let phases = [
        "Running",
        "Creating",
        "CreateFailed",
        "Deleting",
        "DeleteFailed",
        "Upgrading",
        "UpgradeFailed",
        "RollingBack",
        "RollbackFailed",
    ];
    let given = phases
        .map(|phase| json!({"id": phase, "emulator": {"mesh": {"status": {"phase": phase}}}}));
    let app = App::load(&json!({"asm": {"meshes": given}}));
    app.advance(60_000).await;
    for word in phases {
        assert_eq!(phase(&app, &meshes(&format!("/{word}"))).await, word);
    }
    // A command applies to each of them.
    app.delete(&meshes("/Deleting")).await.assert_status(200);
    app.advance(2_000).await;
    app.get(&meshes("/Deleting")).await.assert_status(404);
}

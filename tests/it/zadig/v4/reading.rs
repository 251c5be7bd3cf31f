//! Lists, details and the router of generation 2.

use release_emulator::Fidelity;
use serde_json::json;

use super::*;
use crate::common::{CREDENTIALS, assert_same, golden};
use crate::zadig::{SUCCESS, bad_request};

fn documented() -> App {
    let state = include_str!("../../../../src/registry/documented_v4.json");
    App::load(&serde_json::from_str(state).unwrap())
}

fn strict() -> App {
    App::with(|settings| {
        v4(settings);
        settings.fidelity = Fidelity::Strict;
    })
}

#[tokio::test]
async fn the_documented_list_is_answered() {
    let app = documented();
    let mut expected = golden("zadig_v4_list.json");
    // The example shows a page of two versions out of twelve.
    expected["total"] = json!(2);
    let list = app
        .get(&format!("{RELEASES}?projectKey=demo&pageNum=1&pageSize=20"))
        .await;
    assert_same(&list.assert_status(200), &expected);
    assert!(list.text().starts_with(
        r#"{"list":[{"id":"66287b110b8b8a631910f5ae","version_name":"v13","type":"K8SYaml","source":"manual","status":"success","labels":[],"description":"labore id amet","created_by":"patrick","create_time":1713928977},"#
    ));
}

#[tokio::test]
async fn the_documented_details_are_answered_by_name_and_by_the_documented_path() {
    let app = documented();
    for (project, name, id, file) in [
        (
            "yaml",
            "v7.0.0",
            "68c13db1458904519c5f5c91",
            "zadig_v4_detail_k8s.json",
        ),
        (
            "multi-chart",
            "v1",
            "688adb8d458904519c5f5c92",
            "zadig_v4_detail_helm.json",
        ),
    ] {
        let path = format!("{RELEASES}/detail?projectKey={project}&versionName={name}");
        let by_name = app.get(&path).await;
        assert_same(&by_name.assert_status(200), &golden(file));
        let by_id = app.get(&format!("{RELEASES}/{id}")).await;
        assert_eq!(by_id.text(), by_name.text());
        assert!(
            by_id
                .header("x-emulator-hint")
                .contains("Zadig answers 405")
        );
    }
    let keys: Vec<_> = golden("zadig_v4_detail_k8s.json")
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let text = app
        .get(&format!(
            "{RELEASES}/detail?projectKey=yaml&versionName=v7.0.0"
        ))
        .await
        .text();
    let mut places = Vec::new();
    for key in keys {
        let place = if key == "services" {
            "\"services\":["
        } else {
            &*format!("\"{key}\":")
        };
        places.push((text.find(place).expect("the key"), key));
    }
    places.sort_unstable();
    let order: Vec<_> = places.iter().map(|(_, key)| &**key).collect();
    assert_eq!(
        order[..4],
        ["version", "project_name", "env_name", "production"]
    );
}

#[tokio::test]
async fn a_detail_needs_a_name_and_a_project() {
    let app = lenient();
    for (query, text) in [
        ("", "versionName can't be empty!"),
        (
            "?projectKey=demo&versionName=",
            "versionName can't be empty!",
        ),
        ("?versionName=v1", "projectKey can't be empty!"),
    ] {
        let reply = app.get(&format!("{RELEASES}/detail{query}")).await;
        reply.assert_reply(400, &bad_request(text));
    }
    let unknown = app
        .get(&format!("{RELEASES}/detail?projectKey=demo&versionName=v1"))
        .await;
    unknown.assert_reply(500, &internal(
        "failed to get delivery version, projectName: demo, versionName: v1 error: mongo: no documents in result"));
    app.deliver("k8s", k8s("v10"))
        .await
        .assert_reply(200, SUCCESS);
    let near = app
        .get(&format!(
            "{RELEASES}/detail?projectKey=demo&versionName=v11"
        ))
        .await;
    assert!(
        near.header("x-emulator-hint").contains("v10"),
        "{}",
        near.header("x-emulator-hint")
    );
}

#[tokio::test]
async fn the_list_has_labels_and_the_source() {
    let app = lenient();
    app.deliver("k8s", k8s("v1"))
        .await
        .assert_reply(200, SUCCESS);
    let list = app.list().await;
    let version = &list["list"][0];
    assert_eq!(
        json!([
            version["labels"],
            version["source"],
            version["created_by"],
            version.get("progress")
        ]),
        json!([["a", "b"], "from_env", "emulator(OpenAPI)", null])
    );
}

#[tokio::test]
async fn the_router_is_that_of_the_service() {
    let app = strict();
    let id = "66287b110b8b8a631910f5ae";
    let wrong = |method: &str, path: &str| format!("Method not allowed: {method} {RELEASES}{path}");
    for (method, path) in [
        ("GET", format!("/{id}")),
        ("GET", "/k8s".to_owned()),
        ("GET", "/retry".to_owned()),
        ("GET", "/detailx".to_owned()),
        ("POST", "/detail".to_owned()),
        ("PUT", "/detail".to_owned()),
        ("PATCH", "/detail".to_owned()),
        ("POST", format!("/{id}")),
        ("PUT", "/retry".to_owned()),
    ] {
        let reply = app
            .send(method, &format!("{RELEASES}{path}"), CREDENTIALS, "")
            .await;
        reply.assert_reply(405, &wrong(method, &path));
    }
    for name in ["detail", "retry", "k8s", "helm"] {
        let reply = app
            .delete(&format!("{RELEASES}/{name}?projectKey=demo"))
            .await;
        reply.assert_reply(
            500,
            &internal(&format!(
                "failed to delete delivery version, ID: {name}, error: 删除交付中心版本失败: "
            )),
        );
    }
    for (method, path, status) in [
        ("GET", "/", 301),
        ("GET", "/detail/", 301),
        ("GET", "/k8s/", 404),
        ("POST", "/k8s/", 307),
        ("POST", "/retry/", 307),
        ("POST", "/detail/", 404),
        ("DELETE", "/", 404),
        ("DELETE", "/detail/", 307),
    ] {
        let reply = app
            .send(method, &format!("{RELEASES}{path}"), CREDENTIALS, "")
            .await;
        assert_eq!(reply.status, status, "{method} {path}");
    }
}

#[tokio::test]
async fn what_is_no_id_of_a_version_is_405_in_documented_fidelity_too() {
    let app = documented();
    for id in ["66287b110b8b8a631910f5ff", "k8s", "x"] {
        let reply = app.get(&format!("{RELEASES}/{id}?projectKey=demo")).await;
        reply.assert_reply(405, &format!("Method not allowed: GET {RELEASES}/{id}"));
    }
}

//! The internal list of versions.

use serde_json::{Value, json};

use super::*;
const LIST: &str = "/api/aslan/delivery/releases";

/// The names on a page, with the number of all.
async fn names(app: &App, query: &str) -> (Vec<String>, String) {
    let reply = app.get(&format!("{LIST}?{query}")).await;
    let total = reply.header("x-total").to_owned();
    let list = reply.assert_status(200);
    let names = list.as_array().unwrap().iter();
    let name = |release: &Value| {
        release["versionInfo"]["version"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    (names.map(name).collect(), total)
}

#[tokio::test]
async fn a_version_is_shown_with_its_rows() {
    let app = App::load(&references());
    app.create_k8s(k8s("v1")).await.assert_status(200);
    app.advance(60_000).await;
    app.create_helm(helm("v2")).await.assert_status(200);
    let list = app.get(LIST).await.assert_status(200);
    let (helm, k8s) = (&list[0], &list[1]);
    let id = app.id("v1").await;
    let created_at = k8s["versionInfo"]["created_at"].clone();
    assert_eq!(
        k8s["versionInfo"],
        json!({"id": id, "version": "v1", "productName": "demo", "workflowName": "zadig-delivery-demo",
            "workflowDisplayName": "zadig-delivery-demo", "type": "K8SYaml", "taskId": 0, "desc": "labore id amet",
            "labels": ["a", "b"], "productEnvInfo": null, "status": "success",
            "progress": {"successCount": 3, "totalCount": 3, "uploadStatus": "success", "workflowStatus": [],
                "error": ""},
            "createdBy": "emulator", "created_at": created_at, "deleted_at": 0})
    );
    assert_eq!(k8s.get("distributeInfo"), None);
    assert_eq!(k8s["deployInfo"].as_array().unwrap().len(), 4);
    let mut rows = k8s["deployInfo"].as_array().unwrap().iter();
    let row = rows.find(|row| row["containerName"] == "c1").unwrap();
    assert_eq!(
        (
            &row["releaseId"],
            &row["serviceName"],
            &row["real_service_name"],
            &row["service_module"]
        ),
        (
            &json!(id),
            &json!("service1/c1"),
            &json!("service1"),
            &json!("c1")
        )
    );
    assert_eq!(helm.get("deployInfo"), None);
    let chart = &helm["distributeInfo"][0];
    assert_eq!(
        (&chart["chartName"], &chart["chartVersion"]),
        (&json!("chart1"), &json!("1.76"))
    );
    assert_eq!(chart["subDistributes"].as_array().unwrap().len(), 1);

    let brief = app
        .get(&format!("{LIST}?verbosity=brief"))
        .await
        .assert_status(200);
    assert_eq!(brief[1]["versionInfo"]["progress"], Value::Null);
    assert_eq!(brief[1].get("deployInfo"), None);
}

/// Versions of two projects, with their times.
fn two_projects() -> Value {
    let version = |name: &str, time: u64| json!({"version_name": name, "create_time": time});
    let mut state = json!({"zadig": {"projects": [
        {"key": "a", "versions": [version("a1", 10), version("a2", 30), version("a3", 30)]},
        {"key": "b", "versions": [version("b1", 20), version("b2", 30)]}]}});
    let project = |name: &str| json!({"token": name, "name": name, "projects": {"a": [name]}});
    state["identities"] = json!({"zadig_users": [project("get_delivery"), project("project_admin"),
        project("create_delivery"),
        {"token": "release_get", "name": "rene", "roles": ["release_get"]}]});
    state
}

#[tokio::test]
async fn the_list_goes_over_all_projects_newest_first_in_pages() {
    let app = App::load(&two_projects());
    for (query, expected, total) in [
        ("", "a3 a2 b2 b1 a1", "5"),
        ("page=0&per_page=0", "a3 a2 b2 b1 a1", "5"),
        ("page=2&per_page=2", "b2 b1", "5"),
        ("page=9&per_page=2", "", "5"),
        ("page=4&per_page=1", "b1", "5"),
        (
            "page=9223372036854775807&per_page=9223372036854775807",
            "",
            "5",
        ),
        ("projectName=b", "b2 b1", "2"),
        ("projectName=b&page=-1&per_page=1", "b2", "2"),
        ("workflowName=zadig-delivery-a", "a3 a2 a1", "3"),
        ("workflowName=other", "", "0"),
        ("projectName=none", "", "0"),
        ("taskId=7", "", "0"),
        ("serviceName=web", "", "5"),
    ] {
        let (names, n) = names(&app, query).await;
        assert_eq!(
            (names.join(" "), &*n),
            (expected.to_owned(), total),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_service_selects_among_the_versions_of_the_page() {
    let app = App::new();
    app.create_k8s(k8s("v1")).await.assert_status(200);
    let mut other = k8s("v2");
    other["yaml_datas"].as_array_mut().unwrap().remove(0);
    app.create_k8s(other).await.assert_status(200);
    for (query, expected) in [
        ("serviceName=service1", "v1"),
        ("serviceName=service2", "v2 v1"),
        ("serviceName=service1&per_page=1", ""),
        ("serviceName=service1/c1", ""),
    ] {
        let (names, total) = names(&app, query).await;
        assert_eq!(
            (names.join(" "), &*total),
            (expected.to_owned(), "2"),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_wrong_number_is_an_empty_400_before_the_permission() {
    let app = App::load(&two_projects());
    for query in ["taskId=invalidTaskId", "page=x", "per_page=1.5"] {
        let headers = [("authorization", "Bearer create_delivery")];
        let reply = app
            .send("GET", &format!("{LIST}?{query}"), &headers, "")
            .await;
        reply.assert_reply(400, "");
        assert!(reply.header("x-emulator-hint").contains("must be numbers"));
    }
}

#[tokio::test]
async fn a_project_needs_a_role_in_it_and_all_projects_one_of_the_installation() {
    let app = App::load(&two_projects());
    for (token, query, status) in [
        ("get_delivery", "projectName=a", 200),
        ("project_admin", "projectName=a", 200),
        ("create_delivery", "projectName=a", 403),
        ("get_delivery", "projectName=b", 403),
        ("get_delivery", "", 403),
        ("release_get", "", 200),
        ("release_get", "projectName=a", 403),
        ("any", "", 200),
    ] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", &*bearer)];
        let reply = app
            .send("GET", &format!("{LIST}?{query}"), &headers, "")
            .await;
        assert_eq!(reply.status, status, "{token} {query}");
        if status == 403 {
            reply.assert_reply(403, "");
        }
    }
}

#[tokio::test]
async fn a_page_is_where_it_would_be_in_the_whole_list() {
    let project = |n: u64, len: u64| {
        let versions =
            (0..len).map(|k| json!({"version_name": format!("{n}-{k}"), "create_time": k * n % 7}));
        let mut versions: Vec<Value> = versions.collect();
        versions.sort_by_key(|version| version["create_time"].as_u64());
        json!({"key": format!("p{n}"), "versions": versions})
    };
    let projects = json!([
        project(1, 20),
        project(2, 3),
        project(3, 11),
        project(4, 0),
        project(5, 1)
    ]);
    let app = App::load(&json!({"zadig": {"projects": projects}}));
    let (all, total) = names(&app, "per_page=100").await;
    assert_eq!((all.len(), &*total), (35, "35"));
    for size in [1, 2, 3, 7, 34] {
        let mut paged = Vec::new();
        for page in 1..=35_usize.div_ceil(size) {
            paged.extend(names(&app, &format!("page={page}&per_page={size}")).await.0);
        }
        assert_eq!(paged, all, "{size}");
    }
}

#[tokio::test]
async fn generation_2_answers_flat_objects() {
    let image = |name: &str, push: bool| {
        json!({"container_name": name, "image_name": name, "source_image": format!("reg.io/ns/{name}:1"),
            "source_image_tag": "1", "target_image": format!("reg.io/ns/{name}:2"), "target_image_tag": "2",
            "push_image": push})
    };
    let body = |name: &str, push: bool, labels: Value| {
        json!({"project_key": "shop", "version_name": name, "source": "manual", "env_name": "dev", "desc": "d",
            "labels": labels, "image_registry_id": "r1",
            "services": [{"service_name": "web", "images": [image("web", push)]}]})
    };
    let app = App::load(&json!({"zadig": {"generation": "v4"}}));
    for (name, push, labels) in [
        ("v1", true, json!(["a"])),
        ("v2", false, json!([])),
        ("v3", true, json!(["a", "b"])),
    ] {
        app.create_k8s(body(name, push, labels))
            .await
            .assert_status(200);
        app.advance(60_000).await;
    }
    let reply = app.get(&format!("{LIST}?label=b")).await;
    let id = reply.json()[0]["id"].as_str().unwrap().to_owned();
    let created_at = reply.json()[0]["created_at"].as_i64().unwrap();
    assert_eq!(
        reply.text(),
        format!(
            r#"[{{"id":"{id}","version":"v3","project_name":"shop","env_name":"dev","production":false,"type":"K8SYaml","source":"manual","desc":"d","labels":["a","b"],"image_registry_id":"r1","original_chart_repo_name":"","chart_repo_name":"","services":[],"status":"success","workflow_name":"zadig-delivery-shop-v3","task_id":1,"error":"","created_by":"emulator(OpenAPI)","created_at":{created_at}}}]"#
        )
    );
    for (query, expected, total) in [
        ("", "v3 v2 v1", "3"),
        ("per_page=1", "v3 v2 v1", "3"),
        ("page=2&per_page=1", "v2", "3"),
        ("page=0&per_page=2", "v3 v2", "3"),
        ("label=a", "v3 v1", "2"),
        ("label=a&page=2&per_page=1", "v1", "2"),
        ("taskId=1", "v3 v1", "2"),
        ("taskId=2", "", "0"),
        ("workflowName=zadig-delivery-shop-v1", "v1", "1"),
        ("workflowName=zadig-delivery-shop-v2", "", "0"),
        ("projectName=mall", "", "0"),
        ("serviceName=none&verbosity=brief", "v3 v2 v1", "3"),
    ] {
        let reply = app.get(&format!("{LIST}?{query}")).await;
        let n = reply.header("x-total").to_owned();
        let list = reply.assert_status(200);
        let shown = list.as_array().unwrap().iter();
        let shown: Vec<_> = shown
            .map(|release| release["version"].as_str().unwrap())
            .collect();
        assert_eq!(
            (shown.join(" "), &*n),
            (expected.to_owned(), total),
            "{query}"
        );
    }
}

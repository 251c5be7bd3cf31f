//! Lists and details.

use serde_json::{Value, json};

use release_emulator::ZadigGeneration;

use super::*;
use crate::common::{NOON, assert_same, golden};

fn documented() -> Value {
    let list = golden("zadig_list.json");
    json!({"zadig": {"projects": [{"key": "demo", "versions": [
        list["list"][1],
        golden("zadig_detail_helm.json"),
        golden("zadig_detail_k8s.json")
    ]}]}})
}

#[tokio::test]
async fn the_documented_details_come_back_unchanged() {
    let app = App::load(&documented());
    for name in ["zadig_detail_k8s.json", "zadig_detail_helm.json"] {
        let detail = golden(name);
        let id = detail["version_info"]["id"].as_str().unwrap();
        let reply = app
            .get(&format!("{RELEASES}/{id}"))
            .await
            .assert_status(200);
        assert_same(&reply, &detail);
    }
}

#[tokio::test]
async fn the_documented_list_comes_back_unchanged() {
    let list = golden("zadig_list.json");
    let app =
        App::load(&json!({"zadig": {"projects": [{"key": "demo", "versions": list["list"]}]}}));
    let answered = app.list().await;
    assert_same(&answered["list"], &list["list"]);
    assert_eq!(answered["total"], 2);
}

#[tokio::test]
async fn the_list_shows_neither_labels_nor_progress_of_a_detail() {
    let app = App::load(&documented());
    let list = app.list().await;
    let documented = golden("zadig_list.json");
    assert_same(&list["list"][1], &documented["list"][0]);
    assert_same(&list["list"][2], &documented["list"][1]);
    assert_eq!(list["list"][0]["version_name"], "v4");
}

#[tokio::test]
async fn a_bare_item_has_a_detail_without_rows() {
    let app = App::load(&documented());
    let info = golden("zadig_list.json")["list"][1].clone();
    let progress =
        json!({"success_count": 0, "total_count": 0, "upload_status": "failed", "error": ""});
    let expected = json!({
        "version_info": but(info, "/progress", progress),
        "deploy_infos": [],
        "distribute_infos": []
    });
    assert_same(&app.detail("v12").await, &expected);
}

#[tokio::test]
async fn versions_come_newest_first_and_in_pages() {
    let app = App::new();
    for name in ["v1", "v2", "v3"] {
        app.create_k8s(json!({"project_key": "demo", "version_name": name}))
            .await
            .assert_status(200);
    }
    app.advance(1_000).await;
    app.create_k8s(json!({"project_key": "demo", "version_name": "v4"}))
        .await
        .assert_status(200);
    let names = async |page: &str| {
        let path = format!("{RELEASES}?projectKey=demo&{page}");
        let list = app.get(&path).await.assert_status(200);
        assert_eq!(list["total"], 4, "the total does not depend on the page");
        let list = list["list"].as_array().unwrap().iter();
        list.map(|version| version["version_name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };

    assert_eq!(names("pageNum=1&pageSize=100").await, "v4 v3 v2 v1");
    assert_eq!(names("pageNum=1&pageSize=3").await, "v4 v3 v2");
    assert_eq!(names("pageNum=2&pageSize=3").await, "v1");
    assert_eq!(names("pageNum=3&pageSize=3").await, "");
    assert_eq!(names("pageNum=-1&pageSize=-5").await, "v4 v3 v2 v1");
    assert_eq!(names("pageNum=9223372036854775807&pageSize=1").await, "");
}

#[tokio::test]
async fn a_page_of_the_default_size_has_20_versions() {
    let app = App::new();
    for n in 0..21 {
        app.create_k8s(json!({"project_key": "demo", "version_name": n.to_string()}))
            .await
            .assert_status(200);
    }
    let path = format!("{RELEASES}?projectKey=demo&pageNum=1&pageSize=-1");
    let list = app.get(&path).await.assert_status(200);
    assert_eq!(list["list"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn an_id_is_looked_up_in_all_projects() {
    let app = App::load(&documented());
    let path = format!("{RELEASES}/66287b110b8b8a631910f5ae?projectKey=other");
    let detail = app.get(&path).await.assert_status(200);
    assert_same(&detail, &golden("zadig_detail_k8s.json"));
    app.delete(&path).await.assert_reply(200, SUCCESS);
    assert_eq!(app.list().await["total"], 2);
}

#[tokio::test]
async fn a_new_k8s_version_has_the_values_of_its_request() {
    let app = App::load(&references());
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);

    let detail = app.detail("v1").await;

    let ids: Vec<_> = detail["deploy_infos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].clone())
        .collect();
    let second = NOON / 1_000;
    let row = |n: usize, service: &str, container: &str, image: &str, tag: &str| {
        json!({
            "id": ids[n],
            "service_name": service,
            "service_module": container,
            "image": format!("koderover.tencentcloudcr.com/test/{image}:{tag}"),
            "image_name": image,
            "registry_id": "62ce6231e0281143de477e60",
            "create_time": second
        })
    };
    let expected = json!({
        "version_info": {
            "id": detail["version_info"]["id"],
            "version_name": "v1",
            "type": "K8SYaml",
            "status": "creating",
            "labels": ["a", "b"],
            "description": "labore id amet",
            "progress": {"success_count": 0, "total_count": 3, "upload_status": "waiting", "error": ""},
            "created_by": "emulator",
            "create_time": second
        },
        // The environment has service2 before service1.
        "deploy_infos": [
            row(0, "service2", "c3", "image3", "t3"),
            row(1, "service2", "c4", "image4", "t4"),
            row(2, "service1", "c1", "image1", "t1"),
            row(3, "service1", "c2", "image2", "t2")
        ],
        "distribute_infos": []
    });
    assert_same(&detail, &expected);
    for id in ids.iter().chain([&detail["version_info"]["id"]]) {
        let id = id.as_str().unwrap();
        assert_eq!((id.len(), &id[..8]), (24, &*format!("{second:08x}")));
    }
}

#[tokio::test]
async fn a_new_helm_version_has_charts_with_their_images() {
    let app = App::load(&references());
    app.create_helm(helm("v1")).await.assert_reply(200, SUCCESS);

    let detail = app.detail("v1").await;

    let second = NOON / 1_000;
    let image = |row: &Value, chart: &str, image: &str, tag: &str| {
        json!({
            "id": row["id"], "service_name": chart, "distribute_type": "image",
            "chart_name": "", "chart_repo_name": "", "chart_version": "",
            "service_module": image,
            "image": format!("koderover.tencentcloudcr.com/test/{image}:{tag}"),
            "image_name": image, "namespace": "test", "create_time": second, "sub_distributes": []
        })
    };
    let chart = |row: &Value, chart: &str, version: &str, image: Value| {
        json!({
            "id": row["id"], "service_name": chart, "distribute_type": "chart",
            "chart_name": chart, "chart_repo_name": "test", "chart_version": version,
            "service_module": "", "image": "", "image_name": "", "namespace": "",
            "create_time": second, "sub_distributes": [image]
        })
    };
    let rows = &detail["distribute_infos"];
    let children = [
        &rows[0]["sub_distributes"][0],
        &rows[1]["sub_distributes"][0],
    ];
    let expected = json!([
        chart(
            &rows[0],
            "chart1",
            "1.76",
            image(children[0], "chart1", "image1", "t1")
        ),
        chart(
            &rows[1],
            "chart2",
            "1.77",
            image(children[1], "chart2", "image2", "t2")
        )
    ]);
    assert_same(rows, &expected);
    assert_eq!(detail["version_info"]["type"], "HelmChart");
    assert_eq!(
        detail["version_info"]["labels"],
        json!([]),
        "absent labels are none"
    );
    assert_eq!(detail["deploy_infos"], json!([]));
}

#[tokio::test]
async fn a_page_whose_product_overflows_is_refused_by_the_database() {
    for (generation, begin) in [
        (ZadigGeneration::V3, "获取交付中心版本列表失败: "),
        (ZadigGeneration::V4, ""),
    ] {
        let app = App::with(|settings| settings.zadig = Some(generation));
        let path = format!("{RELEASES}?projectKey=demo&pageNum=2&pageSize=9223372036854775807");
        assert_eq!(
            app.get(&path).await.assert_status(200)["total"],
            0,
            "it fits"
        );
        let path = format!("{RELEASES}?projectKey=demo&pageNum=4&pageSize=4611686018427387904");
        let expected = internal(&format!(
            "failed to list delivery version, error: {begin}(Location51024) BSON field 'skip' value must be >= 0, \
             actual value '-4611686018427387904'"
        ));
        let expected = expected.replace('>', "\\u003e");
        app.get(&path).await.assert_reply(500, &expected);
    }
}

#[tokio::test]
async fn the_name_of_an_image_is_that_of_its_reference() {
    let mut fixtures = references();
    let registries = fixtures["zadig"]["projects"][0]["registries"]
        .as_array_mut()
        .unwrap();
    registries.push(json!({"id": "bare", "address": "http://host:5000"}));
    let digest = "a".repeat(64);
    fixtures["zadig"]["projects"][0]["environments"][0]["services"][1]["containers"][0]["image"] =
        json!(format!("reg.io/ns/other@sha256:{digest}"));
    let app = App::load(&fixtures);
    let rows = async |name: &str, body: Value| {
        app.create_k8s(body).await.assert_reply(200, SUCCESS);
        let row = app.detail(name).await["deploy_infos"][1].clone();
        json!([row["image"], row["image_name"]])
    };
    let bare = but(k8s("v1"), "/image_registry_id", json!("bare"));
    let bare = but(bare, "/yaml_datas/0/image_datas/0/image_name", json!("web"));
    assert_eq!(rows("v1", bare).await[1], "");
    let mut unpushed = but(k8s("v2"), "/image_registry_id", json!(""));
    for pointer in [
        "/yaml_datas/0/image_datas/0",
        "/yaml_datas/0/image_datas/1",
        "/yaml_datas/1/image_datas/1",
    ] {
        unpushed.pointer_mut(pointer).unwrap()["disable_image_dist"] = json!(true);
    }
    app.create_k8s(unpushed).await.assert_reply(200, SUCCESS);
    let names: Vec<_> = app.detail("v2").await["deploy_infos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["image_name"].clone())
        .collect();
    assert!(
        names.contains(&json!("other")),
        "a digest is stripped: {names:?}"
    );
    let bare = app.detail("v1").await["deploy_infos"][0].clone();
    assert!(
        bare["image"].as_str().unwrap().starts_with("host:5000//"),
        "{bare}"
    );
    assert_eq!(bare["image_name"], "");
}

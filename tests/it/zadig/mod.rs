//! Zadig delivery versions.

mod catalog;
mod creation;
mod delivery_center;
mod dialect;
mod fixtures;
mod generations;
mod identities;
mod reading;
mod reads;
mod release_plans;
mod routing;
mod stories;
mod v4;
mod workflows;

use serde_json::{Value, json};

use crate::common::{App, Reply};

const RELEASES: &str = "/openapi/delivery/releases";

/// A K8s version of four images; the third is not pushed.
fn k8s(name: &str) -> Value {
    json!({
        "project_key": "demo",
        "version_name": name,
        "retry": false,
        "env_name": "dev",
        "production": false,
        "desc": "labore id amet",
        "labels": ["a", "b"],
        "image_registry_id": "62ce6231e0281143de477e60",
        "yaml_datas": [
            {"service_name": "service1", "image_datas": [
                {"container_name": "c1", "image_name": "image1", "image_tag": "t1", "disable_image_dist": false},
                {"container_name": "c2", "image_name": "image2", "image_tag": "t2", "disable_image_dist": false}]},
            {"service_name": "service2", "image_datas": [
                {"container_name": "c3", "image_name": "image3", "image_tag": "t3", "disable_image_dist": true},
                {"container_name": "c4", "image_name": "image4", "image_tag": "t4", "disable_image_dist": false}]}
        ]
    })
}

/// A Helm version of two charts with an image each.
fn helm(name: &str) -> Value {
    json!({
        "project_key": "demo",
        "version_name": name,
        "env_name": "dev",
        "image_registry_id": "62ce6231e0281143de477e60",
        "chart_repo_name": "test",
        "chart_datas": [
            {"service_name": "chart1", "version": "1.76", "image_datas": [
                {"container_name": "c1", "image_name": "image1", "image_tag": "t1"}]},
            {"service_name": "chart2", "version": "1.77", "image_datas": [
                {"container_name": "c2", "image_name": "image2", "image_tag": "t2"}]}
        ]
    })
}

/// The references of both.
fn references() -> Value {
    let image = |name: &str| format!("koderover.tencentcloudcr.com/test/{name}:current");
    json!({"zadig": {"projects": [{
        "key": "demo",
        "environments": [{"name": "dev", "production": false, "services": [
            {"name": "service2", "containers": [
                {"name": "c3", "image": image("image3")}, {"name": "c4", "image": image("image4")}]},
            {"name": "service1", "containers": [
                {"name": "c1", "image": image("image1")}, {"name": "c2", "image": image("image2")}]},
            {"name": "chart1", "chart": "chart1", "containers": [{"name": "c1", "image": image("image1")}]},
            {"name": "chart2", "chart": "chart2", "containers": [{"name": "c2", "image": image("image2")}]}
        ]}],
        "registries": [
            {"id": "62ce6231e0281143de477e60", "address": "https://koderover.tencentcloudcr.com", "namespace": "test"},
            {"id": "62ce6231e0281143de477e61", "address": "https://other.example", "namespace": "ns",
             "projects": ["another"]},
            {"id": "62ce6231e0281143de477e62", "address": "https://1.dkr.ecr.example", "namespace": "ns",
             "provider": "ecr", "projects": ["<all_projects>"]}
        ],
        "chart_repos": [{"name": "test"}]
    }]}})
}

/// The body with one change.
fn but(mut body: Value, pointer: &str, value: Value) -> Value {
    *body.pointer_mut(pointer).expect(pointer) = value;
    body
}

impl App {
    /// Creates a K8s version.
    async fn create_k8s(&self, body: Value) -> Reply {
        self.post(&format!("{RELEASES}/k8s"), body).await
    }

    /// Creates a Helm version.
    async fn create_helm(&self, body: Value) -> Reply {
        self.post(&format!("{RELEASES}/helm"), body).await
    }

    /// The versions of project `demo`.
    async fn list(&self) -> Value {
        let path = format!("{RELEASES}?projectKey=demo&pageNum=1&pageSize=100");
        self.get(&path).await.assert_status(200)
    }

    /// The id of the version of that name.
    async fn id(&self, name: &str) -> String {
        let list = self.list().await;
        let versions = list["list"].as_array().expect("a list");
        let version = versions
            .iter()
            .find(|version| version["version_name"] == name);
        version.expect(name)["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    /// The detail of the version of that name.
    async fn detail(&self, name: &str) -> Value {
        let id = self.id(name).await;
        let path = format!("{RELEASES}/{id}?projectKey=demo");
        self.get(&path).await.assert_status(200)
    }

    /// The status and the progress of the version of that name; the list and the detail must agree.
    async fn progress(&self, name: &str) -> (String, String, String, String) {
        let detail = self.detail(name).await;
        let list = self.list().await;
        let versions = list["list"].as_array().expect("a list");
        let listed = versions
            .iter()
            .find(|version| version["version_name"] == name);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let progress = &detail["version_info"]["progress"];
        let count = format!("{}/{}", progress["success_count"], progress["total_count"]);
        assert_eq!(
            listed.expect(name)["status"],
            detail["version_info"]["status"],
            "list and detail agree"
        );
        (
            text(&detail["version_info"]["status"]),
            count,
            text(&progress["upload_status"]),
            text(&progress["error"]),
        )
    }
}

/// The expected result of [`App::progress`].
fn progress(
    status: &str,
    count: &str,
    upload: &str,
    error: &str,
) -> (String, String, String, String) {
    let owned = str::to_owned;
    (owned(status), owned(count), owned(upload), owned(error))
}

/// The typed error body.
fn bad_request(description: &str) -> String {
    let description = serde_json::to_string(description).expect("JSON");
    format!(
        r#"{{"code":400,"description":{description},"extra":{{}},"message":"Bad Request","type":"error"}}"#
    )
}

/// The untyped error body.
fn internal(description: &str) -> String {
    let description = serde_json::to_string(description).expect("JSON");
    format!(r#"{{"code":500,"description":{description},"message":"Internal Error: "}}"#)
}

/// The description of a refused creation in project `demo`.
fn refused(version: &str, retry: bool, cause: &str) -> String {
    internal(&format!(
        "failed to create k8s delivery version, project name: demo, version name {version}, retry: {retry}, \
         error: {cause}"
    ))
}

impl Reply {
    /// Asserts that the hint contains a text.
    #[track_caller]
    fn assert_hinted(&self, text: &str) {
        let hint = self.header("x-emulator-hint");
        assert!(hint.contains(text), "{}: {hint:?}", self.request);
    }

    /// Asserts status, content type and body, byte for byte.
    #[track_caller]
    fn assert_reply(&self, status: u16, body: &str) {
        let content_type = match (status, body) {
            (_, "") => "",
            (404 | 405, _) => "text/plain; charset=utf-8",
            _ => "application/json; charset=utf-8",
        };
        assert_eq!(
            (self.status, self.header("content-type"), &*self.text()),
            (status, content_type, body),
            "{}",
            self.request
        );
    }
}

/// The body of a successful command.
const SUCCESS: &str = r#"{"message":"success"}"#;

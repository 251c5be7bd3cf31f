//! Delivery versions of generation 2.

mod creation;
mod fixtures;
mod other_generation;
mod reading;
mod retry;
mod stories;

use release_emulator::ZadigGeneration;
use release_emulator::internals::Settings;
use release_emulator::internals::world::settings::References;
use serde_json::{Value, json};

use super::{RELEASES, but, internal};
use crate::common::{App, Reply};

const REGISTRY: &str = "683047fe458904519c5f5c80";

/// The references of the bodies.
fn references() -> Value {
    let image = |name: &str| format!("reg.example/shop/{name}:cur");
    let path = json!({"image": "image.repository", "tag": "image.tag"});
    json!({"zadig": {"generation": "v4", "projects": [{
        "key": "demo",
        "environments": [
            {"name": "dev", "services": [
                {"name": "web", "containers": [
                    {"name": "app", "image": image("web")}, {"name": "proxy", "image": image("envoy")}]},
                {"name": "job", "containers": [{"name": "job", "image": image("job")}]},
                {"name": "idle", "containers": []},
                {"name": "chart1", "chart": "chart1", "containers": [
                    {"name": "c1", "image": image("image1"), "image_path": path}]},
                {"name": "chart2", "chart": "chart2", "containers": [
                    {"name": "c2", "image": image("image2"), "image_path": path}]}]},
            {"name": "live", "production": true, "services": [
                {"name": "web", "containers": [{"name": "app", "image": image("web")}]}]}
        ],
        "registries": [
            {"id": REGISTRY, "address": "https://reg.example", "namespace": "shop"},
            {"id": "683047fe458904519c5f5c81", "address": "https://other.example", "namespace": "ns",
             "projects": ["another"]}
        ],
        "chart_repos": [{"name": "charts"}]
    }]}})
}

fn v4(settings: &mut Settings) {
    settings.zadig = Some(ZadigGeneration::V4);
}

/// An emulator without fixtures.
fn lenient() -> App {
    App::with(v4)
}

/// An emulator with the references, which it checks.
fn checked() -> App {
    App::build(
        |settings| {
            v4(settings);
            settings.references = References::Checked;
        },
        &references(),
    )
}

/// An image that is pushed.
fn image(container: &str, name: &str) -> Value {
    json!({"container_name": container, "target_image": format!("reg.example/shop/{name}:new"),
        "target_image_tag": "new", "push_image": true})
}

/// A K8s version of three images from the environment.
fn k8s(name: &str) -> Value {
    json!({
        "project_key": "demo", "version_name": name, "source": "from_env", "env_name": "dev", "production": false,
        "desc": "d", "labels": ["a", "b"], "image_registry_id": REGISTRY,
        "services": [
            {"service_name": "web", "images": [image("app", "web"), image("proxy", "envoy")]},
            {"service_name": "job", "images": [image("job", "job")]}]
    })
}

/// A K8s version of one image that the request names itself.
fn manual(name: &str) -> Value {
    json!({
        "project_key": "demo", "version_name": name, "source": "manual", "image_registry_id": REGISTRY,
        "services": [{"service_name": "web", "yaml_content": "as: sent", "images": [{
            "container_name": "app", "image_name": "web", "source_image": "reg.example/shop/web:7",
            "source_image_tag": "7", "target_image": "reg.example/shop/web:8", "target_image_tag": "8",
            "push_image": true}]}]
    })
}

/// A Helm version of two charts from the environment.
fn helm(name: &str) -> Value {
    json!({
        "project_key": "demo", "version_name": name, "source": "from_env", "env_name": "dev",
        "image_registry_id": REGISTRY, "chart_repo_name": "charts",
        "services": [
            {"service_name": "chart1", "chart_version": "1.1", "images": [image("c1", "image1")]},
            {"service_name": "chart2", "chart_version": "1.2", "images": [image("c2", "image2")]}]
    })
}

/// The refusal of a creation with its own code.
fn not_created(description: &str) -> String {
    format!(
        r#"{{"code":6560,"description":"{description}","extra":{{}},"message":"新建交付中心版本失败","type":"error"}}"#
    )
}

fn failing(step: &str, message: &str) -> Value {
    json!({"match": {"family": "zadig", "step": step}, "outcome": "fail", "message": message, "times": 1})
}

impl App {
    async fn deliver(&self, kind: &str, body: Value) -> Reply {
        self.post(&format!("{RELEASES}/{kind}"), body).await
    }

    /// The detail of a version of project `demo`.
    async fn delivered(&self, name: &str) -> Value {
        let path = format!("{RELEASES}/detail?projectKey=demo&versionName={name}");
        self.get(&path).await.assert_status(200)
    }

    /// The statuses of the version and of its images, from the first service on.
    async fn image_statuses(&self, name: &str) -> String {
        let detail = self.delivered(name).await;
        let listed = self.list().await;
        let own = listed["list"].as_array().expect("a list").iter();
        let mut own = own.filter(|version| version["version_name"] == name);
        let status = &own.next().expect("it is listed")["status"];
        assert_eq!(*status, detail["status"], "list and detail agree");
        let mut statuses = vec![status.as_str().expect("a status").to_owned()];
        for service in detail["services"].as_array().expect("services") {
            for image in service["images"].as_array().expect("images") {
                statuses.push(match image["status"].as_str().expect("a status") {
                    "" => "-".to_owned(),
                    status => status.to_owned(),
                });
            }
        }
        statuses.join(" ")
    }

    /// Retries the version of that name in project `demo`.
    async fn redeliver(&self, name: &str) -> Reply {
        let id = self.id(name).await;
        let path = format!("{RELEASES}/retry?id={id}&projectKey=demo");
        self.send("POST", &path, crate::common::CREDENTIALS, "")
            .await
    }
}

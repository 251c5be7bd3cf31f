//! Delivery versions: generation 1 as of v3.4.1, generation 2 as of v4.3.0.
//!
//! A version pins the images of an environment's services under a name and pushes them to a registry, one
//! after the other; a Helm version packages the services' charts first.
//!
//! - [`operations`]: the operations of both generations; [`operations_v4`]: those that generation 2 adds; [`answers`]: what
//!   each does in a world's generation; [`generation`]: what belongs to the other one. Requests and responses are in
//!   [`wire`], the service's own texts in [`messages`] and [`messages_v4`].
//! - [`table`]: the versions of a world. In generation 1 [`model::version_request`] checks a request, [`creation`] carries it
//!   out, and [`model::artifacts`] makes its rows and pushes. In generation 2 [`sources`] finds the images of a request, and
//!   [`delivery`] checks it and carries it out; [`model::delivered`] is the record that it leaves. [`model::version`] has the
//!   lifecycle of both.
//! - [`fixture`]: the fixture format.

mod answers;
mod creation;
mod delivery;
pub mod fixture;
mod generation;
mod hints;
mod hints_v4;
pub mod messages;
pub mod messages_v4;
pub mod model;
pub mod operations;
pub mod operations_v4;
mod sources;
pub mod table;
pub mod wire;

use axum::routing::MethodFilter;
use serde_json::{Value, json};

use super::dialect::Zadig;
use crate::http::openapi::document::{fields, find_operation};
use crate::http::routes::{Route, Routes, route};
use crate::world::settings::{Fidelity, Settings, ZadigGeneration};
use wire::choice::{CHOICES, choose};

const DETAIL: &str = "/openapi/delivery/releases/detail";
const RETRY: &str = "/openapi/delivery/releases/retry";

/// The URL table.
pub(super) fn routes() -> Routes<Zadig> {
    let by_id = route!(
        "/openapi/delivery/releases/{id}",
        get(operations::get_version),
        delete(operations::delete_version)
    );
    // For other methods the fixed names are ids like any other.
    let and_delete = |route: Route<Zadig>| {
        route.and_of(&by_id, MethodFilter::DELETE, operations::delete_version)
    };
    let as_id = |route: Route<Zadig>| {
        and_delete(route.and_of(&by_id, MethodFilter::GET, operations::get_version))
            .or_wrong_method()
    };
    Routes::default()
        .with(
            route!("/openapi/delivery/releases", get(operations::list_versions)).or_wrong_method(),
        )
        .with(as_id(route!(
            "/openapi/delivery/releases/k8s",
            post(operations::create_k8s_version)
        )))
        .with(as_id(route!(
            "/openapi/delivery/releases/helm",
            post(operations::create_helm_version)
        )))
        .with(
            and_delete(route!(
                "/openapi/delivery/releases/detail",
                get(operations_v4::get_version_by_name)
            ))
            .or_wrong_method(),
        )
        .with(as_id(route!(
            "/openapi/delivery/releases/retry",
            post(operations_v4::retry_version)
        )))
        .with(by_id.or_wrong_method())
}

/// Names the paths and bodies of the world's generation. Under strict fidelity a version is shown only with a project.
pub(super) fn follow(document: &mut Value, settings: &Settings) {
    let generation = settings.zadig.unwrap_or_default();
    let is_strict = settings.fidelity == Fidelity::Strict;
    match generation {
        ZadigGeneration::V3 => {
            if let Some(paths) = document["paths"].as_object_mut() {
                paths.retain(|path, _| path != DETAIL && path != RETRY);
            }
        }
        ZadigGeneration::V4 => {
            show_examples(document);
            if is_strict {
                show_strict(document);
            }
        }
    }
    choose(document, generation, &CHOICES);
    if is_strict && generation == ZadigGeneration::V3 {
        require(document, "GetVersion", &["projectKey"]);
    }
}

/// The examples of requests of the second generation.
fn show_examples(document: &mut Value) {
    let image = |service: &str, target: &str| json!({"container_name": service, "target_image": target, "target_image_tag": "v2", "push_image": true});
    let body = |id: &str, more: Value| {
        let mut body = json!({
            "project_key": "yaml", "version_name": id, "source": "from_env", "env_name": "dev",
            "image_registry_id": "683047fe458904519c5f5c80",
            "services": [{"service_name": "service1", "images": [
                image("service1", "koderover.tencentcloudcr.com/test/service1:v2")]}]});
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        body
    };
    let helm = json!({"project_key": "multi-chart", "chart_repo_name": "test", "services": [
        {"service_name": "service1", "chart_version": "1.84", "images": [
            image("service1", "koderover.tencentcloudcr.com/test/service1:v2")]}]});
    for (id, example) in [
        ("CreateK8sVersion", body("v7.0.1", json!({}))),
        ("CreateHelmVersion", body("v2", helm)),
    ] {
        let operation = find_operation(document, id);
        let request = operation.and_then(|operation| operation.get_mut("requestBody"));
        for content in fields(request.and_then(|request| request.get_mut("content"))) {
            content["example"] = example.clone();
        }
    }
}

/// Leaves out the parts of the documents that the service does not read or serve.
fn show_strict(document: &mut Value) {
    for item in fields(document.get_mut("paths")) {
        if item["get"]["operationId"] == "GetVersion"
            && let Some(methods) = item.as_object_mut()
        {
            methods.remove("get");
        }
    }
    require(document, "RetryVersion", &["id", "projectKey"]);
    if let Some(retry) = find_operation(document, "RetryVersion") {
        retry.remove("requestBody");
    }
}

/// Declares parameters of an operation as required.
fn require(document: &mut Value, operation: &str, names: &[&str]) {
    let operation = find_operation(document, operation);
    let parameters = operation.and_then(|operation| operation.get_mut("parameters"));
    let parameters = parameters.and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        if parameter["name"]
            .as_str()
            .is_some_and(|name| names.contains(&name))
        {
            parameter["required"] = true.into();
        }
    }
}

//! Bodies that differ between the generations: each world has one of them, which its OpenAPI document names.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Content, OpenApi, RefOr};

use super::request::{HelmBody, K8sBody};
use super::request_v4::{HelmBodyV4, K8sBodyV4};
use super::response::{VersionDetail, VersionList};
use super::response_v4::{VersionDetailV4, VersionListV4};
use crate::http::operation::operations_of;
use crate::world::settings::ZadigGeneration;

/// The body of a request for a K8s version.
#[derive(ToSchema)]
#[schema(as = ZadigK8sBodyChoice)]
#[serde(untagged)]
pub enum K8sBodyChoice {
    V3(K8sBody),
    V4(K8sBodyV4),
}

/// The body of a request for a Helm version.
#[derive(ToSchema)]
#[schema(as = ZadigHelmBodyChoice)]
#[serde(untagged)]
pub enum HelmBodyChoice {
    V3(HelmBody),
    V4(HelmBodyV4),
}

/// A page of versions.
#[derive(ToSchema)]
#[schema(as = ZadigVersionListChoice)]
#[serde(untagged)]
pub enum VersionListChoice<'a> {
    V3(VersionList<'a>),
    V4(VersionListV4<'a>),
}

/// A version.
#[derive(ToSchema)]
#[schema(as = ZadigVersionDetailChoice)]
#[serde(untagged)]
pub enum VersionDetailChoice<'a> {
    V3(VersionDetail<'a>),
    V4(VersionDetailV4<'a>),
}

/// The names of the choices.
pub fn choices() -> [Cow<'static, str>; 4] {
    [
        K8sBodyChoice::name(),
        HelmBodyChoice::name(),
        VersionListChoice::name(),
        VersionDetailChoice::name(),
    ]
}

/// Has a document name the bodies of a generation alone, in place of these choices.
pub fn choose(api: &mut OpenApi, generation: ZadigGeneration, choices: &[Cow<str>]) {
    let before = named_schemas(api);
    for name in choices {
        let components = api.components.get_or_insert_default();
        let Some(RefOr::T(Schema::OneOf(choice))) = components.schemas.remove(&**name) else {
            continue;
        };
        let own = choice.items.into_iter().nth(match generation {
            ZadigGeneration::V3 => 0,
            ZadigGeneration::V4 => 1,
        });
        let operations = api.paths.paths.values_mut().flat_map(operations_of);
        for content in operations.flat_map(contents) {
            if is_of(content, name) {
                content.schema.clone_from(&own);
            }
        }
    }
    let after = named_schemas(api);
    let components = api.components.get_or_insert_default();
    for name in before.difference(&after) {
        components.schemas.remove(name);
    }
}

/// The contents of the requests and responses of an operation.
fn contents(operation: &mut utoipa::openapi::path::Operation) -> Vec<&mut Content> {
    let mut contents = Vec::new();
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        contents.extend(body.content.values_mut());
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            contents.extend(response.content.values_mut());
        }
    }
    let contents = contents.into_iter().filter_map(|content| match content {
        RefOr::T(content) => Some(content),
        RefOr::Ref(_) => None,
    });
    contents.collect()
}

fn is_of(content: &Content, schema: &str) -> bool {
    match &content.schema {
        Some(RefOr::Ref(reference)) => reference.ref_location.rsplit('/').next() == Some(schema),
        _ => false,
    }
}

/// The schemas that the operations name, directly or through others.
fn named_schemas(api: &OpenApi) -> HashSet<String> {
    let api = serde_json::to_value(api).unwrap_or_default();
    let mut named = HashSet::new();
    let mut to_read = vec![&api["paths"]];
    while let Some(value) = to_read.pop() {
        match value {
            Value::Object(fields) => {
                to_read.extend(fields.values());
                let reference = fields.get("$ref").and_then(Value::as_str);
                let name = reference.and_then(|path| path.strip_prefix("#/components/schemas/"));
                if let Some(name) = name
                    && named.insert(name.to_owned())
                {
                    to_read.push(&api["components"]["schemas"][name]);
                }
            }
            Value::Array(items) => to_read.extend(items),
            _ => {}
        }
    }
    named
}

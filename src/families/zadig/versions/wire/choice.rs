//! Bodies that differ between the generations: each world has one of them, which its OpenAPI document names.

use std::collections::HashSet;

use serde_json::{Value, json};

#[cfg(test)]
use super::request::{HelmBody, K8sBody};
#[cfg(test)]
use super::request_v4::{HelmBodyV4, K8sBodyV4};
#[cfg(test)]
use super::response::{VersionDetail, VersionList};
#[cfg(test)]
use super::response_v4::{VersionDetailV4, VersionListV4};
use crate::http::openapi::document::{contents, operations, schemas};
use crate::world::settings::ZadigGeneration;

/// The body of a request for a K8s version.
#[cfg(test)]
#[derive(utoipa::ToSchema)]
#[schema(as = ZadigK8sBodyChoice)]
#[serde(untagged)]
pub enum K8sBodyChoice {
    V3(K8sBody),
    V4(K8sBodyV4),
}

/// The body of a request for a Helm version.
#[cfg(test)]
#[derive(utoipa::ToSchema)]
#[schema(as = ZadigHelmBodyChoice)]
#[serde(untagged)]
pub enum HelmBodyChoice {
    V3(HelmBody),
    V4(HelmBodyV4),
}

/// A page of versions.
#[cfg(test)]
#[derive(utoipa::ToSchema)]
#[schema(as = ZadigVersionListChoice)]
#[serde(untagged)]
pub enum VersionListChoice<'a> {
    V3(VersionList<'a>),
    V4(VersionListV4<'a>),
}

/// A version.
#[cfg(test)]
#[derive(utoipa::ToSchema)]
#[schema(as = ZadigVersionDetailChoice)]
#[serde(untagged)]
pub enum VersionDetailChoice<'a> {
    V3(VersionDetail<'a>),
    V4(VersionDetailV4<'a>),
}

/// The names of the choices.
pub const CHOICES: [&str; 4] = [
    "ZadigK8sBodyChoice",
    "ZadigHelmBodyChoice",
    "ZadigVersionListChoice",
    "ZadigVersionDetailChoice",
];

/// Has a document name the bodies of a generation alone, in place of these choices.
pub fn choose(document: &mut Value, generation: ZadigGeneration, choices: &[&str]) {
    let before = named_schemas(document);
    for name in choices {
        let Some(mut choice) = schemas(document).and_then(|all| all.remove(*name)) else {
            continue;
        };
        let own = choice["oneOf"][match generation {
            ZadigGeneration::V3 => 0,
            ZadigGeneration::V4 => 1,
        }]
        .take();
        let named = json!({"$ref": format!("#/components/schemas/{name}")});
        for content in operations(document).flat_map(contents) {
            if content["schema"] == named {
                content["schema"].clone_from(&own);
            }
        }
    }
    let after = named_schemas(document);
    if let Some(schemas) = schemas(document) {
        schemas.retain(|name, _| !before.contains(name) || after.contains(name));
    }
}

/// The schemas that the operations name, directly or through others.
fn named_schemas(document: &Value) -> HashSet<String> {
    let mut named = HashSet::new();
    let mut to_read = vec![&document["paths"]];
    while let Some(value) = to_read.pop() {
        match value {
            Value::Object(fields) => {
                to_read.extend(fields.values());
                let reference = fields.get("$ref").and_then(Value::as_str);
                let name = reference.and_then(|path| path.strip_prefix("#/components/schemas/"));
                if let Some(name) = name
                    && named.insert(name.to_owned())
                {
                    to_read.push(&document["components"]["schemas"][name]);
                }
            }
            Value::Array(items) => to_read.extend(items),
            _ => {}
        }
    }
    named
}

//! Bodies that differ between the generations: each world has one of them, which its OpenAPI document names.

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

/// Has a document name the bodies of a generation alone, in place of these choices. The schemas of the other are then
/// unused, and are removed with all that are.
pub fn choose(document: &mut Value, generation: ZadigGeneration, choices: &[&str]) {
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
}

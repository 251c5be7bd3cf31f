//! The answers to reads of services.

use serde::Serialize;

use crate::families::zadig::catalog::{ImagePath, ServiceContainer, ServiceVariable, YamlService};
use crate::world::settings::ZadigGeneration;

/// A container.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigContainer))]
pub struct ContainerView<'a> {
    /// The name.
    pub name: &'a str,
    /// `init` for a container that runs before the others, else empty.
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(required = false, extensions(("x-evidence" = json!("observed")))))]
    pub kind: &'a str,
    /// The address of the image.
    pub image: &'a str,
    /// The image's name. Absent if it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_name: Option<&'a str>,
    /// The places of the image's parts in the values of a chart. Absent without any; `imagePath` in generation 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_path: Option<&'a ImagePath>,
    /// The same in generation 1. Declared as the other, since generators of clients could not tell their names apart.
    #[serde(rename = "imagePath", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(ignore))]
    pub image_path_v3: Option<&'a ImagePath>,
}

impl<'a> ContainerView<'a> {
    pub fn new(container: &'a ServiceContainer, generation: ZadigGeneration) -> Self {
        let image_path = container.image_path.as_ref();
        let (image_path, image_path_v3) = match generation {
            ZadigGeneration::V3 => (None, image_path),
            ZadigGeneration::V4 => (image_path, None),
        };
        Self {
            name: &container.name,
            kind: &container.kind,
            image: &container.image,
            image_name: Some(container.image_name()).filter(|name| !name.is_empty()),
            image_path,
            image_path_v3,
        }
    }
}

/// A container in the list of services.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigServiceContainer))]
pub struct ContainerItem<'a> {
    /// The name.
    pub name: &'a str,
    /// The address of the image.
    pub image: &'a str,
    /// The image's name.
    pub image_name: &'a str,
}

/// A service in the list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigYamlServiceItem))]
pub struct YamlServiceItem<'a> {
    /// The name.
    pub service_name: &'a str,
    /// The place that it is written in, such as `gitlab`; `spock` is Zadig itself.
    #[cfg_attr(test, schema(required = false, extensions(("x-evidence" = json!("observed")))))]
    pub source: &'a str,
    /// `k8s`.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The containers.
    pub containers: Vec<ContainerItem<'a>>,
}

impl<'a> YamlServiceItem<'a> {
    pub fn new(service: YamlService<'a>) -> Self {
        let containers = service.containers().iter().map(|container| ContainerItem {
            name: &container.name,
            image: &container.image,
            image_name: container.image_name(),
        });
        Self {
            service_name: service.name(),
            source: service.source(),
            kind: "k8s",
            containers: containers.collect(),
        }
    }
}

/// A service with its YAML.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigYamlServiceDetail))]
pub struct YamlServiceDetail<'a> {
    /// The name.
    pub service_name: &'a str,
    /// The place that it is written in, such as `gitlab`; `spock` is Zadig itself.
    #[cfg_attr(test, schema(required = false, extensions(("x-evidence" = json!("observed")))))]
    pub source: &'a str,
    /// `k8s`.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The template that it is made from, or empty.
    #[cfg_attr(test, schema(required = false, extensions(("x-evidence" = json!("observed")))))]
    pub template_name: &'a str,
    /// The creator.
    pub created_by: &'a str,
    /// The creation time, in seconds since the epoch.
    pub created_time: i64,
    /// The manifests.
    pub yaml: &'a str,
    /// The containers.
    pub containers: Vec<ContainerView<'a>>,
    /// The variables.
    pub service_variable_kvs: &'a [ServiceVariable],
}

impl<'a> YamlServiceDetail<'a> {
    pub fn new(service: YamlService<'a>, generation: ZadigGeneration) -> Self {
        let written = match service {
            YamlService::Written(written) => Some(written),
            YamlService::Deployed(_) => None,
        };
        let containers = service.containers().iter();
        Self {
            service_name: service.name(),
            source: service.source(),
            kind: "k8s",
            template_name: written.map_or("", |written| &written.template_name),
            created_by: written.map_or("", |written| &written.created_by),
            created_time: written.map_or(0, |written| written.created_time),
            yaml: written.map_or("", |written| &written.yaml),
            containers: containers
                .map(|container| ContainerView::new(container, generation))
                .collect(),
            service_variable_kvs: match service {
                YamlService::Written(written) => &written.service_variable_kvs,
                YamlService::Deployed(deployed) => &deployed.variable_kvs,
            },
        }
    }
}

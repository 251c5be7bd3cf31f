//! The projects with their environments, services, registries and chart repositories, which fixtures provide and
//! requests refer to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sim::pack::{pack_enums, pack_structs, pack_wrappers};
use crate::world::identities::UNKNOWN_CALLER;

/// The metadata of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectInfo {
    /// The name that is shown.
    pub name: String,
    pub description: String,
    /// `k8s`, `helm`, …
    pub deploy_type: String,
    pub is_public: bool,
    pub create_time: i64,
    /// The last who changed it.
    pub created_by: String,
    pub update_time: i64,
}

impl ProjectInfo {
    /// The metadata of a project that only has a key.
    pub fn new(key: &str) -> Self {
        Self {
            name: key.to_owned(),
            description: String::new(),
            deploy_type: "k8s".to_owned(),
            is_public: false,
            create_time: 0,
            created_by: UNKNOWN_CALLER.to_owned(),
            update_time: 0,
        }
    }
}

/// An environment of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// A production and a test environment may share a name.
    pub name: String,
    /// Another name, for people.
    pub alias: String,
    pub production: bool,
    pub cluster_id: String,
    pub namespace: String,
    /// The registry of its images; empty: the default one.
    pub registry_id: String,
    pub status: EnvironmentStatus,
    pub update_by: String,
    pub update_time: i64,
    pub global_variables: Vec<GlobalVariable>,
    /// The services, in the project's order.
    pub services: Vec<EnvironmentService>,
}

impl Environment {
    pub fn service(&self, name: &str) -> Option<&EnvironmentService> {
        self.services.iter().find(|service| service.name == name)
    }
}

/// The status of an environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schema(as = ZadigEnvironmentStatus))]
pub enum EnvironmentStatus {
    #[default]
    Success,
    Failed,
    Creating,
    Updating,
    Deleting,
    Sleeping,
    Unknown,
    Unstable,
}

/// A variable of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schema(as = ZadigVariable))]
pub struct ServiceVariable {
    pub key: String,
    /// Usually a text.
    #[serde(default)]
    pub value: Value,
    /// `string`, `bool`, `enum` or `yaml`.
    #[serde(rename = "type", default = "string")]
    pub kind: String,
    /// The values that an `enum` may have.
    #[serde(default)]
    pub options: Vec<String>,
    /// The description.
    #[serde(default)]
    pub desc: String,
}

/// A variable of an environment, which its services share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schema(as = ZadigGlobalVariable))]
pub struct GlobalVariable {
    pub key: String,
    /// Usually a text.
    #[serde(default)]
    pub value: Value,
    /// `string`, `bool`, `enum` or `yaml`.
    #[serde(rename = "type", default = "string")]
    pub kind: String,
    /// The values that an `enum` may have.
    #[serde(default)]
    pub options: Vec<String>,
    /// The description.
    #[serde(default)]
    pub desc: String,
    /// The services that use it.
    #[serde(default)]
    pub related_services: Vec<String>,
}

fn string() -> String {
    "string".to_owned()
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentService {
    #[serde(alias = "service_name")]
    pub name: String,
    #[serde(default)]
    pub containers: Vec<ServiceContainer>,
    /// The chart that the service is deployed from; absent if it is deployed from YAML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variable_kvs: Vec<ServiceVariable>,
    /// The status in the cluster; absent: `running`, or none for a chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Absent: `k8s`, or `helm` for a chart.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl EnvironmentService {
    /// The image that a container runs, unless its address is empty.
    pub fn image_of(&self, container: &str) -> Option<&str> {
        let container = self.containers.iter().find(|known| known.name == container);
        container
            .map(|container| container.image.as_str())
            .filter(|image| !image.is_empty())
    }

    /// The image of that name, in any container.
    pub fn image_named(&self, name: &str) -> Option<&str> {
        let mut images = self.containers.iter().map(|container| &*container.image);
        images.find(|image| image_name(image) == name)
    }

    pub fn container(&self, name: &str) -> Option<&ServiceContainer> {
        self.containers.iter().find(|known| known.name == name)
    }

    /// The status in the cluster, which charts do not have.
    pub fn status(&self) -> &str {
        let usual = if self.kind() == "helm" { "" } else { "running" };
        self.status.as_deref().unwrap_or(usual)
    }

    /// `k8s`, `helm`, …
    pub fn kind(&self) -> &str {
        let usual = if self.chart.is_some() { "helm" } else { "k8s" };
        self.kind.as_deref().unwrap_or(usual)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceContainer {
    pub name: String,
    /// `init` or nothing.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The image that the container runs, `<host>/<namespace>/<name>:<tag>`.
    #[serde(default)]
    pub image: String,
    /// The image's name; absent: that in its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_name: Option<String>,
    /// The places of the image's parts in the values of a chart.
    #[serde(alias = "imagePath", default, skip_serializing_if = "Option::is_none")]
    pub image_path: Option<ImagePath>,
}

impl ServiceContainer {
    /// The name of the image: as given, or that in its address.
    pub fn image_name(&self) -> &str {
        let given = self.image_name.as_deref();
        given.unwrap_or_else(|| image_name(&self.image))
    }
}

/// The places of an image's parts in the values of a chart, such as `image.repository`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ZadigImagePath))]
pub struct ImagePath {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repo: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag: String,
}

/// A service as it is written, from which the services of environments are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceTemplate {
    /// A production and a test service may share a name.
    #[serde(alias = "service_name")]
    pub name: String,
    #[serde(default)]
    pub production: bool,
    /// The place that it is written in, such as `gitlab`; `spock` is Zadig itself.
    #[serde(default = "spock")]
    pub source: String,
    #[serde(rename = "type", default = "k8s")]
    pub kind: String,
    /// The template that it is made from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub template_name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub created_by: String,
    /// In seconds since the epoch.
    #[serde(default)]
    pub created_time: i64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub yaml: String,
    #[serde(default)]
    pub containers: Vec<ServiceContainer>,
    #[serde(alias = "variable_kvs", default, skip_serializing_if = "Vec::is_empty")]
    pub service_variable_kvs: Vec<ServiceVariable>,
}

fn spock() -> String {
    "spock".to_owned()
}

fn k8s() -> String {
    "k8s".to_owned()
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRegistry {
    #[serde(alias = "registry_id")]
    pub id: String,
    /// The address, with or without a scheme.
    pub address: String,
    /// The namespace that images are pushed to.
    #[serde(default)]
    pub namespace: String,
    /// The provider; with `ecr`, target addresses have no namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// The registry of environments without one of their own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_default: bool,
    /// The projects that may use the registry, or `<all_projects>`; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<String>>,
}

/// The entry of a registry's projects that stands for all of them.
const ALL_PROJECTS: &str = "<all_projects>";

impl ImageRegistry {
    /// Returns true if a project may use the registry.
    pub fn supports(&self, project: &str) -> bool {
        self.projects.as_ref().is_none_or(|projects| {
            projects
                .iter()
                .any(|known| known == project || known == ALL_PROJECTS)
        })
    }

    /// The prefix of images that are pushed: `<host>/<namespace>`, or the host alone for `ecr`.
    pub fn target(&self) -> String {
        if self.provider.as_deref() == Some("ecr") {
            self.host().to_owned()
        } else {
            // An empty namespace leaves its slash.
            format!("{}/{}", self.host(), self.namespace)
        }
    }

    /// The prefix of images that are pulled: `<host>/<namespace>`.
    pub fn origin(&self) -> String {
        let origin = format!("{}/{}", self.host(), self.namespace);
        origin.trim_end_matches('/').to_owned()
    }

    fn host(&self) -> &str {
        let (_, host) = self
            .address
            .split_once("://")
            .unwrap_or(("", &self.address));
        host.trim_end_matches('/')
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartRepo {
    pub name: String,
    /// The address, which the emulator does not use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A project's metadata and the resources that it provides.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectCatalog {
    pub info: ProjectInfo,
    pub services: Vec<ServiceTemplate>,
    pub environments: Vec<Environment>,
    pub registries: Vec<ImageRegistry>,
    pub chart_repos: Vec<ChartRepo>,
}

/// The resources of all projects, by project key. Registries and chart repositories belong to the whole
/// installation, although each is listed with a project.
#[derive(Clone, Debug, Default)]
pub struct Catalog(pub BTreeMap<String, ProjectCatalog>);

impl Catalog {
    /// The keys of the projects that every user may read.
    pub fn public_projects(&self) -> impl Iterator<Item = &str> {
        let public = self.0.iter().filter(|(_, known)| known.info.is_public);
        public.map(|(key, _)| key.as_str())
    }

    pub fn environment(&self, project: &str, name: &str, production: bool) -> Option<&Environment> {
        let mut environments = self.0.get(project)?.environments.iter();
        environments.find(|known| known.name == name && known.production == production)
    }

    /// The first service of an environment that is deployed from YAML, but has no template in a project with templates of
    /// that kind of environments.
    pub fn service_without_template<'a>(
        &self,
        project: &str,
        environment: &'a Environment,
    ) -> Option<&'a EnvironmentService> {
        let templates = self.0.get(project)?.services.iter();
        let templates = templates.filter(|known| known.production == environment.production);
        let names: Vec<&str> = templates.map(|known| &*known.name).collect();
        let mut services = environment.services.iter();
        services.find(|service| {
            service.chart.is_none() && !names.is_empty() && !names.contains(&&*service.name)
        })
    }

    /// The registry with an id; those of the project go first.
    pub fn registry(&self, project: &str, id: &str) -> Option<&ImageRegistry> {
        let own = self.0.get(project).into_iter();
        own.flat_map(|project_catalog| &project_catalog.registries)
            .chain(self.registries())
            .find(|registry| registry.id == id)
    }

    pub fn registries(&self) -> impl Iterator<Item = &ImageRegistry> {
        let project_catalogs = self.0.values();
        project_catalogs.flat_map(|project_catalog| &project_catalog.registries)
    }

    /// The registry of environments without one of their own.
    pub fn default_registry(&self) -> Option<&ImageRegistry> {
        self.registries().find(|registry| registry.is_default)
    }

    pub fn chart_repos(&self) -> impl Iterator<Item = &ChartRepo> {
        let project_catalogs = self.0.values();
        project_catalogs.flat_map(|project_catalog| &project_catalog.chart_repos)
    }
}

/// The name in an image's address: from the last slash to the tag.
pub fn image_name(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

/// The tag in an image's address, or an empty one.
pub fn image_tag(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split_once(':').map_or("", |(_, tag)| tag)
}

/// The path between the host and the name in an image's address.
pub fn image_namespace(image: &str) -> &str {
    match (image.find('/'), image.rfind('/')) {
        (Some(first), Some(last)) if first < last => &image[first + 1..last],
        _ => "",
    }
}

pack_enums! {
    EnvironmentStatus {
        0: Success,
        1: Failed,
        2: Creating,
        3: Updating,
        4: Deleting,
        5: Sleeping,
        6: Unknown,
        7: Unstable,
    }
}

pack_structs! {
    ProjectInfo { name, description, deploy_type, is_public, create_time, created_by, update_time }
    Environment {
        name, alias, production, cluster_id, namespace, registry_id, status, update_by,
        update_time, global_variables, services,
    }
    ServiceVariable { key, value, kind, options, desc }
    GlobalVariable { key, value, kind, options, desc, related_services }
    EnvironmentService { name, containers, chart, variable_kvs, status, kind }
    ServiceContainer { name, kind, image, image_name, image_path }
    ImagePath { repo, namespace, image, tag }
    ServiceTemplate {
        name, production, source, kind, template_name, created_by, created_time, yaml, containers,
        service_variable_kvs,
    }
    ImageRegistry { id, address, namespace, provider, region, is_default, projects }
    ChartRepo { name, url }
    ProjectCatalog { info, services, environments, registries, chart_repos }
}

pack_wrappers!(Catalog);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_namespace_a_name_and_a_tag() {
        let parts = |image| (image_namespace(image), image_name(image), image_tag(image));
        assert_eq!(
            parts("koderover.tencentcloudcr.com/test/service1:20240419133934-5-main"),
            ("test", "service1", "20240419133934-5-main")
        );
        assert_eq!(parts("host:5000/a/b/c:"), ("a/b", "c", ""));
        assert_eq!(parts("host:5000/c"), ("", "c", ""));
        assert_eq!(parts("c:1"), ("", "c", "1"));
    }

    #[test]
    fn a_registry_is_the_prefix_of_its_images() {
        let registry = |address: &str, provider: Option<&str>| ImageRegistry {
            id: String::new(),
            address: address.to_owned(),
            namespace: "ns".to_owned(),
            region: String::new(),
            is_default: false,
            provider: provider.map(str::to_owned),
            projects: None,
        };
        assert_eq!(
            registry("https://r.example/", None).target(),
            "r.example/ns"
        );
        assert_eq!(registry("r.example:80", None).target(), "r.example:80/ns");
        let ecr = registry("https://r.example", Some("ecr"));
        assert_eq!(
            (ecr.target(), ecr.origin()),
            ("r.example".to_owned(), "r.example/ns".to_owned())
        );
    }
}

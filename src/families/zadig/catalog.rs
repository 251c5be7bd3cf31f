//! The environments, registries and chart repositories that fixtures provide and versions refer to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An environment of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// A production and a test environment may share a name.
    pub name: String,
    #[serde(default)]
    pub production: bool,
    /// The services, in the project's order.
    #[serde(default)]
    pub services: Vec<EnvironmentService>,
}

impl Environment {
    pub fn service(&self, name: &str) -> Option<&EnvironmentService> {
        self.services.iter().find(|service| service.name == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentService {
    pub name: String,
    #[serde(default)]
    pub containers: Vec<ServiceContainer>,
    /// The chart that the service is deployed from; absent if it is deployed from YAML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
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
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceContainer {
    pub name: String,
    /// The image that the container runs, `<host>/<namespace>/<name>:<tag>`.
    #[serde(default)]
    pub image: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRegistry {
    pub id: String,
    /// The address, with or without a scheme.
    pub address: String,
    /// The namespace that images are pushed to.
    #[serde(default)]
    pub namespace: String,
    /// The provider; with `ecr`, target addresses have no namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
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
            self.origin()
        }
    }

    /// The prefix of images that are pulled: `<host>/<namespace>`.
    pub(super) fn origin(&self) -> String {
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

/// The resources that a project provides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectCatalog {
    pub environments: Vec<Environment>,
    pub registries: Vec<ImageRegistry>,
    pub chart_repos: Vec<ChartRepo>,
}

/// The resources of all projects, by project key. Registries and chart repositories belong to the whole
/// installation, although each is listed with a project.
#[derive(Clone, Debug, Default)]
pub struct Catalog(pub BTreeMap<String, ProjectCatalog>);

impl Catalog {
    pub fn environment(&self, project: &str, name: &str, production: bool) -> Option<&Environment> {
        let mut environments = self.0.get(project)?.environments.iter();
        environments.find(|known| known.name == name && known.production == production)
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

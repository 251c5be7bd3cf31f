//! The environments, registries and chart repositories that fixtures provide and versions refer to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An environment of a project, with what runs in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name. A production and a test environment may share one.
    pub name: String,
    /// True for a production environment.
    #[serde(default)]
    pub production: bool,
    /// Its services, in the project's order.
    #[serde(default)]
    pub services: Vec<EnvironmentService>,
}

impl Environment {
    /// A service by name.
    pub fn service(&self, name: &str) -> Option<&EnvironmentService> {
        self.services.iter().find(|service| service.name == name)
    }

    /// The place of a service in the project's order; an unknown one counts as the first.
    pub fn place(&self, service: &str) -> usize {
        let known = self.services.iter();
        known
            .enumerate()
            .find(|(_, known)| known.name == service)
            .map_or(0, |(place, _)| place)
    }
}

/// A service of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentService {
    /// Its name.
    pub name: String,
    /// The containers it runs.
    #[serde(default)]
    pub containers: Vec<ServiceContainer>,
    /// The chart it is deployed from; absent: it is deployed from YAML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
}

impl EnvironmentService {
    /// The image that a container runs. An empty one counts as none.
    pub fn image_of(&self, container: &str) -> Option<&str> {
        let container = self.containers.iter().find(|known| known.name == container);
        container
            .map(|container| container.image.as_str())
            .filter(|image| !image.is_empty())
    }

    /// The image of that name, whatever container runs it.
    pub fn image_named(&self, name: &str) -> Option<&str> {
        let images = self.containers.iter().map(|container| &*container.image);
        images.into_iter().find(|image| image_name(image) == name)
    }
}

/// A container of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceContainer {
    /// Its name.
    pub name: String,
    /// The image it runs, `<host>/<namespace>/<name>:<tag>`.
    #[serde(default)]
    pub image: String,
}

/// An image registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRegistry {
    /// Its id.
    pub id: String,
    /// Its address, with or without a scheme.
    pub address: String,
    /// The namespace that images go to.
    #[serde(default)]
    pub namespace: String,
    /// Whose product it is. Addresses at `ecr` have no namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The projects that may use it, or `<all_projects>`; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<String>>,
}

/// The entry of a registry's projects that stands for all of them.
const ALL_PROJECTS: &str = "<all_projects>";

impl ImageRegistry {
    /// Returns true if a project may use it.
    pub fn supports(&self, project: &str) -> bool {
        self.projects.as_ref().is_none_or(|projects| {
            projects
                .iter()
                .any(|known| known == project || known == ALL_PROJECTS)
        })
    }

    /// Where images go: `<host>/<namespace>`, or the host alone at `ecr`.
    pub fn target(&self) -> String {
        if self.provider.as_deref() == Some("ecr") {
            self.host().to_owned()
        } else {
            self.origin()
        }
    }

    /// Where images come from: `<host>/<namespace>`.
    fn origin(&self) -> String {
        let origin = format!("{}/{}", self.host(), self.namespace);
        origin.trim_end_matches('/').to_owned()
    }

    fn host(&self) -> &str {
        let host = self.address.split_once("://");
        let host = host.map_or(self.address.as_str(), |(_, host)| host);
        host.trim_end_matches('/')
    }
}

/// A repository for charts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartRepo {
    /// Its name.
    pub name: String,
    /// Its address, which nothing looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The resources that a project provides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectCatalog {
    /// Its environments.
    pub environments: Vec<Environment>,
    /// The registries listed with it.
    pub registries: Vec<ImageRegistry>,
    /// The chart repositories listed with it.
    pub chart_repos: Vec<ChartRepo>,
}

/// What all projects provide. Registries and chart repositories belong to the whole installation, wherever
/// they are listed.
#[derive(Clone, Debug, Default)]
pub struct Catalog(pub BTreeMap<String, ProjectCatalog>);

impl Catalog {
    /// An environment of a project.
    pub fn environment(&self, project: &str, name: &str, production: bool) -> Option<&Environment> {
        let mut environments = self.0.get(project)?.environments.iter();
        environments.find(|known| known.name == name && known.production == production)
    }

    /// A registry by id; the project's own goes first.
    pub fn registry(&self, project: &str, id: &str) -> Option<&ImageRegistry> {
        let own = self.0.get(project).into_iter();
        own.chain(self.0.values())
            .flat_map(|project_catalog| &project_catalog.registries)
            .find(|registry| registry.id == id)
    }

    /// True if some registry is where such images are.
    pub fn has_registry_at(&self, place: &str) -> bool {
        let mut registries = self
            .0
            .values()
            .flat_map(|project_catalog| &project_catalog.registries);
        registries.any(|registry| registry.origin() == place)
    }

    /// Returns true if a chart repository has that name.
    pub fn has_chart_repo(&self, name: &str) -> bool {
        let mut repos = self
            .0
            .values()
            .flat_map(|project_catalog| &project_catalog.chart_repos);
        repos.any(|repo| repo.name == name)
    }
}

/// The name in an image's address: what follows the last slash, up to the tag.
pub fn image_name(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

/// The tag in an image's address, or nothing.
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
    fn a_registry_is_where_images_go() {
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

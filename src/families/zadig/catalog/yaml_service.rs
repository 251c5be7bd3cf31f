//! The services of a project that are deployed from YAML: those that are written, and those that only environments have.

use super::model::{Catalog, EnvironmentService, ServiceContainer, ServiceTemplate};

impl Catalog {
    /// The YAML services of a project in the order of the fixtures: those that are written there, then those that only
    /// environments have.
    pub fn yaml_services(
        &self,
        project: &str,
        production: bool,
    ) -> impl Iterator<Item = YamlService<'_>> {
        let project_catalog = self.0.get(project);
        let written = project_catalog
            .into_iter()
            .flat_map(|project_catalog| &project_catalog.services)
            .filter(move |service| service.production == production && service.kind == "k8s")
            .map(YamlService::Written);
        let environments = project_catalog
            .into_iter()
            .flat_map(|project_catalog| &project_catalog.environments)
            .filter(move |environment| environment.production == production);
        let mut deployed: Vec<&EnvironmentService> = Vec::new();
        for service in environments.flat_map(|environment| &environment.services) {
            let written = project_catalog
                .into_iter()
                .flat_map(|known| &known.services);
            let is_written = written
                .filter(|known| known.production == production)
                .any(|known| known.name == service.name);
            let is_known = is_written || deployed.iter().any(|known| known.name == service.name);
            if !is_known && service.kind() == "k8s" {
                deployed.push(service);
            }
        }
        written.chain(deployed.into_iter().map(YamlService::Deployed))
    }
}

/// A service of a project that is deployed from YAML.
#[derive(Clone, Copy, Debug)]
pub enum YamlService<'a> {
    Written(&'a ServiceTemplate),
    /// Only an environment has it.
    Deployed(&'a EnvironmentService),
}

impl<'a> YamlService<'a> {
    pub fn name(self) -> &'a str {
        match self {
            Self::Written(service) => &service.name,
            Self::Deployed(service) => &service.name,
        }
    }

    pub fn containers(self) -> &'a [ServiceContainer] {
        match self {
            Self::Written(service) => &service.containers,
            Self::Deployed(service) => &service.containers,
        }
    }

    /// The place that it is written in.
    pub fn source(self) -> &'a str {
        match self {
            Self::Written(service) => &service.source,
            Self::Deployed(_) => "spock",
        }
    }
}

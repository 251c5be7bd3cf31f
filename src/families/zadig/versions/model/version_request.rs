//! The request that creates a version, and the service's checks in its order.

use super::rows::VersionKind;
use super::version::VersionRef;
use crate::families::zadig::catalog::{Catalog, Environment, ImageRegistry};
use crate::families::zadig::go_json::decode::go_structs;
use crate::families::zadig::versions::messages::{Cause, VersionError};
use crate::world::settings::{Fidelity, Settings};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRequest {
    pub kind: VersionKind,
    pub project: String,
    pub name: String,
    /// True to retry a failed version, for which only project and name count.
    pub retry: bool,
    /// The environment whose images the version pins.
    pub environment: String,
    pub production: bool,
    pub description: String,
    pub labels: Vec<String>,
    /// The id of the registry that images are pushed to, or empty.
    pub registry: String,
    /// The repository that charts are pushed to; empty for a K8s version.
    pub chart_repo: String,
    pub services: Vec<ServiceRequest>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRequest {
    pub service: String,
    /// The version of its chart; empty for a K8s version.
    pub chart_version: String,
    pub images: Vec<ImageData>,
}

go_structs! {
    /// An image that gets a tag.
    #[cfg_attr(test, schema(as = ZadigImageData))]
    pub struct ImageData = "OpenAPIDeliveryVersionImageData" {
        /// The container that runs it.
        container_name: String as Option<String>,
        /// The name.
        image_name: String as Option<String>,
        /// The new tag. If it is empty, a Helm version keeps the current tag, and a K8s version has none.
        image_tag: String as Option<String>,
        /// True to skip the push.
        disable_image_dist: bool as Option<bool>,
    }
}

impl ServiceRequest {
    pub fn pushed_images(&self) -> impl DoubleEndedIterator<Item = &ImageData> {
        self.images.iter().filter(|image| !image.disable_image_dist)
    }
}

impl VersionRequest {
    /// The first checks of a K8s version, which apply to a retry too.
    pub fn check_environment(
        &self,
        catalog: &Catalog,
        settings: &Settings,
    ) -> Result<(), VersionError> {
        if self.kind != VersionKind::K8sYaml || !settings.checks_references() {
            return Ok(());
        }
        let Some(environment) = self.known_environment(catalog) else {
            return Err(VersionError::UnknownEnvironment {
                project: self.project.clone(),
                environment: self.environment.clone(),
            });
        };
        for service_request in &self.services {
            let service = service_request.service.clone();
            let Some(known) = environment.service(&service) else {
                return Err(VersionError::UnknownService { service });
            };
            for image in &service_request.images {
                if known.image_of(&image.container_name).is_none() {
                    return Err(VersionError::UnknownContainer {
                        project: self.project.clone(),
                        environment: self.environment.clone(),
                        service,
                        container: image.container_name.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The checks of a new version before its name.
    pub fn check(&self, catalog: &Catalog, settings: &Settings) -> Result<(), VersionError> {
        match self.kind {
            VersionKind::K8sYaml => self.check_k8s(catalog, settings),
            VersionKind::HelmChart => self.check_helm(catalog, settings),
        }
    }

    fn check_k8s(&self, catalog: &Catalog, settings: &Settings) -> Result<(), VersionError> {
        self.check_registry(catalog, settings)?;
        if !settings.checks_references() {
            return Ok(());
        }
        for service in &self.services {
            for image in service.pushed_images() {
                let running = self.running_image(catalog, &service.service, &image.container_name);
                let running = running.unwrap_or_default();
                check_source(running, &image.image_name, catalog).map_err(|error| {
                    let running = running.to_owned();
                    self.refuse(match error {
                        SourceError::Malformed => Cause::InvalidImage(running),
                        SourceError::Unknown => Cause::UnknownSource(running),
                    })
                })?;
            }
        }
        Ok(())
    }

    fn check_helm(&self, catalog: &Catalog, settings: &Settings) -> Result<(), VersionError> {
        if self.services.is_empty() {
            return Err(self.refuse(Cause::NoCharts));
        }
        if self.chart_repo.is_empty() {
            return Err(self.refuse(Cause::NoChartRepo));
        }
        if self.registry.is_empty() {
            return Err(self.refuse(Cause::NoRegistry));
        }
        if settings.checks_references() {
            self.check_charts(catalog)
                .map_err(|cause| self.refuse(cause))?;
        }
        self.check_registry(catalog, settings)?;
        let mut pushed_images = self.services.iter().flat_map(ServiceRequest::pushed_images);
        if settings.fidelity == Fidelity::Strict && pushed_images.next().is_some() {
            // As in v3.1 to v3.4.1, which never look up the image that the environment runs.
            return Err(self.refuse(Cause::UnknownSource(String::new())));
        }
        Ok(())
    }

    fn check_charts(&self, catalog: &Catalog) -> Result<(), Cause> {
        let Some(environment) = self.known_environment(catalog) else {
            return Err(Cause::UnknownEnvironment {
                project: self.project.clone(),
                environment: self.environment.clone(),
            });
        };
        for ServiceRequest { service, .. } in &self.services {
            match environment.service(service) {
                None => return Err(Cause::UnknownService(service.clone())),
                Some(known) if known.chart.is_none() => {
                    return Err(Cause::NoChart(service.clone()));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Checks that images may be pushed to the registry, if the request names one.
    fn check_registry(&self, catalog: &Catalog, settings: &Settings) -> Result<(), VersionError> {
        if self.registry.is_empty() {
            return Ok(());
        }
        match catalog.registry(&self.project, &self.registry) {
            Some(registry) if registry.supports(&self.project) => Ok(()),
            Some(registry) => Err(self.refuse(Cause::RegistryNotForProject {
                address: registry.address.clone(),
                namespace: registry.namespace.clone(),
                project: self.project.clone(),
            })),
            None if settings.checks_references() => Err(VersionError::Crash("an unknown registry")),
            None => Ok(()),
        }
    }

    pub fn refuse(&self, cause: Cause) -> VersionError {
        VersionError::Create {
            project: self.project.clone(),
            version: self.name.clone(),
            retry: self.retry,
            cause: Box::new(cause),
        }
    }

    /// The version with an id that the request creates or retries.
    pub fn version_ref<'a>(&'a self, id: &'a str) -> VersionRef<'a> {
        VersionRef {
            project: &self.project,
            id,
            name: &self.name,
        }
    }

    pub fn known_environment<'a>(&self, catalog: &'a Catalog) -> Option<&'a Environment> {
        catalog.environment(&self.project, &self.environment, self.production)
    }

    /// The image that a container runs in the environment, if it is known.
    pub fn running_image<'a>(
        &self,
        catalog: &'a Catalog,
        service: &str,
        container: &str,
    ) -> Option<&'a str> {
        let environment = self.known_environment(catalog)?;
        environment.service(service)?.image_of(container)
    }

    /// The address of an image in the target registry. An unknown registry has the host `registry.local`, and
    /// the project as its namespace.
    pub fn target_address(&self, catalog: &Catalog, name: &str, tag: &str) -> String {
        let place = catalog.registry(&self.project, &self.registry).map_or_else(
            || format!("registry.local/{}", self.project),
            ImageRegistry::target,
        );
        format!("{place}/{name}:{tag}")
    }
}

/// The reason that an image cannot be pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceError {
    /// Its address has too many colons.
    Malformed,
    /// No known registry has it.
    Unknown,
}

/// Checks that an image to be pushed is in a registry that the service knows.
pub fn check_source(image: &str, name: &str, catalog: &Catalog) -> Result<(), SourceError> {
    let parts: Vec<_> = image.split(':').collect();
    let suffix = match parts[..] {
        [_] => format!("/{name}"),
        [_, tag] | [_, _, tag] => format!("/{name}:{tag}"),
        _ => return Err(SourceError::Malformed),
    };
    let place = image.strip_suffix(&suffix).unwrap_or(image);
    let mut registries = catalog.registries();
    if registries.any(|registry| registry.origin() == place) {
        Ok(())
    } else {
        Err(SourceError::Unknown)
    }
}

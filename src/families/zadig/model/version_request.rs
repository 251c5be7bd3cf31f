//! The request that creates a version, and the service's checks in its order.

use super::catalog::{Catalog, ImageRegistry};
use crate::families::zadig::messages::{Cause, VersionError};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionRequest {
    /// The project.
    pub project: String,
    /// The version's name.
    pub name: String,
    /// True if a failed version is to be retried. Then only project and name count.
    pub retry: bool,
    /// The environment whose images the version pins.
    pub environment: String,
    pub production: bool,
    pub description: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// The id of the registry that images go to; empty: none.
    pub registry: String,
    /// The repository that charts go to; empty for a K8s version.
    pub chart_repo: String,
    /// The services.
    pub services: Vec<ServiceRequest>,
}

/// A service of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceRequest {
    /// Its name.
    pub service: String,
    /// The version of its chart; empty for a K8s version.
    pub chart_version: String,
    /// Its images.
    pub images: Vec<ImageRequest>,
}

/// An image of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageRequest {
    /// The container that runs it.
    pub container: String,
    /// Its name.
    pub name: String,
    /// The tag it is given.
    pub tag: String,
    pub push: bool,
}

/// How strictly an order is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strictness {
    /// True if what it refers to must exist.
    pub checked: bool,
    /// True if Helm versions with images fail as they do in v3.1 to v3.4.1.
    pub helm_defect: bool,
}

/// The first checks of a K8s version, which come before it is known whether it is a retry.
pub fn check_environment(
    request: &VersionRequest,
    catalog: &Catalog,
    strictness: Strictness,
) -> Result<(), VersionError> {
    if !strictness.checked {
        return Ok(());
    }
    let (project, environment) = (request.project.clone(), request.environment.clone());
    let Some(known) =
        catalog.environment(&request.project, &request.environment, request.production)
    else {
        return Err(VersionError::UnknownEnvironment {
            project,
            environment,
        });
    };
    for ServiceRequest {
        service, images, ..
    } in &request.services
    {
        let Some(running) = known.service(service) else {
            return Err(VersionError::UnknownService {
                service: service.clone(),
            });
        };
        for image in images {
            if running.image_of(&image.container).is_none() {
                return Err(VersionError::UnknownContainer {
                    project,
                    environment,
                    service: service.clone(),
                    container: image.container.clone(),
                });
            }
        }
    }
    Ok(())
}

/// The checks of a new K8s version before its name.
pub fn check_k8s(
    request: &VersionRequest,
    catalog: &Catalog,
    strictness: Strictness,
) -> Result<(), VersionError> {
    check_registry(request, catalog, strictness)?;
    if !strictness.checked {
        return Ok(());
    }
    for service in &request.services {
        for image in service.images.iter().filter(|image| image.push) {
            let running = running(request, catalog, &service.service, &image.container);
            check_source(running.unwrap_or_default(), &image.name, catalog)
                .map_err(|cause| request.refuse(cause))?;
        }
    }
    Ok(())
}

/// The checks of a new Helm version before its name.
pub fn check_helm(
    request: &VersionRequest,
    catalog: &Catalog,
    strictness: Strictness,
) -> Result<(), VersionError> {
    let missing = if request.services.is_empty() {
        Some(Cause::NoCharts)
    } else if request.chart_repo.is_empty() {
        Some(Cause::NoChartRepo)
    } else if request.registry.is_empty() {
        Some(Cause::NoRegistry)
    } else {
        None
    };
    if let Some(cause) = missing {
        return Err(request.refuse(cause));
    }
    if strictness.checked {
        check_charts(request, catalog).map_err(|cause| request.refuse(cause))?;
    }
    check_registry(request, catalog, strictness)?;
    let mut images = request.services.iter().flat_map(|service| &service.images);
    if strictness.helm_defect && images.any(|image| image.push) {
        // The service never looks up what the image is in the environment.
        return Err(request.refuse(Cause::UnknownSource(String::new())));
    }
    Ok(())
}

fn check_charts(request: &VersionRequest, catalog: &Catalog) -> Result<(), Cause> {
    let known = catalog.environment(&request.project, &request.environment, request.production);
    let Some(known) = known else {
        return Err(Cause::UnknownEnvironment {
            project: request.project.clone(),
            environment: request.environment.clone(),
        });
    };
    for ServiceRequest { service, .. } in &request.services {
        match known.service(service) {
            None => return Err(Cause::UnknownService(service.clone())),
            Some(running) if running.chart.is_none() => {
                return Err(Cause::NoChart(service.clone()));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Checks that an image to be pushed is in a registry that the service knows.
fn check_source(image: &str, name: &str, catalog: &Catalog) -> Result<(), Cause> {
    let parts: Vec<_> = image.split(':').collect();
    let suffix = match parts[..] {
        [_] => format!("/{name}"),
        [_, tag] | [_, _, tag] => format!("/{name}:{tag}"),
        _ => return Err(Cause::InvalidImage(image.to_owned())),
    };
    let place = image.strip_suffix(&suffix).unwrap_or(image);
    if catalog.has_registry_at(place) {
        Ok(())
    } else {
        Err(Cause::UnknownSource(image.to_owned()))
    }
}

/// The image that a container runs in the order's environment, if that is known.
pub(crate) fn running<'a>(
    request: &VersionRequest,
    catalog: &'a Catalog,
    service: &str,
    container: &str,
) -> Option<&'a str> {
    let environment =
        catalog.environment(&request.project, &request.environment, request.production)?;
    environment.service(service)?.image_of(container)
}

/// Checks that images may go to the registry that the order names, if it names one.
fn check_registry(
    request: &VersionRequest,
    catalog: &Catalog,
    strictness: Strictness,
) -> Result<(), VersionError> {
    if request.registry.is_empty() {
        return Ok(());
    }
    match catalog.registry(&request.project, &request.registry) {
        Some(registry) if registry.supports(&request.project) => Ok(()),
        Some(registry) => Err(request.refuse(Cause::RegistryNotForProject {
            address: registry.address.clone(),
            namespace: registry.namespace.clone(),
            project: request.project.clone(),
        })),
        None if strictness.checked => Err(VersionError::Crash("a registry that nobody knows")),
        None => Ok(()),
    }
}

impl VersionRequest {
    /// A refusal of this order.
    pub fn refuse(&self, cause: Cause) -> VersionError {
        VersionError::Create {
            project: self.project.clone(),
            version: self.name.clone(),
            retry: self.retry,
            cause: Box::new(cause),
        }
    }

    /// The whole address of an image in the registry that the order names. A registry that nobody knows
    /// stands at `registry.local`, with the project as its namespace.
    pub(crate) fn target_of(&self, catalog: &Catalog, name: &str, tag: &str) -> String {
        let place = catalog.registry(&self.project, &self.registry).map_or_else(
            || format!("registry.local/{}", self.project),
            ImageRegistry::target,
        );
        format!("{place}/{name}:{tag}")
    }
}

//! The services of a version of generation 2, with their images from its source: the request, an environment, or another
//! version.

use super::messages_v4::DeliveryError;
use super::model::delivered::{Delivered, DeliveredImage, DeliveredService};
use super::model::delivery_request::{DeliveryRequest, DeliverySource, ImageBody, ServiceBody};
use super::model::manifests::{rendered, values};
use super::model::rows::VersionKind;
use super::table::VersionTable;
use crate::families::zadig::catalog::{
    Catalog, EnvironmentService, ImagePath, ServiceContainer, image_tag,
};

/// The resources that a request refers to.
pub(super) struct Sources<'a> {
    pub request: &'a DeliveryRequest,
    pub catalog: &'a Catalog,
    pub versions: &'a VersionTable,
    /// True if unknown references are refused.
    pub is_checked: bool,
}

/// A null among the services or their images crashes the service once it comes to it.
const NULL_SERVICE: DeliveryError = DeliveryError::Crash("a null in services");
const NULL_IMAGE: DeliveryError = DeliveryError::Crash("a null in images");

impl Sources<'_> {
    /// The services with their images, or the first refusal.
    pub(super) fn resolve(&self) -> Result<Vec<DeliveredService>, DeliveryError> {
        match self.request.source() {
            DeliverySource::Environment => self.services_of_environment(),
            DeliverySource::Version => self.services_of_version(),
            DeliverySource::Manual => match self.request.kind {
                VersionKind::K8sYaml => self.services_of_request(),
                VersionKind::HelmChart => self.services_with_charts(),
            },
        }
    }

    fn services(&self) -> impl Iterator<Item = Result<&ServiceBody, DeliveryError>> {
        let services = self.request.services.iter();
        services.map(|service| service.as_ref().ok_or(NULL_SERVICE))
    }

    fn services_of_environment(&self) -> Result<Vec<DeliveredService>, DeliveryError> {
        let request = self.request;
        let (project, environment) = (&request.project, &request.environment);
        if environment.is_empty() {
            return Err(DeliveryError::NoEnvironment);
        }
        let known = request.known_environment(self.catalog);
        if known.is_none() && self.is_checked {
            return Err(DeliveryError::UnknownEnvironment {
                project: project.clone(),
                environment: environment.clone(),
            });
        }
        let is_helm = request.kind == VersionKind::HelmChart;
        let own = |production| self.catalog.environment(project, environment, production);
        if is_helm && self.is_checked && own(request.production).is_none() {
            return Err(DeliveryError::NoReleases {
                project: project.clone(),
                environment: environment.clone(),
                production: request.production,
            });
        }
        let services = self.services().map(|service| {
            let service = service?;
            let running = known.and_then(|known| known.service(&service.service_name));
            let images = self.running_images(service, running)?;
            if is_helm {
                self.chart_of_environment(service, running, images)
            } else {
                self.manifest_of_environment(service, running, images)
            }
        });
        services.collect()
    }

    /// The images of a service as its environment runs them.
    fn running_images(
        &self,
        service: &ServiceBody,
        running: Option<&EnvironmentService>,
    ) -> Result<Vec<DeliveredImage>, DeliveryError> {
        let request = self.request;
        let images = service.images.iter().map(|image| {
            let image = image.as_ref().ok_or(NULL_IMAGE)?;
            let known = running.and_then(|running| running.container(&image.container_name));
            let container = match known {
                Some(known) => known.clone(),
                None if self.is_checked => {
                    return Err(DeliveryError::UnknownContainer {
                        service: service.service_name.clone(),
                        container: image.container_name.clone(),
                        environment: request.environment.clone(),
                        project: request.project.clone(),
                    });
                }
                None => self.assumed_container(&image.container_name),
            };
            Ok(DeliveredImage {
                image_name: container.image_name().to_owned(),
                source_image_tag: image_tag(&container.image).to_owned(),
                image_path: self.image_path(&container),
                source_image: container.image,
                ..own_part(image)
            })
        });
        images.collect()
    }

    /// A container that no fixture has.
    fn assumed_container(&self, name: &str) -> ServiceContainer {
        ServiceContainer {
            name: name.to_owned(),
            image: format!("registry.local/{}/{name}:latest", self.request.project),
            ..ServiceContainer::default()
        }
    }

    /// The places of an image in the values of a chart, which a K8s version does not have.
    fn image_path(&self, container: &ServiceContainer) -> Option<ImagePath> {
        match self.request.kind {
            VersionKind::K8sYaml => None,
            VersionKind::HelmChart => Some(usual_path(container)),
        }
    }

    fn manifest_of_environment(
        &self,
        service: &ServiceBody,
        running: Option<&EnvironmentService>,
        images: Vec<DeliveredImage>,
    ) -> Result<DeliveredService, DeliveryError> {
        let request = self.request;
        let name = &service.service_name;
        let render = |containers: Vec<(&str, &str)>| {
            let containers = containers.into_iter();
            rendered(&request.project, &request.environment, name, containers)
        };
        let yaml_content = match running {
            Some(running) => {
                let containers = running.containers.iter();
                render(
                    containers
                        .map(|known| (&*known.name, &*known.image))
                        .collect(),
                )
            }
            None if self.is_checked => {
                return Err(DeliveryError::UnknownService {
                    service: name.clone(),
                    environment: request.environment.clone(),
                });
            }
            None => {
                let images = images.iter();
                render(
                    images
                        .map(|image| (&*image.container_name, &*image.source_image))
                        .collect(),
                )
            }
        };
        Ok(DeliveredService {
            service_name: name.clone(),
            yaml_content,
            images,
            ..DeliveredService::default()
        })
    }

    fn chart_of_environment(
        &self,
        service: &ServiceBody,
        running: Option<&EnvironmentService>,
        images: Vec<DeliveredImage>,
    ) -> Result<DeliveredService, DeliveryError> {
        let request = self.request;
        let name = &service.service_name;
        if self.is_checked && running.is_none_or(|running| running.chart.is_none()) {
            return Err(DeliveryError::NoRelease {
                service: name.clone(),
                project: request.project.clone(),
                environment: request.environment.clone(),
            });
        }
        Ok(DeliveredService {
            service_name: name.clone(),
            chart_name: name.clone(),
            chart_version: service.chart_version.clone(),
            yaml_content: values_of("", &images, |image| &image.source_image),
            images,
            ..DeliveredService::default()
        })
    }

    fn services_of_version(&self) -> Result<Vec<DeliveredService>, DeliveryError> {
        let request = self.request;
        let name = &request.original;
        if name.is_empty() {
            return Err(DeliveryError::NoOriginal);
        }
        let original = self.versions.named(&request.project, name);
        let Some(original) = original.and_then(|stored| stored.item.delivered.as_deref()) else {
            return Err(DeliveryError::UnknownOriginal {
                project: request.project.clone(),
                name: name.clone(),
            });
        };
        let services = self.services().map(|service| {
            let service = service?;
            let images = self.original_images(service, original)?;
            let service_name = service.service_name.clone();
            if request.kind == VersionKind::K8sYaml {
                return Ok(DeliveredService {
                    service_name,
                    yaml_content: service.yaml_content.clone(),
                    images,
                    ..DeliveredService::default()
                });
            }
            let Some(known) = original.find_service(&service_name) else {
                return Err(DeliveryError::NotInOriginal {
                    service: service_name,
                    original: name.clone(),
                });
            };
            Ok(DeliveredService {
                service_name,
                chart_name: known.chart_name.clone(),
                chart_version: service.chart_version.clone(),
                yaml_content: known.yaml_content.clone(),
                images,
                ..DeliveredService::default()
            })
        });
        services.collect()
    }

    /// The images of a service as another version has them, from its source.
    fn original_images(
        &self,
        service: &ServiceBody,
        original: &Delivered,
    ) -> Result<Vec<DeliveredImage>, DeliveryError> {
        let images = service.images.iter().map(|image| {
            let image = image.as_ref().ok_or(NULL_IMAGE)?;
            let container = &image.container_name;
            let known = original.find_image(&service.service_name, container);
            let Some(known) = known else {
                return Err(DeliveryError::UnknownImage {
                    service: service.service_name.clone(),
                    container: container.clone(),
                    original: self.request.original.clone(),
                    project: self.request.project.clone(),
                });
            };
            let has_path = self.request.kind == VersionKind::HelmChart;
            Ok(DeliveredImage {
                image_name: known.image_name.clone(),
                source_image: known.source_image.clone(),
                source_image_tag: known.source_image_tag.clone(),
                image_path: known.image_path.clone().filter(|_| has_path),
                ..own_part(image)
            })
        });
        images.collect()
    }

    fn services_of_request(&self) -> Result<Vec<DeliveredService>, DeliveryError> {
        let services = self.services().map(|service| {
            let service = service?;
            let images = service.images.iter();
            let images = images.map(|image| Ok(as_sent(image.as_ref().ok_or(NULL_IMAGE)?)));
            Ok(DeliveredService {
                service_name: service.service_name.clone(),
                yaml_content: service.yaml_content.clone(),
                images: images.collect::<Result<_, DeliveryError>>()?,
                ..DeliveredService::default()
            })
        });
        services.collect()
    }

    fn services_with_charts(&self) -> Result<Vec<DeliveredService>, DeliveryError> {
        let services = self.services().map(|service| {
            let service = service?;
            let name = &service.service_name;
            let template = self.template(name);
            if template.is_none() && self.is_checked {
                return Err(DeliveryError::NotInProject {
                    service: name.clone(),
                    project: self.request.project.clone(),
                });
            }
            let images = service.images.iter().map(|image| {
                let image = image.as_ref().ok_or(NULL_IMAGE)?;
                let containers = template.unwrap_or_default();
                let mut containers = containers.iter();
                let known = containers.find(|known| known.name == image.container_name);
                if known.is_none() && self.is_checked {
                    return Err(DeliveryError::NotInService {
                        container: image.container_name.clone(),
                        service: name.clone(),
                        project: self.request.project.clone(),
                        production: self.request.production,
                    });
                }
                Ok(DeliveredImage {
                    image_path: Some(known.map_or_else(default_path, usual_path)),
                    ..as_sent(image)
                })
            });
            Ok(DeliveredService {
                service_name: name.clone(),
                chart_name: name.clone(),
                chart_version: service.chart_version.clone(),
                yaml_content: service.yaml_content.clone(),
                images: images.collect::<Result<_, _>>()?,
                ..DeliveredService::default()
            })
        });
        services.collect()
    }

    /// The containers of the template of a service; without one, of the service in an environment with the same production
    /// flag.
    fn template(&self, service: &str) -> Option<&[ServiceContainer]> {
        let project = self.catalog.0.get(&self.request.project)?;
        let production = self.request.production;
        let mut templates = project.services.iter();
        let template = templates
            .find(|template| template.name == service && template.production == production);
        if let Some(template) = template {
            return Some(&template.containers);
        }
        let environments = project.environments.iter();
        let mut environments = environments.filter(|known| known.production == production);
        let running = environments.find_map(|environment| environment.service(service));
        running.map(|running| &*running.containers)
    }
}

/// The part of an image that is the request's own, whatever the source.
fn own_part(image: &ImageBody) -> DeliveredImage {
    DeliveredImage {
        container_name: image.container_name.clone(),
        target_image: image.target_image.clone(),
        target_image_tag: image.target_image_tag.clone(),
        push_image: image.push_image,
        ..DeliveredImage::default()
    }
}

fn as_sent(image: &ImageBody) -> DeliveredImage {
    DeliveredImage {
        image_name: image.image_name.clone(),
        source_image: image.source_image.clone(),
        source_image_tag: image.source_image_tag.clone(),
        ..own_part(image)
    }
}

fn usual_path(container: &ServiceContainer) -> ImagePath {
    container.image_path.clone().unwrap_or_else(default_path)
}

/// The places of an image in the values of most charts.
fn default_path() -> ImagePath {
    ImagePath {
        image: "image.repository".to_owned(),
        tag: "image.tag".to_owned(),
        ..ImagePath::default()
    }
}

/// The values of a chart with one of the addresses of each image.
pub(super) fn values_of(
    others: &str,
    images: &[DeliveredImage],
    address: impl Fn(&DeliveredImage) -> &str,
) -> String {
    values(
        others,
        images.iter().filter_map(|image| {
            let image_path = image.image_path.as_ref()?;
            Some((image_path, address(image)))
        }),
    )
}

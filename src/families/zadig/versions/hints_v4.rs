//! Hints on refusals of generation 2, beside the service's own texts.

use super::hints::{known_hint, path_to_failed};
use super::messages_v4::{DeliveryError, DeliveryStop, RetryCause};
use super::model::delivery_request::DeliveryRequest;
use super::model::rows::VersionStatus;
use crate::families::zadig::table::Table;
use crate::sim::Millis;
use crate::world::hints::did_you_mean;

const PROJECT: &str = "zadig.projects[]";

impl Table {
    /// The hint on an unknown name: the closest one of the project, or the project that has it.
    pub fn unknown_name_hint(&self, project: &str, name: &str) -> Option<String> {
        let own = self.versions.collection.of(project).rev();
        let mut scopes = self.versions.collection.scopes();
        let mut elsewhere = || scopes.find(|other| self.versions.has_name(other, name));
        did_you_mean("version", own, name)
            .or_else(|| {
                elsewhere().map(|other| format!("the project {other} has a version of that name"))
            })
            .or_else(|| self.unknown_project_hint(project))
    }

    /// The hint on a refused creation.
    pub fn delivery_hint(
        &self,
        request: &DeliveryRequest,
        refusal: &DeliveryError,
        now: Millis,
    ) -> Option<String> {
        let environments = || {
            let project_catalog = self.catalog.0.get(&request.project).into_iter();
            project_catalog.flat_map(|known| &known.environments)
        };
        let text = match refusal {
            DeliveryError::NoEnvironment => "source from_env needs env_name",
            DeliveryError::NoOriginal => "source from_version needs original_version_name",
            DeliveryError::UnknownEnvironment { .. } => {
                let names = environments().map(|known| &*known.name);
                return Some(known_hint("environments", &request.environment, names));
            }
            DeliveryError::NoReleases { .. } => {
                return Some(format!(
                    "the environment exists with production {}",
                    !request.production
                ));
            }
            DeliveryError::UnknownContainer {
                service, container, ..
            } => {
                let known = request.known_environment(&self.catalog)?;
                let Some(known) = known.service(service) else {
                    let names = known.services.iter().map(|known| &*known.name);
                    return Some(known_hint("services", service, names));
                };
                let names = known.containers.iter().map(|known| &*known.name);
                return Some(known_hint("containers", container, names));
            }
            DeliveryError::UnknownService { service, .. } => {
                let known = request.known_environment(&self.catalog)?;
                let names = known.services.iter().map(|known| &*known.name);
                return Some(known_hint("services", service, names));
            }
            DeliveryError::NoRelease { .. } => {
                return Some(format!(
                    "a service of a Helm version needs a chart in {PROJECT}.environments[].services[].chart"
                ));
            }
            DeliveryError::UnknownOriginal { name, .. } => {
                return self.unknown_name_hint(&request.project, name);
            }
            DeliveryError::UnknownImage { .. } | DeliveryError::NotInOriginal { .. } => {
                "a version from another takes its services and containers alone: GET /openapi/delivery/releases/detail \
                 shows them"
            }
            DeliveryError::NotInProject { service, .. } => {
                let services = environments().flat_map(|known| &known.services);
                let names = services.map(|known| &*known.name);
                return Some(known_hint("services", service, names));
            }
            DeliveryError::NotInService {
                container, service, ..
            } => {
                let services = environments().filter_map(|known| known.service(service));
                let names =
                    services.flat_map(|known| known.containers.iter().map(|known| &*known.name));
                return Some(known_hint("containers", container, names));
            }
            DeliveryError::NoServices => "services must not be empty",
            DeliveryError::NoRegistry => "image_registry_id must not be empty",
            DeliveryError::UnknownRegistry => {
                let ids = self.catalog.registries().map(|known| &*known.id);
                return Some(known_hint("registries", &request.registry, ids));
            }
            DeliveryError::RegistryNotForProject { .. } => {
                return Some(format!(
                    "{PROJECT}.registries[].projects lists the projects that may use it"
                ));
            }
            DeliveryError::UnknownSource(_) => {
                "source_image must be <address>/<namespace>/<image_name>:<tag> of one of zadig.projects[].registries"
            }
            DeliveryError::InvalidImage(_) => "an image must have the form host/namespace/name:tag",
            DeliveryError::Duplicate(name) => {
                let stored = self.versions.named(&request.project, name)?;
                let id = &stored.id;
                let retry = match stored.item.status(now) {
                    VersionStatus::Failed => format!(
                        ", or retry it by POST /openapi/delivery/releases/retry?id={id}&projectKey={}",
                        request.project
                    ),
                    VersionStatus::Creating | VersionStatus::Retrying | VersionStatus::Success => {
                        String::new()
                    }
                };
                return Some(format!(
                    "{name:?} is already used in the project, by the version {id}: DELETE it{retry}"
                ));
            }
            DeliveryError::Stopped(stop) => return Some(self.stop_hint(stop)),
            DeliveryError::UnknownName { .. }
            | DeliveryError::PageOverflow { .. }
            | DeliveryError::Retry { .. }
            | DeliveryError::Crash(_) => return None,
        };
        Some(text.to_owned())
    }

    fn stop_hint(&self, stop: &DeliveryStop) -> String {
        let text = match stop {
            DeliveryStop::Manifest { .. } => {
                "yaml_content needs workloads with containers, unless the source is manual; the version is stored as failed"
            }
            DeliveryStop::NoTarget(_) => {
                "image_registry_id must not be empty where an image is pushed; the version is stored as failed"
            }
            DeliveryStop::UnknownChartRepo { repo, .. } => {
                let names = self.catalog.chart_repos().map(|known| &*known.name);
                return known_hint("chart repositories", repo, names);
            }
            DeliveryStop::Charts(_) => {
                "the version is stored as failed: POST /openapi/delivery/releases/retry tries the charts again"
            }
        };
        text.to_owned()
    }

    /// The hint on a refused retry.
    pub fn redelivery_hint(
        &self,
        project: &str,
        id: &str,
        refusal: &DeliveryError,
        now: Millis,
    ) -> Option<String> {
        let DeliveryError::Retry { cause, .. } = refusal else {
            return None;
        };
        let text = match cause {
            RetryCause::UnknownId(_) | RetryCause::MalformedId { .. } => {
                return Some(self.unknown_id_hint(Some(project), id));
            }
            RetryCause::NotFailed(_) => {
                let stored = self.versions.find(id).ok()?;
                return Some(path_to_failed(&stored.item, now));
            }
            RetryCause::NoPushes(_) => {
                "a K8s version that failed before any push cannot be retried: DELETE it and create it again"
            }
            RetryCause::StillPushing { .. } => {
                "the service gave up on the version after 60 minutes, but its push has not failed: DELETE the version and \
                 create it again"
            }
            RetryCause::NoRegistry => {
                "with --references checked the registry must be in the fixtures"
            }
            RetryCause::Stopped(stop) => return Some(self.stop_hint(stop)),
        };
        Some(text.to_owned())
    }
}

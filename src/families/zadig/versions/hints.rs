//! Hints on refusals, beside the service's own texts.

use super::messages::{Cause, Stop, VersionError};
use super::model::rows::VersionStatus;
use super::model::version::Version;
use super::model::version_request::VersionRequest;
use super::table::is_id;
use crate::families::zadig::table::Table;
use crate::sim::Millis;
use crate::sim::collection::{Resource, Stored};
use crate::sim::fuzzy::nearest;
use crate::world::hints::{MAX_CANDIDATES, StatusForecast, did_you_mean, listed};

/// The most projects that a hint names.
const MOST_PROJECTS: usize = 5;

impl Table {
    /// The hint on a project that neither a version nor the fixtures have: the closest one, or a few of those there are.
    pub fn unknown_project_hint(&self, project: &str) -> Option<String> {
        let catalog = &self.catalog.0;
        let n_known =
            self.versions.collection.len(project) + self.workflows.collection.len(project);
        if catalog.contains_key(project) || n_known > 0 {
            return None;
        }
        let of_versions = self.versions.collection.scopes().take(MAX_CANDIDATES);
        let of_fixtures = catalog.keys().map(String::as_str).take(MAX_CANDIDATES);
        let mut known: Vec<&str> = of_versions.chain(of_fixtures).collect();
        known.sort_unstable();
        known.dedup();
        Some(match nearest(project, known.iter().copied()) {
            Some(near) => format!("there is no project {project}, did you mean {near}?"),
            None if known.is_empty() => format!(
                "there is no project {project}; a project begins with its first version, or with fixtures"
            ),
            None => {
                let n_more = known.len().saturating_sub(MOST_PROJECTS);
                let more = if n_more == 0 {
                    String::new()
                } else {
                    format!(" and {n_more} more")
                };
                known.truncate(MOST_PROJECTS);
                format!(
                    "there is no project {project}; there are {}{more}",
                    known.join(", ")
                )
            }
        })
    }

    /// The hint on an unknown id: the closest version, in the request's project first.
    pub fn unknown_id_hint(&self, project: Option<&str>, id: &str) -> String {
        let own = project.into_iter();
        let others = self
            .versions
            .collection
            .scopes()
            .filter(|other| Some(*other) != project);
        let versions = own
            .chain(others)
            .flat_map(|project| self.versions.collection.of(project).rev());
        did_you_mean("version", versions, id).unwrap_or_else(|| {
            if is_id(id) {
                "no version has that id; it may be deleted".to_owned()
            } else {
                "an id has 24 hexadecimal digits; the list shows it".to_owned()
            }
        })
    }

    /// The hint on a refused creation or retry.
    pub fn refusal_hint(
        &self,
        request: &VersionRequest,
        refusal: &VersionError,
        now: Millis,
    ) -> Option<String> {
        match refusal {
            VersionError::UnknownEnvironment { .. } => Some(self.environment_hint(request)),
            VersionError::UnknownService { service } => Some(self.service_hint(request, service)),
            VersionError::UnknownContainer {
                service, container, ..
            } => {
                let environment = request.known_environment(&self.catalog)?;
                let known = environment.service(service)?.containers.iter();
                let names = known.map(|container| container.name.as_str());
                Some(known_hint("containers with an image", container, names))
            }
            VersionError::Create { cause, .. } => self.cause_hint(request, cause, now),
            VersionError::Crash(_) if !request.registry.is_empty() => {
                let known = self.catalog.registries();
                let ids = known.map(|registry| registry.id.as_str());
                Some(known_hint("registries", &request.registry, ids))
            }
            VersionError::Crash(_)
            | VersionError::UnknownVersion { .. }
            | VersionError::MalformedId { .. }
            | VersionError::PageOverflow { .. } => None,
        }
    }

    fn cause_hint(&self, request: &VersionRequest, cause: &Cause, now: Millis) -> Option<String> {
        let text = match cause {
            Cause::NoCharts => "chart_datas must not be empty",
            Cause::NoChartRepo => "chart_repo_name must not be empty",
            Cause::NoRegistry => "image_registry_id must not be empty",
            Cause::UnknownEnvironment { .. } => return Some(self.environment_hint(request)),
            Cause::UnknownService(service) => return Some(self.service_hint(request, service)),
            Cause::NoChart(_) => {
                "a service of a Helm version needs a chart in zadig.projects[].environments[].services[].chart"
            }
            Cause::RegistryNotForProject { .. } => {
                "zadig.projects[].registries[].projects lists the projects that may use it"
            }
            Cause::UnknownSource(image) if image.is_empty() => {
                "with --fidelity strict every image of a Helm version needs disable_image_dist true"
            }
            Cause::UnknownSource(_) => {
                "zadig.projects[].registries has no registry with that address and namespace"
            }
            Cause::InvalidImage(_) => "an image must have the form host/namespace/name:tag",
            Cause::Duplicate(name) => {
                let Stored { id, item, .. } = self.versions.named(&request.project, name)?;
                let retry = match item.status(now) {
                    VersionStatus::Failed => ", or retry it with retry true",
                    VersionStatus::Creating | VersionStatus::Retrying | VersionStatus::Success => {
                        ""
                    }
                };
                return Some(format!(
                    "{name:?} is already used in the project, by the version {id}: DELETE it{retry}"
                ));
            }
            Cause::NothingToRetry(name) | Cause::NoChartsToRetry(name) => {
                return Some(self.retry_hint(request, name));
            }
            Cause::NotFailed(_) => {
                let version = self.versions.named(&request.project, &request.name)?;
                return Some(path_to_failed(&version.item, now));
            }
            Cause::StillPushing { .. } => {
                "the service gave up on the version after 60 minutes, but its push has not failed: DELETE the version and \
                 create it again"
            }
            Cause::NoPushes(_) => {
                "a K8s version that failed before any push cannot be retried: DELETE it and create it again"
            }
            Cause::Stopped(Stop::NoTarget(_)) => {
                "image_registry_id must not be empty where an image is pushed"
            }
            Cause::Stopped(Stop::UnknownChartRepo { repo, .. }) => {
                let known = self.catalog.chart_repos();
                let names = known.map(|chart_repo| chart_repo.name.as_str());
                return Some(known_hint("chart repositories", repo, names));
            }
            Cause::Stopped(Stop::SameContainer { container, .. }) => {
                return Some(format!("image_datas: duplicate container {container:?}"));
            }
            Cause::Stopped(Stop::Charts(_)) => {
                "the version is stored as failed: send it again with retry true"
            }
        };
        Some(text.to_owned())
    }

    fn retry_hint(&self, request: &VersionRequest, name: &str) -> String {
        let own = self.versions.collection.of(&request.project).rev();
        let mut scopes = self.versions.collection.scopes();
        if let Some(near) = did_you_mean("version", own, name) {
            return near;
        }
        match scopes.find(|other| self.versions.has_name(other, name)) {
            Some(other) => format!("the project {other} has a version of that name"),
            None => "send retry false to create it".to_owned(),
        }
    }

    fn environment_hint(&self, request: &VersionRequest) -> String {
        let project_catalog = self.catalog.0.get(&request.project).into_iter();
        let known = project_catalog.flat_map(|project_catalog| &project_catalog.environments);
        let names: Vec<_> = known.map(|known| known.name.as_str()).collect();
        if names.contains(&request.environment.as_str()) {
            return format!(
                "the environment exists with production {}",
                !request.production
            );
        }
        known_hint("environments", &request.environment, names.into_iter())
    }

    fn service_hint(&self, request: &VersionRequest, service: &str) -> String {
        let environment = request.known_environment(&self.catalog).into_iter();
        let known = environment.flat_map(|environment| &environment.services);
        let names = known.map(|known| known.name.as_str());
        known_hint("services", service, names)
    }
}

/// The way to a status that allows a retry.
pub(super) fn path_to_failed(version: &Version, now: Millis) -> String {
    let forecast = StatusForecast {
        next: &|at| version.next_due(at),
        status: &|at| version.status(at),
        allows: &|at| version.status(at) == VersionStatus::Failed,
        advice: &|at| {
            let advice = match version.status(at) {
                VersionStatus::Success | VersionStatus::Failed => {
                    "only a failed version can be retried: to make a push fail, POST a script to \
                     /_emulator/v1/scripts before the creation"
                }
                VersionStatus::Creating | VersionStatus::Retrying => {
                    "time alone does not end it: PATCH /_emulator/v1/state gives it another status"
                }
            };
            advice.to_owned()
        },
    };
    forecast.path_to_allowed(now)
}

/// The known names of a kind, and the one closest to `name`.
pub(super) fn known_hint<'a>(
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> String {
    let known: Vec<&str> = known.collect();
    if known.is_empty() {
        return format!(
            "with --references checked it must be in the fixtures, which have no {kind}"
        );
    }
    listed(&format!("known {kind}:"), name, &known)
}

//! Hints beside refusals. The service's own texts say none of it.

use super::messages::{Cause, Stop, VersionError};
use super::model::catalog::Environment;
use super::model::rows::VersionStatus;
use super::model::version::Version;
use super::model::version_request::VersionRequest;
use super::table::{Table, is_id};
use crate::sim::Millis;
use crate::sim::collection::{Resource, Stored};
use crate::sim::fuzzy::{nearest, suggestion};
use crate::world::hints::{StatusForecast, did_you_mean};

impl Table {
    /// What was probably meant by an id that no version has. `project` is the one that the request names.
    pub fn instead_of_id(&self, project: Option<&str>, id: &str) -> String {
        let own = project.map(|project| self.versions.of(project));
        let others = self.versions.scopes();
        let others = others.filter(|other| Some(*other) != project);
        let others = others.flat_map(|other| self.versions.of(other).rev());
        let versions = own.into_iter().flat_map(Iterator::rev).chain(others);
        did_you_mean("version", versions, id).unwrap_or_else(|| {
            let no_id = "an id has 24 hexadecimal digits, as the list shows it";
            if is_id(id) {
                "no version has that id, or not any more".to_owned()
            } else {
                no_id.to_owned()
            }
        })
    }

    /// What would have worked in place of what was refused of an order.
    pub fn suggest_for_request(
        &self,
        request: &VersionRequest,
        refusal: &VersionError,
        now: Millis,
    ) -> Option<String> {
        match refusal {
            VersionError::UnknownVersion { id } | VersionError::MalformedId { id } => {
                Some(self.instead_of_id(Some(&request.project), id))
            }
            VersionError::UnknownEnvironment { .. } => Some(self.environments(request)),
            VersionError::UnknownService { service } => Some(self.services(request, service)),
            VersionError::UnknownContainer {
                service, container, ..
            } => {
                let known = self.environment(request)?.service(service)?;
                let known = known.containers.iter();
                let known = known.map(|container| container.name.as_str());
                Some(listed("containers with an image", container, known))
            }
            VersionError::Create { cause, .. } => self.instead_of_cause(request, cause, now),
            VersionError::Crash(_) if !request.registry.is_empty() => {
                let project_catalog = self.catalog.0.values();
                let known = project_catalog.flat_map(|project_catalog| &project_catalog.registries);
                let known = known.map(|registry| registry.id.as_str());
                Some(listed("registries", &request.registry, known))
            }
            VersionError::Crash(_) => None,
        }
    }

    fn instead_of_cause(
        &self,
        request: &VersionRequest,
        cause: &Cause,
        now: Millis,
    ) -> Option<String> {
        let text = match cause {
            Cause::NoCharts => "chart_datas must hold a chart",
            Cause::NoChartRepo => "chart_repo_name must not be empty",
            Cause::NoRegistry | Cause::Stopped(Stop::NoTarget(_)) => {
                "image_registry_id must not be empty where an image is pushed"
            }
            Cause::UnknownEnvironment { .. } => return Some(self.environments(request)),
            Cause::UnknownService(service) => return Some(self.services(request, service)),
            Cause::NoChart(_) => {
                "a service that is deployed from a chart has one in zadig.projects[].environments[].services[].chart"
            }
            Cause::RegistryNotForProject { .. } => {
                "zadig.projects[].registries[].projects lists the projects that may use it"
            }
            Cause::UnknownSource(image) if image.is_empty() => {
                "with --fidelity strict every image of a Helm version needs disable_image_dist true"
            }
            Cause::UnknownSource(_) => {
                "a registry at that address and namespace must be among zadig.projects[].registries"
            }
            Cause::InvalidImage(_) => "an image reads host/namespace/name:tag",
            Cause::Duplicate(name) => return self.taken(request, name, now),
            Cause::NothingToRetry(name) | Cause::NoChartsToRetry(name) => {
                return Some(self.nothing_to_retry(request, name));
            }
            Cause::NotFailed(_) => {
                return Some(way(self.named(&request.project, &request.name)?, now));
            }
            Cause::NoPushes(_) => {
                "a K8s version that failed before any push cannot be retried: DELETE it and create it anew"
            }
            Cause::Stopped(Stop::UnknownChartRepo { repo, .. }) => {
                let project_catalog = self.catalog.0.values();
                let known =
                    project_catalog.flat_map(|project_catalog| &project_catalog.chart_repos);
                let known = known.map(|repo| repo.name.as_str());
                return Some(listed("chart repositories", repo, known));
            }
            Cause::Stopped(Stop::SameContainer { .. }) => "image_datas must name a container once",
            Cause::Stopped(Stop::Charts(_)) => {
                "the version is stored as failed: send it with retry true"
            }
        };
        Some(text.to_owned())
    }

    /// Who has the name of an order, and what can be done about it.
    fn taken(&self, request: &VersionRequest, name: &str, now: Millis) -> Option<String> {
        let Stored { id, item, .. } = self.named(&request.project, name)?;
        let retry = match item.status(now) {
            VersionStatus::Failed => ", or retry it with retry true",
            VersionStatus::Creating | VersionStatus::Retrying | VersionStatus::Success => "",
        };
        Some(format!(
            "the version {id} has the name {name}: DELETE it{retry}"
        ))
    }

    fn nothing_to_retry(&self, request: &VersionRequest, name: &str) -> String {
        let own = self.versions.of(&request.project).rev();
        let mut scopes = self.versions.scopes();
        if let Some(near) = did_you_mean("version", own, name) {
            return near;
        }
        match scopes.find(|other| self.has_name(other, name)) {
            Some(other) => format!("the project {other} has a version of that name"),
            None => "retry false creates it".to_owned(),
        }
    }

    fn environment(&self, request: &VersionRequest) -> Option<&Environment> {
        let VersionRequest {
            project,
            environment,
            production,
            ..
        } = request;
        self.catalog.environment(project, environment, *production)
    }

    fn environments(&self, request: &VersionRequest) -> String {
        let project_catalog = self.catalog.0.get(&request.project).into_iter();
        let known = project_catalog.flat_map(|project_catalog| &project_catalog.environments);
        let known: Vec<_> = known.collect();
        if known.iter().any(|known| known.name == request.environment) {
            return format!("it is there with production {}", !request.production);
        }
        let names = known.iter().map(|known| known.name.as_str());
        listed("environments", &request.environment, names)
    }

    fn services(&self, request: &VersionRequest, service: &str) -> String {
        let known = self.environment(request).into_iter();
        let known = known.flat_map(|known| &known.services);
        let known = known.map(|service| service.name.as_str());
        listed("services", service, known)
    }
}

/// How to get to where a version may be retried.
fn way(version: &Stored<Version>, now: Millis) -> String {
    let version = &version.item;
    let course = StatusForecast {
        next: &|at| version.next_due(at),
        status: &|at| version.status(at),
        allows: &|at| version.status(at) == VersionStatus::Failed,
        advice: &|at| {
            let advice = match version.status(at) {
                VersionStatus::Success | VersionStatus::Failed => {
                    "only what failed is retried: a script (POST /_emulator/v1/scripts) that is there before the \
                     creation lets a push fail"
                }
                VersionStatus::Creating | VersionStatus::Retrying => {
                    "time alone does not end it: PATCH /_emulator/v1/state gives it another status"
                }
            };
            advice.to_owned()
        },
    };
    course.path_to_allowed(now)
}

/// What there is of a kind, and which of it comes near.
fn listed<'a>(kind: &str, said: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    if known.is_empty() {
        return format!(
            "with --references checked it must be in the fixtures, which have no such {kind}"
        );
    }
    let near = nearest(said, known.iter().copied());
    format!(
        "the {kind} there are: {}{}",
        known.join(", "),
        suggestion(near)
    )
}

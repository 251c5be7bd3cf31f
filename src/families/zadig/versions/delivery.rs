//! The creation and the retry of versions of generation 2.

use super::creation::{CREATE, ZadigWriteContext};
use super::messages_v4::{DeliveryError, DeliveryStop, RetryCause};
use super::model::delivered::{Delivered, DeliveredService, PASSED};
use super::model::delivery_request::{DeliveryRequest, FROM_ENV, FROM_VERSION, MANUAL};
use super::model::manifests::with_images;
use super::model::pushing::{Push, Pushing, pushes_of};
use super::model::rows::{VersionKind, VersionStatus};
use super::model::version::{RETRY, Stopped, Version, VersionLifecycle, VersionRef};
use super::model::version_request::{SourceError, check_source};
use super::sources::{Sources, values_of};
use super::table::is_id;
use crate::families::zadig::catalog::Catalog;
use crate::families::zadig::table::Table;
use crate::sim::Millis;
use crate::sim::lifecycle::Outcome;
use crate::sim::scripts::Scripts;
use crate::world::handle::Shared;
use crate::world::settings::Settings;

/// The end of the name of everyone who creates a version by this API.
const BY_API: &str = "(OpenAPI)";

impl Table {
    /// Creates a version of generation 2. If it stops after it is stored, that is an error too.
    pub fn deliver(
        &mut self,
        request: &DeliveryRequest,
        context: &mut ZadigWriteContext,
    ) -> Result<(), DeliveryError> {
        let sources = Sources {
            request,
            catalog: &self.catalog,
            versions: &self.versions,
            is_checked: context.settings.checks_references(),
        };
        let services = sources.resolve()?;
        check(request, &services, &self.catalog, context.settings)?;
        if self.versions.has_name(&request.project, &request.name) {
            return Err(DeliveryError::Duplicate(request.name.clone()));
        }
        let id = context
            .ids
            .object_id(context.now, |id| self.versions.is_taken(id));
        let mut delivered = Delivered {
            source: request.source.clone(),
            chart_repo: request.chart_repo.clone(),
            services,
            error: String::new(),
        };
        let version_ref = request.version_ref(&id);
        let checked_catalog = context
            .settings
            .checks_references()
            .then_some(&self.catalog);
        let scripts = &mut context.shared.scripts;
        let prepared = match request.kind {
            VersionKind::K8sYaml => replace_images(&mut delivered),
            VersionKind::HelmChart => {
                push_charts(version_ref, &mut delivered, checked_catalog, scripts)
            }
        };
        let pushes = prepared.and_then(|()| {
            let pushes = pushes_of(&delivered);
            if request.registry.is_empty() && !pushes.is_empty() {
                return Err(DeliveryStop::NoTarget(request.name.clone()));
            }
            Ok(pushes)
        });
        let (lifecycle, result) = match pushes {
            Ok(pushes) => {
                delivered.find_steps(pushes.iter().map(Push::key));
                (begin(version_ref, pushes, false, context), Ok(()))
            }
            Err(stop) => (stopped(&stop), Err(stop.into())),
        };
        let version = Version {
            name: request.name.clone(),
            kind: request.kind,
            labels: request.labels.clone(),
            description: request.description.clone(),
            environment: request.environment.clone(),
            production: request.production,
            registry: request.registry.clone(),
            created_by: format!("{}{BY_API}", context.caller),
            create_time: context.now.div_euclid(1_000),
            deploys: Vec::new(),
            distributes: Vec::new(),
            delivered: Some(Box::new(delivered)),
            lifecycle,
        };
        let change_context = &mut context.shared.log.context(context.now, CREATE);
        self.versions
            .insert(&request.project, &id, version, change_context);
        result
    }

    /// Retries a failed version of generation 2 by its id, in any project.
    pub fn redeliver(
        &mut self,
        id: &str,
        context: &mut ZadigWriteContext,
    ) -> Result<(), DeliveryError> {
        let refuse = |cause| DeliveryError::Retry {
            id: id.to_owned(),
            cause,
        };
        let Ok(stored) = self.versions.find(id) else {
            return Err(refuse(if is_id(id) {
                RetryCause::UnknownId(id.to_owned())
            } else {
                RetryCause::MalformedId { id: id.to_owned() }
            }));
        };
        stored
            .item
            .may_redeliver(&stored.scope, context.now)
            .map_err(refuse)?;
        let (project, id) = (stored.scope.to_string(), stored.id.to_string());
        let mut version = stored.item.clone();
        let version_ref = VersionRef {
            project: &project,
            id: &id,
            name: &version.name.clone(),
        };
        let result = match version.kind {
            VersionKind::K8sYaml => {
                version.keep_delivery(context.now);
                version.push_again(version_ref, &mut context.shared.scripts, context.now);
                Ok(())
            }
            VersionKind::HelmChart => self.redeliver_charts(version_ref, &mut version, context),
        };
        if let Err(cause @ RetryCause::NoRegistry) = result {
            return Err(refuse(cause));
        }
        let change_context = &mut context.shared.log.context(context.now, RETRY);
        self.versions
            .collection
            .edit(&project, &id, change_context, |stored| *stored = version);
        result.map_err(refuse)
    }

    /// Pushes the charts of a version again that are not pushed, and then all of its images.
    fn redeliver_charts(
        &self,
        version_ref: VersionRef,
        version: &mut Version,
        context: &mut ZadigWriteContext,
    ) -> Result<(), RetryCause> {
        let is_checked = context.settings.checks_references();
        let registry = self
            .catalog
            .registry(version_ref.project, &version.registry);
        if is_checked && registry.is_none() {
            return Err(RetryCause::NoRegistry);
        }
        version.keep_delivery(context.now);
        let mut delivered = version.delivered.take().unwrap_or_default();
        let checked_catalog = is_checked.then_some(&self.catalog);
        let scripts = &mut context.shared.scripts;
        let pushed = push_charts(version_ref, &mut delivered, checked_catalog, scripts);
        let (lifecycle, result) = match pushed {
            Ok(()) => {
                let pushes = pushes_of(&delivered);
                delivered.find_steps(pushes.iter().map(Push::key));
                (begin(version_ref, pushes, true, context), Ok(()))
            }
            Err(stop) => (stopped(&stop), Err(stop.into())),
        };
        version.delivered = Some(delivered);
        version.lifecycle = lifecycle;
        result
    }
}

impl Version {
    /// Checks that a retry may begin by the rules of generation 2.
    pub fn may_redeliver(&self, project: &str, now: Millis) -> Result<(), RetryCause> {
        let status = self.status(now);
        if status != VersionStatus::Failed {
            return Err(RetryCause::NotFailed(status));
        }
        if self.kind == VersionKind::HelmChart {
            return Ok(());
        }
        match &self.lifecycle {
            VersionLifecycle::Pushing(pushing) if pushing.has_failed(now) => Ok(()),
            VersionLifecycle::Pushing(_) => Err(RetryCause::StillPushing {
                project: project.to_owned(),
                version: self.name.clone(),
            }),
            VersionLifecycle::Given { .. } if !self.recorded_pushes().is_empty() => Ok(()),
            VersionLifecycle::Given { .. } | VersionLifecycle::Stopped(_) => {
                Err(RetryCause::NoPushes(self.name.clone()))
            }
        }
    }
}

/// The checks of a new version between its sources and its name.
fn check(
    request: &DeliveryRequest,
    services: &[DeliveredService],
    catalog: &Catalog,
    settings: &Settings,
) -> Result<(), DeliveryError> {
    if request.kind == VersionKind::HelmChart {
        if services.is_empty() {
            return Err(DeliveryError::NoServices);
        }
        if request.registry.is_empty() {
            return Err(DeliveryError::NoRegistry);
        }
    }
    let is_checked = settings.checks_references();
    if !request.registry.is_empty() {
        match catalog.registry(&request.project, &request.registry) {
            Some(registry) if registry.supports(&request.project) => {}
            Some(registry) => {
                return Err(DeliveryError::RegistryNotForProject {
                    address: registry.address.clone(),
                    namespace: registry.namespace.clone(),
                    project: request.project.clone(),
                });
            }
            None if is_checked => return Err(DeliveryError::UnknownRegistry),
            None => {}
        }
    }
    if !is_checked {
        return Ok(());
    }
    for image in services.iter().flat_map(DeliveredService::pushed_images) {
        check_source(&image.source_image, &image.image_name, catalog).map_err(|error| {
            let image = image.source_image.clone();
            match error {
                SourceError::Malformed => DeliveryError::InvalidImage(image),
                SourceError::Unknown => DeliveryError::UnknownSource(image),
            }
        })?;
    }
    Ok(())
}

/// Gives the manifests of a K8s version their images, all of them or none.
fn replace_images(delivered: &mut Delivered) -> Result<(), DeliveryStop> {
    if delivered.source == MANUAL {
        return Ok(());
    }
    let replaced = delivered.services.iter().map(|service| {
        if delivered.source == FROM_VERSION && service.yaml_content.is_empty() {
            return Ok(String::new());
        }
        with_images(&service.yaml_content, &service.images).map_err(|why| DeliveryStop::Manifest {
            service: service.service_name.clone(),
            why,
        })
    });
    let replaced = replaced.collect::<Result<Vec<_>, _>>()?;
    for (service, yaml_content) in delivered.services.iter_mut().zip(replaced) {
        service.yaml_content = yaml_content;
    }
    Ok(())
}

/// Pushes the charts of a version that are not pushed yet, before the request is answered. All succeed, or none counts.
///
/// Scripts decide by the chart's name, but cannot make it hang. `checked_catalog` is the catalog that must have the
/// repository, if references are checked.
fn push_charts(
    version_ref: VersionRef,
    delivered: &mut Delivered,
    checked_catalog: Option<&Catalog>,
    scripts: &mut Scripts,
) -> Result<(), DeliveryStop> {
    let repo = &delivered.chart_repo;
    let is_known = |catalog: &Catalog| catalog.chart_repos().any(|known| known.name == *repo);
    if !repo.is_empty() && checked_catalog.is_some_and(|catalog| !is_known(catalog)) {
        return Err(DeliveryStop::UnknownChartRepo {
            project: version_ref.project.to_owned(),
            repo: repo.clone(),
        });
    }
    let is_pushed = |service: &DeliveredService| {
        !repo.is_empty()
            && service.chart_status != PASSED
            && match &*delivered.source {
                FROM_ENV => true,
                FROM_VERSION => !service.chart_version.is_empty(),
                _ => false,
            }
    };
    let pushed: Vec<bool> = delivered.services.iter().map(is_pushed).collect();
    let mut errors = Vec::new();
    for (service, is_pushed) in delivered.services.iter().zip(&pushed) {
        if !is_pushed {
            continue;
        }
        let (chart, version) = (&service.chart_name, &service.chart_version);
        let query = version_ref.step_query(&service.service_name, chart);
        if let Outcome::Fail(why) = scripts.decide_instant(&query) {
            errors.push(format!(
                "failed to push chart: {chart}-{version}.tgz: {why}"
            ));
        }
    }
    if !errors.is_empty() {
        return Err(DeliveryStop::Charts(errors));
    }
    for (service, is_pushed) in delivered.services.iter_mut().zip(pushed) {
        if is_pushed {
            let others = &service.yaml_content;
            service.yaml_content = values_of(others, &service.images, |image| &image.target_image);
        }
        PASSED.clone_into(&mut service.chart_status);
    }
    Ok(())
}

fn begin(
    version_ref: VersionRef,
    pushes: Vec<Push>,
    is_retry: bool,
    context: &mut ZadigWriteContext,
) -> VersionLifecycle {
    let Shared { scripts, .. } = &mut *context.shared;
    let steps = pushes.iter().map(|push| version_ref.decide(scripts, push));
    let steps = steps.collect();
    VersionLifecycle::Pushing(Pushing::start(pushes, steps, is_retry, context.now))
}

fn stopped(stop: &DeliveryStop) -> VersionLifecycle {
    VersionLifecycle::Stopped(Stopped {
        error: stop.to_string(),
        chart_repo: String::new(),
        charts: Vec::new(),
        doubled: false,
    })
}

//! The creation and the retry of versions, with the catalog that they refer to.

use super::messages::{Cause, Stop, VersionError};
use super::model::artifacts;
use super::model::pushing::{Push, Pushing};
use super::model::rows::{Distribute, VersionKind};
use super::model::version::{RETRY, Stopped, Version, VersionLifecycle};
use super::model::version_request::VersionRequest;
use crate::families::zadig::table::Table;
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::world::handle::Shared;
use crate::world::settings::Settings;

/// The context of a creation or a retry.
pub struct ZadigWriteContext<'a> {
    pub shared: &'a mut Shared,
    pub ids: &'a Ids,
    pub settings: &'a Settings,
    /// The caller's name.
    pub caller: &'a str,
    pub now: Millis,
}

pub(super) const CREATE: &str = "create";

impl Table {
    /// Creates or retries a version. If it stops after it is stored, that is an error too.
    pub fn create(
        &mut self,
        request: &VersionRequest,
        context: &mut ZadigWriteContext,
    ) -> Result<(), VersionError> {
        request.check_environment(&self.catalog, context.settings)?;
        if request.retry {
            return self.retry(request, context);
        }
        request.check(&self.catalog, context.settings)?;
        if self.versions.has_name(&request.project, &request.name) {
            return Err(request.refuse(Cause::Duplicate(request.name.clone())));
        }

        let id = self.draw_id(context);
        let (deploys, distributes, lifecycle, result) = match request.kind {
            VersionKind::K8sYaml => {
                let draw = || self.draw_id(context);
                let (deploys, pushes) =
                    artifacts::deploy(request, &id, &self.catalog, context.now, draw);
                let task = self.versions.next_task(&request.project);
                let (lifecycle, result) =
                    begin(request, &id, pushes, (Stopped::default(), task), context);
                (deploys, Vec::new(), lifecycle, result)
            }
            VersionKind::HelmChart => {
                let is_checked = context.settings.checks_references();
                let charts = artifacts::charts(request, &self.catalog, is_checked);
                let stopped = Stopped {
                    error: String::new(),
                    chart_repo: request.chart_repo.clone(),
                    doubled: charts.len() < request.services.len(),
                    charts,
                };
                let (distributes, lifecycle, result) =
                    self.deliver_charts(request, &id, stopped, context);
                (Vec::new(), distributes, lifecycle, result)
            }
        };
        let version = Version {
            name: request.name.clone(),
            kind: request.kind,
            labels: request.labels.clone(),
            description: request.description.clone(),
            environment: request.environment.clone(),
            production: request.production,
            registry: request.registry.clone(),
            created_by: context.caller.to_owned(),
            create_time: context.now.div_euclid(1_000),
            deploys,
            distributes,
            delivered: None,
            lifecycle,
        };
        let change_context = &mut context.shared.log.context(context.now, CREATE);
        self.versions
            .insert(&request.project, &id, version, change_context);
        result
    }

    /// Retries a failed version of either kind: the service does not compare the kind with the path.
    fn retry(
        &mut self,
        request: &VersionRequest,
        context: &mut ZadigWriteContext,
    ) -> Result<(), VersionError> {
        let Some(stored) = self.versions.named(&request.project, &request.name) else {
            let name = request.name.clone();
            return Err(request.refuse(match request.kind {
                VersionKind::K8sYaml => Cause::NothingToRetry(name),
                VersionKind::HelmChart => Cause::NoChartsToRetry(name),
            }));
        };
        stored
            .item
            .may_retry(&request.project, context.now)
            .map_err(|cause| request.refuse(cause))?;
        let id = stored.id.to_string();
        let delivery = match stored.item.lifecycle.clone() {
            VersionLifecycle::Stopped(stopped) => {
                Some(self.deliver_charts(request, &id, stopped, context))
            }
            VersionLifecycle::Given { .. } | VersionLifecycle::Pushing(_) => None,
        };
        let Shared { scripts, log, .. } = &mut *context.shared;
        let change_context = &mut log.context(context.now, RETRY);
        let mut result = Ok(());
        if let Some((_, lifecycle, _)) = &delivery {
            self.versions.note_task(&request.project, lifecycle);
        }
        self.versions
            .collection
            .edit(&request.project, &id, change_context, |version| {
                let Some((distributes, lifecycle, delivered)) = delivery else {
                    return version.push_again(request.version_ref(&id), scripts, context.now);
                };
                (version.distributes, version.lifecycle) = (distributes, lifecycle);
                let row_ids = version.row_ids().into_iter().map(str::to_owned);
                self.versions.rows.extend(row_ids);
                result = delivered;
            });
        result
    }

    /// Packages the charts of a version, and starts the pushes of their images unless a chart fails.
    fn deliver_charts(
        &self,
        request: &VersionRequest,
        id: &str,
        stopped: Stopped,
        context: &mut ZadigWriteContext,
    ) -> (Vec<Distribute>, VersionLifecycle, Result<(), VersionError>) {
        let Stopped {
            chart_repo, charts, ..
        } = &stopped;
        let version_ref = request.version_ref(id);
        let checked_catalog = context
            .settings
            .checks_references()
            .then_some(&self.catalog);
        let scripts = &mut context.shared.scripts;
        let packaged =
            artifacts::package(version_ref, chart_repo, charts, checked_catalog, scripts);
        let (distributes, pushes) = match packaged {
            Ok(()) => {
                let draw = || self.draw_id(context);
                let (distributes, pushes) =
                    artifacts::distribute(chart_repo, charts, context.now, draw);
                (distributes, Ok(pushes))
            }
            Err(stop) => (Vec::new(), Err(stop)),
        };
        let task = self.versions.next_task(&request.project);
        let (lifecycle, result) = begin(request, id, pushes, (stopped, task), context);
        (distributes, lifecycle, result)
    }

    fn draw_id(&self, context: &ZadigWriteContext) -> String {
        context
            .ids
            .object_id(context.now, |id| self.versions.is_taken(id))
    }
}

/// The lifecycle of a version with its pushes, or of one that stopped, with the refusal.
fn begin(
    request: &VersionRequest,
    id: &str,
    pushes: Result<Vec<Push>, Stop>,
    (stopped, task): (Stopped, u64),
    context: &mut ZadigWriteContext,
) -> (VersionLifecycle, Result<(), VersionError>) {
    match pushes {
        Ok(pushes) => {
            let version_ref = request.version_ref(id);
            let decide = |push| version_ref.decide(&mut context.shared.scripts, push);
            let steps = pushes.iter().map(decide).collect();
            let pushing = Pushing {
                doubled: stopped.doubled,
                task,
                ..Pushing::start(pushes, steps, request.retry, context.now)
            };
            (VersionLifecycle::Pushing(pushing), Ok(()))
        }
        Err(stop) => {
            let stopped = Stopped {
                error: stop.to_string(),
                ..stopped
            };
            let refusal = request.refuse(stop.into());
            (VersionLifecycle::Stopped(stopped), Err(refusal))
        }
    }
}

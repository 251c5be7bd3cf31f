//! All versions with the catalog they refer to: the one place that handles uniqueness, order and paging.

use foldhash::{HashMap, HashSet};

use super::messages::{Cause, Stop, VersionError};
use super::model::artifacts;
use super::model::catalog::Catalog;
use super::model::rows::{Distribute, VersionKind};
use super::model::version::{
    Chart, DELETE, Push, Pushing, RETRY, Stopped, Version, VersionLifecycle,
};
use super::model::version_request::VersionRequest;
use crate::sim::Millis;
use crate::sim::collection::{Collection, Stored};
use crate::sim::ids::Ids;
use crate::sim::transition::{ChangeContext, TransitionLog};
use crate::world::handle::Shared;
use crate::world::settings::Settings;

/// The versions of all projects. An id is unique among all of them, a name within its project.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub(super) versions: Collection<Version>,
    /// The id of each name, by project.
    names: HashMap<String, HashMap<String, String>>,
    /// The ids of all rows.
    rows: HashSet<String>,
    pub(super) catalog: Catalog,
}

/// A page of a project's versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionPage {
    pub project: String,
    /// The number of the page, from 1.
    pub number: usize,
    /// The maximum number of versions.
    pub size: usize,
}

impl VersionPage {
    /// The number of versions before the page.
    pub fn offset(&self) -> usize {
        self.size.saturating_mul(self.number.saturating_sub(1))
    }
}

/// The context of a creation or a retry.
pub struct ZadigWriteContext<'a> {
    pub shared: &'a mut Shared,
    pub ids: &'a Ids,
    pub settings: &'a Settings,
    /// The caller's name.
    pub caller: &'a str,
    pub now: Millis,
}

const CREATE: &str = "create";

impl Table {
    /// The versions of a page, newest first, and the number of the project's versions.
    pub fn list(&self, page: &VersionPage) -> (impl Iterator<Item = &Stored<Version>>, usize) {
        let versions = self.versions.of(&page.project).rev();
        let page_versions = versions.skip(page.offset()).take(page.size);
        (page_versions, self.versions.len(&page.project))
    }

    /// Finds a version by id in any project.
    pub fn find(&self, id: &str) -> Result<&Stored<Version>, VersionError> {
        let found = self.versions.find(&id.to_ascii_lowercase());
        found.ok_or_else(|| VersionError::UnknownVersion { id: id.to_owned() })
    }

    /// Deletes a version by id, in any project and any status. The deletion of an unknown version succeeds.
    pub fn delete(
        &mut self,
        id: &str,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<(), VersionError> {
        if !is_id(id) {
            return Err(VersionError::MalformedId { id: id.to_owned() });
        }
        let Some(stored) = self.versions.find(&id.to_ascii_lowercase()) else {
            return Ok(());
        };
        let (project, id) = (stored.scope.to_string(), stored.id.to_string());
        let change_context = &mut log.context(now, DELETE);
        if let Some(version) = self.versions.remove(&project, &id, change_context) {
            for row in version.row_ids() {
                self.rows.remove(row);
            }
            if let Some(names) = self.names.get_mut(&project) {
                names.remove(&version.name);
                if names.is_empty() {
                    self.names.remove(&project);
                }
            }
        }
        Ok(())
    }

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
        if self.has_name(&request.project, &request.name) {
            return Err(request.refuse(Cause::Duplicate(request.name.clone())));
        }

        let id = self.draw_id(context);
        let (deploys, distributes, lifecycle, result) = match request.kind {
            VersionKind::K8sYaml => {
                let draw = || self.draw_id(context);
                let (deploys, pushes) =
                    artifacts::deploy(request, &self.catalog, context.now, draw);
                let (lifecycle, result) =
                    begin(request, &id, pushes, String::new(), Vec::new(), context);
                (deploys, Vec::new(), lifecycle, result)
            }
            VersionKind::HelmChart => {
                let is_checked = context.settings.checks_references();
                let charts = artifacts::charts(request, &self.catalog, is_checked);
                let chart_repo = request.chart_repo.clone();
                let (distributes, lifecycle, result) =
                    self.deliver_charts(request, &id, chart_repo, charts, context);
                (Vec::new(), distributes, lifecycle, result)
            }
        };
        let version = Version {
            name: request.name.clone(),
            kind: request.kind,
            labels: request.labels.clone(),
            description: request.description.clone(),
            created_by: context.caller.to_owned(),
            create_time: context.now.div_euclid(1_000),
            deploys,
            distributes,
            lifecycle,
        };
        let change_context = &mut context.shared.log.context(context.now, CREATE);
        self.insert(&request.project, &id, version, change_context);
        result
    }

    /// Retries a failed version of either kind: the service does not compare the kind with the path.
    fn retry(
        &mut self,
        request: &VersionRequest,
        context: &mut ZadigWriteContext,
    ) -> Result<(), VersionError> {
        let Some(stored) = self.named(&request.project, &request.name) else {
            let name = request.name.clone();
            return Err(request.refuse(match request.kind {
                VersionKind::K8sYaml => Cause::NothingToRetry(name),
                VersionKind::HelmChart => Cause::NoChartsToRetry(name),
            }));
        };
        stored
            .item
            .may_retry(context.now)
            .map_err(|cause| request.refuse(cause))?;
        let id = stored.id.to_string();
        let delivery = match stored.item.lifecycle.clone() {
            VersionLifecycle::Stopped(Stopped {
                chart_repo, charts, ..
            }) => Some(self.deliver_charts(request, &id, chart_repo, charts, context)),
            VersionLifecycle::Given { .. } | VersionLifecycle::Pushing(_) => None,
        };
        let Shared { scripts, log, .. } = &mut *context.shared;
        let change_context = &mut log.context(context.now, RETRY);
        let mut result = Ok(());
        self.versions
            .edit(&request.project, &id, change_context, |version| {
                let Some((distributes, lifecycle, delivered)) = delivery else {
                    return version.push_again(request.version_ref(&id), scripts, context.now);
                };
                (version.distributes, version.lifecycle) = (distributes, lifecycle);
                let row_ids = version.row_ids().into_iter().map(str::to_owned);
                self.rows.extend(row_ids);
                result = delivered;
            });
        result
    }

    /// Packages the charts of a version, and starts the pushes of their images unless a chart fails.
    fn deliver_charts(
        &self,
        request: &VersionRequest,
        id: &str,
        chart_repo: String,
        charts: Vec<Chart>,
        context: &mut ZadigWriteContext,
    ) -> (Vec<Distribute>, VersionLifecycle, Result<(), VersionError>) {
        let version_ref = request.version_ref(id);
        let checked_catalog = context
            .settings
            .checks_references()
            .then_some(&self.catalog);
        let scripts = &mut context.shared.scripts;
        let packaged =
            artifacts::package(version_ref, &chart_repo, &charts, checked_catalog, scripts);
        let (distributes, pushes) = match packaged {
            Ok(()) => {
                let draw = || self.draw_id(context);
                let (distributes, pushes) =
                    artifacts::distribute(&chart_repo, &charts, context.now, draw);
                (distributes, Ok(pushes))
            }
            Err(stop) => (Vec::new(), Err(stop)),
        };
        let (lifecycle, result) = begin(request, id, pushes, chart_repo, charts, context);
        (distributes, lifecycle, result)
    }

    /// Returns true if a version of the project has the name.
    pub(super) fn has_name(&self, project: &str, name: &str) -> bool {
        self.names
            .get(project)
            .is_some_and(|names| names.contains_key(name))
    }

    /// The version of a project that has a name.
    pub(super) fn named(&self, project: &str, name: &str) -> Option<&Stored<Version>> {
        self.versions.find(self.names.get(project)?.get(name)?)
    }

    /// Returns true if a version or a row has the id.
    pub(super) fn is_taken(&self, id: &str) -> bool {
        self.versions.contains(id) || self.rows.contains(id)
    }

    fn draw_id(&self, context: &ZadigWriteContext) -> String {
        context.ids.object_id(context.now, |id| self.is_taken(id))
    }

    /// Adds a version whose id, name and rows are new.
    pub(super) fn insert(
        &mut self,
        project: &str,
        id: &str,
        version: Version,
        change_context: &mut ChangeContext,
    ) {
        let row_ids = version.row_ids().into_iter().map(str::to_owned);
        self.rows.extend(row_ids);
        let names = self.names.entry(project.to_owned()).or_default();
        names.insert(version.name.clone(), id.to_owned());
        // Versions are in the order of their seconds; within one, the later arrival is the newer.
        let created = version.create_time.saturating_mul(1_000);
        self.versions
            .insert(project, id, created, version, change_context);
    }
}

/// Returns true if a text has the form of an id: 24 hexadecimal digits.
pub fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The lifecycle of a version with its pushes, or of one that stopped, with the refusal.
fn begin(
    request: &VersionRequest,
    id: &str,
    pushes: Result<Vec<Push>, Stop>,
    chart_repo: String,
    charts: Vec<Chart>,
    context: &mut ZadigWriteContext,
) -> (VersionLifecycle, Result<(), VersionError>) {
    match pushes {
        Ok(pushes) => {
            let version_ref = request.version_ref(id);
            let decide = |push| version_ref.decide(&mut context.shared.scripts, push);
            let steps = pushes.iter().map(decide).collect();
            let pushing = Pushing::start(pushes, steps, request.retry, context.now);
            (VersionLifecycle::Pushing(pushing), Ok(()))
        }
        Err(stop) => {
            let stopped = Stopped {
                error: stop.to_string(),
                chart_repo,
                charts,
            };
            let refusal = request.refuse(stop.into());
            (VersionLifecycle::Stopped(stopped), Err(refusal))
        }
    }
}

//! All versions with the catalog they refer to: the one place that handles uniqueness, order and paging.

use foldhash::{HashMap, HashSet};

use super::messages::{Cause, Stop, VersionError};
use super::model::artifacts;
use super::model::catalog::Catalog;
use super::model::rows::{Distribute, VersionKind};
use super::model::version::{
    Chart, DELETE, Pushing, RETRY, Stopped, Version, VersionLifecycle, VersionRef,
};
use super::model::version_request::{Strictness, VersionRequest};
use crate::sim::Millis;
use crate::sim::collection::{Collection, Stored};
use crate::sim::ids::Ids;
use crate::sim::scripts::Scripts;
use crate::sim::transition::{ChangeContext, TransitionLog};

/// The versions of all projects. An id is unique among all of them, a name within its project.
#[derive(Debug, Default)]
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
    pub scripts: &'a mut Scripts,
    pub ids: &'a Ids,
    pub strictness: Strictness,
    /// The caller's name.
    pub caller: &'a str,
    pub now: Millis,
    pub log: &'a mut TransitionLog,
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

    /// Creates or retries a K8s version. If it stops after it is stored, that is an error too.
    pub fn create_k8s(
        &mut self,
        request: &VersionRequest,
        context: ZadigWriteContext,
    ) -> Result<(), VersionError> {
        request.check_environment(&self.catalog, context.strictness)?;
        if request.retry {
            let missing = Cause::NothingToRetry(request.name.clone());
            return self.retry(request, missing, context);
        }
        request.check_k8s(&self.catalog, context.strictness)?;
        self.check_name(request)?;

        let ZadigWriteContext {
            scripts,
            ids,
            caller,
            now,
            log,
            ..
        } = context;
        let id = self.draw_id(ids, now);
        let draw = || self.draw_id(ids, now);
        let (deploys, pushes) = artifacts::deploy(request, &self.catalog, now, draw);
        let (lifecycle, result) = match pushes {
            Ok(pushes) => {
                let version_ref = version_ref(request, &id);
                let decide = |push| version_ref.decide(scripts, push);
                let steps = pushes.iter().map(decide).collect();
                let pushing = Pushing::start(pushes, steps, false, now);
                (VersionLifecycle::Pushing(pushing), Ok(()))
            }
            Err(stop) => stopped(request, stop, String::new(), Vec::new()),
        };
        let version = Version {
            deploys,
            ..Version::new(request, VersionKind::K8sYaml, caller, now, lifecycle)
        };
        self.insert(
            &request.project,
            &id,
            version,
            &mut log.context(now, CREATE),
        );
        result
    }

    /// Creates or retries a Helm version. If it stops after it is stored, that is an error too.
    pub fn create_helm(
        &mut self,
        request: &VersionRequest,
        mut context: ZadigWriteContext,
    ) -> Result<(), VersionError> {
        if request.retry {
            let missing = Cause::NoChartsToRetry(request.name.clone());
            return self.retry(request, missing, context);
        }
        request.check_helm(&self.catalog, context.strictness)?;
        self.check_name(request)?;

        let id = self.draw_id(context.ids, context.now);
        let charts = artifacts::charts(request, &self.catalog, context.strictness);
        let chart_repo = request.chart_repo.clone();
        let (distributes, lifecycle, result) =
            self.deliver_charts(request, &id, chart_repo, charts, &mut context);
        let ZadigWriteContext {
            caller, now, log, ..
        } = context;
        let version = Version {
            distributes,
            ..Version::new(request, VersionKind::HelmChart, caller, now, lifecycle)
        };
        self.insert(
            &request.project,
            &id,
            version,
            &mut log.context(now, CREATE),
        );
        result
    }

    /// Retries a failed version of either kind: the service does not compare the kind with the path.
    fn retry(
        &mut self,
        request: &VersionRequest,
        missing: Cause,
        mut context: ZadigWriteContext,
    ) -> Result<(), VersionError> {
        let Some(stored) = self.named(&request.project, &request.name) else {
            return Err(request.refuse(missing));
        };
        stored
            .item
            .may_retry(context.now)
            .map_err(|cause| request.refuse(cause))?;
        let id = stored.id.to_string();
        let stopped = match &stored.item.lifecycle {
            VersionLifecycle::Stopped(stopped) => Some(stopped.clone()),
            VersionLifecycle::Given { .. } | VersionLifecycle::Pushing(_) => None,
        };
        let delivery = stopped.map(|stopped| {
            let Stopped {
                chart_repo, charts, ..
            } = stopped;
            self.deliver_charts(request, &id, chart_repo, charts, &mut context)
        });
        let ZadigWriteContext {
            scripts, now, log, ..
        } = context;
        let change_context = &mut log.context(now, RETRY);
        let mut result = Ok(());
        self.versions
            .edit(&request.project, &id, change_context, |version| {
                let Some((distributes, lifecycle, delivered)) = delivery else {
                    return version.push_again(&request.project, &id, scripts, now);
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
        let ZadigWriteContext {
            scripts, ids, now, ..
        } = context;
        let version_ref = version_ref(request, id);
        let checked_catalog = context.strictness.checked.then_some(&self.catalog);
        let packaged =
            artifacts::package(version_ref, &chart_repo, &charts, checked_catalog, scripts);
        if let Err(stop) = packaged {
            let (lifecycle, result) = stopped(request, stop, chart_repo, charts);
            return (Vec::new(), lifecycle, result);
        }
        let draw = || self.draw_id(ids, *now);
        let (distributes, pushes) = artifacts::distribute(&chart_repo, &charts, *now, draw);
        let decide = |push| version_ref.decide(scripts, push);
        let steps = pushes.iter().map(decide).collect();
        let pushing = Pushing::start(pushes, steps, request.retry, *now);
        (distributes, VersionLifecycle::Pushing(pushing), Ok(()))
    }

    fn check_name(&self, request: &VersionRequest) -> Result<(), VersionError> {
        if self.has_name(&request.project, &request.name) {
            return Err(request.refuse(Cause::Duplicate(request.name.clone())));
        }
        Ok(())
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

    fn draw_id(&self, ids: &Ids, now: Millis) -> String {
        ids.object_id(now, |id| self.is_taken(id))
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

fn version_ref<'a>(request: &'a VersionRequest, id: &'a str) -> VersionRef<'a> {
    VersionRef {
        project: &request.project,
        id,
        name: &request.name,
    }
}

/// The lifecycle of a version that stopped, and the refusal.
fn stopped(
    request: &VersionRequest,
    stop: Stop,
    chart_repo: String,
    charts: Vec<Chart>,
) -> (VersionLifecycle, Result<(), VersionError>) {
    let stopped = Stopped {
        error: stop.to_string(),
        chart_repo,
        charts,
    };
    let refusal = request.refuse(stop.into());
    (VersionLifecycle::Stopped(stopped), Err(refusal))
}

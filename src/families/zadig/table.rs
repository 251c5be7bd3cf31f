//! All versions with what they refer to: the one place that knows uniqueness, order and paging.

use foldhash::{HashMap, HashSet};

use super::messages::{Cause, Stop, VersionError};
use super::model::artifacts;
use super::model::catalog::Catalog;
use super::model::rows::VersionKind;
use super::model::version::{
    Chart, DELETE, Pushing, RETRY, Stopped, Version, VersionLifecycle, VersionRef,
};
use super::model::version_request::{self, Strictness, VersionRequest};
use crate::sim::Millis;
use crate::sim::collection::{Collection, Stored};
use crate::sim::ids::Ids;
use crate::sim::scripts::Scripts;
use crate::sim::transition::{ChangeContext, TransitionLog};

/// The versions of all projects. Their ids are unique among all of them, their names within a project.
#[derive(Debug, Default)]
pub struct Table {
    pub(super) versions: Collection<Version>,
    /// The id of each name, by project.
    names: HashMap<String, HashMap<String, String>>,
    /// The ids of all rows.
    rows: HashSet<String>,
    pub(super) catalog: Catalog,
}

/// Which page of which project's versions is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionPage {
    /// The project.
    pub project: String,
    /// The number of the page, from 1.
    pub number: usize,
    /// The maximum number of versions.
    pub size: usize,
}

impl VersionPage {
    /// The number of versions before the page.
    pub fn skipped(&self) -> usize {
        self.size.saturating_mul(self.number.saturating_sub(1))
    }
}

/// The context of a command: everything it needs beside the table.
pub struct ZadigWriteContext<'a> {
    pub scripts: &'a mut Scripts,
    pub ids: &'a Ids,
    pub strictness: Strictness,
    pub caller: &'a str,
    /// The present instant.
    pub now: Millis,
    pub log: &'a mut TransitionLog,
}

/// The word of a creation.
const CREATE: &str = "create";

impl Table {
    /// The versions of a page, newest first, and how many the project has.
    pub fn list(&self, page: &VersionPage) -> (impl Iterator<Item = &Stored<Version>>, usize) {
        let versions = self.versions.of(&page.project).rev();
        let rows = versions.skip(page.skipped()).take(page.size);
        (rows, self.versions.len(&page.project))
    }

    /// A version by id, whatever project it belongs to.
    pub fn find(&self, id: &str) -> Result<&Stored<Version>, VersionError> {
        let found = self.versions.find(&id.to_ascii_lowercase());
        found.ok_or_else(|| VersionError::UnknownVersion { id: id.to_owned() })
    }

    /// Deletes a version by id, whatever project it belongs to and whatever it is at. One that is not there,
    /// or not any more, is deleted just as well.
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

    /// Creates a K8s version, or retries one. What stops it after it is stored is an error too.
    pub fn create_k8s(
        &mut self,
        request: &VersionRequest,
        context: ZadigWriteContext,
    ) -> Result<(), VersionError> {
        version_request::check_environment(request, &self.catalog, context.strictness)?;
        if request.retry {
            let missing = Cause::NothingToRetry(request.name.clone());
            return self.retry(request, missing, context);
        }
        version_request::check_k8s(request, &self.catalog, context.strictness)?;
        self.check_name(request)?;

        let id = self.draw_id(&context);
        let seconds = context.now.div_euclid(1_000);
        let draw = || context.ids.object_id(context.now, |id| self.is_taken(id));
        let (deploys, pushes) = artifacts::deploy(request, &self.catalog, seconds, draw);
        let (lifecycle, result) = match pushes {
            Ok(pushes) => {
                let pushing = Pushing::start(
                    version_ref(request, &id),
                    pushes,
                    context.scripts,
                    context.now,
                );
                (VersionLifecycle::Pushing(pushing), Ok(()))
            }
            Err(stop) => stopped(request, stop, String::new(), Vec::new()),
        };
        let version = Version {
            deploys,
            ..fresh(
                request,
                VersionKind::K8sYaml,
                context.caller,
                seconds,
                lifecycle,
            )
        };
        let change_context = &mut context.log.context(context.now, CREATE);
        self.insert(&request.project, &id, version, change_context);
        result
    }

    /// Creates a Helm version, or retries one. What stops it after it is stored is an error too.
    pub fn create_helm(
        &mut self,
        request: &VersionRequest,
        context: ZadigWriteContext,
    ) -> Result<(), VersionError> {
        if request.retry {
            let missing = Cause::NoChartsToRetry(request.name.clone());
            return self.retry(request, missing, context);
        }
        version_request::check_helm(request, &self.catalog, context.strictness)?;
        self.check_name(request)?;

        let id = self.draw_id(&context);
        let seconds = context.now.div_euclid(1_000);
        let charts = artifacts::charts(request, &self.catalog, context.strictness);
        let version_ref = version_ref(request, &id);
        let repo = &request.chart_repo;
        let packaged = artifacts::package(
            version_ref,
            repo,
            &charts,
            &self.catalog,
            context.strictness,
            context.scripts,
        );
        let (distributes, lifecycle, result) = match packaged {
            Ok(()) => {
                let draw = || context.ids.object_id(context.now, |id| self.is_taken(id));
                let (rows, pushes) = artifacts::distribute(repo, &charts, seconds, draw);
                let pushing = Pushing::start(version_ref, pushes, context.scripts, context.now);
                (rows, VersionLifecycle::Pushing(pushing), Ok(()))
            }
            Err(stop) => {
                let (lifecycle, result) = stopped(request, stop, repo.clone(), charts);
                (Vec::new(), lifecycle, result)
            }
        };
        let version = Version {
            distributes,
            ..fresh(
                request,
                VersionKind::HelmChart,
                context.caller,
                seconds,
                lifecycle,
            )
        };
        let change_context = &mut context.log.context(context.now, CREATE);
        self.insert(&request.project, &id, version, change_context);
        result
    }

    /// Retries a failed version of either kind: the service does not compare it with the path.
    fn retry(
        &mut self,
        request: &VersionRequest,
        missing: Cause,
        context: ZadigWriteContext,
    ) -> Result<(), VersionError> {
        let ZadigWriteContext {
            scripts,
            ids,
            strictness,
            now,
            log,
            ..
        } = context;
        let change_context = &mut log.context(now, RETRY);
        let names = self.names.get(&request.project);
        let Some(id) = names.and_then(|names| names.get(&request.name)).cloned() else {
            return Err(request.refuse(missing));
        };
        let version = self
            .versions
            .get(&request.project, &id)
            .expect("a name leads to a version");
        version
            .may_retry(now)
            .map_err(|cause| request.refuse(cause))?;
        let left = match &version.lifecycle {
            VersionLifecycle::Stopped(left) => Some(left.clone()),
            VersionLifecycle::Given { .. } | VersionLifecycle::Pushing(_) => None,
        };
        let Some(left) = left else {
            self.versions
                .edit(&request.project, &id, change_context, |version| {
                    version.push_again(&request.project, &id, scripts, now);
                });
            return Ok(());
        };

        let packaged = artifacts::package(
            version_ref(request, &id),
            &left.chart_repo,
            &left.charts,
            &self.catalog,
            strictness,
            scripts,
        );
        let seconds = now.div_euclid(1_000);
        let done = packaged.map(|()| {
            let draw = || ids.object_id(now, |id| self.is_taken(id));
            artifacts::distribute(&left.chart_repo, &left.charts, seconds, draw)
        });
        let (lifecycle, result) = match done {
            Ok((rows, pushes)) => {
                let version_ref = version_ref(request, &id);
                let pushing = Pushing::start(version_ref, pushes, scripts, now);
                let lifecycle = VersionLifecycle::Pushing(Pushing {
                    retried: true,
                    ..pushing
                });
                ((rows, lifecycle), Ok(()))
            }
            Err(stop) => {
                let (lifecycle, result) = stopped(request, stop, left.chart_repo, left.charts);
                ((Vec::new(), lifecycle), result)
            }
        };
        self.versions
            .edit(&request.project, &id, change_context, |version| {
                (version.distributes, version.lifecycle) = lifecycle;
                let rows = version.row_ids().into_iter().map(str::to_owned);
                self.rows.extend(rows);
            });
        result
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

    /// The version that has a name in a project.
    pub(super) fn named(&self, project: &str, name: &str) -> Option<&Stored<Version>> {
        self.versions.find(self.names.get(project)?.get(name)?)
    }

    /// True if an id is given to a version or to a row.
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
        self.rows
            .extend(version.row_ids().into_iter().map(str::to_owned));
        let names = self.names.entry(project.to_owned()).or_default();
        names.insert(version.name.clone(), id.to_owned());
        // Versions are in the order of their seconds; within one, the later arrival is the newer.
        let created = version.create_time.saturating_mul(1_000);
        self.versions
            .insert(project, id, created, version, change_context);
    }
}

/// Returns true if a text is an object id.
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

fn fresh(
    request: &VersionRequest,
    kind: VersionKind,
    caller: &str,
    seconds: i64,
    lifecycle: VersionLifecycle,
) -> Version {
    Version {
        name: request.name.clone(),
        kind,
        labels: request.labels.clone(),
        description: request.description.clone(),
        created_by: caller.to_owned(),
        create_time: seconds,
        deploys: Vec::new(),
        distributes: Vec::new(),
        lifecycle,
    }
}

/// The life of a version that was stopped, and what is answered.
fn stopped(
    request: &VersionRequest,
    stop: Stop,
    chart_repo: String,
    charts: Vec<Chart>,
) -> (VersionLifecycle, Result<(), VersionError>) {
    let left = Stopped {
        error: stop.to_string(),
        chart_repo,
        charts,
    };
    (
        VersionLifecycle::Stopped(left),
        Err(request.refuse(stop.into())),
    )
}

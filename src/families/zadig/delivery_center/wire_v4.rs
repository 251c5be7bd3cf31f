//! The answer of the internal list in generation 2.

use serde::Serialize;

use super::wire::{Release, delivery_workflow};
use crate::families::zadig::versions::model::rows::{VersionKind, VersionStatus};
use crate::families::zadig::versions::model::version::Version;
use crate::sim::Millis;
use crate::sim::collection::Stored;

/// The versions of a page.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(untagged)]
#[cfg_attr(test, schema(as = ZadigReleasesChoice))]
pub enum ReleasesChoice<'a> {
    V3(Vec<Release<'a>>),
    V4(Vec<ReleaseV4<'a>>),
}

impl ReleasesChoice<'_> {
    pub fn n_releases(&self) -> usize {
        match self {
            Self::V3(releases) => releases.len(),
            Self::V4(releases) => releases.len(),
        }
    }
}

/// A version. The document shows that of generation 1.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigReleaseV4))]
pub struct ReleaseV4<'a> {
    /// The id.
    pub id: &'a str,
    /// The name.
    pub version: &'a str,
    /// The project.
    pub project_name: &'a str,
    /// The environment of the request, or empty.
    pub env_name: &'a str,
    /// True for a production environment.
    pub production: bool,
    /// The type.
    #[serde(rename = "type")]
    pub kind: VersionKind,
    /// The source of the images.
    pub source: &'a str,
    /// The description.
    pub desc: &'a str,
    /// The labels.
    pub labels: &'a [String],
    /// The id of the registry that images are pushed to, or empty.
    pub image_registry_id: &'a str,
    /// Always empty.
    pub original_chart_repo_name: &'a str,
    /// The repository that charts are pushed to, or empty.
    pub chart_repo_name: &'a str,
    /// Always empty: only the detail has services.
    #[cfg_attr(test, schema(value_type = Vec<Object>))]
    pub services: [(); 0],
    /// The status.
    pub status: VersionStatus,
    /// The workflow that pushes the images; empty if none is pushed.
    pub workflow_name: String,
    /// The task of that; 0 if none is pushed.
    pub task_id: i64,
    /// The error of the creation, or `timeout`.
    pub error: &'a str,
    /// The creator's name.
    pub created_by: &'a str,
    /// The creation time, in seconds since the epoch.
    pub created_at: i64,
}

impl<'a> ReleaseV4<'a> {
    pub fn new(stored: &'a Stored<Version>, now: Millis) -> Self {
        let version = &stored.item;
        let delivered = version.delivered.as_deref();
        let task = push_task(version);
        let workflow = task.map(|_| push_workflow(stored));
        Self {
            id: &stored.id,
            version: &version.name,
            project_name: &stored.scope,
            env_name: &version.environment,
            production: version.production,
            kind: version.kind,
            source: delivered.map_or("", |delivered| &delivered.source),
            desc: &version.description,
            labels: &version.labels,
            image_registry_id: &version.registry,
            original_chart_repo_name: "",
            chart_repo_name: delivered.map_or("", |delivered| &delivered.chart_repo),
            services: [],
            status: version.status(now),
            workflow_name: workflow.unwrap_or_default(),
            task_id: task.unwrap_or(0),
            error: delivered.map_or("", |delivered| version.delivery_error(delivered, now)),
            created_by: &version.created_by,
            created_at: version.create_time,
        }
    }
}

/// The workflow that pushes the images of a version. Each version has its own.
pub fn push_workflow(stored: &Stored<Version>) -> String {
    format!("{}-{}", delivery_workflow(&stored.scope), stored.item.name)
}

/// The task that pushes the images of a version: the first of its workflow.
pub fn push_task(version: &Version) -> Option<i64> {
    let mut pushes = version
        .delivered
        .iter()
        .flat_map(|delivered| delivered.pushes());
    pushes.next().map(|_| 1)
}

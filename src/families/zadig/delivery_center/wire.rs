//! The answer of the internal list.

use serde::Serialize;

use crate::families::zadig::versions::model::rows::{
    Deploy, Distribute, DistributeType, UploadStatus, VersionKind, VersionStatus,
};
use crate::families::zadig::versions::model::version::Version;
use crate::sim::Millis;
use crate::sim::collection::Stored;

/// A version with its rows. Lists without an entry are absent.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, schema(as = ZadigRelease))]
pub struct Release<'a> {
    /// The version.
    pub version_info: ReleaseInfo<'a>,
    /// The rows of a K8s version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schema(required = false))]
    pub deploy_info: Vec<ReleaseDeploy<'a>>,
    /// The rows of a Helm version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schema(required = false))]
    pub distribute_info: Vec<ReleaseDistribute<'a>>,
}

/// A version.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, schema(as = ZadigReleaseInfo))]
pub struct ReleaseInfo<'a> {
    /// The id.
    pub id: &'a str,
    /// The name.
    pub version: &'a str,
    /// The project.
    pub product_name: &'a str,
    /// The workflow that pushes the images: `zadig-delivery-` and the project.
    pub workflow_name: String,
    /// The same.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    pub workflow_display_name: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: VersionKind,
    /// The task that pushes the images. Always 0 here.
    pub task_id: i64,
    /// The description.
    pub desc: &'a str,
    /// The labels.
    pub labels: &'a [String],
    /// The environment at the time of the creation. Always null here.
    #[cfg_attr(test, schema(value_type = Option<Object>, required = true))]
    pub product_env_info: Option<()>,
    /// The status.
    pub status: VersionStatus,
    /// The progress; null in a brief list.
    #[cfg_attr(test, schema(required = true))]
    pub progress: Option<ReleaseProgress>,
    /// The creator's name.
    pub created_by: &'a str,
    /// The creation time, in seconds since the epoch.
    #[serde(rename = "created_at")]
    pub created_at: i64,
    /// Always 0.
    #[serde(rename = "deleted_at")]
    pub deleted_at: i64,
}

/// The progress of a version's pushes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, schema(as = ZadigReleaseProgress))]
pub struct ReleaseProgress {
    /// The number of pushed images.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    pub success_count: u64,
    /// The number of images to push; for a Helm version without any, the number of its charts.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    pub total_count: u64,
    /// The status of the pushes.
    pub upload_status: UploadStatus,
    /// Always empty here.
    #[cfg_attr(test, schema(value_type = Vec<Object>, extensions(("x-evidence" = json!("observed")))))]
    pub workflow_status: [(); 0],
    /// The reason for a failure, or empty.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    pub error: String,
}

/// The delivery of one container by a K8s version.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, schema(as = ZadigReleaseDeploy))]
pub struct ReleaseDeploy<'a> {
    /// The row's id.
    pub id: &'a str,
    /// The version.
    pub release_id: &'a str,
    /// The service and the container, with a slash between them.
    pub service_name: String,
    /// The container.
    pub container_name: &'a str,
    /// The full address of the image. Absent if it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<&'a str>,
    /// The target registry. Absent without one.
    #[serde(rename = "registry_id", skip_serializing_if = "Option::is_none")]
    pub registry_id: Option<&'a str>,
    /// Always empty here.
    #[cfg_attr(test, schema(value_type = Vec<String>))]
    pub yaml_contents: [(); 0],
    /// Always empty here.
    #[cfg_attr(test, schema(value_type = Vec<Object>))]
    pub envs: [(); 0],
    /// Always empty here.
    #[cfg_attr(test, schema(value_type = Vec<Vec<String>>))]
    pub ordered_services: [(); 0],
    /// The creation time, in seconds since the epoch.
    #[serde(rename = "created_at")]
    pub created_at: i64,
    /// Always 0.
    #[serde(rename = "deleted_at")]
    pub deleted_at: i64,
    /// The service.
    #[serde(rename = "real_service_name")]
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    pub real_service_name: &'a str,
    /// The container.
    #[serde(rename = "service_module")]
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    pub service_module: &'a str,
    /// The image's name.
    #[serde(rename = "image_name")]
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    pub image_name: &'a str,
}

/// The delivery of a chart by a Helm version, with its images below it. The document has no example of it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, schema(as = ZadigReleaseDistribute))]
pub struct ReleaseDistribute<'a> {
    /// The row's id.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    pub id: &'a str,
    /// The version.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    pub release_id: &'a str,
    /// The service.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    pub service_name: &'a str,
    /// The type of the row.
    pub distribute_type: DistributeType,
    /// The chart; empty for an image.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    pub chart_name: &'a str,
    /// The repository of the chart; empty for an image.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    pub chart_repo_name: &'a str,
    /// The version of the chart; empty for an image.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    pub chart_version: &'a str,
    /// The full address of the image. Absent for a chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    pub image: Option<&'a str>,
    /// The path between the registry's host and the image's name; empty for a chart.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    pub namespace: &'a str,
    /// The creation time, in seconds since the epoch.
    #[serde(rename = "created_at")]
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    pub created_at: i64,
    /// Always 0.
    #[serde(rename = "deleted_at")]
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    pub deleted_at: i64,
    /// The chart's images. Absent without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schema(no_recursion, required = false, extensions(("x-evidence" = json!("inferred")))))]
    pub sub_distributes: Vec<Self>,
}

/// The workflow that pushes the images of a project's versions.
pub fn delivery_workflow(project: &str) -> String {
    format!("zadig-delivery-{project}")
}

impl<'a> Release<'a> {
    pub fn new(stored: &'a Stored<Version>, is_brief: bool, now: Millis) -> Self {
        let version = &stored.item;
        let (deploys, distributes) = if is_brief {
            (&[][..], &[][..])
        } else {
            (&*version.deploys, &*version.distributes)
        };
        let deploys = deploys
            .iter()
            .map(|row| ReleaseDeploy::new(row, &stored.id));
        let distributes = distributes
            .iter()
            .map(|row| ReleaseDistribute::new(row, &stored.id));
        Self {
            version_info: ReleaseInfo::new(stored, is_brief, now),
            deploy_info: deploys.collect(),
            distribute_info: distributes.collect(),
        }
    }
}

impl<'a> ReleaseInfo<'a> {
    fn new(stored: &'a Stored<Version>, is_brief: bool, now: Millis) -> Self {
        let version = &stored.item;
        let progress = (!is_brief).then(|| {
            let progress = version.progress(now);
            ReleaseProgress {
                success_count: progress.success_count,
                total_count: progress.total_count,
                upload_status: progress.upload_status,
                workflow_status: [],
                error: progress.error,
            }
        });
        Self {
            id: &stored.id,
            version: &version.name,
            product_name: &stored.scope,
            workflow_name: delivery_workflow(&stored.scope),
            workflow_display_name: delivery_workflow(&stored.scope),
            kind: version.kind,
            task_id: 0,
            desc: &version.description,
            labels: &version.labels,
            product_env_info: None,
            status: version.status(now),
            progress,
            created_by: &version.created_by,
            created_at: version.create_time,
            deleted_at: 0,
        }
    }
}

impl<'a> ReleaseDeploy<'a> {
    fn new(row: &'a Deploy, release: &'a str) -> Self {
        let container = &row.service_module;
        let service_name = if container.is_empty() {
            row.service_name.clone()
        } else {
            format!("{}/{container}", row.service_name)
        };
        Self {
            id: &row.id,
            release_id: release,
            service_name,
            container_name: container,
            image: given(&row.image),
            registry_id: given(&row.registry_id),
            yaml_contents: [],
            envs: [],
            ordered_services: [],
            created_at: row.create_time,
            deleted_at: 0,
            real_service_name: &row.service_name,
            service_module: container,
            image_name: &row.image_name,
        }
    }
}

impl<'a> ReleaseDistribute<'a> {
    fn new(row: &'a Distribute, release: &'a str) -> Self {
        let below = row.sub_distributes.iter();
        Self {
            id: &row.id,
            release_id: release,
            service_name: &row.service_name,
            distribute_type: row.distribute_type,
            chart_name: &row.chart_name,
            chart_repo_name: &row.chart_repo_name,
            chart_version: &row.chart_version,
            image: given(&row.image),
            namespace: &row.namespace,
            created_at: row.create_time,
            deleted_at: 0,
            sub_distributes: below.map(|row| Self::new(row, release)).collect(),
        }
    }
}

fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

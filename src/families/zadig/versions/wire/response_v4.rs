//! The bodies of responses of generation 2.

use std::borrow::Cow;

use serde::Serialize;

use crate::families::zadig::catalog::ImagePath;
use crate::families::zadig::versions::model::delivered::{
    Delivered, DeliveredImage, DeliveredService,
};
use crate::families::zadig::versions::model::rows::{VersionKind, VersionStatus};
use crate::families::zadig::versions::model::version::Version;
use crate::http::response::StreamedArray;
use crate::sim::Millis;

/// The versions of a page.
type PageItems<'a> = Box<dyn Iterator<Item = VersionItem<'a>> + 'a>;

/// A page of versions.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigVersionListV4))]
pub struct VersionListV4<'a> {
    /// The versions, newest first.
    #[cfg_attr(test, schema(value_type = Vec<VersionItem>))]
    pub list: StreamedArray<PageItems<'a>>,
    /// The number of the project's versions.
    pub total: usize,
}

/// A version in a list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigVersionItem))]
pub struct VersionItem<'a> {
    /// The id, 24 hexadecimal digits.
    pub id: &'a str,
    /// The name, unique in the project.
    pub version_name: &'a str,
    /// The type.
    #[serde(rename = "type")]
    pub kind: VersionKind,
    /// The source of the images: `manual`, `from_env`, `from_version`, or the word of the request.
    pub source: &'a str,
    /// The status.
    pub status: VersionStatus,
    /// The labels.
    pub labels: &'a [String],
    /// The description: the request's `desc`.
    pub description: &'a str,
    /// The creator's name, with `(OpenAPI)` behind it.
    pub created_by: &'a str,
    /// The creation time, in seconds since the epoch. The document's table calls it `created_time`; its examples and
    /// the service have `create_time`.
    pub create_time: i64,
}

impl<'a> VersionItem<'a> {
    pub fn new(id: &'a str, version: &'a Version, now: Millis) -> Self {
        let delivered = version.delivered.as_deref();
        Self {
            id,
            version_name: &version.name,
            kind: version.kind,
            source: delivered.map_or("", |delivered| &delivered.source),
            status: version.status(now),
            labels: &version.labels,
            description: &version.description,
            created_by: &version.created_by,
            create_time: version.create_time,
        }
    }
}

/// A version with its services. It has no id.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigVersionDetailV4))]
pub struct VersionDetailV4<'a> {
    /// The name, unique in the project.
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
    /// The source of the images: `manual`, `from_env`, `from_version`, or the word of the request.
    pub source: &'a str,
    /// The description.
    pub desc: &'a str,
    /// The labels.
    pub labels: &'a [String],
    /// The id of the registry that images are pushed to, or empty.
    pub image_registry_id: &'a str,
    /// The repository that charts are pushed to, or empty.
    pub chart_repo_name: &'a str,
    /// The services, in the order of the request.
    pub services: Vec<ServiceView<'a>>,
    /// The status.
    pub status: VersionStatus,
    /// The error of the creation, or `timeout`; empty after a failed push.
    pub error: &'a str,
    /// The creator's name, with `(OpenAPI)` behind it.
    pub created_by: &'a str,
    /// The creation time, in seconds since the epoch.
    pub created_at: i64,
    /// Always 0.
    pub deleted_at: i64,
}

/// A service of a version.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigDeliveredService))]
pub struct ServiceView<'a> {
    /// The name.
    pub service_name: &'a str,
    /// The chart; empty for a K8s version.
    pub chart_name: &'a str,
    /// Always empty here.
    pub original_chart_version: &'a str,
    /// The chart's version; empty for a K8s version.
    pub chart_version: &'a str,
    /// `passed` once the chart is pushed, or needs no push; empty before, and for a K8s version.
    pub chart_status: &'a str,
    /// The manifests of a K8s version, or the values of a chart.
    pub yaml_content: &'a str,
    /// The images, in the order of the request.
    pub images: Vec<ImageView<'a>>,
    /// Always empty.
    pub error: &'a str,
}

/// An image of a version.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigDeliveredImage))]
pub struct ImageView<'a> {
    /// The container that runs it.
    pub container_name: &'a str,
    /// The name.
    pub image_name: &'a str,
    /// The address that it is pushed from.
    pub source_image: &'a str,
    /// The tag of that.
    pub source_image_tag: &'a str,
    /// The address of the request.
    pub target_image: &'a str,
    /// The tag that it is pushed with.
    pub target_image_tag: &'a str,
    /// The places of its parts in the values of a chart; null for a K8s version.
    #[cfg_attr(test, schema(required = true, value_type = Option<ImagePath>))]
    pub image_path: Option<&'a ImagePath>,
    /// True if it is pushed.
    pub push_image: bool,
    /// The status of the push: `prepare`, `running`, `passed` or `failed`; empty before, and without a push.
    pub status: &'a str,
    /// The error of the last failed push, which stays when a retry succeeds.
    #[cfg_attr(test, schema(value_type = String))]
    pub error: Cow<'a, str>,
}

impl<'a> VersionDetailV4<'a> {
    pub fn new(
        project: &'a str,
        version: &'a Version,
        delivered: &'a Delivered,
        now: Millis,
    ) -> Self {
        let as_of = version.images_as_of(now);
        let services = delivered.services.iter();
        let services = services.map(|service| ServiceView::new(version, service, as_of));
        Self {
            version: &version.name,
            project_name: project,
            env_name: &version.environment,
            production: version.production,
            kind: version.kind,
            source: &delivered.source,
            desc: &version.description,
            labels: &version.labels,
            image_registry_id: &version.registry,
            chart_repo_name: &delivered.chart_repo,
            services: services.collect(),
            status: version.status(now),
            error: version.delivery_error(delivered, now),
            created_by: &version.created_by,
            created_at: version.create_time,
            deleted_at: 0,
        }
    }
}

impl<'a> ServiceView<'a> {
    fn new(version: &'a Version, service: &'a DeliveredService, now: Millis) -> Self {
        let images = service.images.iter().map(|image| {
            let (status, error) = version.image_state(&service.service_name, image, now);
            ImageView::new(image, status, error)
        });
        Self {
            service_name: &service.service_name,
            chart_name: &service.chart_name,
            original_chart_version: &service.original_chart_version,
            chart_version: &service.chart_version,
            chart_status: &service.chart_status,
            yaml_content: &service.yaml_content,
            images: images.collect(),
            error: &service.error,
        }
    }
}

impl<'a> ImageView<'a> {
    fn new(image: &'a DeliveredImage, status: &'a str, error: Cow<'a, str>) -> Self {
        Self {
            container_name: &image.container_name,
            image_name: &image.image_name,
            source_image: &image.source_image,
            source_image_tag: &image.source_image_tag,
            target_image: &image.target_image,
            target_image_tag: &image.target_image_tag,
            image_path: image.image_path.as_ref(),
            push_image: image.push_image,
            status,
            error,
        }
    }
}

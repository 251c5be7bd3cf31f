//! The bodies of responses.

use serde::Serialize;

use crate::families::zadig::versions::model::rows::{
    DeliveryProgress, Deploy, Distribute, VersionKind, VersionStatus,
};
use crate::families::zadig::versions::model::version::Version;
use crate::http::response::StreamedArray;
use crate::sim::Millis;

/// The versions of a page.
type PageVersions<'a> = Box<dyn Iterator<Item = VersionInfo<'a>> + 'a>;

/// A page of versions.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigVersionList))]
pub struct VersionList<'a> {
    /// The versions, newest first.
    #[cfg_attr(test, schema(value_type = Vec<VersionInfo>))]
    pub list: StreamedArray<PageVersions<'a>>,
    /// The number of the project's versions.
    pub total: usize,
}

/// A version.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigVersionInfo))]
pub struct VersionInfo<'a> {
    /// The id, 24 hexadecimal digits.
    pub id: &'a str,
    /// The name, unique in the project.
    pub version_name: &'a str,
    /// The type.
    #[serde(rename = "type")]
    pub kind: VersionKind,
    /// The status.
    pub status: VersionStatus,
    /// The labels. Always empty in the list.
    pub labels: &'a [String],
    /// The description: the request's `desc`.
    pub description: &'a str,
    /// The progress. Always null in the list.
    #[cfg_attr(test, schema(required = true))]
    pub progress: Option<DeliveryProgress>,
    /// The creator's name.
    pub created_by: &'a str,
    /// The creation time, in seconds since the epoch. The document's table calls it `created_time`; its examples and
    /// the service have `create_time`.
    pub create_time: i64,
}

impl<'a> VersionInfo<'a> {
    /// The version as the list shows it.
    pub fn listed(id: &'a str, version: &'a Version, now: Millis) -> Self {
        Self {
            id,
            version_name: &version.name,
            kind: version.kind,
            status: version.status(now),
            labels: &[],
            description: &version.description,
            progress: None,
            created_by: &version.created_by,
            create_time: version.create_time,
        }
    }
}

/// A version with its rows.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigVersionDetail))]
pub struct VersionDetail<'a> {
    /// The version.
    pub version_info: VersionInfo<'a>,
    /// The rows of a K8s version; otherwise empty.
    pub deploy_infos: &'a [Deploy],
    /// The rows of a Helm version; otherwise empty.
    pub distribute_infos: &'a [Distribute],
}

impl<'a> VersionDetail<'a> {
    pub fn new(id: &'a str, version: &'a Version, now: Millis) -> Self {
        Self {
            version_info: VersionInfo {
                labels: &version.labels,
                progress: Some(version.progress(now)),
                ..VersionInfo::listed(id, version, now)
            },
            deploy_infos: &version.deploys,
            distribute_infos: &version.distributes,
        }
    }
}

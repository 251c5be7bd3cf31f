//! The bodies of responses.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::families::zadig::model::rows::{
    Deploy, Distribute, Progress, VersionKind, VersionStatus,
};
use crate::families::zadig::model::version::Version;
use crate::http::response::{self, StreamedArray};
use crate::sim::Millis;

/// A response in JSON of about the given size, escaped as Go escapes it.
pub fn json(status: StatusCode, view: &impl Serialize, size: usize) -> Response {
    let text = response::to_html_safe_json(view, size);
    response::answer(status, "application/json; charset=utf-8", text)
}

/// The versions of a page, as they are written.
type VersionRows<'a> = StreamedArray<Box<dyn Iterator<Item = VersionInfo<'a>> + 'a>>;

/// A page of versions.
#[derive(Serialize, ToSchema)]
#[schema(as = ZadigVersionList)]
pub struct VersionList<'a> {
    /// The versions, newest first.
    #[schema(value_type = Vec<VersionInfo>)]
    list: VersionRows<'a>,
    /// How many versions the project has.
    total: usize,
}

impl<'a> VersionList<'a> {
    /// These, of so many.
    pub fn new(versions: impl Iterator<Item = VersionInfo<'a>> + 'a, total: usize) -> Self {
        Self {
            list: StreamedArray::new(Box::new(versions)),
            total,
        }
    }
}

/// A version.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZadigVersionInfo)]
pub struct VersionInfo<'a> {
    /// Its id, 24 hexadecimal digits.
    pub id: &'a str,
    /// Its name, unique in the project.
    pub version_name: &'a str,
    /// What it is made of.
    #[serde(rename = "type")]
    pub kind: VersionKind,
    /// What it is at.
    pub status: VersionStatus,
    /// Its labels. In the list always empty, whatever the version has.
    pub labels: &'a [String],
    /// What it is for: the request's `desc`.
    pub description: &'a str,
    /// How far it is. In the list always null.
    #[schema(required = true)]
    pub progress: Option<Progress>,
    /// Who created it.
    pub created_by: &'a str,
    /// When it was created, in seconds since the epoch. The document's table calls it `created_time`, its
    /// examples and the service `create_time`.
    pub create_time: i64,
}

impl<'a> VersionInfo<'a> {
    /// A version as the list shows it.
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

/// A version with everything about it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZadigVersionDetail)]
pub struct VersionDetail<'a> {
    /// The version.
    pub version_info: VersionInfo<'a>,
    /// What a K8s version delivers; otherwise empty.
    pub deploy_infos: &'a [Deploy],
    /// What a Helm version delivers; otherwise empty.
    pub distribute_infos: &'a [Distribute],
}

impl<'a> VersionDetail<'a> {
    /// A version as its detail shows it.
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

/// What a command answers. It tells nothing of what it made: clients list and match by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZadigMessage)]
pub struct ResultMessage {
    /// `success`.
    pub message: &'static str,
}

/// That a command was carried out.
pub const SUCCESS: ResultMessage = ResultMessage { message: "success" };

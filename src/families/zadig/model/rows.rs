//! The rows of a version: what was recorded of each image and chart. They are kept as they are answered.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a K8s version delivers of one container: one row per image of the request, disabled ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ZadigDeployInfo)]
pub struct Deploy {
    /// The row's id, 24 hexadecimal digits.
    #[schema(required = true)]
    pub id: String,
    /// The service; empty if the request named no container.
    #[schema(required = true)]
    pub service_name: String,
    /// The container.
    #[schema(required = true)]
    pub service_module: String,
    /// The whole address of the image in the target registry, or in the environment if there is none.
    #[schema(required = true)]
    pub image: String,
    /// The image's name, as read from its address.
    #[schema(required = true)]
    pub image_name: String,
    /// The target registry's id as the request said it, or empty.
    #[schema(required = true)]
    pub registry_id: String,
    /// When the row was written, in seconds since the epoch.
    #[serde(default = "unset_time")]
    #[schema(required = true)]
    pub create_time: i64,
}

/// What a Helm version delivers: a chart, with its images below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ZadigDistributeInfo)]
pub struct Distribute {
    /// The row's id, 24 hexadecimal digits.
    #[schema(required = true)]
    pub id: String,
    /// The service, which is also the chart's name.
    #[schema(required = true)]
    pub service_name: String,
    /// What the row is about.
    #[schema(required = true)]
    pub distribute_type: DistributeType,
    /// The chart; empty for an image.
    #[schema(required = true)]
    pub chart_name: String,
    /// The repository the chart was pushed to; empty for an image.
    #[schema(required = true)]
    pub chart_repo_name: String,
    /// The chart's version; empty for an image.
    #[schema(required = true)]
    pub chart_version: String,
    /// The image's name; empty for a chart.
    #[schema(required = true)]
    pub service_module: String,
    /// The whole address of the image; empty for a chart.
    #[schema(required = true)]
    pub image: String,
    /// The image's name; empty for a chart.
    #[schema(required = true)]
    pub image_name: String,
    /// The path between the registry's host and the image's name; empty for a chart.
    #[schema(required = true)]
    pub namespace: String,
    /// When the row was written, in seconds since the epoch.
    #[serde(default = "unset_time")]
    #[schema(required = true)]
    pub create_time: i64,
    /// The chart's images; always empty for an image. The document's table shows one object, its example an
    /// array, which is what the service sends.
    #[schema(no_recursion, required = true)]
    pub sub_distributes: Vec<Self>,
}

/// The time of a row whose fixture does not say it: it is replaced by the version's own.
pub const UNSET_TIME: i64 = i64::MIN;

fn unset_time() -> i64 {
    UNSET_TIME
}

/// What a row is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ZadigDistributeType)]
pub enum DistributeType {
    /// A chart.
    #[default]
    Chart,
    /// An image.
    Image,
    /// A file: only versions of old installations have one.
    File,
}

/// How far the pushes of a version are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ZadigProgress)]
pub struct Progress {
    /// How many images are pushed.
    pub success_count: u64,
    /// How many images are to be pushed; of a Helm version without any, how many charts it recorded.
    pub total_count: u64,
    /// How the pushes stand.
    pub upload_status: UploadStatus,
    /// Why the version failed; empty otherwise, and empty for a K8s version whose push failed.
    pub error: String,
}

/// How the pushes of a version stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ZadigUploadStatus)]
pub enum UploadStatus {
    /// The version succeeded.
    Success,
    /// The version failed.
    Failed,
    /// Some image is not pushed yet, which covers the whole push.
    Waiting,
    /// All images are pushed but the version has not ended. On the emulator's clock that is no time at all,
    /// so only fixtures show it.
    Uploading,
}

/// What a version is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ZadigVersionType)]
pub enum VersionKind {
    /// Services that are deployed from YAML.
    #[serde(rename = "K8SYaml")]
    K8sYaml,
    /// Services that are deployed from charts.
    HelmChart,
}

/// What a version is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ZadigVersionStatus)]
pub enum VersionStatus {
    /// Its images are being pushed.
    Creating,
    /// What had failed is being pushed again.
    Retrying,
    /// Everything was pushed.
    Success,
    /// Something went wrong; it can be retried.
    Failed,
}

impl VersionStatus {
    /// The word in answers and texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Retrying => "retrying",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for VersionStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

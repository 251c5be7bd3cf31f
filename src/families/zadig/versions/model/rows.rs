//! The rows of a version: the record of each image and chart. They are stored in the shape of the response.

use serde::{Deserialize, Serialize};

use crate::sim::heap::heap_of;
use crate::sim::pack::{pack_enums, pack_structs};

heap_of! {
    Deploy { id, service_name, service_module, image, image_name, registry_id }
    Distribute {
        id, service_name, chart_name, chart_repo_name, chart_version, service_module, image, image_name, namespace,
        sub_distributes
    }
    DeliveryProgress { error }
}

/// The delivery of one container by a K8s version: one row per image of the request, disabled ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ZadigDeployInfo))]
pub struct Deploy {
    /// The row's id, 24 hexadecimal digits.
    #[cfg_attr(test, schema(required = true))]
    pub id: String,
    /// The service; empty if the request names no container.
    #[cfg_attr(test, schema(required = true))]
    pub service_name: String,
    /// The container.
    #[cfg_attr(test, schema(required = true))]
    pub service_module: String,
    /// The full address of the image in the target registry; without a registry, the one in the environment.
    #[cfg_attr(test, schema(required = true))]
    pub image: String,
    /// The image's name, as in its address.
    #[cfg_attr(test, schema(required = true))]
    pub image_name: String,
    /// The id of the target registry in the request, or empty.
    #[cfg_attr(test, schema(required = true))]
    pub registry_id: String,
    /// The creation time, in seconds since the epoch.
    #[serde(default = "unset_time")]
    #[cfg_attr(test, schema(required = true))]
    pub create_time: i64,
}

/// The delivery of a chart by a Helm version, with its images below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ZadigDistributeInfo))]
pub struct Distribute {
    /// The row's id, 24 hexadecimal digits.
    #[cfg_attr(test, schema(required = true))]
    pub id: String,
    /// The service, which is also the chart's name.
    #[cfg_attr(test, schema(required = true))]
    pub service_name: String,
    /// The type of the row.
    #[cfg_attr(test, schema(required = true))]
    pub distribute_type: DistributeType,
    /// The chart; empty for an image.
    #[cfg_attr(test, schema(required = true))]
    pub chart_name: String,
    /// The repository the chart was pushed to; empty for an image.
    #[cfg_attr(test, schema(required = true))]
    pub chart_repo_name: String,
    /// The chart's version; empty for an image.
    #[cfg_attr(test, schema(required = true))]
    pub chart_version: String,
    /// The image's name; empty for a chart.
    #[cfg_attr(test, schema(required = true))]
    pub service_module: String,
    /// The full address of the image; empty for a chart.
    #[cfg_attr(test, schema(required = true))]
    pub image: String,
    /// The image's name; empty for a chart.
    #[cfg_attr(test, schema(required = true))]
    pub image_name: String,
    /// The path between the registry's host and the image's name; empty for a chart.
    #[cfg_attr(test, schema(required = true))]
    pub namespace: String,
    /// The creation time, in seconds since the epoch.
    #[serde(default = "unset_time")]
    #[cfg_attr(test, schema(required = true))]
    pub create_time: i64,
    /// The chart's images; always empty for an image. The document's table shows one object; its example and the
    /// service have an array.
    #[cfg_attr(test, schema(no_recursion, required = true))]
    pub sub_distributes: Vec<Self>,
}

/// Stands for the time of a row in a fixture that has none; the version's own replaces it.
pub const UNSET_TIME: i64 = i64::MIN;

fn unset_time() -> i64 {
    UNSET_TIME
}

/// The type of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schema(as = ZadigDistributeType))]
pub enum DistributeType {
    /// A chart.
    #[default]
    Chart,
    /// An image.
    Image,
    /// A file, as in versions of old installations.
    File,
}

/// The progress of a version's pushes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schema(as = ZadigProgress))]
pub struct DeliveryProgress {
    /// The number of pushed images.
    pub success_count: u64,
    /// The number of images to push; for a Helm version without any, the number of its charts.
    pub total_count: u64,
    /// The status of the pushes.
    pub upload_status: UploadStatus,
    /// The reason for a failure; empty otherwise, and for a K8s version whose push failed.
    pub error: String,
}

/// The status of a version's pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schema(as = ZadigUploadStatus))]
pub enum UploadStatus {
    /// The version succeeded.
    Success,
    /// The version failed.
    Failed,
    /// Some image is not pushed yet.
    Waiting,
    /// All images are pushed but the version has not ended. Only fixtures have this status: the emulator ends a
    /// version with its last push.
    Uploading,
}

/// The type of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigVersionType))]
pub enum VersionKind {
    /// Of services that are deployed from YAML.
    #[serde(rename = "K8SYaml")]
    K8sYaml,
    /// Of services that are deployed from charts.
    HelmChart,
}

/// The status of a version.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(test, schema(as = ZadigVersionStatus))]
pub enum VersionStatus {
    /// Its images are being pushed.
    Creating,
    /// The failed images are being pushed again.
    Retrying,
    /// All images are pushed.
    Success,
    /// The version failed; it can be retried.
    Failed,
}

pack_enums! {
    DistributeType { 0: Chart, 1: Image, 2: File }
    UploadStatus { 0: Success, 1: Failed, 2: Waiting, 3: Uploading }
    VersionKind { 0: K8sYaml, 1: HelmChart }
    VersionStatus { 0: Creating, 1: Retrying, 2: Success, 3: Failed }
}

pack_structs! {
    Deploy { id, service_name, service_module, image, image_name, registry_id, create_time }
    Distribute {
        id, service_name, distribute_type, chart_name, chart_repo_name, chart_version,
        service_module, image, image_name, namespace, create_time, sub_distributes,
    }
    DeliveryProgress { success_count, total_count, upload_status, error }
}

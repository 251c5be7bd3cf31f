//! Bodies of requests of generation 2.

use serde::Deserialize;

use crate::families::zadig::go_json::decode::go_structs;
use crate::families::zadig::versions::model::delivery_request::{
    DeliveryRequest, ServiceBody, SourceWord,
};
use crate::families::zadig::versions::model::rows::VersionKind;

go_structs! {
    /// The body of a request for a K8s version. Nothing is required when it is bound, and null stands for an absent
    /// field.
    #[cfg_attr(test, schema(as = ZadigCreateK8sVersionV4))]
    pub struct K8sBodyV4 = "OpenAPICreateK8SDeliveryVersionV2Request" {
        /// The project.
        project_key: String as Option<String>,
        /// The version's name, unique in the project.
        version_name: String as Option<String>,
        /// The source of the images: `manual`, `from_env` or `from_version`. Any other word counts as `manual`.
        source: SourceWord as Option<String>,
        /// The version that images are taken from; required with `from_version`.
        original_version_name: String as Option<String>,
        /// The environment that images are taken from; required with `from_env`.
        env_name: String as Option<String>,
        /// True for a production environment.
        production: bool as Option<bool>,
        /// The description.
        desc: String as Option<String>,
        /// The labels; null stands for an empty one.
        labels: Vec<String> as Option<Vec<Option<String>>>,
        /// The id of the registry that images are pushed to; without one nothing can be pushed.
        image_registry_id: String as Option<String>,
        /// The services.
        services: Vec<Option<ServiceBody>> as Option<Vec<ServiceBody>>,
    }

    /// The body of a request for a Helm version. Nothing is required when it is bound, and null stands for an absent
    /// field, but a version needs services and a registry.
    #[cfg_attr(test, schema(as = ZadigCreateHelmVersionV4))]
    pub struct HelmBodyV4 = "OpenAPICreateHelmDeliveryVersionV2Request" {
        /// The project.
        project_key: String as Option<String>,
        /// The version's name, unique in the project.
        version_name: String as Option<String>,
        /// The source of the images: `manual`, `from_env` or `from_version`. Any other word counts as `manual`.
        source: SourceWord as Option<String>,
        /// The version that images are taken from; required with `from_version`.
        original_version_name: String as Option<String>,
        /// The environment that images are taken from; required with `from_env`.
        env_name: String as Option<String>,
        /// True for a production environment.
        production: bool as Option<bool>,
        /// The description.
        desc: String as Option<String>,
        /// The labels; null stands for an empty one.
        labels: Vec<String> as Option<Vec<Option<String>>>,
        /// The id of the registry that images are pushed to. Required.
        image_registry_id: String as Option<String>,
        /// The repository that charts are pushed to; without one none is pushed.
        chart_repo_name: String as Option<String>,
        /// Ignored.
        original_chart_repo_name: String as Option<String>,
        /// The services. At least one is required.
        services: Vec<Option<ServiceBody>> as Option<Vec<ServiceBody>>,
    }
}

impl From<K8sBodyV4> for DeliveryRequest {
    fn from(body: K8sBodyV4) -> Self {
        Self {
            kind: VersionKind::K8sYaml,
            project: body.project_key,
            name: body.version_name,
            source: body.source.0,
            original: body.original_version_name,
            environment: body.env_name,
            production: body.production,
            description: body.desc,
            labels: body.labels,
            registry: body.image_registry_id,
            chart_repo: String::new(),
            services: body.services,
        }
    }
}

impl From<HelmBodyV4> for DeliveryRequest {
    fn from(body: HelmBodyV4) -> Self {
        Self {
            kind: VersionKind::HelmChart,
            project: body.project_key,
            name: body.version_name,
            source: body.source.0,
            original: body.original_version_name,
            environment: body.env_name,
            production: body.production,
            description: body.desc,
            labels: body.labels,
            registry: body.image_registry_id,
            chart_repo: body.chart_repo_name,
            services: body.services,
        }
    }
}

/// The documented body of a retry. The service reads the query alone.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default)]
#[cfg_attr(test, schema(as = ZadigRetryVersion))]
pub struct RetryBody {
    /// The version's id.
    #[cfg_attr(test, schema(required = true))]
    pub id: String,
    /// The project whose permissions apply.
    #[serde(rename = "projectKey")]
    #[cfg_attr(test, schema(required = true))]
    pub project_key: String,
}

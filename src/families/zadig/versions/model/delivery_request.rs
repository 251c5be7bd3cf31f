//! The request that creates a version of generation 2.

use super::rows::VersionKind;
use super::version::VersionRef;
use crate::families::zadig::catalog::{Catalog, Environment};
use crate::families::zadig::go_json::decode::{go_structs, go_words};

/// The source of a version's images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliverySource {
    /// The request; any word that the service does not know counts as this one.
    Manual,
    /// The containers of an environment.
    Environment,
    /// Another version.
    Version,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRequest {
    pub kind: VersionKind,
    pub project: String,
    pub name: String,
    /// The word for the source, which is stored as it is.
    pub source: String,
    /// The version that images are taken from.
    pub original: String,
    pub environment: String,
    pub production: bool,
    pub description: String,
    pub labels: Vec<String>,
    /// The id of the registry that images are pushed to, or empty.
    pub registry: String,
    /// The repository that charts are pushed to, or empty.
    pub chart_repo: String,
    /// The services; a null among them crashes the service when it comes to it.
    pub services: Vec<Option<ServiceBody>>,
}

/// The word for images that the request names itself.
pub const MANUAL: &str = "manual";
pub const FROM_ENV: &str = "from_env";
pub const FROM_VERSION: &str = "from_version";

go_words! {
    /// The word for a source.
    pub struct SourceWord = "setting.DeliveryVersionSource";
    /// The word for a status.
    pub struct StatusWord = "config.Status";
}

go_structs! {
    /// A service that is delivered.
    #[cfg_attr(test, schema(as = ZadigServiceToDeliver))]
    pub struct ServiceBody = "OpenAPIDeliveryVersionService" {
        /// The name.
        service_name: String as Option<String>,
        /// Ignored.
        chart_name: String as Option<String>,
        /// Ignored.
        original_chart_version: String as Option<String>,
        /// The version that the chart gets; for Helm versions.
        chart_version: String as Option<String>,
        /// Ignored.
        chart_status: StatusWord as Option<String>,
        /// The manifests of a K8s version or the values of a chart; ignored where the source has them.
        yaml_content: String as Option<String>,
        /// The images.
        images: Vec<Option<ImageBody>> as Option<Vec<ImageBody>>,
        /// Ignored.
        error: String as Option<String>,
    }

    /// An image that is delivered.
    #[cfg_attr(test, schema(as = ZadigImageToDeliver))]
    pub struct ImageBody = "OpenAPIDeliveryVersionImage" {
        /// The container that runs it.
        container_name: String as Option<String>,
        /// The name; ignored unless the source is `manual`.
        image_name: String as Option<String>,
        /// The address that it is pushed from; ignored unless the source is `manual`.
        source_image: String as Option<String>,
        /// The tag of that; ignored unless the source is `manual`.
        source_image_tag: String as Option<String>,
        /// The address that manifests and values get.
        target_image: String as Option<String>,
        /// The tag that it is pushed with.
        target_image_tag: String as Option<String>,
        /// Ignored.
        image_path: Option<ImagePathBody> as Option<ImagePathBody>,
        /// True to push it.
        push_image: bool as Option<bool>,
        /// Ignored.
        status: StatusWord as Option<String>,
        /// Ignored.
        error: String as Option<String>,
    }

    /// The places of an image's parts in the values of a chart.
    #[cfg_attr(test, schema(as = ZadigImagePathToDeliver))]
    pub struct ImagePathBody = "ImagePathSpec" in "models" {
        /// The place of the host with the namespace.
        repo: String as Option<String>,
        /// The place of the namespace.
        namespace: String as Option<String>,
        /// The place of the name.
        image: String as Option<String>,
        /// The place of the tag.
        tag: String as Option<String>,
    }
}

impl DeliveryRequest {
    pub fn source(&self) -> DeliverySource {
        match &*self.source {
            FROM_ENV => DeliverySource::Environment,
            FROM_VERSION => DeliverySource::Version,
            _ => DeliverySource::Manual,
        }
    }

    /// The version with an id that the request creates.
    pub fn version_ref<'a>(&'a self, id: &'a str) -> VersionRef<'a> {
        VersionRef {
            project: &self.project,
            id,
            name: &self.name,
        }
    }

    /// The environment of that name. Its production flag plays no part.
    pub fn known_environment<'a>(&self, catalog: &'a Catalog) -> Option<&'a Environment> {
        let mut environments = catalog.0.get(&self.project)?.environments.iter();
        environments.find(|known| known.name == self.environment)
    }
}

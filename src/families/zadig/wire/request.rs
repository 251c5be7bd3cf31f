//! Bodies of requests as they are on the wire.

use utoipa::ToSchema;

use crate::families::zadig::go_json::decode::{GoStruct, GoValue};
use crate::families::zadig::messages::VersionError;
use crate::families::zadig::model::version_request::{
    ImageRequest, ServiceRequest, VersionRequest,
};

/// What a K8s version is created from. Nothing is required when it is bound, and null stands for nothing; what
/// is missing is missed where it is used.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(as = ZadigCreateK8sVersion)]
pub struct K8sBody {
    /// The project.
    #[schema(value_type = Option<String>)]
    pub project_key: String,
    /// The version's name, unique in the project.
    #[schema(value_type = Option<String>)]
    pub version_name: String,
    /// Whether a failed version is to be retried. Apart from the environment and its services, which are
    /// looked up even then, only the project and the name count.
    #[schema(value_type = Option<bool>)]
    pub retry: bool,
    /// The environment whose services are delivered.
    #[schema(value_type = Option<String>)]
    pub env_name: String,
    /// Whether that is a production environment.
    #[schema(value_type = Option<bool>)]
    pub production: bool,
    /// What the version is for.
    #[schema(value_type = Option<String>)]
    pub desc: String,
    /// Its labels; null stands for an empty one.
    #[schema(value_type = Option<Vec<Option<String>>>)]
    pub labels: Vec<String>,
    /// The id of the registry that images are pushed to. Empty: nothing can be pushed.
    #[schema(value_type = Option<String>)]
    pub image_registry_id: String,
    /// The services.
    #[schema(value_type = Option<Vec<YamlData>>)]
    pub yaml_datas: Vec<Option<YamlData>>,
}

/// A service of a K8s version.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(as = ZadigYamlData)]
pub struct YamlData {
    /// Its name.
    #[schema(value_type = Option<String>)]
    pub service_name: String,
    /// Its images.
    #[schema(value_type = Option<Vec<ImageData>>)]
    pub image_datas: Vec<Option<ImageData>>,
}

/// What a Helm version is created from. Nothing is required when it is bound, and null stands for nothing, but
/// charts, their repository and the registry are afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(as = ZadigCreateHelmVersion)]
pub struct HelmBody {
    /// The project.
    #[schema(value_type = Option<String>)]
    pub project_key: String,
    /// The version's name, unique in the project.
    #[schema(value_type = Option<String>)]
    pub version_name: String,
    /// Whether a failed version is to be retried. Then only the project and the name count.
    #[schema(value_type = Option<bool>)]
    pub retry: bool,
    /// The environment whose services are delivered.
    #[schema(value_type = Option<String>)]
    pub env_name: String,
    /// Whether that is a production environment.
    #[schema(value_type = Option<bool>)]
    pub production: bool,
    /// What the version is for.
    #[schema(value_type = Option<String>)]
    pub desc: String,
    /// Its labels; null stands for an empty one.
    #[schema(value_type = Option<Vec<Option<String>>>)]
    pub labels: Vec<String>,
    /// The id of the registry that images are pushed to. Must be given.
    #[schema(value_type = Option<String>)]
    pub image_registry_id: String,
    /// The repository that charts are pushed to. Must be given.
    #[schema(value_type = Option<String>)]
    pub chart_repo_name: String,
    /// The services. There must be one.
    #[schema(value_type = Option<Vec<ChartData>>)]
    pub chart_datas: Vec<Option<ChartData>>,
}

/// A service of a Helm version.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(as = ZadigChartData)]
pub struct ChartData {
    /// Its name, which is also the chart's.
    #[schema(value_type = Option<String>)]
    pub service_name: String,
    /// The chart's version.
    #[schema(value_type = Option<String>)]
    pub version: String,
    /// Its images.
    #[schema(value_type = Option<Vec<ImageData>>)]
    pub image_datas: Vec<Option<ImageData>>,
}

/// An image that gets a tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(as = ZadigImageData)]
pub struct ImageData {
    /// The container that runs it.
    #[schema(value_type = Option<String>)]
    pub container_name: String,
    /// Its name.
    #[schema(value_type = Option<String>)]
    pub image_name: String,
    /// The tag it is given. Empty: a Helm version keeps the current one, a K8s version gives none.
    #[schema(value_type = Option<String>)]
    pub image_tag: String,
    /// Whether it is left where it is instead of being pushed.
    #[schema(value_type = Option<bool>)]
    pub disable_image_dist: bool,
}

impl GoStruct for K8sBody {
    const NAME: &'static str = "OpenAPICreateK8SDeliveryVersionRequest";
    const KEYS: &'static [&'static str] = &[
        "project_key",
        "version_name",
        "retry",
        "env_name",
        "production",
        "desc",
        "labels",
        "image_registry_id",
        "yaml_datas",
    ];

    fn bind(&mut self, key: &str, value: &mut GoValue) {
        match key {
            "project_key" => value.string(&mut self.project_key),
            "version_name" => value.string(&mut self.version_name),
            "retry" => value.boolean(&mut self.retry),
            "env_name" => value.string(&mut self.env_name),
            "production" => value.boolean(&mut self.production),
            "desc" => value.string(&mut self.desc),
            "labels" => value.strings(&mut self.labels),
            "image_registry_id" => value.string(&mut self.image_registry_id),
            _ => value.objects(&mut self.yaml_datas),
        }
    }
}

impl GoStruct for YamlData {
    const NAME: &'static str = "OpenAPICreateK8SDeliveryVersionYamlData";
    const KEYS: &'static [&'static str] = &["service_name", "image_datas"];

    fn bind(&mut self, key: &str, value: &mut GoValue) {
        match key {
            "service_name" => value.string(&mut self.service_name),
            _ => value.objects(&mut self.image_datas),
        }
    }
}

impl GoStruct for HelmBody {
    const NAME: &'static str = "OpenAPICreateHelmDeliveryVersionRequest";
    const KEYS: &'static [&'static str] = &[
        "project_key",
        "version_name",
        "retry",
        "env_name",
        "production",
        "desc",
        "labels",
        "image_registry_id",
        "chart_repo_name",
        "chart_datas",
    ];

    fn bind(&mut self, key: &str, value: &mut GoValue) {
        match key {
            "project_key" => value.string(&mut self.project_key),
            "version_name" => value.string(&mut self.version_name),
            "retry" => value.boolean(&mut self.retry),
            "env_name" => value.string(&mut self.env_name),
            "production" => value.boolean(&mut self.production),
            "desc" => value.string(&mut self.desc),
            "labels" => value.strings(&mut self.labels),
            "image_registry_id" => value.string(&mut self.image_registry_id),
            "chart_repo_name" => value.string(&mut self.chart_repo_name),
            _ => value.objects(&mut self.chart_datas),
        }
    }
}

impl GoStruct for ChartData {
    const NAME: &'static str = "OpenAPICreateHelmDeliveryVersionChartData";
    const KEYS: &'static [&'static str] = &["service_name", "version", "image_datas"];

    fn bind(&mut self, key: &str, value: &mut GoValue) {
        match key {
            "service_name" => value.string(&mut self.service_name),
            "version" => value.string(&mut self.version),
            _ => value.objects(&mut self.image_datas),
        }
    }
}

impl GoStruct for ImageData {
    const NAME: &'static str = "OpenAPIDeliveryVersionImageData";
    const KEYS: &'static [&'static str] = &[
        "container_name",
        "image_name",
        "image_tag",
        "disable_image_dist",
    ];

    fn bind(&mut self, key: &str, value: &mut GoValue) {
        match key {
            "container_name" => value.string(&mut self.container_name),
            "image_name" => value.string(&mut self.image_name),
            "image_tag" => value.string(&mut self.image_tag),
            _ => value.boolean(&mut self.disable_image_dist),
        }
    }
}

impl K8sBody {
    /// What the body asks for. A null among its services or images crashes the service.
    pub fn version_request(self) -> Result<VersionRequest, VersionError> {
        let services = self.yaml_datas.into_iter().map(|service| {
            let service = service.ok_or(VersionError::Crash("a null in yaml_datas"))?;
            Ok(ServiceRequest {
                service: service.service_name,
                chart_version: String::new(),
                images: images(service.image_datas)?,
            })
        });
        Ok(VersionRequest {
            services: services.collect::<Result<_, VersionError>>()?,
            project: self.project_key,
            name: self.version_name,
            retry: self.retry,
            environment: self.env_name,
            production: self.production,
            description: self.desc,
            labels: self.labels,
            registry: self.image_registry_id,
            chart_repo: String::new(),
        })
    }
}

impl HelmBody {
    /// What the body asks for. A null among its services or images crashes the service.
    pub fn version_request(self) -> Result<VersionRequest, VersionError> {
        let services = self.chart_datas.into_iter().map(|service| {
            let service = service.ok_or(VersionError::Crash("a null in chart_datas"))?;
            Ok(ServiceRequest {
                service: service.service_name,
                chart_version: service.version,
                images: images(service.image_datas)?,
            })
        });
        Ok(VersionRequest {
            services: services.collect::<Result<_, VersionError>>()?,
            project: self.project_key,
            name: self.version_name,
            retry: self.retry,
            environment: self.env_name,
            production: self.production,
            description: self.desc,
            labels: self.labels,
            registry: self.image_registry_id,
            chart_repo: self.chart_repo_name,
        })
    }
}

fn images(images: Vec<Option<ImageData>>) -> Result<Vec<ImageRequest>, VersionError> {
    let images = images.into_iter().map(|image| {
        let image = image.ok_or(VersionError::Crash("a null in image_datas"))?;
        Ok(ImageRequest {
            container: image.container_name,
            name: image.image_name,
            tag: image.image_tag,
            push: !image.disable_image_dist,
        })
    });
    images.collect()
}

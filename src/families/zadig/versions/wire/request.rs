//! Bodies of requests on the wire.

use crate::families::zadig::go_json::decode::go_structs;
use crate::families::zadig::versions::messages::VersionError;
use crate::families::zadig::versions::model::rows::VersionKind;
use crate::families::zadig::versions::model::version_request::{
    ImageData, ServiceRequest, VersionRequest,
};

go_structs! {
    /// The body of a request for a K8s version. Nothing is required when it is bound, and null stands for an
    /// absent field; a missing value is an error only where it is used.
    #[cfg_attr(test, schema(as = ZadigCreateK8sVersion))]
    pub struct K8sBody = "OpenAPICreateK8SDeliveryVersionRequest" {
        /// The project.
        project_key: String as Option<String>,
        /// The version's name, unique in the project.
        version_name: String as Option<String>,
        /// True to retry a failed version. A retry uses the project and the name; the environment and its
        /// services are looked up, but not used.
        retry: bool as Option<bool>,
        /// The environment whose services are delivered.
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
        yaml_datas: Vec<Option<YamlData>> as Option<Vec<YamlData>>,
    }

    /// A service of a K8s version.
    #[cfg_attr(test, schema(as = ZadigYamlData))]
    pub struct YamlData = "OpenAPICreateK8SDeliveryVersionYamlData" {
        /// The name.
        service_name: String as Option<String>,
        /// The images.
        image_datas: Vec<Option<ImageData>> as Option<Vec<ImageData>>,
    }

    /// The body of a request for a Helm version. Nothing is required when it is bound, and null stands for an
    /// absent field, but a new version needs charts, a chart repository and a registry.
    #[cfg_attr(test, schema(as = ZadigCreateHelmVersion))]
    pub struct HelmBody = "OpenAPICreateHelmDeliveryVersionRequest" {
        /// The project.
        project_key: String as Option<String>,
        /// The version's name, unique in the project.
        version_name: String as Option<String>,
        /// True to retry a failed version. A retry uses only the project and the name.
        retry: bool as Option<bool>,
        /// The environment whose services are delivered.
        env_name: String as Option<String>,
        /// True for a production environment.
        production: bool as Option<bool>,
        /// The description.
        desc: String as Option<String>,
        /// The labels; null stands for an empty one.
        labels: Vec<String> as Option<Vec<Option<String>>>,
        /// The id of the registry that images are pushed to. Required for a new version.
        image_registry_id: String as Option<String>,
        /// The repository that charts are pushed to. Required for a new version.
        chart_repo_name: String as Option<String>,
        /// The services. A new version needs at least one.
        chart_datas: Vec<Option<ChartData>> as Option<Vec<ChartData>>,
    }

    /// A service of a Helm version.
    #[cfg_attr(test, schema(as = ZadigChartData))]
    pub struct ChartData = "OpenAPICreateHelmDeliveryVersionChartData" {
        /// The name, which is also the chart's.
        service_name: String as Option<String>,
        /// The chart's version.
        version: String as Option<String>,
        /// The images.
        image_datas: Vec<Option<ImageData>> as Option<Vec<ImageData>>,
    }
}

/// A null among the services or the images crashes the service.
impl TryFrom<K8sBody> for VersionRequest {
    type Error = VersionError;

    fn try_from(body: K8sBody) -> Result<Self, VersionError> {
        let services = body.yaml_datas.into_iter().map(|yaml_data| {
            let yaml_data = yaml_data.ok_or(VersionError::Crash("a null in yaml_datas"))?;
            Ok(ServiceRequest {
                service: yaml_data.service_name,
                chart_version: String::new(),
                images: images(yaml_data.image_datas)?,
            })
        });
        Ok(Self {
            services: services.collect::<Result<_, VersionError>>()?,
            project: body.project_key,
            name: body.version_name,
            retry: body.retry,
            environment: body.env_name,
            production: body.production,
            description: body.desc,
            labels: body.labels,
            registry: body.image_registry_id,
            chart_repo: String::new(),
            kind: VersionKind::K8sYaml,
        })
    }
}

/// A null among the charts or the images crashes the service.
impl TryFrom<HelmBody> for VersionRequest {
    type Error = VersionError;

    fn try_from(body: HelmBody) -> Result<Self, VersionError> {
        let services = body.chart_datas.into_iter().map(|chart_data| {
            let chart_data = chart_data.ok_or(VersionError::Crash("a null in chart_datas"))?;
            Ok(ServiceRequest {
                service: chart_data.service_name,
                chart_version: chart_data.version,
                images: images(chart_data.image_datas)?,
            })
        });
        Ok(Self {
            services: services.collect::<Result<_, VersionError>>()?,
            project: body.project_key,
            name: body.version_name,
            retry: body.retry,
            environment: body.env_name,
            production: body.production,
            description: body.desc,
            labels: body.labels,
            registry: body.image_registry_id,
            chart_repo: body.chart_repo_name,
            kind: VersionKind::HelmChart,
        })
    }
}

fn images(image_datas: Vec<Option<ImageData>>) -> Result<Vec<ImageData>, VersionError> {
    let images = image_datas.into_iter().collect::<Option<_>>();
    images.ok_or(VersionError::Crash("a null in image_datas"))
}

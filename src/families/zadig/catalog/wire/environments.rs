//! The answers to reads of environments.

use serde::Serialize;

use super::services::ContainerView;
use crate::families::zadig::catalog::{
    Environment, EnvironmentService, EnvironmentStatus, GlobalVariable, ImageRegistry,
    ServiceVariable,
};
use crate::world::settings::ZadigGeneration;

/// An environment in the list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigEnvironmentItem))]
pub struct EnvironmentItem<'a> {
    /// The name, as the document spells it. Absent under `--fidelity strict`. An alias is `envName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_name: Option<&'a str>,
    /// The alias. Absent without one. It is not declared, since generators of clients could not tell its name from the other.
    #[serde(rename = "envName", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(ignore))]
    pub alias: Option<&'a str>,
    /// The name.
    #[cfg_attr(test, schema(required = false, extensions(("x-evidence" = json!("observed")))))]
    pub env_key: &'a str,
    /// The cluster.
    pub cluster_id: &'a str,
    /// The namespace in the cluster.
    pub namespace: &'a str,
    /// True for a production environment.
    pub production: bool,
    /// The registry of its images, or the default one.
    pub registry_id: &'a str,
    /// The status.
    pub status: EnvironmentStatus,
    /// The last who changed it.
    pub update_by: &'a str,
    /// The time of the last change, in seconds since the epoch.
    pub update_time: i64,
}

impl<'a> EnvironmentItem<'a> {
    pub fn new(
        environment: &'a Environment,
        default_registry: Option<&'a ImageRegistry>,
        is_strict: bool,
    ) -> Self {
        let default_registry = default_registry.map_or("", |registry| &registry.id);
        Self {
            env_name: (!is_strict).then_some(&environment.name),
            alias: given(&environment.alias),
            env_key: &environment.name,
            cluster_id: &environment.cluster_id,
            namespace: &environment.namespace,
            production: environment.production,
            registry_id: given(&environment.registry_id).unwrap_or(default_registry),
            status: environment.status,
            update_by: &environment.update_by,
            update_time: environment.update_time,
        }
    }
}

fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// An environment with its services.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigEnvironmentDetail))]
pub struct EnvironmentDetail<'a> {
    /// The project.
    pub project_key: &'a str,
    /// The name.
    pub env_key: &'a str,
    /// The last who changed it.
    pub update_by: &'a str,
    /// The time of the last change, in seconds since the epoch.
    pub update_time: i64,
    /// The cluster.
    pub cluster_id: &'a str,
    /// The namespace in the cluster.
    pub namespace: &'a str,
    /// The registry of its images; empty: the default one.
    pub registry_id: &'a str,
    /// The alias. Absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_name: Option<&'a str>,
    /// The variables that services share.
    pub global_variables: &'a [GlobalVariable],
    /// The services.
    pub services: Vec<EnvironmentServiceView<'a>>,
    /// The status.
    pub status: EnvironmentStatus,
}

impl<'a> EnvironmentDetail<'a> {
    pub fn new(
        project: &'a str,
        environment: &'a Environment,
        generation: ZadigGeneration,
    ) -> Self {
        let services = environment.services.iter();
        Self {
            project_key: project,
            env_key: &environment.name,
            update_by: &environment.update_by,
            update_time: environment.update_time,
            cluster_id: &environment.cluster_id,
            namespace: &environment.namespace,
            registry_id: &environment.registry_id,
            env_name: given(&environment.alias),
            global_variables: &environment.global_variables,
            services: services
                .map(|service| EnvironmentServiceView::new(service, generation))
                .collect(),
            status: environment.status,
        }
    }
}

/// A service of an environment.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigEnvironmentService))]
pub struct EnvironmentServiceView<'a> {
    /// The name.
    pub service_name: &'a str,
    /// The containers.
    pub containers: Vec<ContainerView<'a>>,
    /// The variables.
    pub variable_kvs: &'a [ServiceVariable],
    /// The status in the cluster; empty for a chart.
    pub status: &'a str,
    /// The type of deployment, such as `k8s` and `helm`.
    #[serde(rename = "type")]
    pub kind: &'a str,
}

impl<'a> EnvironmentServiceView<'a> {
    fn new(service: &'a EnvironmentService, generation: ZadigGeneration) -> Self {
        let containers = service.containers.iter();
        Self {
            service_name: &service.name,
            containers: containers
                .map(|container| ContainerView::new(container, generation))
                .collect(),
            variable_kvs: &service.variable_kvs,
            status: service.status(),
            kind: service.kind(),
        }
    }
}

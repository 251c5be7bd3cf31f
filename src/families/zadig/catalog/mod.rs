//! Projects with their environments, services, registries and chart repositories: the reads around versions and
//! workflows.
//!
//! Everything comes from fixtures; no operation changes it.
//!
//! - [`operations`]: the reads. Queries and answers are in [`wire`].
//! - [`model`]: the resources; [`fixture`]: environments in the fixture format.

pub mod fixture;
mod model;
pub mod operations;
pub mod wire;
mod yaml_service;

pub use model::{
    Catalog, ChartRepo, Environment, EnvironmentService, EnvironmentStatus, GlobalVariable,
    ImagePath, ImageRegistry, ProjectCatalog, ProjectInfo, ServiceContainer, ServiceTemplate,
    ServiceVariable, image_name, image_namespace, image_tag,
};
pub use yaml_service::YamlService;

use super::dialect::Zadig;
use crate::http::routes::{Routes, route};
use operations::{environments, projects, registries, services};

/// The URL table.
pub(super) fn routes() -> Routes<Zadig> {
    Routes::default()
        .with(
            route!(
                "/openapi/projects/project",
                get(projects::list_zadig_projects)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/projects/project/detail",
                get(projects::get_zadig_project)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/environments",
                get(environments::list_environments)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/environments/production",
                get(environments::list_production_environments)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/environments/{name}",
                get(environments::get_environment)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/environments/production/{name}",
                get(environments::get_production_environment)
            )
            .or_wrong_method(),
        )
        .with(
            route!("/openapi/system/registry", get(registries::list_registries)).or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/system/registry/{id}",
                get(registries::get_registry)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/service/yaml/services",
                get(services::list_yaml_services)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/service/yaml/production/services",
                get(services::list_production_yaml_services)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/service/yaml/{name}",
                get(services::get_yaml_service)
            )
            .or_wrong_method(),
        )
        .with(
            route!(
                "/openapi/service/yaml/production/{name}",
                get(services::get_production_yaml_service)
            )
            .or_wrong_method(),
        )
}

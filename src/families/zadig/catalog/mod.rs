//! Projects with their environments, services, registries and chart repositories, which fixtures provide.

pub mod fixture;
mod model;

pub use model::{
    Catalog, ChartRepo, Environment, EnvironmentService, EnvironmentStatus, GlobalVariable,
    ImagePath, ImageRegistry, ProjectCatalog, ProjectInfo, ServiceContainer, ServiceTemplate,
    ServiceVariable, image_name, image_namespace, image_tag,
};

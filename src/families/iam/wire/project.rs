//! Projects in responses.

use serde::Serialize;

use super::links::{IamLinks, IamSelfLink};
use crate::world::identities::{Project, domain_id};

/// The projects that match a filter.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamProjects {
    links: IamLinks,
    projects: Vec<IamProject>,
}

/// One project.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamProjectEnvelope {
    project: IamProject,
}

/// A project.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamProject {
    /// Always false.
    is_domain: bool,
    /// Always empty.
    description: &'static str,
    links: IamLinks,
    /// Always true.
    enabled: bool,
    id: String,
    /// The account's id.
    parent_id: String,
    /// The account's id.
    domain_id: String,
    name: String,
}

impl IamProject {
    fn new(Project { id, name }: Project, domain: &str, base: &str) -> Self {
        Self {
            is_domain: false,
            description: "",
            links: IamLinks::new(base, &format!("/v3/projects/{id}")),
            enabled: true,
            id,
            parent_id: domain_id(domain),
            domain_id: domain_id(domain),
            name,
        }
    }
}

impl IamProjects {
    /// The response to a request for `path`.
    pub fn new(projects: Vec<Project>, domain: &str, base: &str, path: &str) -> Self {
        let project = |project| IamProject::new(project, domain, base);
        Self {
            links: IamLinks::new(base, path),
            projects: projects.into_iter().map(project).collect(),
        }
    }
}

impl IamProjectEnvelope {
    pub fn new(project: Project, domain: &str, base: &str) -> Self {
        Self {
            project: IamProject::new(project, domain, base),
        }
    }
}

/// The projects that the caller may enter.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamAuthProjects {
    links: IamSelfLink,
    projects: Vec<IamAuthProject>,
}

/// A project that the caller may enter.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamAuthProject {
    /// Always false.
    is_domain: bool,
    /// Always empty.
    description: &'static str,
    links: IamSelfLink,
    /// Always true.
    enabled: bool,
    id: String,
    /// The account's id.
    parent_id: String,
    /// The account's id.
    domain_id: String,
    name: String,
}

impl IamAuthProjects {
    pub fn new(projects: Vec<Project>, domain: &str, base: &str) -> Self {
        let project = |Project { id, name }| IamAuthProject {
            is_domain: false,
            description: "",
            links: IamSelfLink::new(base, &format!("/v3/projects/{id}")),
            enabled: true,
            id,
            parent_id: domain_id(domain),
            domain_id: domain_id(domain),
            name,
        };
        Self {
            links: IamSelfLink::new(base, "/v3/auth/projects"),
            projects: projects.into_iter().map(project).collect(),
        }
    }
}

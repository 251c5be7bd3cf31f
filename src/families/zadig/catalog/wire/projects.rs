//! The answers to reads of projects.

use serde::Serialize;

use crate::families::zadig::catalog::ProjectInfo;

/// A page of projects.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(untagged)]
#[cfg_attr(test, schema(as = ZadigProjectList))]
pub enum ProjectList<'a> {
    Some {
        /// The number of the projects that the caller sees.
        total: usize,
        /// The projects, the last changed first.
        projects: Vec<ProjectItem<'a>>,
    },
    /// The same for a user without a role anywhere, whom the service answers elsewhere.
    None {
        /// Empty.
        projects: [ProjectItem<'a>; 0],
        /// 0.
        total: usize,
    },
}

impl ProjectList<'_> {
    pub fn none() -> Self {
        Self::None {
            projects: [],
            total: 0,
        }
    }
}

/// A project.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigProjectItem))]
pub struct ProjectItem<'a> {
    /// The name.
    pub project_name: &'a str,
    /// The key.
    pub project_key: &'a str,
    /// The description. The document's table calls it `desc`; its example and the service have `description`.
    pub description: &'a str,
    /// The type of deployment, such as `k8s` and `helm`.
    pub deploy_type: &'a str,
}

impl<'a> ProjectItem<'a> {
    pub fn new(key: &'a str, info: &'a ProjectInfo) -> Self {
        Self {
            project_name: &info.name,
            project_key: key,
            description: &info.description,
            deploy_type: &info.deploy_type,
        }
    }
}

/// A project with its metadata.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigProjectDetail))]
pub struct ProjectDetail<'a> {
    /// The name.
    pub project_name: &'a str,
    /// The key.
    pub project_key: &'a str,
    /// True if every user may read it.
    #[cfg_attr(test, schema(required = false, extensions(("x-evidence" = json!("observed")))))]
    pub is_public: bool,
    /// The description.
    pub desc: &'a str,
    /// The type of deployment, such as `k8s` and `helm`.
    pub deploy_type: &'a str,
    /// The creation time, in seconds since the epoch. The document's table calls it `created_time`; its example and the
    /// service have `create_time`.
    pub create_time: i64,
    /// The last who changed it.
    pub created_by: &'a str,
}

impl<'a> ProjectDetail<'a> {
    pub fn new(key: &'a str, info: &'a ProjectInfo) -> Self {
        Self {
            project_name: &info.name,
            project_key: key,
            is_public: info.is_public,
            desc: &info.description,
            deploy_type: &info.deploy_type,
            create_time: info.create_time,
            created_by: &info.created_by,
        }
    }
}

//! The projects a request can access, and references to a namespace of a mesh.

use crate::http::Caller;

/// The scope of meshes that belong to every project.
pub const EVERY_PROJECT: &str = "";

/// The projects whose meshes a request can access.
#[derive(Clone, Copy, Debug)]
pub enum ProjectScope<'a> {
    /// The project in the path or in `X-Project-Id`.
    Project(&'a str),
    /// The projects of the credential.
    Projects(&'a [String]),
    /// All projects, because the owner of the credential is unknown.
    Everything,
}

impl<'a> ProjectScope<'a> {
    /// The scope of a request without a project in its path.
    pub fn from_caller(caller: &'a Caller) -> Self {
        match (&caller.named_project, &caller.projects) {
            (Some(project), _) => Self::Project(project),
            (None, Some(projects)) => Self::Projects(projects),
            (None, None) => Self::Everything,
        }
    }

    /// Returns true if a mesh of this owner (a project or every project) is accessible.
    pub fn covers(self, owner: &str) -> bool {
        owner == EVERY_PROJECT
            || match self {
                Self::Project(project) => project == owner,
                Self::Projects(projects) => projects.iter().any(|project| project == owner),
                Self::Everything => true,
            }
    }
}

/// A namespace of a mesh, as a request addresses it.
#[derive(Clone, Copy, Debug)]
pub struct NamespaceRef<'a> {
    pub scope: ProjectScope<'a>,
    pub mesh: &'a str,
    pub namespace: &'a str,
}

impl<'a> NamespaceRef<'a> {
    /// The namespace in the path of a caller's request.
    pub fn new(caller: &'a Caller, mesh: &'a str, namespace: &'a str) -> Self {
        Self {
            scope: ProjectScope::from_caller(caller),
            mesh,
            namespace,
        }
    }
}

//! The projects a request can access, and references to a namespace of a mesh.

use crate::http::Caller;

/// The scope of meshes that belong to every project.
pub const EVERY_PROJECT: &str = "";

/// The projects whose meshes a request can access; absent: all, because the owner of the credential is unknown.
#[derive(Clone, Copy, Debug)]
pub struct ProjectScope<'a>(pub Option<&'a [String]>);

impl<'a> ProjectScope<'a> {
    /// The scope of a request that names its project.
    pub fn project(project: &'a String) -> Self {
        Self(Some(std::slice::from_ref(project)))
    }

    /// The scope of a request without a project in its path.
    pub fn from_caller(caller: &'a Caller) -> Self {
        match &caller.named_project {
            Some(project) => Self::project(project),
            None => Self(caller.projects.as_deref()),
        }
    }

    /// Returns true if a mesh of this owner (a project or every project) is accessible.
    pub fn covers(self, owner: &str) -> bool {
        let is_own = |projects: &[String]| projects.iter().any(|project| project == owner);
        owner == EVERY_PROJECT || self.0.is_none_or(is_own)
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

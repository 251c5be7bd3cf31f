//! The projects that a request reaches, and a namespace of a mesh.

use crate::http::Caller;

/// The scope of meshes that belong to every project.
pub const EVERY_PROJECT: &str = "";

/// The projects whose meshes a request reaches.
#[derive(Clone, Copy, Debug)]
pub enum ProjectScope<'a> {
    /// One: that of the path, or of `X-Project-Id`.
    Project(&'a str),
    /// Those of the credential.
    Projects(&'a [String]),
    /// All: nobody knows whose the credential is.
    Everything,
}

impl<'a> ProjectScope<'a> {
    /// What a request reaches whose path names no project.
    #[must_use]
    pub fn of(caller: &'a Caller) -> Self {
        match (&caller.named_project, &caller.projects) {
            (Some(project), _) => Self::Project(project),
            (None, Some(projects)) => Self::Projects(projects),
            (None, None) => Self::Everything,
        }
    }

    /// Whether a mesh of that project, or of every one, is among them.
    #[must_use]
    pub fn covers(self, owner: &str) -> bool {
        owner == EVERY_PROJECT
            || match self {
                Self::Project(project) => project == owner,
                Self::Projects(projects) => projects.iter().any(|project| project == owner),
                Self::Everything => true,
            }
    }
}

/// Where releases are: a namespace of a mesh, as a request reaches it.
#[derive(Clone, Copy, Debug)]
pub struct NamespaceRef<'a> {
    /// What the request reaches.
    pub scope: ProjectScope<'a>,
    /// The mesh's id.
    pub mesh: &'a str,
    /// The namespace.
    pub namespace: &'a str,
}

/// What becomes of a release whose mesh is not known.
#[derive(Clone, Copy, Debug)]
pub enum UnknownMesh<'a> {
    /// The mesh becomes known, and belongs to that project, or to every one.
    MakeKnown {
        /// The project.
        home: Option<&'a str>,
    },
    /// It is refused.
    Refuse,
}

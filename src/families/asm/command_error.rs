//! The reasons for which a command on meshes or releases fails.

use crate::world::fixture::ValidationError;

/// The reason for which a command fails. It changes nothing then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// `suggestion` is the mesh's actual project, or a similar id.
    #[error("there is no mesh {id} in the projects this request reaches{}", after_colon(.suggestion.as_deref()))]
    UnknownMesh {
        id: String,
        suggestion: Option<String>,
    },
    /// `id` is a uid or a name; `suggestion` is the task's actual namespace, or a similar id.
    #[error("there is no release task {id} in the namespace {namespace}{}", after_colon(.suggestion.as_deref()))]
    UnknownRelease {
        namespace: String,
        id: String,
        suggestion: Option<String>,
    },
    /// `id` is the mesh of that name.
    #[error("metadata.name: {name:?} is already used in the project, by the mesh {id}")]
    MeshNameUsed { name: String, id: String },
    /// `uid` is the task of that name.
    #[error(
        "metadata.name: {name:?} is already used in the namespace, by the release task {uid}; cancel or end it first"
    )]
    ReleaseNameUsed { name: String, uid: String },
    /// `uid` is the release task that the service has.
    #[error(
        "spec.serviceName: {service:?} already has a release task, {uid}; cancel or end it first"
    )]
    ServiceUsed { service: String, uid: String },
    /// `hint` says when the deletion ends.
    #[error("mesh_id: the mesh is being deleted")]
    MeshInDeletion { hint: String },
    /// `hint` says how to shift the traffic.
    #[error("action: {reason}")]
    WrongTraffic { reason: String, hint: String },
    #[error(transparent)]
    InvalidField(#[from] ValidationError),
}

fn after_colon(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |suggestion| format!(": {suggestion}"))
}

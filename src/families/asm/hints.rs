//! Suggestions for an unknown mesh or release.

use super::scope::ProjectScope;
use super::table::Table;
use crate::world::hints::{MAX_CANDIDATES, did_you_mean};

impl Table {
    /// The project of an inaccessible mesh, or a mesh with a similar id or name.
    pub(super) fn suggest_mesh(&self, scope: ProjectScope, id: &str) -> Option<String> {
        if let Some(foreign) = self.meshes.find(id) {
            return Some(format!("it belongs to the project {}", foreign.scope));
        }
        let projects = self.meshes.scopes().filter(|project| scope.covers(project));
        did_you_mean(
            "mesh",
            projects.flat_map(|project| self.meshes.of(project).rev()),
            id,
        )
    }

    /// The namespace of a release found elsewhere, or a release with a similar id or name.
    pub(super) fn suggest_release(&self, mesh: &str, namespace: &str, id: &str) -> Option<String> {
        let here = || self.releases.of(mesh).rev().take(MAX_CANDIDATES);
        let named = || here().find(|entry| entry.item.spec.name() == id);
        if let Some(other) = self.releases.find(id).or_else(named) {
            let namespace = &other.item.namespace;
            return Some(format!(
                "it is in the namespace {namespace} of the mesh {}",
                other.scope
            ));
        }
        let own = here().filter(|entry| *entry.item.namespace == *namespace);
        did_you_mean("release task", own, id)
    }
}

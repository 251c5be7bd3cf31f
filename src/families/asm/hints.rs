//! Suggestions for an unknown mesh or release, and the way past a mesh that is being deleted.

use super::meshes::Mesh;
use super::scope::ProjectScope;
use super::table::Table;
use crate::sim::collection::Resource;
use crate::sim::{Millis, NEVER};
use crate::world::hints::{MAX_CANDIDATES, advance, did_you_mean};

impl Table {
    /// Where a mesh is that a request does not reach, or which one comes near.
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

    /// Where a release is that a namespace does not have, or which one comes near.
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

/// How to get past a mesh that is being deleted.
pub(super) fn way_out(mesh: &Mesh, now: Millis) -> String {
    match mesh.next_due(now) {
        NEVER => {
            "time alone does not end its deletion: PATCH /_emulator/v1/state gives it another phase"
                .to_owned()
        }
        due => format!("{} ends its deletion", advance(due - now)),
    }
}

//! The table of the family: meshes and their releases, indexed by id and name.

use std::sync::Arc;

use super::error::Error;
use super::meshes::Mesh;
use super::releases::Release;
use super::scope::{EVERY_PROJECT, NamespaceRef, ProjectScope};
use crate::sim::collection::{ArrivalId, Collection, HashIndex, Stored};
use crate::sim::pack::{Packer, UnpackError, Unpacker};
use crate::sim::transition::{ChangeContext, TransitionLog};

/// Meshes and releases.
///
/// A mesh is removed with its releases at the instant its deletion ends, before any later request sees it.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// By project, or [`EVERY_PROJECT`].
    pub(super) meshes: Collection<Mesh>,
    /// By mesh.
    pub(super) releases: Collection<Release>,
    mesh_names: HashIndex,
    release_names: HashIndex,
    services: HashIndex,
}

impl Table {
    /// The accessible meshes, project by project and oldest first in each, then those of every project.
    pub fn meshes<'a>(&'a self, scope: ProjectScope<'a>) -> impl Iterator<Item = &'a Stored<Mesh>> {
        let named = scope.0.unwrap_or_default().iter().map(String::as_str);
        let all = scope.0.is_none().then(|| self.meshes.scopes());
        named
            .chain(all.into_iter().flatten())
            .filter(|owner| *owner != EVERY_PROJECT)
            .chain([EVERY_PROJECT])
            .flat_map(|owner| self.meshes.of(owner))
    }

    pub fn mesh(&self, scope: ProjectScope, id: &str) -> Result<&Stored<Mesh>, Error> {
        self.accessible_mesh(scope, id)
            .ok_or_else(|| self.unknown_mesh(scope, id))
    }

    pub(super) fn unknown_mesh(&self, scope: ProjectScope, id: &str) -> Error {
        let suggestion = after_colon(self.suggest_mesh(scope, id));
        Error::NotFound(format!(
            "there is no mesh {id} in the projects this request reaches{suggestion}"
        ))
    }

    pub(super) fn accessible_mesh(&self, scope: ProjectScope, id: &str) -> Option<&Stored<Mesh>> {
        let mesh = self.meshes.find(id);
        mesh.filter(|stored| scope.covers(&stored.scope))
    }

    pub(super) fn mesh_by_name(&self, project: &str, name: &str) -> Option<&Stored<Mesh>> {
        let key_of = |arrival_id| mesh_key(self.meshes.named(arrival_id));
        let arrival_id = self.mesh_names.get(&[project, name], key_of)?;
        self.meshes.at(arrival_id)
    }

    /// The releases of a mesh, oldest first.
    pub fn releases(
        &self,
        scope: ProjectScope,
        mesh: &str,
    ) -> Result<impl Iterator<Item = &Stored<Release>> + use<'_>, Error> {
        let mesh = self.mesh(scope, mesh)?;
        Ok(self.releases.of(&mesh.id))
    }

    /// The number of releases of a mesh.
    pub fn n_releases(&self, mesh: &str) -> usize {
        self.releases.len(mesh)
    }

    /// The release with that uid, else the one with that name.
    pub fn release(&self, target: NamespaceRef, id: &str) -> Result<&Stored<Release>, Error> {
        let (mesh, namespace) = (target.mesh, target.namespace);
        self.mesh(target.scope, mesh)?;
        self.releases
            .find(id)
            .filter(|stored| &*stored.scope == mesh && *stored.item.namespace == *namespace)
            .or_else(|| self.release_by_name(mesh, namespace, id))
            .ok_or_else(|| {
                let suggestion = after_colon(self.suggest_release(mesh, namespace, id));
                Error::NotFound(format!(
                    "there is no release task {id} in the namespace {namespace}{suggestion}"
                ))
            })
    }

    pub(super) fn release_by_name(
        &self,
        mesh: &str,
        namespace: &str,
        name: &str,
    ) -> Option<&Stored<Release>> {
        let key_of = |arrival_id| release_key(self.releases.named(arrival_id));
        let arrival_id = self.release_names.get(&[mesh, namespace, name], key_of)?;
        self.releases.at(arrival_id)
    }

    /// The oldest release of a service.
    pub(super) fn release_by_service(
        &self,
        mesh: &str,
        namespace: &str,
        service: &str,
    ) -> Option<&Stored<Release>> {
        let key_of = |arrival_id| service_key(self.releases.named(arrival_id));
        let arrival_id = self.services.get(&[mesh, namespace, service], key_of)?;
        self.releases.at(arrival_id)
    }

    pub(super) fn add_mesh(
        &mut self,
        project: &str,
        id: &str,
        mesh: Mesh,
        change_context: &mut ChangeContext,
    ) -> ArrivalId {
        // Creation times of fixtures are text, so meshes and releases are ordered by arrival alone.
        let arrival_id = self.meshes.insert(project, id, 0, mesh, change_context);
        self.index_mesh(arrival_id);
        arrival_id
    }

    fn index_mesh(&mut self, arrival_id: ArrivalId) {
        let key_of = |arrival_id| mesh_key(self.meshes.named(arrival_id));
        self.mesh_names.insert(arrival_id, key_of);
    }

    pub(super) fn add_release(
        &mut self,
        mesh: &str,
        uid: &str,
        release: Release,
        change_context: &mut ChangeContext,
    ) -> ArrivalId {
        let arrival_id = self.releases.insert(mesh, uid, 0, release, change_context);
        self.index_release(arrival_id);
        arrival_id
    }

    fn index_release(&mut self, arrival_id: ArrivalId) {
        let key_of = |arrival_id| release_key(self.releases.named(arrival_id));
        self.release_names.insert(arrival_id, key_of);
        let key_of = |arrival_id| service_key(self.releases.named(arrival_id));
        self.services.insert(arrival_id, key_of);
    }

    /// Packs all but the indexes, which follow from the rest.
    pub(super) fn pack_collections(&self, packer: &mut Packer) {
        self.meshes.pack(packer);
        self.releases.pack(packer);
    }

    /// Fills an empty table.
    pub(super) fn unpack_collections(
        &mut self,
        unpacker: &mut Unpacker,
        log: &mut TransitionLog,
    ) -> Result<(), UnpackError> {
        self.meshes = Collection::unpack(unpacker, log)?;
        for arrival_id in self.meshes.arrival_ids() {
            self.index_mesh(arrival_id);
        }
        self.releases = Collection::unpack(unpacker, log)?;
        for arrival_id in self.releases.arrival_ids() {
            self.index_release(arrival_id);
        }
        Ok(())
    }

    /// Removes a mesh with its releases.
    pub(super) fn remove_mesh(
        &mut self,
        project: &str,
        id: &str,
        change_context: &mut ChangeContext,
    ) {
        if let Some(arrival_id) = self.meshes.arrival_id(id)
            && let Some(mesh) = self.meshes.remove(project, id, change_context)
        {
            self.mesh_names
                .remove([project, &mesh.definition.name], arrival_id);
        }
        let releases = self.releases.of(id);
        let uids: Vec<_> = releases.map(|stored| Arc::clone(&stored.id)).collect();
        for uid in uids {
            self.remove_release(id, &uid, change_context);
        }
    }

    pub(super) fn remove_release(
        &mut self,
        mesh: &str,
        uid: &str,
        change_context: &mut ChangeContext,
    ) {
        if let Some(arrival_id) = self.releases.arrival_id(uid)
            && let Some(release) = self.releases.remove(mesh, uid, change_context)
        {
            let (namespace, spec) = (&*release.namespace, &release.spec);
            self.release_names
                .remove([mesh, namespace, spec.name()], arrival_id);
            self.services
                .remove([mesh, namespace, spec.service()], arrival_id);
        }
    }
}

fn after_colon(suggestion: Option<String>) -> String {
    suggestion.map_or_else(String::new, |suggestion| format!(": {suggestion}"))
}

/// Project and name.
fn mesh_key(stored: &Stored<Mesh>) -> [&str; 2] {
    [&stored.scope, &stored.item.definition.name]
}

/// Mesh, namespace and name.
fn release_key(stored: &Stored<Release>) -> [&str; 3] {
    let release = &stored.item;
    [&stored.scope, &release.namespace, release.spec.name()]
}

/// Mesh, namespace and service.
fn service_key(stored: &Stored<Release>) -> [&str; 3] {
    let release = &stored.item;
    [&stored.scope, &release.namespace, release.spec.service()]
}

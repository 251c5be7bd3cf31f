//! ASM in the fixture format: meshes with their releases.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::fields::ensure;
use super::meshes::Mesh;
use super::meshes::fixture::MeshEmulator;
use super::releases::fixture::ReleaseFixture;
use super::scope::EVERY_PROJECT;
use super::table::Table;
use crate::sim::Millis;
use crate::sim::collection::Stored;
use crate::sim::ids::Ids;
use crate::sim::transition::ChangeContext;
use crate::world::fixture::ValidationError;

/// The meshes, with their releases.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AsmFixture {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) meshes: Vec<MeshFixture>,
}

/// A mesh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeshFixture {
    pub(super) id: String,
    /// The id if absent.
    name: Option<String>,
    /// The releases in the shape of responses, in the order of the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    releases: Vec<ReleaseFixture>,
    /// The properties that v2 responses do not show. Without them the mesh runs and belongs to every project.
    emulator: Option<MeshEmulator>,
}

impl AsmFixture {
    /// The uids of the releases, which must be unique.
    pub(super) fn given_uids(&self) -> Result<HashSet<String>, ValidationError> {
        let mut uids = HashSet::new();
        for (n, mesh) in self.meshes.iter().enumerate() {
            for (k, release) in mesh.releases.iter().enumerate() {
                let is_new = release.uid().is_none_or(|uid| uids.insert(uid.to_owned()));
                let path = format_args!("meshes[{n}].releases[{k}].metadata.uid");
                ensure(
                    is_new,
                    path,
                    format!("duplicate {:?}", release.uid().unwrap_or_default()),
                )?;
            }
        }
        Ok(uids)
    }
}

impl MeshFixture {
    pub(super) fn merge(&mut self, patch: Self) {
        self.name = patch.name.or(self.name.take());
        self.emulator = patch.emulator.or(self.emulator.take());
        let mut by_uid = HashMap::new();
        let mut by_name = HashMap::new();
        for (n, release) in self.releases.iter().enumerate() {
            if let Some(uid) = release.uid() {
                by_uid.insert(uid.to_owned(), n);
            }
            by_name.insert(key(release), n);
        }
        for release in patch.releases {
            // A release without a uid replaces the one with its name.
            let position = match release.uid() {
                Some(uid) => by_uid.get(uid),
                None => by_name.get(&key(&release)),
            };
            match position {
                Some(n) => self.releases[*n].replace(release),
                None => self.releases.push(release),
            }
        }
    }
}

/// Namespace and name.
fn key(release: &ReleaseFixture) -> (String, String) {
    (release.namespace().to_owned(), release.name().to_owned())
}

impl Table {
    pub(super) fn load_mesh(
        &mut self,
        fixture: MeshFixture,
        uids: &HashSet<String>,
        ids: &Ids,
        change_context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        let now = change_context.now;
        let id = fixture.id;
        ensure(!id.is_empty(), "id", "must not be empty")?;
        let is_new = !self.meshes.contains(&id);
        ensure(is_new, "id", format!("duplicate {id:?}"))?;
        let emulator = fixture.emulator.unwrap_or_default();
        let project = emulator.project.clone();
        let project = project.as_deref().unwrap_or(EVERY_PROJECT);
        let mesh = emulator
            .restore(&id, fixture.name, now)
            .map_err(|error| error.nested_in("emulator"))?;
        // A deletion may have ended between export and import.
        let is_deleted = mesh.is_deleted(now);
        if !is_deleted {
            self.add_mesh(project, &id, mesh, change_context);
        }
        for (n, fixture) in fixture.releases.into_iter().enumerate() {
            let path = format!("releases[{n}]");
            let uid = fixture.uid().map(str::to_owned);
            let release = fixture
                .restore(&id, now)
                .map_err(|error| error.nested_in(&path))?;
            let (namespace, name) = (&release.namespace, release.spec.name());
            let is_free = self.release_by_name(&id, namespace, name).is_none();
            let rule = format!("{name:?} is already used in the namespace");
            ensure(is_free, format_args!("{path}.metadata.name"), rule)?;
            let is_used = |id: &str| uids.contains(id) || self.releases.contains(id);
            let uid = uid.unwrap_or_else(|| ids.uuid(is_used));
            if !is_deleted {
                self.add_release(&id, &uid, release, change_context);
            }
        }
        Ok(())
    }

    /// A mesh in the fixture format, with its releases in the order of the list.
    pub(super) fn save_mesh(&self, mesh: &Stored<Mesh>, now: Millis) -> MeshFixture {
        let releases = self.releases.of(&mesh.id);
        MeshFixture {
            id: mesh.id.to_string(),
            name: Some(mesh.item.definition.name.clone()),
            releases: releases
                .map(|release| ReleaseFixture::new(&mesh.id, &release.id, &release.item, now))
                .collect(),
            emulator: Some(MeshEmulator::new(&mesh.scope, &mesh.id, &mesh.item, now)),
        }
    }
}

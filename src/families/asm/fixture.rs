//! ASM in the fixture format: meshes with their releases.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::meshes::fixture::{MeshEmulator, RestoredMesh};
use super::names::is_name;
use super::releases::fixture::ReleaseFixture;
use super::scope::EVERY_PROJECT;
use super::table::Table;
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::sim::transition::ChangeContext;
use crate::world::fixture::{ValidationError, upsert_with};

/// Meshes with their releases.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AsmFixture {
    /// The meshes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub meshes: Vec<MeshFixture>,
}

/// One mesh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeshFixture {
    /// The mesh's id.
    pub id: String,
    /// Its name; absent: its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its releases as they are answered, in the order of the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<ReleaseFixture>,
    /// What answers of v2 do not show: the project, the mesh as v1 answers it, its run. Absent: a running
    /// mesh that belongs to every project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emulator: Option<MeshEmulator>,
}

impl AsmFixture {
    /// Takes over what a patch says, by mesh and uid.
    pub fn merge(&mut self, patch: Self) {
        upsert_with(
            &mut self.meshes,
            patch.meshes,
            |mesh| mesh.id.as_str(),
            MeshFixture::merge,
        );
    }
}

impl MeshFixture {
    fn merge(&mut self, patch: Self) {
        if patch.name.is_some() {
            self.name = patch.name;
        }
        if patch.emulator.is_some() {
            self.emulator = patch.emulator;
        }
        let numbered = self.releases.iter().enumerate();
        let by_uid: HashMap<_, _> = numbered
            .clone()
            .filter_map(|(n, item)| Some((item.uid()?.to_owned(), n)))
            .collect();
        let by_name: HashMap<_, _> = numbered.map(|(n, item)| (item.named(), n)).collect();
        for item in patch.releases {
            // Without a uid it is the task of that name that is meant.
            let known = match item.uid() {
                Some(uid) => by_uid.get(uid),
                None => by_name.get(&item.named()),
            };
            match known {
                Some(n) => self.releases[*n].replace(item),
                None => self.releases.push(item),
            }
        }
    }
}

impl Table {
    /// Fills an empty table.
    pub fn load_state(
        &mut self,
        state: AsmFixture,
        ids: &Ids,
        change_context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        let uids = given_uids(&state)?;
        for (n, mesh) in state.meshes.into_iter().enumerate() {
            self.load_mesh(mesh, &uids, ids, change_context)
                .map_err(|error| error.nested_in(format_args!("meshes[{n}]")))?;
        }
        Ok(())
    }

    fn load_mesh(
        &mut self,
        state: MeshFixture,
        uids: &HashSet<String>,
        ids: &Ids,
        change_context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        let now = change_context.now;
        let MeshFixture {
            id,
            name,
            releases,
            emulator,
        } = state;
        if id.is_empty() {
            return Err(ValidationError::new("id", "a text that is not empty"));
        }
        if self.meshes.contains(&id) {
            return Err(ValidationError::new("id", "each only once"));
        }
        let emulator = emulator.unwrap_or_default();
        let RestoredMesh { project, mesh } = emulator
            .restore(&id, name, now)
            .map_err(|error| error.nested_in("emulator"))?;
        let project = project.as_deref().unwrap_or(EVERY_PROJECT);
        // A deletion may have ended between export and import.
        let gone = mesh.is_gone(now);
        if !gone {
            self.add_mesh(project, &id, mesh, change_context);
        }
        for (n, item) in releases.into_iter().enumerate() {
            let place = format!("releases[{n}]");
            let (uid, release) = item
                .restore(&id, now)
                .map_err(|error| error.nested_in(&place))?;
            let name = release.spec.name();
            if !is_name(name) {
                return Err(ValidationError::new(
                    format!("{place}.metadata.name"),
                    super::names::NAME,
                ));
            }
            let taken = self.release_named(&id, &release.namespace, name);
            if taken.is_some() {
                return Err(ValidationError::new(
                    format!("{place}.metadata.name"),
                    "each only once in a namespace",
                ));
            }
            let taken = |id: &str| uids.contains(id) || self.releases.contains(id);
            let uid = uid.unwrap_or_else(|| ids.uuid(taken));
            if !gone {
                self.add_release(&id, &uid, release, change_context);
            }
        }
        Ok(())
    }

    /// The table in the fixture format; in the order of lists, so that loading it gives the same order.
    pub fn save_state(&self, now: Millis) -> AsmFixture {
        let entries = self
            .meshes
            .scopes()
            .flat_map(|project| self.meshes.of(project));
        let meshes = entries.map(|entry| {
            let releases = self.releases.of(&entry.id);
            MeshFixture {
                id: entry.id.to_string(),
                name: Some(entry.item.spec.name.clone()),
                releases: releases
                    .map(|release| ReleaseFixture::new(&entry.id, &release.id, &release.item, now))
                    .collect(),
                emulator: Some(MeshEmulator::new(&entry.scope, &entry.id, &entry.item, now)),
            }
        });
        AsmFixture {
            meshes: meshes.collect(),
        }
    }
}

/// The uids that a state gives, each once.
fn given_uids(state: &AsmFixture) -> Result<HashSet<String>, ValidationError> {
    let mut uids = HashSet::new();
    for (n, mesh) in state.meshes.iter().enumerate() {
        for (k, item) in mesh.releases.iter().enumerate() {
            if let Some(uid) = item.uid()
                && !uids.insert(uid.to_owned())
            {
                return Err(ValidationError::new(
                    format!("meshes[{n}].releases[{k}].metadata.uid"),
                    "each only once",
                ));
            }
        }
    }
    Ok(uids)
}

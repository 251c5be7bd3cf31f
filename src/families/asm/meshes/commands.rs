//! The commands on meshes: create and delete.

use super::model::mesh::{DELETE, Mesh, MeshDefinition, MeshLifecycle};
use crate::families::asm::error::Error;
use crate::families::asm::run::{CREATE, SingleStepRun};
use crate::families::asm::scope::{EVERY_PROJECT, ProjectScope};
use crate::families::asm::table::Table;
use crate::families::asm::timestamp::Timestamp;
use crate::sim::Millis;
use crate::sim::collection::Stored;
use crate::sim::ids::Ids;
use crate::sim::scripts::Work;
use crate::world::handle::Shared;

impl Table {
    /// Starts the creation of a mesh, which takes one step.
    pub fn create_mesh(
        &mut self,
        shared: &mut Shared,
        ids: &Ids,
        project: &str,
        definition: MeshDefinition,
        now: Millis,
    ) -> Result<&Stored<Mesh>, Error> {
        let namesake = [project, EVERY_PROJECT]
            .iter()
            .find_map(|owner| self.mesh_by_name(owner, &definition.name));
        if let Some(namesake) = namesake {
            return Err(Error::AlreadyExists(format!(
                "metadata.name: {:?} is already used in the project, by the mesh {}",
                definition.name, namesake.id
            )));
        }
        let id = ids.uuid(|id| self.meshes.contains(id));
        let name = &definition.name;
        let job = SingleStepRun::start(&mut shared.scripts, Work::Create, project, &id, name, now);
        let mesh = Mesh {
            definition,
            created: Timestamp::At(now),
            lifecycle: MeshLifecycle::Creation(job),
        };
        let change_context = &mut shared.log.context(now, CREATE);
        let arrival_id = self.add_mesh(project, &id, mesh, change_context);
        Ok(self.meshes.named(arrival_id))
    }

    /// Starts the deletion of a mesh, which takes one step and includes its releases. Does nothing if a deletion
    /// runs. Returns the mesh in deletion.
    pub fn delete_mesh(
        &mut self,
        shared: &mut Shared,
        project: &String,
        id: &str,
        now: Millis,
    ) -> Result<Mesh, Error> {
        let stored = self.mesh(ProjectScope::project(project), id)?;
        let mut mesh = stored.item.clone();
        if mesh.is_being_deleted(now) {
            return Ok(mesh);
        }
        let owner = stored.scope.to_string();
        let name = &mesh.definition.name;
        // The scripts of the caller's project apply to a mesh of every project.
        let job = SingleStepRun::start(&mut shared.scripts, Work::Delete, project, id, name, now);
        mesh.lifecycle = MeshLifecycle::Deletion(job);
        let change_context = &mut shared.log.context(now, DELETE);
        if mesh.is_deleted(now) {
            self.remove_mesh(&owner, id, change_context);
        } else {
            let lifecycle = mesh.lifecycle.clone();
            self.meshes.edit(&owner, id, change_context, |mesh| {
                mesh.lifecycle = lifecycle;
            });
        }
        Ok(mesh)
    }
}

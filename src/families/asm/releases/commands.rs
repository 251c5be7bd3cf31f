//! The commands on release tasks: create, update, cancel or end, and shift traffic.

use std::sync::Arc;

use super::model::release::{Release, ReleaseLifecycle, ReleaseUpdate, Termination, UPDATE};
use super::model::spec::ReleaseSpec;
use crate::families::asm::error::Error;
use crate::families::asm::meshes::fixture::MeshEmulator;
use crate::families::asm::meshes::model::mesh::MeshPhase;
use crate::families::asm::run::{CREATE, SingleStepRun};
use crate::families::asm::scope::NamespaceRef;
use crate::families::asm::table::Table;
use crate::families::asm::timestamp::Timestamp;
use crate::sim::Millis;
use crate::sim::collection::Stored;
use crate::sim::ids::Ids;
use crate::sim::scripts::Work;
use crate::sim::transition::TransitionLog;
use crate::world::handle::Shared;

impl Table {
    /// Starts the creation of a release, which takes one step. An unknown mesh is registered in the project
    /// `home`, and is an error if there is none.
    pub fn create_release(
        &mut self,
        shared: &mut Shared,
        ids: &Ids,
        target: NamespaceRef,
        home: Option<&str>,
        spec: ReleaseSpec,
        now: Millis,
    ) -> Result<&Stored<Release>, Error> {
        let (mesh, namespace) = (target.mesh, target.namespace);
        let home = match self.accessible_mesh(target.scope, mesh) {
            Some(stored) if stored.item.phase(now) == Some(MeshPhase::Deleting) => {
                return Err(Error::InvalidRequest {
                    message: "mesh_id: the mesh is being deleted".to_owned(),
                    hint: Some(stored.item.deletion_hint(now)),
                });
            }
            Some(_) => None,
            // The id of an inaccessible mesh is in use.
            None if home.is_none() || self.meshes.contains(mesh) => {
                return Err(self.unknown_mesh(target.scope, mesh));
            }
            None => home,
        };
        if let Some(namesake) = self.release_by_name(mesh, namespace, spec.name()) {
            return Err(Error::AlreadyExists(format!(
                "metadata.name: {:?} is already used in the namespace, by the release task {}; \
                     cancel or end it first",
                spec.name(),
                namesake.id
            )));
        }
        if let Some(other) = self.release_by_service(mesh, namespace, spec.service()) {
            return Err(Error::AlreadyExists(format!(
                "spec.serviceName: {:?} already has a release task, {}; cancel or end it first",
                spec.service(),
                other.id
            )));
        }
        if let Some(home) = home {
            let running = MeshEmulator::default().restore(mesh, None, now)?;
            let change_context = &mut shared.log.context(now, CREATE);
            self.add_mesh(home, mesh, running, change_context);
        }
        let uid = ids.uuid(|id| self.releases.contains(id));
        let name = spec.name();
        let job = SingleStepRun::start(&mut shared.scripts, Work::Create, mesh, &uid, name, now);
        let release = Release {
            namespace: self.shared_namespace(mesh, namespace),
            spec,
            started: Timestamp::At(now),
            workloads: None,
            gray_traffic: None,
            lifecycle: ReleaseLifecycle::Creation { job, touched: now },
        };
        let change_context = &mut shared.log.context(now, CREATE);
        let arrival_id = self.add_release(mesh, &uid, release, change_context);
        Ok(self.releases.named(arrival_id))
    }

    /// The text of a namespace, in the memory of the mesh's newest release if that has the same namespace.
    fn shared_namespace(&self, mesh: &str, namespace: &str) -> Arc<str> {
        match self.releases.of(mesh).next_back() {
            Some(newest) if *newest.item.namespace == *namespace => {
                Arc::clone(&newest.item.namespace)
            }
            _ => namespace.into(),
        }
    }

    /// Changes the version label and the images of a release. Returns the requested changes that it ignored.
    ///
    /// # Panics
    /// Never: the release was found.
    pub fn update_release(
        &mut self,
        target: NamespaceRef,
        id: &str,
        update: &ReleaseUpdate,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<Vec<&'static str>, Error> {
        let uid = Arc::clone(&self.release(target, id)?.id);
        let change_context = &mut log.context(now, UPDATE);
        let updated = self
            .releases
            .edit(target.mesh, &uid, change_context, |release| {
                release.update(update, now)?;
                Ok(release.ignored_changes(update))
            });
        updated.expect("the release was found")
    }

    /// Cancels or ends a release, which removes it.
    pub fn end_release(
        &mut self,
        target: NamespaceRef,
        id: &str,
        termination: Termination,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<(), Error> {
        let stored = self.release(target, id)?;
        if let Err(reason) = stored.item.check_termination(termination) {
            let (mesh, namespace) = (target.mesh, target.namespace);
            let gray = termination.required_gray();
            let hint = format!(
                "PUT /_emulator/v1/asm/{mesh}/{namespace}/{id}/traffic {{\"gray\":{gray}}} shifts the traffic"
            );
            return Err(Error::InvalidRequest {
                message: format!("action: {reason}"),
                hint: Some(hint),
            });
        }
        let uid = Arc::clone(&stored.id);
        let change_context = &mut log.context(now, termination.into());
        self.remove_release(target.mesh, &uid, change_context);
        Ok(())
    }

    /// Sets the percentage of traffic on the grayscale version.
    pub fn set_traffic(
        &mut self,
        target: NamespaceRef,
        id: &str,
        gray: u8,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<(), Error> {
        let uid = Arc::clone(&self.release(target, id)?.id);
        let change_context = &mut log.context(now, "traffic");
        self.releases
            .edit(target.mesh, &uid, change_context, |release| {
                release.gray_traffic = Some(gray);
            });
        Ok(())
    }
}

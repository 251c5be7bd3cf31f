//! The table of the family: meshes and their releases, indexed by id and name.

use std::sync::Arc;

use super::error::{Error, Missing, Taken};
use super::meshes::Mesh;
use super::meshes::model::mesh::{self, MeshLifecycle, MeshPhase};
use super::names::FAMILY;
use super::releases::Release;
use super::releases::model::release::{self, ReleaseLifecycle, ReleaseUpdate, Termination};
use super::releases::model::spec::ReleaseSpec;
use super::run::SingleStepRun;
use super::scope::{EVERY_PROJECT, NamespaceRef, ProjectScope, UnknownMesh};
use super::timestamp::Timestamp;
use crate::sim::Millis;
use crate::sim::collection::{Collection, HashIndex, Stored};
use crate::sim::ids::Ids;
use crate::sim::lifecycle::StepPlan;
use crate::sim::scripts::{Scripts, StepQuery, Work};
use crate::sim::transition::{ChangeContext, TransitionLog};

/// Meshes and releases.
///
/// A mesh whose deletion has ended is taken away when the world wakes it, before any request
/// can see it; its releases are removed with it.
#[derive(Debug, Default)]
pub struct Table {
    /// By project; those of every project are under the empty one.
    pub(super) meshes: Collection<Mesh>,
    /// By mesh.
    pub(super) releases: Collection<Release>,
    mesh_names: HashIndex,
    release_names: HashIndex,
    services: HashIndex,
}

/// The version of a mesh that was not ordered here: the newest that the documents name.
pub const NEWEST_VERSION: &str = "v1.18.7-r5";

/// The parts of the world that a command writes to.
#[derive(Debug)]
pub struct WriteContext<'a> {
    /// The scripts that decide the outcome.
    pub scripts: &'a mut Scripts,
    pub ids: &'a Ids,
    pub log: &'a mut TransitionLog,
}

/// The command in transitions.
const CREATE: &str = "create";

impl Table {
    /// Creates a mesh, which takes one step. Errors: 409 for a name that the project has already.
    pub fn create_mesh(
        &mut self,
        context: &mut WriteContext,
        project: &str,
        spec: mesh::MeshSpec,
        now: Millis,
    ) -> Result<Arc<str>, Error> {
        let taken = |owner| self.mesh_named(owner, &spec.name);
        if let Some(known) = taken(project).or_else(|| taken(EVERY_PROJECT)) {
            let (id, name) = (known.id.to_string(), spec.name);
            return Err(Error::AlreadyExists(Taken::MeshName { name, id }));
        }
        let id = context.ids.uuid(|id| self.meshes.contains(id));
        let does = decide(context, project, &id, &spec.name, Work::Create);
        let mesh = Mesh {
            spec,
            created: Timestamp::At(now),
            lifecycle: MeshLifecycle::Creation(SingleStepRun::start(now, does)),
        };
        self.add_mesh(project, &id, mesh, &mut context.log.context(now, CREATE));
        Ok(id.into())
    }

    /// The meshes of a project in the order they came, then those of every project.
    pub fn meshes(&self, project: &str) -> impl Iterator<Item = &Stored<Mesh>> {
        let common = if project == EVERY_PROJECT {
            None
        } else {
            Some(self.meshes.of(EVERY_PROJECT))
        };
        self.meshes.of(project).chain(common.into_iter().flatten())
    }

    /// A mesh. Errors: 404.
    pub fn mesh(&self, scope: ProjectScope, id: &str) -> Result<&Stored<Mesh>, Error> {
        self.reached(scope, id)
            .ok_or_else(|| self.no_mesh(scope, id))
    }

    fn no_mesh(&self, scope: ProjectScope, id: &str) -> Error {
        Error::NotFound(Missing::Mesh {
            id: id.to_owned(),
            suggestion: self.suggest_mesh(scope, id),
        })
    }

    fn reached(&self, scope: ProjectScope, id: &str) -> Option<&Stored<Mesh>> {
        let mesh = self.meshes.find(id);
        mesh.filter(|stored| scope.covers(&stored.scope))
    }

    /// Starts the deletion of a mesh, which takes one step and includes its releases. Idempotent.
    /// Returns the mesh in deletion. Errors: 404.
    pub fn delete_mesh(
        &mut self,
        context: &mut WriteContext,
        scope: ProjectScope,
        id: &str,
        now: Millis,
    ) -> Result<Mesh, Error> {
        let stored = self.mesh(scope, id)?;
        let mut mesh = stored.item.clone();
        if mesh.is_going(now) {
            return Ok(mesh);
        }
        let project = stored.scope.to_string();
        // A mesh of every project is that of whoever asks, so that a rule for the project is for it.
        let scope = match scope {
            ProjectScope::Project(asking) => asking,
            ProjectScope::Projects(_) | ProjectScope::Everything => &project,
        };
        let does = decide(context, scope, id, &mesh.spec.name, Work::Delete);
        mesh.lifecycle = MeshLifecycle::Deletion(SingleStepRun::start(now, does));
        let change_context = &mut context.log.context(now, mesh::DELETE);
        if mesh.is_gone(now) {
            self.forget_mesh(&project, id, change_context);
        } else {
            let lifecycle = mesh.lifecycle.clone();
            self.meshes.edit(&project, id, change_context, |mesh| {
                mesh.lifecycle = lifecycle;
            });
        }
        Ok(mesh)
    }

    fn mesh_named(&self, project: &str, name: &str) -> Option<&Stored<Mesh>> {
        let key_of = |arrival_id| mesh_key(self.meshes.named(arrival_id));
        self.meshes
            .at(self.mesh_names.get(&[project, name], key_of)?)
    }

    /// The release of that name.
    pub(super) fn release_named(
        &self,
        mesh: &str,
        namespace: &str,
        name: &str,
    ) -> Option<&Stored<Release>> {
        let key_of = |arrival_id| release_key(self.releases.named(arrival_id));
        let arrival_id = self.release_names.get(&[mesh, namespace, name], key_of)?;
        self.releases.at(arrival_id)
    }

    /// The release of that service: the one that came first.
    fn release_of(&self, mesh: &str, namespace: &str, service: &str) -> Option<&Stored<Release>> {
        let key_of = |arrival_id| service_key(self.releases.named(arrival_id));
        let arrival_id = self.services.get(&[mesh, namespace, service], key_of)?;
        self.releases.at(arrival_id)
    }

    /// A namespace as text, which a release shares with the one before it if that has the same.
    fn namespace(&self, mesh: &str, namespace: &str) -> Arc<str> {
        match self.releases.of(mesh).next_back() {
            Some(before) if *before.item.namespace == *namespace => {
                Arc::clone(&before.item.namespace)
            }
            _ => namespace.into(),
        }
    }

    /// Creates a release, which takes one step. Answers its uid.
    ///
    /// Errors: 404 for an unknown mesh, where it is not made known; 400 for one that is being deleted; 409
    /// for a name that the namespace has already, or a service that has a grayscale version already.
    pub fn create_release(
        &mut self,
        context: &mut WriteContext,
        target: NamespaceRef,
        unknown: UnknownMesh,
        spec: ReleaseSpec,
        now: Millis,
    ) -> Result<Arc<str>, Error> {
        let NamespaceRef {
            scope,
            mesh,
            namespace,
        } = target;
        let home = match (self.reached(scope, mesh), unknown) {
            (Some(known), _) if known.item.phase(now) == Some(MeshPhase::Deleting) => {
                return Err(Error::InvalidRequest {
                    message: "mesh_id: the mesh is being deleted".to_owned(),
                    hint: Some(mesh::deletion_hint(&known.item, now)),
                });
            }
            (Some(_), _) => None,
            // An id that is taken by a mesh out of reach is not free.
            (None, UnknownMesh::MakeKnown { home }) if !self.meshes.contains(mesh) => {
                Some(home.unwrap_or(EVERY_PROJECT))
            }
            (None, _) => return Err(self.no_mesh(scope, mesh)),
        };
        if let Some(known) = self.release_named(mesh, namespace, spec.name()) {
            let (name, uid) = (spec.name().to_owned(), known.id.to_string());
            return Err(Error::AlreadyExists(Taken::ReleaseName { name, uid }));
        }
        if let Some(known) = self.release_of(mesh, namespace, spec.service()) {
            let (name, uid) = (spec.service().to_owned(), known.id.to_string());
            return Err(Error::AlreadyExists(Taken::Service { name, uid }));
        }
        if let Some(home) = home {
            let known = known_mesh(mesh, now);
            self.add_mesh(home, mesh, known, &mut context.log.context(now, CREATE));
        }
        let uid = context.ids.uuid(|id| self.releases.contains(id));
        let does = decide(context, mesh, &uid, spec.name(), Work::Create);
        let release = Release {
            namespace: self.namespace(mesh, namespace),
            spec,
            started: Timestamp::At(now),
            workloads: None,
            gray_traffic: None,
            lifecycle: ReleaseLifecycle::Creation {
                job: SingleStepRun::start(now, does),
                touched: now,
            },
        };
        self.add_release(mesh, &uid, release, &mut context.log.context(now, CREATE));
        Ok(uid.into())
    }

    /// The releases of a mesh, in the order they came. Errors: 404.
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

    /// A release by uid, else by name. Errors: 404 for the mesh or for the release.
    pub fn release(&self, target: NamespaceRef, id: &str) -> Result<&Stored<Release>, Error> {
        let NamespaceRef {
            scope,
            mesh,
            namespace,
        } = target;
        self.mesh(scope, mesh)?;
        let by_uid = self
            .releases
            .find(id)
            .filter(|stored| &*stored.scope == mesh && *stored.item.namespace == *namespace);
        let by_name = || self.release_named(mesh, namespace, id);
        by_uid.or_else(by_name).ok_or_else(|| {
            Error::NotFound(Missing::Release {
                namespace: namespace.to_owned(),
                id: id.to_owned(),
                suggestion: self.suggest_release(mesh, namespace, id),
            })
        })
    }

    /// Changes version label and images of a release. Returns the fields it cannot change. Errors: 404; 400
    /// as [`Release::update`] says, and if the update is meant for a task of another name.
    pub fn update_release(
        &mut self,
        target: NamespaceRef,
        id: &str,
        name: Option<&str>,
        change: &ReleaseUpdate,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<Vec<&'static str>, Error> {
        let stored = self.release(target, id)?;
        let own = stored.item.spec.name();
        if name.is_some_and(|name| name != own) {
            return Err(Error::at(
                "metadata.name",
                format_args!("must be the task's own name, {own}"),
            ));
        }
        let uid = Arc::clone(&stored.id);
        let change_context = &mut log.context(now, release::UPDATE);
        self.change(target.mesh, &uid, change_context, |release| {
            release.update(change, now)?;
            Ok(release.unchanged(&change.immutable).collect())
        })
    }

    /// Removes a release. Errors: 404; 400 if the traffic does not allow the termination.
    pub fn end_release(
        &mut self,
        target: NamespaceRef,
        id: &str,
        termination: Termination,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<(), Error> {
        let stored = self.release(target, id)?;
        if let Err(wrong) = stored.item.check_termination(termination) {
            let NamespaceRef {
                mesh, namespace, ..
            } = target;
            let gray = match termination {
                Termination::Cancel => 0,
                Termination::End => 100,
            };
            return Err(Error::InvalidRequest {
                message: format!("action: {wrong}"),
                hint: Some(format!(
                    "PUT /_emulator/v1/asm/{mesh}/{namespace}/{id}/traffic {{\"gray\":{gray}}} shifts the traffic"
                )),
            });
        }
        let uid = Arc::clone(&stored.id);
        self.forget_release(
            target.mesh,
            &uid,
            &mut log.context(now, termination.as_str()),
        );
        Ok(())
    }

    /// Sets the percentage of traffic on the grayscale version. Errors: 404.
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
        self.change(target.mesh, &uid, change_context, |release| {
            release.gray_traffic = Some(gray);
            Ok(())
        })
    }

    /// Changes a release that was found.
    fn change<R>(
        &mut self,
        mesh: &str,
        uid: &str,
        change_context: &mut ChangeContext,
        change: impl FnOnce(&mut Release) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let changed = self.releases.edit(mesh, uid, change_context, change);
        changed.unwrap_or(Err(Error::Internal))
    }

    pub(super) fn add_mesh(
        &mut self,
        project: &str,
        id: &str,
        mesh: Mesh,
        change_context: &mut ChangeContext,
    ) {
        // In the order of arrival: what fixtures say of times is text, and lists keep the order they had.
        let arrival_id = self.meshes.insert(project, id, 0, mesh, change_context);
        let key_of = |arrival_id| mesh_key(self.meshes.named(arrival_id));
        self.mesh_names.insert(arrival_id, key_of);
    }

    pub(super) fn add_release(
        &mut self,
        mesh: &str,
        uid: &str,
        release: Release,
        change_context: &mut ChangeContext,
    ) {
        let arrival_id = self.releases.insert(mesh, uid, 0, release, change_context);
        let key_of = |arrival_id| release_key(self.releases.named(arrival_id));
        self.release_names.insert(arrival_id, key_of);
        let key_of = |arrival_id| service_key(self.releases.named(arrival_id));
        self.services.insert(arrival_id, key_of);
    }

    pub(super) fn forget_mesh(
        &mut self,
        project: &str,
        id: &str,
        change_context: &mut ChangeContext,
    ) {
        if let Some(arrival_id) = self.meshes.arrival_id(id)
            && let Some(mesh) = self.meshes.remove(project, id, change_context)
        {
            self.mesh_names
                .remove([project, &mesh.spec.name], arrival_id);
        }
        let uids: Vec<_> = self
            .releases
            .of(id)
            .map(|stored| Arc::clone(&stored.id))
            .collect();
        for uid in uids {
            self.forget_release(id, &uid, change_context);
        }
    }

    fn forget_release(&mut self, mesh: &str, uid: &str, change_context: &mut ChangeContext) {
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

/// The key of a release by name: mesh, namespace and name.
fn release_key(stored: &Stored<Release>) -> [&str; 3] {
    let release = &stored.item;
    [&stored.scope, &release.namespace, release.spec.name()]
}

/// The key of a release by service: mesh, namespace and service.
fn service_key(stored: &Stored<Release>) -> [&str; 3] {
    let release = &stored.item;
    [&stored.scope, &release.namespace, release.spec.service()]
}

/// The key of a mesh: project and name.
fn mesh_key(stored: &Stored<Mesh>) -> [&str; 2] {
    [&stored.scope, &stored.item.spec.name]
}

/// A running mesh with default settings.
fn known_mesh(id: &str, now: Millis) -> Mesh {
    Mesh {
        spec: bare_spec(id),
        created: Timestamp::At(now),
        lifecycle: MeshLifecycle::Given {
            phase: MeshPhase::Running,
            updated: Timestamp::At(now),
        },
    }
}

/// The default settings of a mesh.
pub(super) fn bare_spec(name: &str) -> mesh::MeshSpec {
    mesh::MeshSpec {
        kind: "Mesh".to_owned(),
        name: name.to_owned(),
        annotations: None,
        labels: None,
        edition: "InCluster".to_owned(),
        version: NEWEST_VERSION.to_owned(),
        ipv6: None,
        tags: None,
        config: None,
        clusters: Vec::new(),
    }
}

fn decide(context: &mut WriteContext, scope: &str, id: &str, name: &str, work: Work) -> StepPlan {
    context.scripts.decide(&StepQuery {
        family: FAMILY,
        scope,
        id,
        name,
        step: name,
        work,
    })
}

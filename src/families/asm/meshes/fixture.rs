//! Meshes in the fixture format: the project, the mesh in the shape of v1 responses, and its run.

use serde::{Deserialize, Serialize};

use super::model::mesh::{Mesh, MeshDefinition, MeshLifecycle, MeshPhase, MeshSpec};
use super::wire::{API_VERSION, check_kind};
use crate::families::asm::fields::{ensure, fixed};
use crate::families::asm::run::SingleStepRun;
use crate::families::asm::scope::EVERY_PROJECT;
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::lifecycle::RunRecord;
use crate::world::fixture::ValidationError;

/// The properties of a mesh that v2 responses do not show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeshEmulator {
    /// The project; if absent, the mesh belongs to every project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    mesh: Option<MeshDocument>,
    /// The run from which the phase of a creation is computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    creation: Option<RunRecord>,
    /// The run from which the phase of a deletion is computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion: Option<RunRecord>,
}

/// A mesh in the shape of v1 responses, with the fields of the request that they omit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct MeshDocument {
    kind: Option<String>,
    api_version: Option<String>,
    metadata: MeshMetadata,
    spec: MeshSpec,
    status: MeshStatus,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct MeshMetadata {
    name: Option<String>,
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<RawJson>,
    creation_timestamp: Option<Timestamp>,
}

/// The status of a mesh without a run, which lasts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct MeshStatus {
    phase: Option<MeshPhase>,
    update_timestamp: Option<Timestamp>,
}

impl MeshEmulator {
    pub fn new(project: &str, id: &str, mesh: &Mesh, now: Millis) -> Self {
        let (creation, deletion) = match &mesh.lifecycle {
            MeshLifecycle::Given { .. } => (None, None),
            MeshLifecycle::Creation(job) => (Some(job.run().record().clone()), None),
            MeshLifecycle::Deletion(job) => (None, Some(job.run().record().clone())),
        };
        Self {
            project: (project != EVERY_PROJECT).then(|| project.to_owned()),
            mesh: Some(MeshDocument::new(id, mesh, now)),
            creation,
            deletion,
        }
    }

    /// Rebuilds the mesh.
    pub fn restore(
        self,
        id: &str,
        name: Option<String>,
        now: Millis,
    ) -> Result<Mesh, ValidationError> {
        let is_project = self.project.as_deref() != Some(EVERY_PROJECT);
        ensure(is_project, "project", "must not be empty")?;
        let creation = SingleStepRun::restore(self.creation, "creation", now)?;
        let deletion = SingleStepRun::restore(self.deletion, "deletion", now)?;
        let document = self.mesh.unwrap_or_default();
        document
            .check(id)
            .map_err(|error| error.nested_in("mesh"))?;
        let MeshMetadata {
            name: own_name,
            annotations,
            labels,
            creation_timestamp,
            ..
        } = document.metadata;
        if let (Some(name), Some(own_name)) = (&name, &own_name) {
            let rule = format!("must be the mesh's name, {name}");
            ensure(name == own_name, "mesh.metadata.name", rule)?;
        }
        let started = creation.as_ref().map_or(now, SingleStepRun::started);
        let created = creation_timestamp.unwrap_or(Timestamp::At(started));
        let lifecycle = match (creation, deletion) {
            (Some(_), Some(_)) => {
                let expected = "must be absent beside a creation";
                return Err(ValidationError::new("deletion", expected));
            }
            (Some(job), None) => MeshLifecycle::Creation(job),
            (None, Some(job)) => MeshLifecycle::Deletion(job),
            (None, None) => MeshLifecycle::Given {
                phase: document.status.phase.unwrap_or_default(),
                updated: document
                    .status
                    .update_timestamp
                    .unwrap_or_else(|| created.clone()),
            },
        };
        Ok(Mesh {
            definition: MeshDefinition {
                kind: document.kind.unwrap_or_else(|| "Mesh".to_owned()),
                name: name.or(own_name).unwrap_or_else(|| id.to_owned()),
                annotations,
                labels,
                spec: document.spec.with_defaults(),
            },
            created,
            lifecycle,
        })
    }
}

impl MeshDocument {
    fn new(id: &str, mesh: &Mesh, now: Millis) -> Self {
        let definition = mesh.definition.clone();
        Self {
            kind: Some(definition.kind),
            api_version: Some(API_VERSION.to_owned()),
            metadata: MeshMetadata {
                name: Some(definition.name),
                uid: Some(id.to_owned()),
                annotations: definition.annotations,
                labels: definition.labels,
                creation_timestamp: Some(mesh.created.clone()),
            },
            spec: definition.spec,
            status: MeshStatus {
                phase: mesh.phase(now),
                update_timestamp: Some(mesh.updated(now)),
            },
        }
    }

    /// Checks the fields that are not free to choose.
    fn check(&self, id: &str) -> Result<(), ValidationError> {
        let Self { metadata, spec, .. } = self;
        self.kind.as_deref().map_or(Ok(()), check_kind)?;
        fixed("apiVersion", self.api_version.as_deref(), API_VERSION)?;
        let is_own = metadata.uid.as_ref().is_none_or(|uid| uid == id);
        ensure(
            is_own,
            "metadata.uid",
            format!("must be the mesh's id, {id}"),
        )?;
        RawJson::require_object("metadata.annotations", metadata.annotations.as_ref())?;
        RawJson::require_object("metadata.labels", metadata.labels.as_ref())?;
        RawJson::require_object("spec.config", spec.config.as_ref())?;
        let is_array = spec.tags.as_ref().is_none_or(RawJson::is_array);
        ensure(is_array, "spec.tags", "must be an array")?;
        for (n, cluster) in spec.extend_params.clusters.iter().enumerate() {
            let path = format!("spec.extendParams.clusters[{n}]");
            let installation = cluster.installation.as_ref();
            RawJson::require_object(format_args!("{path}.installation"), installation)?;
            let injection = cluster.injection.as_ref();
            RawJson::require_object(format_args!("{path}.injection"), injection)?;
        }
        Ok(())
    }
}

//! Meshes in the fixture format: the project, the mesh in the shape of v1 responses, and its run.

use serde::{Deserialize, Serialize};

use super::model::mesh::{Mesh, MeshDefinition, MeshLifecycle, MeshPhase, MeshSpec};
use super::wire::{API_VERSION, check_kind};
use crate::families::asm::fields::fixed;
use crate::families::asm::run::SingleStepRun;
use crate::families::asm::scope::EVERY_PROJECT;
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::lifecycle::Run;
use crate::sim::lifecycle::RunRecord;
use crate::world::fixture::ValidationError;
use crate::world::run_fixture::restore_run;

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
        if self.project.as_deref() == Some(EVERY_PROJECT) {
            return Err(ValidationError::new("project", "must not be empty"));
        }
        let restore_run = |run: Option<RunRecord>, path: &str| {
            run.map(|run| restore_run(run, now))
                .transpose()
                .map_err(|error| error.nested_in(path))
        };
        let creation = restore_run(self.creation, "creation")?;
        let deletion = restore_run(self.deletion, "deletion")?;
        let document = self.mesh.unwrap_or_default();
        document
            .check(id)
            .map_err(|error| error.nested_in("mesh"))?;
        let MeshDocument {
            kind,
            metadata,
            spec,
            status,
            ..
        } = document;
        let name = match (name, metadata.name) {
            (Some(name), Some(inner)) if name != inner => {
                return Err(ValidationError::new(
                    "mesh.metadata.name",
                    format!("must be the mesh's name, {name}"),
                ));
            }
            (name, inner) => name.or(inner).unwrap_or_else(|| id.to_owned()),
        };
        let started = creation.as_ref().map_or(now, Run::started);
        let created = metadata
            .creation_timestamp
            .unwrap_or(Timestamp::At(started));
        let lifecycle = match (creation, deletion) {
            (Some(_), Some(_)) => {
                let expected = "must be absent beside a creation";
                return Err(ValidationError::new("deletion", expected));
            }
            (Some(run), None) => MeshLifecycle::Creation(SingleStepRun::from_run(run)),
            (None, Some(run)) => MeshLifecycle::Deletion(SingleStepRun::from_run(run)),
            (None, None) => MeshLifecycle::Given {
                phase: status.phase.unwrap_or_default(),
                updated: status.update_timestamp.unwrap_or_else(|| created.clone()),
            },
        };
        Ok(Mesh {
            definition: MeshDefinition {
                kind: kind.unwrap_or_else(|| "Mesh".to_owned()),
                name,
                annotations: metadata.annotations,
                labels: metadata.labels,
                spec: spec.with_defaults(),
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
        if metadata.uid.as_ref().is_some_and(|uid| uid != id) {
            let expected = format!("must be the mesh's id, {id}");
            return Err(ValidationError::new("metadata.uid", expected));
        }
        RawJson::require_object("metadata.annotations", metadata.annotations.as_ref())?;
        RawJson::require_object("metadata.labels", metadata.labels.as_ref())?;
        RawJson::require_object("spec.config", spec.config.as_ref())?;
        if spec.tags.as_ref().is_some_and(|tags| !tags.is_array()) {
            return Err(ValidationError::new("spec.tags", "must be an array"));
        }
        for (n, cluster) in spec.extend_params.clusters.iter().enumerate() {
            let path = format!("spec.extendParams.clusters[{n}]");
            for (part, json) in [
                ("installation", &cluster.installation),
                ("injection", &cluster.injection),
            ] {
                RawJson::require_object(format_args!("{path}.{part}"), json.as_ref())?;
            }
        }
        Ok(())
    }
}

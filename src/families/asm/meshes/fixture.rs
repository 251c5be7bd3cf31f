//! Meshes in the fixture format: the project, the mesh as v1 answers it, its run.

use serde::{Deserialize, Serialize};

use super::model::mesh::{Cluster, Mesh, MeshLifecycle, MeshPhase, MeshSpec};
use super::wire::{API_VERSION, KINDS};
use crate::families::asm::run::SingleStepRun;
use crate::families::asm::scope::EVERY_PROJECT;
use crate::families::asm::table::bare_spec;
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::lifecycle::Run;
use crate::world::fixture::ValidationError;
use crate::world::run_fixture::RunState;

/// What answers of v2 do not show of a mesh.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeshEmulator {
    /// The project it belongs to; absent: every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The mesh as v1 answers it, with what was ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mesh: Option<MeshDocument>,
    /// Its creation; with it the phase is computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation: Option<RunState>,
    /// Its deletion; with it the phase is computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion: Option<RunState>,
}

/// A mesh as v1 answers it, with what was ordered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct MeshDocument {
    /// `Mesh` or `mesh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// `v1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<String>,
    metadata: MetadataFixture,
    spec: SpecFixture,
    status: StatusFixture,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct MetadataFixture {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_timestamp: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct SpecFixture {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    edition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ipv6_enable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<RawJson>,
    extend_params: ExtendParamsState,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ExtendParamsState {
    clusters: Vec<ClusterState>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterState {
    #[serde(rename = "clusterID")]
    id: String,
    #[serde(rename = "projectID", default, skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    installation: Option<RawJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    injection: Option<RawJson>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct StatusFixture {
    /// One of the documented words; absent: `Running`.
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_timestamp: Option<Timestamp>,
}

/// A mesh made of its state, and the project it belongs to.
#[derive(Debug)]
pub struct RestoredMesh {
    /// The project; none: every one.
    pub project: Option<String>,
    /// The mesh.
    pub mesh: Mesh,
}

impl MeshEmulator {
    /// Writes a mesh down.
    pub fn new(project: &str, id: &str, mesh: &Mesh, now: Millis) -> Self {
        let (creation, deletion) = match &mesh.lifecycle {
            MeshLifecycle::Given { .. } => (None, None),
            MeshLifecycle::Creation(job) => (Some(RunState::from(&job.run())), None),
            MeshLifecycle::Deletion(job) => (None, Some(RunState::from(&job.run()))),
        };
        Self {
            project: (project != EVERY_PROJECT).then(|| project.to_owned()),
            mesh: Some(MeshDocument::new(id, mesh, now)),
            creation,
            deletion,
        }
    }

    /// Makes the mesh.
    pub fn restore(
        self,
        id: &str,
        name: Option<String>,
        now: Millis,
    ) -> Result<RestoredMesh, ValidationError> {
        if self.project.as_deref() == Some("") {
            return Err(ValidationError::new(
                "project",
                "a project's id, or nothing",
            ));
        }
        let restored = |run: Option<RunState>, place: &str| {
            let run = run.map(|run| run.restore(now)).transpose();
            run.map_err(|error| error.nested_in(place))
        };
        let creation = restored(self.creation, "creation")?;
        let deletion = restored(self.deletion, "deletion")?;
        let body = self.mesh.unwrap_or_default();
        let StatusFixture {
            phase,
            update_timestamp,
        } = body.status.clone();
        let (spec, created) = body
            .spec(id, name)
            .map_err(|error| error.nested_in("mesh"))?;
        let started = creation.as_ref().map_or(now, Run::started);
        let created = created.unwrap_or(Timestamp::At(started));
        let lifecycle = match (creation, deletion) {
            (Some(_), Some(_)) => {
                return Err(ValidationError::new(
                    "deletion",
                    "either a creation or a deletion",
                ));
            }
            (Some(run), None) => MeshLifecycle::Creation(SingleStepRun::from_run(run)),
            (None, Some(run)) => MeshLifecycle::Deletion(SingleStepRun::from_run(run)),
            (None, None) => MeshLifecycle::Given {
                phase: match phase.as_deref() {
                    None => MeshPhase::Running,
                    Some(word) => MeshPhase::from_text(word).ok_or_else(|| {
                        let words = MeshPhase::ALL.map(MeshPhase::as_str).join(", ");
                        ValidationError::new("mesh.status.phase", format!("one of {words}"))
                    })?,
                },
                updated: update_timestamp.unwrap_or_else(|| created.clone()),
            },
        };
        let mesh = Mesh {
            spec,
            created,
            lifecycle,
        };
        Ok(RestoredMesh {
            project: self.project,
            mesh,
        })
    }
}

impl MeshDocument {
    fn new(id: &str, mesh: &Mesh, now: Millis) -> Self {
        let MeshSpec {
            kind,
            name,
            annotations,
            labels,
            edition,
            version,
            ipv6,
            tags,
            config,
            clusters,
        } = mesh.spec.clone();
        let clusters = clusters.into_iter().map(|cluster| ClusterState {
            id: cluster.id,
            project: cluster.project,
            installation: cluster.installation,
            injection: cluster.injection,
        });
        Self {
            kind: Some(kind),
            api_version: Some(API_VERSION.to_owned()),
            metadata: MetadataFixture {
                name: Some(name),
                uid: Some(id.to_owned()),
                annotations,
                labels,
                creation_timestamp: Some(mesh.created.clone()),
            },
            spec: SpecFixture {
                edition: Some(edition),
                version: Some(version),
                ipv6_enable: ipv6,
                tags,
                config,
                extend_params: ExtendParamsState {
                    clusters: clusters.collect(),
                },
            },
            status: StatusFixture {
                phase: mesh.phase(now).map(|phase| phase.as_str().to_owned()),
                update_timestamp: Some(mesh.updated(now)),
            },
        }
    }

    /// What was ordered, and when the mesh was created, if that is said.
    fn spec(
        self,
        id: &str,
        name: Option<String>,
    ) -> Result<(MeshSpec, Option<Timestamp>), ValidationError> {
        let Self {
            kind,
            api_version,
            metadata,
            spec,
            status: _,
        } = self;
        if kind
            .as_ref()
            .is_some_and(|kind| !KINDS.contains(&kind.as_str()))
        {
            return Err(ValidationError::new("kind", "Mesh or mesh"));
        }
        if api_version.is_some_and(|version| version != API_VERSION) {
            return Err(ValidationError::new("apiVersion", API_VERSION));
        }
        if metadata.uid.is_some_and(|uid| uid != id) {
            return Err(ValidationError::new(
                "metadata.uid",
                format!("the mesh's id, {id}"),
            ));
        }
        let name = match (name, metadata.name) {
            (Some(name), Some(inner)) if name != inner => {
                return Err(ValidationError::new(
                    "metadata.name",
                    format!("the mesh's name, {name}"),
                ));
            }
            (name, inner) => name.or(inner).unwrap_or_else(|| id.to_owned()),
        };
        RawJson::require_object("metadata.annotations", metadata.annotations.as_ref())?;
        RawJson::require_object("metadata.labels", metadata.labels.as_ref())?;
        RawJson::require_object("spec.config", spec.config.as_ref())?;
        if spec.tags.as_ref().is_some_and(|tags| !tags.is_array()) {
            return Err(ValidationError::new("spec.tags", "an array"));
        }
        for (n, cluster) in spec.extend_params.clusters.iter().enumerate() {
            let place = format!("spec.extendParams.clusters[{n}]");
            RawJson::require_object(
                format_args!("{place}.installation"),
                cluster.installation.as_ref(),
            )?;
            RawJson::require_object(
                format_args!("{place}.injection"),
                cluster.injection.as_ref(),
            )?;
        }
        let clusters = spec.extend_params.clusters.into_iter();
        let bare = bare_spec(&name);
        let spec = MeshSpec {
            kind: kind.unwrap_or(bare.kind),
            name,
            annotations: metadata.annotations,
            labels: metadata.labels,
            edition: spec.edition.unwrap_or(bare.edition),
            version: spec.version.unwrap_or(bare.version),
            ipv6: spec.ipv6_enable,
            tags: spec.tags,
            config: spec.config,
            clusters: clusters
                .map(|cluster| Cluster {
                    id: cluster.id,
                    project: cluster.project,
                    installation: cluster.installation,
                    injection: cluster.injection,
                })
                .collect(),
        };
        Ok((spec, metadata.creation_timestamp))
    }
}

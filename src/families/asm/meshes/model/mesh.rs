//! A mesh and its lifecycle: created in one step, deleted in one step.

use serde::{Deserialize, Serialize};

use crate::families::asm::run::{FAMILY, JobState, SingleStepRun};
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::sim::collection::Resource;
use crate::sim::heap::{Heap, heap_of};
use crate::sim::pack::{pack_enums, pack_structs};
use crate::sim::{Millis, NEVER};
use crate::world::hints::advance;

/// The only documented type of a mesh.
pub const EDITION: &str = "InCluster";

/// The newest version that the documents name, which a mesh has by default.
pub const NEWEST_VERSION: &str = "v1.18.7-r5";

/// The delete command. Every phase allows it, since deleting a mesh twice is no error.
pub const DELETE: &str = "delete";

/// A mesh. The table holds its id and project.
#[derive(Clone, Debug)]
pub struct Mesh {
    pub definition: MeshDefinition,
    pub created: Timestamp,
    pub lifecycle: MeshLifecycle,
}

/// The settings of a mesh, from the request that created it.
#[derive(Clone, Debug, PartialEq)]
pub struct MeshDefinition {
    /// `Mesh` or `mesh`. Both are documented, and responses repeat the spelling of the request.
    pub kind: String,
    /// Unique in the project.
    pub name: String,
    /// Texts by name.
    pub annotations: Option<RawJson>,
    /// Texts by name.
    pub labels: Option<RawJson>,
    pub spec: MeshSpec,
}

/// The specification of a mesh, serialized as in fixtures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct MeshSpec {
    /// The type, [`EDITION`] by default.
    #[serde(rename = "type")]
    pub edition: Option<String>,
    /// The version of Istio, [`NEWEST_VERSION`] by default.
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_enable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<RawJson>,
    /// The settings of data plane and telemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<RawJson>,
    pub extend_params: ExtendParams,
}

/// Further parameters of a mesh.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExtendParams {
    pub clusters: Vec<Cluster>,
}

/// A cluster in a mesh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    #[serde(rename = "clusterID")]
    pub id: String,
    #[serde(rename = "projectID", skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub injection: Option<RawJson>,
}

/// The lifecycle of a mesh, as far as its last command goes.
#[derive(Clone, Debug)]
pub enum MeshLifecycle {
    /// A mesh of a fixture, or one that a release registered.
    Given {
        /// Lasts until the mesh is deleted.
        phase: MeshPhase,
        updated: Timestamp,
    },
    Creation(SingleStepRun),
    Deletion(SingleStepRun),
}

/// The documented phases. Those of upgrades and rollbacks come from fixtures only, since no operation here upgrades.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshPhase))]
pub enum MeshPhase {
    #[default]
    Running,
    Creating,
    CreateFailed,
    Deleting,
    /// The mesh can be deleted again.
    DeleteFailed,
    Upgrading,
    UpgradeFailed,
    RollingBack,
    RollbackFailed,
}

impl Mesh {
    /// The phase; `None` once the mesh is deleted.
    pub fn phase(&self, now: Millis) -> Option<MeshPhase> {
        match &self.lifecycle {
            MeshLifecycle::Given { phase, .. } => Some(*phase),
            MeshLifecycle::Creation(job) => Some(match job.state(now) {
                JobState::Open => MeshPhase::Creating,
                JobState::Done => MeshPhase::Running,
                JobState::Failed => MeshPhase::CreateFailed,
            }),
            MeshLifecycle::Deletion(job) => match job.state(now) {
                JobState::Open => Some(MeshPhase::Deleting),
                JobState::Done => None,
                JobState::Failed => Some(MeshPhase::DeleteFailed),
            },
        }
    }

    /// The time of the last phase change.
    pub fn updated(&self, now: Millis) -> Timestamp {
        match &self.lifecycle {
            MeshLifecycle::Given { updated, .. } => updated.clone(),
            MeshLifecycle::Creation(job) | MeshLifecycle::Deletion(job) => {
                Timestamp::At(job.ended(now).unwrap_or_else(|| job.started()))
            }
        }
    }

    /// Returns true while a deletion runs.
    pub fn is_being_deleted(&self, now: Millis) -> bool {
        matches!(self.lifecycle, MeshLifecycle::Deletion(_))
            && self.phase(now) == Some(MeshPhase::Deleting)
    }

    /// Returns true once the deletion has ended.
    pub fn is_deleted(&self, now: Millis) -> bool {
        self.phase(now).is_none()
    }

    /// The failure message of a script, if the creation or deletion has failed.
    pub fn failure(&self, now: Millis) -> Option<&str> {
        match &self.lifecycle {
            MeshLifecycle::Given { .. } => None,
            MeshLifecycle::Creation(job) | MeshLifecycle::Deletion(job) => job.failure(now),
        }
    }

    /// The hint for a command that a running deletion does not allow.
    pub fn deletion_hint(&self, now: Millis) -> String {
        match self.next_due(now) {
            NEVER => "time alone does not end its deletion: PATCH /_emulator/v1/state gives it another phase"
                .to_owned(),
            due => format!("{} ends its deletion", advance(due - now)),
        }
    }
}

impl MeshSpec {
    /// Fills in the type and the version, if absent.
    pub fn with_defaults(mut self) -> Self {
        self.edition.get_or_insert_with(|| EDITION.to_owned());
        self.version
            .get_or_insert_with(|| NEWEST_VERSION.to_owned());
        self
    }
}

heap_of! {
    Mesh { definition, created, lifecycle }
    MeshDefinition { kind, name, annotations, labels, spec }
    MeshSpec { edition, version, tags, config, extend_params }
    ExtendParams { clusters }
    Cluster { id, project, installation, injection }
}

impl Heap for MeshLifecycle {
    fn heap(&self) -> usize {
        match self {
            Self::Given { updated, .. } => updated.heap(),
            Self::Creation(run) | Self::Deletion(run) => run.heap(),
        }
    }
}

impl Resource for Mesh {
    const FAMILY: &'static str = FAMILY;
    const KIND: &'static str = "mesh";

    fn name(&self) -> &str {
        &self.definition.name
    }

    fn next_due(&self, now: Millis) -> Millis {
        match &self.lifecycle {
            MeshLifecycle::Given { .. } => NEVER,
            MeshLifecycle::Creation(job) | MeshLifecycle::Deletion(job) => job.next_due(now),
        }
    }

    fn hasten(&mut self, now: Millis, by: Millis) {
        match &mut self.lifecycle {
            MeshLifecycle::Given { .. } => {}
            MeshLifecycle::Creation(job) | MeshLifecycle::Deletion(job) => job.hasten(now, by),
        }
    }

    fn status_label(&self, now: Millis) -> &str {
        self.phase(now).map_or("", Into::into)
    }

    /// A deleted mesh is removed from the table.
    fn has_timed_action(&self, now: Millis) -> bool {
        self.is_deleted(now)
    }
}

pack_enums! {
    MeshLifecycle {
        0: Given { phase, updated },
        1: Creation(single_step_run),
        2: Deletion(single_step_run),
    }
    MeshPhase {
        0: Running,
        1: Creating,
        2: CreateFailed,
        3: Deleting,
        4: DeleteFailed,
        5: Upgrading,
        6: UpgradeFailed,
        7: RollingBack,
        8: RollbackFailed,
    }
}

pack_structs! {
    Mesh { definition, created, lifecycle }
    MeshDefinition { kind, name, annotations, labels, spec }
    MeshSpec { edition, version, ipv6_enable, tags, config, extend_params }
    ExtendParams { clusters }
    Cluster { id, project, installation, injection }
}

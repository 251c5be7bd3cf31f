//! A mesh and its life: created in one step, deleted in one step.

use crate::families::asm::names::FAMILY;
use crate::families::asm::run::{JobState, SingleStepRun};
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::sim::collection::Resource;
use crate::sim::{Millis, NEVER};
use crate::world::hints::advance;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeshSpec {
    /// `Mesh` or `mesh`: both are documented, and the one that was sent is answered.
    pub kind: String,
    /// The name, unique in its project.
    pub name: String,
    /// Annotations, text to text.
    pub annotations: Option<RawJson>,
    /// Labels, text to text.
    pub labels: Option<RawJson>,
    /// The type; `InCluster` is the only one.
    pub edition: String,
    /// The version of Istio.
    pub version: String,
    /// True if it supports IPv6.
    pub ipv6: Option<bool>,
    /// The tags of the resource.
    pub tags: Option<RawJson>,
    /// How data plane and telemetry are set up.
    pub config: Option<RawJson>,
    /// The clusters in it.
    pub clusters: Vec<Cluster>,
}

/// A cluster in a mesh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The cluster's id.
    pub id: String,
    /// The project it belongs to.
    pub project: Option<String>,
    pub installation: Option<RawJson>,
    pub injection: Option<RawJson>,
}

/// The word of a deletion, which every phase allows: telling a mesh twice to go is no error.
pub const DELETE: &str = "delete";

/// A mesh. Its id is known to the table.
#[derive(Clone, Debug)]
pub struct Mesh {
    pub spec: MeshSpec,
    pub created: Timestamp,
    pub lifecycle: MeshLifecycle,
}

/// What a mesh has been going through last.
#[derive(Clone, Debug)]
pub enum MeshLifecycle {
    /// Whatever a fixture said, or nothing worth telling: a mesh that was made known by a release.
    Given {
        /// The phase it stays in until it is deleted.
        phase: MeshPhase,
        updated: Timestamp,
    },
    /// It was created.
    Creation(SingleStepRun),
    /// It was told to go.
    Deletion(SingleStepRun),
}

/// The documented phases. The four of upgrades come from fixtures alone, since no operation here upgrades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeshPhase {
    /// In service.
    Running,
    /// Being created.
    Creating,
    /// Its creation failed.
    CreateFailed,
    /// Being deleted.
    Deleting,
    /// Its deletion failed; it can be deleted again.
    DeleteFailed,
    /// Being upgraded.
    Upgrading,
    /// Its upgrade failed.
    UpgradeFailed,
    /// Being rolled back.
    RollingBack,
    /// Its rollback failed.
    RollbackFailed,
}

impl MeshPhase {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Running,
        Self::Creating,
        Self::CreateFailed,
        Self::Deleting,
        Self::DeleteFailed,
        Self::Upgrading,
        Self::UpgradeFailed,
        Self::RollingBack,
        Self::RollbackFailed,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Creating => "Creating",
            Self::CreateFailed => "CreateFailed",
            Self::Deleting => "Deleting",
            Self::DeleteFailed => "DeleteFailed",
            Self::Upgrading => "Upgrading",
            Self::UpgradeFailed => "UpgradeFailed",
            Self::RollingBack => "RollingBack",
            Self::RollbackFailed => "RollbackFailed",
        }
    }

    /// Parses a documented phase.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text)
    }
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

    /// Returns true while the mesh is being deleted.
    pub fn is_going(&self, now: Millis) -> bool {
        matches!(self.lifecycle, MeshLifecycle::Deletion(_))
            && self.phase(now) == Some(MeshPhase::Deleting)
    }

    /// Returns true once the deletion has ended.
    pub fn is_gone(&self, now: Millis) -> bool {
        self.phase(now).is_none()
    }

    /// The failure message of a script, if the creation or deletion has failed.
    pub fn failure(&self, now: Millis) -> Option<&str> {
        match &self.lifecycle {
            MeshLifecycle::Given { .. } => None,
            MeshLifecycle::Creation(job) | MeshLifecycle::Deletion(job) => job.failure(now),
        }
    }
}

impl Resource for Mesh {
    const FAMILY: &'static str = FAMILY;

    fn name(&self) -> &str {
        &self.spec.name
    }

    fn next_due(&self, now: Millis) -> Millis {
        match &self.lifecycle {
            MeshLifecycle::Given { .. } => crate::sim::NEVER,
            MeshLifecycle::Creation(job) | MeshLifecycle::Deletion(job) => job.next_due(now),
        }
    }

    fn status_label(&self, now: Millis) -> &str {
        self.phase(now).map_or("", MeshPhase::as_str)
    }

    /// A deleted mesh is removed from the table.
    fn has_timed_action(&self, now: Millis) -> bool {
        self.is_gone(now)
    }
}

/// The hint for a mesh that is being deleted.
pub fn deletion_hint(mesh: &Mesh, now: Millis) -> String {
    match mesh.next_due(now) {
        NEVER => {
            "time alone does not end its deletion: PATCH /_emulator/v1/state gives it another phase"
                .to_owned()
        }
        due => format!("{} ends its deletion", advance(due - now)),
    }
}

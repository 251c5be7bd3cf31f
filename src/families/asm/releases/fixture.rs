//! Releases in the fixture format: the shape of responses, and the properties that responses do not show.

use serde::{Deserialize, Serialize};

use super::model::release::{RUNNING, Release, ReleaseLifecycle, Workloads};
use super::model::spec::{ReleaseFields, ReleaseSpec, unknown_deployment};
use super::wire::{API_VERSION, KIND};
use crate::families::asm::fields::{check_name, ensure, fixed};
use crate::families::asm::run::SingleStepRun;
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::lifecycle::RunRecord;
use crate::world::fixture::ValidationError;

/// The namespace of a task whose fixture has none.
const DEFAULT_NAMESPACE: &str = "default";

/// A release task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReleaseFixture {
    kind: Option<String>,
    api_version: Option<String>,
    metadata: ReleaseMetadata,
    #[serde(default)]
    spec: ReleaseFields,
    #[serde(default)]
    status: ReleaseStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    emulator: Option<ReleaseEmulator>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseMetadata {
    #[serde(rename = "meshID")]
    mesh_id: Option<String>,
    name: String,
    /// A new one if absent.
    uid: Option<String>,
    /// [`DEFAULT_NAMESPACE`] if absent.
    namespace: Option<String>,
}

/// The status of a task; without a run it lasts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct ReleaseStatus {
    /// Any text; [`RUNNING`] if absent.
    phase: Option<String>,
    /// The start of the run if absent, or the current time.
    start_time: Option<Timestamp>,
    /// The start if absent.
    update_time: Option<Timestamp>,
    /// Unknown if absent.
    deployment: Option<RawJson>,
    /// The templates if absent.
    gray_deployments: Option<Vec<RawJson>>,
}

/// The properties of a task that responses do not show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReleaseEmulator {
    /// The creation, from which phase and update time are computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunRecord>,
    /// The time of the last update command, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<Millis>,
    /// The percentage of traffic on the grayscale version. If absent, every termination is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    gray_traffic: Option<u8>,
}

impl ReleaseFixture {
    pub fn uid(&self) -> Option<&str> {
        self.metadata.uid.as_deref()
    }

    pub fn namespace(&self) -> &str {
        let namespace = self.metadata.namespace.as_deref();
        namespace.unwrap_or(DEFAULT_NAMESPACE)
    }

    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Replaces all but the uid, which changes only if the patch has one.
    pub fn replace(&mut self, patch: Self) {
        let uid = self.metadata.uid.take();
        *self = patch;
        self.metadata.uid = self.metadata.uid.take().or(uid);
    }

    pub fn new(mesh: &str, uid: &str, release: &Release, now: Millis) -> Self {
        let (run, updated) = match &release.lifecycle {
            ReleaseLifecycle::Given { .. } => (None, None),
            ReleaseLifecycle::Creation { job, touched } => {
                let updated = (*touched != job.started()).then_some(*touched);
                (Some(job.run().record().clone()), updated)
            }
        };
        let emulator = ReleaseEmulator {
            run,
            updated,
            gray_traffic: release.gray_traffic,
        };
        Self {
            kind: Some(KIND.to_owned()),
            api_version: Some(API_VERSION.to_owned()),
            metadata: ReleaseMetadata {
                mesh_id: Some(mesh.to_owned()),
                name: release.spec.name().to_owned(),
                uid: Some(uid.to_owned()),
                namespace: Some(release.namespace.to_string()),
            },
            spec: release.spec.fields(),
            status: ReleaseStatus {
                phase: Some(release.phase(now).to_owned()),
                start_time: Some(release.started.clone()),
                update_time: Some(release.updated(now)),
                deployment: Some(release.original().clone()),
                gray_deployments: Some(release.deployed().into_iter().cloned().collect()),
            },
            emulator: (emulator != ReleaseEmulator::default()).then_some(emulator),
        }
    }

    /// Rebuilds the task.
    pub fn restore(self, mesh: &str, now: Millis) -> Result<Release, ValidationError> {
        self.check(mesh)?;
        let namespace = self.namespace().into();
        let emulator = self.emulator.unwrap_or_default();
        let job = SingleStepRun::restore(emulator.run, "emulator.run", now)?;
        let has_run = job.is_some() || emulator.updated.is_none();
        ensure(has_run, "emulator.updated", "must be absent without a run")?;
        let status = self.status;
        let started = job.as_ref().map_or(now, SingleStepRun::started);
        let started = status.start_time.unwrap_or(Timestamp::At(started));
        let lifecycle = match job {
            Some(job) => ReleaseLifecycle::Creation {
                touched: emulator.updated.unwrap_or_else(|| job.started()),
                job,
            },
            None => ReleaseLifecycle::Given {
                phase: status.phase.unwrap_or_else(|| RUNNING.to_owned()).into(),
                updated: status.update_time.unwrap_or_else(|| started.clone()),
            },
        };
        let spec = ReleaseSpec::new(&self.metadata.name, self.spec);
        // Workloads that equal their templates are not stored twice.
        let templates = spec.gray.iter().map(|gray| &gray.template);
        let deployed = status.gray_deployments;
        let deployed = deployed.filter(|deployed| !deployed.iter().eq(templates));
        let has_workloads = status.deployment.is_some() || deployed.is_some();
        let workloads = has_workloads.then(|| Workloads {
            original: status.deployment.unwrap_or_else(unknown_deployment),
            deployed,
        });
        Ok(Release {
            namespace,
            spec,
            started,
            workloads: workloads.map(Box::new),
            gray_traffic: emulator.gray_traffic,
            lifecycle,
        })
    }

    fn check(&self, mesh: &str) -> Result<(), ValidationError> {
        let Self {
            metadata,
            spec,
            status,
            ..
        } = self;
        fixed("kind", self.kind.as_deref(), KIND)?;
        fixed("apiVersion", self.api_version.as_deref(), API_VERSION)?;
        fixed("metadata.meshID", metadata.mesh_id.as_deref(), mesh)?;
        check_name("metadata.name", &metadata.name)?;
        let has_uid = metadata.uid.as_deref() != Some("");
        ensure(has_uid, "metadata.uid", "must not be empty")?;
        for (n, gray) in spec.gray.iter().enumerate() {
            let path = format_args!("spec.grayDeployments[{n}].template");
            RawJson::require_object(path, Some(&gray.template))?;
        }
        RawJson::require_object("status.deployment", status.deployment.as_ref())?;
        for (n, workload) in status.gray_deployments.iter().flatten().enumerate() {
            let path = format_args!("status.grayDeployments[{n}]");
            RawJson::require_object(path, Some(workload))?;
        }
        let emulator = self.emulator.as_ref();
        let gray_traffic = emulator.and_then(|emulator| emulator.gray_traffic);
        let is_percentage = gray_traffic.is_none_or(|gray| gray <= 100);
        ensure(
            is_percentage,
            "emulator.gray_traffic",
            "must be from 0 to 100",
        )
    }
}

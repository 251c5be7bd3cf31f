//! Releases in the fixture format: as they are answered, and what answers do not show beside it.

use serde::{Deserialize, Serialize};

use super::model::release::{NOTHING, Release, ReleaseLifecycle, Workloads};
use super::model::spec::{GrayWorkload, ReleaseFields, ReleaseSpec};
use super::wire::{API_VERSION, KIND};
use crate::families::asm::run::SingleStepRun;
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::world::fixture::ValidationError;
use crate::world::run_fixture::RunState;

/// The namespace of a task that names none.
const DEFAULT_NAMESPACE: &str = "default";

/// The phase of a task that names none.
const DEFAULT_PHASE: &str = "Running";

/// A release task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReleaseFixture {
    /// `Release`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// `asm/v2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api_version: Option<String>,
    metadata: MetadataState,
    #[serde(default)]
    spec: SpecState,
    /// Where it stands; without a run it stays there.
    #[serde(default)]
    status: StatusState,
    #[serde(skip_serializing_if = "Option::is_none")]
    emulator: Option<ReleaseEmulator>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MetadataState {
    /// The mesh it is in.
    #[serde(rename = "meshID", default, skip_serializing_if = "Option::is_none")]
    mesh_id: Option<String>,
    /// Its name.
    name: String,
    /// Its id; absent: a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    /// Absent: `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SpecState {
    #[serde(rename = "serviceName")]
    service: String,
    #[serde(rename = "clusterID")]
    cluster: String,
    #[serde(rename = "deploymentName")]
    deployment: String,
    version: String,
    /// Absent: `canary`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(rename = "grayDeployments")]
    gray: Vec<GrayState>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GrayState {
    #[serde(rename = "clusterID")]
    cluster: String,
    /// Absent: `{}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<RawJson>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct StatusState {
    /// Any word; absent: `Running`.
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<String>,
    /// Absent: the start of the run, or now.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<Timestamp>,
    /// Absent: the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    update_time: Option<Timestamp>,
    /// Absent: `{}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment: Option<RawJson>,
    /// Absent: the templates.
    #[serde(skip_serializing_if = "Option::is_none")]
    gray_deployments: Option<Vec<RawJson>>,
}

/// What answers do not show of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReleaseEmulator {
    /// Its creation; with it phase and update time are computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunState>,
    /// When it was updated last, in milliseconds; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<Millis>,
    /// The percentage of traffic on the grayscale version; absent: whatever an ending needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    gray_traffic: Option<u8>,
}

impl ReleaseFixture {
    /// Its uid, if it is given.
    pub fn uid(&self) -> Option<&str> {
        self.metadata.uid.as_deref()
    }

    /// Its namespace and its name.
    pub fn named(&self) -> (String, String) {
        let namespace = self.metadata.namespace.as_deref();
        let namespace = namespace.unwrap_or(DEFAULT_NAMESPACE);
        (namespace.to_owned(), self.metadata.name.clone())
    }

    /// Takes over what another says of the same task, which keeps its uid.
    pub fn replace(&mut self, patch: Self) {
        let uid = self.metadata.uid.take();
        *self = patch;
        self.metadata.uid = self.metadata.uid.take().or(uid);
    }

    /// Writes a task down.
    pub fn new(mesh: &str, uid: &str, release: &Release, now: Millis) -> Self {
        let spec = &release.spec;
        let gray = spec.gray.iter().map(|gray| GrayState {
            cluster: gray.cluster.to_string(),
            template: Some(gray.template.clone()),
        });
        let (run, updated) = match &release.lifecycle {
            ReleaseLifecycle::Given { .. } => (None, None),
            ReleaseLifecycle::Creation { job, touched } => {
                let updated = (*touched != job.started()).then_some(*touched);
                (Some(RunState::from(&job.run())), updated)
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
            metadata: MetadataState {
                mesh_id: Some(mesh.to_owned()),
                name: spec.name().to_owned(),
                uid: Some(uid.to_owned()),
                namespace: Some(release.namespace.to_string()),
            },
            spec: SpecState {
                service: spec.service().to_owned(),
                cluster: spec.cluster().to_owned(),
                deployment: spec.deployment().to_owned(),
                version: spec.version().to_owned(),
                kind: Some(spec.kind().to_owned()),
                gray: gray.collect(),
            },
            status: StatusState {
                phase: Some(release.phase(now).as_str().to_owned()),
                start_time: Some(release.started.clone()),
                update_time: Some(release.updated(now)),
                deployment: Some(release.original().clone()),
                gray_deployments: Some(release.deployed().cloned().collect()),
            },
            emulator: (emulator != ReleaseEmulator::default()).then_some(emulator),
        }
    }

    /// Makes the task of a mesh, and says the uid it is given.
    pub fn restore(
        self,
        mesh: &str,
        now: Millis,
    ) -> Result<(Option<String>, Release), ValidationError> {
        fixed("kind", self.kind.as_deref(), KIND)?;
        fixed("apiVersion", self.api_version.as_deref(), API_VERSION)?;
        fixed("metadata.meshID", self.metadata.mesh_id.as_deref(), mesh)?;
        if self.metadata.uid.as_deref() == Some("") {
            return Err(ValidationError::new(
                "metadata.uid",
                "a text that is not empty",
            ));
        }
        let emulator = self.emulator.unwrap_or_default();
        let run = emulator.run.map(|run| run.restore(now)).transpose();
        let run = run.map_err(|error| error.nested_in("emulator.run"))?;
        if run.is_none() && emulator.updated.is_some() {
            return Err(ValidationError::new("emulator.updated", "a run beside it"));
        }
        if emulator.gray_traffic.is_some_and(|gray| gray > 100) {
            return Err(ValidationError::new(
                "emulator.gray_traffic",
                "a percentage from 0 to 100",
            ));
        }
        let StatusState {
            phase,
            start_time,
            update_time,
            deployment,
            gray_deployments,
        } = self.status;
        for (n, gray) in self.spec.gray.iter().enumerate() {
            let place = format_args!("spec.grayDeployments[{n}].template");
            RawJson::require_object(place, gray.template.as_ref())?;
        }
        RawJson::require_object("status.deployment", deployment.as_ref())?;
        for (n, workload) in gray_deployments.iter().flatten().enumerate() {
            RawJson::require_object(format_args!("status.grayDeployments[{n}]"), Some(workload))?;
        }
        let started = start_time.unwrap_or_else(|| match &run {
            Some(run) => Timestamp::At(run.started()),
            None => Timestamp::At(now),
        });
        let lifecycle = match run {
            Some(run) => ReleaseLifecycle::Creation {
                touched: emulator.updated.unwrap_or_else(|| run.started()),
                job: SingleStepRun::from_run(run),
            },
            None => ReleaseLifecycle::Given {
                phase: phase.unwrap_or_else(|| DEFAULT_PHASE.to_owned()).into(),
                updated: update_time.unwrap_or_else(|| started.clone()),
            },
        };
        let gray = self.spec.gray.into_iter().map(|gray| GrayWorkload {
            cluster: gray.cluster.into(),
            template: gray.template.unwrap_or_else(|| NOTHING.clone()),
        });
        let said = ReleaseFields {
            name: self.metadata.name,
            service: self.spec.service,
            cluster: self.spec.cluster,
            deployment: self.spec.deployment,
            version: self.spec.version,
            kind: self.spec.kind,
        };
        let spec = ReleaseSpec::new(&said, gray.collect());
        let same = |deployed: &Vec<RawJson>| {
            deployed
                .iter()
                .eq(spec.gray.iter().map(|gray| &gray.template))
        };
        let deployed = gray_deployments.filter(|deployed| !same(deployed));
        let is_known = deployment.is_some() || deployed.is_some();
        let workloads = is_known.then(|| Workloads {
            original: deployment.unwrap_or_else(|| NOTHING.clone()),
            deployed,
        });
        let namespace = self.metadata.namespace.as_deref();
        let release = Release {
            namespace: namespace.unwrap_or(DEFAULT_NAMESPACE).into(),
            started,
            workloads: workloads.map(Box::new),
            gray_traffic: emulator.gray_traffic,
            lifecycle,
            spec,
        };
        Ok((self.metadata.uid, release))
    }
}

fn fixed(place: &str, said: Option<&str>, must: &str) -> Result<(), ValidationError> {
    match said {
        Some(said) if said != must => Err(ValidationError::new(place, must)),
        _ => Ok(()),
    }
}

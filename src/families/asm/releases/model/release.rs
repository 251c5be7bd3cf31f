//! A release task: created in one step, updated, then cancelled or ended.

use std::sync::Arc;

use super::images::{self, ImageUpdate};
use super::spec::{ReleaseSpec, UNKNOWN_DEPLOYMENT};
use crate::families::asm::fields::{ensure, ensure_like};
use crate::families::asm::run::{FAMILY, JobState, SingleStepRun};
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::sim::collection::Resource;
use crate::sim::heap::{Heap, heap_of};
use crate::sim::pack::{pack_enums, pack_structs};
use crate::sim::{Millis, NEVER};
use crate::world::fixture::ValidationError;

/// The phase during the creation. The documents list no phases, so these are guesses.
pub const CREATING: &str = "Creating";

/// The phase after the creation: both versions run.
pub const RUNNING: &str = "Running";

/// The phase after a failed creation.
pub const FAILED: &str = "Failed";

/// The update command, which every phase allows.
pub const UPDATE: &str = "update";

/// A release task. The table holds its uid and its mesh. Its memory matters, since a test may create very many.
#[derive(Clone, Debug)]
pub struct Release {
    /// The namespace of service and workloads.
    pub namespace: Arc<str>,
    /// The specification, with the images of the last update.
    pub spec: ReleaseSpec,
    pub started: Timestamp,
    /// The workloads, if a fixture specifies them.
    pub workloads: Option<Box<Workloads>>,
    /// The percentage of traffic on the grayscale version. If absent, every termination is allowed.
    pub gray_traffic: Option<u8>,
    pub lifecycle: ReleaseLifecycle,
}

/// The workloads of a fixture.
#[derive(Clone, Debug)]
pub struct Workloads {
    /// The original workload: a Deployment, or `{}` if unknown.
    pub original: RawJson,
    /// The grayscale workloads as they run, if they differ from their templates.
    pub deployed: Option<Vec<RawJson>>,
}

/// The lifecycle of a release task.
#[derive(Clone, Debug)]
pub enum ReleaseLifecycle {
    /// A task of a fixture.
    Given {
        /// Any text, since the documents list no phases.
        phase: Box<str>,
        updated: Timestamp,
    },
    Creation {
        job: SingleStepRun,
        /// The time of the last update, initially the start.
        touched: Millis,
    },
}

/// The two ways to remove a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Termination {
    /// Keeps the original version.
    Cancel,
    /// Keeps the grayscale version.
    End,
}

impl Termination {
    /// The percentage of traffic that the grayscale version must have.
    pub fn required_gray(self) -> u8 {
        match self {
            Self::Cancel => 0,
            Self::End => 100,
        }
    }
}

/// The changes that an update requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseUpdate {
    /// The name of the task, which must match.
    pub name: Option<String>,
    /// A new label of the grayscale version.
    pub version: Option<String>,
    /// New images, per grayscale workload by position.
    pub images: Vec<Vec<ImageUpdate>>,
    /// Immutable.
    pub service: Option<String>,
    /// Immutable.
    pub cluster: Option<String>,
    /// Immutable.
    pub deployment: Option<String>,
    /// Immutable.
    pub kind: Option<String>,
}

impl Release {
    pub fn phase(&self, now: Millis) -> &str {
        match &self.lifecycle {
            ReleaseLifecycle::Given { phase, .. } => phase,
            ReleaseLifecycle::Creation { job, .. } => match job.state(now) {
                JobState::Open => CREATING,
                JobState::Done => RUNNING,
                JobState::Failed => FAILED,
            },
        }
    }

    /// The time of the last update: a command, or the end of the creation.
    pub fn updated(&self, now: Millis) -> Timestamp {
        match &self.lifecycle {
            ReleaseLifecycle::Given { updated, .. } => updated.clone(),
            ReleaseLifecycle::Creation { job, touched } => {
                Timestamp::At(job.ended(now).map_or(*touched, |end| end.max(*touched)))
            }
        }
    }

    /// The original workload: a Deployment, or `{}` if unknown.
    pub fn original(&self) -> &RawJson {
        let workloads = self.workloads.as_ref();
        workloads.map_or(&UNKNOWN_DEPLOYMENT, |workloads| &workloads.original)
    }

    /// The grayscale workloads as they run.
    pub fn deployed(&self) -> Vec<&RawJson> {
        let workloads = self.workloads.as_ref();
        match workloads.and_then(|workloads| workloads.deployed.as_ref()) {
            Some(deployed) => deployed.iter().collect(),
            None => self.spec.gray.iter().map(|gray| &gray.template).collect(),
        }
    }

    /// The failure message of a script, if the creation has failed.
    pub fn failure(&self, now: Millis) -> Option<&str> {
        match &self.lifecycle {
            ReleaseLifecycle::Given { .. } => None,
            ReleaseLifecycle::Creation { job, .. } => job.failure(now),
        }
    }

    /// Changes the version label and the tags of images, in any phase. An update without changes does not count as
    /// an update.
    pub fn update(&mut self, update: &ReleaseUpdate, now: Millis) -> Result<(), ValidationError> {
        let own_name = self.spec.name();
        let rule = format_args!("must be the task's own name, {own_name}");
        let name = update.name.as_deref().unwrap_or(own_name);
        ensure_like(name == own_name, "metadata.name", rule, name)?;
        let n_workloads = self.spec.gray.len();
        let path = format_args!("spec.grayDeployments[{n_workloads}]");
        let rule = format!("the task has {n_workloads} grayscale workloads");
        ensure(update.images.len() <= n_workloads, path, rule)?;
        let workloads = self.spec.gray.iter().zip(&update.images).enumerate();
        let templates = workloads.map(|(n, (workload, images))| {
            images::replace(&workload.template, images).map_err(|error| {
                error.nested_in(format_args!("spec.grayDeployments[{n}].template"))
            })
        });
        let templates: Vec<_> = templates.collect::<Result<_, _>>()?;
        if update.version.is_none() && update.images.iter().all(Vec::is_empty) {
            return Ok(());
        }
        for (workload, template) in self.spec.gray.iter_mut().zip(templates) {
            workload.template = template;
        }
        let workloads = self.workloads.as_mut();
        if let Some(deployed) = workloads.and_then(|workloads| workloads.deployed.as_mut()) {
            for (workload, images) in deployed.iter_mut().zip(&update.images) {
                // A running workload may differ from its template. It keeps its images if the new ones do not fit.
                if let Ok(replaced) = images::replace(workload, images) {
                    *workload = replaced;
                }
            }
        }
        if let Some(version) = &update.version {
            self.spec.set_version(version);
        }
        match &mut self.lifecycle {
            ReleaseLifecycle::Given { updated, .. } => *updated = Timestamp::At(now),
            ReleaseLifecycle::Creation { touched, .. } => *touched = now,
        }
        Ok(())
    }

    /// The immutable fields to which an update assigns another value.
    pub fn ignored_changes(&self, update: &ReleaseUpdate) -> Vec<&'static str> {
        let spec = &self.spec;
        let fields = [
            ("spec.serviceName", &update.service, spec.service()),
            ("spec.clusterID", &update.cluster, spec.cluster()),
            ("spec.deploymentName", &update.deployment, spec.deployment()),
            ("spec.type", &update.kind, spec.kind()),
        ];
        fields
            .into_iter()
            .filter(|(_, new, old)| new.as_ref().is_some_and(|new| new != old))
            .map(|(field, ..)| field)
            .collect()
    }

    /// The commands allowed now.
    pub fn allowed(&self) -> Vec<&'static str> {
        let terminations = [Termination::Cancel, Termination::End]
            .into_iter()
            .filter(|termination| self.check_termination(*termination).is_ok())
            .map(Into::into);
        [UPDATE].into_iter().chain(terminations).collect()
    }

    /// Checks that the traffic allows the termination. The error is the reason.
    pub fn check_termination(&self, termination: Termination) -> Result<(), String> {
        match (termination, self.gray_traffic) {
            (Termination::Cancel, Some(gray)) if gray > 0 => Err(format!(
                "cancelling needs all traffic on the original version, and {gray} % is on the grayscale version"
            )),
            (Termination::End, Some(gray)) if gray < 100 => Err(format!(
                "ending needs all traffic on the grayscale version, which has {gray} %"
            )),
            (Termination::Cancel | Termination::End, _) => Ok(()),
        }
    }
}

heap_of! {
    Release { namespace, spec, started, workloads, lifecycle }
    Workloads { original, deployed }
}

impl Heap for ReleaseLifecycle {
    fn heap(&self) -> usize {
        match self {
            Self::Given { phase, updated } => phase.heap() + updated.heap(),
            Self::Creation { job, .. } => job.heap(),
        }
    }
}

impl Resource for Release {
    const FAMILY: &'static str = FAMILY;
    const KIND: &'static str = "release";

    fn name(&self) -> &str {
        self.spec.name()
    }

    fn next_due(&self, now: Millis) -> Millis {
        match &self.lifecycle {
            ReleaseLifecycle::Given { .. } => NEVER,
            ReleaseLifecycle::Creation { job, .. } => job.next_due(now),
        }
    }

    fn hasten(&mut self, now: Millis, by: Millis) {
        match &mut self.lifecycle {
            ReleaseLifecycle::Given { .. } => {}
            ReleaseLifecycle::Creation { job, .. } => job.hasten(now, by),
        }
    }

    fn status_label(&self, now: Millis) -> &str {
        self.phase(now)
    }
}

pack_enums! {
    ReleaseLifecycle { 0: Given { phase, updated }, 1: Creation { job, touched } }
}

pack_structs! {
    Release { namespace, spec, started, workloads, gray_traffic, lifecycle }
    Workloads { original, deployed }
}

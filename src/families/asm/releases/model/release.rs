//! A release task: created in one step, updated, then cancelled or ended.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::images::{self, ImageUpdate};
use super::spec::ReleaseSpec;
use crate::families::asm::error::Error;
use crate::families::asm::names::FAMILY;
use crate::families::asm::run::{JobState, SingleStepRun};
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::sim::collection::Resource;
use crate::sim::{Millis, NEVER};

/// An unknown Deployment, `{}`.
pub static NOTHING: LazyLock<RawJson> =
    LazyLock::new(|| RawJson::new(&BTreeMap::<&str, &str>::new()));

/// The workloads of a fixture.
#[derive(Clone, Debug)]
pub struct Workloads {
    /// The original one, as far as it is known: a Deployment, or `{}`.
    pub original: RawJson,
    /// The grayscale ones as they run, if they differ from their templates.
    pub deployed: Option<Vec<RawJson>>,
}

/// A release task. Its uid and its mesh are known to the table. There may be very many.
#[derive(Clone, Debug)]
pub struct Release {
    /// The namespace of service and workloads.
    pub namespace: Arc<str>,
    /// What was ordered, with the images of the last update.
    pub spec: ReleaseSpec,
    pub started: Timestamp,
    /// The workloads, where a fixture says anything of them.
    pub workloads: Option<Box<Workloads>>,
    /// The percentage of traffic on the grayscale version; absent: whatever an ending needs.
    pub gray_traffic: Option<u8>,
    pub lifecycle: ReleaseLifecycle,
}

/// The lifecycle of a release task.
#[derive(Clone, Debug)]
pub enum ReleaseLifecycle {
    Given {
        /// Any word: the documents list none.
        phase: Box<str>,
        updated: Timestamp,
    },
    /// It was created.
    Creation {
        job: SingleStepRun,
        /// When it was updated last; its start, if never.
        touched: Millis,
    },
}

/// The phase of a release task. The words are a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleasePhase<'a> {
    /// Being created.
    Creating,
    /// Both versions run.
    Running,
    /// Its creation failed.
    Failed,
    Given(&'a str),
}

impl<'a> ReleasePhase<'a> {
    /// The word.
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Creating => "Creating",
            Self::Running => "Running",
            Self::Failed => "Failed",
            Self::Given(word) => word,
        }
    }
}

/// The two ways to remove a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Termination {
    /// The original version stays.
    Cancel,
    /// The grayscale version stays.
    End,
}

impl Termination {
    /// Both of them.
    const ALL: [Self; 2] = [Self::Cancel, Self::End];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::End => "end",
        }
    }
}

/// The update command, which every phase allows.
pub const UPDATE: &str = "update";

/// The changes an update requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseUpdate {
    /// Another label of the grayscale version.
    pub version: Option<String>,
    /// Images, per grayscale workload by position.
    pub images: Vec<Vec<ImageUpdate>>,
    /// The immutable fields in the request.
    pub immutable: ImmutableFields,
}

/// The immutable fields in an update, where present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImmutableFields {
    /// The service.
    pub service: Option<String>,
    /// The cluster.
    pub cluster: Option<String>,
    /// The original workload.
    pub deployment: Option<String>,
    /// The type.
    pub kind: Option<String>,
}

impl ReleaseUpdate {
    /// Returns true if no mutable field would change.
    pub fn is_empty(&self) -> bool {
        self.version.is_none() && self.images.iter().all(Vec::is_empty)
    }
}

impl Release {
    /// The phase.
    pub fn phase(&self, now: Millis) -> ReleasePhase<'_> {
        match &self.lifecycle {
            ReleaseLifecycle::Given { phase, .. } => ReleasePhase::Given(phase),
            ReleaseLifecycle::Creation { job, .. } => match job.state(now) {
                JobState::Open => ReleasePhase::Creating,
                JobState::Done => ReleasePhase::Running,
                JobState::Failed => ReleasePhase::Failed,
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

    /// The original workload, as far as it is known: a Deployment, or `{}`.
    pub fn original(&self) -> &RawJson {
        let known = self.workloads.as_ref();
        known.map_or(&NOTHING, |workloads| &workloads.original)
    }

    /// The grayscale workloads as they run.
    pub fn deployed(&self) -> impl Iterator<Item = &RawJson> {
        let known = self.workloads.as_ref();
        let deployed = known.and_then(|workloads| workloads.deployed.as_deref());
        let (given, templates) = match deployed {
            Some(given) => (given, &[][..]),
            None => (&[][..], &*self.spec.gray),
        };
        given
            .iter()
            .chain(templates.iter().map(|gray| &gray.template))
    }

    /// The immutable fields to which an update assigns another value.
    pub fn unchanged(&self, immutable: &ImmutableFields) -> impl Iterator<Item = &'static str> {
        let own = &self.spec;
        let differs =
            |said: &Option<String>, own: &str| said.as_ref().is_some_and(|said| said != own);
        let fields = [
            (
                "spec.serviceName",
                differs(&immutable.service, own.service()),
            ),
            ("spec.clusterID", differs(&immutable.cluster, own.cluster())),
            (
                "spec.deploymentName",
                differs(&immutable.deployment, own.deployment()),
            ),
            ("spec.type", differs(&immutable.kind, own.kind())),
        ];
        let unchanged = fields.into_iter().filter(|(_, differs)| *differs);
        unchanged.map(|(field, _)| field)
    }

    /// The failure message of a script, if the creation has failed.
    pub fn failure(&self, now: Millis) -> Option<&str> {
        match &self.lifecycle {
            ReleaseLifecycle::Given { .. } => None,
            ReleaseLifecycle::Creation { job, .. } => job.failure(now),
        }
    }

    /// Changes the version label and the tags of images, in whatever phase. An update that asks for nothing
    /// changes nothing, not even the time of the last update.
    ///
    /// Errors: 400 for a workload or a container that the task does not have, and for another repository.
    pub fn update(&mut self, change: &ReleaseUpdate, now: Millis) -> Result<(), Error> {
        let known = self.spec.gray.len();
        if change.images.len() > known {
            return Err(Error::at(
                format_args!("spec.grayDeployments[{known}]"),
                format_args!("the task has {known} grayscale workloads"),
            ));
        }
        let mut templates = Vec::with_capacity(change.images.len());
        for (n, (gray, updates)) in self.spec.gray.iter().zip(&change.images).enumerate() {
            let template =
                images::replaced(&gray.template, updates).map_err(|validation_error| {
                    let place = format_args!(
                        "spec.grayDeployments[{n}].template.{}",
                        validation_error.place
                    );
                    Error::at(place, validation_error.wrong)
                })?;
            templates.push(template);
        }
        if change.is_empty() {
            return Ok(());
        }
        for (gray, template) in self.spec.gray.iter_mut().zip(templates) {
            gray.template = template;
        }
        let known = self.workloads.as_mut();
        let deployed = known.and_then(|workloads| workloads.deployed.as_mut());
        for (workload, updates) in deployed.into_iter().flatten().zip(&change.images) {
            // What runs may look different from its template; what does not fit there stays as it is.
            if let Ok(replaced) = images::replaced(workload, updates) {
                *workload = replaced;
            }
        }
        if let Some(version) = &change.version {
            self.spec.set_version(version);
        }
        match &mut self.lifecycle {
            ReleaseLifecycle::Given { updated, .. } => *updated = Timestamp::At(now),
            ReleaseLifecycle::Creation { touched, .. } => *touched = now,
        }
        Ok(())
    }

    /// The commands allowed now.
    pub fn allowed(&self) -> Vec<&'static str> {
        let is_allowed = |termination: &Termination| self.check_termination(*termination).is_ok();
        let terminations = Termination::ALL
            .into_iter()
            .filter(is_allowed)
            .map(Termination::as_str);
        [UPDATE].into_iter().chain(terminations).collect()
    }

    /// Checks that the traffic allows the termination. Errors: the reason.
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

impl Resource for Release {
    const FAMILY: &'static str = FAMILY;

    fn name(&self) -> &str {
        self.spec.name()
    }

    fn next_due(&self, now: Millis) -> Millis {
        match &self.lifecycle {
            ReleaseLifecycle::Given { .. } => NEVER,
            ReleaseLifecycle::Creation { job, .. } => job.next_due(now),
        }
    }

    fn status_label(&self, now: Millis) -> &str {
        self.phase(now).as_str()
    }
}

//! A delivery version: what it is, what it is at, how far it is.
//!
//! Images are pushed one after the other, each a step of a [`Run`]; the first that fails ends it. After 60
//! minutes the service gives up. Charts are packaged at once, when a Helm version is created.

use super::rows::{Deploy, Distribute, Progress, UploadStatus, VersionKind, VersionStatus};
use crate::families::zadig::messages::{Cause, several};
use crate::sim::collection::Resource;
use crate::sim::lifecycle::{Node, Phase, Run, RunPlan, StepPlan, StepState, Verdict};
use crate::sim::scripts::{Scripts, StepQuery, Work};
use crate::sim::{Millis, NEVER};

/// After how long the service gives up on pushes.
const PATIENCE: Millis = 60 * 60 * 1_000;

/// The family, as scripts and transitions name it.
pub const FAMILY: &str = "zadig";

/// The word of a retry, as the field of a request has it.
pub const RETRY: &str = "retry";

/// The word of a deletion.
pub const DELETE: &str = "delete";

/// A delivery version of a project.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its name, unique in the project.
    pub name: String,
    pub kind: VersionKind,
    /// Its labels, which only the detail shows.
    pub labels: Vec<String>,
    pub description: String,
    /// The creator's name.
    pub created_by: String,
    /// The creation time, in seconds since the epoch.
    pub create_time: i64,
    /// What it delivers of a K8s project.
    pub deploys: Vec<Deploy>,
    /// What it delivers of a Helm project.
    pub distributes: Vec<Distribute>,
    pub lifecycle: VersionLifecycle,
}

/// The lifecycle of a version.
#[derive(Clone, Debug)]
pub enum VersionLifecycle {
    /// As a fixture said, until a retry.
    Given {
        /// Its status.
        status: VersionStatus,
        /// Its progress, if that was said too.
        progress: Option<Progress>,
    },
    /// It failed before any push began.
    Stopped(Stopped),
    /// Its images are pushed, or were.
    Pushing(Pushing),
}

/// Why a version failed before any push began, and what was left undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub error: String,
    /// Where the charts go; empty for a K8s version.
    pub chart_repo: String,
    /// The charts that a retry packages again; none for a K8s version, which cannot be retried then.
    pub charts: Vec<Chart>,
}

/// A chart to be packaged, with the images it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// The service, which is also the chart's name.
    pub service: String,
    /// The chart's version.
    pub version: String,
    /// The images to be pushed: whole addresses in the target registry.
    pub images: Vec<String>,
}

/// The pushes of a version.
#[derive(Clone, Debug)]
pub struct Pushing {
    /// When what was pushed or will be.
    pub run: Run,
    /// The images by step.
    pub pushes: Vec<Push>,
    /// True if it is a retry.
    pub retried: bool,
}

/// The push of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The image's name, which is also that of the step.
    pub image: String,
    /// The service it belongs to.
    pub service: String,
}

#[derive(Clone, Copy, Debug)]
pub struct VersionRef<'a> {
    /// The project.
    pub project: &'a str,
    /// The version's id.
    pub id: &'a str,
    /// The version's name.
    pub name: &'a str,
}

impl<'a> VersionRef<'a> {
    pub fn ask(&self, step: &'a str) -> StepQuery<'a> {
        StepQuery {
            family: FAMILY,
            scope: self.project,
            id: self.id,
            name: self.name,
            step,
            work: Work::Run,
        }
    }

    /// Asks how a push will go.
    fn decide(&self, scripts: &mut Scripts, push: &'a Push) -> StepPlan {
        scripts.decide(&self.ask(&push.image))
    }
}

impl Pushing {
    /// Begins to push.
    pub fn start(
        version_ref: VersionRef,
        pushes: Vec<Push>,
        scripts: &mut Scripts,
        now: Millis,
    ) -> Self {
        let does = pushes.iter().map(|push| version_ref.decide(scripts, push));
        let does = does.collect();
        Self::begin(pushes, does, false, now)
    }

    fn begin(pushes: Vec<Push>, does: Vec<StepPlan>, retried: bool, now: Millis) -> Self {
        let one_by_one = Node::Seq((0..does.len()).map(Node::Step).collect());
        let plan = RunPlan {
            limit: Some(PATIENCE),
            ..RunPlan::new(one_by_one, does)
        };
        Self {
            run: Run::start(now, plan),
            pushes,
            retried,
        }
    }

    fn status(&self, now: Millis) -> VersionStatus {
        match self.run.phase(now) {
            Phase::Succeeded => VersionStatus::Success,
            Phase::Failed | Phase::Aborted => VersionStatus::Failed,
            _ if self.retried => VersionStatus::Retrying,
            _ => VersionStatus::Creating,
        }
    }

    fn passed(&self, now: Millis) -> usize {
        let steps = 0..self.pushes.len();
        steps
            .filter(|step| {
                let seen = self.run.step_state(*step, now);
                matches!(
                    seen,
                    StepState::Ended {
                        verdict: Verdict::Succeeded,
                        ..
                    }
                )
            })
            .count()
    }

    /// Why a version of that kind failed by now. The service keeps no text of a K8s version's pushes.
    fn error(&self, kind: VersionKind, now: Millis) -> String {
        let failures = self.pushes.iter().enumerate().filter_map(|(step, push)| {
            let why = self.run.failure(step, now)?;
            Some(format!(
                "failed to build image distribute for service: {}, status: failed, err: {why} ",
                push.service
            ))
        });
        let failures: Vec<_> = failures.collect();
        match kind {
            _ if failures.is_empty() => "timeout".to_owned(),
            VersionKind::K8sYaml => String::new(),
            VersionKind::HelmChart => several(&failures),
        }
    }
}

impl Version {
    pub fn status(&self, now: Millis) -> VersionStatus {
        match &self.lifecycle {
            VersionLifecycle::Given { status, .. } => *status,
            VersionLifecycle::Stopped(_) => VersionStatus::Failed,
            VersionLifecycle::Pushing(pushing) => pushing.status(now),
        }
    }

    /// The progress of the version.
    pub fn progress(&self, now: Millis) -> Progress {
        let status = self.status(now);
        let (passed, total, error) = match &self.lifecycle {
            VersionLifecycle::Given {
                progress: Some(progress),
                ..
            } => return progress.clone(),
            VersionLifecycle::Given { progress: None, .. } => {
                let total = self.recorded().len();
                let passed = if status == VersionStatus::Success {
                    total
                } else {
                    0
                };
                (passed, total, String::new())
            }
            VersionLifecycle::Stopped(stopped) => (0, 0, stopped.error.clone()),
            VersionLifecycle::Pushing(pushing) => {
                let error = if status == VersionStatus::Failed {
                    pushing.error(self.kind, now)
                } else {
                    String::new()
                };
                (pushing.passed(now), pushing.pushes.len(), error)
            }
        };
        // Where no image was to be pushed, a Helm version counts its charts.
        let (passed, total) = match total {
            0 => (self.distributes.len(), self.distributes.len()),
            _ => (passed, total),
        };
        let upload_status = match status {
            VersionStatus::Success => UploadStatus::Success,
            VersionStatus::Failed => UploadStatus::Failed,
            VersionStatus::Creating | VersionStatus::Retrying if passed < total => {
                UploadStatus::Waiting
            }
            VersionStatus::Creating | VersionStatus::Retrying => UploadStatus::Uploading,
        };
        Progress {
            success_count: passed as u64,
            total_count: total as u64,
            upload_status,
            error,
        }
    }

    /// The pushes that its rows tell of, where nothing else is known.
    fn recorded(&self) -> Vec<Push> {
        let deploys = self.deploys.iter().map(|row| Push {
            image: row.image_name.clone(),
            service: row.service_name.clone(),
        });
        let images = self.distributes.iter().flat_map(|chart| {
            chart.sub_distributes.iter().map(|row| Push {
                image: row.image_name.clone(),
                service: chart.service_name.clone(),
            })
        });
        deploys.chain(images).collect()
    }

    /// True if a retry may begin, and whether there is anything to push then. A Helm version that was stopped
    /// packages its charts first, which is not this function's business.
    pub fn may_retry(&self, now: Millis) -> Result<(), Cause> {
        let status = self.status(now);
        if status != VersionStatus::Failed {
            return Err(Cause::NotFailed(status));
        }
        let nothing = match &self.lifecycle {
            VersionLifecycle::Given { progress, .. } => {
                let none = progress.as_ref().is_some_and(|said| said.total_count == 0);
                none || self.recorded().is_empty()
            }
            VersionLifecycle::Stopped(_) => true,
            VersionLifecycle::Pushing(_) => false,
        };
        match self.kind {
            VersionKind::K8sYaml if nothing => Err(Cause::NoPushes(self.name.clone())),
            VersionKind::K8sYaml | VersionKind::HelmChart => Ok(()),
        }
    }

    /// Pushes again what was not pushed. Only after [`Self::may_retry`], and not if it was stopped.
    pub fn push_again(&mut self, project: &str, id: &str, scripts: &mut Scripts, now: Millis) {
        let version_ref = VersionRef {
            project,
            id,
            name: &self.name,
        };
        let (pushes, does) = match &self.lifecycle {
            VersionLifecycle::Pushing(Pushing { run, pushes, .. }) => {
                let does = run.repeat(now, |step| version_ref.decide(scripts, &pushes[step]));
                (pushes.clone(), does)
            }
            VersionLifecycle::Given { progress, .. } => {
                // A fixture's numbers stand for its first rows: which images were disabled, it does not say.
                let mut pushes = self.recorded();
                let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
                let (passed, total) = progress.as_ref().map_or((0, pushes.len()), |said| {
                    (number(said.success_count), number(said.total_count))
                });
                pushes.truncate(total);
                let at = self.create_time.saturating_mul(1_000).min(now);
                let carried = StepPlan::Inherited { begin: at, end: at };
                let does = pushes.iter().enumerate().map(|(step, push)| {
                    if step < passed {
                        carried.clone()
                    } else {
                        version_ref.decide(scripts, push)
                    }
                });
                let does = does.collect();
                (pushes, does)
            }
            VersionLifecycle::Stopped(_) => (Vec::new(), Vec::new()),
        };
        self.lifecycle = VersionLifecycle::Pushing(Pushing::begin(pushes, does, true, now));
    }

    /// What can be said to it now: a deletion always, a retry where [`Self::may_retry`].
    pub fn allowed(&self, now: Millis) -> Vec<&'static str> {
        let retry = self.may_retry(now).is_ok().then_some(RETRY);
        retry.into_iter().chain([DELETE]).collect()
    }

    /// The ids of its rows.
    pub fn row_ids(&self) -> Vec<&str> {
        fn below<'a>(rows: &'a [Distribute], ids: &mut Vec<&'a str>) {
            for row in rows {
                ids.push(&row.id);
                below(&row.sub_distributes, ids);
            }
        }
        let mut ids = self.deploys.iter().map(|row| &*row.id).collect();
        below(&self.distributes, &mut ids);
        ids
    }
}

impl Resource for Version {
    const FAMILY: &'static str = FAMILY;

    fn name(&self) -> &str {
        &self.name
    }

    fn next_due(&self, now: Millis) -> Millis {
        match &self.lifecycle {
            VersionLifecycle::Given { .. } | VersionLifecycle::Stopped(_) => NEVER,
            VersionLifecycle::Pushing(pushing) => pushing.run.next_due(now),
        }
    }

    fn status_label(&self, now: Millis) -> &str {
        self.status(now).as_str()
    }

    fn n_steps(&self) -> usize {
        match &self.lifecycle {
            VersionLifecycle::Given { .. } | VersionLifecycle::Stopped(_) => 0,
            VersionLifecycle::Pushing(pushing) => pushing.pushes.len(),
        }
    }

    fn step(&self, step: usize, now: Millis) -> Option<(&str, &str)> {
        let VersionLifecycle::Pushing(pushing) = &self.lifecycle else {
            return None;
        };
        let push = pushing.pushes.get(step)?;
        Some((&push.image, job_word(pushing.run.step_state(step, now))))
    }

    fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        match &self.lifecycle {
            VersionLifecycle::Given { .. } | VersionLifecycle::Stopped(_) => Vec::new(),
            VersionLifecycle::Pushing(pushing) => pushing.run.steps_changing_at(due),
        }
    }
}

/// The service's name for the state of a push.
fn job_word(seen: StepState) -> &'static str {
    match seen {
        StepState::Idle => "waiting",
        StepState::Open { .. } => "running",
        StepState::Ended { verdict, .. } => match verdict {
            Verdict::Succeeded => "passed",
            Verdict::Failed => "failed",
            Verdict::Interrupted => "timeout",
            Verdict::Skipped => "skipped",
        },
    }
}

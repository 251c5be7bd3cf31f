//! A delivery version: its rows, its lifecycle and its progress.
//!
//! Its images are pushed in a [`Pushing`]. Charts are packaged at once, when a Helm version is created.

use serde::{Deserialize, Serialize};

use super::delivered::Delivered;
use super::pushing::{Push, Pushing, first_task, push_status, pushes_of, rest_of};
use super::rows::{DeliveryProgress, Deploy, Distribute, UploadStatus, VersionKind, VersionStatus};
use crate::families::zadig::versions::messages::Cause;
use crate::sim::collection::Resource;
use crate::sim::heap::{Heap, heap_of};
use crate::sim::lifecycle::{Command, Run, StepPlan};
use crate::sim::pack::{pack_enums, pack_structs};
use crate::sim::scripts::{Scripts, StepQuery, Work};
use crate::sim::step_name::{StepName, Unit};
use crate::sim::{Millis, NEVER};

/// The family's name in scripts and transitions.
pub const FAMILY: &str = "zadig";

pub const RETRY: &str = "retry";
pub const DELETE: &str = "delete";

#[derive(Clone, Debug)]
pub struct Version {
    /// The name, unique in the project.
    pub name: String,
    pub kind: VersionKind,
    /// The labels, which only the detail shows.
    pub labels: Vec<String>,
    pub description: String,
    /// The environment whose images it pins, or empty.
    pub environment: String,
    pub production: bool,
    /// The id of the registry that images are pushed to, or empty.
    pub registry: String,
    pub created_by: String,
    /// In seconds since the epoch.
    pub create_time: i64,
    /// The rows of a K8s version.
    pub deploys: Vec<Deploy>,
    /// The rows of a Helm version.
    pub distributes: Vec<Distribute>,
    /// The record of generation 2, which has no rows.
    pub delivered: Option<Box<Delivered>>,
    pub lifecycle: VersionLifecycle,
}

#[derive(Clone, Debug)]
pub enum VersionLifecycle {
    /// The state in a fixture, until a retry.
    Given {
        status: VersionStatus,
        progress: Option<DeliveryProgress>,
    },
    Stopped(Stopped),
    Pushing(Pushing),
}

/// A failure before the pushes began, and the work that a retry does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stopped {
    pub error: String,
    /// The repository that charts are pushed to; empty for a K8s version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chart_repo: String,
    /// The charts that a retry packages again; none for a K8s version, which cannot be retried then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<Chart>,
    /// True if a chart was requested twice, with which no version succeeds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubled: bool,
}

/// A chart to be packaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// The service, which is also the chart's name.
    pub service: String,
    /// The chart's version.
    pub version: String,
    /// The images to be pushed: full addresses in the target registry.
    #[serde(default)]
    pub images: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub struct VersionRef<'a> {
    pub project: &'a str,
    pub id: &'a str,
    pub name: &'a str,
}

impl<'a> VersionRef<'a> {
    /// The query for the outcome of a step in the delivery of a service.
    pub fn step_query(&self, service: &'a str, step: &'a str) -> StepQuery<'a> {
        let unit = Unit::Service(service);
        StepQuery {
            family: FAMILY,
            scope: self.project,
            id: self.id,
            name: self.name,
            step: StepName { unit, step },
            alias: None,
            work: Work::Run,
        }
    }

    /// Decides by the scripts how a push goes.
    pub fn decide(&self, scripts: &mut Scripts, push: &'a Push) -> StepPlan {
        scripts.decide(&self.step_query(&push.service, &push.image))
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

    pub fn progress(&self, now: Millis) -> DeliveryProgress {
        let status = self.status(now);
        let (mut n_succeeded, mut n_total, error) = match &self.lifecycle {
            VersionLifecycle::Given {
                progress: Some(progress),
                ..
            } => return progress.clone(),
            VersionLifecycle::Given { progress: None, .. } => {
                let n_total = self.recorded_pushes().len();
                let succeeded = status == VersionStatus::Success;
                (if succeeded { n_total } else { 0 }, n_total, String::new())
            }
            VersionLifecycle::Stopped(stopped) => (0, 0, stopped.error.clone()),
            VersionLifecycle::Pushing(pushing) => {
                let error = if status == VersionStatus::Failed {
                    pushing.error(self.kind, now)
                } else {
                    String::new()
                };
                (pushing.n_succeeded(now), pushing.pushes.len(), error)
            }
        };
        if n_total == 0 {
            // Without an image to push, a Helm version counts its charts.
            (n_succeeded, n_total) = (self.distributes.len(), self.distributes.len());
        }
        let upload_status = match status {
            VersionStatus::Success => UploadStatus::Success,
            VersionStatus::Failed => UploadStatus::Failed,
            VersionStatus::Creating | VersionStatus::Retrying if n_succeeded < n_total => {
                UploadStatus::Waiting
            }
            VersionStatus::Creating | VersionStatus::Retrying => UploadStatus::Uploading,
        };
        DeliveryProgress {
            success_count: n_succeeded as u64,
            total_count: n_total as u64,
            upload_status,
            error,
        }
    }

    /// The pushes that the rows show, for a version from a fixture.
    pub fn recorded_pushes(&self) -> Vec<Push> {
        if let Some(delivered) = &self.delivered {
            return pushes_of(delivered);
        }
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

    /// Checks that a retry may begin, and that a K8s version has images to push. A Helm version that was stopped
    /// packages its charts first.
    pub fn may_retry(&self, project: &str, now: Millis) -> Result<(), Cause> {
        let status = self.status(now);
        if status != VersionStatus::Failed {
            return Err(Cause::NotFailed(status));
        }
        let has_pushes = match &self.lifecycle {
            VersionLifecycle::Given { progress, .. } => {
                progress.as_ref().is_none_or(|given| given.total_count > 0)
                    && !self.recorded_pushes().is_empty()
            }
            VersionLifecycle::Stopped(_) => false,
            VersionLifecycle::Pushing(pushing) => {
                if self.kind == VersionKind::K8sYaml && !pushing.has_failed(now) {
                    let (project, task) = (project.to_owned(), pushing.task);
                    return Err(Cause::StillPushing { project, task });
                }
                true
            }
        };
        match self.kind {
            VersionKind::K8sYaml if !has_pushes => Err(Cause::NoPushes(self.name.clone())),
            VersionKind::K8sYaml | VersionKind::HelmChart => Ok(()),
        }
    }

    /// Pushes again the images that were not pushed. Only after [`Self::may_retry`], and not if it was stopped.
    pub fn push_again(&mut self, version_ref: VersionRef, scripts: &mut Scripts, now: Millis) {
        let (pushes, steps) = match &self.lifecycle {
            VersionLifecycle::Pushing(pushing) => {
                let (run, pushes) = (pushing.task_run(now), &pushing.pushes);
                let has_new_task = self.kind == VersionKind::K8sYaml || self.delivered.is_some();
                let steps = run.repeat(now, |step| {
                    if has_new_task {
                        version_ref.decide(scripts, &pushes[step])
                    } else {
                        rest_of(&run, step, now)
                    }
                });
                (pushes.clone(), steps)
            }
            VersionLifecycle::Given { progress, .. } => {
                // The numbers of a fixture stand for its first rows, since it does not show the disabled images.
                let mut pushes = self.recorded_pushes();
                let mut n_succeeded = 0;
                if let Some(given) = progress {
                    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
                    n_succeeded = number(given.success_count);
                    pushes.truncate(number(given.total_count));
                }
                let at = self.create_time.saturating_mul(1_000).min(now);
                let passed = self
                    .delivered
                    .as_ref()
                    .map(|delivered| delivered.passed_pushes());
                let steps = pushes.iter().enumerate().map(|(step, push)| {
                    let is_passed = match &passed {
                        Some(passed) => passed[step],
                        None => step < n_succeeded,
                    };
                    if is_passed {
                        StepPlan::Inherited { begin: at, end: at }
                    } else {
                        version_ref.decide(scripts, push)
                    }
                });
                let steps = steps.collect();
                (pushes, steps)
            }
            VersionLifecycle::Stopped(_) => return,
        };
        if let Some(delivered) = &mut self.delivered {
            delivered.find_steps(pushes.iter().map(Push::key));
        }
        let (doubled, task) = match &self.lifecycle {
            VersionLifecycle::Pushing(before) => (before.doubled, before.task),
            VersionLifecycle::Given { .. } | VersionLifecycle::Stopped(_) => (false, first_task()),
        };
        self.lifecycle = VersionLifecycle::Pushing(Pushing {
            doubled,
            task,
            ..Pushing::start(pushes, steps, true, now)
        });
    }

    /// The commands that the version allows: always a deletion, a retry where [`Self::may_retry`] allows it.
    pub fn allowed(&self, now: Millis) -> Vec<&'static str> {
        let may_retry = match self.delivered {
            Some(_) => self.may_redeliver("", now).is_ok(),
            None => self.may_retry("", now).is_ok(),
        };
        let retry = may_retry.then_some(RETRY);
        retry.into_iter().chain([DELETE]).collect()
    }

    pub fn row_ids(&self) -> Vec<&str> {
        fn add<'a>(rows: &'a [Distribute], ids: &mut Vec<&'a str>) {
            for row in rows {
                ids.push(&row.id);
                add(&row.sub_distributes, ids);
            }
        }
        let mut ids = self.deploys.iter().map(|row| &*row.id).collect();
        add(&self.distributes, &mut ids);
        ids
    }

    fn pushing(&self) -> Option<&Pushing> {
        match &self.lifecycle {
            VersionLifecycle::Given { .. } | VersionLifecycle::Stopped(_) => None,
            VersionLifecycle::Pushing(pushing) => Some(pushing),
        }
    }
}

heap_of! {
    Version { name, labels, description, environment, registry, created_by, deploys, distributes, delivered, lifecycle }
    Stopped { error, chart_repo, charts }
    Chart { service, version, images }
}

impl Heap for VersionLifecycle {
    fn heap(&self) -> usize {
        match self {
            Self::Given { progress, .. } => progress.heap(),
            Self::Stopped(stopped) => stopped.heap(),
            Self::Pushing(pushing) => pushing.heap(),
        }
    }
}

impl Resource for Version {
    const FAMILY: &'static str = FAMILY;
    const KIND: &'static str = "version";

    fn name(&self) -> &str {
        &self.name
    }

    fn next_due(&self, now: Millis) -> Millis {
        self.pushing()
            .map_or(NEVER, |pushing| pushing.run.next_due(now))
    }

    fn hasten(&mut self, now: Millis, by: Millis) {
        if let VersionLifecycle::Pushing(pushing) = &mut self.lifecycle {
            let hastened = pushing.run.apply(now, Command::Forward(by));
            debug_assert_eq!(hastened, Ok(()), "a run that is under way has not ended");
        }
    }

    fn status_label(&self, now: Millis) -> &str {
        self.status(now).into()
    }

    fn n_steps(&self) -> usize {
        self.pushing().map_or(0, |pushing| pushing.pushes.len())
    }

    fn step(&self, step: usize, now: Millis) -> Option<(StepName<&str>, &str)> {
        let pushing = self.pushing()?;
        let push = pushing.pushes.get(step)?;
        let status = push_status(pushing.run.step_state(step, now));
        Some((push.name(), status))
    }

    fn step_run(&self, _: usize) -> Option<&Run> {
        Some(&self.pushing()?.run)
    }

    fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        self.pushing()
            .map_or_else(Vec::new, |pushing| pushing.run.steps_changing_at(due))
    }
}

pack_enums! {
    VersionLifecycle { 0: Given { status, progress }, 1: Stopped(stopped), 2: Pushing(pushing) }
}

pack_structs! {
    Version {
        name, kind, labels, description, environment, production, registry, created_by,
        create_time, deploys, distributes, delivered, lifecycle,
    }
    Stopped { error, chart_repo, charts, doubled }
    Chart { service, version, images }
}

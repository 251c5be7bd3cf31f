//! The views of a world: changes of status, resources, timelines. They have the names of the JSON in `/_emulator/v1`.

use chrono::{DateTime, Utc};

use super::Family;
use crate::sim::Transition;
use crate::sim::next::Next;
use crate::sim::planned_step::PlannedStep;
use crate::sim::summary::ResourceSummary;
use crate::sim::time::instant;
use crate::sim::timeline::Timeline;

/// A transition: a change of the status of a resource, or of one of its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusChange {
    /// Its number in the life of the world; in a timeline 0 for an import, which is not a transition.
    pub id: u64,
    /// The instant.
    pub time: DateTime<Utc>,
    /// The family.
    pub family: Family,
    /// The project, mesh or project key.
    pub scope: String,
    /// The resource's id.
    pub resource: String,
    /// The resource's name.
    pub name: String,
    /// The stage of the step: of a pipeline its name, of a plan the `seq` of the batch.
    pub stage: Option<String>,
    /// The service of the step, in a delivery version.
    pub service: Option<String>,
    /// The step that changed; `None` for the resource itself.
    pub step: Option<String>,
    /// The status before; empty if the resource did not exist.
    pub from: String,
    /// The status after; empty if the resource is gone.
    pub to: String,
    /// `clock`, `schedule` for a start by a trigger policy, `queue` for one from a queue, `read` under
    /// [`Progress::Reads`](crate::Progress::Reads), or the name of the command; in a timeline also `import`.
    pub cause: String,
}

impl StatusChange {
    /// Returns true for a change of a step, given by its name or by its path: `prod/roll-out`.
    #[must_use]
    pub fn is_step(&self, step: &str) -> bool {
        let unit = self.stage.as_deref().or(self.service.as_deref());
        self.step.as_deref().is_some_and(|name| {
            let below = unit.and_then(|unit| step.strip_prefix(unit)?.strip_prefix('/'));
            name == step || below == Some(name)
        })
    }

    /// Returns true for a change of a resource itself, given by its name or id.
    #[must_use]
    pub fn is_resource(&self, name: &str) -> bool {
        self.step.is_none() && (self.name == name || self.resource == name)
    }
}

impl From<Transition> for StatusChange {
    fn from(transition: Transition) -> Self {
        let own = |text: Option<_>| text.as_deref().map(str::to_owned);
        Self {
            id: transition.number,
            time: instant(transition.at),
            family: Family::named(transition.family),
            scope: (*transition.scope).to_owned(),
            resource: (*transition.id).to_owned(),
            name: (*transition.name).to_owned(),
            stage: own(transition.stage),
            service: own(transition.service),
            step: own(transition.step),
            from: (*transition.from).to_owned(),
            to: (*transition.to).to_owned(),
            cause: (*transition.cause).to_owned(),
        }
    }
}

/// The next change of a resource that time alone brings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextChange {
    /// The instant.
    pub time: DateTime<Utc>,
    /// The stage of the step.
    pub stage: Option<String>,
    /// The service of the step.
    pub service: Option<String>,
    /// The step that changes; `None` for the resource itself.
    pub step: Option<String>,
    /// The status that follows; empty if the resource is gone then.
    pub to: String,
}

impl From<Next> for NextChange {
    fn from(next: Next) -> Self {
        Self {
            time: instant(next.at),
            stage: next.stage.map(String::from),
            service: next.service.map(String::from),
            step: next.step.map(String::from),
            to: next.to.into(),
        }
    }
}

/// A resource with its status.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedResource {
    /// The family.
    pub family: Family,
    /// The kind: `release`, `mesh`, `plan`, `pipeline`, `version` or `task`.
    pub kind: &'static str,
    /// The project, mesh or project key.
    pub scope: String,
    /// The resource's id.
    pub id: String,
    /// The resource's name.
    pub name: String,
    /// The status, as in transitions.
    pub status: String,
    /// The status as a number, if the service has numbers.
    pub code: Option<u8>,
    /// The status in words.
    pub word: String,
    /// The next change that time alone brings.
    pub next: Option<NextChange>,
    /// The commands that the status allows now.
    pub allowed: Vec<&'static str>,
}

impl From<ResourceSummary> for ListedResource {
    fn from(summary: ResourceSummary) -> Self {
        Self {
            family: Family::named(summary.family),
            kind: summary.kind,
            scope: (*summary.scope).to_owned(),
            id: (*summary.id).to_owned(),
            name: (*summary.name).to_owned(),
            status: summary.status.into(),
            code: summary.code,
            word: summary.word.into(),
            next: summary.next.map(NextChange::from),
            allowed: summary.allowed,
        }
    }
}

/// A step of the current run. `began` and `ended` have happened; `begins` and `ends` will if no command comes, and are
/// `None` if time alone does not lead there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForecastStep {
    /// The stage of the step.
    pub stage: Option<String>,
    /// The service of the step.
    pub service: Option<String>,
    /// The step: a task, a gate, a component, an image.
    pub step: String,
    /// Its present status.
    pub status: String,
    /// The instant at which it began.
    pub began: Option<DateTime<Utc>>,
    /// The instant at which it ended.
    pub ended: Option<DateTime<Utc>>,
    /// The instant at which it will begin.
    pub begins: Option<DateTime<Utc>>,
    /// The instant at which it will end.
    pub ends: Option<DateTime<Utc>>,
    /// The status with which it will end.
    pub to: Option<String>,
    /// The reason of its failure, as a script gave it.
    pub message: Option<String>,
}

impl From<PlannedStep> for ForecastStep {
    fn from(step: PlannedStep) -> Self {
        Self {
            stage: step.stage.map(String::from),
            service: step.service.map(String::from),
            step: step.step.into(),
            status: step.status.into(),
            began: step.began.map(instant),
            ended: step.ended.map(instant),
            begins: step.begins.map(instant),
            ends: step.ends.map(instant),
            to: step.to.map(String::from),
            message: step.message.map(String::from),
        }
    }
}

/// The history of a resource, and its future if no command comes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceTimeline {
    /// The resource with its status.
    pub resource: ListedResource,
    /// The transitions of the resource and its steps, oldest first; at most the newest 1,000.
    pub transitions: Vec<StatusChange>,
    /// The number of older transitions, which are not listed.
    pub truncated: u64,
    /// The steps of the current run: what has happened, and what will if no command comes.
    pub forecast: Vec<ForecastStep>,
}

impl From<Timeline> for ResourceTimeline {
    fn from(timeline: Timeline) -> Self {
        Self {
            resource: ListedResource {
                family: Family::named(timeline.family),
                kind: timeline.kind,
                scope: (*timeline.scope).to_owned(),
                id: (*timeline.id).to_owned(),
                name: (*timeline.name).to_owned(),
                status: timeline.status.into(),
                code: timeline.code,
                word: timeline.word.into(),
                next: timeline.next.map(NextChange::from),
                allowed: timeline.allowed,
            },
            transitions: timeline
                .transitions
                .into_iter()
                .map(StatusChange::from)
                .collect(),
            truncated: timeline.truncated,
            forecast: timeline
                .forecast
                .into_iter()
                .map(ForecastStep::from)
                .collect(),
        }
    }
}

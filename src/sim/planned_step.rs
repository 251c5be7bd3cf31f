//! The steps of a run as they went so far and as they will go on.

use serde::Serialize;

use super::collection::Resource;
use super::{Millis, NEVER, time};

/// A step of the current run. `began` and `ended` have happened; `begins` and `ends` will if no command comes, and are
/// absent if time alone does not lead there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PlannedStep {
    /// The stage of the step: of a pipeline its name, of a plan the `seq` of the batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub stage: Option<Box<str>>,
    /// The service of the step, in a delivery version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub service: Option<Box<str>>,
    /// The step: a task, a gate, a component, an image.
    pub step: Box<str>,
    /// Its present status.
    pub status: Box<str>,
    /// The instant at which it began, RFC 3339 in UTC.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "time::serialize_optional"
    )]
    #[cfg_attr(test, schema(value_type = Option<String>, nullable = false))]
    pub began: Option<Millis>,
    /// The instant at which it ended, RFC 3339 in UTC.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "time::serialize_optional"
    )]
    #[cfg_attr(test, schema(value_type = Option<String>, nullable = false))]
    pub ended: Option<Millis>,
    /// The instant at which it will begin, RFC 3339 in UTC.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "time::serialize_optional"
    )]
    #[cfg_attr(test, schema(value_type = Option<String>, nullable = false))]
    pub begins: Option<Millis>,
    /// The instant at which it will end, RFC 3339 in UTC.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "time::serialize_optional"
    )]
    #[cfg_attr(test, schema(value_type = Option<String>, nullable = false))]
    pub ends: Option<Millis>,
    /// The status with which it will end; absent with `ends`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub to: Option<Box<str>>,
    /// The reason of its failure, as a script gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub message: Option<Box<str>>,
}

impl PlannedStep {
    /// The steps of a resource's current run.
    pub fn all<T: Resource>(item: &T, now: Millis) -> Vec<Self> {
        let steps = 0..item.n_steps();
        steps
            .filter_map(|step| Self::new(item, step, now))
            .collect()
    }

    fn new<T: Resource>(item: &T, step: usize, now: Millis) -> Option<Self> {
        let (name, status) = item.step(step, now)?;
        let run = item.step_run(step)?;
        let run_step = item.run_step(step);
        let (begin, end) = run_step.map_or((NEVER, NEVER), |step| run.span(step));
        let past = |at: Millis| (at <= now).then_some(at);
        let coming = |at: Millis| (now < at && at < NEVER).then_some(at);
        let owned = |text: &&str| Box::from(*text);
        let to = coming(end).and_then(|end| item.step(step, end));
        Some(Self {
            stage: name.stage().map(owned),
            service: name.service().map(owned),
            step: name.step.into(),
            status: status.into(),
            began: past(begin),
            ended: past(end),
            begins: coming(begin),
            ends: coming(end),
            to: to.map(|(_, status)| status.into()),
            message: run_step
                .and_then(|step| run.failure(step, now))
                .map(Box::from),
        })
    }
}

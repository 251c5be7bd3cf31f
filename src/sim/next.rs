//! The next change of a resource that time alone brings.

use serde::Serialize;

use super::collection::Resource;
use super::collection::stored::changes_at;
use super::step_name::StepName;
use super::{Millis, NEVER, time};

/// The next change that time alone brings. Of several changes at one instant it is the resource's own, if there is
/// one, else the first step's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = NextTransition))]
pub struct Next {
    /// The instant, RFC 3339 in UTC.
    #[serde(rename = "time", serialize_with = "time::serialize")]
    #[cfg_attr(test, schema(value_type = String))]
    pub at: Millis,
    /// The stage of the step: of a pipeline its name, of a plan the `seq` of the batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub stage: Option<Box<str>>,
    /// The service of the step, in a delivery version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub service: Option<Box<str>>,
    /// The step that changes; absent: the resource itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub step: Option<Box<str>>,
    /// The status that follows; empty: the resource is gone.
    pub to: Box<str>,
}

impl Next {
    /// A change of a step, or of the resource itself.
    pub fn new(at: Millis, step: Option<StepName<&str>>, to: &str) -> Self {
        let owned = |text: &&str| Box::from(*text);
        Self {
            at,
            stage: step.as_ref().and_then(StepName::stage).map(owned),
            service: step.as_ref().and_then(StepName::service).map(owned),
            step: step.map(|name| name.step.into()),
            to: to.into(),
        }
    }
}

/// The next change of a resource if no command comes. `due` is the next instant of a possible change after another.
pub fn next<T: Resource>(item: &T, now: Millis, due: impl Fn(Millis) -> Millis) -> Option<Next> {
    let instants = std::iter::successors(Some(due(now)), |at| Some(due(*at)));
    instants.take_while(|at| *at < NEVER).find_map(|at| {
        let (step, _, to) = changes_at(item, at).next()?;
        Some(Next::new(at, step, to))
    })
}

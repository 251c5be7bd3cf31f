//! The full name of a step: its own name, and the part of the resource in which it is unique.

use std::sync::Arc;

use super::pack::{pack_enums, pack_structs};
use indexmap::Equivalent;

/// The part of a resource that a step belongs to. `T` is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit<T> {
    /// The resource itself.
    Whole,
    /// A stage of a pipeline, or a batch of a plan.
    Stage(T),
    /// A service of a delivery version.
    Service(T),
}

/// The full name of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepName<T> {
    pub unit: Unit<T>,
    /// Its own name (task, component, image, chart), or the resource's if the work has no steps.
    pub step: T,
}

impl<T> StepName<T> {
    /// The name of work that belongs to no part of its resource.
    pub fn whole(step: T) -> Self {
        let unit = Unit::Whole;
        Self { unit, step }
    }

    pub fn stage(&self) -> Option<&T> {
        match &self.unit {
            Unit::Stage(stage) => Some(stage),
            Unit::Whole | Unit::Service(_) => None,
        }
    }

    pub fn service(&self) -> Option<&T> {
        match &self.unit {
            Unit::Service(service) => Some(service),
            Unit::Whole | Unit::Stage(_) => None,
        }
    }

    /// The name with another kind of text.
    pub fn map<'a, U>(&'a self, text: impl Fn(&'a T) -> U) -> StepName<U> {
        StepName {
            unit: match &self.unit {
                Unit::Whole => Unit::Whole,
                Unit::Stage(stage) => Unit::Stage(text(stage)),
                Unit::Service(service) => Unit::Service(text(service)),
            },
            step: text(&self.step),
        }
    }
}

impl StepName<&str> {
    /// The unit and the name with a slash between them; the name alone if it belongs to no part.
    pub fn path(&self) -> String {
        match self.unit {
            Unit::Whole => self.step.to_owned(),
            Unit::Stage(unit) | Unit::Service(unit) => format!("{unit}/{}", self.step),
        }
    }
}

impl Equivalent<StepName<Arc<str>>> for StepName<&str> {
    fn equivalent(&self, other: &StepName<Arc<str>>) -> bool {
        *self == other.map(|text| &**text)
    }
}

pack_enums! { Unit<Arc<str>> { 0: Whole, 1: Stage(name), 2: Service(name) } }

pack_structs! { StepName<Arc<str>> { unit, step } }

//! The part of a plan that can be edited.

use std::collections::BTreeMap;

use super::component::Component;
use super::vocabulary::{FailStrategy, PlanAction};
use crate::http::json::ValidationError;
use crate::sim::heap::heap_of;
use crate::sim::ids::Ids;
use crate::sim::pack::pack_structs;
use crate::sim::step_name::StepName;

/// The most components of a plan that upgrades. Source: user guide, page 0245, read 2026-08.
const MOST_UPGRADED: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSpec {
    /// Unique in the project.
    pub name: String,
    /// The description; may be empty.
    pub desc: String,
    pub fail_strategy: FailStrategy,
    /// The components, in the given order.
    pub components: Vec<Component>,
}

heap_of! {
    PlanSpec { name, desc, components }
}

impl PlanSpec {
    /// Checks the components against the plan's action.
    pub fn check(&self, action: PlanAction) -> Result<(), ValidationError> {
        let n_components = self.components.len();
        if n_components == 0 {
            return Err(ValidationError::new("components", "must not be empty"));
        }
        if action == PlanAction::Create {
            return Ok(());
        }
        if action == PlanAction::Upgrade && n_components > MOST_UPGRADED {
            return Err(ValidationError::new(
                "components",
                format!(
                    "must have at most {MOST_UPGRADED} entries for an upgrade, not {n_components}"
                ),
            ));
        }
        match self
            .components
            .iter()
            .position(|component| component.id.is_none())
        {
            Some(n) => Err(ValidationError::new(
                format!("components[{n}].component_id"),
                format!("is required for the action {action}"),
            )),
            None => Ok(()),
        }
    }

    /// The name of the plan's own work, which is the plan's.
    pub fn whole(&self) -> StepName<&str> {
        StepName::whole(&self.name)
    }

    /// Gives an id to each component without one.
    pub fn give_ids(&mut self, ids: &Ids) {
        for component in &mut self.components {
            if component.id.is_none() {
                component.give_id(ids.uuid(|_| false));
            }
        }
    }

    /// The positions of the components by batch, in ascending order of `seq`.
    pub fn batches(&self) -> Vec<Vec<usize>> {
        let mut batches = BTreeMap::<i64, Vec<usize>>::new();
        for (position, component) in self.components.iter().enumerate() {
            batches.entry(component.seq).or_default().push(position);
        }
        batches.into_values().collect()
    }
}

/// The most characters of a description.
const LONGEST_DESC: usize = 128;

/// Checks a description: at most 128 characters. Source: user guide, page 0245, read 2026-08.
pub fn check_desc(text: &str) -> Result<(), ValidationError> {
    match text.chars().count() {
        ..=LONGEST_DESC => Ok(()),
        n => Err(ValidationError::new(
            "desc",
            format!("must have at most {LONGEST_DESC} characters, not {n}"),
        )),
    }
}

pack_structs! {
    PlanSpec { name, desc, fail_strategy, components }
}

//! The part of a plan that can be edited.

use std::collections::BTreeMap;

use super::component::Component;
use super::vocabulary::{Action, FailStrategy};
use crate::http::json::ValidationError;
use crate::sim::ids::Ids;
use crate::sim::lifecycle::FailurePolicy;

/// The maximum number of components of an upgrade. Source: user guide, page 0245, read 2026-08.
const MOST_UPGRADED: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSpec {
    /// Its name, unique in the project.
    pub name: String,
    /// Its description, which may be empty.
    pub desc: String,
    pub fail_strategy: FailStrategy,
    /// Its components, in their original order.
    pub components: Vec<Component>,
}

impl PlanSpec {
    /// Checks the spec for a plan with this action.
    pub fn check(&self, action: Action) -> Result<(), ValidationError> {
        let n_components = self.components.len();
        if n_components == 0 {
            return Err(ValidationError::new("components", "must not be empty"));
        }
        if action == Action::Create {
            return Ok(());
        }
        if action == Action::Upgrade && n_components > MOST_UPGRADED {
            return Err(ValidationError::new(
                "components",
                format!("{n_components} are more than the {MOST_UPGRADED} of an upgrade"),
            ));
        }
        let mut components = self.components.iter();
        match components.position(|component| component.id.is_none()) {
            Some(n) => Err(ValidationError::new(
                format!("components[{n}].component_id"),
                format!("is required for the action {action}"),
            )),
            None => Ok(()),
        }
    }

    /// Gives ids to the components that have none.
    pub fn give_ids(&mut self, ids: &Ids) {
        for component in &mut self.components {
            if component.id.is_none() {
                component.give_id(ids.uuid(|_| false));
            }
        }
    }

    /// The positions of the components by batch, in ascending order of `seq`.
    #[must_use]
    pub fn batches(&self) -> Vec<Vec<usize>> {
        let mut batches = BTreeMap::<i64, Vec<usize>>::new();
        for (position, component) in self.components.iter().enumerate() {
            batches.entry(component.seq).or_default().push(position);
        }
        batches.into_values().collect()
    }

    /// The failure policy of a run.
    #[must_use]
    pub fn fail_mode(&self) -> FailurePolicy {
        match self.fail_strategy {
            FailStrategy::Stop => FailurePolicy::Stop,
            FailStrategy::Continue => FailurePolicy::Continue,
        }
    }
}

/// The maximum number of characters of a description.
const LONGEST_DESC: usize = 128;

/// Checks a description: at most 128 characters. Source: user guide, page 0245, read 2026-08.
pub fn check_desc(text: &str) -> Result<(), ValidationError> {
    match text.chars().count() {
        n if n <= LONGEST_DESC => Ok(()),
        n => Err(ValidationError::new(
            "desc",
            format!("{n} characters are more than {LONGEST_DESC}"),
        )),
    }
}

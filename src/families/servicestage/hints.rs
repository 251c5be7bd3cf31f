//! Suggestions for unknown ids.

use super::table::Tables;
use crate::world::hints::not_found_hint;

impl Tables {
    /// The family or the project that has the id of an unknown plan, or a plan with a similar id or name.
    pub(super) fn hint_at_plan(&self, project: &str, id: &str) -> String {
        match self.pipelines.collection.find(id) {
            Some(pipeline) => {
                let home = &pipeline.scope;
                format!("{id} is a pipeline: /v3/{home}/pipeline/pipelines/{id}")
            }
            None => not_found_hint("release plan", &self.plans.collection, project, id),
        }
    }

    /// The same for an unknown pipeline.
    pub(super) fn hint_at_pipeline(&self, project: &str, id: &str) -> String {
        match self.plans.collection.find(id) {
            Some(plan) => {
                let home = &plan.scope;
                format!("{id} is a release plan: /v3/{home}/cas/release-plans/{id}")
            }
            None => not_found_hint("pipeline", &self.pipelines.collection, project, id),
        }
    }
}

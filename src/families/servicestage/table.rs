//! The table of release plans and pipelines, together because hints look for an id in both.

use super::error::Error;
use super::named_collection::NamedCollection;
use super::pipelines::Pipeline;
use super::plans::Plan;

/// The number of the first execution, as in the documented example.
const FIRST_EXECUTION: i64 = 286_541;

/// The resources of both families.
#[derive(Clone, Debug)]
pub struct Tables {
    pub plans: NamedCollection<Plan>,
    pub pipelines: NamedCollection<Pipeline>,
    /// The number of the next execution of a pipeline. It never falls.
    pub next_execution: i64,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            plans: NamedCollection::default(),
            pipelines: NamedCollection::default(),
            next_execution: FIRST_EXECUTION,
        }
    }
}

impl Tables {
    /// A plan of a project. Errors: 404, with the project or the family that has the id as a hint.
    pub fn plan(&self, project: &str, id: &str) -> Result<&Plan, Error> {
        let plans = &self.plans.collection;
        plans.get(project, id).ok_or_else(|| {
            let hint = self.hint_at_plan(project, id);
            Error::ReleaseNotFound { hint }
        })
    }

    /// A pipeline of a project. Errors: 404, as for a plan.
    pub fn pipeline(&self, project: &str, id: &str) -> Result<&Pipeline, Error> {
        let pipelines = &self.pipelines.collection;
        pipelines.get(project, id).ok_or_else(|| {
            let hint = self.hint_at_pipeline(project, id);
            Error::ReleaseNotFound { hint }
        })
    }
}

//! ServiceStage in the fixture format.

use serde::{Deserialize, Serialize};

use super::tables::Tables;
use super::{pipelines, plans};
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::sim::transition::ChangeContext;
use crate::world::fixture::{ValidationError, upsert, upsert_with};

/// Projects with their release plans and pipelines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceStageFixture {
    /// The projects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub projects: Vec<ProjectFixture>,
}

/// One project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectFixture {
    /// The project's id.
    pub id: String,
    /// Its release plans, as in the list or the detail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub release_plans: Vec<plans::fixture::PlanFixture>,
    /// Its pipelines, as in the list or the detail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pipelines: Vec<pipelines::fixture::PipelineFixture>,
}

impl ServiceStageFixture {
    /// Merges a patch, by project and id.
    pub fn merge(&mut self, patch: Self) {
        upsert_with(
            &mut self.projects,
            patch.projects,
            |project| project.id.as_str(),
            |old, new| {
                upsert(&mut old.release_plans, new.release_plans, |plan| {
                    plan.id.as_str()
                });
                upsert(&mut old.pipelines, new.pipelines, |pipeline| {
                    pipeline.id.as_str()
                });
            },
        );
    }
}

/// Fills empty tables.
pub fn load(
    tables: &mut Tables,
    fixture: ServiceStageFixture,
    ids: &Ids,
    change_context: &mut ChangeContext,
) -> Result<(), ValidationError> {
    for (n, project) in fixture.projects.into_iter().enumerate() {
        for (k, plan) in project.release_plans.into_iter().enumerate() {
            let place = format!("projects[{n}].release_plans[{k}]");
            tables
                .plans
                .load(&project.id, plan, ids, change_context)
                .map_err(|error| error.nested_in(place))?;
        }
        for (k, pipeline) in project.pipelines.into_iter().enumerate() {
            let place = format!("projects[{n}].pipelines[{k}]");
            tables
                .pipelines
                .load(&project.id, pipeline, change_context)
                .map_err(|error| error.nested_in(place))?;
        }
    }
    Ok(())
}

/// The tables in the fixture format, oldest first, which is the order that loading needs.
pub fn save(tables: &Tables, now: Millis) -> ServiceStageFixture {
    let mut projects: Vec<&str> = tables
        .plans
        .projects()
        .chain(tables.pipelines.collection().scopes())
        .collect();
    projects.sort_unstable();
    projects.dedup();
    let projects = projects
        .into_iter()
        .map(|id| ProjectFixture {
            id: id.to_owned(),
            release_plans: tables.plans.save(id, now),
            pipelines: tables.pipelines.save(id, now),
        })
        .collect();
    ServiceStageFixture { projects }
}

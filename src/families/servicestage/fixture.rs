//! ServiceStage in the fixture format.

use serde::{Deserialize, Serialize};

use super::pipelines::fixture::PipelineFixture;
use super::plans::fixture::PlanFixture;

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
    pub release_plans: Vec<PlanFixture>,
    /// Its pipelines, as in the list or the detail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pipelines: Vec<PipelineFixture>,
}

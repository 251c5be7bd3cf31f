//! The definition of a pipeline: the part that an edit replaces.

use serde::{Deserialize, Serialize};

use super::stages::Stages;
use crate::http::json::RawJson;
use crate::sim::heap::heap_of;
use crate::sim::pack::{pack_enums, pack_structs};

#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    pub name: String,
    pub description: String,
    pub config_mode: ConfigMode,
    /// Names are unique within it; `0` is the default one.
    pub enterprise_project: String,
    pub fail_mode: FailMode,
    /// The template sources, verbatim.
    pub sources: RawJson,
    /// The stages, verbatim.
    pub declared_stages: RawJson,
    pub stages: Stages,
}

heap_of! {
    Definition { name, description, enterprise_project, sources, declared_stages, stages }
}

/// The source of the stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schema(as = PipelineConfigMode))]
pub enum ConfigMode {
    /// The body.
    #[default]
    Ui,
    /// A package. The emulator cannot read it, so its stages are unknown unless the body has them.
    Template,
}

/// The effect of a failed task on later ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schema(as = PipelineFailMode))]
pub enum FailMode {
    /// Later tasks do not run.
    #[default]
    Stop,
    /// Later tasks run; the run still ends as failed.
    Continue,
}

pack_enums! {
    ConfigMode { 0: Ui, 1: Template }
    FailMode { 0: Stop, 1: Continue }
}

pack_structs! {
    Definition {
        name, description, config_mode, enterprise_project, fail_mode, sources, declared_stages,
        stages,
    }
}

//! The body of a creation and of an edit, and its definition of a pipeline.

use std::collections::BTreeMap;

use foldhash::HashSet;
use serde::Deserialize;

use crate::families::servicestage::names::check_name;
use crate::families::servicestage::pipelines::model::definition::{
    ConfigMode, Definition, FailMode,
};
use crate::families::servicestage::pipelines::model::stages::{Stage, StageTask, Stages};
use crate::families::servicestage::pipelines::wire::spelling::respelt_stages;
#[cfg(test)]
use crate::http::attributes::evidence::Inferred;
use crate::http::context::add_hint;
use crate::http::json::{RawJson, ValidationError};
use crate::sim::fuzzy::nearest;

#[cfg(test)]
type InferredFailMode = Inferred<FailMode>;
#[cfg(test)]
type InferredTask = Inferred<PipelineTask>;
#[cfg(test)]
type InferredValue = Inferred<RawJson>;

/// The body of a creation and of an edit.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct PipelineBody {
    /// 2 to 64 letters, digits, `-` and `_`, beginning with a letter and ending with a letter or digit. Unique in the
    /// project and enterprise project.
    #[cfg_attr(test, schema(pattern = "^[A-Za-z][A-Za-z0-9_-]{0,62}[A-Za-z0-9]$"))]
    name: String,
    /// Free text; `""` if absent.
    description: Option<String>,
    /// Must be 2.
    #[cfg_attr(test, schema(minimum = 2, maximum = 2, example = 2))]
    model_version: i64,
    /// `ui` or `template`.
    config_mode: ConfigMode,
    /// Template sources; required for `template`. Responses repeat them verbatim.
    #[cfg_attr(test, schema(value_type = Option<Vec<PipelineSource>>))]
    sources: Option<RawJson>,
    /// The stages; required for `ui`. Responses repeat them verbatim, fields in the camelCase of the sibling API
    /// (`approvalType`) in `snake_case`. For `template` they describe the contents of
    /// the package, since the emulator cannot read it.
    #[cfg_attr(test, schema(value_type = Option<Vec<PipelineStage>>))]
    stages: Option<RawJson>,
    /// The enterprise project; absent or empty: `0`, the default one.
    enterprise_project_id: Option<String>,
    /// `stop` (default) or `continue`: the detail has it, the table of the body does not.
    #[cfg_attr(test, schema(inline, value_type = Option<InferredFailMode>))]
    fail_mode: Option<FailMode>,
}

/// A template source.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[expect(dead_code, reason = "sources are checked, then kept verbatim")]
struct PipelineSource {
    /// The location of the package.
    template_source: PipelineTemplateSource,
    /// Values of the package's variables.
    input_values: Option<BTreeMap<String, String>>,
}

/// The location of a package.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[expect(dead_code, reason = "sources are checked, then kept verbatim")]
struct PipelineTemplateSource {
    /// `devcloud`, `obs` or `http`.
    storage: PipelineSourceStorage,
    /// The address of the package.
    url: String,
    /// For `http` with basic authentication.
    http_username: Option<String>,
    /// For `http` with basic authentication.
    http_password: Option<String>,
    /// For `http` with authentication by header.
    http_headers: Option<Vec<PipelineSourceHeader>>,
}

/// A release repository, an object store, or any address.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
enum PipelineSourceStorage {
    Devcloud,
    Obs,
    Http,
}

/// A header of the request for a package.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[expect(dead_code, reason = "sources are checked, then kept verbatim")]
struct PipelineSourceHeader {
    key: String,
    value: String,
}

/// A stage, as in the sibling API. Responses repeat further keys verbatim.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[expect(dead_code, reason = "fields that are only shown are kept verbatim")]
struct PipelineStage {
    /// Unique in the pipeline.
    #[cfg_attr(test, schema(min_length = 1))]
    name: String,
    /// The name on display.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    display_name: Option<String>,
    /// Free text.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    description: Option<String>,
    /// Only shown: stages run in the order of the array.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    order_index: Option<i64>,
    /// Unless absent, null or 0, the stage waits for an approval under its name before its tasks begin.
    #[cfg_attr(test, schema(inline, value_type = Option<InferredValue>))]
    approval_type: Option<RawJson>,
    /// The tasks; may be empty.
    #[cfg_attr(test, schema(inline, value_type = Vec<InferredTask>))]
    tasks: Vec<PipelineTask>,
}

/// A task, as in the sibling API. Responses repeat further keys verbatim.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[expect(dead_code, reason = "fields that are only shown are kept verbatim")]
struct PipelineTask {
    /// Unique in the stage.
    #[cfg_attr(test, schema(min_length = 1))]
    name: String,
    /// The name on display.
    display_name: Option<String>,
    /// Only shown: tasks run in the order of the array.
    order_index: Option<i64>,
    /// The tasks of a group run in sequence, the groups of a stage at once. Tasks without a group form one.
    task_group: Option<String>,
    /// A task of the category `approval` waits for an approval.
    task_type_id: Option<PipelineTaskType>,
    /// Only shown.
    #[cfg_attr(test, schema(value_type = RawJson, required = false))]
    input: Option<RawJson>,
    /// Only shown.
    #[cfg_attr(test, schema(value_type = RawJson, required = false))]
    output: Option<RawJson>,
}

/// The type of a task.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[expect(dead_code, reason = "fields that are only shown are kept verbatim")]
struct PipelineTaskType {
    category: Option<String>,
    owner: Option<String>,
    provider: Option<String>,
}

impl PipelineBody {
    /// Checks the body.
    pub(crate) fn definition(self) -> Result<Definition, ValidationError> {
        check_name(&self.name)?;
        if self.model_version != 2 {
            let actual = self.model_version;
            return Err(ValidationError::unlike(
                "model_version",
                "must be 2",
                actual,
            ));
        }
        let declared_stages = self.stages.map(respelt_stages);
        let stages = declared_stages.as_ref().map(read_stages).transpose()?;
        let stages = stages.unwrap_or_default();
        let n_sources = self.sources.as_ref().map(count_sources).transpose()?;
        let (missing, mode) = match self.config_mode {
            ConfigMode::Ui => ((stages.as_slice().is_empty()).then_some("stages"), "ui"),
            ConfigMode::Template => (
                (n_sources.unwrap_or(0) == 0).then_some("sources"),
                "template",
            ),
        };
        if let Some(field) = missing {
            let expected = format!("must not be empty with config_mode {mode}");
            return Err(ValidationError::new(field, expected));
        }
        Ok(Definition {
            name: self.name,
            description: self.description.unwrap_or_default(),
            config_mode: self.config_mode,
            enterprise_project: self
                .enterprise_project_id
                .filter(|id| !id.is_empty())
                .unwrap_or_else(|| "0".to_owned()),
            fail_mode: self.fail_mode.unwrap_or_default(),
            sources: self.sources.unwrap_or_else(RawJson::empty_list),
            declared_stages: declared_stages.unwrap_or_else(RawJson::empty_list),
            stages,
        })
    }
}

/// Checks stages and reads the part of them that the emulator acts on.
pub(crate) fn read_stages(stages: &RawJson) -> Result<Stages, ValidationError> {
    let stages: Vec<PipelineStage> = stages.read().map_err(|error| error.nested_in("stages"))?;
    let mut stage_names = HashSet::default();
    for (n, stage) in stages.iter().enumerate() {
        check_step_name(&stage.name, &mut stage_names)
            .map_err(|error| error.nested_in(format_args!("stages[{n}]")))?;
        let mut task_names = HashSet::default();
        for (k, task) in stage.tasks.iter().enumerate() {
            check_step_name(&task.name, &mut task_names)
                .map_err(|error| error.nested_in(format_args!("stages[{n}].tasks[{k}]")))?;
            task.hint_at_category();
        }
    }
    Ok(stages.into_iter().map(Stage::from).collect())
}

impl From<PipelineStage> for Stage {
    fn from(stage: PipelineStage) -> Self {
        Self {
            name: stage.name,
            gated: stage
                .approval_type
                .is_some_and(|approval| !matches!(approval.text(), "0" | "null")),
            tasks: stage.tasks.into_iter().map(StageTask::from).collect(),
        }
    }
}

impl PipelineTask {
    fn category(&self) -> Option<&str> {
        self.task_type_id.as_ref()?.category.as_deref()
    }

    /// A task of any other category is accepted, and runs without an approval.
    fn hint_at_category(&self) {
        let misspelt = |category: &&str| nearest(category, [APPROVAL]).is_some();
        if let Some(category) = self.category().filter(misspelt) {
            add_hint(format!(
                "the task {:?} has the category {category:?} and waits for nobody; did you mean {APPROVAL:?}?",
                self.name
            ));
        }
    }
}

/// The category of tasks that wait for an approval.
const APPROVAL: &str = "approval";

impl From<PipelineTask> for StageTask {
    fn from(task: PipelineTask) -> Self {
        let approval = task.category() == Some(APPROVAL);
        Self {
            display_name: task.display_name.unwrap_or_else(|| task.name.clone()),
            name: task.name,
            order_index: task.order_index.unwrap_or(0),
            group: task.task_group,
            approval,
        }
    }
}

fn check_step_name<'a>(name: &'a str, names: &mut HashSet<&'a str>) -> Result<(), ValidationError> {
    if name.is_empty() {
        Err(ValidationError::new("name", "must not be empty"))
    } else if !names.insert(name) {
        Err(ValidationError::new("name", format!("duplicate {name:?}")))
    } else {
        Ok(())
    }
}

/// Checks template sources and counts them.
pub(crate) fn count_sources(sources: &RawJson) -> Result<usize, ValidationError> {
    let sources: Vec<PipelineSource> =
        sources.read().map_err(|error| error.nested_in("sources"))?;
    Ok(sources.len())
}

//! The body of a creation and of an edit, and how it becomes a definition.

use std::collections::BTreeMap;

use foldhash::HashSet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::families::servicestage::names::check_name;
use crate::families::servicestage::pipelines::model::pipeline::{ConfigMode, Definition};
use crate::families::servicestage::pipelines::model::stages::{Stage, Stages, Task};
use crate::http::json::{RawJson, ValidationError};
use crate::sim::lifecycle::FailurePolicy;

/// The body of a creation and of an edit.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PipelineBody {
    /// 2 to 64 letters, digits, `-` and `_`; first a letter, last a letter or digit. Unique in the project
    /// and enterprise project.
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9_-]{0,62}[A-Za-z0-9]$")]
    pub(crate) name: String,
    /// Free text; absent: `""`.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// Only 2 is supported.
    #[schema(minimum = 2, maximum = 2)]
    pub(crate) model_version: i64,
    /// `ui` or `template`.
    pub(crate) config_mode: ConfigModeWord,
    /// Template sources; required for `template`. Answered as they came.
    #[serde(default)]
    #[schema(value_type = Option<Vec<SourceBody>>)]
    pub(crate) sources: Option<RawJson>,
    /// The stages; required for `ui`. Answered as they came. With `template` they tell the emulator what is
    /// in the package, which it cannot read (inferred).
    #[serde(default)]
    #[schema(value_type = Option<Vec<StageBody>>)]
    pub(crate) stages: Option<RawJson>,
    /// The enterprise project; absent or empty: `0`, the default one.
    #[serde(default)]
    pub(crate) enterprise_project_id: Option<String>,
    /// `stop` (default) or `continue` (inferred: returned by the detail, not in the table of the body).
    #[serde(default)]
    pub(crate) fail_mode: Option<FailModeWord>,
}

/// Where the stages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PipelineConfigMode)]
pub enum ConfigModeWord {
    /// The body.
    Ui,
    /// A package.
    Template,
}

/// Whether tasks after a failed one still run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PipelineFailMode)]
pub enum FailModeWord {
    /// They do not.
    Stop,
    /// They do.
    Continue,
}

impl From<ConfigModeWord> for ConfigMode {
    fn from(word: ConfigModeWord) -> Self {
        match word {
            ConfigModeWord::Ui => Self::Ui,
            ConfigModeWord::Template => Self::Template,
        }
    }
}

impl From<ConfigMode> for ConfigModeWord {
    fn from(mode: ConfigMode) -> Self {
        match mode {
            ConfigMode::Ui => Self::Ui,
            ConfigMode::Template => Self::Template,
        }
    }
}

impl From<FailModeWord> for FailurePolicy {
    fn from(word: FailModeWord) -> Self {
        match word {
            FailModeWord::Stop => Self::Stop,
            FailModeWord::Continue => Self::Continue,
        }
    }
}

impl From<FailurePolicy> for FailModeWord {
    fn from(mode: FailurePolicy) -> Self {
        match mode {
            FailurePolicy::Stop => Self::Stop,
            FailurePolicy::Continue => Self::Continue,
        }
    }
}

/// A template source.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PipelineSource)]
pub(crate) struct SourceBody {
    /// Where the package lies.
    #[serde(rename = "template_source")]
    _template_source: TemplateSourceBody,
    /// Values for the package's variables.
    #[serde(default, rename = "input_values")]
    _input_values: Option<BTreeMap<String, String>>,
}

/// Where a package lies.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PipelineTemplateSource)]
struct TemplateSourceBody {
    /// `devcloud`, `obs` or `http`.
    #[serde(rename = "storage")]
    _storage: StorageWord,
    /// Its address.
    #[serde(rename = "url")]
    _url: String,
    /// For `http` with basic authentication.
    #[serde(default, rename = "http_username")]
    _http_username: Option<String>,
    /// For `http` with basic authentication.
    #[serde(default, rename = "http_password")]
    _http_password: Option<String>,
    /// For `http` with authentication by header.
    #[serde(rename = "http_headers")]
    _http_headers: Option<Vec<HeaderBody>>,
}

/// A release repository, an object store, or any address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PipelineSourceStorage)]
enum StorageWord {
    Devcloud,
    Obs,
    Http,
}

/// A header that a request for a package has.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PipelineSourceHeader)]
struct HeaderBody {
    #[serde(rename = "key")]
    _key: String,
    #[serde(rename = "value")]
    _value: String,
}

/// A stage (its shape is inferred from the sibling API). Further keys are answered as they came.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PipelineStage)]
pub(crate) struct StageBody {
    /// Unique in the pipeline.
    #[schema(min_length = 1)]
    name: String,
    /// The name that people see.
    #[serde(default, rename = "display_name")]
    _display_name: Option<String>,
    /// Free text.
    #[serde(default, rename = "description")]
    _description: Option<String>,
    /// Only carried: the order of the array counts.
    #[serde(default, rename = "order_index")]
    _order_index: Option<i64>,
    /// Anything but absent, null or 0 puts an approval before the stage, answered under its name.
    #[serde(default)]
    #[schema(value_type = RawJson, required = false)]
    approval_type: Option<RawJson>,
    /// The tasks; may be empty.
    tasks: Vec<TaskBody>,
}

/// A task (its shape is inferred from the sibling API). Further keys are answered as they came.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PipelineTask)]
pub(crate) struct TaskBody {
    /// Unique in the stage.
    #[schema(min_length = 1)]
    name: String,
    /// The name that people see.
    #[serde(default)]
    display_name: Option<String>,
    /// Only carried: the order of the array counts.
    #[serde(default)]
    order_index: Option<i64>,
    /// Tasks of one group run in sequence, groups at once. Those without form one group.
    #[serde(default)]
    task_group: Option<String>,
    /// Category `approval`: the task waits for an approval.
    task_type_id: Option<TaskTypeBody>,
    /// Only carried.
    #[serde(default, rename = "input")]
    #[schema(value_type = RawJson, required = false)]
    _input: Option<RawJson>,
    /// Only carried.
    #[serde(default, rename = "output")]
    #[schema(value_type = RawJson, required = false)]
    _output: Option<RawJson>,
}

/// What kind of task it is.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PipelineTaskType)]
struct TaskTypeBody {
    #[serde(default)]
    category: Option<String>,
    #[serde(default, rename = "owner")]
    _owner: Option<String>,
    #[serde(default, rename = "provider")]
    _provider: Option<String>,
}

impl PipelineBody {
    /// Checks the body. Errors: 400 with the JSON path.
    pub(crate) fn definition(self) -> Result<Definition, ValidationError> {
        check_name(&self.name)?;
        if self.model_version != 2 {
            return Err(ValidationError::new("model_version", "only 2 is supported"));
        }
        let stages = self
            .stages
            .as_ref()
            .map(|stages| read_stages(stages).map_err(|error| error.nested_in("stages")))
            .transpose()?;
        let n_sources = self
            .sources
            .as_ref()
            .map(|sources| count_sources(sources).map_err(|error| error.nested_in("sources")))
            .transpose()?;
        let missing = |field: &str, mode| {
            ValidationError::new(
                field,
                format!("must not be absent or empty with config_mode {mode}"),
            )
        };
        match self.config_mode {
            ConfigModeWord::Ui if stages.as_ref().is_none_or(|stages| stages.is_empty()) => {
                return Err(missing("stages", "ui"));
            }
            ConfigModeWord::Template if n_sources.is_none_or(|n| n == 0) => {
                return Err(missing("sources", "template"));
            }
            ConfigModeWord::Ui | ConfigModeWord::Template => {}
        }
        Ok(Definition {
            name: self.name,
            description: self.description.unwrap_or_default(),
            config_mode: self.config_mode.into(),
            enterprise_project: self
                .enterprise_project_id
                .filter(|id| !id.is_empty())
                .unwrap_or_else(|| "0".to_owned()),
            fail: self.fail_mode.map_or(FailurePolicy::Stop, Into::into),
            sources: self.sources.unwrap_or_else(RawJson::empty_list),
            declared_stages: self.stages.unwrap_or_else(RawJson::empty_list),
            stages: stages.unwrap_or_default(),
        })
    }
}

/// Reads what is understood of the stages. Paths count from the list.
pub(crate) fn read_stages(stages: &RawJson) -> Result<Stages, ValidationError> {
    let bodies: Vec<StageBody> = stages.read()?;
    let mut names = HashSet::default();
    for (n, body) in bodies.iter().enumerate() {
        check_step_name(&body.name, &mut names)
            .map_err(|error| error.nested_in(format_args!("[{n}]")))?;
        let mut task_names = HashSet::default();
        for (k, task) in body.tasks.iter().enumerate() {
            check_step_name(&task.name, &mut task_names)
                .map_err(|error| error.nested_in(format_args!("[{n}].tasks[{k}]")))?;
        }
    }
    Ok(bodies.into_iter().map(StageBody::stage).collect())
}

impl StageBody {
    fn stage(self) -> Stage {
        Stage {
            name: self.name,
            gated: self
                .approval_type
                .is_some_and(|approval| !matches!(approval.text(), "0" | "null")),
            tasks: self.tasks.into_iter().map(TaskBody::task).collect(),
        }
    }
}

impl TaskBody {
    fn task(self) -> Task {
        let category = self.task_type_id.and_then(|kind| kind.category);
        Task {
            display_name: self.display_name.unwrap_or_else(|| self.name.clone()),
            name: self.name,
            order_index: self.order_index.unwrap_or(0),
            group: self.task_group,
            approval: category.as_deref() == Some("approval"),
        }
    }
}

fn check_step_name<'a>(name: &'a str, seen: &mut HashSet<&'a str>) -> Result<(), ValidationError> {
    if name.is_empty() {
        return Err(ValidationError::new("name", "must not be empty"));
    }
    if !seen.insert(name) {
        return Err(ValidationError::new(
            "name",
            format!("{name} is there already"),
        ));
    }
    Ok(())
}

/// Checks template sources and counts them. Paths count from the list.
pub(crate) fn count_sources(sources: &RawJson) -> Result<usize, ValidationError> {
    let sources: Vec<SourceBody> = sources.read()?;
    Ok(sources.len())
}

//! Requests as they come, and how they become what the emulator understands.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::declaration::{Selected, Stage, Stages, Task, Unknown};
use super::pipeline::{Action, ConfigMode, Definition, Refused};
use super::schedule::{BadHook, Hook, Policy};
use super::status::Status;
use crate::api::servicestage::Error;
use crate::api::servicestage::names::check_name;
use crate::http::json::{Objects, Verbatim, read_part};
use crate::sim::Ms;
use crate::sim::lifecycle::FailMode;

/// The body of a creation and of an edit.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PipelineBody {
    /// 2 to 64 letters, digits, `-` and `_`; first a letter, last a letter or digit. Unique in the project
    /// and enterprise project.
    pub(super) name: String,
    /// Free text; absent: `""`.
    #[serde(default)]
    pub(super) description: Option<String>,
    /// Only 2 is supported.
    #[schema(minimum = 2, maximum = 2)]
    pub(super) model_version: i64,
    /// `ui` or `template`.
    pub(super) config_mode: ConfigModeWord,
    /// Template sources; required for `template`. Answered as they came.
    #[serde(default)]
    #[schema(value_type = Option<Vec<SourceBody>>)]
    pub(super) sources: Option<Verbatim>,
    /// The stages; required for `ui`. Answered as they came. With `template` they tell the emulator what is
    /// in the package, which it cannot read (inferred).
    #[serde(default)]
    #[schema(value_type = Option<Vec<StageBody>>)]
    pub(super) stages: Option<Verbatim>,
    /// The enterprise project; absent: `0`, the default one.
    #[serde(default)]
    pub(super) enterprise_project_id: Option<String>,
    /// `stop` (default) or `continue` (inferred: returned by the detail, not in the table of the body).
    #[serde(default)]
    pub(super) fail_mode: Option<FailModeWord>,
}

/// Where the stages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConfigModeWord {
    /// The body.
    Ui,
    /// A package.
    Template,
}

/// Whether tasks after a failed one still run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
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

impl From<FailModeWord> for FailMode {
    fn from(word: FailModeWord) -> Self {
        match word {
            FailModeWord::Stop => Self::Stop,
            FailModeWord::Continue => Self::Continue,
        }
    }
}

impl From<FailMode> for FailModeWord {
    fn from(mode: FailMode) -> Self {
        match mode {
            FailMode::Stop => Self::Stop,
            FailMode::Continue => Self::Continue,
        }
    }
}

/// A template source.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SourceBody {
    /// Where the package lies.
    #[serde(
        deserialize_with = "crate::http::json::object",
        rename = "template_source"
    )]
    _template_source: TemplateSourceBody,
    /// Values for the package's variables.
    #[serde(default, rename = "input_values")]
    _input_values: Option<BTreeMap<String, String>>,
}

/// Where a package lies.
#[derive(Debug, Deserialize, ToSchema)]
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
    #[serde(
        default,
        rename = "http_headers",
        deserialize_with = "crate::http::json::some_objects"
    )]
    _http_headers: Option<Vec<HeaderBody>>,
}

/// A release repository, an object store, or any address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum StorageWord {
    Devcloud,
    Obs,
    Http,
}

#[derive(Debug, Deserialize, ToSchema)]
struct HeaderBody {
    #[serde(rename = "key")]
    _key: String,
    #[serde(rename = "value")]
    _value: String,
}

/// A stage (its shape is inferred from the sibling API). Further keys are answered as they came.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct StageBody {
    /// Unique in the pipeline.
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
    #[schema(value_type = Option<i64>)]
    approval_type: Option<Verbatim>,
    /// The tasks; may be empty.
    #[serde(deserialize_with = "crate::http::json::objects")]
    tasks: Vec<TaskBody>,
}

/// A task (its shape is inferred from the sibling API). Further keys are answered as they came.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct TaskBody {
    /// Unique in the stage.
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
    #[serde(default, deserialize_with = "crate::http::json::some_object")]
    task_type_id: Option<TaskTypeBody>,
    /// Only carried.
    #[serde(default, rename = "input")]
    #[schema(value_type = Object)]
    _input: Option<Verbatim>,
    /// Only carried.
    #[serde(default, rename = "output")]
    #[schema(value_type = Object)]
    _output: Option<Verbatim>,
}

/// What kind of task it is.
#[derive(Debug, Deserialize, ToSchema)]
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
    pub(super) fn definition(self) -> Result<Definition, Error> {
        check_name(&self.name)?;
        if self.model_version != 2 {
            return Err(Error::at("model_version", "only 2 is supported"));
        }
        let stages = self
            .stages
            .as_ref()
            .map(|stages| read_stages(stages, "stages"))
            .transpose()?;
        let n_sources = self
            .sources
            .as_ref()
            .map(|sources| count_sources(sources, "sources"))
            .transpose()?;
        let missing = |field, mode| {
            Error::at(
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
            enterprise_project: self.enterprise_project_id.unwrap_or_else(|| "0".to_owned()),
            fail: self.fail_mode.map_or(FailMode::Stop, Into::into),
            sources: self.sources.unwrap_or_else(Verbatim::empty_list),
            declared_stages: self.stages.unwrap_or_else(Verbatim::empty_list),
            stages: stages.unwrap_or_default(),
        })
    }
}

/// Reads what is understood of the stages; `place` is their path.
pub(super) fn read_stages(stages: &Verbatim, place: &str) -> Result<Stages, Error> {
    let Objects::<StageBody>(bodies) = read_part(stages, place).map_err(Error::ParameterInvalid)?;
    let mut names = HashSet::new();
    let mut read = Vec::with_capacity(bodies.len());
    for (n, body) in bodies.into_iter().enumerate() {
        check_step_name(&body.name, &mut names, format_args!("{place}[{n}].name"))?;
        let mut task_names = HashSet::new();
        for (k, task) in body.tasks.iter().enumerate() {
            check_step_name(
                &task.name,
                &mut task_names,
                format_args!("{place}[{n}].tasks[{k}].name"),
            )?;
        }
        let tasks = body.tasks.into_iter().map(|task| Task {
            display_name: task.display_name.unwrap_or_else(|| task.name.clone()),
            name: task.name,
            order_index: task.order_index.unwrap_or(0),
            group: task.task_group,
            approval: task
                .task_type_id
                .is_some_and(|kind| kind.category.as_deref() == Some("approval")),
        });
        read.push(Stage {
            name: body.name,
            gated: body
                .approval_type
                .is_some_and(|approval| !matches!(approval.text(), "0" | "null")),
            tasks: tasks.collect(),
        });
    }
    Ok(read.into())
}

fn check_step_name(
    name: &str,
    seen: &mut HashSet<String>,
    place: std::fmt::Arguments,
) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::at(place, "must not be empty"));
    }
    if !seen.insert(name.to_owned()) {
        return Err(Error::at(place, format!("{name} is there already")));
    }
    Ok(())
}

/// Checks template sources and counts them; `place` is their path.
pub(super) fn count_sources(sources: &Verbatim, place: &str) -> Result<usize, Error> {
    let Objects::<SourceBody>(sources) =
        read_part(sources, place).map_err(Error::ParameterInvalid)?;
    Ok(sources.len())
}

/// The query of an action.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ActionQuery {
    /// `start`, `stop`, `continue`, `retry`, `approval` or `rollback`.
    #[param(required, value_type = String)]
    action_id: Option<String>,
}

/// The body of an action; every field is optional.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct ActionBody {
    /// For `start`: the tasks to run. Absent or null: all. Not empty.
    #[serde(default, deserialize_with = "crate::http::json::some_objects")]
    selected_tasks: Option<Vec<SelectedBody>>,
    /// For `approval`, required: the task that waits, or the stage whose gate does.
    #[serde(default)]
    task_name: Option<String>,
    /// For `approval`, required: `agree` or `refuse`.
    #[serde(default)]
    approval_type: Option<ApprovalWord>,
    /// For `approval`: free text, which nothing shows.
    #[serde(default, rename = "message")]
    _message: Option<String>,
}

/// A stage and tasks of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct SelectedBody {
    /// The stage's name.
    pub stage_name: String,
    /// The names of its tasks.
    pub tasks: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ApprovalWord {
    Agree,
    Refuse,
}

impl ActionBody {
    /// Checks query and body together. Errors: 400 with the parameter's name.
    pub(super) fn action(self, query: &ActionQuery) -> Result<Action, Error> {
        match query.action_id.as_deref() {
            Some("start") => Ok(Action::Start(self.selected_tasks.map(select))),
            Some("stop") => Ok(Action::Stop),
            Some("continue") => Ok(Action::Continue),
            Some("retry") => Ok(Action::Retry),
            Some("rollback") => Ok(Action::Rollback),
            Some("approval") => {
                let required =
                    |field| Error::at(field, "must not be absent with action_id approval");
                let task = self
                    .task_name
                    .filter(|task| !task.is_empty())
                    .ok_or_else(|| required("task_name"))?;
                let agree = self
                    .approval_type
                    .ok_or_else(|| required("approval_type"))?
                    == ApprovalWord::Agree;
                Ok(Action::Approval { task, agree })
            }
            Some(other) => Err(Error::at(
                "action_id",
                format!("{other} is none of start, stop, continue, retry, approval, rollback"),
            )),
            None => Err(Error::at("action_id", "must not be absent")),
        }
    }
}

fn select(selected: Vec<SelectedBody>) -> Vec<Selected> {
    let entry = |entry: SelectedBody| Selected {
        stage: entry.stage_name,
        tasks: entry.tasks,
    };
    selected.into_iter().map(entry).collect()
}

/// A trigger policy, as it is given and as it is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(super) struct PolicyBody {
    /// 0: by hand; 1: scheduled.
    #[schema(minimum = 0, maximum = 1)]
    pub strategy_type: i64,
    /// When; required and not empty for 1.
    #[serde(default, deserialize_with = "crate::http::json::objects_or_null")]
    pub hooks: Vec<HookBody>,
    /// What is started. Absent or null: all tasks. Answered only if it was given.
    #[serde(
        default,
        deserialize_with = "crate::http::json::some_objects",
        skip_serializing_if = "Option::is_none"
    )]
    pub selected_tasks: Option<Vec<SelectedBody>>,
}

/// When a pipeline is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct HookBody {
    /// A cron line of six or seven fields, as Quartz writes them.
    pub schedule: String,
    /// `+` (default): east of UTC; `-`: west.
    #[serde(default)]
    pub timezone_operator: SignWord,
    /// How many hours from UTC, 0 (default) to 14.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 14)]
    pub timezone_hour: i32,
}

/// East or west.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) enum SignWord {
    /// East.
    #[default]
    #[serde(rename = "+")]
    East,
    /// West.
    #[serde(rename = "-")]
    West,
}

impl PolicyBody {
    /// Checks the policy, which takes effect at `now`. Errors: 400 with the JSON path.
    pub(super) fn policy(self, now: Ms) -> Result<Policy, Error> {
        let scheduled = match self.strategy_type {
            0 => false,
            1 => true,
            other => {
                return Err(Error::at(
                    "strategy_type",
                    format!("{other} is neither 0 nor 1"),
                ));
            }
        };
        let mut hooks = Vec::new();
        for (n, hook) in self.hooks.into_iter().enumerate() {
            let east = hook.timezone_operator == SignWord::East;
            hooks.push(Hook::new(&hook.schedule, east, hook.timezone_hour).map_err(
                |bad| match bad {
                    BadHook::Schedule(why) => Error::at(format_args!("hooks[{n}].schedule"), why),
                    BadHook::Zone => Error::at(
                        format_args!("hooks[{n}].timezone_hour"),
                        "must be from 0 to 14",
                    ),
                },
            )?);
        }
        if scheduled && hooks.is_empty() {
            return Err(Error::at(
                "hooks",
                "must not be absent or empty with strategy_type 1",
            ));
        }
        Ok(Policy::new(
            scheduled,
            hooks,
            self.selected_tasks.map(select),
            now,
        ))
    }

    /// Writes a policy down; without one it is by hand.
    pub(super) fn of(policy: Option<&Policy>) -> Self {
        let hook = |hook: &Hook| HookBody {
            schedule: hook.schedule.clone(),
            timezone_operator: if hook.east {
                SignWord::East
            } else {
                SignWord::West
            },
            timezone_hour: hook.hours,
        };
        let entry = |entry: &Selected| SelectedBody {
            stage_name: entry.stage.clone(),
            tasks: entry.tasks.clone(),
        };
        let selected = policy.and_then(|policy| policy.selected.as_ref());
        Self {
            strategy_type: policy.map_or(0, |policy| i64::from(policy.scheduled)),
            hooks: policy
                .into_iter()
                .flat_map(|policy| &policy.hooks)
                .map(hook)
                .collect(),
            selected_tasks: selected.map(|selected| selected.iter().map(entry).collect()),
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Status {
                action,
                status,
                allowed,
            } => Self::at("action_id", not_allowed(action, status, allowed)),
            Refused::Edit { status, allowed } => {
                Self::ParameterInvalid(not_allowed("edit", status, allowed))
            }
            Refused::NothingSelected => Self::at("selected_tasks", "must not be empty"),
            Refused::Unknown(Unknown::Stage(n)) => Self::at(
                format_args!("selected_tasks[{n}].stage_name"),
                "there is no such stage",
            ),
            Refused::Unknown(Unknown::Task(n, k)) => Self::at(
                format_args!("selected_tasks[{n}].tasks[{k}]"),
                "the stage has no such task",
            ),
            Refused::NoGate(task) => {
                Self::at("task_name", format!("no approval waits under {task}"))
            }
        }
    }
}

fn not_allowed(what: &str, status: Status, allowed: &[Status]) -> String {
    let allowed: Vec<String> = allowed
        .iter()
        .map(|status| status.code().to_string())
        .collect();
    let (status, allowed) = (status.code(), allowed.join(", "));
    format!("{what} is not allowed in status {status}, only in {allowed}")
}

//! Pipelines in the fixture format: a row of the list or a whole detail, with the history beside it.

use serde::{Deserialize, Deserializer, Serialize};

use super::model::execution::{Attempt, Execution, Purpose, Trigger};
use super::model::pipeline::{ConfigMode, Definition, ImportedStatus, Pipeline};
use super::model::stages::{Stage, Stages};
use super::model::status::Status;
use super::table::Table;
use super::wire::{ConfigModeWord, FailModeWord, PolicyBody, count_sources, read_stages};
use crate::families::servicestage::names::{check_name, name_after};
use crate::http::json::{RawJson, path_string};
use crate::sim::Millis;
use crate::sim::lifecycle::FailurePolicy;
use crate::sim::transition::ChangeContext;
use crate::world::fixture::ValidationError;
use crate::world::run_fixture::RunState;

/// A pipeline: the keys of a row and of a detail, all optional but the id. A given status stays until a
/// command acts, unless `emulator` tells the history.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Item {
    /// The id.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    create_time: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_time: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config_mode: Option<ConfigModeWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_trigger_at: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enterprise_project_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enterprise_project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extend_info: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_mode: Option<FailModeWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pipeline_declaration: Option<DeclarationState>,
    /// The trigger policy, as documented.
    #[serde(
        deserialize_with = "known_policy",
        skip_serializing_if = "Option::is_none"
    )]
    hooks: Option<PolicyBody>,
    /// The history.
    #[serde(skip_serializing_if = "Option::is_none")]
    emulator: Option<History>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DeclarationState {
    #[serde(skip_serializing_if = "Option::is_none")]
    sources: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stages: Option<RawJson>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct History {
    /// How many executions there were, kept or not.
    executed: u64,
    /// The newest of them, oldest first.
    executions: Vec<ExecutionState>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExecutionState {
    id: i64,
    version: i64,
    trigger: String,
    /// 0: by hand; 1: scheduled.
    trigger_type: u8,
    trigger_at: Millis,
    /// The stages at the start, if the pipeline's are others by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stages: Option<Vec<Stage>>,
    attempts: Vec<AttemptState>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttemptState {
    purpose: Purpose,
    run: RunState,
}

impl Table {
    /// Adds a pipeline from the fixture format.
    pub fn load(
        &mut self,
        project: &str,
        item: Item,
        change_context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        if item.id.is_empty() {
            return Err(ValidationError::new("id", "an id"));
        }
        if self.contains(&item.id) {
            return Err(ValidationError::new(
                "id",
                format!("an id that is not there already; {} is", item.id),
            ));
        }
        let pipeline = item.pipeline(project, change_context.now)?;
        self.check_name(project, &pipeline.definition, None)
            .map_err(|_| {
                ValidationError::new("name", "a name that is not taken in the enterprise project")
            })?;
        self.insert(pipeline, change_context);
        Ok(())
    }

    /// The pipelines of a project in the fixture format, oldest first.
    pub fn save(&self, project: &str, now: Millis) -> Vec<Item> {
        self.of(project)
            .map(|entry| Item::of(&entry.item, now))
            .collect()
    }
}

impl Item {
    fn pipeline(self, project: &str, now: Millis) -> Result<Pipeline, ValidationError> {
        let declaration = self.pipeline_declaration.unwrap_or_default();
        let stages = match &declaration.stages {
            Some(stages) => read_stages(stages)
                .map_err(|error| error.nested_in("pipeline_declaration.stages"))?,
            None => Stages::default(),
        };
        if let Some(sources) = &declaration.sources {
            count_sources(sources)
                .map_err(|error| error.nested_in("pipeline_declaration.sources"))?;
        }
        if self.model_version.is_some_and(|version| version != 2) {
            return Err(ValidationError::new("model_version", "2"));
        }
        let name = self.name.unwrap_or_else(|| name_after(&self.id));
        check_name(&name)?;
        let status = match self.status.map(|code| (code, Status::of(code))) {
            None => Status::Initialised,
            Some((_, Some(status))) if status != Status::Skipped => status,
            Some((code, _)) => {
                return Err(ValidationError::new(
                    "status",
                    format!("1 to 5, 7, or 10 to 14, not {code}"),
                ));
            }
        };
        let definition = Definition {
            name,
            description: self.description.unwrap_or_default(),
            config_mode: self.config_mode.map_or(ConfigMode::Ui, Into::into),
            enterprise_project: self.enterprise_project_id.unwrap_or_else(|| "0".to_owned()),
            fail: self.fail_mode.map_or(FailurePolicy::Stop, Into::into),
            sources: declaration.sources.unwrap_or_else(RawJson::empty_list),
            declared_stages: declaration.stages.unwrap_or_else(RawJson::empty_list),
            stages,
        };
        let created = self.create_time.unwrap_or(now);
        let creator = self
            .creator
            .as_deref()
            .unwrap_or(crate::world::identities::UNKNOWN_CALLER);
        let mut pipeline = Pipeline::new(project, &self.id, creator, definition, created);
        pipeline.version = self.version.unwrap_or(1);
        pipeline.updated = self.update_time.unwrap_or(created);
        pipeline.enterprise_project_name = self.enterprise_project;
        if let Some(hooks) = self.hooks {
            let policy = hooks
                .policy(now)
                .map_err(|error| error.nested_in("hooks"))?;
            pipeline.policy = Some(policy);
        }
        if let Some(history) = self.emulator {
            history
                .restore(&mut pipeline, now)
                .map_err(|error| error.nested_in("emulator"))?;
        } else {
            let last_trigger_at = self.last_trigger_at.unwrap_or(0);
            pipeline.imported = Some(ImportedStatus {
                status,
                last_trigger_at,
                extend_info: self.extend_info,
            });
        }
        Ok(pipeline)
    }

    fn of(pipeline: &Pipeline, now: Millis) -> Self {
        let definition = &pipeline.definition;
        let imported = pipeline.imported.as_ref();
        Self {
            id: pipeline.id.clone(),
            name: Some(definition.name.clone()),
            description: Some(definition.description.clone()),
            create_time: Some(pipeline.created),
            update_time: Some(pipeline.updated),
            version: Some(pipeline.version),
            config_mode: Some(definition.config_mode.into()),
            creator: Some(pipeline.creator.clone()),
            model_version: Some(2),
            status: Some(pipeline.status(now).code()),
            last_trigger_at: Some(pipeline.last_trigger_at()),
            enterprise_project_id: Some(definition.enterprise_project.clone()),
            enterprise_project: pipeline.enterprise_project_name.clone(),
            extend_info: imported.and_then(|imported| imported.extend_info.clone()),
            fail_mode: Some(definition.fail.into()),
            pipeline_declaration: Some(DeclarationState {
                sources: Some(definition.sources.clone()),
                stages: Some(definition.declared_stages.clone()),
            }),
            hooks: pipeline
                .policy
                .as_ref()
                .map(|policy| PolicyBody::of(Some(policy))),
            emulator: imported.is_none().then(|| History::of(pipeline)),
        }
    }
}

/// Reads a policy in which, unlike in a request, an unknown key is refused.
fn known_policy<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<PolicyBody>, D::Error> {
    let mut unknown = None;
    let mut hear =
        |path: serde_ignored::Path| unknown = unknown.take().or_else(|| Some(path_string(&path)));
    let policy = Option::deserialize(serde_ignored::Deserializer::new(deserializer, &mut hear))?;
    match unknown {
        None => Ok(policy),
        Some(path) => Err(serde::de::Error::custom(format_args!(
            "unknown field `{path}`"
        ))),
    }
}

impl History {
    fn of(pipeline: &Pipeline) -> Self {
        let current = &pipeline.definition.stages;
        let executions = pipeline.executions.iter().map(|execution| ExecutionState {
            id: execution.id,
            version: execution.version,
            trigger: execution.executor.clone(),
            trigger_type: u8::from(execution.trigger == Trigger::Scheduled),
            trigger_at: execution.triggered,
            stages: (execution.stages != *current).then(|| execution.stages.to_vec()),
            attempts: execution.attempts.iter().map(AttemptState::of).collect(),
        });
        Self {
            executed: pipeline.executed,
            executions: executions.collect(),
        }
    }

    fn restore(self, pipeline: &mut Pipeline, now: Millis) -> Result<(), ValidationError> {
        let mut newest = i64::MIN;
        for (n, state) in self.executions.into_iter().enumerate() {
            let place = format!("executions[{n}]");
            if state.id <= newest {
                return Err(ValidationError::new(
                    place,
                    "a larger id than the one before",
                ));
            }
            newest = state.id;
            let current = &pipeline.definition.stages;
            let execution = state
                .restore(current, now)
                .map_err(|error| error.nested_in(place))?;
            pipeline.executions.push_back(execution);
        }
        let kept = pipeline.executions.len() as u64;
        if self.executed < kept {
            return Err(ValidationError::new(
                "executed",
                format!("at least {kept}, the executions that follow"),
            ));
        }
        pipeline.executed = self.executed;
        Ok(())
    }
}

impl ExecutionState {
    fn restore(self, current: &Stages, now: Millis) -> Result<Execution, ValidationError> {
        let stages: Stages = match self.stages {
            Some(stages) => stages.into_iter().collect(),
            None => current.clone(),
        };
        let trigger = match self.trigger_type {
            0 => Trigger::Manual,
            1 => Trigger::Scheduled,
            _ => return Err(ValidationError::new("trigger_type", "0 or 1")),
        };
        let mut attempts: Vec<Attempt> = Vec::new();
        for (n, AttemptState { purpose, run }) in self.attempts.into_iter().enumerate() {
            let place = format!("attempts[{n}].run");
            let run = run.restore(now).map_err(|error| error.nested_in(place))?;
            let n_steps = match purpose {
                Purpose::Release => stages.n_steps(),
                Purpose::Rollback => 1,
            };
            if run.plan().steps.len() != n_steps {
                return Err(ValidationError::new(
                    format!("attempts[{n}].run.does"),
                    format!("{n_steps} steps"),
                ));
            }
            attempts.push(Attempt { purpose, run });
        }
        if attempts
            .first()
            .is_none_or(|first| first.purpose != Purpose::Release)
        {
            return Err(ValidationError::new("attempts", "a release first"));
        }
        Ok(Execution {
            id: self.id,
            version: self.version,
            executor: self.trigger,
            trigger,
            triggered: self.trigger_at,
            stages,
            attempts,
        })
    }
}

impl AttemptState {
    fn of(attempt: &Attempt) -> Self {
        Self {
            purpose: attempt.purpose,
            run: RunState::from(&attempt.run),
        }
    }
}

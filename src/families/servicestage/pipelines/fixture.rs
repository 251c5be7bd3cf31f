//! Pipelines in the fixture format: the keys of a row and of a detail, with the history beside them.

use serde::{Deserialize, Deserializer, Serialize};
use strum::VariantArray;

use super::model::definition::{ConfigMode, Definition, FailMode};
use super::model::execution::{Attempt, Execution, Purpose, Trigger};
use super::model::pipeline::{ImportedStatus, Pipeline};
use super::model::stages::{Stage, Stages};
use super::model::status::PipelineStatus;
use super::model::trigger_policy::{PolicySpec, TriggerPolicy};
use super::wire::definition::{count_sources, read_stages};
use super::wire::spelling::respelt_stages;
use crate::families::servicestage::names::{check_name, name_after};
use crate::http::json::{RawJson, default_if_null, either};
use crate::sim::Millis;
use crate::sim::lifecycle::RunRecord;
use crate::world::fixture::ValidationError;
use crate::world::identities::UNKNOWN_CALLER;
use crate::world::run_fixture::restore_run;

/// A pipeline. Only the id is required. A given status holds until the next command, unless `emulator` has the history.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PipelineFixture {
    pub id: String,
    name: Option<String>,
    description: Option<String>,
    create_time: Option<Millis>,
    update_time: Option<Millis>,
    version: Option<i64>,
    config_mode: Option<ConfigMode>,
    creator: Option<String>,
    model_version: Option<i64>,
    #[serde(deserialize_with = "read_status")]
    status: Option<u8>,
    last_trigger_at: Option<Millis>,
    enterprise_project_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enterprise_project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extend_info: Option<RawJson>,
    fail_mode: Option<FailMode>,
    #[serde(deserialize_with = "default_if_null")]
    pipeline_declaration: DeclarationFixture,
    #[serde(skip_serializing_if = "Option::is_none")]
    hooks: Option<PolicySpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emulator: Option<HistoryFixture>,
}

/// The codes of pipelines with their meanings, as the end of an error.
fn status_codes() -> String {
    let statuses = PipelineStatus::VARIANTS.iter();
    let words: Vec<String> = statuses
        .filter(|status| **status != PipelineStatus::Skipped)
        .map(|status| format!("{} ({})", status.code(), status.meaning()))
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    format!("must be a status code: {}", either(&words))
}

/// Reads a code. A value of another type is answered with the codes, since a word is the usual mistake.
fn read_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    match Option::<serde_json::Value>::deserialize(deserializer)? {
        None => Ok(None),
        Some(value) => {
            let text = serde_json::to_string(&value).unwrap_or_default();
            let code = text
                .parse()
                .map_err(|_| serde::de::Error::custom(format!("{}, not {text}", status_codes())))?;
            Ok(Some(code))
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DeclarationFixture {
    sources: Option<RawJson>,
    stages: Option<RawJson>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HistoryFixture {
    /// The number of all executions.
    executed: u64,
    /// The newest executions, oldest first.
    executions: Vec<ExecutionFixture>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExecutionFixture {
    id: i64,
    version: i64,
    trigger: String,
    /// 0: manual; 1: scheduled.
    trigger_type: u8,
    trigger_at: Millis,
    /// The stages at the start, if the pipeline has been edited since.
    #[serde(skip_serializing_if = "Option::is_none")]
    stages: Option<Vec<Stage>>,
    attempts: Vec<Attempt<RunRecord>>,
}

impl PipelineFixture {
    pub fn pipeline(self, project: &str, now: Millis) -> Result<Pipeline, ValidationError> {
        if self.id.is_empty() {
            return Err(ValidationError::new("id", "is required"));
        }
        let DeclarationFixture { sources, stages } = self.pipeline_declaration;
        let in_declaration = |error: ValidationError| error.nested_in("pipeline_declaration");
        let stages = stages.map(respelt_stages);
        let read = stages.as_ref().map(read_stages).transpose();
        let read = read.map_err(in_declaration)?;
        if let Some(sources) = &sources {
            count_sources(sources).map_err(in_declaration)?;
        }
        if self.model_version.is_some_and(|version| version != 2) {
            return Err(ValidationError::new("model_version", "must be 2"));
        }
        let version = self.version.unwrap_or(1);
        let name = self.name.unwrap_or_else(|| name_after(&self.id));
        check_name(&name)?;
        let code = self.status.unwrap_or(PipelineStatus::Initialised.code());
        let status = PipelineStatus::from_repr(code)
            .filter(|status| *status != PipelineStatus::Skipped)
            .ok_or_else(|| {
                ValidationError::new("status", format!("{}, not {code}", status_codes()))
            })?;
        let definition = Definition {
            name,
            description: self.description.unwrap_or_default(),
            config_mode: self.config_mode.unwrap_or_default(),
            enterprise_project: self.enterprise_project_id.unwrap_or_else(|| "0".to_owned()),
            fail_mode: self.fail_mode.unwrap_or_default(),
            sources: sources.unwrap_or_else(RawJson::empty_list),
            declared_stages: stages.unwrap_or_else(RawJson::empty_list),
            stages: read.unwrap_or_default(),
        };
        let created = self.create_time.unwrap_or(now);
        let creator = self.creator.as_deref().unwrap_or(UNKNOWN_CALLER);
        let mut pipeline = Pipeline::new(project, &self.id, creator, definition, created);
        pipeline.version = version;
        pipeline.updated = self.update_time.unwrap_or(created);
        pipeline.enterprise_project_name = self.enterprise_project;
        if let Some(hooks) = self.hooks {
            let policy = TriggerPolicy::new(hooks, now);
            pipeline.policy = Some(policy.map_err(|error| error.nested_in("hooks"))?);
        }
        if let Some(history) = self.emulator {
            let restored = history.restore(&mut pipeline, now);
            restored.map_err(|error| error.nested_in("emulator"))?;
        } else {
            pipeline.imported = Some(ImportedStatus {
                status,
                last_trigger_at: self.last_trigger_at.unwrap_or(0),
                extend_info: self.extend_info,
            });
        }
        Ok(pipeline)
    }

    pub fn new(pipeline: &Pipeline, now: Millis) -> Self {
        let definition = &pipeline.definition;
        let imported = pipeline.imported.as_ref();
        Self {
            id: pipeline.id.clone(),
            name: Some(definition.name.clone()),
            description: Some(definition.description.clone()),
            create_time: Some(pipeline.created),
            update_time: Some(pipeline.updated),
            version: Some(pipeline.version),
            config_mode: Some(definition.config_mode),
            creator: Some(pipeline.creator.clone()),
            model_version: Some(2),
            status: Some(pipeline.status(now).code()),
            last_trigger_at: Some(pipeline.last_trigger_at()),
            enterprise_project_id: Some(definition.enterprise_project.clone()),
            enterprise_project: pipeline.enterprise_project_name.clone(),
            extend_info: imported.and_then(|imported| imported.extend_info.clone()),
            fail_mode: Some(definition.fail_mode),
            pipeline_declaration: DeclarationFixture {
                sources: Some(definition.sources.clone()),
                stages: Some(definition.declared_stages.clone()),
            },
            hooks: pipeline.policy.as_ref().map(|policy| policy.spec().clone()),
            emulator: imported.is_none().then(|| HistoryFixture::new(pipeline)),
        }
    }
}

impl HistoryFixture {
    fn new(pipeline: &Pipeline) -> Self {
        let current = &pipeline.definition.stages;
        let executions = pipeline.executions.iter();
        Self {
            executed: pipeline.executed,
            executions: executions
                .map(|execution| ExecutionFixture::new(execution, current))
                .collect(),
        }
    }

    fn restore(self, pipeline: &mut Pipeline, now: Millis) -> Result<(), ValidationError> {
        let mut newest = i64::MIN;
        for (n, fixture) in self.executions.into_iter().enumerate() {
            let path = format!("executions[{n}]");
            // The number of executions stays at its largest value.
            if fixture.id <= newest && [fixture.id, newest] != [i64::MAX; 2] {
                let expected = "must have a larger id than the one before";
                return Err(ValidationError::new(path, expected));
            }
            newest = fixture.id;
            let execution = fixture.restore(&pipeline.definition.stages, now);
            let execution = execution.map_err(|error| error.nested_in(path))?;
            pipeline.executions.push(execution, usize::MAX);
        }
        let n_kept = pipeline.executions.len() as u64;
        if self.executed < n_kept {
            let expected = format!("must be at least {n_kept}, the number of executions listed");
            return Err(ValidationError::new("executed", expected));
        }
        pipeline.executed = self.executed;
        Ok(())
    }
}

impl ExecutionFixture {
    fn new(execution: &Execution, current: &Stages) -> Self {
        let attempts = execution.attempts.iter().map(|attempt| Attempt {
            purpose: attempt.purpose,
            run: attempt.run.record().clone(),
        });
        Self {
            id: execution.id,
            version: execution.version,
            trigger: execution.executor.clone(),
            trigger_type: execution.trigger as u8,
            trigger_at: execution.triggered,
            stages: (execution.stages != *current).then(|| execution.stages.as_slice().to_vec()),
            attempts: attempts.collect(),
        }
    }

    fn restore(self, current: &Stages, now: Millis) -> Result<Execution, ValidationError> {
        let stages = match self.stages {
            Some(stages) => stages.into_iter().collect(),
            None => current.clone(),
        };
        let trigger = Trigger::from_repr(self.trigger_type)
            .ok_or_else(|| ValidationError::new("trigger_type", "must be 0 or 1"))?;
        let mut attempts: Vec<Attempt> = Vec::new();
        for (n, Attempt { purpose, run }) in self.attempts.into_iter().enumerate() {
            let path = format!("attempts[{n}].run");
            let run = restore_run(run, now).map_err(|error| error.nested_in(&path))?;
            let n_steps = match purpose {
                Purpose::Release => stages.n_steps(),
                Purpose::Rollback => 1,
            };
            if run.record().steps.len() != n_steps {
                let expected = format!("must have as many steps as the stages: {n_steps}");
                return Err(ValidationError::new(format!("{path}.does"), expected));
            }
            attempts.push(Attempt { purpose, run });
        }
        match attempts.first() {
            Some(first) if first.purpose == Purpose::Release => {}
            _ => {
                return Err(ValidationError::new(
                    "attempts",
                    "must begin with a release",
                ));
            }
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

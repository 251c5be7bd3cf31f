//! Answers, written straight from what is stored. The order of fields is that of the documented examples.

use serde::Serialize;
use utoipa::ToSchema;

use crate::families::servicestage::pipelines::model::execution::{Execution, Trigger};
use crate::families::servicestage::pipelines::model::pipeline::Pipeline;
use crate::families::servicestage::pipelines::model::stages::{Stage, Step};
use crate::families::servicestage::pipelines::model::status::Status;
use crate::families::servicestage::pipelines::wire::{ConfigModeWord, FailModeWord};
use crate::http::json::RawJson;
use crate::sim::Millis;

/// A row of the list: fourteen keys. Times are milliseconds since the epoch. The table of the page lacks
/// `version`, `enterprise_project` and `extend_info`, which its example has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineRow)]
pub(crate) struct Row<'a> {
    /// A uuid.
    id: &'a str,
    name: &'a str,
    /// `""` if there is none.
    description: &'a str,
    #[schema(value_type = i64)]
    create_time: Millis,
    /// Equal to `create_time` until the first edit.
    #[schema(value_type = i64)]
    update_time: Millis,
    /// 1 after the creation, one more with each edit.
    version: i64,
    config_mode: ConfigModeWord,
    creator: &'a str,
    /// Always 2.
    model_version: u8,
    /// 1 to 14; see `Status`.
    status: u8,
    /// 0 before the first run.
    #[schema(value_type = i64)]
    last_trigger_at: Millis,
    /// `"0"` is the default one.
    enterprise_project_id: &'a str,
    enterprise_project: Option<&'a str>,
    /// Null before the first run.
    #[schema(value_type = Option<Latest>)]
    extend_info: Option<ExtendInfo<'a>>,
}

impl<'a> Row<'a> {
    pub(crate) fn of(pipeline: &'a Pipeline, now: Millis) -> Self {
        let definition = &pipeline.definition;
        Self {
            id: &pipeline.id,
            name: &definition.name,
            description: &definition.description,
            create_time: pipeline.created,
            update_time: pipeline.updated,
            version: pipeline.version,
            config_mode: definition.config_mode.into(),
            creator: &pipeline.creator,
            model_version: 2,
            status: pipeline.status(now).code(),
            last_trigger_at: pipeline.last_trigger_at(),
            enterprise_project_id: &definition.enterprise_project,
            enterprise_project: pipeline.enterprise_project_name.as_deref(),
            extend_info: ExtendInfo::of(pipeline, now),
        }
    }
}

/// What the list shows of the latest run.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ExtendInfo<'a> {
    /// As a fixture gave it.
    Given(&'a RawJson),
    /// As it is.
    Latest(Latest<'a>),
}

/// What the list shows of the latest run (inferred from the sibling API), unless a fixture gave it otherwise.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineLatest)]
struct Latest<'a> {
    /// The latest run.
    latest_pipeline_state: PipelineState<'a>,
}

/// The latest run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineLatestState)]
struct PipelineState<'a> {
    /// The execution's number.
    id: i64,
    pipeline_id: &'a str,
    /// The pipeline's version at the start.
    version: i64,
    status: u8,
    stage_states: Vec<StageState<'a>>,
}

/// What a stage is at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineStageState)]
struct StageState<'a> {
    name: &'a str,
    /// The status of the approval before the stage; 0 if there is none.
    approval_status: u8,
    status: u8,
    task_states: Vec<TaskState<'a>>,
}

/// What a task is at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineTaskState)]
struct TaskState<'a> {
    name: &'a str,
    display_name: &'a str,
    /// 100 once the task is over, else 0.
    progress: u8,
    status: u8,
    order_index: i64,
}

impl<'a> ExtendInfo<'a> {
    fn of(pipeline: &'a Pipeline, now: Millis) -> Option<Self> {
        if let Some(imported) = &pipeline.imported {
            return imported.extend_info.as_ref().map(Self::Given);
        }
        let execution = pipeline.executions.back()?;
        let steps: Vec<_> = execution.steps(now).collect();
        Some(Self::Latest(Latest {
            latest_pipeline_state: PipelineState {
                id: execution.id,
                pipeline_id: &pipeline.id,
                version: execution.version,
                status: execution.status(now).code(),
                stage_states: steps
                    .chunk_by(|(a, _), (b, _)| {
                        a.stage().map(|stage| &stage.name) == b.stage().map(|stage| &stage.name)
                    })
                    .filter_map(|own| Some(StageState::of(own[0].0.stage()?, own)))
                    .collect(),
            },
        }))
    }
}

impl<'a> StageState<'a> {
    /// What a stage is at, by its own steps.
    fn of(stage: &'a Stage, own: &[(Step<'a>, Status)]) -> Self {
        let gate = own.iter().find(|(part, _)| matches!(part, Step::Gate(_)));
        let tasks = own.iter().filter_map(|(part, status)| match part {
            Step::Task(_, task) => Some(TaskState {
                name: &task.name,
                display_name: &task.display_name,
                progress: if matches!(status, Status::Succeeded | Status::Failed) {
                    100
                } else {
                    0
                },
                status: status.code(),
                order_index: task.order_index,
            }),
            Step::Gate(_) | Step::Pass(_) | Step::Opaque => None,
        });
        Self {
            name: &stage.name,
            approval_status: gate.map_or(0, |(_, status)| status.code()),
            status: stage_status(own).code(),
            task_states: tasks.collect(),
        }
    }
}

/// What a stage is at, by what its steps are at: whatever is under way decides, then whatever failed.
fn stage_status(steps: &[(Step, Status)]) -> Status {
    let any = |wanted: Status| steps.iter().any(|(_, status)| *status == wanted);
    for wanted in [
        Status::ToBeApproved,
        Status::Stopping,
        Status::Paused,
        Status::Releasing,
        Status::Failed,
    ] {
        if any(wanted) {
            return wanted;
        }
    }
    match (
        any(Status::Initialised),
        any(Status::Succeeded),
        any(Status::Skipped),
    ) {
        // A retry carries over what was done, and has not come to the rest yet.
        (true, true, _) => Status::Releasing,
        (true, false, _) => Status::Initialised,
        (false, false, true) => Status::Skipped,
        (false, _, _) => Status::Succeeded,
    }
}

/// The detail: the documented keys, then six of the list's (inferred).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pipeline)]
pub(crate) struct Detail<'a> {
    name: &'a str,
    description: &'a str,
    /// Always 2.
    model_version: u8,
    config_mode: ConfigModeWord,
    id: &'a str,
    fail_mode: FailModeWord,
    enterprise_project_id: &'a str,
    pipeline_declaration: Declaration<'a>,
    status: u8,
    version: i64,
    creator: &'a str,
    #[schema(value_type = i64)]
    create_time: Millis,
    #[schema(value_type = i64)]
    update_time: Millis,
    #[schema(value_type = i64)]
    last_trigger_at: Millis,
}

/// An object, though the page calls it a list: its own table holds these two.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineDeclaration)]
struct Declaration<'a> {
    #[schema(value_type = Vec<Object>)]
    sources: &'a RawJson,
    #[schema(value_type = Vec<Object>)]
    stages: &'a RawJson,
}

impl<'a> Detail<'a> {
    pub(crate) fn of(pipeline: &'a Pipeline, now: Millis) -> Self {
        let definition = &pipeline.definition;
        Self {
            name: &definition.name,
            description: &definition.description,
            model_version: 2,
            config_mode: definition.config_mode.into(),
            id: &pipeline.id,
            fail_mode: definition.fail.into(),
            enterprise_project_id: &definition.enterprise_project,
            pipeline_declaration: Declaration {
                sources: &definition.sources,
                stages: &definition.declared_stages,
            },
            status: pipeline.status(now).code(),
            version: pipeline.version,
            creator: &pipeline.creator,
            create_time: pipeline.created,
            update_time: pipeline.updated,
            last_trigger_at: pipeline.last_trigger_at(),
        }
    }
}

/// The answer of an action. The table calls `id` a string, the example shows a number; we send a number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineActed)]
pub(crate) struct ActionResponse<'a> {
    /// The execution's number.
    pub(crate) id: i64,
    pub(crate) pipeline_id: &'a str,
    /// The status right after the command.
    pub(crate) status: u8,
}

/// An execution record. The page types `trigger` and `version` otherwise than its own texts describe them;
/// the sibling API has a name and a number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineRecord)]
pub(crate) struct Record<'a> {
    /// The execution's number.
    id: i64,
    pipeline_id: &'a str,
    /// The pipeline's version at the start.
    version: i64,
    /// Who started it.
    trigger: &'a str,
    /// 0: by hand; 1: scheduled.
    trigger_type: u8,
    /// When it was started.
    #[schema(value_type = i64)]
    trigger_at: Millis,
    status: u8,
    /// When it ended; 0 while it is open (inferred).
    #[schema(value_type = i64)]
    end_at: Millis,
}

impl<'a> Record<'a> {
    pub(crate) fn of(pipeline: &'a Pipeline, execution: &'a Execution, now: Millis) -> Self {
        Self {
            id: execution.id,
            pipeline_id: &pipeline.id,
            version: execution.version,
            trigger: &execution.executor,
            trigger_type: match execution.trigger {
                Trigger::Manual => 0,
                Trigger::Scheduled => 1,
            },
            trigger_at: execution.triggered,
            status: execution.status(now).code(),
            end_at: execution.ended(now).unwrap_or(0),
        }
    }
}

//! The responses, written straight from the stored pipelines. Fields are in the order of the documented examples.

use serde::Serialize;

use crate::families::servicestage::pipelines::model::definition::{ConfigMode, FailMode};
use crate::families::servicestage::pipelines::model::execution::Execution;
#[cfg(test)]
use crate::families::servicestage::pipelines::model::execution::Trigger;
use crate::families::servicestage::pipelines::model::pipeline::Pipeline;
use crate::families::servicestage::pipelines::model::stages::{Stage, Step};
use crate::families::servicestage::pipelines::model::status::PipelineStatus;
#[cfg(test)]
use crate::families::servicestage::pipelines::wire::codes::ApprovalStatus;
#[cfg(test)]
use crate::http::attributes::evidence::Inferred;
use crate::http::json::RawJson;
use crate::sim::Millis;

/// A row of the list. Times are milliseconds since the epoch. The page's example has `version`, `enterprise_project`
/// and `extend_info`; its table lacks them.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct PipelineRow<'a> {
    /// A UUID.
    id: &'a str,
    name: &'a str,
    /// `""` if none was given.
    description: &'a str,
    create_time: i64,
    /// Equal to `create_time` until the first edit.
    update_time: i64,
    /// 1 after the creation, one more with each edit.
    version: i64,
    config_mode: ConfigMode,
    creator: &'a str,
    /// Always 2.
    model_version: u8,
    #[cfg_attr(test, schema(value_type = PipelineStatus))]
    status: u8,
    /// 0 before the first run.
    last_trigger_at: i64,
    /// `"0"` is the default one.
    enterprise_project_id: &'a str,
    enterprise_project: Option<&'a str>,
    /// Null before the first run.
    #[cfg_attr(test, schema(inline, value_type = Option<InferredLatest>))]
    extend_info: Option<ExtendInfo<'a>>,
}

/// The pipelines in the object of the documented table.
#[derive(Debug, Serialize)]
pub(crate) struct PipelineList<T> {
    /// Newest first.
    pub(crate) pipelines: T,
}

impl<'a> PipelineRow<'a> {
    pub(crate) fn new(pipeline: &'a Pipeline, now: Millis) -> Self {
        let definition = &pipeline.definition;
        Self {
            id: &pipeline.id,
            name: &definition.name,
            description: &definition.description,
            create_time: pipeline.created,
            update_time: pipeline.updated,
            version: pipeline.version,
            config_mode: definition.config_mode,
            creator: &pipeline.creator,
            model_version: 2,
            status: pipeline.status(now).code(),
            last_trigger_at: pipeline.last_trigger_at(),
            enterprise_project_id: &definition.enterprise_project,
            enterprise_project: pipeline.enterprise_project_name.as_deref(),
            extend_info: ExtendInfo::new(pipeline, now),
        }
    }

    /// True if the row shows the latest run.
    pub(crate) fn shows_run(&self) -> bool {
        self.extend_info.is_some()
    }
}

/// The latest run in the list.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ExtendInfo<'a> {
    /// Verbatim from a fixture.
    Imported(&'a RawJson),
    Latest(PipelineLatest<'a>),
}

#[cfg(test)]
type InferredLatest = Inferred<PipelineLatest<'static>>;
#[cfg(test)]
type InferredStatus = Inferred<PipelineStatus>;
#[cfg(test)]
type InferredTrigger = Inferred<Trigger>;

/// The latest run, as in the sibling API. A value from a fixture is shown verbatim.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct PipelineLatest<'a> {
    /// The state of the latest run.
    latest_pipeline_state: PipelineLatestState<'a>,
}

/// The state of the latest run.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct PipelineLatestState<'a> {
    /// The execution's number.
    id: i64,
    pipeline_id: &'a str,
    /// The pipeline's version at the start.
    version: i64,
    #[cfg_attr(test, schema(value_type = PipelineStatus))]
    status: u8,
    stage_states: Vec<PipelineStageState<'a>>,
}

/// The state of a stage.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct PipelineStageState<'a> {
    name: &'a str,
    /// The status of the approval before the stage; 0 if there is none.
    #[cfg_attr(test, schema(value_type = ApprovalStatus))]
    approval_status: u8,
    #[cfg_attr(test, schema(value_type = PipelineStatus))]
    status: u8,
    task_states: Vec<PipelineTaskState<'a>>,
}

/// The state of a task.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct PipelineTaskState<'a> {
    name: &'a str,
    display_name: &'a str,
    /// 100 once the task has ended, otherwise 0.
    progress: u8,
    #[cfg_attr(test, schema(value_type = PipelineStatus))]
    status: u8,
    order_index: i64,
}

impl<'a> ExtendInfo<'a> {
    fn new(pipeline: &'a Pipeline, now: Millis) -> Option<Self> {
        if let Some(imported) = &pipeline.imported {
            return imported.extend_info.as_ref().map(Self::Imported);
        }
        let execution = pipeline.executions.back()?;
        let steps: Vec<_> = execution.steps(now).collect();
        Some(Self::Latest(PipelineLatest {
            latest_pipeline_state: PipelineLatestState {
                id: execution.id,
                pipeline_id: &pipeline.id,
                version: execution.version,
                status: execution.status(now).code(),
                stage_states: steps
                    .chunk_by(|(a, _), (b, _)| {
                        a.stage().map(|stage| &stage.name) == b.stage().map(|stage| &stage.name)
                    })
                    .filter_map(|steps| Some(PipelineStageState::new(steps[0].0.stage()?, steps)))
                    .collect(),
            },
        }))
    }
}

impl<'a> PipelineStageState<'a> {
    fn new(stage: &'a Stage, steps: &[(Step<'a>, PipelineStatus)]) -> Self {
        let gate = steps.iter().find(|(step, _)| matches!(step, Step::Gate(_)));
        let tasks = steps.iter().filter_map(|(step, status)| match step {
            Step::Task(_, task) => Some(PipelineTaskState {
                name: &task.name,
                display_name: &task.display_name,
                progress: if matches!(status, PipelineStatus::Succeeded | PipelineStatus::Failed) {
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
            status: stage_status(steps).code(),
            task_states: tasks.collect(),
        }
    }
}

/// The status of a stage, derived from its steps: an open step decides first, then a failed one.
fn stage_status(steps: &[(Step, PipelineStatus)]) -> PipelineStatus {
    let any = |searched: PipelineStatus| steps.iter().any(|(_, status)| *status == searched);
    let deciding = [
        PipelineStatus::ToBeApproved,
        PipelineStatus::Stopping,
        PipelineStatus::Paused,
        PipelineStatus::Releasing,
        PipelineStatus::Failed,
    ];
    if let Some(status) = deciding.into_iter().find(|status| any(*status)) {
        return status;
    }
    match (
        any(PipelineStatus::Initialised),
        any(PipelineStatus::Succeeded),
        any(PipelineStatus::Skipped),
    ) {
        // A retry has inherited the succeeded steps and not begun the others yet.
        (true, true, _) => PipelineStatus::Releasing,
        (true, false, _) => PipelineStatus::Initialised,
        (false, false, true) => PipelineStatus::Skipped,
        (false, _, _) => PipelineStatus::Succeeded,
    }
}

/// A pipeline: the documented keys, then six keys of the list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Pipeline))]
pub(crate) struct PipelineDetail<'a> {
    name: &'a str,
    description: &'a str,
    /// Always 2.
    model_version: u8,
    config_mode: ConfigMode,
    id: &'a str,
    fail_mode: FailMode,
    enterprise_project_id: &'a str,
    pipeline_declaration: PipelineDeclaration<'a>,
    #[cfg_attr(test, schema(inline, value_type = InferredStatus))]
    status: u8,
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    version: i64,
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    creator: &'a str,
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    create_time: i64,
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    update_time: i64,
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    last_trigger_at: i64,
}

/// The declared sources and stages. The page calls it a list, but describes an object with these two keys.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct PipelineDeclaration<'a> {
    #[cfg_attr(test, schema(value_type = Vec<Object>))]
    sources: &'a RawJson,
    #[cfg_attr(test, schema(value_type = Vec<Object>))]
    stages: &'a RawJson,
}

impl<'a> PipelineDetail<'a> {
    pub(crate) fn new(pipeline: &'a Pipeline, now: Millis) -> Self {
        let definition = &pipeline.definition;
        Self {
            name: &definition.name,
            description: &definition.description,
            model_version: 2,
            config_mode: definition.config_mode,
            id: &pipeline.id,
            fail_mode: definition.fail_mode,
            enterprise_project_id: &definition.enterprise_project,
            pipeline_declaration: PipelineDeclaration {
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

/// The response to an action. `id` is a number as in the page's example; the page's table calls it a string.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = PipelineActed))]
pub(crate) struct ActionResponse<'a> {
    /// The execution's number.
    pub(crate) id: i64,
    pub(crate) pipeline_id: &'a str,
    /// The status right after the command.
    #[cfg_attr(test, schema(value_type = PipelineStatus))]
    pub(crate) status: u8,
}

/// An execution record. The types of `trigger` and `version` contradict their descriptions on the page, so they follow
/// the sibling API: a name and a number.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct PipelineRecord<'a> {
    /// The execution's number.
    id: i64,
    pipeline_id: &'a str,
    /// The pipeline's version at the start.
    version: i64,
    /// The name of the caller who started it, or of the pipeline's creator.
    trigger: &'a str,
    #[cfg_attr(test, schema(inline, value_type = InferredTrigger))]
    trigger_type: u8,
    /// The time of the start.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    trigger_at: i64,
    #[cfg_attr(test, schema(inline, value_type = InferredStatus))]
    status: u8,
    /// The time of the end; 0 until then.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    end_at: i64,
}

impl<'a> PipelineRecord<'a> {
    pub(crate) fn new(pipeline: &'a Pipeline, execution: &'a Execution, now: Millis) -> Self {
        Self {
            id: execution.id,
            pipeline_id: &pipeline.id,
            version: execution.version,
            trigger: &execution.executor,
            trigger_type: execution.trigger as u8,
            trigger_at: execution.triggered,
            status: execution.status(now).code(),
            end_at: execution.ended(now).unwrap_or(0),
        }
    }
}

/// The execution records of a pipeline.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct PipelineRecords<'a> {
    /// The number of all executions; the newest 1,000 are kept.
    pub(crate) count: u64,
    /// Newest first.
    pub(crate) records: Vec<PipelineRecord<'a>>,
}

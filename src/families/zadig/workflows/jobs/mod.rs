//! The types of jobs: the inputs that each takes, and the job tasks that it becomes.

pub mod build;
pub mod context;
pub mod deploy;
pub mod inputs;
pub mod other;

use serde_json::Value;

use self::context::{JobContext, JobPart, settings_of};
use super::messages::{CreateCause, TaskError};
use super::model::definition::{APPROVAL, WorkflowJob};
use super::model::job_task::{JobSpec, JobSteps, JobTask};
use crate::families::zadig::go_json::any_value::AnyValue;
use crate::families::zadig::go_json::decode::{GoStruct, bind_tokens};
use crate::http::json::RawJson;
use crate::world::settings::ZadigGeneration;

/// The types besides the modelled ones that take inputs. They are carried as they are.
const CARRIED: [&str; 12] = [
    "k8s-blue-green-deploy",
    "k8s-canary-deploy",
    "k8s-blue-green-release",
    "k8s-canary-release",
    "k8s-gray-release",
    "k8s-gray-rollback",
    "k8s-resource-patch",
    "zadig-scanning",
    "zadig-vm-deploy",
    "sql",
    "tapd",
    "ai-release-specialist",
];

/// The types of [`CARRIED`] that only generation 2 has.
const CARRIED_OF_V4: [&str; 2] = ["tapd", "ai-release-specialist"];

/// The minutes after which a job is given up, unless it says so itself.
const BUILD_MINUTES: i64 = 600;
const DEPLOY_MINUTES: i64 = 10;
const APPROVAL_MINUTES: i64 = 60;

/// A job that runs, with its settings after the inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningJob {
    pub job: WorkflowJob,
    /// The position of its stage and its own, in the workflow.
    pub stage: usize,
    pub position: usize,
    pub settings: JobSettings,
}

/// The settings of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobSettings {
    Build(build::BuildSettings),
    Script(build::ScriptSettings),
    Deploy(deploy::DeploySettings),
    Parts(Vec<JobPart>),
    Approval(Box<super::model::job_task::Approval>),
    /// Those of the workflow.
    Verbatim,
}

/// The settings of a job after its inputs.
pub fn update(
    job: &WorkflowJob,
    parameters: &AnyValue,
    context: &JobContext,
) -> Result<JobSettings, TaskError> {
    let undefined = || TaskError::UndefinedType(job.kind.clone());
    match &*job.kind {
        "zadig-build" => build::build(job, &read(parameters)?, context).map(JobSettings::Build),
        "freestyle" => Ok(JobSettings::Script(build::script(job, &read(parameters)?))),
        "zadig-deploy" => Ok(JobSettings::Deploy(deploy::deploy(
            job,
            read(parameters)?,
            context,
        ))),
        "custom-deploy" => Ok(JobSettings::Parts(deploy::custom(job, &read(parameters)?))),
        "zadig-test" => Ok(JobSettings::Parts(other::tests(
            job,
            &read(parameters)?,
            context.project,
        ))),
        "plugin" => Ok(JobSettings::Parts(vec![other::plugin(
            job,
            &read(parameters)?,
        )])),
        APPROVAL if context.generation == ZadigGeneration::V3 && context.is_strict => {
            Err(undefined())
        }
        APPROVAL => Ok(JobSettings::Approval(Box::new(settings_of(job)))),
        kind if CARRIED_OF_V4.contains(&kind) && context.generation == ZadigGeneration::V3 => {
            Err(undefined())
        }
        kind if CARRIED.contains(&kind) => Ok(JobSettings::Verbatim),
        _ => Err(undefined()),
    }
}

/// Checks what only shows when the job becomes job tasks.
pub fn check(running: &RunningJob, context: &JobContext) -> Result<(), CreateCause> {
    match &running.settings {
        JobSettings::Deploy(settings) => settings.check(context),
        JobSettings::Approval(approval)
            if approval.kind.is_empty() || approval.kind == "native" =>
        {
            let native = approval.native_approval.as_ref();
            let native = native.ok_or(CreateCause::NoNativeApproval)?;
            let n_users = i64::try_from(native.approve_users.len()).unwrap_or(i64::MAX);
            if n_users == 0 {
                Err(CreateCause::NoApprovers)
            } else if n_users < native.needed_approvers {
                Err(CreateCause::TooFewApprovers)
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

/// The job tasks of a job. `earlier` are those of the jobs before it.
pub fn job_tasks(
    running: RunningJob,
    task_id: i64,
    earlier: &[JobTask],
    context: &JobContext,
) -> Vec<JobTask> {
    let RunningJob {
        job,
        stage,
        position,
        settings,
    } = running;
    let minutes = match &settings {
        JobSettings::Deploy(_) => DEPLOY_MINUTES,
        JobSettings::Approval(_) => APPROVAL_MINUTES,
        _ => BUILD_MINUTES,
    };
    let timeout = timeout_of(&job).filter(|own| *own > 0).unwrap_or(minutes);
    let other = |part: JobPart| (part.info, JobSpec::Other(part.spec));
    let parts: Vec<(Vec<(String, String)>, JobSpec)> = match settings {
        JobSettings::Build(settings) => settings.parts(task_id, context.now),
        JobSettings::Script(settings) => vec![settings.part()],
        JobSettings::Deploy(settings) => {
            let parts = settings.parts(earlier, context.generation);
            parts.into_iter().map(other).collect()
        }
        JobSettings::Parts(parts) => parts.into_iter().map(other).collect(),
        JobSettings::Approval(approval) => vec![(Vec::new(), JobSpec::Approval(approval))],
        JobSettings::Verbatim => {
            let spec = job.spec.clone();
            let spec = spec.unwrap_or_else(|| RawJson::new(&serde_json::json!({})));
            vec![(Vec::new(), JobSpec::Other(spec))]
        }
    };
    let parts = parts.into_iter().enumerate();
    let tasks = parts.map(|(n, (info, spec))| {
        let names = info.iter().map(|(_, name)| name.as_str());
        let names: Vec<&str> = std::iter::once(&*job.name).chain(names).collect();
        let name_info = ("job_name".to_owned(), job.name.clone());
        JobTask {
            name: format!("job-{stage}-{position}-{n}-{}", job.name),
            key: names.join("."),
            display_name: names.join("-"),
            origin_name: job.name.clone(),
            kind: job.kind.clone(),
            spec,
            info: std::iter::once(name_info).chain(info).collect(),
            error_policy: job.error_policy.clone(),
            timeout: timeout.saturating_mul(60_000),
            steps: JobSteps::default(),
            given: None,
            handler: None,
        }
    });
    tasks.collect()
}

/// The time limit in the settings of a job, in minutes.
fn timeout_of(job: &WorkflowJob) -> Option<i64> {
    let spec: Value = settings_of(job);
    let own = &spec["timeout"];
    own.as_i64()
        .or_else(|| spec["properties"]["timeout"].as_i64())
}

/// Reads the parameters of a job.
fn read<T: GoStruct>(parameters: &AnyValue) -> Result<T, TaskError> {
    if parameters.0.is_empty() {
        return Ok(T::default());
    }
    let read = bind_tokens(parameters.0.clone(), |_| {});
    let read = read.map_err(TaskError::Unmarshal)?;
    Ok(read.unwrap_or_default())
}

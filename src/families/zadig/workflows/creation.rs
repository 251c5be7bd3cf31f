//! The creation of tasks: the checks of the service in its order, and the task.

use foldhash::{HashMap, HashSet};

use super::jobs::context::JobContext;
use super::jobs::{self, JobSettings, RunningJob};
use super::messages::{CreateCause, InvalidWorkflow, TaskError};
use super::model::commands::{CREATE, TaskCaller};
use super::model::definition::{Workflow, WorkflowJob, WorkflowStage};
use super::model::job_task::{Approval, JobTask, NativeApproval};
use super::model::parts::UserRef;
use super::model::task::{TaskPlan, TaskProgress, TaskStage, WorkflowTask, count_jobs};
use super::rendering::ParamValues;
use super::wire::request::{CustomTaskParam, JobInput};
use crate::families::zadig::go_json::any_value::AnyValue;
use crate::families::zadig::table::Table;
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::lifecycle::RunRecord;
use crate::world::handle::Shared;
use crate::world::settings::ZadigGeneration;

/// The context of a command on tasks.
pub struct TaskWriteContext<'a> {
    pub shared: &'a mut Shared,
    /// True if references to unknown resources are refused.
    pub checks_references: bool,
    /// True if the service's code counts where the documents differ.
    pub is_strict: bool,
    pub caller: TaskCaller<'a>,
    pub now: Millis,
}

/// A request for a task.
#[derive(Clone, Copy, Debug)]
pub struct TaskRequest<'a> {
    pub workflow_key: &'a str,
    /// The project of a workflow that is made up.
    pub project: &'a str,
    pub parameters: &'a [Option<CustomTaskParam>],
    pub inputs: &'a [Option<JobInput>],
    /// True if the jobs without inputs run, too.
    pub runs_all: bool,
    /// The release plan that the task is started for.
    pub release_plan: Option<&'a TaskPlan>,
}

impl Table {
    /// Creates a task and puts it into the queue. Returns its project and its number.
    pub fn run_workflow(
        &mut self,
        request: &TaskRequest,
        context: &mut TaskWriteContext,
    ) -> Result<(String, i64), TaskError> {
        let mut workflow = self.workflow_of(request, context)?;
        if workflow.needs_ticket {
            return Err(TaskError::Create(CreateCause::Ticket));
        }
        let generation = self.generation();
        set_parameters(&mut workflow, request.parameters, generation, context)?;
        let param_values = ParamValues::new(&workflow, request.parameters);
        param_values.render(&mut workflow);
        let inputs = param_values.render_inputs(request.inputs);
        let request = &TaskRequest {
            inputs: &inputs,
            ..*request
        };
        let project = workflow.project.clone();
        let job_context = JobContext {
            catalog: &self.catalog,
            checks_references: context.checks_references,
            is_strict: context.is_strict,
            generation,
            project: &project,
            now: context.now,
        };
        let running = running_jobs(&workflow, request, context, &job_context)?;
        validate(&workflow, self, context.checks_references).map_err(TaskError::Invalid)?;
        if workflow.is_disabled {
            return Err(TaskError::Create(CreateCause::Disabled));
        }
        if workflow.is_made_up {
            let log = &mut context.shared.log;
            self.workflows.insert_workflow(workflow.clone(), log);
        }
        // A number that is drawn is not used again, even if the creation fails from here on.
        let task_id = self.workflows.draw_task_id(request.workflow_key);
        context.shared.log.note_other_change();
        let job_context = JobContext {
            catalog: &self.catalog,
            checks_references: context.checks_references,
            is_strict: context.is_strict,
            generation,
            project: &project,
            now: context.now,
        };
        check_jobs(&workflow, &running, &job_context).map_err(TaskError::Create)?;
        let stages = stages(&workflow, running, task_id, &job_context);
        if stages.is_empty() {
            return Err(TaskError::Create(CreateCause::NothingToRun {
                workflow: request.workflow_key.to_owned(),
                task_id,
            }));
        }
        let mut task = WorkflowTask {
            workflow_key: workflow.key,
            workflow_name: workflow.name,
            project: project.clone(),
            task_id,
            creator: UserRef::user(context.caller.id, context.caller.name),
            revoker: context.caller.name.to_owned(),
            remark: String::new(),
            created: context.now,
            queued: context.now,
            params: workflow.params,
            stages,
            progress: TaskProgress::Waiting(RunRecord::new(
                crate::sim::lifecycle::Node::Seq(Vec::new()),
                Vec::new(),
            )),
            is_cancelled: false,
            is_restart: false,
            last_end: None,
            build_concurrency: self.workflows.build_concurrency,
            release_plan: request.release_plan.cloned().map(Box::new),
        };
        let Shared { scripts, log, .. } = &mut *context.shared;
        let plan = task.plan(&Vec::new(), scripts, context.now);
        task.progress = TaskProgress::Waiting(plan);
        let change_context = &mut log.context(context.now, CREATE);
        self.workflows.insert(task, change_context);
        Ok((project, task_id))
    }
}

impl Table {
    /// The stages that a retry gives to a task of which a fixture told none: all jobs of its workflow.
    pub fn stages_of_all(&self, workflow_key: &str, context: &TaskWriteContext) -> Vec<TaskStage> {
        let Some(workflow) = self.workflows.workflow(workflow_key) else {
            return Vec::new();
        };
        let request = TaskRequest {
            workflow_key,
            project: &workflow.project,
            parameters: &[],
            inputs: &[],
            runs_all: true,
            release_plan: None,
        };
        let job_context = JobContext {
            catalog: &self.catalog,
            checks_references: context.checks_references,
            is_strict: context.is_strict,
            generation: self.generation(),
            project: &workflow.project,
            now: context.now,
        };
        let running = running_jobs(workflow, &request, context, &job_context);
        stages(workflow, running.unwrap_or_default(), 0, &job_context)
    }
}

impl Table {
    /// The workflow of a request, which is made up of the inputs if it is unknown and references are not checked.
    pub(in crate::families::zadig) fn workflow_of(
        &self,
        request: &TaskRequest,
        context: &TaskWriteContext,
    ) -> Result<Workflow, TaskError> {
        match self.workflows.workflow(request.workflow_key) {
            Some(known) if !known.is_made_up => Ok(known.clone()),
            _ if context.checks_references || request.workflow_key.is_empty() => {
                Err(TaskError::UnknownWorkflow)
            }
            known => made_up(request, known, context.now),
        }
    }
}

/// A workflow that is made up of the inputs: one stage for each, in order.
fn made_up(
    request: &TaskRequest,
    known: Option<&Workflow>,
    now: Millis,
) -> Result<Workflow, TaskError> {
    let mut workflow = known
        .cloned()
        .unwrap_or_else(|| Workflow::new(request.workflow_key, request.project));
    let now = now.div_euclid(1_000);
    workflow.is_made_up = true;
    if known.is_none() {
        workflow.create_time = now;
    }
    workflow.update_time = now;
    let stages = request.inputs.iter().map(|input| {
        let input = input.as_ref().ok_or(TaskError::Crash("a null in inputs"))?;
        Ok(WorkflowStage {
            name: input.job_name.clone(),
            jobs: vec![WorkflowJob {
                name: input.job_name.clone(),
                kind: input.job_type.clone(),
                spec: carried_spec(input),
                ..WorkflowJob::default()
            }],
            ..WorkflowStage::default()
        })
    });
    workflow.stages = stages.collect::<Result<_, TaskError>>()?;
    Ok(workflow)
}

/// The settings of a made-up job: its inputs, which a type that is not modelled shows.
fn carried_spec(input: &JobInput) -> Option<RawJson> {
    let value = input.parameters.to_json();
    value.is_object().then(|| RawJson::new(&value))
}

/// Sets the variables of the workflow for this task.
pub(in crate::families::zadig) fn set_parameters(
    workflow: &mut Workflow,
    parameters: &[Option<CustomTaskParam>],
    generation: ZadigGeneration,
    context: &TaskWriteContext,
) -> Result<(), TaskError> {
    for parameter in parameters {
        let parameter = parameter
            .as_ref()
            .ok_or(TaskError::Crash("a null in parameters"))?;
        let name = &parameter.name;
        let Some(known) = workflow.params.iter_mut().find(|known| known.name == *name) else {
            if !context.checks_references && workflow.is_made_up {
                continue;
            }
            return Err(TaskError::UnknownParam {
                param: name.clone(),
                workflow: (generation == ZadigGeneration::V3).then(|| workflow.key.clone()),
            });
        };
        match &*known.kind {
            "string" | "text" => known.value.clone_from(&parameter.value),
            "choice" => {
                if !known.choice_option.contains(&parameter.value) {
                    return Err(TaskError::InvalidChoice {
                        value: parameter.value.clone(),
                        param: name.clone(),
                    });
                }
                known.value.clone_from(&parameter.value);
            }
            "repo" => {
                let repo = parameter.repo.as_ref();
                let repo = repo.ok_or(TaskError::Crash("a parameter without repo"))?;
                known.repo = Some(repo.to_json());
            }
            // The service says nothing, and keeps the value.
            _ => {}
        }
    }
    Ok(())
}

/// The jobs that run, with their settings after the inputs. Of two inputs for a job, the last counts.
pub(in crate::families::zadig) fn running_jobs(
    workflow: &Workflow,
    request: &TaskRequest,
    context: &TaskWriteContext,
    job_context: &JobContext,
) -> Result<Vec<RunningJob>, TaskError> {
    let mut inputs: HashMap<&str, &JobInput> = HashMap::default();
    for input in request.inputs {
        let input = input.as_ref().ok_or(TaskError::Crash("a null in inputs"))?;
        inputs.insert(&input.job_name, input);
    }
    let mut running = Vec::new();
    for (stage, known) in workflow.stages.iter().enumerate() {
        for (position, job) in known.jobs.iter().enumerate() {
            let none = AnyValue::default();
            let settings = match inputs.get(&*job.name) {
                Some(input) => jobs::update(job, &input.parameters, job_context)?,
                None if request.runs_all => {
                    jobs::update(job, &none, job_context).unwrap_or(JobSettings::Verbatim)
                }
                None => continue,
            };
            let settings = match settings {
                JobSettings::Approval(approval) if !context.checks_references => {
                    JobSettings::Approval(Box::new(with_user(*approval, &context.caller)))
                }
                other => other,
            };
            if job.run_policy != "skip" {
                running.push(RunningJob {
                    job: job.clone(),
                    stage,
                    position,
                    settings,
                });
            }
        }
    }
    Ok(running)
}

/// An approval with the caller in place of nobody.
fn with_user(mut approval: Approval, caller: &TaskCaller) -> Approval {
    if approval.kind.is_empty() || approval.kind == "native" {
        "native".clone_into(&mut approval.kind);
        let native = approval
            .native_approval
            .get_or_insert_with(|| NativeApproval {
                needed_approvers: 1,
                ..NativeApproval::default()
            });
        if native.approve_users.is_empty() {
            native
                .approve_users
                .push(UserRef::user(caller.id, caller.name));
        }
    }
    approval
}

/// Checks the whole workflow, as the service does before each task.
fn validate(
    workflow: &Workflow,
    table: &Table,
    checks_references: bool,
) -> Result<(), InvalidWorkflow> {
    if workflow.project.is_empty() {
        return Err(InvalidWorkflow::NoProject);
    }
    let is_key = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if workflow.key.is_empty() || !workflow.key.chars().all(is_key) {
        return Err(InvalidWorkflow::Key);
    }
    match table.catalog.0.get(&workflow.project) {
        None if checks_references => return Err(InvalidWorkflow::UnknownProject),
        Some(known) if !matches!(&*known.info.deploy_type, "k8s" | "helm") => {
            return Err(InvalidWorkflow::DeployType);
        }
        _ => {}
    }
    let (mut stage_names, mut job_names) = (HashSet::default(), HashSet::default());
    for stage in &workflow.stages {
        if !stage_names.insert(&stage.name) {
            return Err(InvalidWorkflow::DuplicateStage(stage.name.clone()));
        }
        for job in &stage.jobs {
            if !is_job_name(&job.name) {
                return Err(InvalidWorkflow::JobName(job.name.clone()));
            }
            if !job_names.insert(&job.name) {
                return Err(InvalidWorkflow::DuplicateJob(job.name.clone()));
            }
        }
    }
    Ok(())
}

/// True for up to 32 lower-case letters, ideographs, digits and hyphens, of which the first is a letter or an ideograph.
fn is_job_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || ('\u{4e00}'..='\u{9fa5}').contains(&c);
    let mut chars = name.chars();
    chars.next().is_some_and(is_letter)
        && chars.clone().count() <= 31
        && chars.all(|c| is_letter(c) || c.is_ascii_digit() || c == '-')
}

fn check_jobs(
    workflow: &Workflow,
    running: &[RunningJob],
    context: &JobContext,
) -> Result<(), CreateCause> {
    let mut running = running.iter().peekable();
    for (n, stage) in workflow.stages.iter().enumerate() {
        for (m, job) in stage.jobs.iter().enumerate() {
            match running.next_if(|running| (running.stage, running.position) == (n, m)) {
                Some(running) => jobs::check(running, context)?,
                None if job.run_policy == "force_run" => {
                    return Err(CreateCause::ForceRun(job.name.clone()));
                }
                None => {}
            }
        }
    }
    Ok(())
}

/// The stages of a task: those of the workflow with a job that runs.
fn stages(
    workflow: &Workflow,
    running: Vec<RunningJob>,
    task_id: i64,
    context: &JobContext,
) -> Vec<TaskStage> {
    let mut earlier: Vec<JobTask> = Vec::new();
    let mut stages: Vec<(usize, TaskStage)> = Vec::new();
    for running in running {
        let n = running.stage;
        let tasks = jobs::job_tasks(running, task_id, &earlier, context);
        if tasks.is_empty() {
            continue;
        }
        earlier.extend(tasks.iter().cloned());
        match stages.last_mut() {
            Some((last, stage)) if *last == n => stage.jobs.extend(tasks),
            _ => {
                let known = &workflow.stages[n];
                let stage = TaskStage {
                    name: known.name.clone(),
                    parallel: known.parallel,
                    manual_exec: known.manual_exec.clone(),
                    jobs: tasks,
                    n_before: 0,
                    given: None,
                };
                stages.push((n, stage));
            }
        }
    }
    let mut stages: Vec<_> = stages.into_iter().map(|(_, stage)| stage).collect();
    count_jobs(&mut stages);
    stages
}

//! A workflow task and its status.

use serde::{Deserialize, Serialize};

use super::job_task::{JobTask, JobTaskState};
use super::parts::{ManualExec, UserRef, WorkflowParam};
use super::status::WorkflowStatus;
use crate::sim::collection::Resource;
use crate::sim::heap::{Heap, heap_of};
use crate::sim::lifecycle::{Command, Phase, Run, RunRecord};
use crate::sim::pack::{pack_enums, pack_structs};
use crate::sim::step_name::{StepName, Unit};
use crate::sim::{Millis, NEVER};

/// The release plan that a task was started for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schema(as = ZadigTaskPlan))]
pub struct TaskPlan {
    /// The plan's id.
    pub id: String,
    /// The plan's name.
    pub name: String,
    /// The number of the plan.
    pub index: i64,
}

/// A task: a start of a workflow.
#[derive(Clone, Debug)]
pub struct WorkflowTask {
    pub workflow_key: String,
    pub workflow_name: String,
    pub project: String,
    pub task_id: i64,
    pub creator: UserRef,
    /// The user who has cancelled it; the creator before.
    pub revoker: String,
    pub remark: String,
    pub created: Millis,
    /// The creation or the last retry.
    pub queued: Millis,
    pub params: Vec<WorkflowParam>,
    pub stages: Vec<TaskStage>,
    pub progress: TaskProgress,
    /// True if it was cancelled when nothing of it ran.
    pub is_cancelled: bool,
    pub is_restart: bool,
    /// The end of the run before the last retry.
    pub last_end: Option<Millis>,
    /// The most jobs of a stage that run at once.
    pub build_concurrency: usize,
    pub release_plan: Option<Box<TaskPlan>>,
}

/// A stage of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskStage {
    pub name: String,
    pub parallel: bool,
    pub manual_exec: Option<ManualExec>,
    pub jobs: Vec<JobTask>,
    /// The number of job tasks in the stages before it.
    pub n_before: usize,
    /// The state that a fixture gave.
    pub given: Option<GivenStage>,
}

/// Counts the job tasks of stages, once they are known.
pub fn count_jobs(stages: &mut [TaskStage]) {
    let mut n_before = 0;
    for stage in stages {
        stage.n_before = n_before;
        n_before += stage.jobs.len();
    }
}

/// The state of a stage in a fixture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenStage {
    pub status: WorkflowStatus,
    /// In seconds since the epoch, or 0.
    pub start_time: i64,
    pub end_time: i64,
    pub error: String,
}

/// The progress of a task.
#[derive(Clone, Debug)]
pub enum TaskProgress {
    /// The state in a fixture, until the next command.
    Given(GivenTask),
    /// The task waits in the queue; the plan of its run is frozen.
    Waiting(RunRecord),
    Begun(Run),
}

/// The state of a task in a fixture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenTask {
    pub status: WorkflowStatus,
    /// In seconds since the epoch, or 0.
    pub start_time: i64,
    pub end_time: i64,
    pub error: String,
}

/// The state of a stage at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageState {
    pub status: WorkflowStatus,
    pub begun: Option<Millis>,
    pub ended: Option<Millis>,
}

heap_of! {
    WorkflowTask { workflow_key, workflow_name, project, creator, revoker, remark, params, stages, progress, release_plan }
    TaskPlan { id, name }
    TaskStage { name, manual_exec, jobs, given }
    GivenStage { error }
    GivenTask { error }
}

impl Heap for TaskProgress {
    fn heap(&self) -> usize {
        match self {
            Self::Given(given) => given.heap(),
            // About that of the run.
            Self::Waiting(record) => record.steps.len() * 128,
            Self::Begun(run) => run.heap(),
        }
    }
}

/// The id of a task among all resources.
pub fn task_key(workflow_key: &str, task_id: i64) -> String {
    format!("{workflow_key}:{task_id}")
}

impl WorkflowTask {
    pub fn status(&self, now: Millis) -> WorkflowStatus {
        if self.is_cancelled {
            return WorkflowStatus::Cancelled;
        }
        let run = match &self.progress {
            TaskProgress::Given(given) => return given.status,
            TaskProgress::Waiting(_) => return WorkflowStatus::Waiting,
            TaskProgress::Begun(run) => run,
        };
        match run.phase(now) {
            Phase::Aborting | Phase::Aborted => WorkflowStatus::Cancelled,
            Phase::Succeeded | Phase::Failed => self.result(run, now),
            Phase::Starting | Phase::Running | Phase::Waiting | Phase::Stopping | Phase::Paused => {
                WorkflowStatus::Running
            }
        }
    }

    /// The status after a run.
    fn result(&self, run: &Run, now: Millis) -> WorkflowStatus {
        let is_paused = run.phase(now) == Phase::Succeeded && self.manual_stage().is_some();
        let pause = is_paused.then_some(WorkflowStatus::Pause);
        let stages = self.stages.iter().filter_map(|stage| {
            let jobs = stage.jobs.iter().map(|job| job.status(run, now));
            let mut begun = jobs
                .filter(|status| *status != WorkflowStatus::Idle)
                .peekable();
            begun.peek()?;
            Some(WorkflowStatus::of_stage(begun))
        });
        WorkflowStatus::of_task(stages.chain(pause))
    }

    /// The first stage that somebody must start.
    pub fn manual_stage(&self) -> Option<usize> {
        self.stages.iter().position(TaskStage::waits_for_start)
    }

    /// The stage that waits for somebody to start it.
    pub fn paused_stage(&self, now: Millis) -> Option<usize> {
        match &self.progress {
            TaskProgress::Begun(run) if run.phase(now) == Phase::Succeeded => self.manual_stage(),
            TaskProgress::Given(_) => {
                let mut stages = self.stages.iter();
                stages.position(|stage| stage.given_status() == WorkflowStatus::Pause)
            }
            _ => None,
        }
    }

    pub fn job_status(&self, job: &JobTask, now: Millis) -> WorkflowStatus {
        match &self.progress {
            TaskProgress::Given(_) => job.given_state().status,
            TaskProgress::Waiting(record) => job.waiting_state(record).status,
            TaskProgress::Begun(run) => job.status(run, now),
        }
    }

    pub fn job_state(&self, job: &JobTask, now: Millis) -> JobTaskState {
        match &self.progress {
            TaskProgress::Given(_) => job.given_state(),
            TaskProgress::Waiting(record) => job.waiting_state(record),
            TaskProgress::Begun(run) => job.state(run, now),
        }
    }

    /// The state of a stage.
    pub fn stage_state(&self, n: usize, now: Millis) -> StageState {
        let stage = &self.stages[n];
        let idle = |status| StageState {
            status,
            begun: None,
            ended: None,
        };
        if let TaskProgress::Given(_) = self.progress {
            return stage.given_state();
        }
        if stage.waits_for_start() {
            return idle(if self.paused_stage(now) == Some(n) {
                WorkflowStatus::Pause
            } else {
                WorkflowStatus::Idle
            });
        }
        let states = stage.jobs.iter().map(|job| {
            let is_new = job.steps.kept.is_none() && !self.is_inherited(job);
            (is_new, self.job_state(job, now))
        });
        let states: Vec<_> = states.collect();
        let has_new = states.iter().any(|(is_new, _)| *is_new);
        // A stage that is tried again begins with the jobs that are.
        let counted = states
            .iter()
            .filter(|(is_new, _)| *is_new || !has_new)
            .map(|(_, state)| state);
        let Some(begun) = counted.clone().filter_map(|state| state.begun).min() else {
            let is_skipped =
                |(_, state): &(bool, JobTaskState)| state.status == WorkflowStatus::Skipped;
            let all_skipped = !states.is_empty() && states.iter().all(is_skipped);
            return idle(if all_skipped {
                WorkflowStatus::Skipped
            } else {
                WorkflowStatus::Idle
            });
        };
        let is_open = states
            .iter()
            .any(|(_, state)| state.begun.is_some() && state.ended.is_none());
        if is_open {
            return StageState {
                status: WorkflowStatus::Running,
                begun: Some(begun),
                ended: None,
            };
        }
        let jobs = states.iter().map(|(_, state)| state.status);
        StageState {
            status: WorkflowStatus::of_stage(jobs),
            begun: Some(begun),
            ended: counted.filter_map(|state| state.ended).max(),
        }
    }

    /// True if the job ended before the run began.
    fn is_inherited(&self, job: &JobTask) -> bool {
        use crate::sim::lifecycle::StepPlan::Inherited;
        let steps = match &self.progress {
            TaskProgress::Given(_) => return false,
            TaskProgress::Waiting(record) => &record.steps,
            TaskProgress::Begun(run) => &run.record().steps,
        };
        let step = job.steps.work.and_then(|step| steps.get(step));
        matches!(step, Some(Inherited { .. }))
    }

    /// The instant at which the present run began; of a task in the queue, that at which it was put there.
    pub fn started(&self) -> Option<Millis> {
        match &self.progress {
            TaskProgress::Given(given) => {
                (given.start_time != 0).then(|| given.start_time.saturating_mul(1_000))
            }
            TaskProgress::Waiting(_) => Some(self.queued),
            TaskProgress::Begun(run) => Some(run.started()),
        }
    }

    /// The instant at which the run ended, also for a pause. A task that is tried again keeps the last one.
    pub fn ended(&self, now: Millis) -> Option<Millis> {
        match &self.progress {
            TaskProgress::Given(given) => {
                (given.end_time != 0).then(|| given.end_time.saturating_mul(1_000))
            }
            TaskProgress::Waiting(_) => self.last_end,
            TaskProgress::Begun(run) => run.ended(now).or(self.last_end),
        }
    }

    /// The error that a fixture gave.
    pub fn error(&self) -> &str {
        match &self.progress {
            TaskProgress::Given(given) => &given.error,
            TaskProgress::Waiting(_) | TaskProgress::Begun(_) => "",
        }
    }

    /// True while it takes a place among the tasks that run.
    pub fn holds_place(&self, now: Millis) -> bool {
        matches!(&self.progress, TaskProgress::Begun(run) if !run.phase(now).is_ended())
    }

    /// True while it waits for a place.
    pub fn is_queued(&self) -> bool {
        matches!(self.progress, TaskProgress::Waiting(_)) && !self.is_cancelled
    }

    /// Begins the run of a task in the queue.
    pub fn begin(&mut self, now: Millis) {
        if let TaskProgress::Waiting(record) = &self.progress {
            self.progress = TaskProgress::Begun(Run::start(now, record.clone()));
        }
    }

    /// The end of the run if no command comes; of a task in the queue, if it began at `begin`.
    pub fn end_from(&self, begin: Millis) -> Millis {
        match &self.progress {
            TaskProgress::Given(_) => NEVER,
            TaskProgress::Waiting(record) => Run::start(begin, record.clone()).ends_at(),
            TaskProgress::Begun(run) => run.ends_at(),
        }
    }

    pub fn jobs(&self) -> impl Iterator<Item = (&TaskStage, &JobTask)> {
        let stages = self.stages.iter();
        stages.flat_map(|stage| stage.jobs.iter().map(move |job| (stage, job)))
    }

    fn job(&self, n: usize) -> Option<(&TaskStage, &JobTask)> {
        let stage = self.stages.partition_point(|stage| stage.n_before <= n);
        // Of stages without jobs, the last before it.
        let stage = self.stages.get(stage.checked_sub(1)?)?;
        Some((stage, stage.jobs.get(n - stage.n_before)?))
    }

    /// The number of the job task that a step of the run belongs to. Steps are in the order of the job tasks.
    fn job_of_step(&self, step: usize) -> Option<usize> {
        let is_before = |job: &JobTask| job.steps.work.is_some_and(|work| work <= step);
        let begins_before = |stage: &TaskStage| stage.jobs.first().is_some_and(is_before);
        let stage = self.stages.partition_point(begins_before).checked_sub(1)?;
        let stage = &self.stages[stage];
        let n = stage.n_before + stage.jobs.partition_point(is_before);
        n.checked_sub(1)
    }

    fn run(&self) -> Option<&Run> {
        match &self.progress {
            TaskProgress::Begun(run) => Some(run),
            TaskProgress::Given(_) | TaskProgress::Waiting(_) => None,
        }
    }
}

impl TaskStage {
    pub fn waits_for_start(&self) -> bool {
        let manual_exec = self.manual_exec.as_ref();
        manual_exec.is_some_and(|manual| manual.enabled && !manual.is_executed)
    }

    fn given_status(&self) -> WorkflowStatus {
        self.given
            .as_ref()
            .map_or(WorkflowStatus::Idle, |given| given.status)
    }

    fn given_state(&self) -> StageState {
        let instant = |seconds: i64| (seconds != 0).then(|| seconds.saturating_mul(1_000));
        let given = self.given.clone().unwrap_or_default();
        StageState {
            status: given.status,
            begun: instant(given.start_time),
            ended: instant(given.end_time),
        }
    }
}

impl Resource for WorkflowTask {
    const FAMILY: &'static str = crate::families::zadig::versions::model::version::FAMILY;
    const KIND: &'static str = "task";

    /// That of the workflow.
    fn name(&self) -> &str {
        &self.workflow_key
    }

    fn next_due(&self, now: Millis) -> Millis {
        self.run().map_or(NEVER, |run| run.next_due(now))
    }

    fn hasten(&mut self, now: Millis, by: Millis) {
        if let TaskProgress::Begun(run) = &mut self.progress {
            let hastened = run.apply(now, Command::Forward(by));
            debug_assert_eq!(hastened, Ok(()), "a run that is under way has not ended");
        }
    }

    fn status_label(&self, now: Millis) -> &str {
        self.status(now).into()
    }

    fn n_steps(&self) -> usize {
        self.stages
            .last()
            .map_or(0, |last| last.n_before + last.jobs.len())
    }

    fn step(&self, n: usize, now: Millis) -> Option<(StepName<&str>, &str)> {
        let (stage, job) = self.job(n)?;
        let name = StepName {
            unit: Unit::Stage(&*stage.name),
            step: &*job.name,
        };
        let status = match self.job_status(job, now) {
            // Every step has a status from its beginning on; the service has an empty text.
            WorkflowStatus::Idle => WorkflowStatus::Waiting,
            status => status,
        };
        Some((name, status.into()))
    }

    fn step_run(&self, _: usize) -> Option<&Run> {
        self.run()
    }

    fn run_step(&self, n: usize) -> Option<usize> {
        self.job(n)?.1.steps.work
    }

    fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        let Some(run) = self.run() else {
            return Vec::new();
        };
        let changing = run.steps_changing_at(due);
        let mut jobs: Vec<_> = changing
            .into_iter()
            .filter_map(|step| self.job_of_step(step))
            .collect();
        jobs.dedup();
        jobs
    }

    /// The end of a run, after which the next task may begin.
    fn has_timed_action(&self, now: Millis) -> bool {
        self.run().is_some_and(|run| run.ended(now) == Some(now))
    }
}

pack_enums! {
    TaskProgress { 0: Given(given_task), 1: Waiting(run_record), 2: Begun(run) }
}

pack_structs! {
    TaskPlan { id, name, index }
    WorkflowTask {
        workflow_key, workflow_name, project, task_id, creator, revoker, remark, created, queued,
        params, stages, progress, is_cancelled, is_restart, last_end, build_concurrency,
        release_plan,
    }
    TaskStage { name, parallel, manual_exec, jobs, n_before, given }
    GivenStage { status, start_time, end_time, error }
    GivenTask { status, start_time, end_time, error }
}

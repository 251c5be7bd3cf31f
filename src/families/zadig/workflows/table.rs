//! The workflows and the tasks of a world: their numbers, their order, and the queue of the tasks.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use foldhash::HashMap;
use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

use super::model::definition::Workflow;
use super::model::task::{TaskPlan, WorkflowTask, task_key};
use super::queue::{TaskQueue, WaitingKey};
use crate::sim::Millis;
use crate::sim::collection::{ArrivalId, Collection, Stored};
use crate::sim::heap::Heap;
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker, pack_structs};
use crate::sim::transition::{ChangeContext, READ, TransitionLog};

/// The most tasks of an installation that run at once.
const WORKFLOW_CONCURRENCY: usize = 2;

/// The most jobs of a stage that run at once.
pub(super) const BUILD_CONCURRENCY: usize = 5;

/// The approximate size of a workflow without its parts.
const OF_WORKFLOW: usize = 400;

/// The place of a task that is loaded: the instant of its creation, and its number among those of the same instant.
pub(super) type Position = (Millis, usize);

/// The workflows of all projects, by key, and their tasks.
#[derive(Clone, Debug)]
pub struct WorkflowTable {
    pub collection: Collection<WorkflowTask>,
    workflows: IndexMap<String, Workflow>,
    /// The keys of the workflows of each project, in the order in which they were added.
    projects: BTreeMap<String, IndexSet<String>>,
    /// The tasks of each workflow by the second of their creation, oldest first.
    tasks: HashMap<String, Vec<(i64, ArrivalId)>>,
    pub(super) queue: TaskQueue,
    /// The tasks of a state that is being loaded.
    pub(super) loading: Vec<(Position, WorkflowTask)>,
    pub build_concurrency: usize,
    /// The tasks of release plans that have changed since the plans looked.
    pub(in crate::families::zadig) changed: Vec<ChangedTask>,
    /// The views of each project.
    pub views: BTreeMap<String, Vec<WorkflowGroup>>,
}

/// A task of a release plan that has changed.
#[derive(Clone, Debug)]
pub struct ChangedTask {
    pub plan_id: String,
    pub workflow_key: String,
    pub task_id: i64,
}

impl ChangedTask {
    /// The task, if it belongs to a release plan.
    fn new(task: &WorkflowTask) -> Option<Self> {
        Some(Self {
            plan_id: task.release_plan.as_ref()?.id.clone(),
            workflow_key: task.workflow_key.clone(),
            task_id: task.task_id,
        })
    }
}

/// A view of a project: a choice of its workflows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowGroup {
    pub name: String,
    /// The keys of the workflows.
    #[serde(default)]
    pub workflows: Vec<String>,
}

impl Default for WorkflowTable {
    fn default() -> Self {
        Self {
            collection: Collection::default(),
            workflows: IndexMap::new(),
            projects: BTreeMap::new(),
            tasks: HashMap::default(),
            queue: TaskQueue::new(WORKFLOW_CONCURRENCY),
            loading: Vec::new(),
            build_concurrency: BUILD_CONCURRENCY,
            changed: Vec::new(),
            views: BTreeMap::new(),
        }
    }
}

/// A page of a workflow's tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskPage {
    /// All of them, oldest first.
    All,
    /// Newest first.
    Slice { offset: usize, size: usize },
}

impl WorkflowTable {
    pub fn workflow(&self, key: &str) -> Option<&Workflow> {
        self.workflows.get(key)
    }

    /// The workflows of all projects, in the order in which they were added.
    pub fn workflows(&self) -> impl Iterator<Item = &Workflow> {
        self.workflows.values()
    }

    /// The workflows of a project, in the order in which they were added.
    pub fn of_project(&self, project: &str) -> impl Iterator<Item = &Workflow> {
        let keys = self.projects.get(project).into_iter().flatten();
        keys.filter_map(|key| self.workflows.get(key))
    }

    /// The projects with workflows.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        self.projects.keys().map(String::as_str)
    }

    /// The workflows of a view; none for an unknown view and for one without workflows, which show all.
    pub fn view(&self, project: &str, name: &str) -> Option<&[String]> {
        let mut views = self.views.get(project)?.iter();
        let view = views.find(|view| view.name == name)?;
        (!view.workflows.is_empty()).then_some(&view.workflows)
    }

    /// Sets the most tasks that run at once, and the most jobs of a stage that do; absent: the service's defaults.
    pub fn set_concurrency(
        &mut self,
        workflows: Option<NonZeroUsize>,
        builds: Option<NonZeroUsize>,
    ) {
        self.queue
            .set_places(workflows.map_or(WORKFLOW_CONCURRENCY, NonZeroUsize::get));
        self.build_concurrency = builds.map_or(BUILD_CONCURRENCY, NonZeroUsize::get);
    }

    /// The same; none for a default.
    pub fn concurrency(&self) -> (Option<NonZeroUsize>, Option<NonZeroUsize>) {
        let unless = |number, usual| NonZeroUsize::new(number).filter(|_| number != usual);
        let workflows = unless(self.queue.places(), WORKFLOW_CONCURRENCY);
        (workflows, unless(self.build_concurrency, BUILD_CONCURRENCY))
    }

    /// Adds a workflow, or puts it in the place of the one with its key.
    pub fn insert_workflow(&mut self, workflow: Workflow, log: &mut TransitionLog) {
        self.queue
            .set_limit(&workflow.key, workflow.concurrency_limit);
        let known = self.workflows.get(&workflow.key);
        let before = known.map_or(0, |known| OF_WORKFLOW + known.heap());
        log.account_mut()
            .replace(before, OF_WORKFLOW + workflow.heap());
        self.projects
            .entry(workflow.project.clone())
            .or_default()
            .insert(workflow.key.clone());
        self.workflows.insert(workflow.key.clone(), workflow);
    }

    /// The number that the next task of a workflow gets.
    pub fn draw_task_id(&mut self, key: &str) -> i64 {
        let Some(workflow) = self.workflows.get_mut(key) else {
            return 1;
        };
        let task_id = workflow.next_task_id.unwrap_or(1);
        workflow.next_task_id = Some(task_id.saturating_add(1));
        task_id
    }

    /// The task of a workflow that has a number.
    pub fn find(&self, workflow_key: &str, task_id: i64) -> Option<&Stored<WorkflowTask>> {
        self.collection.find(&task_key(workflow_key, task_id))
    }

    /// The tasks of a workflow in a project, and the number of all of them.
    pub fn list(
        &self,
        project: &str,
        workflow_key: &str,
        page: TaskPage,
    ) -> (Vec<&Stored<WorkflowTask>>, usize) {
        let known = self.tasks.get(workflow_key);
        let is_other = |key: &(i64, ArrivalId)| {
            let first = self.collection.at(key.1);
            first.is_none_or(|stored| &*stored.scope != project)
        };
        // The tasks of a workflow are all of its project.
        let Some(known) = known.filter(|known| !known.first().is_none_or(is_other)) else {
            return (Vec::new(), 0);
        };
        let at = |(_, arrival_id): &(i64, ArrivalId)| self.collection.at(*arrival_id);
        let tasks = match page {
            TaskPage::All => known.iter().filter_map(at).collect(),
            TaskPage::Slice { offset, size } => {
                // Passing over the first ones costs nothing.
                let part = known.iter().rev().skip(offset).take(size);
                part.filter_map(at).collect()
            }
        };
        (tasks, known.len())
    }

    /// Adds a task, and starts it if there is a place.
    pub fn insert(&mut self, task: WorkflowTask, change_context: &mut ChangeContext) {
        let now = change_context.now;
        self.add(task, change_context);
        self.start_next(now, change_context.log);
    }

    /// Adds a task, which waits in the queue if it has not begun.
    pub(super) fn add(&mut self, task: WorkflowTask, change_context: &mut ChangeContext) {
        let id = task_key(&task.workflow_key, task.task_id);
        let (project, key, created) = (
            task.project.clone(),
            task.workflow_key.clone(),
            task.created,
        );
        let (holds_place, is_queued) = (task.holds_place(change_context.now), task.is_queued());
        let arrival_id = self
            .collection
            .insert(&project, &id, created, task, change_context);
        self.list_task(&key, created, arrival_id);
        if is_queued {
            self.queue.wait(&key, (created, arrival_id));
        } else if holds_place {
            self.queue.take_place(&key, arrival_id);
        }
    }

    /// Gives a task its place among those of its workflow.
    fn list_task(&mut self, key: &str, created: Millis, arrival_id: ArrivalId) {
        let tasks = self.tasks.entry(key.to_owned()).or_default();
        let position = (created.div_euclid(1_000), arrival_id);
        let n_before = tasks.partition_point(|known| *known < position);
        tasks.insert(n_before, position);
    }

    /// The newest task of a workflow.
    pub(super) fn latest(&self, workflow_key: &str) -> Option<&Stored<WorkflowTask>> {
        let (_, arrival_id) = self.tasks.get(workflow_key)?.last()?;
        self.collection.at(*arrival_id)
    }

    /// The tasks of a workflow, oldest first.
    pub(super) fn in_order(
        &self,
        workflow_key: &str,
    ) -> impl Iterator<Item = &Stored<WorkflowTask>> {
        let known = self.tasks.get(workflow_key).into_iter().flatten();
        known.filter_map(|(_, arrival_id)| self.collection.at(*arrival_id))
    }

    /// Changes a task with a command, and starts the next ones if it gives up its place.
    pub fn command<R>(
        &mut self,
        workflow_key: &str,
        task_id: i64,
        change_context: &mut ChangeContext,
        command: impl FnOnce(&mut WorkflowTask) -> R,
    ) -> Option<R> {
        let id = task_key(workflow_key, task_id);
        let arrival_id = self.collection.arrival_id(&id)?;
        let scope = self.collection.named(arrival_id).scope.clone();
        let now = change_context.now;
        let result = self.collection.edit(&scope, &id, change_context, command);
        self.settle(arrival_id, now);
        self.start_next(now, change_context.log);
        result
    }

    /// Has a task that belongs to no plan let one know of its changes, as if that had started it.
    pub(in crate::families::zadig) fn adopt(
        &mut self,
        workflow_key: &str,
        task_id: i64,
        task_plan: TaskPlan,
        change_context: &mut ChangeContext,
    ) {
        let Some(stored) = self.find(workflow_key, task_id) else {
            return;
        };
        if stored.item.release_plan.is_none() {
            self.command(workflow_key, task_id, change_context, |task| {
                task.release_plan = Some(Box::new(task_plan));
            });
        }
    }

    /// Brings the queue in line with a task that has changed.
    fn settle(&mut self, arrival_id: ArrivalId, now: Millis) {
        let Some(stored) = self.collection.at(arrival_id) else {
            return;
        };
        let task = &stored.item;
        let key: WaitingKey = (task.created, arrival_id);
        let (holds_place, is_queued) = (task.holds_place(now), task.is_queued());
        let workflow_key = task.workflow_key.clone();
        self.changed.extend(ChangedTask::new(task));
        if is_queued {
            self.queue.wait(&workflow_key, key);
        } else {
            self.queue.leave(&workflow_key, key);
        }
        if holds_place {
            self.queue.take_place(&workflow_key, arrival_id);
        } else {
            self.queue.free_place(&workflow_key, arrival_id);
        }
    }

    /// Starts tasks of the queue as long as there is a place for one.
    pub fn start_next(&mut self, now: Millis, log: &mut TransitionLog) {
        while let Some(arrival_id) = self.queue.next() {
            let stored = self.collection.named(arrival_id);
            let (scope, id) = (stored.scope.clone(), stored.id.clone());
            let change_context = &mut log.context(now, QUEUE);
            self.collection
                .edit(&scope, &id, change_context, |task| task.begin(now));
            self.settle(arrival_id, now);
        }
    }

    /// Fires the first timer that is due. A task that ends gives its place to the next.
    pub fn fire_next(&mut self, now: Millis, log: &mut TransitionLog) -> bool {
        let mut ended = None;
        let due = self.collection.next_due();
        let has_fired = self.collection.fire_next(now, log, |_, id, _, _| {
            ended = Some(id.to_owned());
        });
        if let Some(arrival_id) = ended.and_then(|id| self.collection.arrival_id(&id)) {
            self.settle(arrival_id, due);
            self.start_next(due, log);
        }
        has_fired
    }

    /// Moves a task to its next status; one in the queue by the end of the task that it waits for.
    pub fn hasten(&mut self, id: &str, log: &mut TransitionLog, now: Millis) {
        let Some(stored) = self.collection.find(id) else {
            return;
        };
        let moved = if stored.item.is_queued() {
            self.next_to_end(&stored.item.workflow_key)
        } else {
            self.collection.arrival_id(id)
        };
        let Some(arrival_id) = moved else {
            return;
        };
        let id = self.collection.named(arrival_id).id.clone();
        self.collection.hasten(&id, &mut log.context(now, READ));
        self.settle(arrival_id, now);
        self.start_next(now, log);
    }

    /// The task under way that gives up a place first, of the same workflow if that is at its limit.
    fn next_to_end(&self, workflow_key: &str) -> Option<ArrivalId> {
        let running = self.queue.running(workflow_key);
        running
            .filter_map(|arrival_id| Some((self.collection.at(arrival_id)?, arrival_id)))
            .min_by_key(|(stored, arrival_id)| (stored.item.end_from(0), *arrival_id))
            .map(|(_, arrival_id)| arrival_id)
    }

    /// Deletes a workflow with its tasks.
    pub fn delete_workflow(&mut self, key: &str, change_context: &mut ChangeContext) -> bool {
        let Some(workflow) = self.workflows.shift_remove(key) else {
            return false;
        };
        if let Some(keys) = self.projects.get_mut(&workflow.project) {
            keys.shift_remove(key);
            if keys.is_empty() {
                self.projects.remove(&workflow.project);
            }
        }
        let account = change_context.log.account_mut();
        account.subtract(OF_WORKFLOW + workflow.heap());
        for (_, arrival_id) in self.tasks.remove(key).unwrap_or_default() {
            let stored = self.collection.named(arrival_id);
            let (scope, id, created) =
                (stored.scope.clone(), stored.id.clone(), stored.item.created);
            self.changed.extend(ChangedTask::new(&stored.item));
            self.queue.leave(key, (created, arrival_id));
            self.queue.free_place(key, arrival_id);
            self.collection.remove(&scope, &id, change_context);
        }
        self.queue.forget(key);
        let now = change_context.now;
        self.start_next(now, change_context.log);
        true
    }

    /// The instants at which the tasks of the queue begin if no command comes, of the first ones.
    pub fn foreseen_starts(&self, now: Millis) -> HashMap<ArrivalId, Millis> {
        self.queue.foresee(now, |arrival_id, begin| {
            let stored = self.collection.at(arrival_id);
            stored.map_or(begin, |stored| stored.item.end_from(begin))
        })
    }
}

/// The cause of a start from the queue.
pub const QUEUE: &str = "queue";

pack_structs! {
    ChangedTask { plan_id, workflow_key, task_id }
    WorkflowGroup { name, workflows }
}

impl WorkflowTable {
    /// Packs all but the lists of tasks, which the tasks make up. Nothing is being loaded.
    pub fn pack(&self, packer: &mut Packer) {
        self.collection.pack(packer);
        self.workflows.pack(packer);
        self.projects.pack(packer);
        self.queue.pack(packer);
        self.build_concurrency.pack(packer);
        self.changed.pack(packer);
        self.views.pack(packer);
    }

    pub fn unpack(unpacker: &mut Unpacker, log: &mut TransitionLog) -> Result<Self, UnpackError> {
        let mut table = Self {
            collection: Collection::unpack(unpacker, log)?,
            workflows: Pack::unpack(unpacker)?,
            projects: Pack::unpack(unpacker)?,
            queue: Pack::unpack(unpacker)?,
            build_concurrency: Pack::unpack(unpacker)?,
            changed: Pack::unpack(unpacker)?,
            views: Pack::unpack(unpacker)?,
            ..Self::default()
        };
        for workflow in table.workflows.values() {
            log.account_mut().add(OF_WORKFLOW + workflow.heap());
        }
        for arrival_id in table.collection.arrival_ids() {
            let task = &table.collection.named(arrival_id).item;
            let (key, created) = (task.workflow_key.clone(), task.created);
            table.list_task(&key, created, arrival_id);
        }
        Ok(table)
    }
}

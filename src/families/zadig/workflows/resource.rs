//! The tasks as the control plane sees them.

use std::ops::ControlFlow;

use super::model::definition::APPROVAL;
use super::model::status::WorkflowStatus;
use super::model::task::WorkflowTask;
use super::table::WorkflowTable;
use crate::families::zadig::kinds::ZadigResource;
use crate::families::zadig::table::Table;
use crate::sim::collection::{Collection, Resource, Stored};
use crate::sim::next::{self, Next};
use crate::sim::outlook::{Missed, Outlook, foresee};
use crate::sim::scripts::{StepQuery, Work};
use crate::sim::step_name::{StepName, Unit};
use crate::sim::summary::{ResourcePage, ResourceSummary};
use crate::sim::{Millis, NEVER};

impl ZadigResource for WorkflowTask {
    fn statuses() -> Vec<&'static str> {
        WorkflowStatus::OF_TASKS.iter().map(Into::into).collect()
    }

    fn collection(table: &Table) -> &Collection<Self> {
        &table.workflows.collection
    }

    fn collection_mut(table: &mut Table) -> &mut Collection<Self> {
        &mut table.workflows.collection
    }

    fn allowed(stored: &Stored<Self>, _: &Table, now: Millis) -> Vec<&'static str> {
        stored.item.allowed(now)
    }

    /// A task in the queue begins when others end.
    fn next_change(stored: &Stored<Self>, table: &Table, now: Millis) -> Option<Next> {
        let task = &stored.item;
        if !task.is_queued() {
            return next::next(task, now, |now| task.next_due(now));
        }
        let start = table.workflows.next_start(stored, now);
        start.map(|at| begin_at(task, at))
    }

    fn outlook(
        stored: &Stored<Self>,
        table: &Table,
        now: Millis,
        limit: Millis,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Outlook {
        let mut twin = stored.item.clone();
        let mut from = now;
        if twin.is_queued() && !is_wanted(twin.status_label(now)) {
            match table.workflows.next_start(stored, now) {
                Some(start) if start <= limit => {
                    twin.begin(start);
                    from = start;
                }
                start => {
                    let next = start.unwrap_or(NEVER);
                    return Outlook::Missed(Missed::new(&twin, now, next, twin.allowed(now)));
                }
            }
        }
        match foresee(&twin, from, limit, is_wanted) {
            Ok(at) => Outlook::Reached(at),
            Err((at, next)) => {
                let mut missed = Missed::new(&twin, at, next, twin.allowed(at));
                let gates = twin.approvals(at).map(|(_, job)| job.name.clone());
                missed.gates = gates.collect();
                Outlook::Missed(missed)
            }
        }
    }
}

impl WorkflowTable {
    /// The instant at which a task in the queue begins, if that can be foreseen.
    fn next_start(&self, stored: &Stored<WorkflowTask>, now: Millis) -> Option<Millis> {
        let arrival_id = self.collection.arrival_id(&stored.id)?;
        self.foreseen_starts(now).get(&arrival_id).copied()
    }

    /// The end of a task if no command comes: the instant, or [`NEVER`], and the status from then on.
    pub fn end_of(
        &self,
        workflow_key: &str,
        task_id: i64,
        now: Millis,
    ) -> Option<(Millis, WorkflowStatus)> {
        let stored = self.find(workflow_key, task_id)?;
        let mut twin = stored.item.clone();
        if twin.is_queued() {
            let Some(start) = self.next_start(stored, now) else {
                return Some((NEVER, WorkflowStatus::Waiting));
            };
            twin.begin(start);
        }
        let end = twin.end_from(now);
        let is_ended = !twin.holds_place(now) && !twin.is_queued() && end <= now;
        let at = if is_ended { now } else { end };
        Some((at, twin.status(at)))
    }

    /// Adds the tasks to a page of a list. The queue is foreseen once for all of them.
    pub fn add_to_page(&self, page: &mut ResourcePage, now: Millis) {
        let starts = std::cell::OnceCell::new();
        page.add(&self.collection, |stored| {
            let task = &stored.item;
            let next = if task.is_queued() {
                let starts = starts.get_or_init(|| self.foreseen_starts(now));
                let arrival_id = self.collection.arrival_id(&stored.id);
                let start = arrival_id.and_then(|arrival_id| starts.get(&arrival_id));
                start.map(|at| begin_at(task, *at))
            } else {
                next::next(task, now, |now| task.next_due(now))
            };
            ResourceSummary::new(stored, task.allowed(now), next, now)
        });
    }

    /// Visits the jobs of known workflows that scripts can decide.
    pub fn visit_steps(
        &self,
        visit: &mut dyn FnMut(&StepQuery) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for workflow in self.workflows() {
            for stage in &workflow.stages {
                for job in stage.jobs.iter().filter(|job| job.kind != APPROVAL) {
                    visit(&StepQuery {
                        family: WorkflowTask::FAMILY,
                        scope: &workflow.project,
                        id: &workflow.key,
                        name: &workflow.key,
                        step: StepName {
                            unit: Unit::Stage(&*stage.name),
                            step: &*job.name,
                        },
                        alias: None,
                        work: Work::Run,
                    })?;
                }
            }
        }
        ControlFlow::Continue(())
    }
}

/// The start of a task in the queue. One without anything to do ends there.
fn begin_at(task: &WorkflowTask, at: Millis) -> Next {
    let mut twin = task.clone();
    twin.begin(at);
    Next::new(at, None, twin.status(at).into())
}

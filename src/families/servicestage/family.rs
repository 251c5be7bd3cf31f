//! The families' tables as the registry sees them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use strum::VariantArray;

use super::commands::Commanded;
use super::controls;
use super::fixture::{ProjectFixture, ServiceStageFixture};
use super::named_collection::NamedCollection;
use super::pipelines::fixture::PipelineFixture;
use super::pipelines::{ExecutionContext, KEPT_EXECUTIONS, Pipeline, PipelineStatus};
use super::plans::fixture::PlanFixture;
use super::plans::{Plan, PlanStatus};
use super::table::Tables;
use crate::sim::Millis;
use crate::sim::collection::Resource;
use crate::sim::ids::Ids;
use crate::sim::next;
use crate::sim::outlook::{Outlook, last_change};
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};
use crate::sim::scripts::{FamilyWork, StepQuery, Work};
use crate::sim::step_name::Unit;
use crate::sim::summary::{ResourcePage, ResourceSummary};
use crate::sim::timeline::Timeline;
use crate::sim::transition::{ChangeContext, READ, TransitionLog};
use crate::world::controls::ResourceControls;
use crate::world::family::{Busy, FamilyTable};
use crate::world::fixture::{Counters, ValidationError, upsert, upsert_with};
use crate::world::handle::Shared;

impl Tables {
    fn load_project(
        &mut self,
        fixture: ProjectFixture,
        ids: &Ids,
        change_context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        let project = &fixture.id;
        for (n, plan) in fixture.release_plans.into_iter().enumerate() {
            let id = plan.id.clone();
            self.plans
                .load(project, &id, change_context, |now| plan.plan(ids, now))
                .map_err(|error| error.nested_in(format_args!("release_plans[{n}]")))?;
        }
        for (n, pipeline) in fixture.pipelines.into_iter().enumerate() {
            let id = pipeline.id.clone();
            let stored = self
                .pipelines
                .load(project, &id, change_context, |now| {
                    pipeline.pipeline(project, now)
                })
                .map_err(|error| error.nested_in(format_args!("pipelines[{n}]")))?;
            if let Some(newest) = stored.item.executions.back() {
                self.next_execution = self.next_execution.max(newest.id.saturating_add(1));
            }
        }
        Ok(())
    }
}

/// Work whose resource and steps are known before it starts.
const fn known(family: &'static str, work: Work, unit: Unit<()>) -> FamilyWork {
    FamilyWork {
        family,
        work,
        unit,
        names_its_steps: false,
    }
}

impl FamilyTable for Tables {
    type State = ServiceStageFixture;

    const NAMES: &'static [&'static str] = &[Plan::FAMILY, Pipeline::FAMILY];

    const WORKS: &'static [FamilyWork] = &[
        known(Plan::FAMILY, Work::Run, Unit::Stage(())),
        known(Plan::FAMILY, Work::Rollback, Unit::Stage(())),
        known(Plan::FAMILY, Work::Abort, Unit::Whole),
        known(Pipeline::FAMILY, Work::Run, Unit::Stage(())),
        known(Pipeline::FAMILY, Work::Rollback, Unit::Whole),
    ];

    fn next_due(&self) -> Millis {
        let (plans, pipelines) = (&self.plans.collection, &self.pipelines.collection);
        plans.next_due().min(pipelines.next_due())
    }

    fn fire_next(&mut self, now: Millis, shared: &mut Shared) -> bool {
        let Shared { scripts, log, .. } = shared;
        // Nobody can refuse a scheduled start; while the memory is full, it takes the place of the last one.
        let most_kept = if log.account().is_full() {
            1
        } else {
            KEPT_EXECUTIONS
        };
        let (plans, pipelines) = (&mut self.plans.collection, &mut self.pipelines.collection);
        plans.fire_next(now, log, |_, _, _, _| ())
            || pipelines.fire_next(now, log, |_, _, pipeline, now| {
                pipeline.fire(&mut ExecutionContext {
                    caller: None,
                    now,
                    next_execution: &mut self.next_execution,
                    scripts,
                    most_kept,
                });
            })
    }

    fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
        add: &mut dyn FnMut(&'static str, &'a str, usize),
    ) {
        for (status, count) in self.plans.collection.count_by_status(log) {
            add(Plan::FAMILY, status, count);
        }
        for (status, count) in self.pipelines.collection.count_by_status(log) {
            add(Pipeline::FAMILY, status, count);
        }
    }

    fn timeline(&self, family: &str, id: &str, now: Millis, shared: &Shared) -> Option<Timeline> {
        if family == Plan::FAMILY {
            let stored = self.plans.collection.find(id)?;
            let plan = &stored.item;
            let next = next::next(plan, now, |now| plan.next_due(now));
            let allowed = plan.allowed(now);
            Some(Timeline::new(stored, allowed, next, now, &shared.log))
        } else {
            let stored = self.pipelines.collection.find(id)?;
            let pipeline = &stored.item;
            let next = pipeline.next(now, &shared.scripts);
            let allowed = pipeline.allowed(now);
            Some(Timeline::new(stored, allowed, next, now, &shared.log))
        }
    }

    fn controls(&self, family: &str, id: &str, now: Millis) -> Option<ResourceControls> {
        if family == Plan::FAMILY {
            let stored = self.plans.collection.find(id)?;
            Some(controls::of_plan(stored, now))
        } else {
            let stored = self.pipelines.collection.find(id)?;
            Some(controls::of_pipeline(stored, now))
        }
    }

    fn list_resources(&self, page: &mut ResourcePage, now: Millis, shared: &Shared) {
        page.add(&self.plans.collection, |stored| {
            let plan = &stored.item;
            let next = next::next(plan, now, |now| plan.next_due(now));
            ResourceSummary::new(stored, plan.allowed(now), next, now)
        });
        page.add(&self.pipelines.collection, |stored| {
            let pipeline = &stored.item;
            let next = pipeline.next(now, &shared.scripts);
            ResourceSummary::new(stored, pipeline.allowed(now), next, now)
        });
    }

    fn statuses(family: &str) -> Vec<(&'static str, &'static str)> {
        if family == Plan::FAMILY {
            return PlanStatus::TEXTS
                .iter()
                .map(|text| (*text, *text))
                .collect();
        }
        let statuses = PipelineStatus::VARIANTS.iter();
        statuses
            .map(|status| (status.as_str(), status.meaning()))
            .collect()
    }

    fn status_at(&self, family: &str, id: &str, at: Millis) -> Option<String> {
        let status = if family == Plan::FAMILY {
            self.plans.collection.find(id)?.item.status_label(at)
        } else {
            self.pipelines.collection.find(id)?.item.status_label(at)
        };
        Some(status.to_owned())
    }

    fn outlook(
        &self,
        (family, id): (&str, &str),
        now: Millis,
        limit: Millis,
        is_wanted: &dyn Fn(&str) -> bool,
        shared: &Shared,
    ) -> Option<Outlook> {
        if family == Plan::FAMILY {
            let plan = &self.plans.collection.find(id)?.item;
            let allowed = |at| plan.allowed(at);
            return Some(Outlook::new(plan, now, limit, is_wanted, allowed));
        }
        let pipeline = &self.pipelines.collection.find(id)?.item;
        Some(pipeline.outlook(now, limit, is_wanted, &shared.scripts))
    }

    fn busiest(&self, now: Millis, limit: Millis) -> Option<Busy> {
        let plans = last_change(&self.plans.collection, now, limit).map(Busy::new);
        let pipelines = last_change(&self.pipelines.collection, now, limit).map(Busy::new);
        plans
            .into_iter()
            .chain(pipelines)
            .max_by_key(|busy| busy.until)
    }

    fn hasten(&mut self, kind: &str, id: &str, shared: &mut Shared, now: Millis) {
        let context = &mut shared.log.context(now, READ);
        if kind == Plan::KIND {
            self.plans.collection.hasten(id, context);
        } else {
            self.pipelines.collection.hasten(id, context);
        }
    }

    fn visit_steps(&self, visit: &mut dyn FnMut(&StepQuery) -> ControlFlow<()>) -> ControlFlow<()> {
        let (plans, pipelines) = (&self.plans.collection, &self.pipelines.collection);
        for stored in plans.scopes().flat_map(|project| plans.of(project)) {
            stored.item.visit_steps(&stored.scope, &stored.id, visit)?;
        }
        let mut all = pipelines.scopes().flat_map(|project| pipelines.of(project));
        all.try_for_each(|stored| stored.item.visit_steps(visit))
    }

    fn inherit_history(
        &mut self,
        old: &Self,
        since: Option<&Self>,
        old_log: &TransitionLog,
        context: &mut ChangeContext,
    ) {
        let (plans, since_plans) = (
            &mut self.plans.collection,
            since.map(|since| &since.plans.collection),
        );
        plans.inherit_history(&old.plans.collection, since_plans, old_log, context);
        let (pipelines, since) = (
            &mut self.pipelines.collection,
            since.map(|since| &since.pipelines.collection),
        );
        pipelines.inherit_history(&old.pipelines.collection, since, old_log, context);
    }

    fn load(
        &mut self,
        state: ServiceStageFixture,
        ids: &Ids,
        context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        for (n, project) in state.projects.into_iter().enumerate() {
            self.load_project(project, ids, context)
                .map_err(|error| error.nested_in(format_args!("projects[{n}]")))?;
        }
        Ok(())
    }

    /// The tables in the fixture format, oldest first, which is the order that loading needs.
    fn save(&self, now: Millis) -> ServiceStageFixture {
        let (plans, pipelines) = (&self.plans.collection, &self.pipelines.collection);
        let projects: BTreeSet<&str> = plans.scopes().chain(pipelines.scopes()).collect();
        let projects = projects.into_iter().map(|id| ProjectFixture {
            id: id.to_owned(),
            release_plans: plans
                .of(id)
                .map(|stored| PlanFixture::new(&stored.id, &stored.item, now))
                .collect(),
            pipelines: pipelines
                .of(id)
                .map(|stored| PipelineFixture::new(&stored.item, now))
                .collect(),
        });
        ServiceStageFixture {
            projects: projects.collect(),
        }
    }

    fn pack(&self, packer: &mut Packer) {
        self.plans.pack(packer);
        self.pipelines.pack(packer);
        self.next_execution.pack(packer);
    }

    fn unpack(
        &mut self,
        unpacker: &mut Unpacker,
        log: &mut TransitionLog,
    ) -> Result<(), UnpackError> {
        self.plans = NamedCollection::unpack(unpacker, log)?;
        self.pipelines = NamedCollection::unpack(unpacker, log)?;
        self.next_execution = Pack::unpack(unpacker)?;
        Ok(())
    }

    fn merge(state: &mut ServiceStageFixture, patch: ServiceStageFixture) {
        upsert_with(
            &mut state.projects,
            patch.projects,
            |project| project.id.as_str(),
            |old, new| {
                upsert(&mut old.release_plans, new.release_plans, |plan| {
                    plan.id.as_str()
                });
                upsert(&mut old.pipelines, new.pipelines, |pipeline| {
                    pipeline.id.as_str()
                });
            },
        );
    }

    fn load_counters(&mut self, counters: Counters) {
        let next = counters.next_execution_id.unwrap_or(0);
        self.next_execution = self.next_execution.max(next);
    }

    fn save_counters(&self, counters: &mut Counters) {
        counters.next_execution_id = Some(self.next_execution);
    }
}

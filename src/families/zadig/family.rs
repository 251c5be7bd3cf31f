//! The family's table as the registry sees it.

use std::ops::ControlFlow;

use super::controls;
use super::fixture::{ZadigFixture, ZadigProject};
use super::kinds::{self, ZadigResource};
use super::release_plans::model::plan::ZadigPlan;
use super::release_plans::table::ZadigPlanTable;
use super::table::Table;
use super::versions::model::version::{FAMILY, Version};
use super::versions::table::VersionTable;
use super::workflows::model::task::WorkflowTask;
use super::workflows::table::WorkflowTable;
use crate::sim::Millis;
use crate::sim::collection::Resource;
use crate::sim::ids::Ids;
use crate::sim::outlook::Outlook;
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};
use crate::sim::scripts::{FamilyWork, StepQuery, Work};
use crate::sim::step_name::Unit;
use crate::sim::summary::ResourcePage;
use crate::sim::timeline::Timeline;
use crate::sim::transition::{ChangeContext, READ, TransitionLog};
use crate::world::controls::ResourceControls;
use crate::world::family::{Busy, FamilyTable};
use crate::world::fixture::{ValidationError, upsert_with};
use crate::world::handle::Shared;
use crate::world::settings::Settings;

impl FamilyTable for Table {
    type State = ZadigFixture;

    const NAMES: &'static [&'static str] = &[FAMILY];

    const WORKS: &'static [FamilyWork] = &[
        FamilyWork {
            family: FAMILY,
            work: Work::Run,
            unit: Unit::Service(()),
            names_its_steps: true,
        },
        FamilyWork {
            family: FAMILY,
            work: Work::Run,
            unit: Unit::Stage(()),
            names_its_steps: true,
        },
    ];

    fn new(settings: &Settings) -> Self {
        Self::of(settings)
    }

    fn settle(&self, settings: &mut Settings) {
        settings.zadig = Some(self.generation());
    }

    fn complete(state: &mut ZadigFixture, fixtures: &ZadigFixture) {
        state.generation = state.generation.or(fixtures.generation);
    }

    fn next_due(&self) -> Millis {
        let versions = Version::collection(self).next_due();
        let tasks = WorkflowTask::collection(self).next_due();
        let plans = ZadigPlan::collection(self).next_due();
        versions.min(tasks).min(plans)
    }

    fn fire_next(&mut self, now: Millis, shared: &mut Shared) -> bool {
        kinds::fire::<Version>(self, now, &mut shared.log)
            || self.fire_next_task(now, shared)
            || self.fire_next_plan(now, shared)
    }

    fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
        add: &mut dyn FnMut(&'static str, &'a str, usize),
    ) {
        kinds::count::<Version>(self, log, add);
        kinds::count::<WorkflowTask>(self, log, add);
        kinds::count::<ZadigPlan>(self, log, add);
    }

    fn timeline(&self, _: &str, id: &str, now: Millis, shared: &Shared) -> Option<Timeline> {
        let log = &shared.log;
        kinds::timeline::<Version>(self, id, now, log)
            .or_else(|| kinds::timeline::<WorkflowTask>(self, id, now, log))
            .or_else(|| kinds::timeline::<ZadigPlan>(self, id, now, log))
    }

    fn controls(&self, _: &str, id: &str, now: Millis) -> Option<ResourceControls> {
        let version = kinds::find::<Version>(self, id);
        let task = || kinds::find::<WorkflowTask>(self, id);
        let plan = || kinds::find::<ZadigPlan>(self, id);
        version
            .map(|version| controls::of_version(version, self, now))
            .or_else(|| task().map(|task| controls::of_task(task, now)))
            .or_else(|| plan().map(|plan| controls::of_plan(plan, self, now)))
    }

    fn list_resources(&self, page: &mut ResourcePage, now: Millis, _: &Shared) {
        kinds::add_to_page::<Version>(self, page, now);
        self.workflows.add_to_page(page, now);
        kinds::add_to_page::<ZadigPlan>(self, page, now);
    }

    /// Those of all kinds, each once.
    fn statuses(_: &str) -> Vec<(&'static str, &'static str)> {
        let mut statuses = Vec::new();
        for status in [
            Version::statuses(),
            WorkflowTask::statuses(),
            ZadigPlan::statuses(),
        ]
        .into_iter()
        .flatten()
        {
            if !statuses.contains(&(status, status)) {
                statuses.push((status, status));
            }
        }
        statuses
    }

    fn status_at(&self, _: &str, id: &str, at: Millis) -> Option<String> {
        kinds::status_at::<Version>(self, id, at)
            .or_else(|| kinds::status_at::<WorkflowTask>(self, id, at))
            .or_else(|| kinds::status_at::<ZadigPlan>(self, id, at))
    }

    fn outlook(
        &self,
        (_, id): (&str, &str),
        now: Millis,
        limit: Millis,
        is_wanted: &dyn Fn(&str) -> bool,
        _: &Shared,
    ) -> Option<Outlook> {
        kinds::outlook::<Version>(self, id, now, limit, is_wanted)
            .or_else(|| kinds::outlook::<WorkflowTask>(self, id, now, limit, is_wanted))
            .or_else(|| kinds::outlook::<ZadigPlan>(self, id, now, limit, is_wanted))
    }

    fn busiest(&self, now: Millis, limit: Millis) -> Option<Busy> {
        let busy = [
            kinds::busiest::<Version>(self, now, limit),
            kinds::busiest::<WorkflowTask>(self, now, limit),
            kinds::busiest::<ZadigPlan>(self, now, limit),
        ];
        busy.into_iter().flatten().max_by_key(|busy| busy.until)
    }

    fn hasten(&mut self, kind: &str, id: &str, shared: &mut Shared, now: Millis) {
        if kind == Version::KIND {
            kinds::hasten::<Version>(self, id, &mut shared.log, now);
        } else if kind == WorkflowTask::KIND {
            self.workflows.hasten(id, &mut shared.log, now);
            self.note_changed_tasks(READ, now, shared);
        } else if kind == ZadigPlan::KIND {
            self.hasten_plan(id, shared, now);
        }
    }

    fn visit_steps(&self, visit: &mut dyn FnMut(&StepQuery) -> ControlFlow<()>) -> ControlFlow<()> {
        self.workflows.visit_steps(visit)
    }

    fn inherit_history(
        &mut self,
        old: &Self,
        since: Option<&Self>,
        old_log: &TransitionLog,
        context: &mut ChangeContext,
    ) {
        kinds::inherit_history::<Version>(self, old, since, old_log, context);
        kinds::inherit_history::<WorkflowTask>(self, old, since, old_log, context);
        kinds::inherit_history::<ZadigPlan>(self, old, since, old_log, context);
    }

    fn load(
        &mut self,
        fixture: ZadigFixture,
        ids: &Ids,
        context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        self.named = fixture.generation;
        self.workflows
            .set_concurrency(fixture.workflow_concurrency, fixture.build_concurrency);
        for (n, project) in fixture.projects.into_iter().enumerate() {
            self.load_project(project, ids, context)
                .map_err(|error| error.nested_in(format!("projects[{n}]")))?;
        }
        // The whole queue must be known before the first task begins.
        self.workflows.finish_loading(context);
        let generation = self.generation();
        for (n, plan) in fixture.release_plans.into_iter().enumerate() {
            self.release_plans
                .load(plan, generation, ids, &mut self.workflows, context)
                .map_err(|error| error.nested_in(format!("release_plans[{n}]")))?;
        }
        let last = fixture.last_release_plan.unwrap_or_default();
        self.release_plans.note_index(last);
        self.workflows.changed.clear();
        Ok(())
    }

    fn save(&self, now: Millis) -> ZadigFixture {
        self.save_fixture(now)
    }

    fn pack(&self, packer: &mut Packer) {
        self.named.pack(packer);
        self.versions.pack(packer);
        self.release_plans.pack(packer);
        self.workflows.pack(packer);
        self.catalog.pack(packer);
    }

    /// The part that the settings give stays.
    fn unpack(
        &mut self,
        unpacker: &mut Unpacker,
        log: &mut TransitionLog,
    ) -> Result<(), UnpackError> {
        self.named = Pack::unpack(unpacker)?;
        self.versions = VersionTable::unpack(unpacker, log)?;
        self.release_plans = ZadigPlanTable::unpack(unpacker, log)?;
        self.workflows = WorkflowTable::unpack(unpacker, log)?;
        self.catalog = Pack::unpack(unpacker)?;
        Ok(())
    }

    fn merge(fixture: &mut ZadigFixture, patch: ZadigFixture) {
        fixture.generation = patch.generation.or(fixture.generation);
        fixture.workflow_concurrency = patch.workflow_concurrency.or(fixture.workflow_concurrency);
        fixture.build_concurrency = patch.build_concurrency.or(fixture.build_concurrency);
        fixture.merge_plans(patch.release_plans, patch.last_release_plan);
        upsert_with(
            &mut fixture.projects,
            patch.projects,
            |project| project.key.as_str(),
            ZadigProject::merge,
        );
    }
}

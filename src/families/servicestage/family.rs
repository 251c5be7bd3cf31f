//! The families' tables as the registry sees them.

use super::fixture::{self, ServiceStageFixture};
use super::tables::Tables;
use super::{pipelines, plans};
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::sim::timeline::Timeline;
use crate::sim::transition::{ChangeContext, TransitionLog};
use crate::world::family::FamilyTable;
use crate::world::fixture::{Counters, ValidationError};
use crate::world::handle::Shared;

impl FamilyTable for Tables {
    type State = ServiceStageFixture;

    const NAMES: &'static [&'static str] = &[plans::FAMILY, pipelines::FAMILY];

    fn next_due(&self) -> Millis {
        self.plans
            .next_due()
            .min(self.pipelines.collection().next_due())
    }

    fn fire_next(&mut self, now: Millis, shared: &mut Shared) -> bool {
        let Shared { scripts, log, .. } = shared;
        self.plans.fire_next(now, log) || self.pipelines.fire_next(now, scripts, log)
    }

    fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
        add: &mut dyn FnMut(&'static str, &'a str, usize),
    ) {
        for (status, count) in self.plans.count_by_status(log) {
            add(plans::FAMILY, status, count);
        }
        for (status, count) in self.pipelines.collection().count_by_status(log) {
            add(pipelines::FAMILY, status, count);
        }
    }

    fn timeline(&self, family: &str, id: &str, now: Millis, shared: &Shared) -> Option<Timeline> {
        if family == plans::FAMILY {
            self.plans.timeline(id, now, &shared.log)
        } else {
            self.pipelines.timeline(id, now, shared)
        }
    }

    fn inherit_history(
        &mut self,
        old: &mut Self,
        old_log: &TransitionLog,
        context: &mut ChangeContext,
    ) {
        self.plans.inherit_history(&mut old.plans, old_log, context);
        let pipelines = &mut old.pipelines;
        self.pipelines.inherit_history(pipelines, old_log, context);
    }

    fn load(
        &mut self,
        state: ServiceStageFixture,
        ids: &Ids,
        context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        fixture::load(self, state, ids, context)
    }

    fn save(&self, now: Millis) -> ServiceStageFixture {
        fixture::save(self, now)
    }

    fn merge(state: &mut ServiceStageFixture, patch: ServiceStageFixture) {
        state.merge(patch);
    }

    fn load_counters(&mut self, counters: Counters) {
        let next = counters.next_execution_id.unwrap_or(0);
        self.pipelines.skip_to_execution(next);
    }

    fn save_counters(&self, counters: &mut Counters) {
        counters.next_execution_id = Some(self.pipelines.next_execution());
    }
}

//! The family's table as the registry sees it.

use strum::VariantArray;

use super::fixture::{ZadigFixture, ZadigProject};
use super::table::Table;
use super::versions::model::rows::VersionStatus;
use super::versions::model::version::FAMILY;
use crate::sim::Millis;
use crate::sim::collection::Resource;
use crate::sim::ids::Ids;
use crate::sim::next;
use crate::sim::outlook::{Outlook, last_change};
use crate::sim::scripts::{FamilyWork, Work};
use crate::sim::step_name::Unit;
use crate::sim::summary::{ResourcePage, ResourceSummary};
use crate::sim::timeline::Timeline;
use crate::sim::transition::{ChangeContext, READ, TransitionLog};
use crate::world::family::{Busy, FamilyTable};
use crate::world::fixture::{ValidationError, upsert_with};
use crate::world::handle::Shared;
use crate::world::settings::Settings;

impl FamilyTable for Table {
    type State = ZadigFixture;

    const NAMES: &'static [&'static str] = &[FAMILY];

    const WORKS: &'static [FamilyWork] = &[FamilyWork {
        family: FAMILY,
        work: Work::Run,
        unit: Unit::Service(()),
        names_its_steps: true,
    }];

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
        self.versions.collection.next_due()
    }

    fn fire_next(&mut self, now: Millis, shared: &mut Shared) -> bool {
        self.versions
            .collection
            .fire_next(now, &mut shared.log, |_, _, _, _| ())
    }

    fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
        add: &mut dyn FnMut(&'static str, &'a str, usize),
    ) {
        for (status, count) in self.versions.collection.count_by_status(log) {
            add(FAMILY, status, count);
        }
    }

    fn timeline(&self, _: &str, id: &str, now: Millis, shared: &Shared) -> Option<Timeline> {
        let stored = self.versions.collection.find(&id.to_ascii_lowercase())?;
        let version = &stored.item;
        let next = next::next(version, now, |now| version.next_due(now));
        let allowed = version.allowed(now);
        Some(Timeline::new(stored, allowed, next, now, &shared.log))
    }

    fn list_resources(&self, page: &mut ResourcePage, now: Millis, _: &Shared) {
        page.add(&self.versions.collection, |stored| {
            let version = &stored.item;
            let next = next::next(version, now, |now| version.next_due(now));
            ResourceSummary::new(stored, version.allowed(now), next, now)
        });
    }

    fn statuses(_: &str) -> Vec<(&'static str, &'static str)> {
        let statuses = VersionStatus::VARIANTS.iter();
        statuses
            .map(|status| (status.into(), status.into()))
            .collect()
    }

    fn status_at(&self, _: &str, id: &str, at: Millis) -> Option<String> {
        let stored = self.versions.collection.find(&id.to_ascii_lowercase())?;
        Some(stored.item.status_label(at).to_owned())
    }

    fn outlook(
        &self,
        (_, id): (&str, &str),
        now: Millis,
        limit: Millis,
        is_wanted: &dyn Fn(&str) -> bool,
        _: &Shared,
    ) -> Option<Outlook> {
        let version = &self
            .versions
            .collection
            .find(&id.to_ascii_lowercase())?
            .item;
        let allowed = |at| version.allowed(at);
        Some(Outlook::new(version, now, limit, is_wanted, allowed))
    }

    fn busiest(&self, now: Millis, limit: Millis) -> Option<Busy> {
        last_change(&self.versions.collection, now, limit).map(Busy::new)
    }

    fn hasten(&mut self, _: &str, id: &str, shared: &mut Shared, now: Millis) {
        self.versions
            .collection
            .hasten(id, &mut shared.log.context(now, READ));
    }

    fn inherit_history(
        &mut self,
        old: &Self,
        since: Option<&Self>,
        old_log: &TransitionLog,
        context: &mut ChangeContext,
    ) {
        let since = since.map(|since| &since.versions.collection);
        self.versions
            .collection
            .inherit_history(&old.versions.collection, since, old_log, context);
    }

    fn load(
        &mut self,
        fixture: ZadigFixture,
        ids: &Ids,
        context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        self.named = fixture.generation;
        for (n, project) in fixture.projects.into_iter().enumerate() {
            self.load_project(project, ids, context)
                .map_err(|error| error.nested_in(format!("projects[{n}]")))?;
        }
        Ok(())
    }

    fn save(&self, now: Millis) -> ZadigFixture {
        self.save_fixture(now)
    }

    fn merge(fixture: &mut ZadigFixture, patch: ZadigFixture) {
        fixture.generation = patch.generation.or(fixture.generation);
        upsert_with(
            &mut fixture.projects,
            patch.projects,
            |project| project.key.as_str(),
            ZadigProject::merge,
        );
    }
}

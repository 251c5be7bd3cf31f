//! The family's table as the registry sees it.

use super::fixture::AsmFixture;
use super::meshes::model::mesh;
use super::run::FAMILY;
use super::table::Table;
use crate::sim::Millis;
use crate::sim::collection::Resource;
use crate::sim::ids::Ids;
use crate::sim::timeline::{self, Timeline};
use crate::sim::transition::{CLOCK, ChangeContext, TransitionLog};
use crate::world::family::FamilyTable;
use crate::world::fixture::ValidationError;
use crate::world::handle::Shared;

impl FamilyTable for Table {
    type State = AsmFixture;

    const NAMES: &'static [&'static str] = &[FAMILY];

    fn next_due(&self) -> Millis {
        self.meshes.next_due().min(self.releases.next_due())
    }

    fn fire_next(&mut self, now: Millis, shared: &mut Shared) -> bool {
        let log = &mut shared.log;
        if self.releases.fire_next(now, log, |_, _, _, _| ()) {
            return true;
        }
        let mut gone = None;
        let fired = self.meshes.fire_next(now, log, |project, id, _, due| {
            gone = Some((project.to_owned(), id.to_owned(), due));
        });
        if let Some((project, id, due)) = gone {
            self.remove_mesh(&project, &id, &mut log.context(due, CLOCK));
        }
        fired
    }

    fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
        add: &mut dyn FnMut(&'static str, &'a str, usize),
    ) {
        let meshes = self.meshes.count_by_status(log);
        for (status, count) in meshes.chain(self.releases.count_by_status(log)) {
            add(FAMILY, status, count);
        }
    }

    /// The id is a release's uid, else a mesh's id.
    fn timeline(&self, _: &str, id: &str, now: Millis, shared: &Shared) -> Option<Timeline> {
        let log = &shared.log;
        if let Some(stored) = self.releases.find(id) {
            let release = &stored.item;
            let next = timeline::next(release, now, |now| release.next_due(now));
            return Some(Timeline::new(stored, release.allowed(), next, now, log));
        }
        let stored = self.meshes.find(id)?;
        let mesh = &stored.item;
        let next = timeline::next(mesh, now, |now| mesh.next_due(now));
        Some(Timeline::new(stored, vec![mesh::DELETE], next, now, log))
    }

    fn inherit_history(
        &mut self,
        old: &mut Self,
        old_log: &TransitionLog,
        context: &mut ChangeContext,
    ) {
        self.meshes
            .inherit_history(&mut old.meshes, old_log, context);
        self.releases
            .inherit_history(&mut old.releases, old_log, context);
    }

    fn load(
        &mut self,
        state: AsmFixture,
        ids: &Ids,
        context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        self.load_fixture(state, ids, context)
    }

    fn save(&self, now: Millis) -> AsmFixture {
        self.save_fixture(now)
    }

    fn merge(state: &mut AsmFixture, patch: AsmFixture) {
        state.merge(patch);
    }
}

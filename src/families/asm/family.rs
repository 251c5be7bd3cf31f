//! The family's table as the registry sees it.

use strum::VariantArray;

use super::fixture::{AsmFixture, MeshFixture};
use super::meshes::model::mesh::{self, MeshPhase};
use super::releases::Release;
use super::releases::model::release;
use super::run::FAMILY;
use super::table::Table;
use crate::sim::Millis;
use crate::sim::collection::{Resource, Stored};
use crate::sim::ids::Ids;
use crate::sim::next::{self, Next};
use crate::sim::outlook::{Outlook, last_change};
use crate::sim::pack::{Packer, UnpackError, Unpacker};
use crate::sim::scripts::{FamilyWork, Work};
use crate::sim::step_name::Unit;
use crate::sim::summary::{ResourcePage, ResourceSummary};
use crate::sim::timeline::Timeline;
use crate::sim::transition::{CLOCK, ChangeContext, READ, TransitionLog};
use crate::world::controls::ResourceControls;
use crate::world::family::{Busy, FamilyTable};
use crate::world::fixture::{ValidationError, upsert_with};
use crate::world::handle::Shared;

impl FamilyTable for Table {
    type State = AsmFixture;

    const NAMES: &'static [&'static str] = &[FAMILY];

    /// A mesh of every project is deleted in the project that the request names.
    const WORKS: &'static [FamilyWork] = &[
        FamilyWork {
            family: FAMILY,
            work: Work::Create,
            unit: Unit::Whole,
            names_its_steps: true,
        },
        FamilyWork {
            family: FAMILY,
            work: Work::Delete,
            unit: Unit::Whole,
            names_its_steps: true,
        },
    ];

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
            let next = self.next_of_release(stored, now);
            let allowed = stored.item.allowed();
            return Some(Timeline::new(stored, allowed, next, now, log));
        }
        let stored = self.meshes.find(id)?;
        let next = next(&stored.item, now);
        Some(Timeline::new(stored, vec![mesh::DELETE], next, now, log))
    }

    fn controls(&self, _: &str, id: &str, _: Millis) -> Option<ResourceControls> {
        self.controls_of(id)
    }

    fn list_resources(&self, page: &mut ResourcePage, now: Millis, _: &Shared) {
        page.add(&self.meshes, |stored| {
            let next = next(&stored.item, now);
            ResourceSummary::new(stored, vec![mesh::DELETE], next, now)
        });
        page.add(&self.releases, |stored| {
            let next = self.next_of_release(stored, now);
            ResourceSummary::new(stored, stored.item.allowed(), next, now)
        });
    }

    /// Releases of fixtures may have other phases.
    fn statuses(_: &str) -> Vec<(&'static str, &'static str)> {
        let phases = MeshPhase::VARIANTS.iter().map(<&'static str>::from);
        let phases = phases.chain([release::FAILED]);
        phases
            .map(|phase| (phase, phase))
            .chain([("", "gone")])
            .collect()
    }

    fn status_at(&self, _: &str, id: &str, at: Millis) -> Option<String> {
        let status = match self.releases.find(id) {
            Some(stored) => stored.item.status_label(at),
            None => self.meshes.find(id)?.item.status_label(at),
        };
        Some(status.to_owned())
    }

    fn outlook(
        &self,
        (_, id): (&str, &str),
        now: Millis,
        limit: Millis,
        is_wanted: &dyn Fn(&str) -> bool,
        _: &Shared,
    ) -> Option<Outlook> {
        let Some(stored) = self.releases.find(id) else {
            let mesh = &self.meshes.find(id)?.item;
            let allowed = |_| vec![mesh::DELETE];
            return Some(Outlook::new(mesh, now, limit, is_wanted, allowed));
        };
        let release = &stored.item;
        let removal = self
            .removal(stored, now)
            .filter(|removal| *removal <= limit);
        let outlook = Outlook::new(release, now, limit, is_wanted, |_| release.allowed());
        Some(match (outlook, removal) {
            (Outlook::Missed(_), Some(removal)) if is_wanted("") => Outlook::Reached(removal),
            (outlook, _) => outlook,
        })
    }

    fn busiest(&self, now: Millis, limit: Millis) -> Option<Busy> {
        let meshes = last_change(&self.meshes, now, limit).map(Busy::new);
        let releases = last_change(&self.releases, now, limit).map(Busy::new);
        meshes
            .into_iter()
            .chain(releases)
            .max_by_key(|busy| busy.until)
    }

    fn hasten(&mut self, kind: &str, id: &str, shared: &mut Shared, now: Millis) {
        let context = &mut shared.log.context(now, READ);
        if kind == Release::KIND {
            self.releases.hasten(id, context);
        } else if self.meshes.hasten(id, context)
            && let Some(stored) = self.meshes.find(id)
            && stored.item.is_deleted(now)
        {
            let project = stored.scope.to_string();
            self.remove_mesh(&project, id, context);
        }
    }

    fn inherit_history(
        &mut self,
        old: &Self,
        since: Option<&Self>,
        old_log: &TransitionLog,
        context: &mut ChangeContext,
    ) {
        let (meshes, releases) = (
            since.map(|since| &since.meshes),
            since.map(|since| &since.releases),
        );
        self.meshes
            .inherit_history(&old.meshes, meshes, old_log, context);
        self.releases
            .inherit_history(&old.releases, releases, old_log, context);
    }

    fn load(
        &mut self,
        state: AsmFixture,
        ids: &Ids,
        context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        let uids = state.given_uids()?;
        for (n, mesh) in state.meshes.into_iter().enumerate() {
            self.load_mesh(mesh, &uids, ids, context)
                .map_err(|error| error.nested_in(format_args!("meshes[{n}]")))?;
        }
        Ok(())
    }

    fn save(&self, now: Millis) -> AsmFixture {
        let projects = self.meshes.scopes();
        let meshes = projects.flat_map(|project| self.meshes.of(project));
        AsmFixture {
            meshes: meshes.map(|mesh| self.save_mesh(mesh, now)).collect(),
        }
    }

    fn pack(&self, packer: &mut Packer) {
        self.pack_collections(packer);
    }

    fn unpack(
        &mut self,
        unpacker: &mut Unpacker,
        log: &mut TransitionLog,
    ) -> Result<(), UnpackError> {
        self.unpack_collections(unpacker, log)
    }

    fn merge(state: &mut AsmFixture, patch: AsmFixture) {
        let meshes = &mut state.meshes;
        upsert_with(meshes, patch.meshes, |mesh| &*mesh.id, MeshFixture::merge);
    }
}

impl Table {
    /// The next change of a release: its own, or its removal with its mesh. At the same instant its own comes first.
    fn next_of_release(&self, stored: &Stored<Release>, now: Millis) -> Option<Next> {
        let removal = self.removal(stored, now);
        let removal = removal.map(|at| Next::new(at, None, ""));
        let own = next(&stored.item, now);
        own.into_iter().chain(removal).min_by_key(|next| next.at)
    }

    /// The instant at which a release is removed with its mesh, if that is being deleted.
    fn removal(&self, stored: &Stored<Release>, now: Millis) -> Option<Millis> {
        let mesh = self.meshes.find(&stored.scope)?;
        let next = next(&mesh.item, now)?;
        next.to.is_empty().then_some(next.at)
    }
}

fn next<T: Resource>(item: &T, now: Millis) -> Option<Next> {
    next::next(item, now, |now| item.next_due(now))
}

//! The kinds of resources of the family, and what the control plane asks of each alike.

use std::borrow::Cow;

use strum::VariantArray;

use super::release_plans::model::plan::ZadigPlan;
use super::release_plans::model::status::ZadigPlanStatus;
use super::table::Table;
use super::versions::model::rows::VersionStatus;
use super::versions::model::version::Version;
use crate::sim::collection::{Collection, Resource, Stored};
use crate::sim::next::{self, Next};
use crate::sim::outlook::{Missed, Outlook, last_change};
use crate::sim::summary::{ResourcePage, ResourceSummary};
use crate::sim::timeline::Timeline;
use crate::sim::transition::{ChangeContext, READ, TransitionLog};
use crate::sim::{Millis, NEVER};
use crate::world::family::Busy;

/// A kind of resource. The table is at hand where a resource depends on others.
pub trait ZadigResource: Resource + 'static {
    /// The statuses, as in transitions.
    fn statuses() -> Vec<&'static str>;

    fn collection(table: &Table) -> &Collection<Self>;

    fn collection_mut(table: &mut Table) -> &mut Collection<Self>;

    /// The id of the collection that an id of a request stands for.
    fn stored_id(id: &str) -> Cow<'_, str> {
        id.into()
    }

    /// The commands that it allows at an instant.
    fn allowed(stored: &Stored<Self>, table: &Table, now: Millis) -> Vec<&'static str>;

    /// The next change that time alone brings.
    fn next_change(stored: &Stored<Self>, _table: &Table, now: Millis) -> Option<Next> {
        let item = &stored.item;
        next::next(item, now, |now| item.next_due(now))
    }

    /// The status that time alone leads to.
    fn outlook(
        stored: &Stored<Self>,
        table: &Table,
        now: Millis,
        limit: Millis,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Outlook {
        let allowed = |at| Self::allowed(stored, table, at);
        Outlook::new(&stored.item, now, limit, is_wanted, allowed)
    }
}

impl ZadigResource for Version {
    fn statuses() -> Vec<&'static str> {
        VersionStatus::VARIANTS.iter().map(Into::into).collect()
    }

    fn collection(table: &Table) -> &Collection<Self> {
        &table.versions.collection
    }

    fn collection_mut(table: &mut Table) -> &mut Collection<Self> {
        &mut table.versions.collection
    }

    /// The service reads hexadecimal digits of either case.
    fn stored_id(id: &str) -> Cow<'_, str> {
        id.to_ascii_lowercase().into()
    }

    fn allowed(stored: &Stored<Self>, _: &Table, now: Millis) -> Vec<&'static str> {
        stored.item.allowed(now)
    }
}

impl ZadigResource for ZadigPlan {
    fn statuses() -> Vec<&'static str> {
        ZadigPlanStatus::VARIANTS.iter().map(Into::into).collect()
    }

    fn collection(table: &Table) -> &Collection<Self> {
        &table.release_plans.collection
    }

    fn collection_mut(table: &mut Table) -> &mut Collection<Self> {
        &mut table.release_plans.collection
    }

    fn stored_id(id: &str) -> Cow<'_, str> {
        id.to_ascii_lowercase().into()
    }

    fn allowed(stored: &Stored<Self>, table: &Table, now: Millis) -> Vec<&'static str> {
        stored.item.allowed(table.generation(), now)
    }

    fn next_change(stored: &Stored<Self>, table: &Table, now: Millis) -> Option<Next> {
        let twin = table.foreseen_plan(&stored.item, now);
        next::next(&twin, now, |now| twin.next_due(now))
    }

    /// The end of the window counts, too, although it is no progress.
    fn outlook(
        stored: &Stored<Self>,
        table: &Table,
        now: Millis,
        limit: Millis,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Outlook {
        let twin = table.foreseen_plan(&stored.item, now);
        let mut at = now;
        loop {
            if is_wanted(twin.status_label(at)) {
                return Outlook::Reached(at);
            }
            let next = twin.next_due(at);
            if next == NEVER || next > limit {
                let allowed = twin.allowed(table.generation(), at);
                return Outlook::Missed(Missed::new(&twin, at, next, allowed));
            }
            at = next;
        }
    }
}

pub(super) fn find<'a, K: ZadigResource>(table: &'a Table, id: &str) -> Option<&'a Stored<K>> {
    K::collection(table).find(&K::stored_id(id))
}

pub(super) fn timeline<K: ZadigResource>(
    table: &Table,
    id: &str,
    now: Millis,
    log: &TransitionLog,
) -> Option<Timeline> {
    let stored = find::<K>(table, id)?;
    let next = K::next_change(stored, table, now);
    let allowed = K::allowed(stored, table, now);
    Some(Timeline::new(stored, allowed, next, now, log))
}

pub(super) fn add_to_page<K: ZadigResource>(table: &Table, page: &mut ResourcePage, now: Millis) {
    page.add(K::collection(table), |stored| {
        let next = K::next_change(stored, table, now);
        ResourceSummary::new(stored, K::allowed(stored, table, now), next, now)
    });
}

pub(super) fn status_at<K: ZadigResource>(table: &Table, id: &str, at: Millis) -> Option<String> {
    Some(find::<K>(table, id)?.item.status_label(at).to_owned())
}

pub(super) fn outlook<K: ZadigResource>(
    table: &Table,
    id: &str,
    now: Millis,
    limit: Millis,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Option<Outlook> {
    let stored = find::<K>(table, id)?;
    Some(K::outlook(stored, table, now, limit, is_wanted))
}

pub(super) fn busiest<K: ZadigResource>(table: &Table, now: Millis, limit: Millis) -> Option<Busy> {
    last_change(K::collection(table), now, limit).map(Busy::new)
}

pub(super) fn count<'a, K: ZadigResource>(
    table: &'a Table,
    log: &'a TransitionLog,
    add: &mut dyn FnMut(&'static str, &'a str, usize),
) {
    for (status, count) in K::collection(table).count_by_status(log) {
        add(K::FAMILY, status, count);
    }
}

pub(super) fn fire<K: ZadigResource>(
    table: &mut Table,
    now: Millis,
    log: &mut TransitionLog,
) -> bool {
    K::collection_mut(table).fire_next(now, log, |_, _, _, _| ())
}

pub(super) fn hasten<K: ZadigResource>(
    table: &mut Table,
    id: &str,
    log: &mut TransitionLog,
    now: Millis,
) {
    K::collection_mut(table).hasten(id, &mut log.context(now, READ));
}

pub(super) fn inherit_history<K: ZadigResource>(
    table: &mut Table,
    old: &Table,
    since: Option<&Table>,
    old_log: &TransitionLog,
    change_context: &mut ChangeContext,
) {
    let since = since.map(K::collection);
    K::collection_mut(table).inherit_history(K::collection(old), since, old_log, change_context);
}

//! The memory of a world: a table for each family, and the part that all families share.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::families::families;
use super::state::State;
use crate::sim::ids::Ids;
use crate::sim::outlook::Outlook;
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};
use crate::sim::scripts::StepQuery;
use crate::sim::summary::ResourcePage;
use crate::sim::timeline::Timeline;
use crate::sim::transition::IMPORT;
use crate::sim::{Millis, NEVER};
use crate::world::controls::ResourceControls;
use crate::world::family::{Busy, FamilyTable};
use crate::world::fixture::{Counters, ValidationError};
use crate::world::handle::Shared;
use crate::world::settings::Settings;

/// Declares [`Database`] with a field for each table.
macro_rules! database {
    (services: $($service:ty),+; tables: $($(#[$doc:meta])+ $field:ident: $table:ty),+;) => {
        /// The whole memory of a world. A clone is cheap: it shares the resources.
        #[derive(Clone, Debug)]
        pub struct Database {
            $(pub(super) $field: $table,)+
            pub shared: Shared,
            /// The number of changes so far, as far as it may have been changed.
            pub(super) version: u64,
        }

        impl Database {
            /// An empty memory.
            pub fn new(settings: &Settings) -> Self {
                Self { $($field: FamilyTable::new(settings),)+ shared: Shared::new(settings), version: 0 }
            }

            /// Settings in which the tables have filled in what was left to them.
            pub(super) fn settled(&self, settings: &Settings) -> Settings {
                let mut settings = settings.clone();
                $(self.$field.settle(&mut settings);)+
                settings
            }

            /// The next instant at which a resource changes by itself.
            pub fn next_due(&self) -> Millis {
                NEVER$(.min(self.$field.next_due()))+
            }

            /// Fires a timer that is due.
            pub(super) fn fire_next(&mut self, due: Millis) {
                let _ = $(self.$field.fire_next(due, &mut self.shared))||+;
            }

            /// The number of resources by family and status, once everything due has happened.
            pub fn count_by_status(&self) -> BTreeMap<(&'static str, &str), usize> {
                let mut counts = BTreeMap::new();
                let mut add = |family, status, count| *counts.entry((family, status)).or_default() += count;
                $(self.$field.count_by_status(&self.shared.log, &mut add);)+
                counts
            }

            /// The history, the allowed commands and the next change of a resource.
            pub fn timeline(&self, family: &str, id: &str, now: Millis) -> Result<Timeline, Unknown> {
                $(if <$table>::NAMES.contains(&family) {
                    let timeline = self.$field.timeline(family, id, now, &self.shared);
                    return timeline.ok_or_else(|| Unknown::resource(family, id));
                })+
                Err(Unknown::family(family))
            }

            /// The requests about a resource.
            pub fn controls(&self, family: &str, id: &str, now: Millis) -> Result<ResourceControls, Unknown> {
                $(if <$table>::NAMES.contains(&family) {
                    let controls = self.$field.controls(family, id, now);
                    return controls.ok_or_else(|| Unknown::resource(family, id));
                })+
                Err(Unknown::family(family))
            }

            /// Adds the resources of all families to a page.
            pub fn list(&self, page: &mut ResourcePage, now: Millis) {
                $(self.$field.list_resources(page, now, &self.shared);)+
            }

            /// The statuses of the resources of a family, each as in transitions and in words.
            pub fn statuses(&self, family: &str) -> Vec<(&'static str, &'static str)> {
                $(if <$table>::NAMES.contains(&family) {
                    return <$table>::statuses(family);
                })+
                Vec::new()
            }

            /// The status of a resource at an instant.
            pub(super) fn status_at(&self, family: &str, id: &str, at: Millis) -> Result<String, Unknown> {
                $(if <$table>::NAMES.contains(&family) {
                    return self.$field.status_at(family, id, at).ok_or_else(|| Unknown::resource(family, id));
                })+
                Err(Unknown::family(family))
            }

            /// The outlook of a resource for a status.
            pub(super) fn outlook(
                &self,
                family: &str,
                id: &str,
                now: Millis,
                limit: Millis,
                wanted: &str,
            ) -> Result<Outlook, Unknown> {
                let is_wanted = |status: &str| status == wanted;
                $(if <$table>::NAMES.contains(&family) {
                    let resource = (family, id);
                    let outlook = self.$field.outlook(resource, now, limit, &is_wanted, &self.shared);
                    return outlook.ok_or_else(|| Unknown::resource(family, id));
                })+
                Err(Unknown::family(family))
            }

            /// The resource that time alone moves for longest.
            pub(super) fn busiest(&self, now: Millis, limit: Millis) -> Option<Busy> {
                let busiest = [$(self.$field.busiest(now, limit)),+];
                busiest.into_iter().flatten().max_by_key(|busy| busy.until)
            }

            /// Visits the steps of known resources that scripts can decide, until `visit` breaks.
            pub(super) fn visit_steps(
                &self,
                visit: &mut dyn FnMut(&StepQuery) -> ControlFlow<()>,
            ) -> ControlFlow<()> {
                $(self.$field.visit_steps(visit)?;)+
                ControlFlow::Continue(())
            }

            /// Takes over the histories of the resources that both hold; of those alone that have changed since the old
            /// one looked like `since`, if that is given.
            pub(super) fn inherit_histories(&mut self, old: &Self, since: Option<&Self>, now: Millis) {
                let context = &mut self.shared.log.context(now, IMPORT);
                $({
                    let since = since.map(|since| &since.$field);
                    self.$field.inherit_history(&old.$field, since, &old.shared.log, context);
                })+
            }

            fn load_tables(&mut self, state: State, ids: &Ids, now: Millis) -> Result<(), ValidationError> {
                $({
                    let context = &mut self.shared.log.context(now, IMPORT);
                    let loaded = self.$field.load(state.$field, ids, context);
                    loaded.map_err(|error| error.nested_in(stringify!($field)))?;
                    self.$field.load_counters(state.emulator);
                })+
                Ok(())
            }

            /// Packs the whole memory.
            pub(super) fn pack(&self, packer: &mut Packer) {
                let Shared { identities, scripts, log } = &self.shared;
                log.pack(packer);
                scripts.pack(packer);
                identities.pack(packer);
                $(self.$field.pack(packer);)+
                self.version.pack(packer);
            }

            /// A memory that was packed. Its transitions have been published.
            pub(super) fn unpack(settings: &Settings, unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
                let mut database = Self::new(settings);
                database.shared.log.unpack(unpacker)?;
                database.shared.scripts.unpack(unpacker)?;
                database.shared.identities.unpack(unpacker)?;
                $(database.$field.unpack(unpacker, &mut database.shared.log)?;)+
                database.version = Pack::unpack(unpacker)?;
                Ok(database)
            }

            /// The memory in the fixture format.
            pub fn save(&self, ids: &Ids, now: Millis) -> State {
                let mut emulator = Counters { ids_drawn: Some(ids.drawn()), ..Counters::default() };
                $(self.$field.save_counters(&mut emulator);)+
                State {
                    $($field: self.$field.save(now),)+
                    identities: self.shared.identities.save(),
                    emulator,
                    ..State::default()
                }
            }
        }

    };
}
families!(database);

/// The unknown part of a resource's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    Family(String),
    Resource { family: String, id: String },
}

impl Unknown {
    fn family(family: &str) -> Self {
        Self::Family(family.to_owned())
    }

    fn resource(family: &str, id: &str) -> Self {
        Self::Resource {
            family: family.to_owned(),
            id: id.to_owned(),
        }
    }
}

impl Database {
    /// Takes the place of another memory, with its scripts, and returns it.
    #[must_use = "it may take long to drop"]
    pub(super) fn take_place_of(mut self, old: &mut Self) -> Self {
        std::mem::swap(&mut self.shared.scripts, &mut old.shared.scripts);
        self.shared.log.count_on_from(&old.shared.log);
        self.version = old.version + 1;
        std::mem::replace(old, self)
    }

    /// The number of resources.
    pub fn n_resources(&self) -> usize {
        self.count_by_status().values().sum()
    }

    /// Checks that the process has room for this memory in the place of another.
    pub fn check_room(&self, old: &Self) -> Result<(), ValidationError> {
        let (account, old) = (self.shared.log.account(), old.shared.log.account());
        let fits = account.own() <= old.own() || account.fits_instead_of(old);
        fits.then_some(()).ok_or_else(ValidationError::no_room)
    }

    /// Fills an empty memory from the fixture format.
    pub fn load(
        &mut self,
        mut state: State,
        ids: &Ids,
        now: Millis,
    ) -> Result<(), ValidationError> {
        let identities = std::mem::take(&mut state.identities);
        identities.check()?;
        self.shared.identities.load(identities);
        let ids_drawn = state.emulator.ids_drawn.unwrap_or(0);
        self.load_tables(state, ids, now)?;
        ids.skip_to(ids_drawn);
        Ok(())
    }
}

//! The two traits of a family: its table in a world's memory, and its HTTP service.

use std::ops::ControlFlow;
use std::sync::Arc;

use axum::extract::FromRef;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::controls::ResourceControls;
use super::fixture::{Counters, ValidationError};
use super::handle::{Handle, Shared};
use super::settings::Settings;
use crate::http::Dialect;
use crate::http::problem::Problem;
use crate::http::routes::Routes;
use crate::sim::Millis;
use crate::sim::collection::{Resource, Stored};
use crate::sim::ids::Ids;
use crate::sim::outlook::Outlook;
use crate::sim::pack::{Packer, UnpackError, Unpacker};
use crate::sim::scripts::{FamilyWork, StepQuery};
use crate::sim::summary::ResourcePage;
use crate::sim::timeline::Timeline;
use crate::sim::transition::{ChangeContext, TransitionLog};

/// A resource that time alone moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy {
    /// The last change that time alone brings.
    pub until: Millis,
    pub family: &'static str,
    pub id: Arc<str>,
    pub name: String,
}

impl Busy {
    pub fn new<T: Resource>((until, stored): (Millis, &Stored<T>)) -> Self {
        Self {
            until,
            family: T::FAMILY,
            id: Arc::clone(&stored.id),
            name: stored.item.name().to_owned(),
        }
    }
}

/// A family's table: its part of a world's memory.
pub trait FamilyTable: Clone + Default {
    /// The family's part of the state document.
    type State: Clone + Default + PartialEq + Serialize + DeserializeOwned;

    /// The family's names in scripts, transitions and timelines.
    const NAMES: &'static [&'static str];

    /// The kinds of work that scripts can decide, the usual one first.
    const WORKS: &'static [FamilyWork];

    /// The empty table of a world with these settings.
    fn new(_settings: &Settings) -> Self {
        Self::default()
    }

    /// Fills in what the settings leave to the table.
    fn settle(&self, _settings: &mut Settings) {}

    /// Fills in what a state leaves to the world's fixtures.
    fn complete(_state: &mut Self::State, _fixtures: &Self::State) {}

    /// The instant of the next timed change, or [`crate::sim::NEVER`].
    fn next_due(&self) -> Millis;

    /// Fires the first timer that is due at `now`. Returns true if there was one.
    fn fire_next(&mut self, now: Millis, shared: &mut Shared) -> bool;

    /// Counts the resources, by family name and status.
    fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
        add: &mut dyn FnMut(&'static str, &'a str, usize),
    );

    /// The history, the allowed commands and the next change of a resource; `family` is one of [`Self::NAMES`].
    fn timeline(&self, family: &str, id: &str, now: Millis, shared: &Shared) -> Option<Timeline>;

    /// The requests about a resource, with those of the commands that it allows; `family` is one of [`Self::NAMES`].
    fn controls(&self, family: &str, id: &str, now: Millis) -> Option<ResourceControls>;

    /// Adds the resources to a page of a list.
    fn list_resources(&self, page: &mut ResourcePage, now: Millis, shared: &Shared);

    /// The statuses of the resources of a family, each as in transitions and in words.
    fn statuses(family: &str) -> Vec<(&'static str, &'static str)>;

    /// The status of a resource at an instant, as in transitions; `family` is one of [`Self::NAMES`].
    fn status_at(&self, family: &str, id: &str, at: Millis) -> Option<String>;

    /// The outlook of a resource, named by family and id, for a wanted status until `limit`.
    fn outlook(
        &self,
        resource: (&str, &str),
        now: Millis,
        limit: Millis,
        is_wanted: &dyn Fn(&str) -> bool,
        shared: &Shared,
    ) -> Option<Outlook>;

    /// The resource that time alone moves for longest; beyond `limit` it is only known to be later.
    fn busiest(&self, now: Millis, limit: Millis) -> Option<Busy>;

    /// Moves the resource of that kind and id to its next status, if it is under way.
    fn hasten(&mut self, kind: &str, id: &str, shared: &mut Shared, now: Millis);

    /// Visits the steps of known resources that scripts can decide, until `visit` breaks. Work that names its steps is
    /// left out.
    fn visit_steps(
        &self,
        _visit: &mut dyn FnMut(&StepQuery) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// Takes over the histories of the resources that both tables hold; of those alone that have changed since the old one
    /// looked like `since`, if that is given.
    fn inherit_history(
        &mut self,
        old: &Self,
        since: Option<&Self>,
        old_log: &TransitionLog,
        context: &mut ChangeContext,
    );

    /// Fills an empty table.
    fn load(
        &mut self,
        state: Self::State,
        ids: &Ids,
        context: &mut ChangeContext,
    ) -> Result<(), ValidationError>;

    /// The table in the fixture format.
    fn save(&self, now: Millis) -> Self::State;

    /// Packs the whole table, whose texts and steps the log packs.
    fn pack(&self, packer: &mut Packer);

    /// Fills an empty table with what was packed.
    fn unpack(
        &mut self,
        unpacker: &mut Unpacker,
        log: &mut TransitionLog,
    ) -> Result<(), UnpackError>;

    /// Applies a patch to a state: replaces resources with the same id, adds the rest.
    fn merge(state: &mut Self::State, patch: Self::State);

    /// Restores counters that must not go back.
    fn load_counters(&mut self, _counters: Counters) {}

    /// Saves counters that must not go back.
    fn save_counters(&self, _counters: &mut Counters) {}
}

/// A family's HTTP service: the state of its router.
pub trait Service: Dialect {
    /// The table of its operations; `()` for a service that only uses the part that all families share.
    type Table: 'static;

    fn new(handle: Handle<Self::Table>) -> Self;

    /// The prefixes of the paths that belong to the service even if it has no such path; other unknown paths are
    /// refused by the gateway.
    const PREFIXES: &'static [&'static str] = &[];

    /// The routes and their OpenAPI description, built once per process.
    fn routes() -> &'static Routes<Self>;

    /// Makes the OpenAPI description follow the settings of a world.
    fn follow(_document: &mut Value, _settings: &Settings) {}

    /// The control plane's operations on the service's own resources.
    fn control_routes<D: Dialect<Error = Problem>>() -> Routes<D>
    where
        Handle<Self::Table>: FromRef<D>,
    {
        Routes::default()
    }
}

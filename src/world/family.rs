//! The two faces of a family: its table in a world's memory, and its HTTP service.

use axum::extract::FromRef;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fixture::{Counters, ValidationError};
use super::handle::{Handle, Shared};
use crate::http::Dialect;
use crate::http::problem::Problem;
use crate::http::routes::Routes;
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::sim::timeline::Timeline;
use crate::sim::transition::{ChangeContext, TransitionLog};

/// A family's memory, as a world keeps, saves and restores it.
pub trait FamilyTable: Default {
    /// The family's part of the state document.
    type State: Clone + Default + PartialEq + Serialize + DeserializeOwned;

    /// The names that scripts, transitions and timelines call the family by.
    const NAMES: &'static [&'static str];

    /// The next instant at which a resource changes by itself, or [`crate::sim::NEVER`].
    fn next_due(&self) -> Millis;

    /// Fires the first timer that is due at `now`; answers whether there was one.
    fn fire_next(&mut self, now: Millis, shared: &mut Shared) -> bool;

    /// Counts the resources, by family name and status.
    fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
        add: &mut dyn FnMut(&'static str, &'a str, usize),
    );

    /// The history, the allowed commands and the next change of a resource; `family` is one of [`Self::NAMES`].
    fn timeline(&self, family: &str, id: &str, now: Millis, shared: &Shared) -> Option<Timeline>;

    /// Takes over the histories of the resources that both tables hold.
    fn inherit_history(
        &mut self,
        old: &mut Self,
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

    /// Applies a patch to a state: replaces resources with the same id, adds the rest.
    fn merge(state: &mut Self::State, patch: Self::State);

    /// Restores counters that must not go back.
    fn load_counters(&mut self, counters: Counters) {
        let _ = counters;
    }

    /// Saves counters that must not go back.
    fn save_counters(&self, counters: &mut Counters) {
        let _ = counters;
    }
}

/// A family's HTTP service: the state of its router.
pub trait Service: Dialect {
    /// The table that its operations work on; `()` for a service that only uses what all families share.
    type Table: 'static;

    /// The service of a world.
    fn new(handle: Handle<Self::Table>) -> Self;

    /// The prefix of the paths that belong to the service even if it has no such path; other unknown paths are
    /// refused by the gateway.
    const PREFIX: Option<&'static str> = None;

    /// The routes and their OpenAPI description, built once per process.
    fn routes() -> &'static Routes<Self>;

    /// The control plane's operations on the service's own resources.
    #[must_use]
    fn control_routes<D: Dialect<Error = Problem>>() -> Routes<D>
    where
        Handle<Self::Table>: FromRef<D>,
    {
        Routes::default()
    }
}

//! STUB.

pub mod state;

use utoipa_axum::router::OpenApiRouter;

use super::ServiceStage;
use crate::api::state::Misfit;
use crate::sim::ids::Ids;
use crate::sim::{Ms, NEVER, Transition};

/// STUB.
#[derive(Debug, Default)]
pub struct Table;

impl Table {
    /// When the first thing changes by itself.
    #[must_use]
    pub fn next_due(&self) -> Ms {
        NEVER
    }
    /// The projects that have any.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
    /// A project's in the fixture format.
    #[must_use]
    pub fn save(&self, _project: &str, _now: Ms) -> Vec<state::Item> {
        Vec::new()
    }
    /// Lets happen what is due.
    pub fn wake(&mut self, _now: Ms, _heard: &mut dyn FnMut(Transition)) {}
    /// Adds one from the fixture format.
    pub fn load(
        &mut self,
        _project: &str,
        _item: state::Item,
        _ids: &Ids,
        _now: Ms,
    ) -> Result<(), Misfit> {
        Ok(())
    }
}

/// The URL table.
pub(super) fn routes() -> OpenApiRouter<ServiceStage> {
    OpenApiRouter::new()
}

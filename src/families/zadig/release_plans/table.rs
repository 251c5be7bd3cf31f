//! All release plans: the one place that handles order, paging and numbers.

use super::messages::PlanError;
use super::model::plan::{DELETE, ZadigPlan};
use crate::sim::Millis;
use crate::sim::collection::{Collection, Stored};
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};
use crate::sim::transition::{ChangeContext, TransitionLog};

/// The scope of all plans, which belong to the installation and not to a project.
pub const SCOPE: &str = "release_plan";

/// The plans of the installation.
#[derive(Clone, Debug, Default)]
pub struct ZadigPlanTable {
    pub collection: Collection<ZadigPlan>,
    /// The number of the newest plan that there ever was.
    pub(super) last_index: i64,
}

/// A page of plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZadigPlanPage {
    /// The number of the page, from 1.
    pub number: i64,
    /// The maximum number of plans.
    pub size: i64,
}

impl ZadigPlanPage {
    /// The number of plans before the page, and the maximum on it. A negative number asks for all.
    fn bounds(self) -> Result<(usize, usize), PlanError> {
        let Self { number, size } = self;
        if number <= 0 || size <= 0 {
            return Ok((0, usize::MAX));
        }
        let offset = usize::try_from((number - 1).wrapping_mul(size));
        let offset = offset.map_err(|_| {
            let why = "(Location51024) BSON field 'skip' value must be >= 0";
            PlanError::List(why.to_owned())
        })?;
        Ok((offset, usize::try_from(size).unwrap_or(usize::MAX)))
    }
}

impl ZadigPlanTable {
    /// The plans of a page, that with the highest number first, and the number of all plans.
    pub fn list(
        &self,
        page: ZadigPlanPage,
    ) -> Result<(impl Iterator<Item = &Stored<ZadigPlan>>, usize), PlanError> {
        let (offset, size) = page.bounds()?;
        let plans = self.collection.of(SCOPE).rev().skip(offset).take(size);
        Ok((plans, self.collection.len(SCOPE)))
    }

    /// Finds a plan by id. `doing` begins the text of the refusal.
    pub fn find(&self, id: &str, doing: &'static str) -> Result<&Stored<ZadigPlan>, PlanError> {
        let found = self.collection.find(&id.to_ascii_lowercase());
        found.ok_or_else(|| PlanError::unknown(doing, id))
    }

    /// Lets the numbers go on after one that was used.
    pub fn note_index(&mut self, index: i64) {
        self.last_index = self.last_index.max(index);
    }

    /// Adds a plan whose id and number are new.
    pub fn insert(&mut self, id: &str, plan: ZadigPlan, change_context: &mut ChangeContext) {
        self.note_index(plan.index);
        // Lists are ordered by the number.
        self.collection
            .insert(SCOPE, id, plan.index, plan, change_context);
    }

    /// Replaces a plan.
    pub fn replace(&mut self, id: &str, plan: ZadigPlan, change_context: &mut ChangeContext) {
        let replace = |old: &mut ZadigPlan| *old = plan;
        self.collection.edit(SCOPE, id, change_context, replace);
    }

    /// Deletes a plan in any status.
    pub fn delete(
        &mut self,
        id: &str,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<(), PlanError> {
        let id = self.find(id, "get plan: ")?.id.to_string();
        let change_context = &mut log.context(now, DELETE);
        self.collection.remove(SCOPE, &id, change_context);
        Ok(())
    }
}

impl ZadigPlanTable {
    pub fn pack(&self, packer: &mut Packer) {
        self.collection.pack(packer);
        self.last_index.pack(packer);
    }

    pub fn unpack(unpacker: &mut Unpacker, log: &mut TransitionLog) -> Result<Self, UnpackError> {
        Ok(Self {
            collection: Collection::unpack(unpacker, log)?,
            last_index: Pack::unpack(unpacker)?,
        })
    }
}

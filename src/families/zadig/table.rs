//! The resources of a world, with the catalog that they refer to.

use super::catalog::Catalog;
use super::release_plans::table::ZadigPlanTable;
use super::versions::table::VersionTable;
use super::workflows::table::WorkflowTable;
use crate::world::settings::{Fidelity, References, Settings, ZadigGeneration};

/// All resources of the family.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The generation that the options demand.
    pub(super) demanded: Option<ZadigGeneration>,
    /// The generation that the state names.
    pub(super) named: Option<ZadigGeneration>,
    /// Those options of the world that count when time alone starts a task.
    pub(super) references: References,
    pub(super) fidelity: Fidelity,
    pub versions: VersionTable,
    pub release_plans: ZadigPlanTable,
    pub workflows: WorkflowTable,
    pub catalog: Catalog,
}

impl Table {
    /// The empty table of a world with these settings.
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            demanded: settings.zadig,
            references: settings.references,
            fidelity: settings.fidelity,
            ..Self::default()
        }
    }

    /// The keys of all projects, in order: those of the fixtures, and those that begin with a resource.
    pub fn project_keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.catalog.0.keys().map(String::as_str).collect();
        keys.extend(self.versions.collection.scopes());
        keys.extend(self.workflows.projects());
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The generation of the world: that of the options, of the state, or the first.
    pub fn generation(&self) -> ZadigGeneration {
        self.demanded.or(self.named).unwrap_or_default()
    }
}

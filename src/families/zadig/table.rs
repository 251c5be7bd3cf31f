//! The resources of a world, with the catalog that they refer to.

use super::catalog::Catalog;
use super::versions::table::VersionTable;

/// All resources of the family.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub versions: VersionTable,
    pub catalog: Catalog,
}

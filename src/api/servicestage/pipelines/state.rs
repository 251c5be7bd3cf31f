//! STUB.

use serde::{Deserialize, Serialize};

/// STUB.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The id.
    pub id: String,
}

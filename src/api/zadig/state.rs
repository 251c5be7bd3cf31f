//! Zadig in the fixture format.

use serde::{Deserialize, Serialize};

/// STUB.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct State {}

impl State {
    /// Takes over what a patch says.
    pub fn merge(&mut self, _patch: Self) {}
}

//! Tools for the fixture format: counters, merging by key, errors with their paths.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

pub use crate::http::json::ValidationError;

/// Counters that must not go back when a memory is restored. Each stays at its largest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Counters {
    /// The number of the next pipeline execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_execution_id: Option<i64>,
    /// The number of ids drawn so far.
    #[cfg_attr(test, schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids_drawn: Option<u64>,
}

impl Counters {
    /// Takes the larger value of each counter, since none may go back.
    pub fn merge(&mut self, other: Self) {
        self.next_execution_id = self.next_execution_id.max(other.next_execution_id);
        self.ids_drawn = self.ids_drawn.max(other.ids_drawn);
    }
}

/// Replaces items with the same key, and adds the rest in order.
pub fn upsert<T, K: std::hash::Hash + Eq + ?Sized + ToOwned<Owned: std::hash::Hash + Eq>>(
    list: &mut Vec<T>,
    patch: Vec<T>,
    key: impl Fn(&T) -> &K,
) {
    upsert_with(list, patch, key, |old, new| *old = new);
}

/// Like [`upsert`], but items with the same key are merged by `merge`.
pub fn upsert_with<T, K: std::hash::Hash + Eq + ?Sized + ToOwned<Owned: std::hash::Hash + Eq>>(
    list: &mut Vec<T>,
    patch: Vec<T>,
    key: impl Fn(&T) -> &K,
    merge: impl Fn(&mut T, T),
) {
    let positions: HashMap<K::Owned, usize> = list
        .iter()
        .enumerate()
        .map(|(n, item)| (key(item).to_owned(), n))
        .collect();
    for item in patch {
        match positions.get(key(&item)) {
            Some(position) => merge(&mut list[*position], item),
            // A duplicate key in the patch stays, so that loading refuses it.
            None => list.push(item),
        }
    }
}

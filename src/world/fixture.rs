//! Tools for the fixture format: counters, merging by key, errors with their paths.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use crate::http::json::ValidationError;

/// The largest count that a fixture may set: from there a world counts on for centuries before the number wraps.
const LARGEST_COUNT: i128 = 1 << 62;

/// Refuses a count that is too near the end of its range.
pub fn check_count(path: &str, count: impl Into<i128>) -> Result<(), ValidationError> {
    match count.into() {
        ..=LARGEST_COUNT => Ok(()),
        larger => {
            let expected = format!("must be at most {LARGEST_COUNT}, not {larger}");
            Err(ValidationError::new(path, expected))
        }
    }
}

/// Counters that must not go back when a memory is restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Counters {
    /// The number of the next pipeline execution.
    #[schema(maximum = 4_611_686_018_427_387_904_i64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_execution_id: Option<i64>,
    /// The number of ids drawn so far.
    #[schema(maximum = 4_611_686_018_427_387_904_u64, value_type = Option<usize>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids_drawn: Option<u64>,
}

impl Counters {
    /// Refuses counters that would soon wrap.
    pub fn check(self) -> Result<(), ValidationError> {
        check_count("next_execution_id", self.next_execution_id.unwrap_or(0))?;
        check_count("ids_drawn", self.ids_drawn.unwrap_or(0))
    }

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

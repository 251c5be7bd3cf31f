//! The fixture format: the whole memory as one JSON document, for fixtures, export and import.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_saphyr::UserMessageFormatter;
use utoipa::ToSchema;

use crate::families::{asm, servicestage, zadig};
pub use crate::http::json::ValidationError;
use crate::http::json::strict;
use crate::world::identities::Identities;

/// The whole memory. An unknown key is refused, a missing one is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// Meshes with their releases: `{"meshes":[{"id","name","releases":[…]}]}`.
    #[schema(value_type = Object)]
    pub asm: asm::fixture::State,
    /// Projects with their release plans and pipelines: `{"projects":[{"id","release_plans":[…],"pipelines":[…]}]}`.
    #[schema(value_type = Object)]
    pub servicestage: servicestage::fixture::State,
    /// Projects with their versions and what these refer to:
    /// `{"projects":[{"key","versions":[…],"environments":[…],"registries":[…],"chart_repos":[…]}]}`.
    #[schema(value_type = Object)]
    pub zadig: zadig::fixture::State,
    /// Users, tokens and keys, secrets included: `{"users":[…],"access_keys":[…],"tokens":[…],"zadig_users":[…]}`.
    #[schema(value_type = Object)]
    pub identities: Identities,
    /// Counters of the emulator.
    pub emulator: Counters,
}

/// Counters that must not go back when a memory is restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Counters {
    /// The number of the next pipeline execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_execution_id: Option<i64>,
    /// How many ids were drawn.
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids_drawn: Option<u64>,
}

impl State {
    /// Reads a state from JSON.
    pub fn from_json(text: &str) -> Result<Self, ValidationError> {
        let mut json = serde_json::Deserializer::from_str(text);
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
        let state = strict::deserialize(tracked).and_then(|state| json.end().map(|()| state));
        state.map_err(|error| {
            let (path, mut expected) = (track.path().to_string(), error.to_string());
            if path.starts_with("identities") {
                hide_value(&mut expected);
            }
            ValidationError::new(path, expected)
        })
    }

    /// Reads a state from YAML. Words and numbers mean what they mean in YAML 1.2: `no` and `010` are texts.
    pub fn from_yaml(text: &str) -> Result<Self, ValidationError> {
        // The limits guard against hostile documents; a fixture is its user's own and may be large.
        let options = serde_saphyr::options! {
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            with_snippet: false,
            budget: serde_saphyr::budget! {
                max_nodes: 50_000_000,
                max_events: 100_000_000,
                max_total_scalar_bytes: 1 << 30,
            },
        };
        let value: serde_json::Value =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| {
                // In the words of a file's author: the other wording names options of the reader.
                ValidationError::new("", error.render_with_formatter(&UserMessageFormatter))
            })?;
        if value.is_null() {
            return Ok(Self::default());
        }
        // Parts that are kept verbatim are JSON, so the document becomes JSON first. Its lines and columns
        // are not those of the file.
        Self::from_json(&value.to_string()).map_err(ValidationError::without_position)
    }

    /// Takes over what a patch says: what has the same id is replaced, the rest is added.
    pub fn merge(&mut self, patch: Self) {
        self.asm.merge(patch.asm);
        self.servicestage.merge(patch.servicestage);
        self.zadig.merge(patch.zadig);
        self.identities.merge(patch.identities);
        let counters = &mut self.emulator;
        counters.next_execution_id = counters
            .next_execution_id
            .max(patch.emulator.next_execution_id);
        counters.ids_drawn = counters.ids_drawn.max(patch.emulator.ids_drawn);
    }
}

/// Takes the value out of a text like `invalid type: string "…", expected an object`: it may be a secret.
fn hide_value(text: &mut String) {
    let value = text.find(['"', '`']);
    let expected = text.rfind(", expected");
    if let (Some(value), Some(expected)) = (value, expected)
        && text.starts_with("invalid ")
        && value < expected
    {
        text.replace_range(value..expected, "***");
    }
}

/// Replaces what has the same key, and adds the rest in order.
pub fn upsert<T, K: std::hash::Hash + Eq + ?Sized + ToOwned<Owned: std::hash::Hash + Eq>>(
    list: &mut Vec<T>,
    patch: Vec<T>,
    key: impl Fn(&T) -> &K,
) {
    upsert_with(list, patch, key, |old, new| *old = new);
}

/// As [`upsert`], but what has the same key is merged by `merge`.
pub fn upsert_with<T, K: std::hash::Hash + Eq + ?Sized + ToOwned<Owned: std::hash::Hash + Eq>>(
    list: &mut Vec<T>,
    patch: Vec<T>,
    key: impl Fn(&T) -> &K,
    merge: impl Fn(&mut T, T),
) {
    let places: HashMap<K::Owned, usize> = list
        .iter()
        .enumerate()
        .map(|(n, item)| (key(item).to_owned(), n))
        .collect();
    for item in patch {
        match places.get(key(&item)) {
            Some(place) => merge(&mut list[*place], item),
            // A key that comes twice in a patch stays twice, for the load to refuse.
            None => list.push(item),
        }
    }
}

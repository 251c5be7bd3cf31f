//! The fixture format: the whole memory as one JSON document, for fixtures, export and import.

use serde::{Deserialize, Serialize};
use serde_saphyr::UserMessageFormatter;

use super::families::families;
use super::rules::merge_rules;
use crate::http::auth::redact::MARKER;
use crate::http::auth::redact::mask::masked_places;
use crate::http::faults::rules::Fault;
use crate::http::json::read_document;
use crate::http::json::value::OrderedValue;
use crate::sim::scripts::Script;
use crate::world::family::FamilyTable;
use crate::world::fixture::{Counters, ValidationError};
use crate::world::identities::Identities;

/// Declares [`State`] with a key for each table.
macro_rules! state {
    (services: $($service:ty),+; tables: $($(#[$doc:meta])+ $field:ident: $table:ty),+;) => {
        /// The whole memory. An unknown key is refused, a missing one is empty.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(utoipa::ToSchema))]
        #[serde(deny_unknown_fields, default)]
        pub struct State {
            $($(#[$doc])+
            #[cfg_attr(test, schema(value_type = Object))]
            pub $field: <$table as FamilyTable>::State,)+
            /// Users, agencies, tokens and keys, secrets included:
            /// `{"users":[…],"agencies":[…],"access_keys":[…],"tokens":[…],"zadig_users":[…]}`.
            #[cfg_attr(test, schema(value_type = Object))]
            pub identities: Identities,
            /// Counters of the emulator.
            pub emulator: Counters,
            /// Scripts that are in force from the start. In `PUT` they take the place of all others, in `PATCH` they are
            /// added; an export has none.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub scripts: Vec<Script>,
            /// Faults that are in force from the start. In `PUT` they take the place of all others, in `PATCH` they are
            /// added; an export has none.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub faults: Vec<Fault>,
        }

        impl State {
            /// Fills in what the state leaves to the world's fixtures.
            pub(super) fn complete(&mut self, fixtures: &Self) {
                $(<$table>::complete(&mut self.$field, &fixtures.$field);)+
            }

            /// Applies a patch: replaces resources with the same id, adds the rest.
            pub fn merge(&mut self, patch: Self) {
                $(<$table>::merge(&mut self.$field, patch.$field);)+
                self.identities.merge(patch.identities);
                self.emulator.merge(patch.emulator);
                merge_rules(&mut self.scripts, patch.scripts, |script| script.id.as_deref());
                merge_rules(&mut self.faults, patch.faults, |fault| fault.id.as_deref());
            }
        }
    };
}
families!(state);

/// The most masked places that are named.
const MOST_PLACES: usize = 20;

/// Refuses a state whose secrets were masked, since it would replace them by the mask.
fn check_unmasked(text: &str) -> Result<(), ValidationError> {
    if !text.contains(MARKER) {
        return Ok(());
    }
    let value = serde_json::from_str(text);
    let places = value.map(|value| masked_places(&value)).unwrap_or_default();
    let Some(first) = places.first() else {
        return Ok(());
    };
    let mut named = places[..places.len().min(MOST_PLACES)].join(", ");
    if let Some(more) = places.len().checked_sub(MOST_PLACES + 1) {
        named.extend([&*format!(" and {} more", more + 1)]);
    }
    let wrong = format!(
        "the secrets of this state were masked by GET state?secrets=false, so it cannot be restored: {named}"
    );
    Err(ValidationError::new(first, wrong))
}
/// The most parts of a YAML document that are repeated by aliases.
const MOST_REPEATED: usize = 100_000;

impl State {
    /// Reads a state from a value.
    ///
    /// ```
    /// use release_emulator::State;
    /// use release_emulator::serde_json::json;
    ///
    /// let state = State::from_value(json!({"zadig": {"projects": [{"key": "shop"}]}}))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If the value has a map whose keys are not strings.
    pub fn from_value(value: impl Serialize) -> Result<Self, ValidationError> {
        Self::from_json(&serde_json::to_string(&value).expect("keys are strings"))
    }

    /// Reads a state from JSON.
    pub fn from_json(text: &str) -> Result<Self, ValidationError> {
        check_unmasked(text)?;
        let mut unknown = None;
        let state = read_document("the document", text.as_bytes(), &mut |path| {
            unknown.get_or_insert(path);
        })?;
        match unknown {
            // Of a part that a request may have too, in which unknown fields are permitted.
            Some(path) => Err(ValidationError::new(path, "is not a known field")),
            None => Ok(state),
        }
    }

    /// Reads a state from YAML 1.2, in which `no` and `010` are texts.
    ///
    /// # Panics
    /// Never: the keys of JSON are strings.
    pub fn from_yaml(text: &str) -> Result<Self, ValidationError> {
        // The limits guard against hostile documents; a fixture is its user's own and may be large.
        let options = serde_saphyr::options! {
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            with_snippet: false,
            // Of a few aliases of aliases, millions of values can be made.
            alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MOST_REPEATED },
            budget: serde_saphyr::budget! {
                max_nodes: 50_000_000,
                max_events: 100_000_000,
                max_total_scalar_bytes: 1 << 30,
            },
        };
        let value: OrderedValue =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| {
                // In the words of a file's author: the other wording names options of the reader.
                ValidationError::new("", error.render_with_formatter(&UserMessageFormatter))
            })?;
        if value == OrderedValue::Scalar(serde_json::Value::Null) {
            return Ok(Self::default());
        }
        // Parts that are kept verbatim are JSON, so the document becomes JSON first.
        let text = serde_json::to_string(&value).expect("keys are strings");
        Self::from_json(&text)
    }
}

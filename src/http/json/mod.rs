//! JSON: a strict reader, a fast writer, raw parts, values that keep their order, and errors that name a path
//! in plain words.

mod cursor;
mod escaping;
pub(super) mod fast_writer;
mod guess;
mod object;
mod place;
pub mod pointer;
mod raw;
mod raw_fields;
mod reader;
mod validation_error;
pub mod value;
mod value_reader;
mod wording;

pub use guess::looks_like;
pub use object::object;
pub use place::{Place, field_path};
pub use raw::{RawJson, RawSlice};
pub use raw_fields::RawFields;
pub use reader::{read, read_document, read_part};
pub use validation_error::ValidationError;
pub use wording::{at_field, either, explain, known_names};

use serde::{Deserialize, Deserializer};

/// For `deserialize_with`: a field in which null counts as absent.
pub fn default_if_null<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

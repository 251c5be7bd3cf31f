//! JSON: a strict reader, a fast writer, raw parts, values that keep their order, and errors that name a path
//! in plain words.

mod error_path;
mod escaping;
pub(super) mod fast_writer;
mod guess;
pub mod pointer;
mod raw;
mod raw_fields;
mod reader;
pub mod strict;
mod validation_error;
pub mod value;
mod wording;

pub use error_path::ErrorPath;
pub use guess::looks_like;
pub use raw::RawJson;
pub use raw_fields::RawFields;
pub use reader::{field_path, path_string, read};
pub use validation_error::ValidationError;
pub use wording::{at_field, either, explain, known_names};

use serde::{Deserialize, Deserializer};

/// For `deserialize_with`: a field in which null counts as absent.
pub fn default_if_null<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

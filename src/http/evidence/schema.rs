//! Declarations of evidence in schemas, as the extension `x-evidence`.
//!
//! On a field or a parameter the extension is a word, such as `"inferred"`; on the schema of an enum it is an object of
//! the words that are not documented.

use serde_json::Value;

/// The name of the extension.
pub const EXTENSION: &str = "x-evidence";

/// The name of the extension for further spellings of the fields of an object, which are inferred. They are no properties,
/// since tools that rename fields could not tell them from the others.
pub const SPELLINGS: &str = "x-inferred-spellings";

/// The further spellings of the fields of an object.
pub fn spellings(schema: &Value) -> impl Iterator<Item = &str> {
    let spellings = schema[SPELLINGS].as_array().into_iter().flatten();
    spellings.filter_map(Value::as_str)
}

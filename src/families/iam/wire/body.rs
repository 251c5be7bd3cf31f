//! Reading of request bodies.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::families::iam::Error;
use crate::http::json::value::OrderedValue;
use crate::http::json::{self, ValidationError, explain};

/// Reads a body. `ignored` receives the path of every unknown field.
///
/// # Panics
/// Never: the keys of JSON are strings.
pub(super) fn read<T: DeserializeOwned>(
    body: &[u8],
    ignored: &mut dyn FnMut(String),
) -> Result<T, Error> {
    let value: OrderedValue = serde_json::from_slice(body)
        .map_err(|error| Error::BadBody(explain("the body", body, &"", &error).to_string()))?;
    if !matches!(value, OrderedValue::Object(_)) {
        return Err(Error::BadBody("the body must be a JSON object".to_owned()));
    }
    // The last of repeated fields counts; a struct would refuse them.
    let text = serde_json::to_string(&value).expect("keys are strings");
    json::read(text.as_bytes(), ignored).map_err(|error| bad_field(&text, &error))
}

/// A field that its container must have.
pub(super) fn required<T>(field: Option<T>, path: &'static str) -> Result<T, Error> {
    field.ok_or(Error::Required(path))
}

/// A field that every login has. Its absence is said in the words for an invalid body.
pub(super) fn essential<T>(field: Option<T>, path: &str) -> Result<T, Error> {
    field.ok_or_else(|| Error::BadBody(format!("{path} is required")))
}

/// The error of a field of the wrong type. Its value is masked if it is, or may hold, a secret.
fn bad_field(text: &str, error: &ValidationError) -> Error {
    let path = &*error.path;
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let field = path.rsplit('.').next().unwrap_or_default().to_owned();
    let pointer = path.replace(['.', '['], "/").replace(']', "");
    let value = match body.pointer(&format!("/{pointer}")) {
        Some(_) if may_be_secret(path) => "***".to_owned(),
        None | Some(Value::Object(_) | Value::Array(_)) => "***".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    Error::BadField {
        why: error.to_string(),
        field,
        value,
    }
}

fn may_be_secret(path: &str) -> bool {
    let method = path.strip_prefix("auth.identity.").unwrap_or_default();
    let is_public = ["methods", "assume_role", "policy"]
        .iter()
        .any(|public| method.starts_with(public));
    !method.is_empty() && !is_public && !path.ends_with(".duration_seconds")
}

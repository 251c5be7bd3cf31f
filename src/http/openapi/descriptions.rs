//! Descriptions of responses, which OpenAPI demands.

use axum::http::StatusCode;
use serde_json::{Map, Value};

/// Gives the responses without a description the words for their status.
pub fn describe_responses(operation: &mut Map<String, Value>) {
    let responses = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        if response["description"].as_str().is_none_or(str::is_empty) {
            let status = status.parse::<StatusCode>().ok();
            let reason = status.and_then(|status| status.canonical_reason());
            response["description"] = reason.unwrap_or("An answer").into();
        }
    }
}
